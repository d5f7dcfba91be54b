//! A program and its arguments, and how the log shows them.

use crate::props::{MASKED, is_secret};

/// A command that a job runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandLine {
    /// As the log shows it.
    pub text: String,
    /// Program and arguments.
    pub argv: Vec<String>,
}

impl CommandLine {
    /// A program without arguments.
    pub(super) fn of(program: impl Into<String>) -> Self {
        let mut line = Self::default();
        line.push(program);
        line
    }

    /// Adds an argument.
    pub(super) fn push(&mut self, argument: impl Into<String>) {
        let argument = argument.into();
        self.show(&argument);
        self.argv.push(argument);
    }

    /// Adds an option and its value.
    pub(super) fn option(&mut self, name: &str, value: impl Into<String>) {
        self.push(name);
        self.push(value);
    }

    /// Adds the argument `<before><key>=<value>`. The log does not show the value of a secret.
    pub(super) fn assignment(&mut self, before: &str, key: &str, value: &str) {
        if is_secret(key) {
            self.show(&format!("{before}{key}={MASKED}"));
            self.argv.push(format!("{before}{key}={value}"));
        } else {
            self.push(format!("{before}{key}={value}"));
        }
    }

    fn show(&mut self, argument: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        let quoted = argument.is_empty() || argument.contains([' ', '\t', '\n', '\'', '"']);
        if quoted {
            self.text.push_str(&format!("'{}'", argument.replace('\'', "'\\''")));
        } else {
            self.text.push_str(argument);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_shows_arguments_quoted_and_no_secrets() {
        let mut line = CommandLine::of("hive");
        line.option("-f", "a b.q");
        line.assignment("", "day", "it's");
        line.assignment("-D", "db.password", "x");
        line.push("");
        assert_eq!(line.text, "hive -f 'a b.q' 'day=it'\\''s' -Ddb.password=[MASKED] ''");
        assert_eq!(line.argv, ["hive", "-f", "a b.q", "day=it's", "-Ddb.password=x", ""]);
    }
}
