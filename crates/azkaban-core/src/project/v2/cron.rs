//! Whether a text is a Quartz cron expression (execution-and-scheduling §4.1).

const MONTHS: [&str; 12] =
    ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

#[derive(Clone, Copy, PartialEq)]
enum Field {
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
    Year,
}

impl Field {
    const ALL: [Field; 7] = [
        Field::Second,
        Field::Minute,
        Field::Hour,
        Field::DayOfMonth,
        Field::Month,
        Field::DayOfWeek,
        Field::Year,
    ];

    /// Smallest and largest value. Quartz lets its internal marker 99 through, except as a day of the week or a year.
    fn accepts(self, value: u32) -> bool {
        let (min, max) = match self {
            Field::Second | Field::Minute => (0, 59),
            Field::Hour => (0, 23),
            Field::DayOfMonth => (1, 31),
            Field::Month => (1, 12),
            Field::DayOfWeek => return (1..=7).contains(&value),
            Field::Year => return true,
        };
        (min..=max).contains(&value) || value == 99
    }

    /// Largest step after `*/` and `/`.
    fn max_step(self) -> u32 {
        match self {
            Field::Second | Field::Minute => 59,
            Field::Hour => 23,
            Field::DayOfMonth => 31,
            Field::Month => 12,
            Field::DayOfWeek => 7,
            Field::Year => u32::MAX,
        }
    }

    fn name(self, text: &str) -> Option<u32> {
        let names: &[&str] = match self {
            Field::Month => &MONTHS,
            Field::DayOfWeek => &DAYS,
            _ => &[],
        };
        (1..).zip(names).find(|(_, name)| **name == text).map(|(number, _)| number)
    }
}

/// Whether Quartz parses `text`: six or seven fields, exactly one of the two day fields a `?`.
pub(super) fn is_valid(text: &str) -> bool {
    let text = text.to_uppercase();
    let fields: Vec<&str> = text.split([' ', '\t']).filter(|f| !f.is_empty()).collect();
    if fields.len() < 6 {
        return false;
    }
    let is_open = |field: usize| fields[field] == "?";
    is_open(3) != is_open(5) && fields.iter().zip(Field::ALL).all(|(text, field)| is_field(text, field))
}

fn is_field(text: &str, field: Field) -> bool {
    let items: Vec<&str> = text.split(',').collect();
    let special = match field {
        // `L` and `LW` in a list are not implemented in Quartz, nor is `6L`; more than one `#` neither.
        Field::DayOfMonth => items.iter().any(|item| item.contains('L')),
        Field::DayOfWeek => items.iter().any(|item| item.ends_with('L')),
        _ => false,
    };
    !(special && items.len() > 1)
        && (field != Field::DayOfWeek || text.matches('#').count() <= 1)
        && items.iter().all(|item| is_item(item, field))
}

fn is_item(item: &str, field: Field) -> bool {
    match item {
        "*" => return true,
        "?" => return matches!(field, Field::DayOfMonth | Field::DayOfWeek),
        _ => {}
    }
    if let Some(step) = item.strip_prefix("*/").or_else(|| item.strip_prefix('/')) {
        return number(step).is_some_and(|(step, _)| step <= field.max_step());
    }
    if let Some(rest) = item.strip_prefix('L') {
        return match field {
            Field::DayOfMonth => is_last_day(rest),
            Field::DayOfWeek => rest.is_empty(),
            _ => false,
        };
    }
    let Some((value, rest)) = value(item, field) else { return false };
    field.accepts(value) && is_rest(rest, field)
}

/// What may follow `L` in the day of the month: `-n`, `W`.
fn is_last_day(rest: &str) -> bool {
    let rest = match rest.strip_prefix('-') {
        None => rest,
        Some(offset) => match number(offset) {
            Some((offset, rest)) if offset <= 30 => rest,
            _ => return false,
        },
    };
    matches!(rest, "" | "W")
}

/// A number or the name of a month or day, and what follows. After a name, Quartz skips other characters.
fn value(text: &str, field: Field) -> Option<(u32, &str)> {
    number(text).or_else(|| {
        let (name, rest) = text.split_at_checked(3)?;
        let rest = if rest.starts_with(['-', '#', 'L']) { rest } else { "" };
        Some((field.name(name)?, rest))
    })
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// What may follow the first value of an item. Other characters than these are skipped by Quartz.
fn is_rest(rest: &str, field: Field) -> bool {
    match rest.chars().next() {
        Some('-') => match value(&rest[1..], field) {
            // A name's remainder is skipped; of a number's, only a step counts.
            Some((end, rest)) => {
                field.accepts(end) && rest.strip_prefix('/').is_none_or(|s| number(s).is_some())
            }
            None => false,
        },
        Some('/') => number(&rest[1..]).is_some(),
        Some('#') => {
            field == Field::DayOfWeek && number(&rest[1..]).is_some_and(|(n, _)| (1..=5).contains(&n))
        }
        Some('L') => field == Field::DayOfWeek,
        Some('W') => field == Field::DayOfMonth,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn expressions_that_quartz_parses() {
        for text in [
            "0 0 3 ? * *",
            "0 0 3 ? * * 2030",
            "0 0 * ? * FRI",
            "0 0 12 * * ?",
            "0\t15 10 ? * 6L 2027-2029 further fields are not read",
            "0 15 10 l-2 * ?",
            "0 0 9 L-3W * ?",
            "0 0 9 15W * ?",
            "0 0 0 ? * MON#2",
            "0 0 0 ? NOV-FEB 2",
            "0 0 0 1 JAN,JUL ? 2027/2",
            "5/15 3-50/7 */6 ? 1-12/3 3,5",
            "0 0 0 ? * MON-FRI/2",
            "0 5X /5 ? * MONDAY",
            "99 0 0 ? * L",
        ] {
            assert!(is_valid(text), "{text}");
        }
    }

    #[test]
    fn expressions_that_quartz_refuses() {
        for text in [
            "",
            "0 0 3",
            "0 0 3 * * *",
            "0 0 3 ? * ?",
            "0 66 * ? * *",
            "0 * * ? * 8",
            "0 * 25 ? * FRI",
            "0 0 0 L-31 * ?",
            "0 0 24 * * ?",
            "0 0 0 1,15,L * ?",
            "0 0 0 ? * 0",
            "0 0 0 ? FOO 1",
            "0 0 0 ? * 6#6",
            "0 0 0 ? * 2#1,3#2",
            "0 */60 0 ? * *",
            "0 ? 0 ? * *",
            "0 - 0 ? * *",
            "0 1,,2 0 ? * *",
            "0 0 0 ? * é",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn the_recorded_expressions_are_judged_as_recorded() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/quartz-cron-oracle.txt");
        let Ok(recorded) = std::fs::read_to_string(path) else {
            println!("skipped: no recorded expressions at {path}");
            return;
        };
        let recorded: Vec<_> = recorded.lines().filter_map(|line| line.split_once(" | ")).collect();
        assert!(recorded.len() > 40);
        for (text, outcome) in recorded {
            assert_eq!(is_valid(text), !outcome.starts_with("ERR"), "{text}: {outcome}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>(), likely in "([0-9LW#?*/, -]|MON|é){0,24}") {
            is_valid(&text);
            is_valid(&likely);
        }
    }
}
