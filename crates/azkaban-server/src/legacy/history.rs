//! `/history` (http-api §10): the call that Azkaban has but never filled, and the page's frame.

use super::Call;
use super::reply::{self, Reply};
use crate::pages;

pub(super) async fn get(call: &Call<'_>) -> Reply {
    if call.ajax().is_some() {
        return reply::nothing();
    }
    if call.params.has("days") || call.params.has("timeline") {
        return Ok(reply::empty());
    }
    pages::message(call, "The history of all flows is not part of this version.")
}
