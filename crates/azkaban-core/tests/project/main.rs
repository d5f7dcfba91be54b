//! Loading projects: the recorded sample projects, arbitrary trees, and job graphs against a naive reading of the rules.

mod common;
mod samples;
