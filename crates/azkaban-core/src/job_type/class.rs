//! The implementations that a job type may name, by Azkaban's class names (projects-and-jobs §7.1).

/// What a job type does. Azkaban names a Java class for it (`jobtype.class`); here each is a plain mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `command`, `command.1`, …
    Command,
    /// A Java program with a `main`.
    JavaProcess,
    /// Nothing.
    Noop,
    /// Commands, of which an administrator may forbid some.
    HadoopShell,
    /// A Java class without a `main`, started by Azkaban's own.
    Java,
    /// As [`Class::Java`], with Hadoop's injected configuration.
    HadoopJava,
    /// A Hive script.
    Hive,
    /// A Pig script.
    Pig,
    /// A Pig script without Hadoop's injected configuration.
    PigProcess,
    /// A Spark application.
    Spark,
}

/// Class names as plugins spell them, beside what they mean here.
const NAMES: [(&str, Class); 10] = [
    ("azkaban.jobExecutor.ProcessJob", Class::Command),
    ("azkaban.jobExecutor.JavaProcessJob", Class::JavaProcess),
    ("azkaban.jobExecutor.NoopJob", Class::Noop),
    ("azkaban.jobtype.HadoopShell", Class::HadoopShell),
    ("azkaban.jobtype.JavaJob", Class::Java),
    ("azkaban.jobtype.HadoopJavaJob", Class::HadoopJava),
    ("azkaban.jobtype.HadoopHiveJob", Class::Hive),
    ("azkaban.jobtype.HadoopPigJob", Class::Pig),
    ("azkaban.jobtype.PigProcessJob", Class::PigProcess),
    ("azkaban.jobtype.HadoopSparkJob", Class::Spark),
];

/// Types that need no plugin folder. Azkaban has the first three inside; the others it has as plugins under these names.
pub(super) const BUILT_IN: [(&str, Class); 9] = [
    ("command", Class::Command),
    ("javaprocess", Class::JavaProcess),
    ("noop", Class::Noop),
    ("hadoopShell", Class::HadoopShell),
    ("java", Class::Java),
    ("hadoopJava", Class::HadoopJava),
    ("hive", Class::Hive),
    ("pig", Class::Pig),
    ("spark", Class::Spark),
];

impl Class {
    /// The class that a plugin names; `None` if there is nothing like it here.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, class)| *class)
    }

    /// Azkaban's name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, class)| *class == self).map_or("", |(name, _)| name)
    }

    /// Whether working out its command looks at the files beside the job, which must be there by then.
    pub fn looks_at_files(self) -> bool {
        matches!(self, Self::JavaProcess | Self::Java | Self::HadoopJava | Self::Spark)
    }

    /// Whether it runs for Hadoop: with its delegation tokens and injected configuration.
    pub(super) fn is_hadoop(self) -> bool {
        matches!(
            self,
            Self::HadoopShell | Self::HadoopJava | Self::Hive | Self::Pig | Self::PigProcess | Self::Spark
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_its_own_name() {
        for (name, class) in NAMES {
            assert_eq!((Class::named(name), class.name()), (Some(class), name));
        }
        assert_eq!(Class::named("azkaban.jobtype.connectors.gobblin.GobblinHadoopJob"), None);
    }
}
