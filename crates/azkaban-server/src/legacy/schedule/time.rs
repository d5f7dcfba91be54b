//! Times as `/schedule` reads and shows them.

use azkaban_core::time::UnixMillis;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::{AmbiguousOffset, TimeZone};

/// `yyyy-MM-dd HH:mm:ss` in a zone, `-` for a negative time (http-api §1.3).
pub(super) fn shown(at: UnixMillis, zone: &TimeZone) -> String {
    match Timestamp::from_millisecond(at.0) {
        Ok(instant) if at.0 >= 0 => {
            jiff::ZonedDateTime::new(instant, zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
        }
        _ => "-".to_owned(),
    }
}

/// `scheduleDate` and `scheduleTime` (http-api §4.11): `MM/dd/yyyy`, or nothing for today, and `hh,mm,am|pm,ZONE`, where
/// `UTC` is UTC and anything else the server's zone. `None` if they are no time; one that summer time skips is none.
pub(super) fn first(
    day: &str,
    time: &str,
    server_zone: &TimeZone,
    now: UnixMillis,
) -> Option<(UnixMillis, TimeZone)> {
    let parts: Vec<&str> = time.split(',').collect();
    let [hour, minute, half, zone, ..] = parts[..] else { return None };
    let (hour, minute): (i32, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let hour = i8::try_from(hour % 12).ok()? + if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
    let zone = if zone == "UTC" { TimeZone::UTC } else { server_zone.clone() };
    let day = match day.trim() {
        "" => zone.to_datetime(Timestamp::from_millisecond(now.0).ok()?).date(),
        day => calendar_day(day)?,
    };
    let wall = jiff::civil::DateTime::from_parts(day, jiff::civil::Time::new(hour, minute, 0, 0).ok()?);
    let offset = match zone.to_ambiguous_timestamp(wall).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset,
        AmbiguousOffset::Fold { before, .. } => before,
        AmbiguousOffset::Gap { .. } => return None,
    };
    Some((UnixMillis(offset.to_timestamp(wall).ok()?.as_millisecond()), zone))
}

/// `MM/dd/yyyy`.
fn calendar_day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('/').collect();
    let [month, day, year] = parts[..] else { return None };
    let digits = |text: &str, most: usize| text.len() <= most && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(month, 2) || !digits(day, 2) || !digits(year, 4) {
        return None;
    }
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    Date::new(year, month, day).ok().filter(|day| *day >= date(1, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_time_is_read_as_azkaban_does() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let at = |text: &str| UnixMillis(text.parse::<Timestamp>().unwrap().as_millisecond());
        let now = at("2026-07-01T03:00:00Z");
        let check = |day: &str, time: &str, expected: Option<&str>| {
            let found = first(day, time, &zone, now).map(|(at, _)| at);
            assert_eq!(found, expected.map(at), "{day} {time}");
        };
        check("07/22/2040", "12,00,pm,UTC", Some("2040-07-22T12:00:00Z"));
        check("07/22/2040", "12,00,am,UTC", Some("2040-07-22T00:00:00Z"));
        check("7/2/2040", "1,05,PM,PDT", Some("2040-07-02T13:05:00-07:00"));
        check("", "1,05,am,x", Some("2026-06-30T01:05:00-07:00"));
        check("", "1,05,am,UTC", Some("2026-07-01T01:05:00Z"));
        // Half past two does not exist on that day; half past one exists twice.
        check("03/08/2026", "2,30,am,x", None);
        check("11/01/2026", "1,30,am,x", Some("2026-11-01T01:30:00-07:00"));
        for (day, time) in [
            ("2040-07-22", "12,00,pm,UTC"),
            ("13/01/2040", "12,00,pm,UTC"),
            ("02/30/2040", "12,00,pm,UTC"),
            ("07/22/2040", "12,60,pm,UTC"),
            ("07/22/2040", "-1,00,am,UTC"),
            ("07/22/2040", "x,00,pm,UTC"),
            ("07/22/2040", "12,00,pm"),
            ("07/22/2040", ""),
        ] {
            check(day, time, None);
        }
    }

    #[test]
    fn times_are_shown_in_the_zone() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        assert_eq!(shown(UnixMillis(0), &zone), "1969-12-31 16:00:00");
        assert_eq!(shown(UnixMillis(-1), &zone), "-");
        assert_eq!(shown(UnixMillis(i64::MAX), &zone), "-");
    }
}
