//! `java` and `hadoopJava`: a class without a `main`, which one of Azkaban's own Java classes makes and calls (projects-and-jobs
//! §7.3). That class is in Azkaban's jars, which must be on this machine.

use super::class::Class;
use super::hadoop;
use super::java;
use super::plan::{Job, Machine, Plan, PlanError, PlannedFile, filled, items, needed};
use super::plugins::JobType;
use crate::props::typed;

/// The jars of Azkaban that Azkaban puts on the class path of such a job, by the beginnings of their names.
const JARS: [&str; 4] =
    ["az-core", "azkaban-common", "az-hadoop-jobtype-plugin", "azkaban-hadoop-security-plugin"];

pub(super) fn plan(
    class: Class,
    job_type: &JobType,
    job: &Job<'_>,
    machine: &dyn Machine,
) -> Result<Plan, PlanError> {
    needed(job.props, "job.class")?;
    let hadoop = class == Class::HadoopJava;
    let main =
        if hadoop { "azkaban.jobtype.HadoopJavaJobRunnerMain" } else { "azkaban.jobtype.JavaJobRunnerMain" };
    let private = &job_type.private;
    let mut classpath = if hadoop && typed::boolean(private, "azkaban.no.user.classpath", false) {
        Vec::new()
    } else {
        java::classpath(job, machine)
    };
    let jars = azkaban_jars(job_type, job);
    // An administrator may have named them among the others.
    if jars.is_empty()
        && items(private, "jobtype.classpath").is_empty()
        && items(private, "jobtype.global.classpath").is_empty()
    {
        let (job, job_type) = (job.id.to_owned(), job_type.name.clone());
        return Err(PlanError::NoAzkabanJars { job, job_type });
    }
    classpath.extend(jars);
    let mut files = Vec::new();
    if hadoop {
        let resources = resources(job);
        let content = hadoop::configuration_file(&hadoop::injected(job, true));
        files.push(PlannedFile { path: format!("{resources}/hadoop-inject.xml"), content });
        classpath.push(resources);
        classpath.extend(below(job_type, items(job.props, "jobtype.classpath")));
    } else if let Some(home) =
        filled(private, "hadoop.home").map(str::to_owned).or(machine.variable("HADOOP_HOME"))
    {
        classpath.push(format!("{home}/conf"));
    }
    classpath.extend(below(job_type, items(private, "jobtype.classpath")));
    classpath.extend(items(private, "jobtype.global.classpath"));

    let from_job: &[&str] = if hadoop { &["jobtype.global.jvm.args", "jobtype.jvm.args"] } else { &[] };
    let from_type: &[&str] = if hadoop { from_job } else { &["jobtype.global.jvm.args"] };
    let options: Vec<&str> = from_job
        .iter()
        .filter_map(|key| filled(job.props, key))
        .chain(from_type.iter().filter_map(|key| filled(private, key)))
        .collect();
    let mut plan = java::command(job_type, job, &options, &classpath, main)?;
    plan.files = files;
    if !hadoop {
        // The class sees what the administrator has set, below what the job has.
        plan.props.extend(
            private
                .iter()
                .filter(|(key, _)| !job.props.contains_key(*key))
                .map(|(k, v)| (k.clone(), v.clone())),
        );
    }
    Ok(plan)
}

/// Azkaban's own jars: those in the type's folder, else those of the configured folder.
fn azkaban_jars(job_type: &JobType, job: &Job<'_>) -> Vec<String> {
    let found = |name: &str| {
        let is = |path: &&String| path.rsplit('/').next().is_some_and(|file| file.starts_with(name));
        job_type.jars.iter().find(is).or(job.azkaban_jars.iter().find(is)).cloned()
    };
    JARS.into_iter().filter_map(found).collect()
}

/// The folder of the injected configuration, told apart from those of other jobs in the same place.
fn resources(job: &Job<'_>) -> String {
    let path = filled(job.props, "azkaban.flow.nested.path").unwrap_or(job.id);
    format!("{}/_resources_{}", job.cwd, path.replace([':', '/'], "_"))
}

/// Paths, relative ones below the type's folder.
fn below(job_type: &JobType, paths: Vec<String>) -> impl Iterator<Item = String> {
    let folder = job_type.folder.clone();
    paths.into_iter().map(move |path| match &folder {
        Some(folder) if !path.starts_with('/') => format!("{folder}/{path}"),
        _ => path,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;

    const LIB: [&str; 4] = [
        "/az/lib/az-core-4.0.0.jar",
        "/az/lib/azkaban-common-4.0.0.jar",
        "/az/lib/az-hadoop-jobtype-plugin-4.0.0.jar",
        "/az/lib/jetty-6.jar",
    ];

    #[test]
    fn hadoop_java_runs_azkabans_main_with_the_jobs_class_path() {
        let plan = Case::of("hadoopJava")
            .job("job.class", "x.Job")
            .job("classpath", "./lib/*")
            .job("jobtype.classpath", "own.jar")
            .job("jvm.args", "-Dx=1")
            .job("jobtype.jvm.args", "-Djob=1")
            .job("azkaban.flow.nested.path", "sub:j")
            .job("hadoop-inject.mapreduce.job.queuename", "etl")
            .private("jobtype.classpath", "lib/*,/abs.jar")
            .private("jobtype.global.classpath", "/hadoop/conf,/hadoop/lib/*")
            .private("jobtype.global.jvm.args", "-Dtype=1")
            .folder("/plugins/hadoopJava")
            .azkaban_jars(&LIB)
            .runs(&["java|-Dx=1|-Djob=1|-Dtype=1|-Xms64M|-Xmx256M|-cp|./lib/*:/az/lib/az-core-4.0.0.jar:\
                     /az/lib/azkaban-common-4.0.0.jar:/az/lib/az-hadoop-jobtype-plugin-4.0.0.jar:/exec/7/_resources_sub_j:\
                     /plugins/hadoopJava/own.jar:/plugins/hadoopJava/lib/*:/abs.jar:/hadoop/conf:/hadoop/lib/*|\
                     azkaban.jobtype.HadoopJavaJobRunnerMain"]);
        assert_eq!(plan.files[0].path, "/exec/7/_resources_sub_j/hadoop-inject.xml");
        assert!(plan.files[0].content.contains("<name>mapreduce.job.queuename</name><value>etl</value>"));
        assert!(plan.files[0].content.contains("<name>mapreduce.job.tags</name>"));
    }

    #[test]
    fn the_users_classes_may_be_kept_out() {
        Case::of("hadoopJava")
            .job("job.class", "x.Job")
            .job("classpath", "a.jar")
            .private("azkaban.no.user.classpath", "true")
            .azkaban_jars(&LIB[..1])
            .runs(&["java|-Xms64M|-Xmx256M|-cp|/az/lib/az-core-4.0.0.jar:/exec/7/_resources_j|\
                     azkaban.jobtype.HadoopJavaJobRunnerMain"]);
    }

    #[test]
    fn java_sees_the_private_properties() {
        let plan = Case::of("java")
            .job("job.class", "x.Job")
            .job("classpath", "a.jar")
            .job("mine", "1")
            .private("hive.home", "/hive")
            .private("mine", "2")
            .variable("HADOOP_HOME", "/hadoop")
            .azkaban_jars(&LIB[..1])
            .runs(&["java|-Xms64M|-Xmx256M|-cp|a.jar:/az/lib/az-core-4.0.0.jar:/hadoop/conf|azkaban.jobtype.JavaJobRunnerMain"]);
        assert_eq!(plan.props.get("hive.home").map(String::as_str), Some("/hive"));
        assert_eq!(plan.props.get("mine"), None);
    }

    #[test]
    fn without_azkabans_jars_it_says_what_to_do() {
        Case::of("java").job("job.class", "x.Job").job("classpath", "a.jar").fails(
            "Job set up failed: job j of type 'java' needs Azkaban's own jars (az-core and az-hadoop-jobtype-plugin) to start its \
             class. Put them into the type's folder, or name their folder by azkaban.jobtype.jars.dir",
        );
        Case::of("java").fails("Job set up failed: Missing required property 'job.class'");
    }
}
