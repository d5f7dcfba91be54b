//! A worker that is killed at each of its system calls in turn, from the first to the last of an attempt: every window between two
//! of them, instead of those that chance finds. It needs `strace`, and is run only when it is named.

use std::process::{Child, Command, Stdio};

use azkaban_runner::{AttemptSpec, Exit, Outcome};

use super::Test;
use super::kills::{chatty, check};
use super::scene::{Scene, block_on, eventually, failed, stat};

pub(crate) const TESTS: &[Test] = &[
    ("kills_at_every_step_of_an_attempt", kills_at_every_step_of_an_attempt),
    ("kills_at_every_step_of_a_stop", kills_at_every_step_of_a_stop),
];

/// What a worker calls. `strace` counts each of them for itself.
const CALLS: &[&str] = &[
    "epoll_wait",
    "epoll_pwait",
    "epoll_ctl",
    "accept4",
    "read",
    "sendto",
    "memfd_create",
    "write",
    "openat",
    "mkdir",
    "pipe2",
    "dup3",
    "close",
    "clone",
    "fstat",
    "newfstatat",
    "mremap",
    "splice",
    "pread64",
    "ftruncate",
    "fallocate",
    "unlink",
    "waitid",
    "wait4",
    "kill",
];

/// Kills a process when it makes a system call for the `count`th time from now on.
async fn kill_at(pid: i32, call: &str, count: usize) -> Child {
    let tracer = Command::new("strace")
        .args([
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("inject=?{call}:signal=KILL:when={count}"),
            "-p",
            &pid.to_string(),
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace is there");
    eventually("the worker is traced", || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        !status.contains("TracerPid:\t0\n")
    })
    .await;
    tracer
}

/// Runs one attempt after another, each to be killed one step later than the one before, until none is left.
async fn every_step(
    prepare: impl AsyncFn(&mut Scene) -> AttemptSpec,
    act: impl AsyncFn(&mut Scene, &AttemptSpec),
    least: usize,
) {
    let mut steps = 0;
    for call in CALLS {
        for count in 1.. {
            let mut scene = Scene::new().await;
            let spec = prepare(&mut scene).await;
            let worker = scene.pair().worker;
            let mut tracer = kill_at(worker, call, count).await;
            act(&mut scene, &spec).await;
            let survived = stat(worker).is_some();
            tracer.kill().unwrap();
            tracer.wait().unwrap();
            if survived {
                break;
            }
            steps += 1;
        }
    }
    println!("killed at {steps} steps");
    assert!(steps >= least);
}

fn kills_at_every_step_of_an_attempt() {
    block_on(every_step(
        async |scene| {
            scene.run_one().await;
            chatty(scene.script(""), 3, false)
        },
        async |scene, spec| {
            scene.runner.spawn(spec.clone());
            let end = scene.end_of(&spec.key).await;
            failed(&end, "Process exited with code 3", Some(Exit::Code(3)));
            check(&scene.folder, spec);
        },
        40,
    ));
}

fn kills_at_every_step_of_a_stop() {
    block_on(every_step(
        async |scene| {
            let mut spec = scene.script("trap '' TERM; touch ready; while :; do sleep 0.05; done");
            spec.stop_grace = std::time::Duration::from_millis(50);
            let ready = scene.folder.join("ready");
            scene.runner.spawn(spec.clone());
            eventually("the job runs", || ready.exists()).await;
            spec
        },
        async |scene, spec| {
            scene.runner.stop(&spec.key);
            assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Killed);
        },
        10,
    ));
}
