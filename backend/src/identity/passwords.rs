//! Hashing and checking passwords with Argon2id (RFC 9106), for overseers and nothing else.
//!
//! One hash costs as much as hundreds of signatures, so the work is bounded: a fixed number at a time, a
//! bounded number waiting, and whoever comes beyond that is told to try later.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;

use crate::random::Random;
use crate::refusal::{Code, Refusal};
use crate::secret::Password;

/// OWASP's first choice: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The bounded pool. Cheap to clone.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    random: Random,
    /// What an unknown account's password is checked against, so that it takes as long as a known one's.
    nobody: Arc<str>,
}

impl Passwords {
    /// `threads` hashes at a time, `queue` waiting.
    pub fn new(threads: usize, queue: usize, random: Random) -> Self {
        Self {
            running: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(AtomicUsize::new(0)),
            queue,
            random,
            nobody: hash_of_nothing(random).into(),
        }
    }

    /// The password's hash in PHC form.
    pub async fn hash(&self, password: Password) -> Result<String, Refusal> {
        let random = self.random;
        self.run(move || hash(&password, random)).await?.map_err(failed)
    }

    /// Whether the password is the one of `stored`; without an account (`None`) the answer is no, after
    /// the same time.
    pub async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, Refusal> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let is_right = self.run(move || is_password_of(&password, &stored)).await?;
        Ok(is_right && is_known)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let place = Place::take(&self.waiting, self.queue).ok_or_else(|| Code::Unavailable.retry_after(1))?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        drop(place);
        // The permit goes with the work: a caller who has gone does not make room before it is done.
        let task = tokio::task::spawn_blocking(move || (work(), drop(permit)).0);
        task.await.map_err(|error| failed(error.to_string()))
    }
}

/// A place in the queue, given back when dropped: also when the caller goes away while waiting.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(waiting: &Arc<AtomicUsize>, queue: usize) -> Option<Self> {
        if waiting.fetch_add(1, Ordering::SeqCst) < queue {
            return Some(Self(Arc::clone(waiting)));
        }
        waiting.fetch_sub(1, Ordering::SeqCst);
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Password, random: Random) -> Result<String, String> {
    let salt = random.bytes::<16>();
    let hash = argon2()?.hash_password_with_salt(password.expose().as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// A hash that no password has: random bytes in its place. It costs nothing to make, and as much as any to check.
fn hash_of_nothing(random: Random) -> String {
    let (salt, hash) = (STANDARD_NO_PAD.encode(random.bytes::<16>()), STANDARD_NO_PAD.encode(random.bytes::<32>()));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}

fn is_password_of(password: &Password, stored: &str) -> bool {
    PasswordHash::new(stored)
        .is_ok_and(|stored| Argon2::default().verify_password(password.expose().as_bytes(), &stored).is_ok())
}

fn failed(error: String) -> Refusal {
    tracing::error!(error, "password hashing failed");
    Code::Internal.into()
}
