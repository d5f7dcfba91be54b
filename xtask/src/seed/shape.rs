//! Flows to make: jobs with what they depend on, in an order in which they can run.

use std::collections::BTreeSet;

/// A job: its name and the places of the jobs that it depends on, all before its own.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) after: Vec<usize>,
}

/// A flow. The last of its jobs ends it and gives it its name.
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) jobs: Vec<Job>,
    /// The type and the command of its jobs.
    content: &'static str,
}

/// Numbers that look random and are the same each time.
pub(super) fn mix(seed: u64) -> u64 {
    let mut value = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

impl Shape {
    /// Seven jobs: two sources, a diamond, an end.
    pub(super) fn ordinary(name: &str) -> Self {
        let job =
            |suffix: &str, after: &[usize]| Job { name: format!("{name}_{suffix}"), after: after.to_vec() };
        let mut jobs = vec![
            job("extract", &[]),
            job("rates", &[]),
            job("clean", &[0]),
            job("join", &[1, 2]),
            job("check", &[3]),
            job("publish", &[3]),
        ];
        jobs.push(Job { name: name.to_owned(), after: vec![4, 5] });
        Self { name: name.to_owned(), jobs, content: "type=command\ncommand=echo done\n" }
    }

    /// A single job.
    pub(super) fn single(name: &str) -> Self {
        let jobs = vec![Job { name: name.to_owned(), after: Vec::new() }];
        Self { name: name.to_owned(), jobs, content: "type=command\ncommand=echo done\n" }
    }

    /// `nodes` jobs in layers, each after one or two of the layer before, as large flows are in the field.
    pub(super) fn layered(name: &str, nodes: usize) -> Self {
        let width = nodes / 25;
        let mut jobs: Vec<Job> = Vec::with_capacity(nodes);
        let mut ends: BTreeSet<usize> = BTreeSet::new();
        for place in 0..nodes - 1 {
            let (layer, column) = (place / width, place % width);
            let mut after = Vec::new();
            if layer > 0 {
                let before = (layer - 1) * width;
                after.push(before + column);
                if mix(place as u64).is_multiple_of(2) {
                    let other = before + (column + 1 + (mix(place as u64 + 7) % 3) as usize) % width;
                    after.push(other);
                }
            }
            after.sort_unstable();
            after.dedup();
            after.iter().for_each(|place| {
                ends.remove(place);
            });
            ends.insert(place);
            jobs.push(Job { name: format!("{name}_step_{layer:02}_{column:03}"), after });
        }
        jobs.push(Job { name: name.to_owned(), after: ends.into_iter().collect() });
        Self { name: name.to_owned(), jobs, content: "type=noop\n" }
    }

    /// The files of its jobs.
    pub(super) fn files(&self) -> Vec<(String, String)> {
        let text = |job: &Job| {
            let names: Vec<&str> = job.after.iter().map(|place| self.jobs[*place].name.as_str()).collect();
            let dependencies =
                if names.is_empty() { String::new() } else { format!("dependencies={}\n", names.join(",")) };
            format!("{}{dependencies}", self.content)
        };
        self.jobs.iter().map(|job| (format!("{}.job", job.name), text(job))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_leads_to_the_end_and_comes_after_what_it_needs() {
        for shape in [Shape::ordinary("daily"), Shape::single("one"), Shape::layered("wide", 1_000)] {
            let needed: BTreeSet<usize> = shape.jobs.iter().flat_map(|job| job.after.clone()).collect();
            assert_eq!(needed.len(), shape.jobs.len() - 1, "{}", shape.name);
            for (place, job) in shape.jobs.iter().enumerate() {
                assert!(job.after.iter().all(|before| *before < place), "{}", job.name);
            }
            assert_eq!(shape.jobs.last().unwrap().name, shape.name);
        }
        assert_eq!(Shape::layered("wide", 1_000).jobs.len(), 1_000);
    }
}
