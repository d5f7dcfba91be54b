//! The legacy face over real sockets and a real engine, where no recorded answer reaches: credentials in every place and
//! precedence, forged requests, limits, rights, and requests that mean harm.
//!
//! The engine starts this very program as its supervisor, so the test harness is our own: each test in a thread, an
//! argument selects those whose name has it.

mod api_index;
mod calls;
mod common;
mod limits;
mod login;
mod matrix;
mod monitoring;
mod odd;
mod pages;
mod restli;
mod rights;
mod schedules;

use std::process::ExitCode;

macro_rules! tests {
    ($($module:ident :: $name:ident),* $(,)?) => {
        const TESTS: &[(&str, fn())] = &[$((concat!(stringify!($module), "::", stringify!($name)), $module::$name)),*];
    };
}

tests! {
    api_index::every_call_has_a_row_that_says_what_becomes_of_it,
    limits::any_request_gets_an_answer,
    limits::bodies_beyond_the_limits_are_refused,
    login::a_login_sets_a_guarded_cookie_and_a_logout_ends_the_session,
    login::a_session_counts_by_cookie_query_form_and_part_and_a_stale_cookie_hides_none,
    login::a_session_ends_with_its_users_password_and_with_its_user,
    login::logins_and_logouts_are_told,
    login::each_way_of_asking_without_a_session_has_its_answer,
    login::messages_of_a_redirect_are_shown_once_and_as_text,
    matrix::a_lock_down_of_uploads_asks_for_a_role_besides_the_right,
    matrix::each_call_is_for_those_with_its_right_and_refused_to_the_others,
    monitoring::beans_are_listed_described_and_read,
    monitoring::figures_follow_what_happens,
    monitoring::metrics_over_time_are_for_all_and_their_settings_for_administrators,
    odd::a_flow_to_be_restarted_tells_how_and_a_queue_tells_its_level,
    odd::what_is_missing_or_malformed_is_told_before_anything_is_looked_at,
    pages::pages_of_jobs_tell_properties_neighbours_and_history,
    pages::running_and_recently_finished_executions_are_listed,
    pages::the_history_filters_and_pages,
    pages::the_index_has_tabs_and_a_search,
    restli::a_project_is_deployed_from_an_address,
    restli::a_session_is_made_and_told_about,
    rights::a_cookie_alone_changes_no_permissions,
    schedules::the_graph_of_a_scheduled_flow_shows_what_its_schedule_disables,
    schedules::what_is_wrong_with_a_schedule_is_told_and_nothing_is_stored,
    schedules::zones_policies_and_pauses_are_kept_and_told,
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
