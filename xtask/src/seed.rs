//! `cargo xtask seed --data DIR`: a data folder as after weeks of work, for looking at pages and for `npm run bars`.
//!
//! Everything goes through the store's own changes, so that a server that is started on the folder finds what it would
//! have written itself. The same folder comes out each time, but for the days that it speaks of: they end now.

mod archive;
mod log;
mod runs;
mod shape;

use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use azkaban_core::ids::ProjectId;
use azkaban_core::permission::PermissionSet;
use azkaban_core::time::UnixMillis;
use azkaban_store::{Grantee, NewProject, NewVersion, ProjectEvent, ProjectEventKind, Store};

use shape::Shape;

/// Who everything belongs to: the first user of a fresh server.
const USER: &str = "azkaban";
/// Projects of ordinary flows, and flows of each.
const PROJECTS: usize = 10;
const FLOWS: usize = 5;
/// Finished executions of the ordinary flows.
const RUNS: usize = 10_000;
/// How far they reach back, in milliseconds: six weeks.
const SPAN_MS: i64 = 42 * 24 * 3_600_000;
/// Nodes and runs of the large flows.
const LARGE: [(&str, usize, usize); 2] = [("wide", 1_000, 50), ("huge", 4_000, 3)];
/// The flow, and its only job, that has the long log.
const LONG_LOG: &str = "load_all";

/// A project to make: its name and its flows, each with the number of its runs.
struct Plan {
    name: String,
    flows: Vec<(Shape, usize)>,
}

/// Fills the folder.
///
/// # Errors
/// Something is there already, or cannot be written.
pub(crate) fn run(data: &Path) -> Result<(), Vec<String>> {
    let failed = |error: String| vec![format!("seed: {error}")];
    let database = data.join("azkaban.db");
    if database.exists() {
        return Err(failed(format!("{} is there already", database.display())));
    }
    std::fs::create_dir_all(data).map_err(|error| failed(format!("{}: {error}", data.display())))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    let start = Instant::now();
    let made = runtime.block_on(fill(data, &database)).map_err(|error| failed(error.to_string()))?;
    println!("{} executions in {:.1} s in {}", made, start.elapsed().as_secs_f32(), data.display());
    Ok(())
}

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

async fn fill(data: &Path, database: &Path) -> Outcome<usize> {
    let store = Store::open(database)?;
    let now = UnixMillis(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?);
    let began = UnixMillis(now.0 - SPAN_MS);
    let mut planned = Vec::new();
    for plan in plans() {
        let project = create(&store, data, &plan, began).await?;
        planned.extend(plan.flows.into_iter().map(|(shape, count)| (project, Arc::new(shape), count)));
    }
    let made = runs::write(&store, planned, began, now).await?;
    let plan = Plan { name: "logs".to_owned(), flows: vec![(Shape::single(LONG_LOG), 0)] };
    let project = create(&store, data, &plan, began).await?;
    let execution = runs::one(&store, project, Arc::new(Shape::single(LONG_LOG)), now).await?;
    store.close().await;
    log::write(&data.join("logs"), execution, LONG_LOG)?;
    Ok(made + 1)
}

fn plans() -> Vec<Plan> {
    const TOPICS: [&str; PROJECTS] = [
        "billing", "catalog", "clicks", "finance", "orders", "payments", "ranking", "returns", "search",
        "stock",
    ];
    const TIMES: [&str; FLOWS] = ["hourly", "daily", "weekly", "backfill", "report"];
    let each = RUNS / (PROJECTS * FLOWS);
    let mut plans: Vec<Plan> = TOPICS
        .iter()
        .map(|topic| Plan {
            name: (*topic).to_owned(),
            flows: TIMES.iter().map(|time| (Shape::ordinary(&format!("{topic}_{time}")), each)).collect(),
        })
        .collect();
    plans.extend(LARGE.map(|(name, nodes, runs)| Plan {
        name: name.to_owned(),
        flows: vec![(Shape::layered(name, nodes), runs)],
    }));
    plans
}

async fn create(store: &Store, data: &Path, plan: &Plan, at: UnixMillis) -> Outcome<ProjectId> {
    let event = |kind, message| ProjectEvent { kind, user: USER.to_owned(), at, message };
    let project = store
        .project_create(NewProject {
            name: plan.name.clone(),
            description: format!("What {} needs each day", plan.name),
            created_at: at,
            created_by: USER.to_owned(),
            permissions: vec![(Grantee::User(USER.to_owned()), PermissionSet::admin())],
            proxy_users: Vec::new(),
            events: vec![event(ProjectEventKind::Created, None)],
            audit: None,
        })
        .await?;
    let files: Vec<(String, String)> = plan.flows.iter().flat_map(|(shape, _)| shape.files()).collect();
    let (blob_sha256, blob_size) = archive::put(&data.join("archives"), &files)?;
    store
        .project_version_create(NewVersion {
            project,
            uploaded_at: at,
            uploader: USER.to_owned(),
            uploader_ip: "127.0.0.1".to_owned(),
            file_name: format!("{}.zip", plan.name),
            blob_sha256,
            blob_size,
            model: Arc::new(archive::model(&files)?),
            events: vec![event(ProjectEventKind::Uploaded, Some(format!("{}.zip", plan.name)))],
            upload_locked: None,
            audit: None,
        })
        .await?;
    Ok(project)
}
