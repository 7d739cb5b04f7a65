use agentid_jose::ed25519::{InvalidKey, PublicKey};
use agentid_jose::openssh::to_line;

/// Written by `ssh-keygen -t ed25519`.
const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII/jlyf/BG7aDazVSDiMembto3PsW+ih9HwntiCyeWYz";
const RAW: &str = "j-OXJ_8EbtoNrNVIOIx6Zu2jc-xb6KH0fCe2ILJ5ZjM";

#[test]
fn a_line_is_read_with_and_without_a_comment() {
    let key = PublicKey::parse(RAW).unwrap();
    for end in ["", "\n", " agent@example", " a comment of words\r\n"] {
        assert_eq!(PublicKey::parse(&format!("{LINE}{end}")), Ok(key), "{end:?}");
    }
    assert_eq!(to_line(&key), LINE);
}

#[test]
fn anything_but_one_whole_ed25519_line_is_refused() {
    let refusal = |line: &str| PublicKey::parse(line).err();
    assert_eq!(refusal(LINE), None);
    assert_eq!(refusal(&LINE.replace("ssh-ed25519", "ssh-rsa")), Some(InvalidKey::WrongType));
    assert_eq!(refusal(&LINE.replace("ssh-ed25519", "ecdsa-sha2-nistp256")), Some(InvalidKey::WrongType));
    assert_eq!(refusal(&LINE.replace("ssh-ed25519", "sk-ssh-ed25519@openssh.com")), Some(InvalidKey::WrongType));
    assert_eq!(refusal(&format!("no-pty {LINE}")), Some(InvalidKey::Encoding), "authorized_keys options");
    assert_eq!(refusal(&format!("{LINE}\n{LINE}")), Some(InvalidKey::Encoding), "two lines");
    assert_eq!(refusal(&format!("{LINE} one\n{LINE} two")), Some(InvalidKey::Encoding), "two lines with comments");
    assert_eq!(refusal("ssh-ed25519 "), Some(InvalidKey::Encoding), "no blob");
    assert_eq!(refusal(&LINE.replace("AAAAC3Nz", "AAAAC3Nx")), Some(InvalidKey::Encoding), "another type inside");
    assert_eq!(refusal(&LINE[..LINE.len() - 4]), Some(InvalidKey::Length), "three bytes short");
    assert_eq!(refusal(&format!("{LINE}AAAA")), Some(InvalidKey::Length), "three bytes more");
}

#[test]
fn the_key_inside_is_checked_too() {
    let identity = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(PublicKey::parse(identity), Err(InvalidKey::SmallOrder));
}
