//! Starting supervisors, and finding those of an earlier server.

use std::fs::{DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::link::{self, Link};
use super::{LostSupervisors, RunnerConfig, RunnerError, Shared};
use crate::spec::FoundAttempt;
use crate::supervisor::{READY, SUBCOMMAND};
use crate::sys;

/// How long the folder of a lost supervisor is kept: as long as somebody may ask what became of its attempts.
const KEEP_LOST: Duration = Duration::from_secs(30 * 24 * 3600);

/// In the folder of a supervisor to which no server has been connected yet, so that it cannot have had an attempt. Whatever is
/// lost with the power or was made by an older version looks as if it might have had some.
const UNUSED: &str = "unused";
/// What the name of a folder begins with that a server was killed while making.
const HALF_MADE: &str = ".";

/// Notes that a supervisor may be given attempts. Synced, since its folder may be all that a loss of power leaves of it.
pub(super) async fn note_use(folder: &Path) -> io::Result<()> {
    let folder = folder.to_owned();
    let note = move || match std::fs::remove_file(folder.join(UNUSED)) {
        Ok(()) => File::open(folder)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    tokio::task::spawn_blocking(note).await?
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RunnerError {
    let path = path.to_owned();
    move |source| RunnerError::Path { path, source }
}

pub(super) fn make_run_dir(folder: &Path) -> Result<(), RunnerError> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))
}

/// Connects to every living supervisor. Of the others, those that may have had attempts are lost.
pub(super) async fn find(shared: &Arc<Shared>) -> Result<(Vec<FoundAttempt>, LostSupervisors), RunnerError> {
    let run_dir = shared.config.run_dir.clone();
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(&run_dir).map_err(at(&run_dir))? {
        let folder = entry.map_err(at(&run_dir))?.path();
        let Some(name) = folder.file_name().and_then(|name| name.to_str()).map(str::to_owned) else {
            continue;
        };
        if name.starts_with(HALF_MADE) {
            let _ = std::fs::remove_dir_all(&folder);
            continue;
        }
        match Link::connect(shared, folder.clone()).await {
            Ok((link, greeting)) => {
                let mut state = shared.state();
                if state.current.is_none() && !link.is_draining() {
                    state.current = Some(link);
                }
                found.extend(greeting.known.into_iter().map(link::found));
            }
            // It ended while this was looking.
            Err(_) if !folder.exists() => {}
            // Its server was killed while it started it.
            Err(_) if folder.join(UNUSED).exists() => {
                // Should it still come up, it ends when nobody connects to it.
                let _ = std::fs::remove_dir_all(&folder);
            }
            Err(error) => {
                tracing::debug!(supervisor = name, %error, "a supervisor of an earlier run is gone");
                if !forget_old(&folder) {
                    lost.push(name);
                }
            }
        }
    }
    Ok((found, lost.into_iter().collect()))
}

/// Removes a lost supervisor's folder that is old enough.
fn forget_old(folder: &Path) -> bool {
    let modified = folder.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::now());
    let old = modified.elapsed().is_ok_and(|age| age > KEEP_LOST);
    old && std::fs::remove_dir_all(folder).is_ok()
}

/// Starts a supervisor and connects to it.
pub(super) async fn new_supervisor(shared: &Arc<Shared>) -> Result<Arc<Link>, RunnerError> {
    let folder = new_folder(&shared.config.run_dir)?;
    let (config, place) = (shared.config.clone(), folder.clone());
    tokio::task::spawn_blocking(move || launch(&config, &place))
        .await
        .map_err(|error| RunnerError::Start(error.to_string()))??;
    let (link, _) = Link::connect(shared, folder.clone()).await.map_err(at(&folder))?;
    tracing::debug!(supervisor = link.name, "started a supervisor");
    Ok(link)
}

fn new_folder(run_dir: &Path) -> Result<PathBuf, RunnerError> {
    let mut number = 0;
    loop {
        let name = format!("{:x}-{:x}-{number}", sys::unix_millis().0, std::process::id());
        let (folder, half_made) = (run_dir.join(&name), run_dir.join(format!("{HALF_MADE}{name}")));
        // It appears with its mark, whatever dies meanwhile.
        let made = DirBuilder::new().mode(0o700).create(&half_made);
        match made.and_then(|()| File::create(half_made.join(UNUSED))) {
            Ok(_) => {
                return std::fs::rename(&half_made, &folder).map(|()| folder.clone()).map_err(at(&folder));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(at(&half_made)(error)),
        }
    }
}

/// Starts the program, which detaches itself once it can be connected to.
fn launch(config: &RunnerConfig, folder: &Path) -> Result<(), RunnerError> {
    let failed = |text: String| {
        // Nothing was started that could need it.
        let _ = std::fs::remove_dir_all(folder);
        RunnerError::Start(text)
    };
    let program = &config.program;
    let mut child = Command::new(program)
        .arg0("azkaban")
        .arg(SUBCOMMAND)
        .arg(folder)
        .arg(config.output_linger.as_millis().to_string())
        .arg(&config.meminfo)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("{}: {error}", program.display())))?;
    let mut said = Vec::new();
    if let Some(output) = child.stdout.take() {
        // A read that fails leaves less said, which is looked at below.
        let _ = output.take(4096).read_to_end(&mut said);
    }
    // It ends as soon as it has detached.
    let _ = child.wait();
    if said.starts_with(READY) {
        Ok(())
    } else {
        Err(failed(String::from_utf8_lossy(&said).trim().to_owned()))
    }
}
