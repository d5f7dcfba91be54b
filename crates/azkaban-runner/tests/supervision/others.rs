//! Attempts of other users. As root the user is really another one (a stand-in for `sudo` stays root beside the job, as `sudo` does);
//! else it is the tests' own, and only the way there is looked at.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::time::Duration;

use azkaban_runner::{AttemptSpec, Exit, Outcome, RunAs};

use super::Test;
use super::scene::{Scene, block_on, eventually, kill};

pub(crate) const TESTS: &[Test] = &[
    ("a_job_of_another_user_has_all_that_a_job_has", a_job_of_another_user_has_all_that_a_job_has),
    ("nothing_runs_as_the_wrong_user", nothing_runs_as_the_wrong_user),
    ("a_stop_reaches_another_users_group", a_stop_reaches_another_users_group),
    ("another_users_job_outlives_the_worker_and_is_stopped", another_users_job_outlives_the_worker),
    ("what_cannot_be_run_as_another_user_says_why", what_cannot_be_run_as_another_user_says_why),
];

const NOBODY: u32 = 65534;

/// Whoever runs the tests, by the owner of what they write.
fn own_uid(scene: &Scene) -> u32 {
    fs::metadata(&scene.folder).unwrap().uid()
}

/// Lets a script run as another user, if it can.
fn as_other(scene: &mut Scene, script: &str) -> AttemptSpec {
    let mut spec = scene.script(script);
    let own = own_uid(scene);
    let (uid, switch) = match own {
        0 => (NOBODY, format!("setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups -- \"$@\"")),
        own => (own, "\"$@\"".to_owned()),
    };
    let stand_in = scene.folder.join("stand-in");
    if !stand_in.exists() {
        fs::write(&stand_in, format!("#!/bin/sh\n{switch}\nexit $?\n")).unwrap();
        fs::set_permissions(&stand_in, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&scene.folder, Permissions::from_mode(0o777)).unwrap();
    }
    spec.run_as = Some(RunAs { uid, switch: vec![stand_in.to_str().unwrap().to_owned()] });
    spec
}

fn a_job_of_another_user_has_all_that_a_job_has() {
    block_on(async {
        let mut scene = Scene::new().await;
        // The second of a pair that ends first lets the first end by the signal of the broken pipe, as everywhere.
        let script = "id -u; pwd; echo \"secret $SECRET\"; cat; env | grep -c .; { yes; echo \"ended $?\" >&2; } | head -n 0; exit 3";
        let mut spec = as_other(&mut scene, script);
        spec.env.push(("SECRET".into(), "of 'the' job".into()));
        let end = scene.run(spec.clone()).await;
        assert_eq!(end.exit, Some(Exit::Code(3)));
        assert_eq!(end.outcome, Outcome::Failed { reason: "Process exited with code 3".into() });
        let lines = scene.lines(&spec);
        let uid = spec.run_as.as_ref().unwrap().uid.to_string();
        let at = lines.iter().position(|line| *line == uid).unwrap_or_else(|| panic!("{lines:#?}"));
        assert_eq!(lines[at + 1], scene.folder.canonicalize().unwrap().to_str().unwrap());
        assert_eq!(lines[at + 2], "secret of 'the' job");
        // PATH, WHERE, SECRET and the shell's own PWD, SHLVL and _ at most.
        assert!(lines.iter().any(|line| line == "ended 141"), "{lines:#?}");
        assert!(lines[at + 3].parse::<u32>().is_ok_and(|count| count <= 6), "{lines:#?}");
    });
}

fn nothing_runs_as_the_wrong_user() {
    block_on(async {
        let mut scene = Scene::new().await;
        let own = own_uid(&scene);
        // Root never, not even where it was meant.
        for meant in [own + 1, 0] {
            let mut spec = scene.script("touch ran");
            spec.run_as = Some(RunAs { uid: meant, switch: vec!["env".into()] });
            let end = scene.run(spec.clone()).await;
            assert_eq!(end.exit, Some(Exit::Code(126)), "{:#?}", scene.lines(&spec));
            assert!(scene.lines(&spec).iter().any(|line| line.ends_with("nothing is run")));
            assert!(!scene.folder.join("ran").exists());
        }
    });
}

fn a_stop_reaches_another_users_group() {
    block_on(async {
        let mut scene = Scene::new().await;
        let gentle =
            as_other(&mut scene, "trap 'touch cleaned; exit 0' TERM; touch gentle; sleep 600 & wait");
        let mut stubborn =
            as_other(&mut scene, "trap '' TERM; touch stubborn; while :; do sleep 0.05; done & wait");
        stubborn.stop_grace = Duration::from_millis(300);
        for (spec, ready) in [(&gentle, "gentle"), (&stubborn, "stubborn")] {
            scene.runner.spawn(spec.clone());
            let ready = scene.folder.join(ready);
            eventually("the job listens", || ready.exists()).await;
            scene.runner.stop(&spec.key);
            assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
        }
        assert!(scene.folder.join("cleaned").exists());
        let lines = scene.lines(&stubborn);
        let killed = lines.iter().filter(|line| line.starts_with("Kill with signal TERM failed")).count();
        assert_eq!(killed, 1, "{lines:#?}");
    });
}

fn another_users_job_outlives_the_worker() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = as_other(&mut scene, "touch ready; sleep 600");
        scene.runner.spawn(spec.clone());
        let ready = scene.folder.join("ready");
        eventually("the job runs", || ready.exists()).await;
        kill(scene.pair().worker);
        scene.runner.stop(&spec.key);
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
    });
}

fn what_cannot_be_run_as_another_user_says_why() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut nowhere = as_other(&mut scene, "");
        nowhere.commands[0].argv = vec!["no-such-program".into()];
        assert_eq!(scene.run(nowhere.clone()).await.exit, Some(Exit::Code(127)));
        let lines = scene.lines(&nowhere);
        let told =
            lines.iter().any(|line| line.starts_with("azkaban: Cannot run program \"no-such-program\""));
        assert!(told, "{lines:#?}");

        let mut no_switch = as_other(&mut scene, "true");
        no_switch.run_as.as_mut().unwrap().switch = vec!["no-such-sudo".into()];
        let Outcome::SpawnFailed { reason } = scene.run(no_switch).await.outcome else { panic!() };
        assert!(reason.contains("No such file"), "{reason}");
    });
}
