//! Whatever single process of ours is killed with SIGKILL: every job runs exactly once, every log is whole, every flow succeeds.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use azkaban_testkit::{Client, Options, ProcessInfo, Random, TestServer, kill, wait_for, zip_of};
use common::{LIMIT, server, wait_until_ended};

const LAYERS: usize = 5;
const WIDTH: usize = 4;
const LINES: usize = 30;

/// Time for a flow to end after the last kill, on a loaded machine.
const END_LIMIT: Duration = Duration::from_secs(180);

/// Notes its attempt in a file, then prints numbered lines with pauses: job.sh EXECUTION JOB ATTEMPT RUNS
const JOB: &str = "\
#!/bin/sh
echo \"$1 $2 $3\" >>\"$4\"
i=0
while [ $i -lt 30 ]; do
    echo \"line $i of $2\"
    i=$((i + 1))
    if [ $((i % 10)) = 0 ]; then sleep 0.1; fi
done
";

/// A random moment: there is no condition to wait for, any instant must do.
fn pause(random: &mut Random, most: Duration) {
    let most = u64::try_from(most.as_micros()).expect("a short time");
    std::thread::sleep(Duration::from_micros(random.below(most)));
}

fn job(layer: usize, place: usize) -> String {
    format!("job-{layer}-{place}")
}

/// 5 layers of 4 jobs, each depending on the whole layer before it.
fn flow(runs: &Path) -> String {
    let mut yaml = "nodes:\n".to_owned();
    for layer in 0..LAYERS {
        for place in 0..WIDTH {
            yaml.push_str(&format!("  - name: {}\n    type: command\n", job(layer, place)));
            if layer > 0 {
                let before: Vec<String> = (0..WIDTH).map(|place| job(layer - 1, place)).collect();
                yaml.push_str(&format!("    dependsOn: [{}]\n", before.join(", ")));
            }
            yaml.push_str(&format!(
                "    config:\n      command: sh job.sh ${{azkaban.flow.execid}} ${{azkaban.job.id}} \
                 ${{azkaban.job.attempt}} {}\n",
                runs.display()
            ));
        }
    }
    yaml
}

fn start() -> TestServer {
    let mut server = server(Options::default());
    let client = server.client();
    client.create_project("layers");
    let flow = flow(&server.folder().join("runs"));
    let archive =
        zip_of([("layers.project", "azkaban-flow-version: 2.0\n"), ("layers.flow", &*flow), ("job.sh", JOB)]);
    let answer = client.upload("layers", &archive);
    assert!(answer["error"].is_null(), "{answer}");
    server
}

fn execute(client: &Client) -> i64 {
    client.execute("layers", "layers", &[("concurrentOption", "ignore")])
}

/// Every flow succeeded, every job ran exactly once, every log has every line once and in order.
fn verify(server: &mut TestServer, executions: &[i64]) {
    let client = server.client();
    for &execution in executions {
        let answer = wait_until_ended(&client, execution, END_LIMIT);
        assert_eq!(answer["status"], "SUCCEEDED", "{}", common::statuses(&answer));
    }
    let mut runs: BTreeMap<String, usize> = BTreeMap::new();
    for line in fs::read_to_string(server.folder().join("runs")).expect("jobs ran").lines() {
        *runs.entry(line.to_owned()).or_default() += 1;
    }
    let jobs: Vec<String> =
        (0..LAYERS).flat_map(|layer| (0..WIDTH).map(move |place| job(layer, place))).collect();
    let once: BTreeMap<String, usize> =
        executions.iter().flat_map(|id| jobs.iter().map(move |job| (format!("{id} {job} 0"), 1))).collect();
    assert_eq!(runs, once, "every job of every flow ran exactly once");
    for &execution in executions {
        for job in &jobs {
            let log = client.job_log(execution, job, 0);
            let lines: Vec<&str> = log.lines().filter_map(|line| line.split(" - ").nth(1)).collect();
            let printed: Vec<&str> = lines.iter().filter(|line| line.starts_with("line ")).copied().collect();
            let expected: Vec<String> = (0..LINES).map(|i| format!("line {i} of {job}")).collect();
            assert_eq!(printed, expected, "the log of {job} of execution {execution}:\n{log}");
            assert!(
                lines.first().is_some_and(|line| line.starts_with("Starting "))
                    && lines
                        .last()
                        .is_some_and(|line| line.starts_with("Finishing ") || line.contains("finished at")),
                "the log of {job} of execution {execution} has its first and last line:\n{log}"
            );
        }
    }
}

#[test]
fn of_the_server_twenty_times() {
    let mut random = Random::from_environment();
    let mut server = start();
    let mut executions = vec![execute(&server.client())];
    for round in 0..20 {
        let client = server.client();
        if round % 4 == 3 {
            // What was answered is kept, however soon the end comes.
            executions.push(execute(&client));
            pause(&mut random, Duration::from_millis(3));
        } else {
            keep_busy(&client, &mut executions);
            pause(&mut random, Duration::from_millis(400));
        }
        server.kill();
        // Jobs go on and end while no server is there.
        pause(&mut random, Duration::from_millis(200));
        server.start_again();
    }
    verify(&mut server, &executions);
}

#[test]
fn of_the_server_while_it_starts() {
    let mut random = Random::from_environment();
    let mut server = start();
    let executions = [execute(&server.client())];
    for _ in 0..10 {
        server.kill();
        server.start_unawaited();
        pause(&mut random, Duration::from_millis(60));
    }
    server.kill();
    server.start_again();
    verify(&mut server, &executions);
}

#[test]
fn of_the_processes_that_supervise_the_jobs() {
    let mut random = Random::from_environment();
    let mut server = start();
    let client = server.client();
    let mut executions = vec![execute(&client), execute(&client)];
    // The twin of a killed process holds its jobs alone: killing it too would be a second loss at the same time.
    let mut alone: BTreeSet<u32> = BTreeSet::new();
    for round in 0..20 {
        pause(&mut random, Duration::from_millis(300));
        if round % 4 == 3 {
            executions.push(execute(&client));
        }
        let pair = wait_for("a whole pair of supervisors", LIMIT, || {
            let running = server.supervisors();
            whole_pair(&running, &alone).ok_or_else(|| {
                format!("{running:?}\nalone: {alone:?}\n{}", keep_busy(&client, &mut executions))
            })
        });
        let victim = usize::try_from(random.below(2)).expect("0 or 1");
        alone.insert(pair[1 - victim]);
        kill("KILL", pair[victim]);
    }
    verify(&mut server, &executions);
}

/// A keeper and its worker that nobody has killed a half of.
fn whole_pair(running: &[ProcessInfo], alone: &BTreeSet<u32>) -> Option<[u32; 2]> {
    let untouched = || running.iter().filter(|process| !alone.contains(&process.pid));
    untouched().find_map(|keeper| {
        let worker = untouched().find(|worker| worker.parent == keeper.pid)?;
        Some([keeper.pid, worker.pid])
    })
}

/// Executes another flow when all have ended, so that there is something to be killed; returns the states found.
fn keep_busy(client: &Client, executions: &mut Vec<i64>) -> String {
    let states: Vec<_> = executions.iter().map(|&id| (id, client.execution(id))).collect();
    if states.iter().all(|(_, state)| state["status"] == "SUCCEEDED") {
        executions.push(execute(client));
    }
    states.iter().map(|(id, state)| format!("{id}: {}\n", common::statuses(state))).collect()
}
