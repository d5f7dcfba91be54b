//! Keeping secrets out of logs and pages (projects-and-jobs §6.5, §11).

use super::Props;

/// What is shown instead of a secret.
pub const MASKED: &str = "[MASKED]";

/// Whether the value of a key must not be shown: it contains `password`, `secret`, `token` or `credential` in any
/// case, or ends with `_X`.
pub fn is_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    key.ends_with("_X")
        || ["password", "secret", "token", "credential"].iter().any(|word| lower.contains(word))
}

/// The properties with every secret replaced by [`MASKED`].
pub fn mask(props: &Props) -> Props {
    let shown = |key: &str, value: &str| if is_secret(key) { MASKED.to_owned() } else { value.to_owned() };
    props.iter().map(|(key, value)| (key.clone(), shown(key, value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_by_their_keys() {
        let keys = ["db.PassWord", "aws_secret_key", "env.TOKEN", "Credentials", "pin_X", "pin_x", "user"];
        let props: Props = keys.iter().map(|k| ((*k).to_owned(), "v".to_owned())).collect();
        let masked = mask(&props);
        let shown: Vec<_> = keys.iter().filter(|key| masked[**key] == "v").collect();
        assert_eq!(shown, [&"pin_x", &"user"]);
        assert_eq!(masked["env.TOKEN"], "[MASKED]");
    }
}
