//! Job types against stand-ins for their tools, which record what they were called with.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use azkaban_testkit::{Client, Options, TestServer, zip_of};
use common::{LIMIT, server, wait_until_ended};
use tempfile::TempDir;

/// Writes its name, arguments, folder and some variables into a file of its own beside it.
const STAND_IN: &str = "\
#!/bin/sh
out=\"$(dirname \"$0\")/$(basename \"$0\").called\"
{
    echo \"cwd=$(pwd)\"
    for argument in \"$@\"; do echo \"arg=$argument\"; done
    env | grep -E '^(MINE|JOB_NAME|HADOOP_OPTS|HADOOP_CLIENT_OPTS|SPARK_HOME|PIG_LOG_FILE)='
    cat \"$JOB_PROP_FILE\" | grep -E '^(shared|plugin.dir|pin)=' | sed 's/^/prop:/'
    cat \"$JOBTYPE_PRIVATE_PROP_FILE\" | grep -E '^pin=' | sed 's/^/private:/'
} >\"$out\"
echo \"hello from $(basename \"$0\")\"
";

/// A server with tools on its path and plugins.
struct Scene {
    server: TestServer,
    tools: TempDir,
}

impl Scene {
    fn new(tools: &[&str], plugins: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for tool in tools {
            put_program(&folder.path().join(tool), STAND_IN);
        }
        for (name, text) in plugins {
            put(
                &folder.path().join("plugins").join(name),
                &text.replace("TOOLS", &folder.path().to_string_lossy()),
            );
        }
        let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default());
        let plugin_dir = folder.path().join("plugins");
        let mut options =
            Options::with_properties(&format!("azkaban.jobtype.plugin.dir={}\n", plugin_dir.display()));
        options.conf.push((
            "azkaban-users.xml".to_owned(),
            "<azkaban-users><user username=\"azkaban\" password=\"test-password\" roles=\"admin\"/>\
             <role name=\"admin\" permissions=\"ADMIN\"/></azkaban-users>"
                .to_owned(),
        ));
        options.env.push(("PATH".to_owned(), path));
        Self { server: server(options), tools: folder }
    }

    /// Uploads these files as a project and runs its flow `j`: the answer to the upload, how the job ended, and its log.
    fn run(&mut self, files: &[(&str, &str)]) -> (serde_json::Value, String, String) {
        let client: Client = self.server.client();
        client.create_project("types");
        let uploaded = client.upload("types", &zip_of(files.iter().copied()));
        let execution = client.execute("types", "j", &[]);
        let answer = wait_until_ended(&client, execution, LIMIT);
        let status = answer["nodes"][0]["status"].as_str().unwrap_or_default().to_owned();
        (uploaded, status, client.job_log(execution, "j", 0))
    }

    /// What a stand-in recorded.
    fn called(&self, tool: &str) -> Vec<String> {
        let path = self.tools.path().join(format!("{tool}.called"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.lines().map(str::to_owned).collect()
    }

    fn arguments(&self, tool: &str) -> Vec<String> {
        self.called(tool).iter().filter_map(|line| line.strip_prefix("arg=").map(str::to_owned)).collect()
    }
}

fn put(path: &Path, text: &str) {
    path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text)).expect("a file");
}

fn put_program(path: &PathBuf, text: &str) {
    put(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a program");
}

const AS_SERVER: (&str, &str) =
    ("commonprivate.properties", "execute.as.user=false\nmemCheck.enabled=false\n");

#[test]
fn a_java_program_gets_its_class_path_memory_and_arguments() {
    let mut scene = Scene::new(&["java"], &[AS_SERVER]);
    let job = "type=javaprocess\njava.class=x.Main\njvm.args=-Da='b c'\nXms=96M\nXmx=512M\nmain.args=one 'two three'\n\
               env.MINE=1\n";
    let (_, status, log) = scene.run(&[("j.job", job), ("a.jar", "x"), ("b.jar", "x")]);
    assert_eq!(status, "SUCCEEDED", "{log}");
    let arguments = scene.arguments("java");
    assert_eq!(
        arguments[..3],
        ["-Dazkaban.flowid=j", "-Dazkaban.execid=1", "-Dazkaban.jobid=j"],
        "{arguments:?}"
    );
    assert_eq!(
        arguments[3..],
        ["-Da=b c", "-Xms96M", "-Xmx512M", "-cp", "a.jar:b.jar", "x.Main", "one", "two three"]
    );
    let called = scene.called("java");
    assert!(called.contains(&"MINE=1".to_owned()) && called.contains(&"JOB_NAME=j".to_owned()), "{called:?}");
    assert!(log.contains("hello from java") && log.contains("Command: java '-Dazkaban.flowid=j'"), "{log}");
}

#[test]
fn a_plugin_gives_its_jobs_properties_and_keeps_others_to_itself() {
    let mut scene = Scene::new(
        &["hadoop"],
        &[
            AS_SERVER,
            ("common.properties", "shared=common\n"),
            (
                "myshell/private.properties",
                "jobtype.class=azkaban.jobtype.HadoopShell\ncommand.blacklist.regex=(?i).*kinit.*\npin=1234\n",
            ),
            ("myshell/plugin.properties", "hadoop.global.opts=-Dserver=1\n"),
        ],
    );
    let job = "type=myshell\ncommand=kinit -k\ncommand.1=hadoop fs -ls '/a b'\nenv.HADOOP_OPTS=-Djob=1\n";
    let (uploaded, status, log) = scene.run(&[("j.job", job)]);
    assert_eq!(status, "SUCCEEDED", "{log}");
    assert!(uploaded["warn"].is_null(), "{uploaded}");
    assert_eq!(scene.arguments("hadoop"), ["fs", "-ls", "/a b"]);
    let called = scene.called("hadoop");
    for line in ["HADOOP_OPTS=-Djob=1 -Dserver=1", "prop:shared=common", "private:pin=1234"] {
        assert!(called.contains(&line.to_owned()), "{line}: {called:?}");
    }
    assert!(!called.contains(&"prop:pin=1234".to_owned()), "a private property reached the job: {called:?}");
    assert!(log.contains("WARN - Removing restricted command: kinit -k"), "{log}");
    assert!(log.contains(" 1 commands to execute."), "{log}");
}

#[test]
fn hive_pig_and_spark_are_called_with_the_jobs_keys() {
    let spark = (
        "spark/private.properties",
        "jobtype.class=azkaban.jobtype.HadoopSparkJob\nspark.home=TOOLS/spark\n",
    );
    let mut scene = Scene::new(&["hive", "pig", "spark/bin/spark-submit"], &[AS_SERVER, spark]);

    let (_, status, log) =
        scene.run(&[("j.job", "type=hive\nhive.script=a.q\nhivevar.day=1 2\nXmx=1G\n"), ("a.q", "")]);
    assert_eq!(status, "SUCCEEDED", "{log}");
    let arguments = scene.arguments("hive");
    assert!(arguments.ends_with(&["-hivevar", "day=1 2", "-f", "a.q"].map(str::to_owned)), "{arguments:?}");
    assert!(arguments.contains(&"azkaban.flow.flowid=j".to_owned()), "{arguments:?}");
    assert!(
        scene
            .called("hive")
            .iter()
            .any(|line| line.starts_with("HADOOP_CLIENT_OPTS=") && line.ends_with("-Xmx1G"))
    );

    let (_, status, log) =
        scene.run(&[("j.job", "type=pig\npig.script=a.pig\nparam.day=1\n"), ("a.pig", "")]);
    assert_eq!(status, "SUCCEEDED", "{log}");
    let arguments = scene.arguments("pig");
    assert_eq!(arguments.last().map(String::as_str), Some("a.pig"), "{arguments:?}");
    assert!(arguments.windows(2).any(|pair| pair == ["-param", "day=1"]), "{arguments:?}");

    // The application is looked for in the job's folder, of which this job is the first to need one.
    let (_, status, log) = scene.run(&[
        ("dir/j.job", "type=spark\nexecution-jar=app.jar\nmaster=yarn\nclass=x.Main\nparams=a b\n"),
        ("dir/app-1.0.jar", "x"),
    ]);
    assert_eq!(status, "SUCCEEDED", "{log}");
    let arguments = scene.arguments("spark/bin/spark-submit");
    let at = arguments
        .iter()
        .position(|argument| argument.ends_with("/dir/app-1.0.jar"))
        .expect("the application");
    assert_eq!(arguments[at + 1..], ["a", "b"]);
    assert!(arguments.windows(2).any(|pair| pair == ["--class", "x.Main"]), "{arguments:?}");
}

#[test]
fn a_job_that_cannot_be_made_ready_fails_and_says_why() {
    let mut scene = Scene::new(
        &[],
        &[AS_SERVER, ("broken/private.properties", "a=1\njobtype.class=com.example.KafkaPushJob\n")],
    );
    let (uploaded, status, log) = scene.run(&[("j.job", "type=broken\n")]);
    let line = "broken/private.properties:2: jobtype.class=com.example.KafkaPushJob: this server cannot run this class";
    let warning = uploaded["warn"].as_str().unwrap_or_default();
    assert!(
        warning.contains("job type 'broken' cannot be used on this server") && warning.contains(line),
        "{uploaded}"
    );
    assert_eq!(status, "FAILED");
    assert!(log.contains(line) && log.contains("Wrapping up broken job j"), "{log}");
    assert!(scene.server.log().contains(line), "the server's log names it");

    let (uploaded, status, log) = scene.run(&[("j.job", "type=nosuch\n")]);
    let warning = uploaded["warn"].as_str().unwrap_or_default();
    assert!(
        warning.contains("job type 'nosuch' is not known to this server; these jobs will fail: j"),
        "{uploaded}"
    );
    assert_eq!(status, "FAILED");
    assert!(
        log.contains("job type 'nosuch' is not known to this server, which knows broken, command, "),
        "{log}"
    );

    // Found out only when the job's folder is there.
    let (_, status, log) = scene.run(&[("j.job", "type=javaprocess\njava.class=x.Main\n")]);
    assert_eq!(status, "FAILED");
    assert!(log.contains("ERROR - No classpath defined and no .jar files found in job directory."), "{log}");
    assert!(log.contains("Wrapping up javaprocess job j"), "{log}");
    let (_, status, _) =
        scene.run(&[("j.job", "type=javaprocess\njava.class=x.Main\njob.succeed.on.failure=true\n")]);
    assert_eq!(status, "FAILED_SUCCEEDED");
}

#[test]
fn a_real_java_runs_a_real_class() {
    let has = |program: &str| {
        std::process::Command::new(program)
            .arg("-version")
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !has("java") || !has("javac") {
        println!("skipped: there is no JDK on this machine");
        return;
    }
    let sources = tempfile::tempdir().expect("a folder");
    let source = "public class Hello { public static void main(String[] a) throws Exception {\n\
                  System.out.println(\"execution \" + System.getProperty(\"azkaban.execid\") + \" \" + a[0]);\n\
                  java.nio.file.Files.writeString(java.nio.file.Path.of(System.getenv(\"JOB_OUTPUT_PROP_FILE\")), \"{}\"); } }\n";
    put(&sources.path().join("Hello.java"), source);
    let compiled = std::process::Command::new("javac").arg("Hello.java").current_dir(sources.path()).status();
    assert!(compiled.is_ok_and(|status| status.success()));
    let class = fs::read(sources.path().join("Hello.class")).expect("a class");
    let mut scene = Scene::new(&[], &[AS_SERVER]);
    let client = scene.server.client();
    client.create_project("java");
    let job =
        b"type=javaprocess\njava.class=Hello\nclasspath=.\nmain.args='from azkaban'\nXms=16M\nXmx=64M\n";
    client.upload("java", &zip_of([("j.job", job.to_vec()), ("Hello.class", class)]));
    let execution = client.execute("java", "j", &[]);
    let answer = wait_until_ended(&client, execution, LIMIT);
    let log = client.job_log(execution, "j", 0);
    assert_eq!(answer["status"], "SUCCEEDED", "{log}");
    assert!(log.contains("execution 1 from azkaban"), "{log}");
}
