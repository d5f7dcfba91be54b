//! The calls of the legacy face as http-api §18 lists them: what each needs, and what it says to those who lack it.

use azkaban_core::permission::Permission;

/// How a call is made.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Request {
    /// By GET alone: the target.
    Get(&'static str),
    /// By POST of a form alone: the path and the form.
    Post(&'static str, &'static str),
    /// By GET and by POST alike: the path and the parameters.
    Both(&'static str, &'static str),
    /// The upload of an archive, with these fields.
    Upload(&'static str),
}

impl Request {
    /// The target or the parameters.
    pub(crate) fn template(self) -> &'static str {
        match self {
            Request::Get(text) | Request::Post(_, text) | Request::Both(_, text) | Request::Upload(text) => {
                text
            }
        }
    }
}

/// What a call needs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Needs {
    /// A session.
    Login,
    /// A right on the project, by whatever way.
    Project(Permission),
    /// A right by a role.
    Role(Permission),
}

/// A row of the index.
#[derive(Debug)]
pub(crate) struct Call {
    /// `{p}` stands for the project, `{doomed}` for one made for this try, `{gone}` for the id of a deleted one, `{exec}` for
    /// a running execution, `{sched}` for a schedule, `{n}` for a number that is new in each try.
    pub(crate) request: Request,
    /// Who may make it.
    pub(crate) needs: Needs,
    /// A part of the answer to those who may not, and of no other answer. `{me}` stands for the user.
    pub(crate) refusal: &'static str,
    /// Its name in the audit trail, if it changes something.
    pub(crate) told: Option<&'static str>,
}

const fn reads(needs: Permission, request: Request, refusal: &'static str) -> Call {
    Call { request, needs: Needs::Project(needs), refusal, told: None }
}

const fn writes(needs: Permission, told: &'static str, request: Request, refusal: &'static str) -> Call {
    Call { request, needs: Needs::Project(needs), refusal, told: Some(told) }
}

const fn free(request: Request) -> Call {
    Call { request, needs: Needs::Login, refusal: "\"error\" : \"session\"", told: None }
}

const fn by_role(
    needs: Permission,
    told: Option<&'static str>,
    request: Request,
    refusal: &'static str,
) -> Call {
    Call { request, needs: Needs::Role(needs), refusal, told }
}

/// `/manager` with `ajax`.
const fn manager(parameters: &'static str) -> Request {
    Request::Both("/manager", parameters)
}

const fn executor(parameters: &'static str) -> Request {
    Request::Both("/executor", parameters)
}

const fn schedule(parameters: &'static str) -> Request {
    Request::Both("/schedule", parameters)
}

const NEEDS_READ: &str = "Permission denied. Need READ access.";
const NEEDS_WRITE: &str = "Permission denied. Need WRITE access.";
const NEEDS_ADMIN: &str = "Permission denied. Need ADMIN access.";
const NO_READ: &str = "User '{me}' doesn't have READ permissions on {p}";
const NO_EXECUTE: &str = "User '{me}' doesn't have EXECUTE permissions on {p}";
const CANNOT_SCHEDULE: &str = "Permission denied. Cannot execute f";
const NO_VIEW: &str = "No permission to view project {p}.";
const NO_PAGE: &str = "User {me} doesn't have READ permissions on {p}";

use Permission::{Admin, CreateProjects, Execute, Read, Schedule, Write};
use Request::{Get, Post, Upload};

/// Every row whose calls exist.
pub(crate) const CALLS: &[Call] = &[
    // /index
    free(Get("/index?ajax=fetchallprojects")),
    free(Get("/index?ajax=fetchuserprojects")),
    free(Get("/index?doaction=search&searchterm=x")),
    // /manager, ajax
    free(manager("ajax=getProjectId&project={p}")),
    free(manager("ajax=checkForWritePermission&project={p}")),
    reads(Read, manager("ajax=fetchProjectLogs&project={p}"), NEEDS_READ),
    reads(Read, manager("ajax=fetchflowjobs&project={p}&flow=f"), NEEDS_READ),
    reads(Read, manager("ajax=fetchflowdetails&project={p}&flow=f"), NEEDS_READ),
    reads(Read, manager("ajax=fetchflowgraph&project={p}&flow=f"), NEEDS_READ),
    reads(Read, manager("ajax=fetchflownodedata&project={p}&flow=f&node=f"), NEEDS_READ),
    reads(Read, manager("ajax=fetchprojectflows&project={p}"), NEEDS_READ),
    reads(Read, manager("ajax=fetchFlowExecutions&project={p}&flow=f&start=0&length=5"), NEEDS_READ),
    reads(Read, manager("ajax=fetchLastSuccessfulFlowExecution&project={p}&flow=f"), NEEDS_READ),
    reads(Read, manager("ajax=fetchJobInfo&project={p}&flowName=f&jobName=f"), NEEDS_READ),
    reads(Read, manager("ajax=getPermissions&project={p}"), NEEDS_READ),
    reads(Read, manager("ajax=getGroupPermissions&project={p}"), NEEDS_READ),
    reads(Read, manager("ajax=getProxyUsers&project={p}"), NEEDS_READ),
    reads(Read, manager("ajax=getUploadSetting&project={p}"), NEEDS_READ),
    reads(Read, manager("ajax=isFlowLocked&project={p}&flowName=f"), NEEDS_READ),
    writes(
        Write,
        "project.describe",
        manager("ajax=changeDescription&project={p}&description=text+{n}"),
        NEEDS_WRITE,
    ),
    writes(
        Write,
        "properties.override",
        manager(
            "ajax=setJobOverrideProperty&project={p}&flowName=f&jobName=f&jobOverride[type]=noop&jobOverride[n]={n}",
        ),
        NEEDS_WRITE,
    ),
    writes(
        Admin,
        "permission.add",
        manager(
            "ajax=addPermission&project={p}&name=new{n}&group=true&permissions[admin]=false&permissions[read]=true\
             &permissions[write]=false&permissions[execute]=false&permissions[schedule]=false",
        ),
        NEEDS_ADMIN,
    ),
    writes(
        Admin,
        "permission.change",
        manager(
            "ajax=changePermission&project={p}&name=spare&group=true&permissions[admin]=false&permissions[read]=true\
             &permissions[write]=true&permissions[execute]=false&permissions[schedule]=false",
        ),
        NEEDS_ADMIN,
    ),
    writes(Admin, "proxy-user.add", manager("ajax=addProxyUser&project={p}&name=etl"), NEEDS_ADMIN),
    writes(Admin, "proxy-user.remove", manager("ajax=removeProxyUser&project={p}&name=etl"), NEEDS_ADMIN),
    writes(
        Admin,
        "flow.lock",
        manager("ajax=setFlowLock&project={p}&flowName=spare&isLocked=true"),
        NEEDS_ADMIN,
    ),
    writes(
        Admin,
        "flow.unlock",
        manager("ajax=setFlowLock&project={p}&flowName=spare&isLocked=false"),
        NEEDS_ADMIN,
    ),
    by_role(
        Admin,
        Some("project.upload-setting"),
        manager("ajax=changeUploadSetting&project={p}&adhocUpload=true"),
        "User {me} doesn't have permission to change upload lock settings.",
    ),
    // /manager, other
    by_role(
        CreateProjects,
        Some("project.create"),
        Post("/manager", "action=create&name=made{n}&description=d"),
        "User {me} doesn't have permission to create projects.",
    ),
    writes(
        Write,
        "project.upload",
        Upload("ajax=upload&project={p}"),
        "Installation Failed. User '{me}' does not have write access.",
    ),
    writes(Write, "project.upload", Upload("action=upload&project={p}"), "does not have write access."),
    writes(
        Admin,
        "project.delete",
        Get("/manager?project={doomed}&delete=true"),
        "Cannot delete. User '{me}' is not an ADMIN.",
    ),
    writes(
        Admin,
        "project.purge",
        Get("/manager?project={gone}&purge=true"),
        "Cannot purge. User '{me}' is not an ADMIN.",
    ),
    reads(Read, Get("/manager?project={p}&download=true"), "No permission to download project {p}."),
    by_role(
        Admin,
        Some("server.control"),
        Get("/manager?reloadProjectWhitelist"),
        "Provided session doesn't have admin privilege.",
    ),
    reads(Read, Get("/manager?project={p}"), NO_VIEW),
    reads(Read, Get("/manager?project={p}&flow=f"), "No permission Project {p}."),
    reads(Read, Get("/manager?project={p}&flow=f&job=f"), NO_VIEW),
    reads(Read, Get("/manager?project={p}&job=f&history"), NO_VIEW),
    reads(Read, Get("/manager?project={p}&flow=f&job=f&prop=x&propNode="), NO_VIEW),
    reads(Read, Get("/manager?project={p}&logs"), NO_VIEW),
    reads(Read, Get("/manager?project={p}&permissions"), NO_VIEW),
    // /executor with execid
    reads(Read, executor("ajax=fetchexecflow&execid={exec}"), NO_READ),
    reads(Read, executor("ajax=fetchexecflowupdate&execid={exec}&lastUpdateTime=-1"), NO_READ),
    reads(Read, executor("ajax=fetchExecFlowLogs&execid={exec}&offset=0&length=9"), NO_READ),
    reads(Read, executor("ajax=fetchExecJobLogs&execid={exec}&jobId=long&offset=0&length=9"), NO_READ),
    reads(Read, executor("ajax=fetchExecJobStats&execid={exec}&jobid=long"), NO_READ),
    reads(Read, executor("ajax=flowInfo&execid={exec}"), NO_READ),
    reads(Read, Get("/executor?execid={exec}"), NO_PAGE),
    writes(Execute, "execution.pause", executor("ajax=pauseFlow&execid={exec}"), NO_EXECUTE),
    writes(Execute, "execution.resume", executor("ajax=resumeFlow&execid={exec}"), NO_EXECUTE),
    writes(Execute, "execution.retry", executor("ajax=retryFailedJobs&execid={exec}"), NO_EXECUTE),
    writes(Execute, "execution.cancel", executor("ajax=cancelFlow&execid={exec}"), NO_EXECUTE),
    // /executor without
    writes(
        Execute,
        "execution.submit",
        executor("ajax=executeFlow&project={p}&flow=f&concurrentOption=ignore"),
        "Project '{p}' doesn't exist.",
    ),
    reads(Execute, executor("ajax=getRunning&project={p}&flow=f"), NO_EXECUTE),
    reads(Read, executor("ajax=flowInfo&project={p}&flow=f"), NO_READ),
    reads(
        Execute,
        executor("ajax=fetchscheduledflowgraph&project={p}&flow=f"),
        "Project '{p}' doesn't exist.",
    ),
    by_role(
        Admin,
        None,
        executor("ajax=reloadExecutors"),
        "Only Admins are allowed to refresh the executors",
    ),
    by_role(
        Admin,
        Some("server.control"),
        executor("ajax=disableQueueProcessor"),
        "Only Admins are allowed to update queue processor",
    ),
    by_role(
        Admin,
        Some("server.control"),
        executor("ajax=enableQueueProcessor"),
        "Only Admins are allowed to update queue processor",
    ),
    by_role(
        Admin,
        None,
        executor("ajax=updateProp&propType=general&subType=enableOfflineLogsLoader&val=true"),
        "doesn't have ADMIN permission for updating property",
    ),
    // /notes
    by_role(
        Admin,
        Some("server.control"),
        Post("/notes", "ajax=addNote&type=t&message=m&url=u"),
        "The requested user doesn't have admin permission",
    ),
    by_role(
        Admin,
        Some("server.control"),
        Post("/notes", "ajax=removeNote"),
        "The requested user doesn't have admin permission",
    ),
    by_role(Admin, None, Get("/notes"), "The requested user doesn't have admin permission"),
    // /schedule
    writes(
        Schedule,
        "schedule.put",
        schedule("ajax=scheduleCronFlow&projectName={p}&flow=f&cronExpression=0+0+9+1+1+?+2040"),
        CANNOT_SCHEDULE,
    ),
    writes(
        Schedule,
        "schedule.put",
        schedule(
            "ajax=scheduleFlow&projectName={p}&projectId=1&flow=f&scheduleTime=12,00,pm,UTC&scheduleDate=07/22/2040\
             &is_recurring=on&period=5w",
        ),
        CANNOT_SCHEDULE,
    ),
    writes(
        Schedule,
        "schedule.put",
        Post("/schedule", "action=scheduleCronFlow&projectName={p}&flow=f&cronExpression=0+0+8+1+1+?+2040"),
        CANNOT_SCHEDULE,
    ),
    writes(
        Schedule,
        "schedule.pause",
        schedule("ajax=pauseSchedule&scheduleId={sched}"),
        "Permission denied. Cannot pause schedule with id {sched}",
    ),
    writes(
        Schedule,
        "schedule.resume",
        schedule("ajax=resumeSchedule&scheduleId={sched}"),
        "Permission denied. Cannot resume schedule with id {sched}",
    ),
    writes(
        Schedule,
        "schedule.remove",
        Post("/schedule", "action=removeSched&scheduleId={sched}"),
        "Permission denied. Cannot remove schedule with id {sched}",
    ),
    writes(
        Schedule,
        "schedule.edit",
        schedule("ajax=setSla&scheduleId={sched}&settings[0]=,FINISH,2:00,true,false&slaEmails=a@b.c"),
        "does not have permission to set SLA for this flow.",
    ),
    reads(
        Read,
        schedule("ajax=slaInfo&scheduleId={sched}"),
        "Error loading project. Project 1 doesn't exist",
    ),
    free(schedule("ajax=fetchSchedule&projectId=1&flowId=f")),
    free(schedule("ajax=fetchSchedules")),
    free(schedule("ajax=loadFlow")),
    free(schedule("ajax=fetchNextFires&cronExpression=0+0+9+?+*+*&count=3")),
    free(Get("/schedule")),
    // /triggers and flow triggers
    writes(
        Schedule,
        "schedule.remove",
        Request::Both("/triggers", "ajax=expireTrigger&triggerId={sched}"),
        "Permission denied. Cannot expire trigger with id {sched}",
    ),
    reads(Admin, Get("/flowtrigger?ajax=pauseTrigger&projectId=1&flowId=f"), NEEDS_ADMIN),
    reads(Admin, Get("/flowtrigger?ajax=resumeTrigger&projectId=1&flowId=f"), NEEDS_ADMIN),
    reads(
        Read,
        Request::Both(
            "/flowtriggerinstance",
            "ajax=fetchTriggerInstances&project={p}&flow=f&start=0&length=5",
        ),
        NEEDS_READ,
    ),
    // The rest that needs a session alone
    free(Get("/executor")),
    free(Get("/history")),
    free(Get("/history?ajax=fetch")),
    free(Get("/jmx?ajax=getMBeans")),
    free(Get("/stats?action=getAllMetricNames&executorId=1")),
];
