//! Specs, keys and ends as bytes. An encoded spec begins with its key.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use azkaban_core::ids::{AttemptKey, ExecutionId, NodePath};
use azkaban_core::job_type::MemoryNeed;
use azkaban_core::time::UnixMillis;

use super::Malformed;
use super::codec::{Reader, Writer};
use crate::spec::{
    AttemptEnd, AttemptSpec, Command, Exit, Level, LogLine, LogSpec, MemoryGate, Outcome, RunAs,
};

/// What may stand behind a spec.
const RUN_AS: u8 = 1;
const MEMORY: u8 = 2;

pub(crate) fn encode_spec(spec: &AttemptSpec, out: &mut Vec<u8>) {
    let w = &mut Writer(out);
    put_key(w, &spec.key);
    w.text(&spec.job_type);
    w.text(&spec.job_id);
    for lines in [&spec.opening_lines, &spec.setup_lines, &spec.success_lines] {
        w.list(lines, |w, line| {
            w.u8(level_code(line.level));
            w.text(&line.text);
        });
    }
    w.list(&spec.commands, |w, command| {
        w.text(&command.text);
        w.list(&command.argv, |w, arg| w.text(arg));
    });
    w.list(&spec.env, |w, (name, value)| {
        w.text(name);
        w.text(value);
    });
    w.list(spec.environment_text.as_slice(), |w, text| w.text(text));
    put_path(w, &spec.cwd);
    put_path(w, &spec.log.path);
    w.text(&spec.log.layout);
    w.text(&spec.log.logger);
    w.text(&spec.log.time_zone);
    w.u64(spec.log.chunk_size.unwrap_or(0));
    w.u32(spec.log.backups);
    w.u8(u8::from(spec.succeed_on_failure));
    w.u64(u64::try_from(spec.stop_grace.as_millis()).unwrap_or(u64::MAX));
    w.list(&spec.failure_cleanup, |w, path| put_path(w, path));
    // Only where it is needed: supervisors of earlier versions know nothing of it.
    if let Some(run_as) = &spec.run_as {
        w.u8(RUN_AS);
        w.u32(run_as.uid);
        w.list(&run_as.switch, |w, word| w.text(word));
    }
    if let Some(MemoryGate { need, every, tries }) = &spec.memory {
        w.u8(MEMORY);
        [need.initial_kb, need.largest_kb, need.reserve_kb].into_iter().for_each(|kb| w.u64(kb));
        w.u64(u64::try_from(every.as_millis()).unwrap_or(u64::MAX));
        w.u32(*tries);
    }
}

pub(crate) fn decode_spec(bytes: &[u8]) -> Result<AttemptSpec, Malformed> {
    let r = &mut Reader(bytes);
    let lines = |r: &mut Reader<'_>| r.list(|r| Ok(LogLine { level: level_of(r.u8()?)?, text: r.text()? }));
    let mut spec = AttemptSpec {
        key: get_key(r)?,
        job_type: r.text()?,
        job_id: r.text()?,
        opening_lines: lines(r)?,
        setup_lines: lines(r)?,
        success_lines: lines(r)?,
        commands: r.list(|r| Ok(Command { text: r.text()?, argv: r.list(|r| r.text())? }))?,
        env: r.list(|r| Ok((r.text()?, r.text()?)))?,
        environment_text: r.list(|r| r.text())?.pop(),
        cwd: get_path(r)?,
        log: LogSpec {
            path: get_path(r)?,
            layout: r.text()?,
            logger: r.text()?,
            time_zone: r.text()?,
            chunk_size: Some(r.u64()?).filter(|size| *size > 0),
            backups: r.u32()?,
        },
        succeed_on_failure: r.u8()? != 0,
        stop_grace: Duration::from_millis(r.u64()?),
        failure_cleanup: r.list(|r| get_path(r))?,
        run_as: None,
        memory: None,
    };
    while r.end().is_err() {
        match r.u8()? {
            RUN_AS if spec.run_as.is_none() => {
                spec.run_as = Some(RunAs { uid: r.u32()?, switch: r.list(|r| r.text())? });
            }
            MEMORY if spec.memory.is_none() => {
                let need = MemoryNeed { initial_kb: r.u64()?, largest_kb: r.u64()?, reserve_kb: r.u64()? };
                let every = Duration::from_millis(r.u64()?);
                spec.memory = Some(MemoryGate { need, every, tries: r.u32()? });
            }
            _ => return Err(Malformed),
        }
    }
    Ok(spec)
}

/// The key at the beginning of an encoded spec.
pub(crate) fn decode_key(bytes: &[u8]) -> Result<AttemptKey, Malformed> {
    get_key(&mut Reader(bytes))
}

pub(super) fn put_key(w: &mut Writer<'_>, key: &AttemptKey) {
    w.i64(key.execution.0);
    w.u32(key.attempt);
    w.text(key.node.as_str());
}

pub(super) fn get_key(r: &mut Reader<'_>) -> Result<AttemptKey, Malformed> {
    Ok(AttemptKey {
        execution: ExecutionId(r.i64()?),
        attempt: r.u32()?,
        node: NodePath::from(r.text()?.as_str()),
    })
}

pub(super) fn put_end(w: &mut Writer<'_>, end: &AttemptEnd) {
    let (code, reason) = match &end.outcome {
        Outcome::Succeeded => (0, ""),
        Outcome::Failed { reason } => (1, reason.as_str()),
        Outcome::FailedButCounts { reason } => (2, reason.as_str()),
        Outcome::Killed => (3, ""),
        Outcome::SpawnFailed { reason } => (4, reason.as_str()),
    };
    w.u8(code);
    w.text(reason);
    let (kind, value) = match end.exit {
        None => (0, 0),
        Some(Exit::Code(code)) => (1, code),
        Some(Exit::Signal(signal)) => (2, signal),
    };
    w.u8(kind);
    w.0.extend_from_slice(&value.to_le_bytes());
    w.i64(end.started_at.0);
    w.i64(end.ended_at.0);
}

pub(super) fn get_end(r: &mut Reader<'_>) -> Result<AttemptEnd, Malformed> {
    let code = r.u8()?;
    let reason = r.text()?;
    let outcome = match code {
        0 => Outcome::Succeeded,
        1 => Outcome::Failed { reason },
        2 => Outcome::FailedButCounts { reason },
        3 => Outcome::Killed,
        4 => Outcome::SpawnFailed { reason },
        _ => return Err(Malformed),
    };
    let exit = match (r.u8()?, r.i32()?) {
        (0, _) => None,
        (1, code) => Some(Exit::Code(code)),
        (2, signal) => Some(Exit::Signal(signal)),
        _ => return Err(Malformed),
    };
    Ok(AttemptEnd { outcome, exit, started_at: UnixMillis(r.i64()?), ended_at: UnixMillis(r.i64()?) })
}

fn put_path(w: &mut Writer<'_>, path: &Path) {
    w.bytes(path.as_os_str().as_bytes());
}

fn get_path(r: &mut Reader<'_>) -> Result<PathBuf, Malformed> {
    Ok(PathBuf::from(OsString::from_vec(r.bytes()?.to_vec())))
}

fn level_code(level: Level) -> u8 {
    match level {
        Level::Debug => 0,
        Level::Info => 1,
        Level::Warn => 2,
        Level::Error => 3,
    }
}

fn level_of(code: u8) -> Result<Level, Malformed> {
    match code {
        0 => Ok(Level::Debug),
        1 => Ok(Level::Info),
        2 => Ok(Level::Warn),
        3 => Ok(Level::Error),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> AttemptSpec {
        AttemptSpec {
            key: AttemptKey { execution: ExecutionId(7), node: NodePath::from("sub:a"), attempt: 2 },
            job_type: "command".into(),
            job_id: "a".into(),
            opening_lines: vec![LogLine { level: Level::Warn, text: "é".into() }],
            setup_lines: vec![],
            success_lines: vec![LogLine::info("x")],
            commands: vec![Command { text: "echo 'a b'".into(), argv: vec!["echo".into(), "a b".into()] }],
            env: vec![("A".into(), "1".into()), ("B".into(), String::new())],
            environment_text: Some("{A=1}".into()),
            cwd: "/".into(),
            log: LogSpec {
                path: "/tmp/x.log".into(),
                layout: "%m%n".into(),
                logger: "a".into(),
                time_zone: "UTC".into(),
                chunk_size: None,
                backups: 4,
            },
            succeed_on_failure: true,
            stop_grace: Duration::from_millis(1500),
            failure_cleanup: vec!["/tmp/p".into()],
            run_as: None,
            memory: None,
        }
    }

    #[test]
    fn a_spec_comes_back_as_it_was() {
        let mut bytes = Vec::new();
        encode_spec(&spec(), &mut bytes);
        assert!(decode_spec(&bytes).unwrap() == spec());
        assert_eq!(decode_key(&bytes).unwrap(), spec().key);
        let other = RunAs { uid: 1000, switch: vec!["sudo".into(), "--".into()] };
        let need = MemoryNeed { initial_kb: 1, largest_kb: 2, reserve_kb: 3 };
        let memory = Some(MemoryGate { need, every: Duration::from_secs(60), tries: 720 });
        let spec = AttemptSpec { run_as: Some(other), memory, ..spec() };
        bytes.clear();
        encode_spec(&spec, &mut bytes);
        assert!(decode_spec(&bytes).unwrap() == spec);
        assert!(decode_spec(&bytes[..bytes.len() - 1]).is_err());
    }

    #[test]
    fn a_cut_or_longer_spec_is_refused() {
        let mut bytes = Vec::new();
        encode_spec(&spec(), &mut bytes);
        for cut in 0..bytes.len() {
            assert!(decode_spec(&bytes[..cut]).is_err(), "{cut}");
        }
        bytes.push(0);
        assert!(decode_spec(&bytes).is_err());
    }

    #[test]
    fn ends_come_back_as_they_were() {
        let reason = "r".to_owned();
        for outcome in [
            Outcome::Succeeded,
            Outcome::Failed { reason: reason.clone() },
            Outcome::FailedButCounts { reason: reason.clone() },
            Outcome::Killed,
            Outcome::SpawnFailed { reason },
        ] {
            for exit in [None, Some(Exit::Code(3)), Some(Exit::Signal(9))] {
                let end = AttemptEnd {
                    outcome: outcome.clone(),
                    exit,
                    started_at: UnixMillis(1),
                    ended_at: UnixMillis(-2),
                };
                let mut bytes = Vec::new();
                put_end(&mut Writer(&mut bytes), &end);
                assert_eq!(get_end(&mut Reader(&bytes)).unwrap(), end);
            }
        }
    }
}
