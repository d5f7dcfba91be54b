use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::time::UnixMillis;

fn new_york() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

fn instant(text: &str) -> UnixMillis {
    UnixMillis(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// The first four fires after a time, as the recorded file writes them.
fn fires(cron: &Cron, after: &str) -> Vec<String> {
    let zone = new_york();
    let fires = std::iter::successors(cron.next_after(instant(after), &zone), |t| cron.next_after(*t, &zone));
    let shown = fires.take(4).map(|t| {
        let at = jiff::Timestamp::from_millisecond(t.0).unwrap().to_zoned_datetime(zone.clone());
        at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    });
    shown.collect()
}

const SPRING: &str = "2026-03-07T12:00:00-05:00";
const AUTUMN: &str = "2026-10-31T12:00:00-04:00";

/// A line of the recorded file: the expression, then its fires after both starts or the reason why it is refused.
fn check_line(line: &str) {
    let (text, expected) = line.split_once(" | ").unwrap();
    match (Cron::parse(text), expected.strip_prefix("ERR ")) {
        (Err(error), Some(reason)) => assert_eq!(error.to_string(), reason, "{text}"),
        (Ok(cron), None) => {
            let mut halves = expected.split(';').map(|half| half.split_whitespace().collect::<Vec<_>>());
            assert_eq!(fires(&cron, SPRING), halves.next().unwrap(), "{text} in spring");
            assert_eq!(fires(&cron, AUTUMN), halves.next().unwrap(), "{text} in autumn");
        }
        (parsed, _) => panic!("{text}: {parsed:?} but recorded {expected}"),
    }
}

#[test]
fn every_recorded_expression_fires_as_recorded() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance/quartz-cron-oracle.txt");
    let Ok(recorded) = std::fs::read_to_string(path) else {
        println!("skipped: no recorded expressions at {path}");
        return;
    };
    let lines: Vec<&str> = recorded.lines().filter(|line| line.contains(" | ")).collect();
    assert!(lines.len() > 40);
    lines.into_iter().for_each(check_line);
}

#[test]
fn changes_of_the_clock_skip_an_hour_and_count_the_second_of_two() {
    for line in [
        "0 30 2 * * ? | 2026-03-09T02:30:00-04:00 2026-03-10T02:30:00-04:00 2026-03-11T02:30:00-04:00 \
         2026-03-12T02:30:00-04:00 ; 2026-11-01T02:30:00-05:00 2026-11-02T02:30:00-05:00 2026-11-03T02:30:00-05:00 \
         2026-11-04T02:30:00-05:00 ;",
        "0 0 22-2 * * ? | 2026-03-07T22:00:00-05:00 2026-03-07T23:00:00-05:00 2026-03-08T00:00:00-05:00 \
         2026-03-08T01:00:00-05:00 ; 2026-10-31T22:00:00-04:00 2026-10-31T23:00:00-04:00 2026-11-01T00:00:00-04:00 \
         2026-11-01T01:00:00-05:00 ;",
        "0 15 10 ? * 6#3 | 2026-03-20T10:15:00-04:00 2026-04-17T10:15:00-04:00 2026-05-15T10:15:00-04:00 \
         2026-06-19T10:15:00-04:00 ; 2026-11-20T10:15:00-05:00 2026-12-18T10:15:00-05:00 2027-01-15T10:15:00-05:00 \
         2027-02-19T10:15:00-05:00 ;",
        "0 0 9 L-3W * ? | 2026-03-27T09:00:00-04:00 2026-04-27T09:00:00-04:00 2026-05-28T09:00:00-04:00 \
         2026-06-26T09:00:00-04:00 ; 2026-11-27T09:00:00-05:00 2026-12-28T09:00:00-05:00 2027-01-28T09:00:00-05:00 \
         2027-02-25T09:00:00-05:00 ;",
        "0 0 0 30 2 ? | ; ;",
        "0 0 0 L-31 * ? | ERR Offset from last day must be <= 30",
    ] {
        check_line(line);
    }
    // Asked within either pass of the repeated hour, or within the hour that is skipped.
    let check = |text: &str, after: &str, expected: &str| {
        assert_eq!(fires(&Cron::parse(text).unwrap(), after)[0], expected, "{text} after {after}");
    };
    check("0 0 1 * * ?", "2026-11-01T01:30:00-04:00", "2026-11-01T01:00:00-05:00");
    check("* * * * * ?", "2026-11-01T01:30:00-04:00", "2026-11-01T01:00:00-05:00");
    check("0 0 1 * * ?", "2026-11-01T01:30:00-05:00", "2026-11-02T01:00:00-05:00");
    check("* * * * * ?", "2026-03-08T01:59:59-05:00", "2026-03-08T03:00:00-04:00");
    check("* * * * * ?", "2026-03-08T03:00:00.999-04:00", "2026-03-08T03:00:01-04:00");
}

#[test]
fn leniencies_of_quartz_mean_what_they_mean_there() {
    for (text, same) in [
        ("99 * * * * ?", "* * * * * ?"),
        ("0 5X 3 ? * MONDAY", "0 5 3 ? * 2"),
        ("0 0 0 ? * MON-FRI/2", "0 0 0 ? * 2-6"),
        ("0 0 0 1 JAN/2 ?", "0 0 0 1 1 ?"),
        ("0 0 0 ? * L", "0 0 0 ? * 7"),
        ("0 0 0 28-3 * ?", "0 0 0 28,29,30,31,1,2,3 * ?"),
        ("0 */0 0 ? * *", "0 * 0 ? * *"),
        ("0 7/0 0 ? * *", "0 7 0 ? * *"),
        ("0 0 9 20,15W * ?", "0 0 9 15W * ?"),
        ("0\t0 9 l-2 * ? * and more", "0 0 9 L-2 * ? *"),
        ("0 0 9 98 * MON", "0 0 9 ? * MON"),
    ] {
        let (one, other) = (Cron::parse(text).unwrap(), Cron::parse(same).unwrap());
        assert_eq!(Cron { text: String::new(), ..one }, Cron { text: String::new(), ..other }, "{text}");
    }
}

#[test]
fn expressions_that_are_refused() {
    for (text, reason) in [
        ("", "Unexpected end of expression."),
        ("* * * * *", "Unexpected end of expression."),
        ("0 0 3 ? * ?", "'?' can only be specfied for Day-of-Month -OR- Day-of-Week."),
        ("0 66 * ? * *", "Minute and Second values must be between 0 and 59"),
        ("0 0 0 ? * 1-8", "Day-of-Week values must be between 1 and 7"),
        ("0 0 0 ? FOO 1", "Invalid Month value: 'FOO'"),
        ("0 0 0 ? * 6#6", "A numeric value between 1 and 5 must follow the '#' option"),
        ("0 */60 0 ? * *", "Increment > 60 : 60"),
        ("0 0 */24 ? * *", "Increment > 24 : 24"),
        ("0 ? 0 ? * *", "'?' can only be specfied for Day-of-Month or Day-of-Week."),
        ("0 1,,2 0 ? * *", "Unexpected end of expression."),
        ("every day at nine in the morning", "Illegal characters for this position: 'EVERY'"),
        ("0 0 0 1 1 ? 2029-2027", "Start year must be less than stop year"),
    ] {
        assert_eq!(Cron::parse(text).unwrap_err().to_string(), reason, "{text}");
    }
    for text in [
        "0 0 0 ? * 2#1,3#2",
        "0 0 0 ? * 2L,3L",
        "0 - 0 ? * *",
        "0 0 0 ? * é",
        "0 0 1L ? * *",
        "0 0 0 ? * MON-6",
    ] {
        assert!(Cron::parse(text).is_err(), "{text}");
    }
    assert!(Cron::parse(&"1,".repeat(3000)).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>(), likely in "([0-9LW#?*/, -]|MON|é){0,24}") {
        let _ = Cron::parse(&text);
        let _ = Cron::parse(&likely);
    }

    #[test]
    fn fires_are_whole_seconds_strictly_later_and_no_day_between_is_missed(
        second in prop_oneof!["[0-5]", "\\*/7", "59"], minute in prop_oneof!["\\*", "0/17", "[0-5]"],
        hour in prop_oneof!["\\*", "1,2", "22-3"], day in prop_oneof!["\\*", "1-31/3", "L", "15W"],
        after in 0i64..4_000_000_000_000,
    ) {
        let cron = Cron::parse(&format!("{second} {minute} {hour} {day} * ?")).unwrap();
        let zone = new_york();
        let next = cron.next_after(UnixMillis(after), &zone).unwrap();
        prop_assert!(next.0 > after && next.0 % 1000 == 0);
        // Whatever one asks in between, the answer is the same.
        let between = after + (next.0 - after) / 2;
        prop_assert_eq!(cron.next_after(UnixMillis(between), &zone), Some(next));
        prop_assert_eq!(cron.next_after(next.plus(-1), &zone), Some(next));
    }
}
