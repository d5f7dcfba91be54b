//! The HTTP faces of the engine.
//!
//! A face turns a request into one call of [`azkaban_engine::Engine`] and the outcome into an answer. What Azkaban's
//! clients rely on, down to spaces and misspellings, is in `legacy` and nowhere else; `pages` are what a browser sees.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::disallowed_types))]

mod access;
mod api;
mod app;
mod body;
mod build;
mod client_ip;
mod config;
mod connections;
mod csrf;
mod edge;
mod external_links;
mod file_body;
#[doc(hidden)]
pub mod fuzzing;
mod legacy;
mod metrics;
mod multipart;
mod pages;
pub mod tls;
mod ui;

pub use app::serve;

/// The OpenAPI document of the REST face, as `docs/openapi.json` holds it.
pub fn openapi() -> String {
    api::document()
}

pub use config::{Config, Network, NetworkError, TrustedProxies};
pub use external_links::{ExternalLink, ExternalLinks};
