//! Service level agreements: by when a flow or a job is to be over, and what happens if it is not
//! (execution-and-scheduling §6).

mod watch;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use watch::{SlaChecked, SlaMiss, SlaWatch};

/// The rules of an execution or a schedule, and who is told of those that are missed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaOptions {
    /// The rules, in the order of the request.
    pub rules: Vec<SlaRule>,
    /// Addresses for mails (`slaEmails`, or `slaAlerters[email][recipients]`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// Settings of alerters other than mail, by alerter and property; kept and shown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub alerters: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

impl SlaOptions {
    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlaRule {
    /// The nested id of the job; `None` for the flow. It need not exist.
    pub job: Option<String>,
    /// What is to be reached in time.
    pub goal: SlaGoal,
    /// Minutes from the start of the flow, or of each attempt of the job.
    pub within_minutes: u64,
    /// A miss is told.
    pub alert: bool,
    /// A miss ends the flow, or the job.
    pub kill: bool,
}

/// What a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlaGoal {
    /// To have ended well.
    Succeed,
    /// To have ended.
    Finish,
}

impl SlaGoal {
    /// The word in the API and in mails.
    pub fn name(self) -> &'static str {
        match self {
            SlaGoal::Succeed => "SUCCEED",
            SlaGoal::Finish => "FINISH",
        }
    }
}
