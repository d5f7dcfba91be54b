//! What is in the logs.

use std::io::Write;
use std::time::Duration;

use azkaban_runner::{LogFiles, LogFollower, LogLine, LogWriter, Outcome};

use super::Test;
use super::scene::{Scene, block_on, eventually, spec};

pub(crate) const TESTS: &[Test] = &[
    ("the_lines_of_a_log", the_lines_of_a_log),
    ("every_kind_of_line_end", every_kind_of_line_end),
    ("a_log_rolls_within_its_bound", a_log_rolls_within_its_bound),
    ("a_log_is_followed_while_it_rolls", a_log_is_followed_while_it_rolls),
    ("a_writer_rolls_like_a_supervisor", a_writer_rolls_like_a_supervisor),
    ("lines_are_there_while_the_job_runs", lines_are_there_while_the_job_runs),
];

fn the_lines_of_a_log() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene.scripts(&["echo one", "echo two; exit 3"]);
        spec.environment_text = Some("{A=1}".into());
        spec.key.attempt = 2;
        let end = scene.run(spec.clone()).await;
        let lines = scene.lines(&spec);
        let pids: Vec<&str> =
            lines.iter().filter_map(|line| line.strip_prefix("Spawned process with id ")).collect();
        assert_eq!(pids[0], scene.started[&spec.key].to_string());
        let (cwd, at) = (scene.folder.display(), end.ended_at.0);
        let expected = format!(
            "opening\n2 commands to execute.\nsetup\nCommand: echo one\nEnvironment variables: {{A=1}}\nWorking directory: {cwd}\n\
             Spawned process with id {}\none\nProcess with id {} completed successfully in 0 seconds.\n\
             Command: echo two; exit 3\nEnvironment variables: {{A=1}}\nWorking directory: {cwd}\nSpawned process with id {}\ntwo\n\
             Process with id {} completed unsuccessfully in 0 seconds.\nProcess exited with code 3\n\
             Wrapping up retry 2 of command job job, finished at {at} with status FAILED.",
            pids[0], pids[0], pids[1], pids[1]
        );
        assert_eq!(lines.join("\n"), expected);
        let spec = scene.script("true");
        scene.run(spec.clone()).await;
        let lines = scene.lines(&spec);
        assert_eq!(lines[lines.len() - 2], "success");
        assert!(lines.last().unwrap().ends_with("with status SUCCEEDED."));
    });
}

fn every_kind_of_line_end() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene.script("printf 'a\\nb\\r\\nc\\rd\\n\\ne \\377 f\\nlast'");
        spec.log.layout = "<%m>%n".into();
        scene.run(spec.clone()).await;
        let lines = scene.lines(&spec);
        let at = lines.iter().position(|line| line == "<a>").unwrap();
        assert_eq!(lines[at..at + 7], ["<a>", "<b>", "<c>", "<d>", "<>", "<e \u{fffd} f>", "<last>"]);
    });
}

fn a_log_rolls_within_its_bound() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene.script("seq 100000");
        (spec.log.chunk_size, spec.log.backups) = (Some(1000), 2);
        scene.run(spec.clone()).await;
        let sizes: Vec<u64> = std::fs::read_dir(scene.folder.join("logs"))
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert!(sizes.len() == 3 && sizes.iter().all(|size| *size <= 1100), "{sizes:?}");
        let lines = scene.lines(&spec);
        let numbers: Vec<u32> = lines.iter().filter_map(|line| line.parse().ok()).collect();
        assert!(numbers.len() > 200 && numbers.ends_with(&[100_000]));
        assert!(numbers.is_sorted_by(|a, b| a + 1 == *b), "no line is missing in what is kept");
        let log = LogFiles::open(&spec.log.path).unwrap().unwrap();
        let whole = log.read(0, usize::MAX).unwrap();
        assert_eq!(whole.len() as u64, log.len());
        for (offset, len) in [(0, 10), (995, 20), (1500, 1200), (log.len() - 5, 50), (log.len() + 5, 5)] {
            let from = usize::try_from(offset).unwrap().min(whole.len());
            let expected = &whole[from..(from + len).min(whole.len())];
            assert_eq!(log.read(offset, len).unwrap(), expected, "{offset} {len}");
        }
    });
}

fn a_log_is_followed_while_it_rolls() {
    block_on(async {
        let mut scene = Scene::new().await;
        let mut spec = scene.script("i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done");
        (spec.log.chunk_size, spec.log.backups) = (Some(2000), 100);
        let mut follower = LogFollower::new(&spec.log.path);
        scene.runner.spawn(spec.clone());
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains("Wrapping up") {
            seen.extend(follower.read(777).unwrap());
            let _ = tokio::time::timeout(Duration::from_micros(50), scene.end_of(&spec.key)).await;
        }
        scene.end_of(&spec.key).await;
        seen.extend(follower.read(1 << 20).unwrap());
        let log = LogFiles::open(&spec.log.path).unwrap().unwrap();
        assert!(seen == log.read(0, usize::MAX).unwrap(), "what was followed is what is there");
    });
}

fn a_writer_rolls_like_a_supervisor() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = spec(folder.path(), 1).log;
    (spec.chunk_size, spec.backups) = (Some(100), 1);
    for number in 0..100 {
        // Opened anew each time: it goes on where the one before ended.
        let mut writer = LogWriter::open(spec.clone()).unwrap();
        writer
            .write(azkaban_core::time::UnixMillis(0), &[LogLine::info(format!("line {number:04}"))])
            .unwrap();
    }
    let bytes = LogFiles::open(&spec.path).unwrap().unwrap().read(0, usize::MAX).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.ends_with("line 0098\nline 0099\n") && (100..=220).contains(&text.len()), "{text}");
    assert!(LogFiles::open(&folder.path().join("none")).unwrap().is_none());
    let mut file = std::fs::File::create(folder.path().join("plain")).unwrap();
    file.write_all(b"abc").unwrap();
    assert_eq!(LogFiles::open(&folder.path().join("plain")).unwrap().unwrap().read(1, 1).unwrap(), b"b");
}

fn lines_are_there_while_the_job_runs() {
    block_on(async {
        let mut scene = Scene::new().await;
        let spec = scene.script("echo now; while [ ! -e go ]; do sleep 0.02; done");
        scene.runner.spawn(spec.clone());
        let path = spec.log.path.clone();
        eventually("the line is in the log", || {
            path.exists() && super::scene::log_lines(&path).contains(&"now".to_owned())
        })
        .await;
        std::fs::write(scene.folder.join("go"), "").unwrap();
        assert_eq!(scene.end_of(&spec.key).await.outcome, Outcome::Succeeded);
    });
}
