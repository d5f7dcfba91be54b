//! Servlets of which only the frame exists: `/triggers`, `/flowtrigger`, `/flowtriggerinstance`.
//! They answer as if there were nothing to tell.

use super::Call;
use super::reply::{self, Reply};
use crate::pages;

pub(super) fn get(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some(_) => reply::nothing(),
        None => pages::message(call, "This page is not part of this version."),
    }
}

pub(super) fn post(call: &Call<'_>) -> Reply {
    match call.ajax() {
        Some(_) if call.path != "/flowtrigger" => reply::nothing(),
        _ => Ok(reply::empty()),
    }
}
