//! Projects, uploads and where files are (config-and-security §3.5).

use super::{Key, Kind, Section, at_least, honoured, ignored, later};

pub(super) const SECTION: Section = Section {
    title: "Projects and folders",
    text: "The `azkaban.archive.*` keys are ours: Azkaban has no limits for uploads.",
    keys: KEYS,
};

const KEYS: &[Key] = &[
    honoured(
        "azkaban.project.dir",
        Kind::Path,
        Some("`projects` in the data folder"),
        "unpacked project versions; a cache that may be deleted while the server is stopped",
    ),
    honoured(
        "azkaban.execution.dir",
        Kind::Path,
        Some("`executions` in the data folder"),
        "working folders of running executions",
    ),
    honoured(
        "project.temp.dir",
        Kind::Path,
        Some("`temp` in the data folder"),
        "uploads being received and checked",
    ),
    honoured(
        "max.flow.file.size.mb",
        Kind::Integer { min: 1, max: 1024 },
        Some("10"),
        "largest `.flow` file, in MB",
    ),
    honoured("job.max.Xms", Kind::Text, Some("1G"), "largest `Xms` that a job may ask for"),
    honoured("job.max.Xmx", Kind::Text, Some("2G"), "largest `Xmx` that a job may ask for"),
    honoured(
        "azkaban.archive.max.size.mb",
        Kind::Integer { min: 1, max: 1_048_576 },
        Some("1024"),
        "largest upload, in MB",
    ),
    honoured(
        "azkaban.archive.max.unpacked.mb",
        Kind::Integer { min: 1, max: 16_777_216 },
        Some("8192"),
        "largest sum of an upload's unpacked files, in MB",
    ),
    honoured(
        "azkaban.archive.max.files",
        Kind::Integer { min: 1, max: 10_000_000 },
        Some("100000"),
        "most files and folders in an upload",
    ),
    honoured(
        "azkaban.archive.max.ratio",
        at_least(1),
        Some("1000"),
        "largest unpacked size over packed size of an upload (a guard against zip bombs)",
    ),
    ignored("project.version.retention", "every uploaded version is kept, each content once"),
    ignored("project.download.buffer.size", "buffer of downloads"),
    ignored("azkaban.storage.type", "archives are files of the data folder, named after their content"),
    ignored("azkaban.storage.local.basedir", "see `azkaban.storage.type`"),
    ignored("azkaban.storage.artifact.max.retention", "every uploaded version is kept"),
    ignored("azkaban.storage.hdfs.root.uri", "HDFS storage"),
    ignored("hadoop.conf.dir.path", "HDFS storage"),
    ignored("azkaban.kerberos.principal", "HDFS storage"),
    ignored("azkaban.keytab.path", "HDFS storage"),
    ignored("azkaban.hdfs.auth.impl.class", "HDFS storage"),
    ignored("azkaban.storage.cache.dependency.enabled", "thin archives"),
    ignored("azkaban.storage.cache.dependency_root.uri", "thin archives"),
    ignored("azkaban.storage.origin.dependency_root.uri", "thin archives"),
    ignored("azkaban.dependency.max.download.tries", "thin archives"),
    ignored("azkaban.dependency.download.threadpool.size", "thin archives"),
    ignored("azkaban.dependency.download.timeout.seconds", "thin archives"),
    later("azkaban.project_cache_size_percentage_of_disk", "cleaning of the project cache"),
    later("azkaban.project_cache_throttle_percentage", "cleaning of the project cache"),
    later("project.validators.dir", "validator plugins"),
    later("project.validators.xml.file", "validator plugins"),
    ignored("project.validators.fix.prompt", "“auto-fix” box of the upload dialog"),
    ignored("project.validators.fix.label", "“auto-fix” box of the upload dialog"),
    ignored("project.validators.fix.link", "“auto-fix” box of the upload dialog"),
    ignored("additional.project.validator", "validator class"),
    honoured(
        "project.whitelist.xml.file",
        Kind::Path,
        None,
        "projects, by id, that are exempt from `job.max.Xms` and `job.max.Xmx` (`MemoryCheck`) or whose flows may raise `flow.num.job.threads` (`NumJobPerFlow`)",
    ),
];
