//! Defaults < file < environment < flags, and where each value came from.

use agentid::config::{Config, Origin, Sources};

use super::Layers;

fn pair(value: &str, origin: &str) -> (String, String) {
    (value.to_owned(), origin.to_owned())
}

#[test]
fn a_higher_layer_wins() {
    let key = "history.retention_days";
    let layers = Layers::new();
    assert_eq!(layers.in_force(key), pair("400", "default"));
    let layers = layers.file("# how long\n[history]\nretention_days = 1\n");
    assert_eq!(layers.in_force(key), pair("1", "agentid.toml:3"));
    let layers = layers.variable("AGENTID_HISTORY_RETENTION_DAYS", "2");
    assert_eq!(layers.in_force(key), pair("2", "environment AGENTID_HISTORY_RETENTION_DAYS"));
    let layers = layers.flag(key, "3");
    assert_eq!(layers.in_force(key), pair("3", "flag"));
    let layers = layers.flag(key, "4");
    assert_eq!(layers.in_force(key), pair("4", "flag"), "a later flag wins");
    assert_eq!(layers.load().unwrap().config.history.retention_days, 4);
}

#[test]
fn the_file_is_found_in_the_usual_places() {
    let layers = Layers::new();
    layers.write(".config/agentid/agentid.toml", "[limits]\nlogins_per_minute = 1");
    assert_eq!(layers.in_force("limits.logins_per_minute"), pair("1", ".config/agentid/agentid.toml:2"));

    layers.write("xdg/agentid/agentid.toml", "[limits]\nlogins_per_minute = 2");
    let xdg = layers.home.path().join("xdg").to_str().unwrap().to_owned();
    let layers = layers.variable("XDG_CONFIG_HOME", "relative");
    assert_eq!(layers.in_force("limits.logins_per_minute").0, "1", "a relative XDG folder is ignored");
    let layers = layers.variable("XDG_CONFIG_HOME", &xdg);
    assert_eq!(layers.in_force("limits.logins_per_minute").0, "2");

    let layers = layers.file("[limits]\nlogins_per_minute = 3");
    assert_eq!(layers.in_force("limits.logins_per_minute").0, "3", "a file given by name replaces the usual one");
}

#[test]
fn a_file_given_by_name_must_exist() {
    let mut layers = Layers::new();
    layers.load().unwrap();
    layers.file = Some(layers.home.path().join("absent.toml"));
    assert!(layers.refusal().starts_with("can not read absent.toml: "), "{}", layers.refusal());
}

#[test]
fn the_data_folder_follows_xdg() {
    let layers = Layers::new();
    let home = layers.home.path().join(".local/share/agentid/server");
    assert_eq!(layers.load().unwrap().config.data, home);
    let layers = layers.variable("XDG_DATA_HOME", "/srv");
    assert_eq!(layers.in_force("data"), pair("/srv/agentid/server", "default"));
    let layers = layers.file("data = '/file'");
    assert_eq!(layers.in_force("data"), pair("/file", "agentid.toml:1"));
    let layers = layers.variable("AGENTID_DATA", "/variable");
    assert_eq!(layers.in_force("data"), pair("/variable", "environment AGENTID_DATA"));
    assert_eq!(layers.flag("data", "/flag").in_force("data"), pair("/flag", "flag"));
}

#[test]
fn without_a_home_the_data_folder_must_be_given() {
    let none: [(&str, &str); 0] = [];
    let homeless = |flags: &[(&str, &str)]| {
        let flags = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        agentid::config::load(&Sources::new(None, none, flags))
    };
    assert!(homeless(&[]).unwrap_err().to_string().starts_with("data, set by default: expected a folder"));
    homeless(&[("data", "/srv")]).unwrap();
}

/// The whole table: every setting, its order, default and documentation.
#[test]
fn the_table_lists_every_setting() {
    let table = Layers::new().load().unwrap().table().to_vec();
    let shown: Vec<(&str, &str)> = table.iter().map(|row| (row.key, row.default.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("data", "$XDG_DATA_HOME/agentid/server, else ~/.local/share/agentid/server"),
            ("server.listen", "127.0.0.1:8787"),
            ("server.issuer", "http:// and server.listen"),
            ("server.trusted_proxies", ""),
            ("server.max_connections", "4096"),
            ("database.url", ""),
            ("database.migrate", "auto"),
            ("database.readers", "8"),
            ("database.connect_timeout_seconds", "5"),
            ("database.statement_timeout_seconds", "10"),
            ("database.prepared_statements", "512"),
            ("database.synchronous", "full"),
            ("database.max_pages", ""),
            ("oauth.profile", "standard"),
            ("oauth.require_pushed_authorization_requests", "true with the profile fapi2, else false"),
            ("oauth.dpop_nonce", "required with the profile fapi2, else off"),
            ("oauth.legacy_assertion_audience", "false"),
            ("oauth.access_token_seconds", "900"),
            ("oauth.code_seconds", "60"),
            ("oauth.refresh_idle_days", "30"),
            ("oauth.refresh_days", "365"),
            ("oauth.refresh_reuse_grace_seconds", "10"),
            ("outbound.allow", ""),
            ("mail.url", ""),
            ("mail.from", ""),
            ("billing.default_tier", "FREE when paddle.api_key is set, else PREMIUM"),
            ("billing.grace_days", "14"),
            ("paddle.api_key", ""),
            ("paddle.api_url", "https://api.paddle.com"),
            ("paddle.webhook_secrets", ""),
            ("paddle.webhook_tolerance_seconds", "5"),
            ("paddle.price_basic", ""),
            ("paddle.price_pro", ""),
            ("paddle.price_premium", ""),
            ("paddle.price_shadow", ""),
            ("history.retention_days", "400"),
            ("limits.registrations_per_minute", "10"),
            ("limits.logins_per_minute", "20"),
            ("limits.letters_per_hour", "10"),
            ("limits.claims_per_minute", "20"),
            ("limits.interactions_per_minute", "60"),
            ("limits.pushed_requests_per_minute", "600"),
            ("passwords.threads", "half the cores, at least 1"),
            ("passwords.queue", "32"),
            ("log.level", "info"),
            ("log.format", "text"),
        ]
    );
    for row in &table {
        assert_eq!(row.origin, Origin::Default, "{}", row.key);
        assert!(row.description.ends_with('.') && !row.description.contains("  "), "{}", row.description);
        assert!(row.description.starts_with(char::is_uppercase), "{}", row.description);
    }
}

#[test]
fn the_table_shows_the_value_in_force_beside_the_default() {
    let row = Layers::new().variable("AGENTID_SERVER_ISSUER", "https://ID.example:443/").row("server.issuer");
    assert_eq!(row.value, "https://id.example");
    assert_eq!(row.default, "http:// and server.listen");
    assert_eq!(row.origin, Origin::Environment("AGENTID_SERVER_ISSUER".to_owned()));
    let row = Layers::new().file("[server]\ntrusted_proxies = ['10.0.0.0/8', '::1']").row("server.trusted_proxies");
    assert_eq!(row.value, "10.0.0.0/8,::1/128");
}

/// Every value can be given back as a flag, as the table shows it.
#[test]
fn what_the_table_shows_can_be_set() {
    let layers = Layers::new().flag("server.trusted_proxies", "10.0.0.0/8,::1").flag("database.max_pages", "9");
    for rows in [layers.load().unwrap(), Layers::new().load().unwrap()] {
        let again = rows.table().iter().fold(Layers::new(), |again, row| again.flag(row.key, &row.value));
        let values = |table: &[agentid::config::Row]| table.iter().map(|row| row.value.clone()).collect::<Vec<_>>();
        assert_eq!(values(again.load().unwrap().table()), values(rows.table()));
    }
}

#[test]
fn the_constructor_for_tests_holds_the_defaults() {
    let loaded = Layers::new().flag("data", "/srv").load().unwrap().config;
    assert_eq!(format!("{:?}", Config::for_data("/srv")), format!("{loaded:?}"));
}
