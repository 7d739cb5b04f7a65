//! The rule of every setting: what is refused, beside its twin that is accepted.

use agentid::config::DpopNonce;

use super::{Layers, accepted, refused, with};

const PROXY: (&str, &str) = ("server.trusted_proxies", "10.0.0.1");

fn issuer(text: &str) -> String {
    with(&[("server.issuer", text)]).load().unwrap().config.server.issuer.to_string()
}

#[test]
fn the_issuer_follows_the_address() {
    let of = |listen| with(&[("server.listen", listen)]).load().unwrap().config.server.issuer.to_string();
    assert_eq!(of("127.0.0.1:8787"), "http://127.0.0.1:8787");
    assert_eq!(of("[::1]:9000"), "http://[::1]:9000");
    assert_eq!(of("127.0.0.1:80"), "http://127.0.0.1", "as every URL library writes it");
}

#[test]
fn the_issuer_is_normalised() {
    assert_eq!(issuer("https://id.example"), "https://id.example");
    assert_eq!(issuer("https://id.example/"), "https://id.example");
    assert_eq!(issuer("https://ID.example:443//"), "https://id.example");
    assert_eq!(issuer("https://id.example/tenant/"), "https://id.example/tenant");
    assert_eq!(issuer("https://[2001:db8::1]:8443/"), "https://[2001:db8::1]:8443");
}

#[test]
fn an_issuer_is_a_plain_url() {
    for text in ["https://id.example?a=b", "https://id.example?", "https://id.example#a", "https://u@id.example"] {
        refused(&[("server.issuer", text)], "server.issuer", "URL without user, query and fragment");
    }
    for text in ["https://:p@id.example", "ftp://id.example", "id.example", "https://", ""] {
        refused(&[("server.issuer", text)], "server.issuer", "http:// or https:// URL");
    }
}

#[test]
fn plain_http_stays_on_this_machine() {
    for host in ["127.0.0.1", "127.1.2.3:8787", "[::1]:8787", "localhost", "LOCALHOST:1"] {
        accepted(&[("server.issuer", &format!("http://{host}"))]);
    }
    for host in ["id.example", "128.0.0.1", "0.0.0.0", "10.0.0.1", "[::]", "[::2]", "localhost.example", "a.localhost"]
    {
        refused(&[("server.issuer", &format!("http://{host}"))], "server.issuer", "an https:// URL");
        accepted(&[("server.issuer", &format!("https://{host}"))]);
    }
}

#[test]
fn beyond_loopback_a_proxy_ends_tls() {
    let public = ("server.issuer", "https://id.example");
    for listen in ["0.0.0.0:8787", "10.0.0.1:8787", "[::]:8787", "[2001:db8::1]:8787"] {
        let listen = ("server.listen", listen);
        refused(&[listen, public], "server.listen", "server.trusted_proxies set as well: TLS ends at the proxy");
        refused(&[listen, PROXY], "server.issuer", "an https:// URL");
        accepted(&[listen, public, PROXY]);
    }
    for listen in ["127.0.0.1:0", "127.9.9.9:8787", "[::1]:8787"] {
        accepted(&[("server.listen", listen)]);
    }
}

#[test]
fn an_address_has_a_port() {
    for listen in ["127.0.0.1", "localhost:8787", "127.0.0.1:65536", ":8787", "::1:8787", ""] {
        refused(&[("server.listen", listen)], "server.listen", "an IP address and a port");
    }
}

#[test]
fn numbers_have_bounds() {
    let bounds = [
        ("history.retention_days", 1, 3650),
        ("server.max_connections", 1, u32::MAX),
        ("database.max_pages", 1, u32::MAX),
        ("passwords.threads", 1, 1024),
        ("passwords.queue", 1, u32::MAX),
        ("limits.registrations_per_minute", 0, u32::MAX),
        ("limits.logins_per_minute", 0, u32::MAX),
        ("limits.claims_per_minute", 0, u32::MAX),
    ];
    for (key, least, most) in bounds {
        accepted(&[(key, &least.to_string())]);
        accepted(&[(key, &most.to_string())]);
        for wrong in [i64::from(least) - 1, i64::from(most) + 1] {
            refused(&[(key, &wrong.to_string())], key, "a whole number from ");
        }
        refused(&[(key, "many")], key, "a whole number from ");
    }
}

#[test]
fn words_are_from_a_list() {
    let choices: [(&str, &[&str], &str); 4] = [
        ("database.migrate", &["auto", "refuse"], "auto or refuse"),
        ("database.synchronous", &["full", "normal"], "full or normal"),
        ("oauth.legacy_assertion_audience", &["true", "false"], "true or false"),
        ("log.format", &["text", "json"], "text or json"),
    ];
    for (key, words, accepts) in choices {
        for word in words {
            assert_eq!(with(&[(key, word)]).row(key).value, *word);
        }
        for word in ["other", "Auto", "free", "1", ""] {
            refused(&[(key, word)], key, accepts);
        }
    }
}

/// Not set, the default tier follows from whether anybody can pay.
#[test]
fn the_default_tier_is_one_of_four_or_not_set() {
    let key = "billing.default_tier";
    for word in ["FREE", "BASIC", "PRO", "PREMIUM", ""] {
        assert_eq!(with(&[(key, word)]).row(key).value, word);
    }
    for word in ["other", "free", "SHADOW", "1"] {
        refused(&[(key, word)], key, "FREE, BASIC, PRO or PREMIUM");
    }
}

#[test]
fn what_paddle_needs_is_named() {
    let all = [
        ("paddle.api_key", "pdl_live_hidden"),
        ("paddle.webhook_secrets", "one,two"),
        ("paddle.price_basic", "pri_1"),
        ("paddle.price_pro", "pri_2, pri_3"),
        ("paddle.price_premium", "pri_4"),
    ];
    let set = with(&all);
    for secret in ["paddle.api_key", "paddle.webhook_secrets"] {
        assert_eq!(set.row(secret).value, "***");
    }
    assert_eq!(set.row("paddle.price_pro").value, "pri_2,pri_3");
    for missing in &all[1..] {
        let rest: Vec<_> = all.into_iter().filter(|setting| setting != missing).collect();
        refused(&rest, missing.0, "for paddle.api_key is set");
    }
    // Without a key, nothing is needed.
    accepted(&all[1..]);
    for url in ["http://api.paddle.com", "ftp://localhost", ""] {
        refused(&[("paddle.api_url", url)], "paddle.api_url", "an https address");
    }
}

#[test]
fn the_log_level_is_a_list_of_directives() {
    accepted(&[("log.level", "debug")]);
    accepted(&[("log.level", "warn,agentid=trace")]);
    refused(&[("log.level", "agentid=loud")], "log.level", "log directives");
    refused(&[("log.level", "")], "log.level", "log directives");
}

#[test]
fn the_data_folder_is_written_out() {
    accepted(&[("data", "/srv/agentid")]);
    accepted(&[("data", "~agentid")]);
    refused(&[("data", "~/agentid")], "data", "`~` written out");
    refused(&[("data", "")], "data", "a folder");
}

#[test]
fn an_optional_setting_can_be_taken_back() {
    let layers = Layers::new().file("[database]\nmax_pages = 5");
    assert_eq!(layers.load().unwrap().config.database.max_pages, Some(5));
    assert_eq!(layers.flag("database.max_pages", "").load().unwrap().config.database.max_pages, None);
}

#[test]
fn the_database_is_a_url_whose_password_is_never_shown() {
    let shown = |url: &str| {
        let loaded = with(&[("database.url", url)]).load().unwrap();
        assert_eq!(loaded.config.database.url.expose(), Some(url));
        let debug = format!("{:?}", loaded.config.database);
        assert!(!debug.contains("hunter2"), "{debug}");
        loaded.table().iter().find(|row| row.key == "database.url").unwrap().value.clone()
    };
    assert_eq!(shown("postgres://id@db.example/agentid"), "postgres://id@db.example/agentid");
    assert_eq!(shown("postgresql://id:hunter2@db.example:5433/agentid"), "postgresql://id:***@db.example:5433/agentid");
    assert_eq!(shown("postgres://id@db.example/agentid?password=hunter2"), "postgres://id@db.example/agentid");
    assert_eq!(shown("postgres://id:hunter2@one:1,two:2/agentid"), "postgres://id:***@one:1,two:2/agentid");
    for unclear in ["12/hunter2@db", "12#hunter2@db", "12?hunter2@db", "p@hunter2@db"] {
        assert_eq!(shown(&format!("postgres://id:{unclear}/agentid")), "postgres://\u{2026}");
    }
    for text in ["mysql://id@db.example/agentid", "agentid.db", "host=db.example password=hunter2"] {
        refused(&[("database.url", text)], "database.url", "postgres://user:password@host/database");
    }
    assert_eq!(with(&[("database.url", "")]).load().unwrap().config.database.url.expose(), None);
}

#[test]
fn the_numbers_of_the_database_have_bounds() {
    have_bounds(&[
        ("database.readers", 1, 256),
        ("database.connect_timeout_seconds", 1, 60),
        ("database.statement_timeout_seconds", 1, 60),
        ("database.prepared_statements", 16, 4096),
    ]);
}

#[test]
fn the_strict_profile_turns_everything_on() {
    let of = |flags: &[(&str, &str)]| with(flags).load().unwrap().config.oauth;
    let usual = of(&[]);
    assert_eq!((usual.require_pushed_authorization_requests, usual.dpop_nonce), (false, DpopNonce::Off));
    let fapi2 = of(&[("oauth.profile", "fapi2")]);
    assert_eq!((fapi2.require_pushed_authorization_requests, fapi2.dpop_nonce), (true, DpopNonce::Required));
    // The profile leaves nonces open, and nothing else.
    assert_eq!(of(&[("oauth.profile", "fapi2"), ("oauth.dpop_nonce", "off")]).dpop_nonce, DpopNonce::Off);
    let weaker = ("oauth.require_pushed_authorization_requests", "false");
    refused(&[("oauth.profile", "fapi2"), weaker], weaker.0, "true with the profile fapi2");
    let legacy = ("oauth.legacy_assertion_audience", "true");
    refused(&[("oauth.profile", "fapi2"), legacy], legacy.0, "false with the profile fapi2");
    accepted(&[weaker, legacy]);
    refused(&[("oauth.profile", "fapi1")], "oauth.profile", "standard or fapi2");
}

#[test]
fn lifetimes_have_bounds() {
    have_bounds(&[
        ("oauth.access_token_seconds", 60, 3600),
        ("oauth.code_seconds", 10, 60),
        ("oauth.refresh_idle_days", 1, 90),
        ("oauth.refresh_days", 1, 730),
        ("oauth.refresh_reuse_grace_seconds", 0, 60),
    ]);
}

fn have_bounds(settings: &[(&str, i64, i64)]) {
    for (key, least, most) in settings {
        for number in [least, most] {
            accepted(&[(key, &number.to_string())]);
        }
        for number in [least - 1, most + 1] {
            refused(&[(key, &number.to_string())], key, "a whole number from");
        }
    }
}
