//! Bounds on what a project may ask for: Azkaban's own, and those that keep a hostile archive from taking the server down.

use thiserror::Error;

use super::LoadError;
use crate::props::Decoding;

/// What [`super::load`] accepts. [`Default`] has Azkaban's defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadLimits {
    /// How `.job` and `.properties` files are decoded.
    pub decoding: Decoding,
    /// Largest `.flow` file, in mebibytes (`max.flow.file.size.mb`, 10).
    pub max_flow_file_mb: u64,
    /// Largest `Xms` of a job (`job.max.Xms`, 1G); `None` for projects that are exempt from the memory check.
    pub max_xms: Option<MemoryLimit>,
    /// Largest `Xmx` of a job (`job.max.Xmx`, 2G); `None` for projects that are exempt from the memory check.
    pub max_xmx: Option<MemoryLimit>,
    /// HTTP callbacks per job and event that are looked at (`jobcallback.max_count`, 3).
    pub max_callbacks: u32,
    /// Longest body of a callback, in characters (`jobcallback.max.body.length`, 4096).
    pub max_callback_body: usize,
    /// Embedded flows inside each other, in one flow.
    pub max_flow_depth: usize,
    /// Nodes of one flow with its embedded flows expanded.
    pub max_flow_nodes: usize,
    /// Nodes of all flows, each flow for itself.
    pub max_nodes: usize,
    /// Dependencies of all nodes.
    pub max_dependencies: usize,
    /// Bytes that YAML aliases may add to a flow file by repeating parts of it.
    pub max_alias_bytes: usize,
}

impl Default for LoadLimits {
    fn default() -> Self {
        let limit = |text| Some(MemoryLimit::parse(text).expect("the texts below are numbers with a unit"));
        Self {
            decoding: Decoding::Detect,
            max_flow_file_mb: 10,
            max_xms: limit("1G"),
            max_xmx: limit("2G"),
            max_callbacks: 3,
            max_callback_body: 4096,
            max_flow_depth: 50,
            max_flow_nodes: 200_000,
            max_nodes: 1_000_000,
            max_dependencies: 2_000_000,
            max_alias_bytes: 64 << 20,
        }
    }
}

/// What is left of the limits that hold for the project as a whole.
#[derive(Debug)]
pub(super) struct Budget {
    nodes: usize,
    dependencies: usize,
    alias_bytes: usize,
    limits: (usize, usize),
}

impl Budget {
    pub(super) fn new(limits: &LoadLimits) -> Self {
        Self {
            nodes: limits.max_nodes,
            dependencies: limits.max_dependencies,
            alias_bytes: limits.max_alias_bytes,
            limits: (limits.max_nodes, limits.max_dependencies),
        }
    }

    /// Takes one node.
    pub(super) fn node(&mut self) -> Result<(), LoadError> {
        self.nodes = self.nodes.checked_sub(1).ok_or(LoadError::TooManyNodes { limit: self.limits.0 })?;
        Ok(())
    }

    /// Takes one dependency.
    pub(super) fn dependency(&mut self) -> Result<(), LoadError> {
        self.dependencies = self
            .dependencies
            .checked_sub(1)
            .ok_or(LoadError::TooManyDependencies { limit: self.limits.1 })?;
        Ok(())
    }

    /// Takes `bytes` that an alias repeats; false if there are not so many left.
    pub(super) fn repeat(&mut self, bytes: usize) -> bool {
        let left = self.alias_bytes.checked_sub(bytes);
        self.alias_bytes = left.unwrap_or(0);
        left.is_some()
    }
}

/// An amount of memory as users write it: a number of bytes, or with the unit `k`, `m` or `g` in any case (§8.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryLimit {
    text: String,
    bytes: i128,
}

/// A text that is not an amount of memory.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("For input string: \"{0}\"")]
pub struct MemoryError(pub String);

impl MemoryLimit {
    /// Reads an amount.
    ///
    /// # Errors
    /// [`MemoryError`] with the part that should have been a number.
    pub fn parse(text: &str) -> Result<Self, MemoryError> {
        Ok(Self { text: text.to_owned(), bytes: parse_memory(text)? })
    }

    /// The amount in bytes; 0 for less than that.
    pub fn bytes(&self) -> u64 {
        u64::try_from(self.bytes.max(0)).unwrap_or(u64::MAX)
    }

    /// The text as it was written; messages show it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether `text` is a larger amount.
    ///
    /// # Errors
    /// [`MemoryError`] if `text` is no amount.
    pub fn is_exceeded_by(&self, text: &str) -> Result<bool, MemoryError> {
        Ok(parse_memory(text)? > self.bytes)
    }
}

fn parse_memory(text: &str) -> Result<i128, MemoryError> {
    let (number, unit) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 1 << 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 1 << 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 1 << 30),
        _ => (text, 1),
    };
    let number: i64 = number.parse().map_err(|_| MemoryError(number.to_owned()))?;
    Ok(i128::from(number) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_memory() {
        let limit = MemoryLimit::parse("1G").unwrap();
        for (text, exceeds) in [
            ("1G", false),
            ("1g", false),
            ("1024m", false),
            ("1025M", true),
            ("1048577k", true),
            ("1073741824", false),
            ("1073741825", true),
            ("9223372036854775807G", true),
            ("-5g", false),
        ] {
            assert_eq!(limit.is_exceeded_by(text), Ok(exceeds), "{text}");
        }
        for (text, shown) in
            [("", ""), ("G", ""), ("lotsG", "lots"), ("1GB", "1GB"), ("1.5G", "1.5"), ("é", "é")]
        {
            let error = limit.is_exceeded_by(text).unwrap_err();
            assert_eq!(error.to_string(), format!("For input string: \"{shown}\""), "{text}");
        }
    }
}
