//! Pages as bookmarks and scripts know them: what they list, how they filter, page and escape.

use std::time::Duration;

use azkaban_testkit::{Client, wait_for, zip_of};

use crate::common::Server;

/// A project with a flow `outer` of two jobs and a lone flow `solo`.
fn project(admin: &Client, name: &str) {
    assert_eq!(admin.create_project(name)["status"], "success");
    let files = [
        ("first.job", "type=noop\nown=<b>&\n"),
        ("outer.job", "type=noop\ndependencies=first\n"),
        ("solo.job", "type=noop\n"),
        ("system.properties", "shared=1\n"),
    ];
    let uploaded = admin.upload(name, &zip_of(files));
    assert_eq!(uploaded["version"], "1", "{uploaded}");
}

fn run(admin: &Client, project: &str, flow: &str) -> i64 {
    let id = admin.execute(project, flow, &[]);
    wait_for(&format!("execution {id} to end"), Duration::from_secs(60), || {
        let answer = admin.execution(id);
        if answer["status"] == "SUCCEEDED" { Ok(()) } else { Err(answer.to_string()) }
    });
    id
}

/// The texts of the links of a page that lead to `start…`, in order.
fn links<'t>(page: &'t str, start: &str) -> Vec<&'t str> {
    let mark = format!("<a href=\"{start}");
    page.match_indices(&mark).filter_map(|(at, _)| page[at..].split(['>', '<']).nth(2)).collect()
}

pub(crate) fn the_index_has_tabs_and_a_search() {
    let server = Server::start();
    let (admin, alice) = (server.admin(), server.login("alice", "alice-pw"));
    for name in ["Alpha", "beta1", "beta2"] {
        assert_eq!(admin.create_project(name)["status"], "success");
    }
    let check = |client: &Client, query: &[(&str, &str)], want: &[&str]| {
        let page = client.get("/index", query).text();
        assert_eq!(links(&page, "/manager?project="), want, "{query:?}");
        assert_eq!(page.contains("No Viewable Projects"), want.is_empty(), "{query:?}");
    };
    check(&admin, &[], &["Alpha", "beta1", "beta2"]);
    check(&alice, &[], &[]);
    check(&alice, &[("group", "")], &[]);
    check(&alice, &[("all", "")], &["Alpha", "beta1", "beta2"]);
    let search = |term: &str, want: &[&str]| {
        check(&alice, &[("doaction", "search"), ("searchterm", term), ("all", "true")], want);
    };
    search("ETA[12]", &["beta1", "beta2"]);
    search("^alpha$", &["Alpha"]);
    search("[", &[]);
    search("(a{900}){900}", &[]);
    search("", &["Alpha", "beta1", "beta2"]);
    let page = admin.get("/index", &[("all", "")]).text();
    assert!(page.contains("<div class=\"project-expander\" id=\"beta1\">"), "{page}");
}

pub(crate) fn the_history_filters_and_pages() {
    let server = Server::start();
    let (admin, alice) = (server.admin(), server.login("alice", "alice-pw"));
    project(&admin, "one");
    project(&admin, "two");
    let a = run(&admin, "one", "outer").to_string();
    let b = run(&admin, "two", "solo").to_string();
    let c = run(&admin, "one", "solo").to_string();
    let ids = |query: &[(&str, &str)]| -> Vec<String> {
        // Anybody who has logged in sees all of it.
        let page = alice.get("/history", query).text();
        let rows = page.split("<td class=\"tb-name execId\">").skip(1);
        rows.map(|row| row.split(['>', '<']).nth(2).unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(ids(&[]), [&*c, &*b, &*a]);
    assert_eq!(ids(&[("search", "true"), ("searchterm", "SOL")]), [&*c, &*b]);
    assert_eq!(ids(&[("search", "true"), ("searchterm", "%")]), [""; 0]);
    let advanced = |changes: &[(&'static str, &'static str)]| {
        let mut query = vec![
            ("advfilter", "true"),
            ("projcontain", ""),
            ("flowcontain", ""),
            ("usercontain", ""),
            ("status", "0"),
            ("begin", ""),
            ("end", ""),
        ];
        for (name, value) in changes {
            query.iter_mut().filter(|(n, _)| n == name).for_each(|pair| pair.1 = value);
        }
        ids(&query)
    };
    assert_eq!(advanced(&[]), [&*c, &*b, &*a]);
    assert_eq!(advanced(&[("projcontain", "ON"), ("flowcontain", "out")]), [&*a]);
    assert_eq!(advanced(&[("usercontain", "azk"), ("status", "50")]), [&*c, &*b, &*a]);
    assert_eq!(advanced(&[("status", "70")]), [""; 0]);
    assert_eq!(advanced(&[("status", "1")]), [""; 0], "no status has this number");
    assert_eq!(advanced(&[("begin", "01/01/2001 01:00 AM")]), [&*c, &*b, &*a]);
    assert_eq!(advanced(&[("end", "01/01/2001 01:00 AM")]), [""; 0]);
    for broken in [
        &[("advfilter", "true")][..],
        &[("search", "true")],
        &[
            ("advfilter", "true"),
            ("projcontain", ""),
            ("flowcontain", ""),
            ("usercontain", ""),
            ("status", "0"),
            ("begin", "yesterday"),
            ("end", ""),
        ],
    ] {
        assert_eq!(admin.get("/history", broken).status, 500, "{broken:?}");
    }

    let page = |number: &str| {
        alice
            .get("/history", &[("page", number), ("size", "2"), ("search", "true"), ("searchterm", "")])
            .text()
    };
    let (first, second) = (page("1"), page("2"));
    assert!(first.contains("<a href=\"/history?page=2&size=2&search=true&searchterm=\">Next</a>"), "{first}");
    assert!(
        !first.contains("Previous</a>") && second.contains("Previous</a>") && !second.contains("Next</a>")
    );
    assert_eq!(ids(&[("page", "2"), ("size", "2")]), [&*a]);
    assert_eq!(ids(&[("page", "-7"), ("size", "1")]), [&*c]);
    assert_eq!(ids(&[("page", "9223372036854775807"), ("size", "9999999")]), [""; 0]);
}

pub(crate) fn running_and_recently_finished_executions_are_listed() {
    let server = Server::start();
    let admin = server.admin();
    project(&admin, "p");
    assert!(admin.get("/executor", &[]).text().contains("No Executing Flows"));
    let done = run(&admin, "p", "solo").to_string();
    admin.get("/executor", &[("ajax", "disableQueueProcessor")]);
    let waits = admin.execute("p", "solo", &[]).to_string();
    let page = admin.get("/executor", &[]).text();
    let (running, finished) = page.split_once("recently-finished-view\">").expect("two lists");
    assert!(
        running.contains(&format!("execid={waits}")) && !running.contains(&format!("execid={done}")),
        "{page}"
    );
    assert!(
        finished.contains(&format!("execid={done}")) && !finished.contains(&format!("execid={waits}")),
        "{page}"
    );
    assert!(running.contains("<div class=\"status PREPARING\">Preparing</div>"), "{running}");
    assert!(finished.contains("<div class=\"status SUCCEEDED\">Success</div>"), "{finished}");
    assert!(running.contains("The queue is switched off"), "{running}");
}

pub(crate) fn pages_of_jobs_tell_properties_neighbours_and_history() {
    let server = Server::start();
    let admin = server.admin();
    project(&admin, "p");
    let run = run(&admin, "p", "outer").to_string();
    let page = |query: &[(&str, &str)]| admin.get("/manager", query).text();
    let job = page(&[("project", "p"), ("flow", "outer"), ("job", "first")]);
    assert!(job.contains("<td>own</td><td>&lt;b&gt;&amp;</td>"), "{job}");
    assert_eq!(links(&job, "/manager?project=p&flow=outer&job=outer"), ["outer"]);
    assert_eq!(links(&job, "/manager?project=p&flow=outer&job=first&prop="), ["system.properties"]);
    let query = [
        ("project", "p"),
        ("flow", "outer"),
        ("job", "first"),
        ("prop", "system.properties"),
        ("propNode", ""),
    ];
    assert!(page(&query).contains("<td>shared</td><td>1</td>"));
    let history = page(&[("project", "p"), ("job", "first"), ("history", "")]);
    assert_eq!(links(&history, &format!("/executor?execid={run}\"")), [&*run]);
    assert_eq!(links(&history, &format!("/executor?execid={run}&job=first&attempt=0")), ["Logs"]);
    for (query, text) in [
        (&[("project", "no")][..], "Project no not found."),
        (&[("project", "no"), ("logs", "")], "Project no doesn't exist."),
        (&[("project", "no"), ("job", "a"), ("history", "")], "Project no doesn't exist."),
        (&[("project", "p"), ("flow", "no")], "Flow no not found."),
        (&[("project", "p"), ("flow", "outer"), ("job", "no")], "Job no not found."),
        (
            &[("project", "p"), ("flow", "outer"), ("job", "first"), ("prop", "no"), ("propNode", "")],
            "Property file no not found.",
        ),
    ] {
        let page = page(query);
        assert!(page.contains(text), "{query:?}: {page}");
    }
    let alice = server.login("alice", "alice-pw");
    for query in [&[("project", "p")][..], &[("project", "p"), ("flow", "outer"), ("job", "first")]] {
        assert!(alice.get("/manager", query).text().contains("No permission to view project p."));
    }
    assert!(
        alice
            .get("/manager", &[("project", "p"), ("flow", "outer")])
            .text()
            .contains("No permission Project p.")
    );
    assert_eq!(
        admin.get("/manager", &[("project", "p"), ("prop", "x")]).status,
        500,
        "parameters are missing"
    );
    let gone = admin.get("/executor", &[("execid", "999"), ("job", "a")]).text();
    assert!(gone.contains("Error loading executing flow 999: not found."), "{gone}");
}
