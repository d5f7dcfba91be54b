//! The REST face over real sockets and a real engine: sessions, rights, resources, limits, events.
//!
//! The engine starts this very program as its supervisor, so the test harness is our own: each test in a thread, an
//! argument selects those whose name has it.

mod admin;
#[path = "../legacy/common.rs"]
#[allow(dead_code, reason = "each face uses its part of it")]
mod common;
mod events;
mod executions;
mod flows;
mod logs;
mod personal;
mod projects;
mod scene;
mod schedules;
mod session;
mod sla;
mod tokens;

use std::process::ExitCode;

macro_rules! tests {
    ($($module:ident :: $name:ident),* $(,)?) => {
        const TESTS: &[(&str, fn())] = &[$((concat!(stringify!($module), "::", stringify!($name)), $module::$name)),*];
    };
}

tests! {
    admin::what_is_for_administrators_is_refused_to_others,
    admin::the_audit_trail_is_filtered_paged_and_exported,
    admin::users_are_listed_without_passwords_and_signed_out,
    admin::settings_are_told_with_their_places_and_without_secrets,
    admin::a_note_is_checked_shown_and_removed,
    admin::the_executor_tells_its_load_and_is_drained,
    personal::bookmarks_are_each_users_own,
    personal::views_are_saved_shared_renamed_and_deleted,
    tokens::a_token_is_good_for_its_scope_and_no_more_than_its_owner,
    tokens::a_token_of_a_user_who_is_gone_is_good_for_nothing,
    tokens::a_token_stands_for_a_session_in_the_old_face_too,
    tokens::tokens_are_listed_without_secrets_and_revoked,
    events::changes_are_told_to_those_who_may_read_them,
    events::a_broken_stream_goes_on_where_it_was,
    executions::the_same_key_executes_once,
    schedules::a_flow_is_scheduled_paused_and_removed,
    schedules::parts_of_a_schedule_are_changed_and_the_rest_stays,
    schedules::a_removed_schedule_comes_back_as_it_was,
    schedules::flow_triggers_are_shown_as_the_files_define_them,
    sla::rules_are_made_changed_and_removed,
    sla::what_a_rule_lacks_is_said_at_its_fields,
    sla::the_last_miss_of_a_rule_is_told,
    sla::rules_of_azkabans_api_are_the_same_rules,
    schedules::one_search_finds_projects_flows_jobs_and_executions,
    executions::a_running_execution_is_paused_resumed_and_killed,
    executions::an_execution_tells_why_it_failed_and_what_has_changed,
    executions::executions_are_listed_by_what_the_caller_may_read,
    executions::what_cannot_be_executed_is_said_at_its_field,
    flows::a_flow_is_told_with_levels_and_a_layout,
    flows::a_job_tells_where_its_properties_come_from,
    flows::a_locked_flow_is_not_executed,
    logs::a_log_is_read_by_pages_from_any_side,
    logs::a_log_is_searched_and_followed,
    logs::a_stream_ends_with_its_session_however_much_is_written,
    projects::a_project_is_made_changed_listed_and_deleted,
    projects::names_are_searched_by_part_and_by_expression,
    projects::permissions_are_a_matrix_whose_last_administrator_stays,
    projects::versions_are_uploaded_compared_and_rolled_back,
    projects::what_an_archive_has_wrong_is_told_finding_by_finding,
    session::a_cookie_alone_changes_nothing,
    session::errors_are_problems_with_the_name_of_the_request,
    session::logging_in_and_out,
}

fn main() -> ExitCode {
    if let Some(code) = azkaban_runner::supervisor_main(std::env::args_os()) {
        return code;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let chosen = TESTS.iter().filter(|(name, _)| name.contains(&filter));
    let running: Vec<_> = chosen.map(|(name, test)| (name, std::thread::spawn(test))).collect();
    let failed = running.into_iter().filter_map(|(name, test)| {
        let ok = test.join().is_ok();
        println!("test {name} ... {}", if ok { "ok" } else { "FAILED" });
        (!ok).then_some(name)
    });
    if failed.count() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
