//! `${name}` substitution (projects-and-jobs §5.4).
//!
//! Every key is resolved once and remembered, on an explicit stack: neither a long chain of keys nor one that
//! doubles at every step (whose text would be exponential) can exhaust the stack or the memory.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Props, ResolveError};

/// How many bytes all resolved values of one set of properties may have together.
pub const MAX_RESOLVED_BYTES: usize = 16 * 1024 * 1024;

/// What becomes of a `${name}` that is not defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undefined {
    /// An error.
    Fail,
    /// It stays as it is (job callbacks).
    Keep,
}

/// Substitutes `${name}` in every value. Keys of `nulls` count as undefined when a value refers to them (§3.2).
///
/// # Errors
/// [`ResolveError::Undefined`], [`ResolveError::Circular`], and [`ResolveError::TooLarge`] beyond
/// [`MAX_RESOLVED_BYTES`].
pub fn substitute(
    props: &Props,
    nulls: &BTreeSet<String>,
    undefined: Undefined,
) -> Result<Props, ResolveError> {
    let mut resolver = Resolver { props, nulls, undefined, resolved: HashMap::new(), bytes: 0 };
    for key in props.keys() {
        resolver.resolve(key)?;
    }
    let mut out = Props::new();
    let mut bytes = resolver.bytes;
    for key in props.keys() {
        let first = &resolver.resolved[key.as_str()];
        let value = match resolver.second_pass(key, first, &mut bytes)? {
            Some(value) => value,
            None => first.clone(),
        };
        out.insert(key.clone(), value);
    }
    Ok(out)
}

/// Finds the first `${name}` in `text`: where it starts and ends, and the name, made of `[a-zA-Z_.0-9]+`.
fn next_reference(text: &str) -> Option<(usize, usize, &str)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("${")?;
        let name_start = start + 2;
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
        let len = text.as_bytes()[name_start..].iter().take_while(|&&b| is_name(b)).count();
        let end = name_start + len;
        if len > 0 && text[end..].starts_with('}') {
            return Some((start, end + 1, &text[name_start..end]));
        }
        from = end;
    }
}

fn spend(total: &mut usize, bytes: usize) -> Result<(), ResolveError> {
    *total += bytes;
    if *total > MAX_RESOLVED_BYTES { Err(ResolveError::TooLarge) } else { Ok(()) }
}

struct Resolver<'a> {
    props: &'a Props,
    nulls: &'a BTreeSet<String>,
    undefined: Undefined,
    /// Values of the first pass.
    resolved: HashMap<&'a str, String>,
    /// Bytes produced so far.
    bytes: usize,
}

/// A key in the course of being resolved.
struct Frame<'a> {
    key: &'a str,
    rest: &'a str,
    out: String,
}

impl<'a> Resolver<'a> {
    fn lookup(&self, name: &str) -> Option<(&'a str, &'a str)> {
        let found = self.props.get_key_value(name).filter(|_| !self.nulls.contains(name));
        found.map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// First pass: puts the value of `key` and of all that it refers to into `resolved`.
    fn resolve(&mut self, key: &'a str) -> Result<(), ResolveError> {
        let mut stack: Vec<Frame<'a>> = Vec::new();
        let mut open: HashSet<&'a str> = HashSet::new();
        let mut next = Some((key, self.props[key].as_str()));
        loop {
            if let Some((key, value)) = next.take()
                && !self.resolved.contains_key(key)
            {
                open.insert(key);
                stack.push(Frame { key, rest: value, out: String::new() });
            }
            let Some(frame) = stack.last_mut() else { return Ok(()) };
            let Some((start, end, name)) = next_reference(frame.rest) else {
                let rest = frame.rest;
                frame.out.push_str(rest);
                spend(&mut self.bytes, rest.len())?;
                if let Some(Frame { key, out, .. }) = stack.pop() {
                    open.remove(key);
                    self.resolved.insert(key, out);
                }
                continue;
            };
            let (before, after) = (&frame.rest[..start], &frame.rest[end..]);
            if open.contains(name) {
                let path = stack.iter().map(|f| f.key.to_owned()).collect();
                return Err(ResolveError::Circular { path, variable: name.to_owned() });
            }
            if let Some(value) = self.resolved.get(name).filter(|_| !self.nulls.contains(name)) {
                frame.out.push_str(before);
                frame.out.push_str(value);
                frame.rest = after;
                let spent = before.len() + value.len();
                spend(&mut self.bytes, spent)?;
            } else if let Some(found) = self.lookup(name) {
                // Comes back to this reference once the name is resolved.
                next = Some(found);
            } else if self.undefined == Undefined::Keep {
                frame.out.push_str(&frame.rest[..end]);
                frame.rest = after;
                spend(&mut self.bytes, end)?;
            } else {
                let path = stack.iter().map(|f| f.key).chain([name]).map(str::to_owned).collect();
                return Err(ResolveError::Undefined { path });
            }
        }
    }

    /// Computed names: if what a value became starts with a reference to a known key, it is substituted once more.
    fn second_pass(&self, key: &str, value: &str, bytes: &mut usize) -> Result<Option<String>, ResolveError> {
        let known = |name: &str| self.resolved.get(name).filter(|_| !self.nulls.contains(name));
        if next_reference(value).is_none_or(|(_, _, name)| known(name).is_none()) {
            return Ok(None);
        }
        let mut out = String::new();
        let mut rest = value;
        while let Some((start, end, name)) = next_reference(rest) {
            if name == key {
                return Err(ResolveError::Circular { path: vec![key.to_owned()], variable: name.to_owned() });
            }
            let (before, value) = match known(name) {
                Some(value) => (start, value.as_str()),
                None if self.undefined == Undefined::Keep => (end, ""),
                None => return Err(ResolveError::Undefined { path: vec![key.to_owned(), name.to_owned()] }),
            };
            spend(bytes, before + value.len())?;
            out.push_str(&rest[..before]);
            out.push_str(value);
            rest = &rest[end..];
        }
        spend(bytes, rest.len())?;
        out.push_str(rest);
        Ok(Some(out))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(entries: &[(&str, &str)], undefined: Undefined) -> Result<Props, String> {
        let props = entries.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect();
        substitute(&props, &BTreeSet::new(), undefined).map_err(|e| e.to_string())
    }

    fn check(entries: &[(&str, &str)], key: &str, expected: &str) {
        assert_eq!(run(entries, Undefined::Fail).unwrap()[key], expected, "{entries:?}");
    }

    #[test]
    fn references_are_replaced_through_other_keys() {
        check(&[("a", "<${b}${b}>"), ("b", "${c.d_1}"), ("c.d_1", "x")], "a", "<xx>");
        check(&[("a", "${my-var} ${job:x} ${} ${b ${b}"), ("b", "1")], "a", "${my-var} ${job:x} ${} ${b 1");
        check(&[("a", "$${b}"), ("b", "1")], "a", "$1");
        check(&[("a", ""), ("b", "é${a}é")], "b", "éé");
    }

    #[test]
    fn one_level_of_computed_names_is_resolved() {
        let entries = [
            ("spark.version", "${spark.version.${spark.branch}}"),
            ("spark.branch", "${test}"),
            ("test", "sparky"),
            ("spark.version.sparky", "2.3.0"),
        ];
        for undefined in [Undefined::Keep, Undefined::Fail] {
            assert_eq!(run(&entries, undefined).unwrap()["spark.version"], "2.3.0");
        }
    }

    #[test]
    fn an_undefined_name_is_an_error_with_the_way_to_it() {
        let error = run(&[("a", "${b}"), ("b", "${nope}")], Undefined::Fail).unwrap_err();
        assert_eq!(error, "Could not find variable substitution for variable(s) [a->b->nope]");
    }

    #[test]
    fn lenient_mode_keeps_what_is_undefined() {
        let props = run(&[("B", "${A}"), ("C", "${B}")], Undefined::Keep).unwrap();
        assert_eq!((&*props["B"], &*props["C"]), ("${A}", "${A}"));
    }

    #[test]
    fn a_null_is_empty_itself_and_undefined_for_others() {
        let props = Props::from([("a".to_owned(), "<${n}>".to_owned()), ("n".to_owned(), String::new())]);
        let nulls = BTreeSet::from(["n".to_owned()]);
        let error = substitute(&props, &nulls, Undefined::Fail).unwrap_err().to_string();
        assert_eq!(error, "Could not find variable substitution for variable(s) [a->n]");
        assert_eq!(substitute(&props, &nulls, Undefined::Keep).unwrap()["n"], "");
    }

    #[test]
    fn cycles_are_errors() {
        let check = |entries: &[(&str, &str)], expected: &str| {
            assert_eq!(run(entries, Undefined::Fail).unwrap_err(), expected);
            assert_eq!(run(entries, Undefined::Keep).unwrap_err(), expected);
        };
        check(&[("a", "${a}")], "Circular variable substitution found: [a] -> [a]");
        check(&[("a", "${b}"), ("b", "${a}")], "Circular variable substitution found: [a->b] -> [a]");
        let long = [("a", "testing ${c} ${b}"), ("b", "${c} test"), ("c", "${d}"), ("d", "${a}")];
        check(&long, "Circular variable substitution found: [a->c->d] -> [a]");
        check(&[("a", "${${b}}"), ("b", "a")], "Circular variable substitution found: [a] -> [a]");
    }

    #[test]
    fn explosions_and_deep_chains_are_bounded() {
        let mut laughs = Props::from([("k0".to_owned(), "ha".to_owned())]);
        laughs.extend((1..100).map(|i| (format!("k{i}"), format!("${{k{0}}}${{k{0}}}", i - 1))));
        let error = substitute(&laughs, &BTreeSet::new(), Undefined::Fail).unwrap_err();
        assert_eq!(error, ResolveError::TooLarge);

        // Each of the names that the values compute stands for much text.
        let mut computed =
            Props::from([("n".to_owned(), "big".to_owned()), ("big".to_owned(), "x".repeat(1 << 20))]);
        computed.extend((0..20).map(|i| (format!("k{i}"), "${${n}}".to_owned())));
        let result = substitute(&computed, &BTreeSet::new(), Undefined::Fail);
        assert!(matches!(result, Err(ResolveError::TooLarge)));

        let mut chain = Props::from([("k100000".to_owned(), "end".to_owned())]);
        chain.extend((0..100_000).map(|i| (format!("k{i}"), format!("${{k{}}}", i + 1))));
        assert_eq!(substitute(&chain, &BTreeSet::new(), Undefined::Fail).unwrap()["k0"], "end");
    }

    proptest! {
        #[test]
        fn no_properties_panic(
            props in prop::collection::btree_map("[abc]", "([ab$é{}]|\\$\\{[abc]\\}){0,8}", 0..4),
        ) {
            let _ = substitute(&props, &BTreeSet::new(), Undefined::Fail);
            let _ = substitute(&props, &BTreeSet::new(), Undefined::Keep);
        }
    }
}
