//! The flow state machine, driven by hand and at random.

mod build;
mod conditions;
mod explain;
mod flow_runner;
mod machine;
mod pipeline;
mod properties;
mod random;
mod recorded;
mod reference;
mod sla;
mod support;
