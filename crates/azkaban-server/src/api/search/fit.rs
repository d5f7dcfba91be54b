//! How well a name fits what somebody typed.

/// Longer searches are meant as they stand.
const MAX_FUZZY: usize = 32;

/// What is searched for, in lower case.
pub(super) struct Wanted<'a> {
    text: &'a str,
    /// Typing errors that are forgiven.
    errors: usize,
}

impl<'a> Wanted<'a> {
    /// `text` is in lower case. Errors are forgiven in words of ASCII characters: one from four letters on, two from
    /// eight; in other scripts a character is a word, and another character another word.
    pub(super) fn new(text: &'a str) -> Self {
        let errors = match text.len() {
            4..8 => 1,
            8..=MAX_FUZZY => 2,
            _ => 0,
        };
        let has_letters = text.bytes().any(|byte| byte.is_ascii_alphabetic());
        Self { text, errors: if text.is_ascii() && has_letters { errors } else { 0 } }
    }

    /// Whole 40, from its beginning 30, from the beginning of a word 20, somewhere 10; with typing errors at the
    /// beginning of a word below that; 0 if not at all.
    pub(super) fn score(&self, name: &str) -> u32 {
        let name = name.to_lowercase();
        let Some(at) = name.find(self.text) else { return self.score_nearly(&name) };
        let word = name[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        match () {
            () if name == self.text => 40,
            () if at == 0 => 30,
            () if word => 20,
            () => 10,
        }
    }

    fn score_nearly(&self, name: &str) -> u32 {
        if self.errors == 0 || !name.is_ascii() {
            return 0;
        }
        let (name, mut best) = (name.as_bytes(), usize::MAX);
        for at in 0..name.len() {
            let begins = at == 0 || !name[at - 1].is_ascii_alphanumeric();
            if begins && name[at].is_ascii_alphanumeric() {
                let until = name.len().min(at + self.text.len() + self.errors);
                best = best.min(errors_in_prefix(self.text.as_bytes(), &name[at..until]));
            }
        }
        if best <= self.errors { 8 - 2 * best as u32 } else { 0 }
    }
}

/// Typing errors between `wanted` and the beginning of `text` that is nearest to it: characters too many, missing, other
/// ones, or two in the wrong order.
fn errors_in_prefix(wanted: &[u8], text: &[u8]) -> usize {
    let width = text.len() + 1;
    let (mut before, mut above) = (vec![0; width], (0..width).collect::<Vec<usize>>());
    for (row, letter) in wanted.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for column in 1..width {
            let same = usize::from(*letter != text[column - 1]);
            let mut least = (above[column - 1] + same).min(above[column] + 1).min(current[column - 1] + 1);
            let swapped =
                row > 0 && column > 1 && *letter == text[column - 2] && wanted[row - 1] == text[column - 1];
            if swapped {
                least = least.min(before[column - 2] + 1);
            }
            current[column] = least;
        }
        (before, above) = (above, current);
    }
    above.into_iter().min().unwrap_or(wanted.len())
}

#[cfg(test)]
mod tests {
    use super::Wanted;

    fn score(wanted: &str, name: &str) -> u32 {
        Wanted::new(wanted).score(name)
    }

    #[test]
    fn beginnings_fit_better_than_middles() {
        let scores = ["load", "load_orders", "pre-load", "preload", "x"].map(|name| score("load", name));
        assert_eq!(scores, [40, 30, 20, 10, 0]);
    }

    #[test]
    fn parts_of_names_in_other_scripts_are_found() {
        assert_eq!(score("加载", "数据加载"), 10);
        assert_eq!(score("加栽数据", "加载数据"), 0);
    }

    #[test]
    fn typing_errors_are_forgiven_in_longer_words() {
        for (wanted, name, fits) in [
            ("ordres", "load_orders", true),
            ("oders", "load_orders", true),
            ("ordderss", "load_orders", true),
            ("nigthly", "nightly", true),
            ("loda", "load_orders", true),
            ("lod", "load_orders", false),
            ("publsih_dahsboard", "publish_dashboard", true),
            ("1042", "1043", false),
            ("quality", "load_orders", false),
            ("rders", "load_orders", true),
        ] {
            assert_eq!(score(wanted, name) > 0, fits, "{wanted} in {name}");
        }
        assert!(score("ordres", "orders") < score("rder", "orders"), "an exact part is better");
    }
}
