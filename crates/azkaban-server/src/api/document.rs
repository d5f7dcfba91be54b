//! The OpenAPI document: made from the handlers, finished with what all of them share.

use std::collections::BTreeSet;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use serde_json::{Value, json};
use utoipa::openapi::OpenApi;

use super::problem::{FieldError, ProblemDocument};

/// The document of this version, for those who write it down.
pub(crate) fn document() -> String {
    let (_, described) = super::resources().split_for_parts();
    render(&finish(described))
}

/// Adds what is the same for every resource: the problem of an error, the ways to log in, the prefix. A key of an answer
/// is always there, null or not; only bodies of requests may leave keys out.
pub(super) fn finish(mut described: OpenApi) -> Value {
    {
        use utoipa::{PartialSchema, ToSchema};
        let components = described.components.get_or_insert_default();
        components.schemas.insert("Problem".to_owned(), ProblemDocument::schema());
        components.schemas.insert(FieldError::name().into_owned(), FieldError::schema());
    }
    let mut document = serde_json::to_value(&described).unwrap_or_default();
    document["openapi"] = json!("3.1.0");
    document["info"] = json!({
        "title": "Azkaban",
        "version": "1",
        "description": "The REST face of Azkaban. Rules for all resources: docs/api-v1.md.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    });
    document["servers"] = json!([{"url": super::PREFIX}]);
    document["components"]["securitySchemes"] = json!({
        "session": {"type": "http", "scheme": "bearer", "description": "The id of a session."},
        "cookie": {"type": "apiKey", "in": "cookie", "name": crate::legacy::COOKIE},
    });
    let problem = json!({
        "description": "What went wrong.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    let mut bodies = BTreeSet::new();
    for (_, path) in entries(&mut document["paths"]) {
        for (_, operation) in entries(path).filter(|(_, operation)| operation.is_object()) {
            operation["responses"]["default"] = problem.clone();
            if operation.get("security").is_none() {
                operation["security"] = json!([{"session": []}, {"cookie": []}]);
            }
            references(&operation["requestBody"], &mut bodies);
        }
    }
    loop {
        let mut more = bodies.clone();
        for name in &bodies {
            references(&document["components"]["schemas"][name.as_str()], &mut more);
        }
        if more.len() == bodies.len() {
            break;
        }
        bodies = more;
    }
    for (name, schema) in entries(&mut document["components"]["schemas"]) {
        if !bodies.contains(name.as_str()) {
            require_all(schema);
        }
    }
    document
}

fn entries(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// Names of the schemas that a value refers to.
fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str);
            into.extend(name.and_then(|name| name.strip_prefix("#/components/schemas/")).map(str::to_owned));
            map.values().for_each(|value| references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}

/// Makes every property of an object required.
fn require_all(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        let keys: Vec<String> = properties.keys().cloned().collect();
        properties.values_mut().for_each(require_all);
        object.insert("required".to_owned(), json!(keys));
    }
    for branch in ["allOf", "oneOf", "anyOf"] {
        object.get_mut(branch).and_then(Value::as_array_mut).into_iter().flatten().for_each(require_all);
    }
    object.get_mut("items").into_iter().for_each(require_all);
}

/// The document's text, keys in order.
pub(super) fn render(document: &Value) -> String {
    // A value always serialises.
    let mut text = serde_json::to_string_pretty(document).unwrap_or_default();
    text.push('\n');
    text
}

/// `GET /openapi.json`.
pub(super) fn answer(text: bytes::Bytes) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

    #[test]
    fn the_checked_in_document_is_this_one() {
        let text = document();
        if std::env::var_os("UPDATE_OPENAPI").is_some() {
            std::fs::write(FILE, &text).unwrap();
        }
        let kept = std::fs::read_to_string(FILE).unwrap_or_default();
        assert!(
            kept == text,
            "docs/openapi.json is old: UPDATE_OPENAPI=1 cargo test -p azkaban-server checked_in"
        );
    }

    #[test]
    fn every_operation_has_a_name_of_its_own_and_says_what_a_failure_looks_like() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        let mut names = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap_or_default();
                assert!(names.insert(name.to_owned()), "{method} {path}: {name}");
                assert!(operation["responses"]["default"].is_object(), "{method} {path}");
                assert!(operation["tags"][0].is_string(), "{method} {path}");
            }
        }
        assert!(names.len() > 10);
    }
}
