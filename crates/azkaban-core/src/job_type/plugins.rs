//! The folder of job type plugins (`azkaban.jobtype.plugin.dir`), from the content of its files to the types that there are
//! (projects-and-jobs §7.1).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::class::{BUILT_IN, Class};
use crate::props::{self, Decoding, Props, ResolveError};
use crate::settings::{Origin, Problem};

/// Where a plugin's implementation is named.
const CLASS: &str = "jobtype.class";
/// Whether jobs run as the users that they act for.
const AS_USER: &str = "execute.as.user";
/// Injected into a plugin's properties, public and private.
const FOLDER: &str = "plugin.dir";

/// The content of a file, or why it could not be read; `None` if it is not there.
pub type Content = Option<Result<Vec<u8>, String>>;

/// What the plugin folder holds.
#[derive(Debug, Default)]
pub struct PluginFiles {
    /// The folder's path.
    pub folder: String,
    /// `common.properties`
    pub common: Content,
    /// `commonprivate.properties`
    pub common_private: Content,
    /// `default-proxy-users.properties`
    pub default_users: Content,
    /// The folders in it, which may be types.
    pub types: Vec<TypeFiles>,
}

/// What the folder of one type holds.
#[derive(Debug, Default)]
pub struct TypeFiles {
    /// Its name, and the type's.
    pub name: String,
    /// `plugin.properties`
    pub public: Content,
    /// `private.properties`; without it the folder is no type.
    pub private: Content,
    /// Paths of the jars in it and in its `lib`.
    pub jars: Vec<String>,
}

/// The job types of a server.
#[derive(Debug)]
pub struct JobTypes {
    types: BTreeMap<String, Arc<JobType>>,
    /// Plugins that cannot be used, each with file and line.
    pub problems: Vec<Problem>,
    /// What an administrator should know of the folder.
    pub notes: Vec<String>,
}

/// One job type.
#[derive(Debug, Clone, PartialEq)]
pub struct JobType {
    /// Its name, as jobs give it in `type`.
    pub name: String,
    /// What it does; else why it cannot be used.
    pub class: Result<Class, String>,
    /// Properties for every job of the type that does not set them (layers 2 and 3 of §5.2).
    pub defaults: Props,
    /// Properties that jobs do not see, resolved.
    pub private: Props,
    /// Its folder; `None` for a type that needs none.
    pub folder: Option<String>,
    /// Jars in its folder.
    pub jars: Vec<String>,
    /// Whom its jobs act for, whatever they say.
    pub default_user: Option<String>,
    /// Its jobs run as the users that they act for (`execute.as.user`), see [`super::run_as`].
    pub as_other_user: bool,
    /// Its jobs wait until the machine has memory for them (`memCheck.enabled`), see [`super::memory_need`].
    pub checks_memory: bool,
}

impl JobTypes {
    /// The types without a plugin folder.
    pub fn built_in() -> Self {
        let private = Props::new();
        let types = BUILT_IN
            .iter()
            .map(|&(name, class)| {
                (name.to_owned(), Arc::new(built_in(name, class, &Props::new(), &private, false)))
            })
            .collect();
        Self { types, problems: Vec::new(), notes: Vec::new() }
    }

    /// The types of a plugin folder, and those that need none. A plugin that cannot be used is among them, with the reason.
    ///
    /// # Errors
    /// A file that is common to all types cannot be read: nobody knows then under which rules any job may run.
    pub fn load(files: PluginFiles) -> Result<Self, Problem> {
        let at = |name: &str| format!("{}/{name}", files.folder);
        let common = read(&at("common.properties"), files.common)?;
        let common_private = read(&at("commonprivate.properties"), files.common_private)?;
        let default_users = read(&at("default-proxy-users.properties"), files.default_users)?.props();
        let private = common_private.resolved(&Props::new())?;
        let mut loaded = Self { types: BTreeMap::new(), problems: Vec::new(), notes: Vec::new() };
        if as_other_user(&private) && !private.contains_key(AS_USER) {
            loaded.notes.push(format!(
                "jobs run as the users that they act for, as in Azkaban unless {} has execute.as.user=false; \
                 docs/operating.md tells what the machine needs for that",
                at("commonprivate.properties")
            ));
        }
        let defaults = common.props();
        for (name, class) in BUILT_IN {
            let built_in = built_in(name, class, &defaults, &private, true);
            loaded.types.insert(name.to_owned(), Arc::new(built_in));
        }
        for plugin in files.types {
            let folder = format!("{}/{}", files.folder, plugin.name);
            if plugin.private.is_none() {
                loaded.notes.push(format!("{folder} has no private.properties and is no job type"));
                continue;
            }
            let name = plugin.name.clone();
            let loaded_type = match load_type(plugin, &folder, &defaults, &common_private) {
                Ok(mut job_type) => {
                    job_type.default_user = default_user(&job_type, &default_users);
                    job_type
                }
                Err((job_type, problem)) => {
                    loaded.problems.push(problem);
                    *job_type
                }
            };
            loaded.types.insert(name, Arc::new(loaded_type));
        }
        Ok(loaded)
    }

    /// A type by its name.
    pub fn get(&self, name: &str) -> Option<&Arc<JobType>> {
        self.types.get(name)
    }

    /// Every type, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<JobType>> {
        self.types.values()
    }

    /// Replaces each type that cannot be used by what `earlier` has of it, if that can be: a folder may be looked at while
    /// somebody copies files into it.
    pub fn keep_usable(&mut self, earlier: &JobTypes) {
        for (name, job_type) in &mut self.types {
            if let (Err(_), Some(old)) = (&job_type.class, earlier.types.get(name))
                && old.class.is_ok()
            {
                *job_type = Arc::clone(old);
            }
        }
    }
}

/// A type with the properties that it shares with others; `plugins` if there is a plugin folder, whose defaults are Azkaban's.
fn built_in(name: &str, class: Class, defaults: &Props, private: &Props, plugins: bool) -> JobType {
    JobType {
        name: name.to_owned(),
        class: Ok(class),
        defaults: defaults.clone(),
        private: private.clone(),
        folder: None,
        jars: Vec::new(),
        default_user: None,
        as_other_user: plugins && as_other_user(private),
        checks_memory: plugins && checks_memory(private),
    }
}

/// Whether jobs are to run as the users that they act for: Azkaban's default is true where there is a plugin folder (§7.5).
fn as_other_user(private: &Props) -> bool {
    props::typed::boolean(private, AS_USER, true)
}

/// Whether jobs wait for memory: Azkaban's default is true where there is a plugin folder (§7.4).
fn checks_memory(private: &Props) -> bool {
    props::typed::boolean(private, "memCheck.enabled", true)
}

/// One type; else what stands for it, and why.
fn load_type(
    files: TypeFiles,
    folder: &str,
    common: &Props,
    common_private: &PropertyFile,
) -> Result<JobType, (Box<JobType>, Problem)> {
    let mut job_type = built_in(&files.name, Class::Noop, common, &Props::new(), false);
    job_type.folder = Some(folder.to_owned());
    job_type.jars = files.jars;
    let name = format!("{folder}/private.properties");
    match fill(&mut job_type, folder, &name, (files.public, files.private), common_private) {
        Ok(()) => Ok(job_type),
        Err(problem) => {
            job_type.class = Err(problem.to_string());
            Err((Box::new(job_type), problem))
        }
    }
}

fn fill(
    job_type: &mut JobType,
    folder: &str,
    private_name: &str,
    (public, private): (Content, Content),
    common_private: &PropertyFile,
) -> Result<(), Problem> {
    let public = read(&format!("{folder}/plugin.properties"), public)?;
    let private = read(private_name, private)?;
    job_type.defaults.extend(public.props());
    job_type.defaults.insert(FOLDER.to_owned(), folder.to_owned());
    let mut lower = common_private.props();
    lower.insert(FOLDER.to_owned(), folder.to_owned());
    job_type.private = private.resolved(&lower)?;
    job_type.as_other_user = as_other_user(&job_type.private);
    job_type.checks_memory = checks_memory(&job_type.private);
    let whole_file = || Origin { source: private_name.into(), line: None };
    let class = job_type.private.get(CLASS).map(|name| name.trim()).filter(|name| !name.is_empty());
    let Some(class) = class else {
        return Err(Problem::malformed(whole_file(), format!("Failed to get jobtype property: {CLASS}")));
    };
    match Class::named(class) {
        Some(known) => job_type.class = Ok(known),
        None => {
            let origin = private.origin(CLASS).unwrap_or_else(whole_file);
            let reason = "this server cannot run this class; docs/job-types.md names those that it can";
            return Err(Problem::wrong(origin, CLASS, class, reason));
        }
    }
    Ok(())
}

/// Whom jobs of a type act for by default (§7.1): only for classes that say so, and users that are not excepted.
fn default_user(job_type: &JobType, users: &Props) -> Option<String> {
    let user = users.get(&job_type.name).map(|user| user.trim()).filter(|user| !user.is_empty())?;
    let class = job_type.class.as_ref().ok()?.name();
    let list = |key: &str| props::typed::list(&job_type.private, key);
    let applies = list("default.proxyusers.jobtype.classes").iter().any(|listed| listed == class)
        && !list("default.proxyusers.filter").iter().any(|listed| listed == user);
    applies.then(|| user.to_owned())
}

/// A property file with the place of each key.
struct PropertyFile {
    name: String,
    entries: Vec<props::Entry>,
}

fn read(name: &str, content: Content) -> Result<PropertyFile, Problem> {
    let origin = |line| Origin { source: name.into(), line };
    let bytes = match content {
        None => Vec::new(),
        Some(Ok(bytes)) => bytes,
        Some(Err(reason)) => return Err(Problem::malformed(origin(None), reason)),
    };
    let entries = props::parse_entries(&bytes, Decoding::Detect)
        .map_err(|error| Problem::malformed(origin(Some(error.line)), error.to_string()))?;
    Ok(PropertyFile { name: name.to_owned(), entries })
}

impl PropertyFile {
    fn props(&self) -> Props {
        self.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
    }

    /// Where a key stands.
    fn origin(&self, key: &str) -> Option<Origin> {
        let entry = self.entries.iter().rev().find(|entry| entry.key == key)?;
        Some(Origin { source: self.name.as_str().into(), line: Some(entry.line) })
    }

    /// The file over `lower`, values resolved.
    fn resolved(&self, lower: &Props) -> Result<Props, Problem> {
        let mut all = lower.clone();
        all.extend(self.props());
        props::resolve(&all).map_err(|error| {
            let key = match &error {
                ResolveError::Undefined { path } | ResolveError::Circular { path, .. } => path.first(),
                ResolveError::TooLarge | ResolveError::Expression(_) => None,
            };
            let origin = key.and_then(|key| self.origin(key));
            let origin = origin.unwrap_or_else(|| Origin { source: self.name.as_str().into(), line: None });
            Problem::malformed(origin, error.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHELL: &str = "jobtype.class=azkaban.jobtype.HadoopShell\n";

    fn text(text: &str) -> Content {
        Some(Ok(text.as_bytes().to_vec()))
    }

    fn plugin(name: &str, public: Content, private: Content) -> TypeFiles {
        TypeFiles { name: name.to_owned(), public, private, jars: Vec::new() }
    }

    fn load(common_private: &str, types: Vec<TypeFiles>) -> JobTypes {
        let files = PluginFiles {
            folder: "/plugins".to_owned(),
            common: text("shared=common\nover=common\n"),
            common_private: text(common_private),
            default_users: text("shell=etl\nother=etl\n"),
            types,
        };
        JobTypes::load(files).unwrap()
    }

    #[test]
    fn a_type_has_its_own_properties_over_the_common_ones() {
        let types = load(
            "execute.as.user=false\nhome=/opt/x\n",
            vec![plugin(
                "shell",
                text("over=plugin\n"),
                text(&format!("{SHELL}lib=${{plugin.dir}}:${{home}}/lib\n")),
            )],
        );
        assert_eq!((&types.problems, &types.notes), (&vec![], &vec![]));
        let shell = types.get("shell").unwrap();
        assert_eq!(shell.class, Ok(Class::HadoopShell));
        let defaults = [("over", "plugin"), ("plugin.dir", "/plugins/shell"), ("shared", "common")];
        assert_eq!(shell.defaults.iter().map(|(k, v)| (&**k, &**v)).collect::<Vec<_>>(), defaults);
        assert_eq!(shell.private["lib"], "/plugins/shell:/opt/x/lib");
        assert_eq!(types.get("command").unwrap().defaults["over"], "common");
        assert_eq!(types.get("command").unwrap().private["home"], "/opt/x");
        assert_eq!(types.get("nosuch"), None);
    }

    #[test]
    fn a_plugin_may_take_the_place_of_a_type_that_is_inside() {
        let types = load("execute.as.user=false\n", vec![plugin("command", None, text(SHELL))]);
        assert_eq!(types.get("command").unwrap().class, Ok(Class::HadoopShell));
    }

    #[test]
    fn a_broken_plugin_is_named_with_its_line_and_the_others_work() {
        let types = load(
            "execute.as.user=false\n",
            vec![
                plugin("grammar", None, text("# a\nb=\\u12\n")),
                plugin("public", text("x=\\u\n"), text(SHELL)),
                plugin("variable", None, text(&format!("{SHELL}a=1\nb=${{nowhere}}\n"))),
                plugin("classless", None, text("a=1\n")),
                plugin("unknown", None, text("\njobtype.class=com.example.Mine\n")),
                plugin("unread", None, Some(Err("Permission denied".to_owned()))),
                plugin("shell", None, text(SHELL)),
                plugin("nothing", None, None),
            ],
        );
        let problems: Vec<String> = types.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "/plugins/grammar/private.properties:2: Malformed \\uxxxx encoding.",
                "/plugins/public/plugin.properties:1: Malformed \\uxxxx encoding.",
                "/plugins/variable/private.properties:3: Could not find variable substitution for variable(s) [b->nowhere]",
                "/plugins/classless/private.properties: Failed to get jobtype property: jobtype.class",
                "/plugins/unknown/private.properties:2: jobtype.class=com.example.Mine: this server cannot run this class; \
                 docs/job-types.md names those that it can",
                "/plugins/unread/private.properties: Permission denied",
            ]
        );
        assert_eq!(types.get("shell").unwrap().class, Ok(Class::HadoopShell));
        assert_eq!(types.get("grammar").unwrap().class, Err(problems[0].clone()));
        assert_eq!(types.notes, ["/plugins/nothing has no private.properties and is no job type"]);
        assert_eq!(types.get("nothing"), None);
    }

    #[test]
    fn a_broken_common_file_is_an_error() {
        let files = PluginFiles {
            folder: "/p".to_owned(),
            common_private: text("a=1\nb=\\u1\n"),
            ..PluginFiles::default()
        };
        let problem = JobTypes::load(files).unwrap_err();
        assert_eq!(problem.to_string(), "/p/commonprivate.properties:2: Malformed \\uxxxx encoding.");
    }

    #[test]
    fn jobs_run_as_other_users_unless_the_common_file_says_no() {
        let types = load("", vec![]);
        assert_eq!(types.notes.len(), 1);
        assert!(types.get("command").unwrap().as_other_user);
        let types = load(
            "execute.as.user=true\n",
            vec![plugin("shell", None, text(&format!("{SHELL}execute.as.user=false\n")))],
        );
        assert_eq!(types.notes, Vec::<String>::new());
        assert!(!types.get("shell").unwrap().as_other_user);
        assert!(types.get("command").unwrap().as_other_user);
        assert!(!JobTypes::built_in().get("command").unwrap().as_other_user);
    }

    #[test]
    fn a_default_user_counts_for_the_listed_classes_only() {
        let listed =
            "execute.as.user=false\ndefault.proxyusers.jobtype.classes=azkaban.jobtype.HadoopShell\n";
        let user = |common_private: &str| {
            let types = load(common_private, vec![plugin("shell", None, text(SHELL))]);
            types.get("shell").unwrap().default_user.clone()
        };
        assert_eq!(user(listed).as_deref(), Some("etl"));
        assert_eq!(user("execute.as.user=false\n"), None);
        assert_eq!(user(&format!("{listed}default.proxyusers.filter=x, etl\n")), None);
    }

    #[test]
    fn what_breaks_later_stays_as_it_was() {
        let earlier = load("execute.as.user=false\n", vec![plugin("shell", None, text(SHELL))]);
        let mut now = load("execute.as.user=false\n", vec![plugin("shell", None, text("jobtype.cl"))]);
        now.keep_usable(&earlier);
        assert_eq!(now.get("shell"), earlier.get("shell"));
        assert_eq!(now.problems.len(), 1);
    }
}
