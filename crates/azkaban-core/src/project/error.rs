//! What makes loading a project impossible as a whole.

use thiserror::Error;

use super::limits::MemoryError;

/// Loading stopped. The face shows the text after `Installation Failed.<br>` (projects-and-jobs §1.7).
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LoadError {
    /// Two `.project` files in one directory.
    #[error("Duplicate project YAML files found in the project directory. Only one is allowed.")]
    DuplicateProjectFiles,
    /// The `.project` file does not say which format the project is in.
    #[error("azkaban-flow-version is not specified in the project YAML file.")]
    FlowVersionMissing,
    /// The `.project` file asks for a format other than 2.0.
    #[error("Invalid azkaban-flow-version in the project YAML file.")]
    FlowVersionInvalid,
    /// The `.project` file is no YAML mapping.
    #[error("Error reading project YAML file. {reason}")]
    ProjectFileUnreadable {
        /// What is wrong, and where.
        reason: String,
    },
    /// A `.job` or `.properties` file has a broken `\u` escape (§2.1).
    #[error("Malformed \\uxxxx encoding.")]
    MalformedEscape {
        /// The file's path in the archive.
        path: String,
        /// The line on which the entry starts, from 1.
        line: usize,
    },
    /// An `Xms` or `Xmx` is not an amount of memory (§8.5).
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// A `.flow` file is too large (§1.1).
    #[error("Flow file length exceeds {limit_mb} MB limit.")]
    FlowFileTooLarge {
        /// [`super::LoadLimits::max_flow_file_mb`].
        limit_mb: u64,
    },
    /// All flows together have too many nodes.
    #[error("The flows of the project have more than {limit} nodes.")]
    TooManyNodes {
        /// [`super::LoadLimits::max_nodes`].
        limit: usize,
    },
    /// All nodes together have too many dependencies.
    #[error("The jobs of the project have more than {limit} dependencies.")]
    TooManyDependencies {
        /// [`super::LoadLimits::max_dependencies`].
        limit: usize,
    },
}
