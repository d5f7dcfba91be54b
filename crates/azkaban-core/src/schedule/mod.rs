//! When flows start by themselves (execution-and-scheduling §4).

mod cron;
mod missed;
mod period;
mod timing;

pub use cron::{Cron, CronError};
pub use missed::{Decision, MissedFires, missed_fires};
pub use period::{Period, PeriodError, PeriodUnit};
pub use timing::{DEFAULT_END, Recurrence, Timing};
