//! What the server tells of itself: the beans of `/jmx` and the samples of `/stats`.

use std::sync::Arc;

use axum::response::Response;
use azkaban_core::time::UnixMillis;
use azkaban_engine::Metric;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::extract::{Query, Signed};
use crate::api::session::reply;
use crate::app::App;
use crate::legacy::{jmx, stats};

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(beans)).routes(routes!(samples))
}

/// A figure.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FigureItem {
    name: &'static str,
    /// In English.
    description: &'static str,
    /// A number, a text, a list or an object.
    #[schema(value_type = Object)]
    value: Value,
}

/// Figures that belong together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BeanItem {
    /// As `executorManager`.
    name: &'static str,
    /// The name of the bean, which `/jmx` answers to.
    bean: String,
    attributes: Vec<FigureItem>,
}

/// Every figure of this moment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Beans {
    items: Vec<BeanItem>,
}

/// Every figure of this moment, as `/jmx` knows them.
#[utoipa::path(get, path = "/figures", tag = "admin", operation_id = "listFigures",
    responses((status = 200, description = "The figures.", body = Beans)))]
async fn beans(signed: Signed) -> Response {
    let items = jmx::all(&signed.app).into_iter().map(|bean| BeanItem {
        name: bean.name,
        bean: bean.full_name(),
        attributes: bean
            .attributes
            .into_iter()
            .map(|known| FigureItem { name: known.name, description: known.description, value: known.value })
            .collect(),
    });
    reply(&Beans { items: items.collect() })
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SamplesQuery {
    /// At or after this time.
    from: Option<i64>,
    /// At or before this time.
    to: Option<i64>,
}

/// A sample.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Sample {
    at: i64,
    value: u64,
}

/// A figure over time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Series {
    /// As `NumRunningFlowMetric`.
    metric: &'static str,
    /// In the order of time, thinned out.
    points: Vec<Sample>,
}

/// Figures over time.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AllSeries {
    items: Vec<Series>,
}

/// Figures over time, as `/stats` draws them; a week is kept.
#[utoipa::path(get, path = "/figures/history", tag = "admin", operation_id = "listSamples", params(SamplesQuery),
    responses((status = 200, description = "The samples.", body = AllSeries)))]
async fn samples(signed: Signed, Query(query): Query<SamplesQuery>) -> Response {
    let (from, to) = (UnixMillis(query.from.unwrap_or(0)), UnixMillis(query.to.unwrap_or(i64::MAX)));
    let series = |metric| {
        let points = signed.engine().metric_history(metric, from, to, false);
        let points = points.into_iter().map(|point| Sample { at: point.at.0, value: point.value });
        Series { metric: stats::name(metric), points: points.collect() }
    };
    reply(&AllSeries { items: Metric::ALL.map(series).into() })
}
