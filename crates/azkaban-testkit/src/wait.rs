//! Waiting for a condition, never for luck.

use std::time::{Duration, Instant};

/// Longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Calls `look` until it gives a value, and returns it.
///
/// # Panics
/// After `limit`, with `what` was waited for and the last state that `look` reported.
pub fn wait_for<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Result<T, String>) -> T {
    let begin = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match look() {
            Ok(value) => return value,
            Err(seen) if begin.elapsed() > limit => panic!("waited {limit:?} for {what}; last seen: {seen}"),
            Err(_) => pause_for(pause),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that sleeps, between two looks")]
fn pause_for(pause: Duration) {
    std::thread::sleep(pause);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_returned_once_it_is_there() {
        let mut looks = 0;
        let value = wait_for("three looks", Duration::from_secs(5), || {
            looks += 1;
            if looks == 3 { Ok("there") } else { Err(format!("look {looks}")) }
        });
        assert_eq!(value, "there");
    }

    #[test]
    #[should_panic(expected = "for the moon; last seen: clouds")]
    fn the_last_state_is_reported() {
        wait_for::<()>("the moon", Duration::ZERO, || Err("clouds".to_owned()));
    }
}
