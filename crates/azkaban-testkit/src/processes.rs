//! Other processes, as `/proc` shows them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A running process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its id.
    pub pid: u32,
    /// Its parent's id.
    pub parent: u32,
    /// Its command line, arguments joined by blanks.
    pub command: String,
}

/// Processes whose command line names `path`, in the order of their ids; zombies have none and are not among them.
pub fn processes_naming(path: &Path) -> Vec<ProcessInfo> {
    let path = path.to_string_lossy();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<ProcessInfo> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(read)
        .filter(|process| process.command.contains(&*path))
        .collect();
    found.sort_by_key(|process| process.pid);
    found
}

fn read(pid: u32) -> Option<ProcessInfo> {
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields begin behind its last ')'.
    let parent = status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
    let words: Vec<_> =
        command.split(|&b| b == 0).filter(|word| !word.is_empty()).map(String::from_utf8_lossy).collect();
    Some(ProcessInfo { pid, parent, command: words.join(" ") })
}

/// Sends a signal such as `TERM` or `KILL` to one process; `false` if it is gone.
pub fn kill(signal: &str, pid: u32) -> bool {
    let status = Command::new("kill")
        .args(["-s", signal, &pid.to_string()])
        .stderr(std::process::Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_found_by_its_command_line_until_it_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("mark");
        let mut child = Command::new("sh")
            .args(["-c", "read never; :", &mark.to_string_lossy()])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let found = processes_naming(&mark);
        assert_eq!(
            found.iter().map(|p| (p.pid, p.parent)).collect::<Vec<_>>(),
            [(child.id(), std::process::id())]
        );
        assert!(kill("KILL", child.id()));
        child.wait().unwrap();
        assert_eq!(processes_naming(&mark), []);
        assert!(!kill("KILL", child.id()));
    }
}
