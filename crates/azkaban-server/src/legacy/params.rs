//! Request parameters under the rules of http-api §1.2.

use azkaban_core::props::Props;
use std::collections::BTreeMap;

use super::errors::Failure;

/// Parameters beyond this many are refused: no client sends as many, and each costs memory.
const MAX_PARAMS: usize = 50_000;

/// The parameters of a request: query first, then body; for a name that comes twice the first value counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, String)>);

/// A request has more parameters than [`MAX_PARAMS`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Params {
    /// Adds the pairs of a query string or urlencoded body. Escapes that mean nothing stay as they are; bytes that are no UTF-8 become U+FFFD.
    pub(crate) fn add_urlencoded(&mut self, raw: &[u8]) -> Result<(), TooMany> {
        for (name, value) in form_urlencoded::parse(raw) {
            self.add(name.into_owned(), value.into_owned())?;
        }
        Ok(())
    }

    /// Adds one pair.
    pub(crate) fn add(&mut self, name: String, value: String) -> Result<(), TooMany> {
        if self.0.len() >= MAX_PARAMS {
            return Err(TooMany);
        }
        self.0.push((name, value));
        Ok(())
    }

    /// The value, if the parameter is there.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Present counts, whatever the value: `flag`, `flag=`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value, or the standard 500.
    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Failure> {
        self.get(name).ok_or(Failure::MissingParameter(name))
    }

    /// `true` in any case; anything else is false, absence is `default`.
    pub(crate) fn boolean(&self, name: &str, default: bool) -> bool {
        self.get(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
    }

    /// As [`Params::boolean`], but a missing one is a 500.
    pub(crate) fn required_boolean(&self, name: &'static str) -> Result<bool, Failure> {
        self.required(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// An integer by Java's rules, or a 500: `+1`, `-1` and leading zeros are fine, spaces are not.
    pub(crate) fn required_number<N: std::str::FromStr>(&self, name: &'static str) -> Result<N, Failure> {
        let text = self.required(name)?;
        text.parse().map_err(|_| Failure::NotANumber(text.to_owned()))
    }

    /// An integer by Java's rules; `default` if it is missing or malformed.
    pub(crate) fn number_or<N: std::str::FromStr>(&self, name: &str, default: N) -> N {
        self.get(name).and_then(|text| text.parse().ok()).unwrap_or(default)
    }

    /// `group[key]=value` as key → value. The last character of the name is dropped whatever it is.
    pub(crate) fn group(&self, group: &'static str) -> Result<Props, Failure> {
        let mut found = Props::new();
        for (rest, value) in self.members(group) {
            let mut key = rest.chars();
            key.next_back().ok_or(Failure::InvalidGroup(group))?;
            found.entry(key.as_str().to_owned()).or_insert_with(|| value.to_owned());
        }
        Ok(found)
    }

    /// `group[outer][key]=value` as outer → key → value.
    pub(crate) fn nested_group(&self, group: &'static str) -> Result<BTreeMap<String, Props>, Failure> {
        let mut found: BTreeMap<String, Props> = BTreeMap::new();
        for (rest, value) in self.members(group) {
            let (outer, inner) = rest.split_once(']').ok_or(Failure::InvalidGroup(group))?;
            let mut key = inner.chars();
            if key.next().is_none() || key.next_back().is_none() {
                return Err(Failure::InvalidGroup(group));
            }
            let props = found.entry(outer.to_owned()).or_default();
            props.entry(key.as_str().to_owned()).or_insert_with(|| value.to_owned());
        }
        Ok(found)
    }

    /// Parameters whose name starts with `group[`, and what follows there.
    fn members<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| {
            Some((name.strip_prefix(group)?.strip_prefix('[')?, value.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        let mut params = Params::default();
        params.add_urlencoded(query.as_bytes()).unwrap();
        params
    }

    #[test]
    fn the_first_value_wins_and_presence_is_not_emptiness() {
        let p = params("a=1&a=2&flag&empty=&sp=a+b%20c&bad=%zz&u=%F0%9F%9A%80&&=x");
        assert_eq!(p.get("a"), Some("1"));
        assert!(p.has("flag") && p.has("empty") && !p.has("none"));
        assert_eq!(p.get("sp"), Some("a b c"));
        assert_eq!(p.get("bad"), Some("%zz"));
        assert_eq!(p.get("u"), Some("\u{1F680}"));
    }

    #[test]
    fn booleans_are_true_in_any_case_and_nothing_else() {
        let p = params("a=TRUE&b=1&c=true+&d");
        assert_eq!(["a", "b", "c", "d", "e"].map(|n| p.boolean(n, true)), [true, false, false, false, true]);
    }

    #[test]
    fn numbers_are_those_of_java() {
        let check = |text: &str, expected: Option<i32>| {
            let p = params(&format!("n={}", text.replace('+', "%2B").replace(' ', "+")));
            assert_eq!(p.required_number::<i32>("n").ok(), expected, "{text}");
            assert_eq!(p.number_or("n", -7), expected.unwrap_or(-7), "{text}");
        };
        check("12", Some(12));
        check("+12", Some(12));
        check("-0012", Some(-12));
        check("2147483647", Some(i32::MAX));
        check("2147483648", None);
        check(" 1", None);
        check("1 ", None);
        check("", None);
        check("+", None);
        check("1_0", None);
        check("0x1", None);
        assert_eq!(
            params("").required_number::<i32>("n").unwrap_err().to_string(),
            "Missing required parameter 'n'."
        );
        assert_eq!(
            params("n=x").required_number::<i32>("n").unwrap_err().to_string(),
            "For input string: \"x\""
        );
    }

    #[test]
    fn groups_by_their_brackets() {
        let p = params("g[a]=1&g[b.c]=2&g[a]=3&g[odd=4&h[x]=5&g=6&g[]=7");
        let expected = [("", "7"), ("a", "1"), ("b.c", "2"), ("od", "4")];
        assert_eq!(p.group("g").unwrap(), expected.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!(params("g[=1").group("g").unwrap_err().to_string(), "Param group g is invalid.");
        assert!(params("").group("g").unwrap().is_empty());
    }

    #[test]
    fn nested_groups_by_their_first_closing_bracket() {
        let p = params("r[ROOT][a]=1&r[sub:job][b[c]]=2&r[ROOT][a]=9&r[x][]=3");
        let groups = p.nested_group("r").unwrap();
        assert_eq!(groups["ROOT"]["a"], "1");
        assert_eq!(groups["sub:job"]["b[c]"], "2");
        assert_eq!(groups["x"][""], "3");
        for bad in ["r[a]=1", "r[=1", "r[a]x=1", "r[a=1"] {
            assert_eq!(
                params(bad).nested_group("r").unwrap_err().to_string(),
                "Param group r is invalid.",
                "{bad}"
            );
        }
    }

    #[test]
    fn a_flood_of_parameters_is_refused() {
        let flood = "a&".repeat(MAX_PARAMS + 1);
        assert_eq!(Params::default().add_urlencoded(flood.as_bytes()), Err(TooMany));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_taken(raw: Vec<u8>, tail in "[a-z%&=+\\[\\]é]{0,40}") {
            let mut p = Params::default();
            p.add_urlencoded(&raw).unwrap();
            p.add_urlencoded(tail.as_bytes()).unwrap();
            p.add_urlencoded(format!("g[{tail}=1").as_bytes()).unwrap();
            let _ = (p.group("g"), p.nested_group("g"), p.required_number::<i64>("a"));
        }
    }
}
