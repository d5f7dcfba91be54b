//! `docs/api-index.md` tells of every call: of those that the specification lists, when it lies beside the repository, and
//! of those that are tested here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::calls::CALLS;

/// A row of the table: path, action, what becomes of it, why.
struct Row {
    path: String,
    action: String,
    here: String,
    why: String,
}

fn rows() -> Vec<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api-index.md");
    let text = fs::read_to_string(file).unwrap();
    let bare = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let cells = text.lines().map(|line| line.split('|').collect::<Vec<_>>()).filter(|cells| cells.len() == 7);
    let rows = cells.map(|cells| Row {
        path: bare(cells[1]),
        action: bare(cells[3]),
        here: bare(cells[4]),
        why: bare(cells[5]),
    });
    rows.skip(2).collect()
}

pub(crate) fn every_call_has_a_row_that_says_what_becomes_of_it() {
    let rows = rows();
    assert!(rows.len() > 90, "{}", rows.len());
    for row in &rows {
        let ok = match &*row.here {
            "works" => row.why.is_empty(),
            "differs" | "absent" | "ours" => !row.why.is_empty(),
            _ => false,
        };
        assert!(ok, "{} {}: {} {}", row.path, row.action, row.here, row.why);
    }
    let listed: BTreeSet<(&str, &str)> = rows.iter().map(|row| (&*row.path, &*row.action)).collect();
    for call in CALLS {
        let (path, parameters) = match call.request {
            crate::calls::Request::Post(path, form) | crate::calls::Request::Both(path, form) => (path, form),
            crate::calls::Request::Get(target) => target.split_once('?').unwrap_or((target, "")),
            crate::calls::Request::Upload(fields) => ("/manager", fields),
        };
        let action = parameters
            .split('&')
            .find_map(|pair| pair.strip_prefix("ajax=").or(pair.strip_prefix("action=")));
        if let Some(action) = action {
            assert!(listed.contains(&(path, action)), "{path} {action} is tested and not listed");
        }
    }
    let specification = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/http-api.md");
    let Ok(text) = fs::read_to_string(&specification) else {
        println!("skipped: {} is not there, the list is not held against it", specification.display());
        return;
    };
    let index = text.split("## 18.").nth(1).expect("the index of every action");
    for line in index.lines().filter(|line| line.starts_with("| `/")) {
        let mut cells = line.split('|').skip(1);
        let (path, _, actions) = (cells.next().unwrap(), cells.next(), cells.next().unwrap_or_default());
        let path = path.trim().trim_matches('`');
        for action in actions.split('`').skip(1).step_by(2) {
            assert!(listed.contains(&(path, action)), "{path} {action} is of Azkaban and not listed");
        }
    }
}
