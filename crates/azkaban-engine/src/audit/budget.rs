//! How many refusals are told: a burst, then a steady trickle.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// One more may be told after this time.
const REFILL: Duration = Duration::from_secs(1);

/// A bucket of tokens.
pub(super) struct Budget {
    burst: u64,
    left: u64,
    refilled_at: Instant,
    untold: u64,
}

impl Budget {
    /// Refusals that may be told at once.
    pub(super) fn new(burst: u64) -> Self {
        Self { burst, left: burst, refilled_at: Instant::now(), untold: 0 }
    }

    fn take(&mut self, now: Instant) -> Option<u64> {
        let earned = now.duration_since(self.refilled_at).as_secs() / REFILL.as_secs();
        if earned > 0 {
            self.left = self.left.saturating_add(earned).min(self.burst);
            self.refilled_at = now;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Some(std::mem::take(&mut self.untold))
            }
            None => {
                self.untold += 1;
                None
            }
        }
    }
}

/// Leave to tell one refusal, with the number of those before it that were not told; `None` when there were too many.
pub(super) fn take(budget: &Mutex<Budget>) -> Option<u64> {
    budget.lock().unwrap_or_else(PoisonError::into_inner).take(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BURST: u64 = 200;

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_told_in_part_and_counted_whole() {
        let budget = Mutex::new(Budget::new(BURST));
        let told = (0..BURST + 50).filter(|_| take(&budget) == Some(0)).count();
        assert_eq!(told as u64, BURST);
        assert_eq!(take(&budget), None);
        tokio::time::advance(REFILL).await;
        assert_eq!(take(&budget), Some(51), "the next that is told counts the others");
        assert_eq!(take(&budget), None);
        tokio::time::advance(REFILL * 3).await;
        assert_eq!(
            [take(&budget), take(&budget), take(&budget), take(&budget)],
            [Some(1), Some(0), Some(0), None]
        );
        tokio::time::advance(REFILL * 100_000).await;
        let told = (0..BURST * 2).filter(|_| take(&budget).is_some()).count();
        assert_eq!(told as u64, BURST, "a quiet time saves up no more than a burst");
    }
}
