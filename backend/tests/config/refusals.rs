//! What a refusal says: the setting, where it stands, and what is known or accepted there.

use super::{Layers, with};

#[test]
fn an_unknown_key_in_the_file_is_named_with_its_line() {
    assert_eq!(
        Layers::new().file("[server]\nlisten = '127.0.0.1:1'\nmax_conections = 5").refusal(),
        "unknown setting server.max_conections, set by agentid.toml:3; did you mean server.max_connections?"
    );
    assert_eq!(
        Layers::new().file("[servr]\nlisten = '127.0.0.1:1'").refusal(),
        "unknown setting servr.listen, set by agentid.toml:2; did you mean server.listen?"
    );
    assert_eq!(
        Layers::new().file("dta = '/srv'").refusal(),
        "unknown setting dta, set by agentid.toml:1; did you mean data?"
    );
    Layers::new().file("server.listen = '127.0.0.1:1'\n[log]").load().unwrap();
}

#[test]
fn an_unknown_variable_is_named() {
    assert_eq!(
        Layers::new().variable("AGENTID_SERVER_LISTN", "127.0.0.1:1").refusal(),
        "unknown setting AGENTID_SERVER_LISTN, set by environment AGENTID_SERVER_LISTN; \
         did you mean AGENTID_SERVER_LISTEN?"
    );
    Layers::new().variable("AGENTID_SERVER_LISTEN", "127.0.0.1:1").load().unwrap();
}

#[test]
fn an_unknown_flag_is_named() {
    assert_eq!(
        with(&[("log.formt", "json")]).refusal(),
        "unknown setting log.formt, set by flag; did you mean log.format?"
    );
}

#[test]
fn a_misspelt_key_is_reported_before_what_it_causes() {
    let layers = Layers::new().file("[server]\nlisten = '0.0.0.0:1'\nissuer = 'https://a.example'\ntrusted_proxy = []");
    assert!(layers.refusal().contains("did you mean server.trusted_proxies?"), "{}", layers.refusal());
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    for name in ["SECRET", "RETIRED_SECRETS", "PASSWORD", "SERVER", "PROFILE", "LOG", "TEST_POSTGRES"] {
        Layers::new().variable(&format!("AGENTID_{name}"), "x").load().unwrap();
    }
    for name in ["SECRETS", "SERVER_", "LOG_", "TEST", ""] {
        let message = Layers::new().variable(&format!("AGENTID_{name}"), "x").refusal();
        assert!(message.starts_with(&format!("unknown setting AGENTID_{name}, ")), "{message}");
    }
    Layers::new().variable("AGENT_SERVER_LISTN", "x").variable("PATH", "x").load().unwrap();
}

#[test]
fn a_wrong_type_in_the_file_is_refused() {
    let cases = [
        ("server", "listen", "8787", "'127.0.0.1:8787'"),
        ("server", "max_connections", "'5'", "5"),
        ("server", "max_connections", "5.0", "0x5"),
        ("server", "max_connections", "99999999999999999999", "4_000"),
        ("server", "issuer", "['https://a.example']", "'https://a.example'"),
        ("database", "max_pages", "''", "5"),
        ("database", "migrate", "true", "'auto'"),
        ("oauth", "legacy_assertion_audience", "'true'", "true"),
        ("oauth", "legacy_assertion_audience", "1", "false"),
        ("log", "level", "2026-01-01", "'info'"),
    ];
    for (section, name, wrong, right) in cases {
        let message = Layers::new().file(&format!("[{section}]\n{name} = {wrong}")).refusal();
        let expected = format!("{section}.{name}, set by agentid.toml:2: expected ");
        assert!(message.starts_with(&expected), "{message}");
        Layers::new().file(&format!("[{section}]\n{name} = {right}")).load().unwrap();
    }
}

#[test]
fn a_wrong_value_names_its_source() {
    let wrong = "expected a whole number from 1 to 3650";
    assert_eq!(
        Layers::new().file("history.retention_days = 0").refusal(),
        format!("history.retention_days, set by agentid.toml:1: {wrong}")
    );
    assert_eq!(
        Layers::new().variable("AGENTID_HISTORY_RETENTION_DAYS", "0").refusal(),
        format!("history.retention_days, set by environment AGENTID_HISTORY_RETENTION_DAYS: {wrong}")
    );
    assert_eq!(
        with(&[("history.retention_days", "0")]).refusal(),
        format!("history.retention_days, set by flag: {wrong}")
    );
}

#[test]
fn a_value_that_does_not_parse_is_refused_even_if_replaced() {
    let layers =
        |days| Layers::new().file(&format!("history.retention_days = {days}")).flag("history.retention_days", "5");
    layers("4").load().unwrap();
    assert!(layers("'4'").refusal().starts_with("history.retention_days, set by agentid.toml:1"));
}

#[test]
fn a_refusal_does_not_repeat_the_value() {
    for key in ["server.issuer", "server.isuer"] {
        let message = with(&[(key, "https://me:hunter2@id.example")]).refusal();
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn broken_toml_is_named_with_its_line() {
    let message = Layers::new().file("[server]\nlisten = = 5").refusal();
    assert!(message.starts_with("agentid.toml:2: "), "{message}");
    assert!(Layers::new().file("[log]\nlevel = 'a'\nlevel = 'b'").refusal().starts_with("agentid.toml:3: "));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let load = |bytes: &[u8]| {
        let environment = [("AGENTID_DATA", OsString::from_vec(bytes.to_vec()))];
        agentid::config::load(&agentid::config::Sources::new(None, environment, []))
    };
    load(b"/srv").unwrap();
    let message = load(b"/srv\xff").unwrap_err().to_string();
    assert!(message.starts_with("data, set by environment AGENTID_DATA: "), "{message}");
}
