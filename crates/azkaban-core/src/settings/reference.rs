//! The reference page of all keys, made from the table.

use std::fmt::Write;

use super::keys::{Effect, Key, SECTIONS};

/// `docs/configuration.md` as Markdown.
pub fn reference_page() -> String {
    let mut page = String::from(INTRODUCTION);
    for section in SECTIONS {
        let _ = write!(page, "\n## {}\n", section.title);
        if !section.text.is_empty() {
            let _ = write!(page, "\n{}\n", section.text);
        }
        let honoured: Vec<&Key> = section.keys.iter().filter(|key| key.effect == Effect::Honoured).collect();
        if !honoured.is_empty() {
            page.push_str("\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
            for key in honoured {
                let default = key.default.map(|text| format!("`{text}`")).unwrap_or_default();
                let _ =
                    writeln!(page, "| `{}` | {} | {default} | {} |", key.name, key.kind.describe(), key.doc);
            }
        }
        for (effect, heading) in [
            (Effect::Later, "Accepted, not used by this version yet (noted at start):"),
            (Effect::Ignored, "Accepted and ignored (noted at start):"),
            (Effect::Silent, "Accepted silently; Azkaban itself does not read them:"),
        ] {
            let keys: Vec<&Key> = section.keys.iter().filter(|key| key.effect == effect).collect();
            if !keys.is_empty() {
                let _ = write!(page, "\n{heading}\n\n");
                for key in keys {
                    let _ = writeln!(page, "- `{}`: {}", key.name, key.doc);
                }
            }
        }
    }
    page
}

const INTRODUCTION: &str = "\
# Configuration

This page is made from the table in `crates/azkaban-core/src/settings/keys/` by `cargo xtask docs`; change it there.

`azkaban solo --conf DIR` reads Azkaban's own files as they are:

| File | Role |
|---|---|
| `azkaban.private.properties` | optional, read first |
| `azkaban.properties` | read second: where both files set a key, this one wins |
| `azkaban-users.xml` | users, groups and roles; `user.manager.xml.file` names another |
| `global.properties` | lowest layer of every job's properties; `executor.global.properties` names the file |

The files follow the rules of Java's property files: `#` and `!` begin comments, `=`, `:` or a blank ends a key, a backslash \
at the end of a line continues it, `\\uXXXX` is a character. Blanks around a value are dropped. A relative path counts from the working directory \
of the server, as in Azkaban.

A value that cannot be used stops the start; all wrong values are told at once, with file, line and key. A key that is not listed here is \
told once at start and otherwise ignored. `azkaban check-config --conf DIR` does the same checks without starting anything.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_on_the_page() {
        let page = reference_page();
        for key in SECTIONS.iter().flat_map(|section| section.keys) {
            assert!(page.contains(&format!("`{}`", key.name)), "{}", key.name);
        }
    }
}
