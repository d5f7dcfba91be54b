//! Properties that every node of a flow inherits from its execution (projects-and-jobs §5.5, flow scope).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Props;
use crate::ids::{ExecutionId, ProjectId, ProjectVersion};
use crate::time::UnixMillis;

/// What is known of an execution when it starts.
#[derive(Debug, Clone)]
pub struct FlowFacts<'a> {
    /// Id of the executed flow.
    pub flow: &'a str,
    /// The execution.
    pub execution: ExecutionId,
    /// The project.
    pub project: ProjectId,
    /// The version that is executed.
    pub project_version: ProjectVersion,
    /// The project's name.
    pub project_name: &'a str,
    /// Who changed the project last.
    pub project_last_changed_by: &'a str,
    /// When the project was changed last.
    pub project_last_changed_at: UnixMillis,
    /// Who submitted the execution.
    pub submit_user: &'a str,
    /// How it was submitted: `adhoc`, `schedule`, `event` or `retry`.
    pub execution_source: &'a str,
    /// A random UUID of this run.
    pub uuid: &'a str,
    /// When the flow started.
    pub started_at: UnixMillis,
    /// The server's default time zone.
    pub zone: &'a TimeZone,
}

impl FlowFacts<'_> {
    /// The properties.
    pub fn props(&self) -> Props {
        let mut props = Props::new();
        let mut put = |key: &str, value: String| props.insert(format!("azkaban.flow.{key}"), value);
        put("flowid", self.flow.to_owned());
        put("execid", self.execution.to_string());
        put("projectid", self.project.to_string());
        put("projectversion", self.project_version.to_string());
        put("projectname", self.project_name.to_owned());
        put("projectlastchangedby", self.project_last_changed_by.to_owned());
        put("projectlastchangeddate", self.project_last_changed_at.to_string());
        put("submituser", self.submit_user.to_owned());
        put("executionsource", self.execution_source.to_owned());
        put("uuid", self.uuid.to_owned());

        let instant = Timestamp::from_millisecond(self.started_at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        let start = instant.to_zoned_datetime(self.zone.clone());
        let offset = start.offset().seconds() / 60;
        // A zone without distance to UTC is written `Z`.
        let offset = match offset {
            0 => "Z".to_owned(),
            _ => {
                let sign = if offset < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", offset.abs() / 60, offset.abs() % 60)
            }
        };
        let millis = start.millisecond();
        put("start.timestamp", format!("{}.{millis:03}{offset}", start.strftime("%Y-%m-%dT%H:%M:%S")));
        put("start.year", format!("{:04}", start.year()));
        put("start.month", format!("{:02}", start.month()));
        put("start.day", format!("{:02}", start.day()));
        put("start.hour", format!("{:02}", start.hour()));
        put("start.minute", format!("{:02}", start.minute()));
        put("start.second", format!("{:02}", start.second()));
        put("start.milliseconds", format!("{millis:03}"));
        put(
            "start.timezone",
            self.zone.iana_name().map_or_else(|| start.offset().to_string(), str::to_owned),
        );
        props
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(zone: &TimeZone, millis: i64) -> Props {
        let facts = FlowFacts {
            flow: "main",
            execution: ExecutionId(7),
            project: ProjectId(3),
            project_version: ProjectVersion(2),
            project_name: "p",
            project_last_changed_by: "ann",
            project_last_changed_at: UnixMillis(1000),
            submit_user: "bob",
            execution_source: "adhoc",
            uuid: "u-1",
            started_at: UnixMillis(millis),
            zone,
        };
        facts.props()
    }

    #[test]
    fn the_execution_is_described() {
        let props = facts(&TimeZone::UTC, 0);
        let check =
            |key: &str, expected: &str| assert_eq!(props[&format!("azkaban.flow.{key}")], expected, "{key}");
        check("flowid", "main");
        check("execid", "7");
        check("projectid", "3");
        check("projectversion", "2");
        check("projectname", "p");
        check("projectlastchangedby", "ann");
        check("projectlastchangeddate", "1000");
        check("submituser", "bob");
        check("executionsource", "adhoc");
        check("uuid", "u-1");
    }

    #[test]
    fn the_start_is_told_in_the_zone_of_the_server() {
        let zone = TimeZone::get("America/Los_Angeles").unwrap();
        let props = facts(&zone, 1_548_407_883_023);
        let start = |key: &str| props[&format!("azkaban.flow.start.{key}")].as_str();
        assert_eq!(start("timestamp"), "2019-01-25T01:18:03.023-08:00");
        let parts = ["year", "month", "day", "hour", "minute", "second", "milliseconds"].map(start);
        assert_eq!(parts, ["2019", "01", "25", "01", "18", "03", "023"]);
        assert_eq!(start("timezone"), "America/Los_Angeles");

        let utc = facts(&TimeZone::UTC, 0);
        assert_eq!(utc["azkaban.flow.start.timestamp"], "1970-01-01T00:00:00.000Z");
        assert_eq!(utc["azkaban.flow.start.timezone"], "UTC");
        let kathmandu = facts(&TimeZone::get("Asia/Kathmandu").unwrap(), 1_548_407_883_023);
        assert!(kathmandu["azkaban.flow.start.timestamp"].ends_with("+05:45"));
    }
}
