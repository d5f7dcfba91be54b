//! The configuration that the server runs with: every key, what it is set to and where that stands.

use std::sync::Arc;

use axum::response::Response;
use azkaban_core::props::MASKED;
use azkaban_core::settings::{Effect, effective};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::Signed;
use crate::api::problem::Answer;
use crate::api::session::reply;
use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What this version does with a key.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum EffectName {
    /// It works.
    Honoured,
    /// A key of Azkaban for something that this version does not have yet.
    Later,
    /// A key of Azkaban that has no meaning here.
    Ignored,
    /// A key that nobody knows.
    Unknown,
}

/// A key of the configuration.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettingItem {
    /// Its name; one with a `*` stands for many.
    key: String,
    /// Where it stands in the manual.
    section: Option<&'static str>,
    /// What it is set to; null: the default counts.
    value: Option<String>,
    /// The value is secret and not shown.
    secret: bool,
    default: Option<&'static str>,
    /// The file or the option that sets it.
    source: Option<String>,
    /// The line of the file, from 1.
    line: Option<usize>,
    effect: EffectName,
    /// What a value must look like, in English.
    kind: Option<String>,
    /// What it is for, in English.
    meaning: Option<&'static str>,
}

/// The whole configuration.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SettingsView {
    /// In the order of the manual.
    items: Vec<SettingItem>,
}

/// Every key, what it is set to, where that stands and what it means.
#[utoipa::path(get, path = "/settings", tag = "admin", operation_id = "listSettings",
    responses((status = 200, description = "The settings; secrets are masked.", body = SettingsView)))]
async fn list(signed: Signed) -> Answer<Response> {
    signed.require_admin()?;
    let rows = effective(&signed.app.config.settings);
    let items = rows.into_iter().map(|row| SettingItem {
        key: row.key.to_owned(),
        section: row.section,
        secret: row.value == Some(MASKED),
        value: row.value.map(str::to_owned),
        default: row.known.and_then(|known| known.default),
        source: row.origin.map(|origin| origin.source.to_string()),
        line: row.origin.and_then(|origin| origin.line),
        effect: match row.known.map(|known| known.effect) {
            Some(Effect::Honoured) => EffectName::Honoured,
            Some(Effect::Later) => EffectName::Later,
            Some(Effect::Ignored | Effect::Silent) => EffectName::Ignored,
            None => EffectName::Unknown,
        },
        kind: row.known.map(|known| known.kind.describe()),
        meaning: row.known.map(|known| known.doc),
    });
    Ok(reply(&SettingsView { items: items.collect() }))
}
