//! Every call by everybody: who holds which right, and by which way (config-and-security §6.2). Who may not is told so, leaves
//! no trace in the database, and stands in the audit trail if the call changes something.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use azkaban_core::permission::Permission;
use azkaban_store::{AuditFilter, AuditOutcome, AuditRow};
use azkaban_testkit::{Client, Response, wait_for, zip_of};

use crate::calls::{CALLS, Call, Needs, Request};
use crate::common::{Server, Setup, multipart};

const FORM: &str = "application/x-www-form-urlencoded";
const LIMIT: Duration = Duration::from_secs(60);
/// Rights that the calls of permissions give.
const GRANTED: [Permission; 5] =
    [Permission::Read, Permission::Write, Permission::Execute, Permission::Schedule, Permission::Admin];
/// Rights that a role may have besides.
const BY_ROLE_ALONE: [Permission; 3] =
    [Permission::Metrics, Permission::CreateProjects, Permission::UploadProjects];

/// The flows of each project: one that ends at once, one to lock, one that runs on.
const FILES: [(&str, &str); 3] = [
    ("f.job", "type=noop\n"),
    ("spare.job", "type=noop\n"),
    ("long.job", "type=command\ncommand=sleep 1000\n"),
];

/// An entry of the audit trail: who, what, and what became of it.
type Told = (String, String, AuditOutcome);

/// By which way somebody holds their right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Entry,
    Group,
    Role,
    None,
}

/// Somebody with one right at most.
struct Holder {
    name: String,
    way: Way,
    right: Permission,
    session: String,
}

impl Holder {
    fn may(&self, call: &Call) -> bool {
        let has = |needed: Permission| self.right == needed || self.right == Permission::Admin;
        match call.needs {
            Needs::Login => true,
            Needs::Project(needed) => self.way != Way::None && has(needed),
            Needs::Role(needed) => self.way == Way::Role && has(needed),
        }
    }
}

/// Name, way and right of everybody.
fn everybody() -> Vec<(String, Way, Permission)> {
    let mut all = Vec::new();
    for right in GRANTED {
        for (word, way) in [("user", Way::Entry), ("group", Way::Group), ("role", Way::Role)] {
            all.push((format!("{word}-{}", right.name()), way, right));
        }
    }
    all.extend(BY_ROLE_ALONE.map(|right| (format!("role-{}", right.name()), Way::Role, right)));
    all.push(("nobody".to_owned(), Way::None, Permission::Read));
    all
}

fn users_file() -> String {
    let mut text = "<u><user username='azkaban' password='azkaban' roles='role-ADMIN'/>".to_owned();
    for (name, way, right) in everybody() {
        let more = match way {
            Way::Group => format!("groups='{name}'"),
            Way::Role => format!("roles='{name}'"),
            Way::Entry | Way::None => String::new(),
        };
        write!(text, "<user username='{name}' password='pw' proxy='etl' {more}/>").unwrap();
        if way == Way::Role {
            write!(text, "<role name='{name}' permissions='{}'/>", right.name()).unwrap();
        }
    }
    text + "</u>"
}

struct World {
    server: Server,
    admin: Client,
    holders: Vec<Holder>,
    number: u32,
}

impl World {
    fn new(engine: fn(&mut azkaban_engine::Config)) -> Self {
        let server = Server::of(Setup { users: &users_file(), server: |_| {}, engine });
        let admin = server.admin();
        let holders = everybody().into_iter().map(|(name, way, right)| {
            let session = server.login(&name, "pw").session().unwrap().to_owned();
            Holder { name, way, right, session }
        });
        let holders = holders.collect();
        Self { admin, holders, number: 0, server }
    }

    /// A project of [`FILES`] with everybody's rights.
    fn project(&self, name: &str) {
        assert_eq!(self.admin.create_project(name)["status"], "success");
        let uploaded = self.admin.upload(name, &zip_of(FILES));
        assert_eq!(uploaded["version"], "1", "{uploaded}");
        let spare = [("spare".to_owned(), Way::Group, Permission::Read)];
        for (grantee, way, right) in everybody().into_iter().chain(spare) {
            if !matches!(way, Way::Entry | Way::Group) {
                continue;
            }
            let group = way == Way::Group;
            let mut target =
                format!("/manager?ajax=addPermission&project={name}&name={grantee}&group={group}");
            for possible in GRANTED {
                let word = possible.name().to_lowercase();
                write!(target, "&permissions[{word}]={}", possible == right).unwrap();
            }
            let added = self.by_script(self.admin.session().unwrap(), &Request::Get(""), &target);
            assert!(!added.text().contains("error"), "{target}: {}", added.text());
        }
    }

    /// Makes a call as scripts do, with the session as a parameter.
    fn by_script(&self, session: &str, request: &Request, target: &str) -> Response {
        let client = self.server.anonymous();
        let joined = |target: &str| {
            let mark = if target.contains('?') { '&' } else { '?' };
            format!("{target}{mark}session.id={session}")
        };
        match request {
            Request::Get(_) => client.request("GET", &joined(target), "", b""),
            Request::Both(path, _) => client.request("GET", &joined(&format!("{path}?{target}")), "", b""),
            Request::Post(path, _) => {
                client.request("POST", path, FORM, format!("{target}&session.id={session}").as_bytes())
            }
            Request::Upload(_) => {
                let mut fields: Vec<(&str, &str)> =
                    target.split('&').map(|field| field.split_once('=').unwrap()).collect();
                fields.push(("session.id", session));
                let body = multipart("form-data", &fields, &zip_of(FILES));
                client.request("POST", "/manager", "multipart/form-data; boundary=XX", &body)
            }
        }
    }

    fn contents(&self) -> BTreeMap<String, u64> {
        let mut contents = self.server.runtime.block_on(self.server.store.contents()).unwrap();
        contents.retain(|table, _| table != "audit" && table != "session");
        contents
    }

    /// The audit trail after its entry `id`, from the oldest on.
    fn told_since(&self, id: i64) -> Vec<Told> {
        let rows = self.audit(10_000).into_iter().take_while(|row| row.id > id);
        let mut told: Vec<_> =
            rows.map(|AuditRow { entry, .. }| (entry.user, entry.action, entry.outcome)).collect();
        told.reverse();
        told
    }

    fn last_told(&self) -> i64 {
        self.audit(1)[0].id
    }

    fn audit(&self, limit: usize) -> Vec<AuditRow> {
        let read = self.server.store.audit_list(AuditFilter::default(), None, limit);
        self.server.runtime.block_on(read).unwrap()
    }

    /// Fills in what stands for something.
    fn fill(&mut self, template: &str, holder: usize, places: &Places) -> String {
        let mut text = template.replace("{p}", "p").replace("{me}", &self.holders[holder].name);
        if let Some(exec) = &places.exec {
            text = text.replace("{exec}", exec);
        }
        if let Some(schedule) = &places.schedule {
            text = text.replace("{sched}", schedule);
        }
        if let Some(doomed) = &places.doomed {
            text = text.replace("{doomed}", doomed);
        }
        if let Some(gone) = &places.gone {
            text = text.replace("{gone}", gone);
        }
        self.number += 1;
        text.replace("{n}", &self.number.to_string())
    }

    /// What a call is about, made anew.
    fn places(&mut self, template: &str) -> Places {
        let mut places = Places::default();
        if template.contains("{exec}") {
            let id = self.admin.execute("p", "long", &[("concurrentOption", "ignore")]);
            wait_for("the job to have a log", LIMIT, || {
                let id = id.to_string();
                let query = [
                    ("ajax", "fetchExecJobLogs"),
                    ("execid", &*id),
                    ("jobId", "long"),
                    ("offset", "0"),
                    ("length", "9"),
                ];
                let answer = self.admin.get("/executor", &query);
                if answer.status == 200 { Ok(()) } else { Err(answer.text()) }
            });
            places.exec = Some(id.to_string());
        }
        if template.contains("{sched}") {
            let form = [
                ("ajax", "scheduleCronFlow"),
                ("projectName", "p"),
                ("flow", "spare"),
                ("cronExpression", "0 0 9 1 1 ? 2040"),
            ];
            let made = self.admin.post("/schedule", &form).json();
            places.schedule = made["scheduleId"].as_i64().map(|id| id.to_string());
            let id = places.schedule.as_deref().unwrap_or_else(|| panic!("{made}"));
            if template.contains("resumeSchedule") {
                self.admin.post("/schedule", &[("ajax", "pauseSchedule"), ("scheduleId", id)]);
            }
        }
        if template.contains("{doomed}") || template.contains("{gone}") {
            self.number += 1;
            let name = format!("doomed{}", self.number);
            self.project(&name);
            let id = self.admin.get("/manager", &[("ajax", "getProjectId"), ("project", &name)]).json();
            if template.contains("{gone}") {
                self.admin.get("/manager", &[("project", &name), ("delete", "")]);
            }
            places.gone = Some(id["projectId"].to_string());
            places.doomed = Some(name);
        }
        places
    }

    /// Waits until nothing runs any more.
    fn settle(&self, places: &Places) {
        if let Some(exec) = &places.exec {
            self.admin.get("/executor", &[("ajax", "cancelFlow"), ("execid", exec)]);
        }
        for flow in ["f", "long"] {
            wait_for("all executions to end", LIMIT, || {
                let query = [
                    ("ajax", "fetchFlowExecutions"),
                    ("project", "p"),
                    ("flow", flow),
                    ("start", "0"),
                    ("length", "500"),
                ];
                let text = self.admin.get("/manager", &query).text();
                let open =
                    ["PREPARING", "RUNNING", "PAUSED", "KILLING"].iter().any(|status| text.contains(status));
                if open { Err(text) } else { Ok(()) }
            });
        }
    }

    fn check(&mut self, call: &Call) {
        let (may, may_not): (Vec<usize>, Vec<usize>) =
            (0..self.holders.len()).partition(|&holder| self.holders[holder].may(call));
        let places = self.places(call.request.template());
        let before = self.contents();
        self.check_refused(call, &may_not, &places);
        assert_eq!(self.contents(), before, "{:?} leaves a trace where it is refused", call.request);
        let places = self.check_granted(call, &may, places);
        // Nothing is paused, nothing has failed, and what is read again is not in the database.
        let idle = matches!(call.told, None | Some("execution.resume" | "execution.retry"))
            || call.request.template().contains("reloadProjectWhitelist");
        assert!(idle || self.contents() != before, "{:?} changes nothing", call.request);
        self.settle(&places);
    }

    /// Each of `holders` is told so, and each attempt to change something stands in the audit trail.
    fn check_refused(&mut self, call: &Call, holders: &[usize], places: &Places) {
        let last = self.last_told();
        let mut expected = Vec::new();
        let requests = match call.request {
            Request::Both(path, form) => vec![call.request, Request::Post(path, form)],
            other => vec![other],
        };
        for &holder in holders {
            for request in &requests {
                let target = self.fill(request.template(), holder, places);
                let refusal = self.fill(call.refusal, holder, places);
                let Holder { session, name, .. } = &self.holders[holder];
                let answer = shown(&self.by_script(session, request, &target));
                assert!(answer.contains(&refusal), "{request:?} of {name} is not refused: {answer}");
                let told = |action: &str| (name.clone(), action.to_owned(), AuditOutcome::Refused);
                expected.extend(call.told.map(told));
            }
        }
        assert_eq!(self.told_since(last), expected, "{:?}", call.request);
    }

    /// Each of `holders` gets another answer, and what the first of them changed stands in the audit trail: the others may
    /// find nothing left to change.
    fn check_granted(&mut self, call: &Call, holders: &[usize], mut places: Places) -> Places {
        let last = self.last_told();
        for &holder in holders {
            let target = self.fill(call.request.template(), holder, &places);
            let refusal = self.fill(call.refusal, holder, &places);
            let Holder { session, name, .. } = &self.holders[holder];
            let answer = self.by_script(session, &call.request, &target);
            assert!(!shown(&answer).contains(&refusal), "{:?} of {name}: {}", call.request, shown(&answer));
            assert!(answer.status < 400, "{:?} of {name}: {} {}", call.request, answer.status, answer.text());
            if places.doomed.is_some() {
                places = self.places(call.request.template());
            }
        }
        if let Some(action) = call.told {
            let first = (self.holders[holders[0]].name.clone(), action.to_owned(), AuditOutcome::Done);
            let told = self.told_since(last);
            assert!(told.contains(&first), "{:?} is not told: {told:?}", call.request);
        }
        places
    }
}

/// What a call is about.
#[derive(Default)]
struct Places {
    exec: Option<String>,
    schedule: Option<String>,
    doomed: Option<String>,
    gone: Option<String>,
}

/// Everything of an answer that may say something.
fn shown(answer: &Response) -> String {
    let cookies =
        answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str());
    let cookies: Vec<&str> = cookies.collect();
    format!("{}\n{}", cookies.join("\n"), answer.text())
}

pub(crate) fn each_call_is_for_those_with_its_right_and_refused_to_the_others() {
    let mut world = World::new(|engine| {
        engine.lockdown_create_projects = true;
        let whitelist = engine.users_file.with_file_name("whitelist.xml");
        std::fs::write(&whitelist, "<ProjectWhitelist/>").unwrap();
        engine.project_whitelist = Some(whitelist);
        engine.max_running_flows = 50;
        engine.audit_refusal_burst = 100_000;
        engine.max_runs_of_flow = 1_000;
    });
    world.project("p");
    for call in CALLS {
        world.check(call);
    }
}

pub(crate) fn a_lock_down_of_uploads_asks_for_a_role_besides_the_right() {
    let mut world = World::new(|engine| engine.lockdown_upload_projects = true);
    world.project("p");
    let before = world.contents();
    let upload = Request::Upload("ajax=upload&project={p}");
    let (may, may_not): (Vec<usize>, Vec<usize>) =
        (0..world.holders.len()).partition(|&holder| world.holders[holder].name == "role-ADMIN");
    for holder in may_not.into_iter().chain(may) {
        let target = world.fill(upload.template(), holder, &Places::default());
        let Holder { session, name, .. } = &world.holders[holder];
        let (said, changes) = match name.as_str() {
            "role-ADMIN" => ("\"version\" : \"2\"", true),
            "role-UPLOADPROJECTS" => ("does not have write access.", false),
            _ => ("Project uploading is locked out.", false),
        };
        let answer = world.by_script(session, &upload, &target);
        assert!(answer.text().contains(said), "{name}: {}", answer.text());
        assert_eq!(world.contents() != before, changes, "{name}");
    }
}
