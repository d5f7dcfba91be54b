//! What administrators look at and set: the audit trail, users, settings, figures, the note, the executor.

mod audit;
mod executors;
mod figures;
mod note;
mod settings;
mod users;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .merge(audit::resources())
        .merge(users::resources())
        .merge(settings::resources())
        .merge(figures::resources())
        .merge(note::resources())
        .merge(executors::resources())
}
