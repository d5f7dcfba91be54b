//! Loading projects: the recorded sample projects, arbitrary trees, and job graphs against a naive reading of the rules.

mod common;
mod flow_1_0;
mod flow_2_0;
mod random;
mod samples;
mod size;
