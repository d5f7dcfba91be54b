//! Listening, TLS and URLs (config-and-security §3.2).

use super::{Key, Kind, Section, honoured, ignored, later};

const PORT: Kind = Kind::Integer { min: 0, max: 65_535 };

pub(super) const SECTION: Section = Section {
    title: "HTTP, TLS and URLs",
    text: "Without `--conf` the server listens on 127.0.0.1:8081. With `--conf` it listens on every interface, as Azkaban does; \
           `--listen ADDRESS:PORT` goes before both.",
    keys: KEYS,
};

const KEYS: &[Key] = &[
    honoured("jetty.port", PORT, Some("8081"), "port for plain HTTP; 0 takes a free one"),
    honoured(
        "jetty.hostname",
        Kind::Text,
        Some("localhost"),
        "host in the URLs that the server prints; it does not choose the interface",
    ),
    honoured(
        "jetty.use.ssl",
        Kind::Boolean,
        Some("false"),
        "TLS; this version serves plain HTTP only and refuses to start with `true`. (Azkaban's web server alone takes `true` when unset)",
    ),
    honoured("azkaban.default.servlet.path", Kind::Text, Some("/index"), "where `/` redirects to"),
    honoured(
        "azkaban.webserver.url",
        Kind::Text,
        None,
        "base URL of this server in the links that jobs are given; unset, they get none",
    ),
    honoured(
        "azkaban.form.max.size",
        Kind::Size,
        Some("10MB"),
        "largest form body; larger ones are refused (ours; fixed in Azkaban)",
    ),
    honoured(
        "azkaban.trusted.proxies",
        Kind::List,
        Some("127.0.0.0/8, ::1"),
        "proxies whose `X-Forwarded-For` is believed, as addresses and ranges (ours; Azkaban believes everybody)",
    ),
    honoured(
        "azkaban.webserver.external_hostname",
        Kind::Text,
        None,
        "host in links of mails when a reverse proxy is in front; unset, `jetty.hostname`",
    ),
    honoured("azkaban.webserver.external_port", PORT, None, "port in such links; unset, `jetty.port`"),
    later("azkaban.webserver.external_ssl_port", "TLS port in such links"),
    later("jetty.ssl.port", "TLS port"),
    later("jetty.keystore", "key store of TLS"),
    later("jetty.password", "password of the key store"),
    later("jetty.keypassword", "password of the key"),
    later("jetty.truststore", "trust store of TLS"),
    later("jetty.trustpassword", "password of the trust store"),
    later("jetty.excludeCipherSuites", "cipher suites to refuse"),
    ignored("jetty.maxThreads", "requests are not bound to threads"),
    ignored("jetty.headerBufferSize", "headers have a fixed bound"),
    ignored("jetty.connector.stats", "statistics for JMX"),
    later("azkaban.executor.client.tls.enabled", "HTTPS between servers"),
    later("azkaban.executor.client.truststore", "trust store for HTTPS between servers"),
    later("azkaban.executor.client.trustpassword", "its password"),
    ignored("azkaban.executor.reverse.proxy.enabled", "gateway between web server and executors"),
    ignored("azkaban.executor.reverse.proxy.hostname", "gateway between web server and executors"),
    ignored("azkaban.executor.reverse.proxy.port", "gateway between web server and executors"),
    ignored("azkaban.server.hostname", "host under which an executor registers"),
];
