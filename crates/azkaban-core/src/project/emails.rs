//! The addresses that a flow's properties name (projects-and-jobs §2.3, §3.5).

/// Addresses in lower case, each once, in the order of the properties.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Emails {
    pub(super) success: Vec<String>,
    pub(super) failure: Vec<String>,
    pub(super) overridden: Vec<String>,
}

impl Emails {
    /// Reads them from the properties that `get` looks up; `notify.emails` counts for both success and failure.
    pub(super) fn from_props<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let read = |keys: &[&str]| {
            let mut addresses = Vec::new();
            for address in keys.iter().filter_map(|key| get(key)).flat_map(split_list) {
                let address = address.to_lowercase();
                if !addresses.contains(&address) {
                    addresses.push(address);
                }
            }
            addresses
        };
        Self {
            success: read(&["success.emails", "notify.emails"]),
            failure: read(&["failure.emails", "notify.emails"]),
            overridden: read(&["override.emails"]),
        }
    }
}

/// The items of a comma list without the blanks around them, empty ones left out.
pub(super) fn split_list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(|item| item.trim_matches(|c: char| c <= ' ')).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notify_addresses_count_for_both_and_repetitions_once() {
        let get = |key: &str| match key {
            "success.emails" => Some(" S@example.com , x@Example.com,,"),
            "notify.emails" => Some("x@example.com,n@example.com"),
            "override.emails" => Some("o@example.com"),
            _ => None,
        };
        assert_eq!(
            Emails::from_props(get),
            Emails {
                success: ["s@example.com", "x@example.com", "n@example.com"].map(str::to_owned).to_vec(),
                failure: ["x@example.com", "n@example.com"].map(str::to_owned).to_vec(),
                overridden: vec!["o@example.com".to_owned()],
            }
        );
    }
}
