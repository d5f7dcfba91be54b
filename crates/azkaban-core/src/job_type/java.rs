//! `javaprocess`, and what all Java types share: the class path and the options of the Java machine (projects-and-jobs §7.2).

use super::memory::check_heap;
use super::plan::{Job, Machine, Plan, PlanError, filled, items, needed, split};
use super::plugins::JobType;

/// A `javaprocess` job: the program with the job's own `main`.
pub(super) fn plan(job_type: &JobType, job: &Job<'_>, machine: &dyn Machine) -> Result<Plan, PlanError> {
    let main = needed(job.props, "java.class")?;
    let classpath = classpath(job, machine);
    if classpath.is_empty() {
        return Err(PlanError::NoClasspath);
    }
    command(job_type, job, &[], &classpath, main)
}

/// `java <jvm> -Xms<x> -Xmx<x> -cp <cp> <main> <main.args>`, cut into words as Azkaban cuts it. Unlike there an unset native
/// library path is left out rather than printed as `null` (§11).
pub(super) fn command(
    job_type: &JobType,
    job: &Job<'_>,
    more_options: &[&str],
    classpath: &[String],
    main: &str,
) -> Result<Plan, PlanError> {
    check_heap(job.id, job.props, job.max_heap)?;
    let get = |key: &str| filled(job.props, key);
    let java = match get("job.run.on.java11") {
        Some(v) if v.eq_ignore_ascii_case("true") => {
            filled(&job_type.private, "java11.binary.path").or(get("java11.binary.path")).unwrap_or("java11")
        }
        _ => "java",
    };
    let mut words = vec![java.to_owned()];
    words.extend(get("global.jvm.args").map(str::to_owned));
    words.extend(get("azkaban.job.cluster.nativelib").map(|lib| format!("-Djava.library.path={lib}")));
    words.extend(get("jvm.args").map(str::to_owned));
    words.extend(more_options.iter().map(|&option| option.to_owned()));
    words.push(format!("-Xms{}", get("Xms").unwrap_or("64M")));
    words.push(format!("-Xmx{}", get("Xmx").unwrap_or("256M")));
    words.push(format!("-cp {}", classpath.join(":")));
    words.push(main.to_owned());
    words.extend(get("main.args").map(str::to_owned));
    Ok(Plan { commands: vec![split(&words.join(" "))?], ..Plan::default() })
}

/// `global.classpaths`, the job's `classpath` or else the jars beside it, then those of the cluster.
pub(super) fn classpath(job: &Job<'_>, machine: &dyn Machine) -> Vec<String> {
    let mut paths = items(job.props, "global.classpaths");
    let own = items(job.props, "classpath");
    if own.is_empty() {
        paths.extend(machine.files(job.cwd).into_iter().filter(|name| name.ends_with(".jar")));
    } else {
        paths.extend(own);
    }
    paths.extend(items(job.props, "azkaban.job.cluster.classpaths"));
    paths
}

#[cfg(test)]
mod tests {
    use super::super::testing::Case;

    fn case() -> Case {
        Case::of("javaprocess").job("java.class", "x.Main")
    }

    #[test]
    fn java_jobs_become_one_java_command() {
        case()
            .job("classpath", "a.jar, lib/b.jar")
            .job("jvm.args", "-Da='b c'")
            .job("main.args", "1 2")
            .runs(&["java|-Da=b c|-Xms64M|-Xmx256M|-cp|a.jar:lib/b.jar|x.Main|1|2"]);
        case()
            .job("classpath", "a.jar")
            .job("global.classpaths", "/g.jar")
            .job("azkaban.job.cluster.classpaths", "/c.jar")
            .job("azkaban.job.cluster.nativelib", "/native")
            .job("global.jvm.args", "-ea")
            .job("jvm.args", "-Dx=1")
            .job("Xms", "1M")
            .job("Xmx", "1G")
            .runs(&[
                "java|-ea|-Djava.library.path=/native|-Dx=1|-Xms1M|-Xmx1G|-cp|/g.jar:a.jar:/c.jar|x.Main",
            ]);
    }

    #[test]
    fn jars_beside_the_job_are_its_class_path() {
        let files = ["/exec/7/a.jar", "/exec/7/b.jar", "/exec/7/c.txt", "/exec/7/lib/d.jar"];
        case().files(&files).runs(&["java|-Xms64M|-Xmx256M|-cp|a.jar:b.jar|x.Main"]);
        case().files(&files).job("classpath", " ").runs(&["java|-Xms64M|-Xmx256M|-cp|a.jar:b.jar|x.Main"]);
        case()
            .fails("No classpath defined and no .jar files found in job directory. Can't run java command.");
        Case::of("javaprocess").fails("Job set up failed: Missing required property 'java.class'");
    }

    #[test]
    fn another_java_may_be_asked_for() {
        let eleven = || case().job("classpath", "a.jar").job("job.run.on.java11", "true");
        eleven().runs(&["java11|-Xms64M|-Xmx256M|-cp|a.jar|x.Main"]);
        eleven()
            .private("java11.binary.path", "/jdk11/bin/java")
            .runs(&["/jdk11/bin/java|-Xms64M|-Xmx256M|-cp|a.jar|x.Main"]);
    }

    #[test]
    fn more_memory_than_allowed_is_refused() {
        case()
            .job("classpath", "a.jar")
            .job("Xmx", "3G")
            .fails("j: Xmx value has exceeded the allowed limit (max Xmx = 2G)");
    }
}
