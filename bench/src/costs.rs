//! What the parts of an answer cost on the server's core, each measured alone: the limit that the server is held
//! against is made of these.

use std::time::{Duration, Instant};

use anyhow::ensure;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use crate::cores::Core;
use crate::row::{self, Row};
use crate::sign::{self, Key};
use crate::statistics::Spread;

/// How long an assertion's signed part is, in bytes.
const MESSAGE: usize = 330;
/// How long each measurement takes.
const DURATION: Duration = Duration::from_millis(200);

/// Core time in seconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Costs {
    /// `v`: one Ed25519 verification, the key's decoding included.
    pub verification: f64,
    /// `s`: one Ed25519 signature.
    pub signature: f64,
    /// `r`: one durable row.
    pub row: Row,
}

impl Costs {
    /// Measures all of them on this core; the rows go into a file in `folder`.
    pub fn measure(core: Core, folder: &std::path::Path, groups: usize) -> anyhow::Result<Self> {
        let key = Key::generate()?;
        let message = sign::unique().repeat(MESSAGE / 22).into_bytes();
        core.run(|| {
            let signature = key.sign(&message);
            let public = UnparsedPublicKey::new(&ED25519, key.public_bytes());
            ensure!(public.verify(&message, &signature).is_ok(), "a good signature does not verify");
            Ok(Self {
                verification: cost_of(|| public.verify(&message, &signature).is_ok()),
                signature: cost_of(|| key.sign(&message)),
                row: row::measure(folder, groups)?,
            })
        })
    }

    /// The median of each, of two the mean; all zero of none.
    pub fn median<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Self {
        let of = |value: fn(&Self) -> f64| Spread::of(all.clone().map(value)).median;
        Self {
            verification: of(|costs| costs.verification),
            signature: of(|costs| costs.signature),
            row: Row { core: of(|costs| costs.row.core), clock: of(|costs| costs.row.clock) },
        }
    }

    /// Core time of an answer with these parts and this bare HTTP.
    pub fn of(&self, verifications: u32, signatures: u32, http: f64) -> f64 {
        f64::from(verifications) * self.verification + f64::from(signatures) * self.signature + http + self.row.core
    }
}

fn cost_of<T>(work: impl Fn() -> T) -> f64 {
    let (began, time_before) = (Instant::now(), thread_time());
    let mut times = 0_u32;
    while began.elapsed() < DURATION {
        for _ in 0..100 {
            std::hint::black_box(work());
        }
        times += 100;
    }
    (thread_time() - time_before) / f64::from(times)
}

/// How long this thread has run, in seconds.
pub fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
