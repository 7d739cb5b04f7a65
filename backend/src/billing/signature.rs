//! Who has sent a webhook: `Paddle-Signature: ts=…;h1=…` (developer.paddle.com, "Verify webhook signatures"). `h1` is the
//! HMAC-SHA256 of `ts:body` in hex; while a secret is replaced there are several.

use aws_lc_rs::hmac;

use crate::config;
use crate::refusal::{Code, Refusal};

/// How many signatures are looked at.
const MOST: usize = 8;

/// Refuses what Paddle has not signed just now. Each signature is compared with each secret in constant time.
pub fn verify(header: &str, body: &[u8], settings: &config::Paddle, now: i64) -> Result<(), Refusal> {
    let parts = || header.split(';').filter_map(|part| part.trim().split_once('='));
    let mut times = parts().filter(|(name, _)| *name == "ts").map(|(_, value)| value);
    let (Some(time), None) = (times.next(), times.next()) else { return Err(Code::WrongSignature.into()) };
    let age = time.parse::<i64>().ok().and_then(|time| now.checked_sub(time)).map(i64::unsigned_abs);
    if age.is_none_or(|age| age > u64::from(settings.webhook_tolerance_seconds)) {
        return Err(Code::WrongSignature.into());
    }
    let signed = [time.as_bytes(), b":", body].concat();
    let signatures: Vec<Vec<u8>> =
        parts().filter(|(name, _)| *name == "h1").take(MOST).filter_map(|(_, value)| from_hex(value)).collect();
    let secrets = settings.webhook_secrets.expose().split(',').map(str::trim).filter(|secret| !secret.is_empty());
    let is_signed_with = |secret: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        signatures.iter().any(|signature| hmac::verify(&key, &signed, signature).is_ok())
    };
    if secrets.into_iter().any(is_signed_with) { Ok(()) } else { Err(Code::WrongSignature.into()) }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| digits.len() == 64)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
