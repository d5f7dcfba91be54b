//! Passwords of keystores, kept out of messages.

use std::fmt;

/// A password as a configuration file gives it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes a setting's value. `OBF:…` is undone, as Jetty does for Azkaban; what only looks like it stands for itself.
    pub fn new(setting: &str) -> Self {
        let plain = setting.strip_prefix("OBF:").and_then(deobfuscate);
        Self(plain.unwrap_or_else(|| setting.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// In the bytes that Java's own keystores hash: UTF-16, big-endian.
    pub(super) fn utf16(&self) -> Vec<u8> {
        self.0.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Jetty's obfuscation: each byte is a group of four base-36 digits that mixes it with its mirror image in the text.
fn deobfuscate(text: &str) -> Option<String> {
    if text.is_empty() || !text.is_ascii() || !text.len().is_multiple_of(4) {
        return None;
    }
    let groups = text.as_bytes().chunks(4).map(|group| {
        let number = u32::from_str_radix(std::str::from_utf8(group).ok()?, 36).ok()?;
        u8::try_from((number / 256 + number % 256).checked_sub(254)? / 2).ok()
    });
    String::from_utf8(groups.collect::<Option<Vec<u8>>>()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jettys_obfuscation_is_undone_and_nothing_is_shown() {
        assert_eq!(Password::new("OBF:1v2j1uum1xtv1zej1zer1xtn1uvk1v1v").reveal(), "password");
        for plain in ["plain", "OBF:", "OBF:123", "OBF:zzzz", "OBF:ä000", ""] {
            assert_eq!(Password::new(plain).reveal(), plain);
        }
        assert_eq!(format!("{:?}", Password::new("geheim")), "Password(…)");
    }
}
