//! As which user of the machine a job runs (`execute.as.user`, projects-and-jobs §7.5).

use super::plan::filled;
use super::plugins::JobType;
use crate::props::{Props, typed};

/// What stands for the user in the command that switches to them.
const PLACE: &str = "{user}";
/// How the server becomes another user, unless the type's private properties say otherwise.
const SUDO: &str = "sudo -n -u {user} --";
/// Users below this are the system's own.
const LOWEST_UID: u32 = 100;
/// Longest name of a user, in bytes.
const LONGEST_NAME: usize = 256;

/// A job's user, and how to become that user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunAs {
    /// The user's name; not yet known whether the machine has such a user.
    pub user: String,
    /// Program and arguments; the command to be run as the user follows them.
    pub switch: Vec<String>,
    /// Users with a number below this may not be run as, and root never.
    pub lowest_uid: u32,
}

/// Why no job may run as a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunAsError {
    /// One of `azkaban.server.blacklist.users`, or no name of a user at all.
    #[error("Not permitted to proxy as '{0}' through Azkaban")]
    NotPermitted(String),
    /// `execute.as.user.command` names nobody.
    #[error("execute.as.user.command has to hold {{user}} as one of its words: '{0}'")]
    NoPlace(String),
    /// `execute.as.user.min.uid` is no number.
    #[error("execute.as.user.min.uid is no number of a user: '{0}'")]
    NoNumber(String),
}

/// As whom a job of a type runs that acts for `user`; `None` if as the server itself.
///
/// # Errors
/// See [`RunAsError`].
pub fn run_as(job_type: &JobType, user: &str) -> Result<Option<RunAs>, RunAsError> {
    if !job_type.as_other_user {
        return Ok(None);
    }
    let private = &job_type.private;
    let refused = match filled(private, "azkaban.server.blacklist.users") {
        Some(_) => typed::list(private, "azkaban.server.blacklist.users"),
        None => vec!["root".to_owned(), "azkaban".to_owned()],
    };
    if !is_name(user) || user == "root" || refused.iter().any(|name| name == user) {
        return Err(RunAsError::NotPermitted(user.to_owned()));
    }
    let lowest_uid = match filled(private, "execute.as.user.min.uid") {
        Some(text) => text.parse().map_err(|_| RunAsError::NoNumber(text.to_owned()))?,
        None => LOWEST_UID,
    };
    let switch = switch(private, user)?;
    Ok(Some(RunAs { user: user.to_owned(), switch, lowest_uid }))
}

fn switch(private: &Props, user: &str) -> Result<Vec<String>, RunAsError> {
    if let Some(folder) =
        filled(private, "azkaban.native.lib").filter(|_| filled(private, "execute.as.user.command").is_none())
    {
        return Ok(vec![format!("{}/execute-as-user", folder.trim_end_matches('/')), user.to_owned()]);
    }
    let text = filled(private, "execute.as.user.command").unwrap_or(SUDO);
    let words = crate::command::split(text);
    if !words.iter().any(|word| word.contains(PLACE)) {
        return Err(RunAsError::NoPlace(text.to_owned()));
    }
    Ok(words.into_iter().map(|word| word.replace(PLACE, user)).collect())
}

/// Whether a text can be nothing but a user's name: no option (`-x`), number (`#0`), or second word.
fn is_name(user: &str) -> bool {
    let mut bytes = user.bytes();
    let first = bytes.next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_');
    first
        && user.len() <= LONGEST_NAME
        && user.bytes().any(|byte| !byte.is_ascii_digit())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-@$".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::super::testing::built_in;
    use super::*;

    fn ask(private: &[(&str, &str)], user: &str) -> Result<Option<RunAs>, String> {
        let mut job_type = built_in("command");
        job_type.as_other_user = true;
        job_type.private = private.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        run_as(&job_type, user).map_err(|error| error.to_string())
    }

    #[test]
    fn only_types_that_say_so_run_as_others() {
        assert_eq!(run_as(&built_in("command"), "root"), Ok(None));
        let found = ask(&[], "ann").unwrap().unwrap();
        assert_eq!(found.switch, ["sudo", "-n", "-u", "ann", "--"]);
        assert_eq!((found.user.as_str(), found.lowest_uid), ("ann", 100));
    }

    #[test]
    fn the_way_to_become_a_user_is_azkabans_helper_or_any_command() {
        let lib = ("azkaban.native.lib", "/opt/lib/");
        let own = ("execute.as.user.command", "runuser  -u {user} --");
        for (private, want) in [
            (&[lib][..], &["/opt/lib/execute-as-user", "ann"][..]),
            (&[lib, own], &["runuser", "-u", "ann", "--"]),
            (&[("execute.as.user.command", "x '--user={user}'")], &["x", "--user=ann"]),
        ] {
            assert_eq!(ask(private, "ann").unwrap().unwrap().switch, want);
        }
        let error = ask(&[("execute.as.user.command", "sudo -n")], "ann").unwrap_err();
        assert_eq!(error, "execute.as.user.command has to hold {user} as one of its words: 'sudo -n'");
    }

    #[test]
    fn some_users_are_never_run_as() {
        let named = [("azkaban.server.blacklist.users", "hdfs, yarn")];
        for (private, user, permitted) in [
            (&[][..], "ann", true),
            (&[], "svc-etl_1.x@corp", true),
            (&[], "machine$", true),
            (&[], "root", false),
            (&[], "azkaban", false),
            (&named, "azkaban", true),
            (&named, "yarn", false),
            (&named, "root", false),
            (&[], "", false),
            (&[], "#0", false),
            (&[], "0", false),
            (&[], "-u", false),
            (&[], "ann x", false),
            (&[], "ann ", false),
            (&[], "ann\n", false),
            (&[], "../ann", false),
        ] {
            let answer = ask(private, user);
            assert_eq!(answer.is_ok(), permitted, "{user:?}: {answer:?}");
            if let Err(error) = answer {
                assert_eq!(error, format!("Not permitted to proxy as '{user}' through Azkaban"));
            }
        }
    }

    #[test]
    fn the_lowest_number_can_be_set() {
        assert_eq!(ask(&[("execute.as.user.min.uid", "1000")], "ann").unwrap().unwrap().lowest_uid, 1000);
        let error = ask(&[("execute.as.user.min.uid", "many")], "ann").unwrap_err();
        assert_eq!(error, "execute.as.user.min.uid is no number of a user: 'many'");
    }
}
