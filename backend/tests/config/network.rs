//! Networks of trusted proxies, and lists of them.

use std::net::IpAddr;

use agentid::config::Network;

use super::{Layers, refused};

fn contains(network: &str, address: &str) -> bool {
    Network::parse(network).unwrap().contains(address.parse::<IpAddr>().unwrap())
}

#[test]
fn a_network_contains_what_shares_its_prefix() {
    for (network, inside, outside) in [
        ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
        ("10.0.0.0/9", "10.127.255.255", "10.128.0.0"),
        ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ("10.0.0.1/32", "10.0.0.1", "10.0.0.0"),
        ("0.0.0.0/0", "255.0.0.1", "::1"),
        ("::/0", "2001:db8::1", "10.0.0.1"),
        ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::"),
        ("::1", "::1", "::2"),
        ("::/96", "::a00:1", "10.0.0.1"),
    ] {
        assert!(contains(network, inside), "{inside} in {network}");
        assert!(!contains(network, outside), "{outside} in {network}");
    }
}

#[test]
fn an_ipv4_peer_of_a_socket_for_both_counts_as_ipv4() {
    assert!(contains("10.0.0.0/8", "::ffff:10.0.0.1"));
    assert!(!contains("10.0.0.0/8", "::ffff:11.0.0.1"));
}

#[test]
fn a_network_is_written_exactly() {
    for text in ["10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0", "proxy.example", ""] {
        assert_eq!(Network::parse(text), None, "{text}");
    }
    for (wrong, right) in [("10.1.2.3/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32")] {
        assert_eq!(Network::parse(wrong), None, "{wrong} has bits beyond the prefix");
        assert_eq!(Network::parse(right).unwrap().to_string(), right);
    }
    assert_eq!(Network::parse("::ffff:10.0.0.0/104"), None, "IPv4 written as IPv6");
}

#[test]
fn a_list_is_comma_separated_in_the_environment() {
    let name = "AGENTID_SERVER_TRUSTED_PROXIES";
    let networks = |text| Layers::new().variable(name, text).load().unwrap().config.server.trusted_proxies;
    let both = vec![Network::parse("10.0.0.0/8").unwrap(), Network::parse("::1").unwrap()];
    assert_eq!(networks("10.0.0.0/8,::1"), both);
    assert_eq!(networks("10.0.0.0/8, ::1"), both);
    assert_eq!(networks("10.0.0.0/8"), both[..1]);
    assert_eq!(networks(""), []);
    for text in ["10.0.0.0/8,", ",", "10.0.0.0/8;::1", "10.0.0.0/8,localhost"] {
        let message = Layers::new().variable(name, text).refusal();
        let expected = "server.trusted_proxies, set by environment AGENTID_SERVER_TRUSTED_PROXIES: expected a list of";
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn a_list_is_an_array_in_the_file() {
    let networks = |text: &str| Layers::new().file(&format!("[server]\ntrusted_proxies = {text}")).load();
    assert_eq!(networks("['10.0.0.0/8', '::1']").unwrap().config.server.trusted_proxies.len(), 2);
    assert_eq!(networks("[]").unwrap().config.server.trusted_proxies, []);
    for text in ["'10.0.0.0/8'", "[10]", "['10.0.0.0/8', 1]", "['proxy.example']"] {
        networks(text).unwrap_err();
    }
    refused(&[("server.trusted_proxies", "proxy.example")], "server.trusted_proxies", "such as 10.0.0.0/8");
}
