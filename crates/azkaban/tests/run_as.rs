//! Jobs of other users of the machine, through a stand-in for `sudo`. They need root, to become somebody else.

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use azkaban_testkit::{Client, Options, TestServer, wait_for, zip_of};
use common::{LIMIT, server, wait_for_status, wait_until_ended};
use tempfile::TempDir;

const USERS: &str = "<azkaban-users><user username=\"azkaban\" password=\"test-password\" roles=\"admin\"/>\
                     <role name=\"admin\" permissions=\"ADMIN\"/></azkaban-users>";

/// Stays beside the job, as `sudo` does.
const STAND_IN: &str = "#!/bin/sh
[ \"$1 $2\" = '-n -u' ] && [ \"$4\" = -- ] || exit 99
uid=$(id -u \"$3\") gid=$(id -g \"$3\")
shift 4
setpriv --reuid=$uid --regid=$gid --clear-groups -- \"$@\"
exit $?
";

struct Scene {
    server: TestServer,
    client: Client,
    _plugins: TempDir,
}

/// A server whose jobs run as others; `None` where that cannot be tried.
fn scene(files: &[(&str, &str)]) -> Option<Scene> {
    let out = |program: &str, argument: &str| {
        std::process::Command::new(program).arg(argument).output().map(|output| output.stdout)
    };
    if out("id", "-u").ok().as_deref() != Some(b"0\n") || out("setpriv", "--version").is_err() {
        println!("skipped: only root with setpriv can run jobs as somebody else");
        return None;
    }
    let plugins = tempfile::tempdir().expect("a folder");
    fs::write(
        plugins.path().join("commonprivate.properties"),
        "execute.as.user=true\nmemCheck.enabled=false\n",
    )
    .expect("a file");
    let sudo = plugins.path().join("sudo");
    fs::write(&sudo, STAND_IN).and_then(|()| allow(&sudo, 0o755)).expect("a program");
    allow(plugins.path(), 0o755).expect("a folder that others can enter");
    let mut options =
        Options::with_properties(&format!("azkaban.jobtype.plugin.dir={}\n", plugins.path().display()));
    options.conf.push(("azkaban-users.xml".to_owned(), USERS.to_owned()));
    let path = format!("{}:{}", plugins.path().display(), std::env::var("PATH").unwrap_or_default());
    options.env.push(("PATH".to_owned(), path));
    let mut server = server(options);
    allow(server.folder(), 0o755).expect("a folder that others can enter");
    let client = server.client();
    client.create_project("others");
    client.upload("others", &zip_of(files.iter().copied()));
    Some(Scene { server, client, _plugins: plugins })
}

fn allow(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

#[test]
fn a_job_works_as_its_user_and_hands_on_what_it_found() {
    let script = "id -un; echo home $HOME; cat shipped.txt; grep ^mine= \"$JOB_PROP_FILE\"; \
                  test -r \"$JOBTYPE_PRIVATE_PROP_FILE\" && echo private file; echo secret $SECRET; mkdir made; touch made/file; \
                  cat ../../../data/azkaban.db >/dev/null || echo no database; \
                  echo '{\"found\":\"gold\"}' >\"$JOB_OUTPUT_PROP_FILE\"";
    let Some(scene) = scene(&[
        ("run.sh", script),
        ("shipped.txt", "shipped\n"),
        ("a.job", "type=command\nuser.to.proxy=nobody\nmine=1\nenv.SECRET=s3\ncommand=sh run.sh\n"),
        (
            "b.job",
            "type=command\nuser.to.proxy=nobody\ndependencies=a\ncommand=echo got ${found}\n\
             command.1=sh -c 'exit 7'\n",
        ),
    ]) else {
        return;
    };
    let execution = scene.client.execute("others", "b", &[]);
    wait_until_ended(&scene.client, execution, LIMIT);
    let log = scene.client.job_log(execution, "a", 0);
    for line in [
        "effective user is: nobody",
        " nobody\n",
        "home /nonexistent",
        " shipped\n",
        "mine=1",
        "private file",
        "secret s3",
        "no database",
        "with status SUCCEEDED",
    ] {
        assert!(log.contains(line), "{line:?} in {log}");
    }
    let log = scene.client.job_log(execution, "b", 0);
    assert!(log.contains("got gold") && log.contains("Process exited with code 7"), "{log}");
    wait_for("the execution's folder to go", LIMIT, || {
        let folder = scene.server.data().join("executions").join(execution.to_string());
        if folder.exists() { Err(folder.display().to_string()) } else { Ok(()) }
    });
}

#[test]
fn some_users_are_refused() {
    let Some(scene) = scene(&[("a.job", "type=command\nuser.to.proxy=${who}\ncommand=touch /never\n")])
    else {
        return;
    };
    for (user, why) in [
        ("root", "Not permitted to proxy as 'root' through Azkaban"),
        ("azkaban", "Not permitted to proxy as 'azkaban' through Azkaban"),
        ("daemon", "Not permitted to proxy as 'daemon' through Azkaban: the user's number 1 is below 100"),
        ("no-such-user", "The user no-such-user is not known on this machine"),
        ("nobody -x", "Not permitted to proxy as 'nobody -x' through Azkaban"),
    ] {
        let execution = scene.client.execute("others", "a", &[("flowOverride[who]", user)]);
        let answer = wait_until_ended(&scene.client, execution, LIMIT);
        let log = scene.client.job_log(execution, "a", 0);
        assert!(answer["status"] == "FAILED" && log.contains(why), "{why:?} in {log}");
    }
}

#[test]
fn a_job_of_another_user_survives_the_server_and_can_be_killed() {
    let files = [("a.job", "type=command\nuser.to.proxy=nobody\ncommand=sh -c 'touch ready; sleep 600'\n")];
    let Some(mut scene) = scene(&files) else { return };
    let execution = scene.client.execute("others", "a", &[]);
    let ready = scene.server.data().join(format!("executions/{execution}/ready"));
    wait_for("the job's process", LIMIT, || if ready.exists() { Ok(()) } else { Err(String::new()) });
    scene.server.kill();
    scene.server.start_again();
    let client = scene.server.client();
    wait_for_status(&client, execution, "a", "RUNNING");
    client.get("/executor", &[("ajax", "cancelFlow"), ("execid", &execution.to_string())]);
    let answer = wait_until_ended(&client, execution, LIMIT);
    assert_eq!(answer["status"], "KILLED");
    let log = client.job_log(execution, "a", 0);
    assert!(log.contains("Kill has been called.") && !log.contains("Killing with KILL"), "{log}");
}
