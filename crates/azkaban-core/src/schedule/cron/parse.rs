//! Reading an expression, as leniently as Quartz.

use super::Cron;
use super::days::DayRule;
use super::field::{ALL, Field, Span, Years};

/// The longest expression in bytes; Quartz has no limit.
const MAX_LENGTH: usize = 4096;

/// Why a text is no cron expression; the messages are those of Quartz, where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CronError(String);

type Result<T> = std::result::Result<T, CronError>;

fn error<T>(message: impl Into<String>) -> Result<T> {
    Err(CronError(message.into()))
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// If Quartz refuses it too, or it is longer than 4 KiB. That it never fires is no error here.
    pub fn parse(text: &str) -> Result<Self> {
        if text.len() > MAX_LENGTH {
            return error(format!("The expression is longer than {MAX_LENGTH} bytes"));
        }
        let upper = text.to_uppercase();
        let mut fields = upper.split([' ', '\t']).filter(|field| !field.is_empty());
        let mut next = || fields.next().ok_or_else(|| CronError("Unexpected end of expression.".to_owned()));
        let seconds = bits(next()?, Field::Second)?;
        let minutes = bits(next()?, Field::Minute)?;
        let hours = bits(next()?, Field::Hour)?;
        let month_days = next()?;
        let by_month = if is_open(month_days) { None } else { Some(days_of_month(month_days)?) };
        let months = bits(next()?, Field::Month)?;
        let week_days = next()?;
        let by_week = if is_open(week_days) { None } else { Some(days_of_week(week_days)?) };
        let years = spans(fields.next().unwrap_or("*"), Field::Year)?;
        let days = match (by_month, by_week) {
            (Some(days), None) | (None, Some(days)) => days,
            (Some(_), Some(_)) => {
                return error(
                    "Support for specifying both a day-of-week AND a day-of-month parameter is not implemented.",
                );
            }
            (None, None) => return error("'?' can only be specfied for Day-of-Month -OR- Day-of-Week."),
        };
        Ok(Self { text: text.trim().to_owned(), seconds, minutes, hours, months, days, years: Years(years) })
    }
}

/// `?`, which Quartz also takes as the number 98.
fn is_open(field: &str) -> bool {
    matches!(field, "?" | "98")
}

fn days_of_month(text: &str) -> Result<DayRule> {
    let items: Vec<&str> = text.split(',').collect();
    if items.iter().any(|item| item.starts_with('L')) {
        let [item] = items[..] else {
            return error(
                "Support for specifying 'L' and 'LW' with other days of the month is not implemented",
            );
        };
        return last_day(&item[1..]);
    }
    let days = bits(text, Field::DayOfMonth)?;
    // With a `W` anywhere, only the smallest day counts.
    let nearest = items.iter().any(|item| number(item).is_some_and(|(_, rest)| rest.starts_with('W')));
    Ok(if nearest { DayRule::NearestWeekday(days.trailing_zeros()) } else { DayRule::Month(days) })
}

/// What may follow `L` in the day of the month: `-n`, `W`.
fn last_day(rest: &str) -> Result<DayRule> {
    let (offset, rest) = match rest.strip_prefix('-') {
        None => (0, rest),
        Some(offset) => number(offset).ok_or_else(|| illegal(offset))?,
    };
    if offset > 30 {
        return error("Offset from last day must be <= 30");
    }
    match rest {
        "" | "W" => Ok(DayRule::Last { offset, weekday: rest == "W" }),
        _ => Err(illegal(rest)),
    }
}

fn days_of_week(text: &str) -> Result<DayRule> {
    let items: Vec<&str> = text.split(',').collect();
    if text == "L" {
        return Ok(DayRule::Week(1 << 7));
    }
    if text.matches('#').count() > 1 {
        return error("Support for specifying multiple \"nth\" days is not implemented.");
    }
    if items.len() > 1 && items.iter().any(|item| item.ends_with('L')) {
        return error("Support for specifying 'L' with other days of the week is not implemented");
    }
    let days = bits(text, Field::DayOfWeek)?;
    let smallest = days.trailing_zeros();
    for item in items {
        let (_, rest) = value(item, Field::DayOfWeek)?.unwrap_or((0, ""));
        if rest.starts_with('L') {
            return Ok(DayRule::LastOfWeek(smallest));
        }
        if let Some(nth) = rest.strip_prefix('#') {
            return match number(nth) {
                Some((nth @ 1..=5, _)) => Ok(DayRule::NthOfWeek { day: smallest, nth }),
                _ => error("A numeric value between 1 and 5 must follow the '#' option"),
            };
        }
    }
    Ok(DayRule::Week(days))
}

fn bits(text: &str, field: Field) -> Result<u64> {
    Ok(spans(text, field)?.into_iter().fold(0, |all, span| all | span.bits(field)))
}

fn spans(text: &str, field: Field) -> Result<Vec<Span>> {
    text.split(',').map(|item| span(item, field)).collect()
}

fn span(item: &str, field: Field) -> Result<Span> {
    let (min, max) = field.bounds();
    let all = |step: u32| Span { first: min, last: max, step: step.max(1) };
    match item {
        "" => return error("Unexpected end of expression."),
        "*" => return Ok(all(1)),
        "?" => return error("'?' can only be specfied for Day-of-Month or Day-of-Week."),
        _ => {}
    }
    if let Some(step) = item.strip_prefix("*/").or_else(|| item.strip_prefix('/')) {
        let (step, _) =
            number(step).ok_or_else(|| CronError("'/' must be followed by an integer.".to_owned()))?;
        let (largest, named) = field.step_bound();
        return if step > largest { error(format!("Increment > {named} : {step}")) } else { Ok(all(step)) };
    }
    let Some((first, rest)) = value(item, field)? else { return Err(illegal(item)) };
    check(first, field)?;
    let is_all = first == ALL && field != Field::Year;
    let first = if is_all { min } else { first };
    match rest.chars().next() {
        Some('-') => range(first, &rest[1..], field, item),
        Some('/') => {
            let (step, _) = number(&rest[1..]).ok_or_else(|| illegal(rest))?;
            Ok(if step == 0 && !is_all {
                Span { first, last: first, step: 1 }
            } else {
                Span { first, last: max, step: step.max(1) }
            })
        }
        Some('#') if field != Field::DayOfWeek => Err(illegal(rest)),
        Some('L') if field != Field::DayOfWeek => error("'L' option is not valid here."),
        Some('W') if field != Field::DayOfMonth => error("'W' option is not valid here."),
        _ if is_all => Ok(all(1)),
        _ => Ok(Span { first, last: first, step: 1 }),
    }
}

/// What follows `a-`. Both ends are numbers, or both names.
fn range(first: u32, text: &str, field: Field, item: &str) -> Result<Span> {
    let end = if number(item).is_some() { number(text) } else { name(text, field)? };
    let Some((last, rest)) = end else { return Err(illegal(text)) };
    check(last, field)?;
    let last = if last == ALL && field != Field::Year { field.bounds().1 } else { last };
    if field == Field::Year && last < first {
        return error("Start year must be less than stop year");
    }
    let step = match rest.strip_prefix('/') {
        Some(step) => number(step).ok_or_else(|| illegal(rest))?.0,
        None => 1,
    };
    // Quartz takes a step of 0 for the first value alone.
    Ok(if step == 0 { Span { first, last: first, step: 1 } } else { Span { first, last, step } })
}

fn check(value: u32, field: Field) -> Result<()> {
    let (min, max) = field.bounds();
    let fits = match field {
        // A year outside never comes, which is no error to Quartz.
        Field::Year => true,
        Field::DayOfWeek => (min..=max).contains(&value),
        _ => (min..=max).contains(&value) || value == ALL,
    };
    if fits { Ok(()) } else { error(field.bounds_message()) }
}

/// A number or a name at the beginning of an item, and what follows.
fn value(text: &str, field: Field) -> Result<Option<(u32, &str)>> {
    match number(text) {
        Some(found) => Ok(Some(found)),
        None => name(text, field),
    }
}

/// The name of a month or day. Other characters than those that mean something after it are skipped.
fn name(text: &str, field: Field) -> Result<Option<(u32, &str)>> {
    let invalid = |kind: &str| error(format!("Invalid {kind} value: '{}'", text.get(..3).unwrap_or(text)));
    let meaning: &[char] = match field {
        Field::Month => &['-'],
        Field::DayOfWeek => &['-', '#', 'L'],
        _ => return Ok(None),
    };
    if !text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Ok(None);
    }
    let Some((number, rest)) =
        text.split_at_checked(3).and_then(|(name, rest)| Some((field.name(name)?, rest)))
    else {
        return invalid(if field == Field::Month { "Month" } else { "Day-of-Week" });
    };
    Ok(Some((number, if rest.starts_with(meaning) { rest } else { "" })))
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn illegal(text: &str) -> CronError {
    CronError(format!("Illegal characters for this position: '{text}'"))
}
