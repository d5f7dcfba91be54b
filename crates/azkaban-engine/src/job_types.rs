//! The job types of this server: the plugin folder, read at the start and again after it has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use azkaban_core::job_type::{Content, JobType, JobTypes, PluginFiles, TypeFiles};
use azkaban_core::project::{NodeKind, ProjectModel, Report};
use azkaban_core::props;
use azkaban_core::settings::{Origin, Problem};

use crate::Config;

/// How long the folder is taken to be as it was.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Largest property file that is read, in bytes.
const LARGEST_FILE: u64 = 16 << 20;
/// Jobs that a warning names.
const NAMED_JOBS: usize = 10;
/// Files of the plugin folder that all types have in common.
const COMMON: [&str; 3] = ["common.properties", "commonprivate.properties", "default-proxy-users.properties"];
/// Files of one type.
const OF_TYPE: [&str; 2] = ["plugin.properties", "private.properties"];

/// The plugin folder and what was read from it. A handle: clones share the same.
#[derive(Clone)]
pub(crate) struct JobTypeFolder {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// Where the jobs find the private properties of their types.
    private_dir: PathBuf,
    /// Azkaban's own jars.
    azkaban_jars: Vec<String>,
    state: Mutex<State>,
}

struct State {
    types: Arc<JobTypes>,
    mark: u64,
    looked_at: Instant,
}

impl JobTypeFolder {
    /// Reads the folder. One that is not there has no plugins.
    ///
    /// # Errors
    /// A file that is common to all types cannot be read: without it nobody knows as whom jobs may run.
    pub(crate) fn open(config: &Config) -> Result<Self, Problem> {
        let folder = config.job_type_dir.clone();
        let mark = mark(&folder);
        let types = load(&folder)?;
        tell(&types);
        let shared = Shared {
            azkaban_jars: jars(&config.azkaban_jars_dir),
            private_dir: config.execution_dir.clone(),
            folder,
            state: Mutex::new(State { types: Arc::new(types), mark, looked_at: Instant::now() }),
        };
        let folder = Self { shared: Arc::new(shared) };
        folder.write_private(&folder.current())?;
        Ok(folder)
    }

    /// The types as they are now. What cannot be read stays as it was.
    pub(crate) fn current(&self) -> Arc<JobTypes> {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked_at.elapsed() < LOOK_EVERY {
            return Arc::clone(&state.types);
        }
        state.looked_at = Instant::now();
        let mark = mark(&self.shared.folder);
        if mark != state.mark {
            state.mark = mark;
            match load(&self.shared.folder) {
                Ok(mut types) => {
                    tracing::info!(folder = %self.shared.folder.display(), "the job type plugins have changed");
                    types.keep_usable(&state.types);
                    tell(&types);
                    if let Err(problem) = self.write_private(&types) {
                        tracing::error!(
                            "{problem}; jobs find the private properties of their types as they were"
                        );
                    }
                    state.types = Arc::new(types);
                }
                Err(problem) => tracing::warn!("{problem}; the job types stay as they were"),
            }
        }
        Arc::clone(&state.types)
    }

    /// Azkaban's own jars.
    pub(crate) fn azkaban_jars(&self) -> &[String] {
        &self.shared.azkaban_jars
    }

    /// Where a job finds the private properties of its type; one empty file serves all types without a plugin.
    pub(crate) fn private_file(&self, job_type: &JobType) -> PathBuf {
        let name = match job_type.folder {
            Some(_) => format!(".private.{}.properties", job_type.name),
            None => ".private.properties".to_owned(),
        };
        self.shared.private_dir.join(name)
    }

    fn write_private(&self, types: &JobTypes) -> Result<(), Problem> {
        let empty =
            types.get("noop").into_iter().map(|noop| JobType { folder: None, ..JobType::clone(noop) });
        let plugins = types.iter().filter(|job_type| job_type.folder.is_some()).map(|t| JobType::clone(t));
        for job_type in empty.chain(plugins) {
            let path = self.private_file(&job_type);
            let content = match job_type.folder {
                Some(_) => {
                    props::write(&job_type.private, &format!("private properties of {}", job_type.name))
                }
                None => Vec::new(),
            };
            write_whole(&path, &content).map_err(|error| at(&path, &error))?;
        }
        Ok(())
    }

    /// Warns of jobs whose type this server cannot run: they will fail.
    pub(crate) fn check(&self, model: &ProjectModel, report: &mut Report) {
        let types = self.current();
        let mut jobs: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for node in model.flows.values().flat_map(|flow| flow.nodes.values()) {
            if let NodeKind::Job(name) = &node.kind
                && types.get(name).is_none_or(|job_type| job_type.class.is_err())
            {
                jobs.entry(name).or_default().insert(&node.id);
            }
        }
        for (name, jobs) in jobs {
            let what = match types.get(name).map(|job_type| &job_type.class) {
                Some(Err(reason)) => format!("cannot be used on this server ({reason})"),
                _ => "is not known to this server".to_owned(),
            };
            let named: Vec<&str> = jobs.iter().copied().take(NAMED_JOBS).collect();
            let rest = match jobs.len() - named.len() {
                0 => String::new(),
                rest => format!(" and {rest} more"),
            };
            report.warning(format!(
                "job type '{name}' {what}; these jobs will fail: {}{rest}",
                named.join(", ")
            ));
        }
    }
}

/// Tells an administrator what is wrong.
fn tell(types: &JobTypes) {
    for problem in &types.problems {
        tracing::warn!("{problem}");
    }
    for note in &types.notes {
        tracing::warn!("{note}");
    }
}

fn load(folder: &Path) -> Result<JobTypes, Problem> {
    if !folder.is_dir() {
        return Ok(JobTypes::built_in());
    }
    let [common, common_private, default_users] = COMMON.map(|name| content(&folder.join(name)));
    let mut types = Vec::new();
    for name in folders(folder).map_err(|error| at(folder, &error))? {
        let own = folder.join(&name);
        let [public, private] = OF_TYPE.map(|name| content(&own.join(name)));
        let jars = [own.clone(), own.join("lib")].iter().flat_map(|folder| jars(folder)).collect();
        types.push(TypeFiles { name, public, private, jars });
    }
    let folder = folder.to_string_lossy().into_owned();
    JobTypes::load(PluginFiles { folder, common, common_private, default_users, types })
}

fn at(path: &Path, error: &io::Error) -> Problem {
    let origin = Origin { source: path.to_string_lossy().into(), line: None };
    Problem::malformed(origin, error.to_string())
}

fn content(path: &Path) -> Content {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let read = fs::File::open(path)?.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
        if read as u64 > LARGEST_FILE { Err(io::Error::other("larger than 16 MB")) } else { Ok(bytes) }
    };
    match read() {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        result => Some(result.map_err(|error| error.to_string())),
    }
}

/// Names of the folders in a folder, in order. Hidden ones are none.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().filter(|name| !name.starts_with('.'));
        names.extend(name.filter(|_| entry.path().is_dir()));
    }
    names.sort();
    Ok(names)
}

/// Paths of the jars in a folder, in order.
fn jars(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().filter_map(|entry| entry.path().to_str().map(str::to_owned));
    let mut jars: Vec<String> = paths.filter(|path| path.ends_with(".jar")).collect();
    jars.sort();
    jars
}

/// A number that changes when a file of the folder does.
fn mark(folder: &Path) -> u64 {
    let mut mark = fnv(0xcbf2_9ce4_8422_2325, &[]);
    let mut add = |path: &Path| {
        let metadata = fs::metadata(path).ok();
        let facts = metadata
            .map_or([0; 4], |m| [m.mtime(), m.mtime_nsec(), m.size().cast_signed(), m.ino().cast_signed()]);
        mark = fnv(mark, path.as_os_str().as_encoded_bytes());
        facts.iter().for_each(|fact| mark = fnv(mark, &fact.to_le_bytes()));
    };
    COMMON.iter().for_each(|name| add(&folder.join(name)));
    for name in folders(folder).unwrap_or_default() {
        OF_TYPE.iter().for_each(|file| add(&folder.join(&name).join(file)));
    }
    mark
}

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Writes a file that appears whole, for this user alone.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("tmp");
    let _ = fs::remove_file(&temporary);
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?.write_all(content)?;
    fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use azkaban_core::job_type::Class;

    use super::*;

    fn put(folder: &Path, name: &str, text: &str) {
        let path = folder.join("plugins/jobtypes").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn open(folder: &Path) -> Result<JobTypeFolder, Problem> {
        fs::create_dir_all(folder.join("executions")).unwrap();
        let config = Config { job_type_dir: folder.join("plugins/jobtypes"), ..Config::for_tests(folder) };
        JobTypeFolder::open(&config)
    }

    /// Makes the next look a real one.
    fn look_again(types: &JobTypeFolder) -> Arc<JobTypes> {
        let mut state = types.shared.state.lock().unwrap();
        state.looked_at = Instant::now().checked_sub(LOOK_EVERY * 2).unwrap();
        drop(state);
        types.current()
    }

    #[test]
    fn without_a_folder_there_are_the_types_inside() {
        let folder = tempfile::tempdir().unwrap();
        let types = open(folder.path()).unwrap();
        let current = types.current();
        let command = current.get("command").unwrap();
        assert_eq!((&command.class, command.as_other_user), (&Ok(Class::Command), false));
        assert_eq!(fs::read(types.private_file(command)).unwrap(), b"");
    }

    #[test]
    fn a_change_of_the_folder_counts_without_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "commonprivate.properties", "execute.as.user=false\n");
        let types = open(folder.path()).unwrap();
        assert!(types.current().get("shell").is_none());
        put(folder.path(), "shell/private.properties", "jobtype.class=azkaban.jobtype.HadoopShell\npin=1\n");
        put(folder.path(), "shell/lib/az-core-1.jar", "");
        let current = look_again(&types);
        let shell = current.get("shell").unwrap();
        assert_eq!(shell.class, Ok(Class::HadoopShell));
        assert!(shell.jars[0].ends_with("shell/lib/az-core-1.jar"));
        let private = fs::read_to_string(types.private_file(shell)).unwrap();
        assert!(private.contains("pin=1"), "{private}");

        put(folder.path(), "shell/private.properties", "jobtype.cl");
        assert_eq!(look_again(&types).get("shell"), Some(shell), "a plugin that was just broken");
        put(folder.path(), "commonprivate.properties", "a=\\u");
        assert_eq!(look_again(&types).get("shell"), Some(shell), "a common file that was just broken");
        fs::remove_dir_all(folder.path().join("plugins")).unwrap();
        assert!(look_again(&types).get("shell").is_none());
    }

    #[test]
    fn a_broken_common_file_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "commonprivate.properties", "ok=1\na=\\u\n");
        let problem = open(folder.path()).err().unwrap().to_string();
        assert!(
            problem.ends_with("plugins/jobtypes/commonprivate.properties:2: Malformed \\uxxxx encoding."),
            "{problem}"
        );
    }
}
