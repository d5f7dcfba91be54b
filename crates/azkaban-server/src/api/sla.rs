//! Service levels: by when the flows and jobs that a schedule starts are to be over. The rules are those that `setSla` of
//! Azkaban's API sets; they belong to the flow's schedule (execution-and-scheduling §6).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use azkaban_core::execution::Graph;
use azkaban_core::ids::{NodeIndex, NodePath, ProjectId};
use azkaban_core::permission::Permission;
use azkaban_core::sla::{SlaGoal, SlaOptions, SlaRule};
use azkaban_core::text::hex;
use azkaban_engine::{Action, Project, Schedule, ScheduleDraft, ScheduleError};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Path, Query, Signed};
use super::flows::addresses;
use super::list::{Page, Paging};
use super::problem::{Answer, Problem};
use super::schedules::refused;
use super::session::{reply, reply_with};
use crate::app::App;

const MINUTE_MS: i64 = 60_000;
/// The longest deadline: a year.
const MAX_WITHIN_MS: i64 = 366 * 24 * 60 * MINUTE_MS;
/// Rules of one flow at most.
const MAX_RULES: usize = 100;

pub(super) fn resources() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(create)).routes(routes!(replace, delete))
}

/// What is to be reached in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum GoalName {
    /// To have ended well.
    Succeed,
    /// To have ended.
    Finish,
}

/// A rule of a scheduled flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SlaRuleView {
    /// Names the rule among those of its flow as long as it stays as it is.
    rule: String,
    project: String,
    flow: String,
    /// The schedule that it belongs to.
    schedule: i64,
    /// The schedule is paused: nothing is started that would have to meet the rule.
    paused: bool,
    /// The path of the job; null of a rule about the flow.
    job: Option<String>,
    goal: GoalName,
    /// Time from the start of the flow, or of each attempt of the job.
    within_ms: i64,
    /// A miss is told.
    alert: bool,
    /// A miss ends the flow or the job.
    kill: bool,
    /// Who is told by mail of misses of any of the flow's rules.
    emails: Vec<String>,
    /// Settings of other alerters, by alerter.
    alerters: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Median of the latest successful runs of the flow or the job.
    typical_ms: Option<i64>,
    /// The last time that a rule of this job and goal was missed, whatever its deadline.
    last_miss: Option<MissView>,
    /// The caller may change it.
    may_change: bool,
}

/// A miss.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct MissView {
    /// The deadline that was missed.
    at: i64,
    execution: i64,
}

/// A rule to make, or that takes the place of one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SlaRequest {
    /// The path of a job; the flow itself if absent.
    job: Option<String>,
    goal: GoalName,
    /// Whole minutes, up to 366 days.
    within_ms: i64,
    /// A miss is told.
    #[serde(default)]
    alert: bool,
    /// A miss ends the flow or the job.
    #[serde(default)]
    kill: bool,
    /// Who is told by mail of misses of any of the flow's rules; as it is if absent.
    emails: Option<Vec<String>>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct SlaQuery {
    /// Only of this project.
    project: Option<String>,
    /// Only of this flow.
    flow: Option<String>,
}

/// The names of rules: made from what they say, so that one that was changed meanwhile is not found; the second of two
/// equal ones has `-2`.
fn names(rules: &[SlaRule]) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let name = |rule: &SlaRule| {
        let text = format!("{:?}", (&rule.job, rule.goal, rule.within_minutes, rule.alert, rule.kill));
        let digest = Sha256::digest(text.as_bytes());
        let name = hex(&digest[..6]);
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name}-{count}") }
    };
    rules.iter().map(name).collect()
}

/// A rule among those of its schedule.
struct Scheduled {
    project: Arc<Project>,
    schedule: Schedule,
    /// Its place.
    at: usize,
    name: String,
}

impl Scheduled {
    fn all(project: &Arc<Project>, schedule: &Schedule) -> Vec<Self> {
        let names = names(&schedule.flow.options.sla.rules).into_iter().enumerate();
        let of = |(at, name)| Self { project: Arc::clone(project), schedule: schedule.clone(), at, name };
        names.map(of).collect()
    }

    fn sla(&self) -> &SlaOptions {
        &self.schedule.flow.options.sla
    }

    fn rule(&self) -> &SlaRule {
        &self.sla().rules[self.at]
    }

    fn flow(&self) -> (ProjectId, String) {
        (self.project.id, self.schedule.flow.flow_id.clone())
    }
}

/// Rules with what the executions tell of them.
async fn views(signed: &Signed, rules: Vec<Scheduled>) -> Answer<Vec<SlaRuleView>> {
    let engine = signed.engine();
    let of = rules.iter().map(|scheduled| {
        let (project, flow) = scheduled.flow();
        (project, flow, scheduled.rule().job.as_deref().map(NodePath::from))
    });
    let typical = engine.typical_lengths(of.collect()).await?;
    let flows: BTreeSet<_> = rules.iter().map(Scheduled::flow).collect();
    let misses = engine.sla_misses(flows.iter().cloned().collect()).await?;
    let misses: HashMap<_, _> = flows.into_iter().zip(misses).collect();
    let view = |(scheduled, typical_ms): (Scheduled, Option<i64>)| {
        let (schedule, rule, sla) = (&scheduled.schedule, scheduled.rule(), scheduled.sla());
        let mut missed = misses.get(&scheduled.flow()).into_iter().flatten();
        let miss = missed.find(|miss| miss.job == rule.job && miss.goal == rule.goal);
        SlaRuleView {
            project: scheduled.project.name.clone(),
            flow: schedule.flow.flow_id.clone(),
            schedule: schedule.id.0,
            paused: schedule.paused,
            job: rule.job.clone(),
            goal: match rule.goal {
                SlaGoal::Succeed => GoalName::Succeed,
                SlaGoal::Finish => GoalName::Finish,
            },
            within_ms: i64::try_from(rule.within_minutes).unwrap_or(i64::MAX).saturating_mul(MINUTE_MS),
            alert: rule.alert,
            kill: rule.kill,
            emails: sla.emails.clone(),
            alerters: sla.alerters.clone(),
            typical_ms,
            last_miss: miss.map(|miss| MissView { at: miss.at.0, execution: miss.execution.0 }),
            may_change: signed.may(&scheduled.project, Permission::Schedule),
            rule: scheduled.name,
        }
    };
    Ok(rules.into_iter().zip(typical).map(view).collect())
}

impl From<GoalName> for SlaGoal {
    fn from(goal: GoalName) -> Self {
        match goal {
            GoalName::Succeed => Self::Succeed,
            GoalName::Finish => Self::Finish,
        }
    }
}

/// Rules of the projects that the caller may read.
#[utoipa::path(get, path = "/sla", tag = "sla", operation_id = "listSlaRules", params(SlaQuery, Paging),
    responses((status = 200, description = "A page of rules.", body = Page<SlaRuleView>)))]
async fn list(
    signed: Signed,
    Query(query): Query<SlaQuery>,
    Query(paging): Query<Paging>,
) -> Answer<Response> {
    let wanted = query.project.as_deref().map(str::to_lowercase);
    let readable = |schedule: Schedule| {
        let project = signed.engine().project_active(schedule.flow.project_id)?;
        let named = wanted.as_ref().is_none_or(|wanted| *wanted == project.name.to_lowercase());
        let flow = query.flow.as_ref().is_none_or(|flow| *flow == schedule.flow.flow_id);
        (named && flow && signed.may(&project, Permission::Read)).then_some((project, schedule))
    };
    let schedules = signed.engine().schedules_list().into_iter().filter_map(readable);
    let rules = schedules.flat_map(|(project, schedule)| Scheduled::all(&project, &schedule));
    let page = Page::of(rules, &paging)?;
    let items = views(&signed, page.items).await?;
    Ok(reply(&Page { items, next_cursor: page.next_cursor }))
}

impl SlaRequest {
    /// Who is to be told, if the request says so.
    fn emails(self) -> Answer<Option<Vec<String>>> {
        let (is_given, list) = addresses("emails", self.emails)?;
        Ok(is_given.then_some(list))
    }

    /// The rule, or what is wrong with it, all at once.
    fn rule(&self, graph: &Graph) -> Answer<SlaRule> {
        let mut wrong: Vec<(&str, &'static str, String)> = Vec::new();
        let job = self.job.clone().filter(|job| !job.is_empty());
        let node = |job: &String| graph.find(&NodePath::from(job.as_str()));
        if let Some(job) = job.as_ref().filter(|job| node(job).is_none_or(|node| node == NodeIndex::ROOT)) {
            wrong.push(("job", "unknownJob", format!("The flow has no job {job}.")));
        }
        if self.within_ms % MINUTE_MS != 0 || !(MINUTE_MS..=MAX_WITHIN_MS).contains(&self.within_ms) {
            let message = "A deadline is whole minutes, from one minute to 366 days.";
            wrong.push(("withinMs", "range", message.to_owned()));
        }
        if !self.alert && !self.kill {
            wrong.push(("alert", "required", "A rule tells of a miss, kills, or both.".to_owned()));
        }
        if wrong.is_empty() {
            let within_minutes = u64::try_from(self.within_ms / MINUTE_MS).unwrap_or(0);
            let goal = self.goal.into();
            return Ok(SlaRule { job, goal, within_minutes, alert: self.alert, kill: self.kill });
        }
        let detail = wrong.iter().map(|(.., message)| message.as_str()).collect::<Vec<_>>().join(" ");
        let problem = Problem::of(StatusCode::UNPROCESSABLE_ENTITY).detail(detail);
        Err(wrong.into_iter().fold(problem, |problem, (field, code, text)| problem.field(field, code, text)))
    }
}

/// Takes what a request says of who is told. A rule that tells needs somebody to tell.
fn tell(sla: &mut SlaOptions, rule: &SlaRule, emails: Option<Vec<String>>) -> Answer<()> {
    if let Some(emails) = emails {
        sla.emails = emails;
    }
    if rule.alert && sla.emails.is_empty() && sla.alerters.is_empty() {
        return Err(Problem::invalid(
            "emails",
            "required",
            "A rule that tells of a miss needs somebody to tell.",
        ));
    }
    Ok(())
}

/// The place of a rule.
fn place(sla: &SlaOptions, name: &str) -> Answer<usize> {
    names(&sla.rules).iter().position(|rule| rule == name).ok_or_else(|| Problem::not_found("rule"))
}

/// What a change of rules needs: the project, the flow's schedule and its jobs.
async fn scheduled(
    signed: &Signed,
    project: &str,
    flow: &str,
) -> Answer<(Arc<Project>, Schedule, Arc<Graph>)> {
    let project = signed.project_to(Action::ScheduleEdit, project, Permission::Schedule).await?;
    let graph = signed.engine().flow_graph(project.id, project.version, flow).await?;
    let graph = graph.ok_or_else(|| Problem::not_found("flow"))?;
    let schedule = signed.engine().schedule_of_flow(project.id, flow);
    let none = || {
        Problem::conflict("notScheduled", "Rules are about what a schedule starts; schedule the flow first.")
    };
    Ok((project, schedule.ok_or_else(none)?, graph))
}

/// Changes the rules of a schedule as they are at that moment.
async fn change(
    signed: &Signed,
    schedule: &Schedule,
    change: impl FnOnce(&mut SlaOptions) -> Answer<()> + Send + 'static,
) -> Answer<Schedule> {
    let edit = |draft: &mut ScheduleDraft| change(&mut draft.options.sla);
    let edited = signed.engine().schedule_edit(&signed.caller, schedule.id, edit).await;
    edited.map_err(|error| match error {
        ScheduleError::OptionsTooLarge { .. } => {
            Problem::invalid("emails", "tooLong", "The rules and addresses of the flow are too many.")
        }
        error => refused(error),
    })?
}

/// The rule that the flow has by now, for the answer.
async fn answer(
    signed: &Signed,
    project: &Arc<Project>,
    schedule: &Schedule,
    rule: &SlaRule,
) -> Answer<SlaRuleView> {
    let mut rules = Scheduled::all(project, schedule);
    // The last of equal ones is the one that was just made.
    rules.retain(|scheduled| scheduled.rule() == rule);
    let shown = views(signed, rules).await?.pop();
    shown.ok_or_else(|| Problem::not_found("rule"))
}

/// Adds a rule to a scheduled flow.
#[utoipa::path(post, path = "/projects/{project}/flows/{flow}/sla", tag = "sla", operation_id = "createSlaRule",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id.")),
    request_body = SlaRequest,
    responses((status = 201, description = "The rule.", body = SlaRuleView)))]
async fn create(
    signed: Signed,
    Path((name, flow)): Path<(String, String)>,
    Json(request): Json<SlaRequest>,
) -> Answer<Response> {
    let (project, schedule, graph) = scheduled(&signed, &name, &flow).await?;
    let rule = request.rule(&graph)?;
    let emails = request.emails()?;
    let new = rule.clone();
    let edited = change(&signed, &schedule, move |sla| {
        if sla.rules.len() >= MAX_RULES {
            return Err(
                Problem::conflict("tooManyRules", "The flow has too many rules.").param("limit", MAX_RULES)
            );
        }
        tell(sla, &new, emails)?;
        sla.rules.push(new);
        Ok(())
    });
    let edited = edited.await?;
    Ok(reply_with(StatusCode::CREATED, &answer(&signed, &project, &edited, &rule).await?))
}

/// Puts another rule in the place of one.
#[utoipa::path(put, path = "/projects/{project}/flows/{flow}/sla/{rule}", tag = "sla", operation_id = "replaceSlaRule",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."),
        ("rule" = String, Path, description = "The rule's name.")),
    request_body = SlaRequest,
    responses((status = 200, description = "The rule, which has another name by now.", body = SlaRuleView)))]
async fn replace(
    signed: Signed,
    Path((name, flow, old)): Path<(String, String, String)>,
    Json(request): Json<SlaRequest>,
) -> Answer<Response> {
    let (project, schedule, graph) = scheduled(&signed, &name, &flow).await?;
    place(&schedule.flow.options.sla, &old)?;
    let rule = request.rule(&graph)?;
    let emails = request.emails()?;
    let new = rule.clone();
    let edited = change(&signed, &schedule, move |sla| {
        let at = place(sla, &old)?;
        tell(sla, &new, emails)?;
        sla.rules[at] = new;
        Ok(())
    });
    let edited = edited.await?;
    Ok(reply(&answer(&signed, &project, &edited, &rule).await?))
}

/// Removes a rule.
#[utoipa::path(delete, path = "/projects/{project}/flows/{flow}/sla/{rule}", tag = "sla", operation_id = "deleteSlaRule",
    params(("project" = String, Path, description = "The project."), ("flow" = String, Path, description = "The flow's id."),
        ("rule" = String, Path, description = "The rule's name.")),
    responses((status = 204, description = "Removed.")))]
async fn delete(
    signed: Signed,
    Path((name, flow, rule)): Path<(String, String, String)>,
) -> Answer<Response> {
    let (_, schedule, _) = scheduled(&signed, &name, &flow).await?;
    change(&signed, &schedule, move |sla| {
        sla.rules.remove(place(sla, &rule)?);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rules_have_names_of_their_own() {
        let rule = |minutes| SlaRule {
            job: None,
            goal: SlaGoal::Finish,
            within_minutes: minutes,
            alert: true,
            kill: false,
        };
        let names = names(&[rule(1), rule(2), rule(1)]);
        assert_eq!(names[2], format!("{}-2", names[0]));
        assert_ne!(names[0], names[1]);
    }
}
