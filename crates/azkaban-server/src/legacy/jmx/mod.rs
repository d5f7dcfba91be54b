//! `/jmx` (http-api §10): the beans that monitoring reads, with figures of this process.
//!
//! Bean names are those of Azkaban's classes (`azkaban.jmx.JmxExecutorManager:name=executorManager`), since that is what
//! dashboards ask for. Web server and executor are one process here, so both kinds of beans answer either way of asking.

mod beans;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Call;
use super::reply::{self, Reply};
use crate::pages;
pub(crate) use beans::{Attribute, Bean, all, host_port};

pub(super) fn get(call: &Call<'_>) -> Reply {
    let Some(ajax) = call.ajax() else { return pages::admin::jmx(call) };
    match ajax {
        "getMBeans" => list(call),
        "getMBeanInfo" => info(call),
        "getAttribute" => attribute(call),
        "getAllMBeanAttributes" => match call.params.get("mBean") {
            Some(name) => attributes(call, name),
            None => reply::error("Parameters 'mbean' must be set"),
        },
        "getAllExecutorAttributes" => match (call.params.get("mBean"), call.params.get("hostPort")) {
            (Some(name), Some(executor)) if executor.trim() == host_port(call.app) => attributes(call, name),
            (Some(_), Some(executor)) => reply::error(format!("There is no executor {executor}")),
            _ => reply::error("Parameters 'mBean' and 'hostPort' must be set"),
        },
        _ => {
            #[derive(Serialize)]
            struct Commands {
                commands: [&'static str; 3],
            }
            reply::pretty(&Commands {
                commands: [
                    "getMBeans",
                    "getMBeanInfo&mBean=<name>",
                    "getAttribute&mBean=<name>&attribute=<attributename>",
                ],
            })
        }
    }
}

/// A name as Java's `ObjectName` is written to JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectName {
    domain: &'static str,
    canonical_name: String,
    key_property_list: BTreeMap<&'static str, &'static str>,
    key_property_list_string: String,
    canonical_key_property_list_string: String,
    pattern: bool,
    domain_pattern: bool,
    property_pattern: bool,
    property_list_pattern: bool,
    property_value_pattern: bool,
}

impl ObjectName {
    fn of(bean: &Bean) -> Self {
        let properties = format!("name={}", bean.name);
        Self {
            domain: bean.class,
            canonical_name: bean.full_name(),
            key_property_list: BTreeMap::from([("name", bean.name)]),
            key_property_list_string: properties.clone(),
            canonical_key_property_list_string: properties,
            pattern: false,
            domain_pattern: false,
            property_pattern: false,
            property_list_pattern: false,
            property_value_pattern: false,
        }
    }
}

fn list(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct List {
        mbeans: Vec<ObjectName>,
    }
    reply::pretty(&List { mbeans: all(call.app).iter().map(ObjectName::of).collect() })
}

/// The bean of a name, or the error. Only the part behind `name=` tells beans apart.
fn find(call: &Call<'_>, name: &str) -> Result<Bean, String> {
    let wanted = name.split_once(':').and_then(|(_, properties)| properties.strip_prefix("name="));
    all(call.app)
        .into_iter()
        .find(|bean| wanted == Some(bean.name))
        .ok_or_else(|| format!("'{name}' is not a valid mBean name"))
}

fn info(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Info {
        attributes: Vec<Described>,
        description: &'static str,
    }
    #[derive(Serialize)]
    struct Described {
        name: &'static str,
        #[serde(rename = "type")]
        kind: &'static str,
        description: &'static str,
        readable: bool,
        writable: bool,
        is: bool,
    }
    let Some(name) = call.params.get("mBean") else {
        return reply::error("No 'mbean' name parameter specified");
    };
    let bean = match find(call, name) {
        Ok(bean) => bean,
        Err(message) => return reply::error(message),
    };
    let describe = |attribute: Attribute| Described {
        name: attribute.name,
        kind: attribute.kind(),
        description: attribute.description,
        readable: true,
        writable: false,
        is: matches!(attribute.value, Value::Bool(_)),
    };
    reply::pretty(&Info {
        attributes: bean.attributes.into_iter().map(describe).collect(),
        description: "Information on the management interface of the MBean",
    })
}

fn attribute(call: &Call<'_>) -> Reply {
    #[derive(Serialize)]
    struct Answer {
        value: Value,
    }
    let (Some(name), Some(attribute)) = (call.params.get("mBean"), call.params.get("attribute")) else {
        return reply::error("Parameters 'mbean' and 'attribute' must be set");
    };
    let bean = match find(call, name) {
        Ok(bean) => bean,
        Err(message) => return reply::error(message),
    };
    match bean.attributes.into_iter().find(|known| known.name == attribute) {
        Some(Attribute { value, .. }) => reply::pretty(&Answer { value }),
        None => reply::error(format!("'{name}' has no attribute '{attribute}'")),
    }
}

fn attributes(call: &Call<'_>, name: &str) -> Reply {
    #[derive(Serialize)]
    struct Answer {
        attributes: BTreeMap<&'static str, Value>,
    }
    match find(call, name) {
        Ok(bean) => reply::pretty(&Answer {
            attributes: bean.attributes.into_iter().map(|known| (known.name, known.value)).collect(),
        }),
        Err(message) => reply::error(message),
    }
}
