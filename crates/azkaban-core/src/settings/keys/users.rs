//! Users, sessions and rights (config-and-security §3.4).

use super::{Key, Kind, Section, at_least, honoured, ignored, later};

pub(super) const SECTION: Section = Section {
    title: "Users and sessions",
    text: "A password in the users file may be plain, as in Azkaban, or the output of `azkaban hash-password`. The file is read again when it changes.",
    keys: KEYS,
};

const KEYS: &[Key] = &[
    honoured(
        "user.manager.xml.file",
        Kind::Path,
        Some("`azkaban-users.xml` of the `--conf` folder, else of the data folder"),
        "the users file",
    ),
    honoured("session.time.to.live", Kind::Millis, Some("36000000"), "life of a session since its last use"),
    honoured(
        "max.num.sessions",
        at_least(1),
        Some("10000"),
        "sessions kept; the one unused for longest goes first",
    ),
    honoured(
        "azkaban.session.max_number_per_ip_per_user",
        at_least(1),
        None,
        "sessions of one user from one address; unset is unlimited",
    ),
    honoured(
        "lockdown.create.projects",
        Kind::Boolean,
        Some("false"),
        "only roles with ADMIN or CREATEPROJECTS create projects",
    ),
    honoured(
        "lockdown.upload.projects",
        Kind::Boolean,
        Some("false"),
        "only roles with ADMIN or UPLOADPROJECTS upload",
    ),
    honoured(
        "creator.default.proxy",
        Kind::Boolean,
        Some("true"),
        "who creates a project gets ADMIN on it and becomes one of its proxy users; `false` gives nothing",
    ),
    honoured(
        "proxy.user.lock.down",
        Kind::Boolean,
        Some("false"),
        "a job's `user.to.proxy` must be one of the project's proxy users",
    ),
    honoured(
        "azkaban.upload.privilege.user",
        Kind::Text,
        None,
        "uploads by this user lock a project, unless `changeUploadSetting` has said `true` for it; uploads by others unlock it",
    ),
    honoured(
        "azkaban.disable.adhoc.upload.on.locked",
        Kind::Boolean,
        Some("false"),
        "only that user uploads to projects so locked",
    ),
    honoured(
        "azkaban.disable.job.props.override.on.locked",
        Kind::Boolean,
        Some("false"),
        "nobody overrides properties of jobs in projects so locked",
    ),
    honoured(
        "azkaban.audit.retention.days",
        Kind::Integer { min: 1, max: 36_500 },
        Some("365"),
        "how long entries of the audit trail are kept (ours)",
    ),
    honoured(
        "azkaban.audit.refused.burst",
        at_least(1),
        Some("200"),
        "refused attempts that the audit trail lists one by one; beyond it lists one per second and counts the others (ours)",
    ),
    later("user.manager.class", "another source of users; users come from the users file"),
    later("oauth.provider_uri", "login by OAuth"),
    later("oauth.redirect_uri", "login by OAuth"),
    ignored("azkaban.enable.security.cert.management", "security tags of projects"),
];
