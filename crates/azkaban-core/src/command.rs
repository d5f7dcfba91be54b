//! The commands of a job and their arguments (projects-and-jobs §6.3). There is no shell: quotes group, and that is all.

use crate::props::Props;

/// The commands of a job in order: `command`, `command.1`, `command.2`, … up to the first number that is missing; `None`
/// without `command`.
pub fn commands(props: &Props) -> Option<Vec<&str>> {
    let first = props.get("command")?;
    let numbered = (1..).map_while(|number: u32| props.get(&format!("command.{number}")));
    Some(std::iter::once(first).chain(numbered).map(String::as_str).collect())
}

/// Cuts a command into the program and its arguments.
///
/// Only spaces separate. `'` and `"` group and disappear; inside one the other is an ordinary character, as a backslash
/// is everywhere. Empty arguments vanish, and a quote that is not closed runs to the end.
pub fn split(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for c in command.chars() {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if c == open => quote = None,
            (' ', None) => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            _ => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

const EXIT_REASON: &str = "Process exited with code ";

/// Why a job failed whose process ended with this number, in the words of the log (projects-and-jobs §6.4).
pub fn exit_reason(code: i32) -> String {
    format!("{EXIT_REASON}{code}")
}

/// The number in a reason that [`exit_reason`] made; `None` of any other reason.
pub fn exit_code_of(reason: &str) -> Option<i32> {
    reason.strip_prefix(EXIT_REASON)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exit_codes_come_back_from_their_reasons() {
        assert_eq!(exit_reason(143), "Process exited with code 143");
        for code in [0, 1, 143, 255, -1, i32::MAX] {
            assert_eq!(exit_code_of(&exit_reason(code)), Some(code));
        }
        for other in ["Killed", "Process exited with code ", "Process exited with code x", "code 1"] {
            assert_eq!(exit_code_of(other), None, "{other}");
        }
    }

    #[test]
    fn spaces_separate_and_quotes_group() {
        let check = |command: &str, expected: &[&str]| assert_eq!(split(command), expected, "{command}");
        check("a b c", &["a", "b", "c"]);
        check("  a   b ", &["a", "b"]);
        check("a 'b c'", &["a", "b c"]);
        check("a e='b c'", &["a", "e=b c"]);
        check("sh -c \"echo 'x y' | wc\"", &["sh", "-c", "echo 'x y' | wc"]);
        check("echo '\"q\"'", &["echo", "\"q\""]);
        check("a '' \"\" b", &["a", "b"]);
        check("a 'b c", &["a", "b c"]);
        check("a\tb\nc", &["a\tb\nc"]);
        check("a\\ b \\'c d'", &["a\\", "b", "\\c d"]);
        check("", &[]);
    }

    #[test]
    fn commands_end_at_the_first_gap() {
        let props =
            |keys: &[&str]| keys.iter().map(|k| ((*k).to_owned(), format!("run {k}"))).collect::<Props>();
        let all = props(&["command", "command.1", "command.2", "command.4", "command.01"]);
        assert_eq!(commands(&all).unwrap(), ["run command", "run command.1", "run command.2"]);
        assert_eq!(commands(&props(&["command", "command.2"])).unwrap(), ["run command"]);
        assert_eq!(commands(&props(&["command.1"])), None);
    }

    proptest! {
        #[test]
        fn no_word_is_empty(command in "[ab '\"\\\\é\t]{0,40}") {
            prop_assert!(split(&command).iter().all(|word| !word.is_empty()));
        }
    }
}
