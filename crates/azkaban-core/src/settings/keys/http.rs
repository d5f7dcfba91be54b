//! Listening, TLS and URLs (config-and-security §3.2).

use super::{Key, Kind, Section, at_least, honoured, ignored, later};

const PORT: Kind = Kind::Integer { min: 0, max: 65_535 };

pub(super) const SECTION: Section = Section {
    title: "HTTP, TLS and URLs",
    text: "Without `--conf` the server listens on 127.0.0.1:8081. With `--conf` it listens on every interface, as Azkaban does; \
           `--listen ADDRESS:PORT` goes before both. It listens on one port: `jetty.port`, or `jetty.ssl.port` if it speaks TLS.",
    keys: KEYS,
};

const KEYS: &[Key] = &[
    honoured("jetty.port", PORT, Some("8081"), "port for plain HTTP, when TLS is off; 0 takes a free one"),
    honoured(
        "jetty.hostname",
        Kind::Text,
        Some("localhost"),
        "host in the URLs that the server prints; it does not choose the interface",
    ),
    honoured(
        "jetty.use.ssl",
        Kind::Boolean,
        None,
        "TLS instead of plain HTTP; unset, it is on if `jetty.keystore` or `azkaban.tls.certificate` is set. (Azkaban's web server takes `true` when unset)",
    ),
    honoured("jetty.ssl.port", PORT, Some("8443"), "port for TLS; `jetty.port` is then not used"),
    honoured(
        "jetty.keystore",
        Kind::Path,
        None,
        "key store of TLS: JKS, PKCS#12, or PEM with certificate and key. It is read again when it changes",
    ),
    honoured(
        "jetty.password",
        Kind::Text,
        None,
        "password of the key store; `OBF:…` as Jetty writes it is understood",
    ),
    honoured("jetty.keypassword", Kind::Text, None, "password of the key, if it is another"),
    honoured(
        "jetty.excludeCipherSuites",
        Kind::List,
        None,
        "cipher suites to refuse, by their names in Java; TLS before 1.2 and suites without forward secrecy are never offered",
    ),
    honoured(
        "azkaban.tls.certificate",
        Kind::Path,
        None,
        "certificate and chain in PEM, instead of a key store (ours). It is read again when it changes",
    ),
    honoured("azkaban.tls.key", Kind::Path, None, "key of that certificate in PEM, not encrypted (ours)"),
    honoured(
        "azkaban.hsts.max.age.seconds",
        Kind::Integer { min: 0, max: 1_000_000_000 },
        Some("0"),
        "how long browsers shall use nothing but TLS for this host, sent with answers over TLS; 0 sends nothing (ours)",
    ),
    honoured(
        "azkaban.http.max.connections",
        at_least(1),
        Some("10000"),
        "connections at once, fewer if `ulimit -n` allows no more. One more takes the place of the one that has been quiet longest (ours)",
    ),
    honoured(
        "azkaban.http.max.connections.per.client",
        at_least(1),
        None,
        "of these from one address that is no trusted proxy; unset, half of them (ours)",
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
    honoured(
        "azkaban.webserver.external_ssl_port",
        PORT,
        None,
        "port in such links when this server speaks TLS; unset, `jetty.ssl.port`",
    ),
    ignored("jetty.truststore", "clients are not asked for certificates, as in Azkaban"),
    ignored("jetty.trustpassword", "clients are not asked for certificates, as in Azkaban"),
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
