//! The flow state machine, driven by hand and at random.

mod flow_runner;
mod support;
