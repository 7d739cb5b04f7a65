//! The server's secret: what the signing keys are encrypted under. It comes from the environment or from
//! a file of mode 0600 that the first start makes; there is no default. Retired secrets stay listed, for
//! opening what was sealed under them.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use zeroize::Zeroizing;

use crate::crypto::{base64url, constant_time_eq, sealed};
use crate::id::{AgentId, OverseerId};
use crate::random::Random;

/// What each use of the secret derives its own key from (RFC 5869).
const SEALING: &str = "agentid/signing-keys/1";
const IDENTIFYING: &str = "agentid/secret-id/1";
const FORMS: &str = "agentid/forms/1";
const DPOP_NONCES: &str = "agentid/dpop-nonces/1";
const SHADOW_OVERSEERS: &str = "agentid/shadow-overseers/1";

/// Why there is no usable secret.
#[derive(thiserror::Error, Debug)]
pub enum SecretError {
    /// The file can not be read or written.
    #[error("{path}: {error}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Others can read the file.
    #[error("{0} can be read by others: run `chmod 600 {0}`")]
    Readable(PathBuf),
    /// The text is not a secret.
    #[error(
        "{0} does not hold 32 bytes in base64url: make a secret with `openssl rand 32 | basenc --base64url | tr -d =`"
    )]
    Malformed(String),
}

type Secret = Zeroizing<[u8; 32]>;

/// The current secret and the retired ones. Cheap to clone.
#[derive(Clone)]
pub struct Secrets {
    known: Arc<RwLock<Vec<Secret>>>,
    /// Where they came from: `None` for the environment.
    file: Option<Arc<Path>>,
}

/// While it is held, no other process replaces the secret.
#[must_use]
pub struct RotationLock {
    _folder: fs::File,
}

impl Secrets {
    /// From `AGENTID_SECRET` and `AGENTID_RETIRED_SECRETS` (separated by commas), else from the file
    /// `secret` in the data folder, which is made when it is missing.
    pub fn load(
        data: &Path,
        environment: Option<&str>,
        retired: Option<&str>,
        random: Random,
    ) -> Result<Self, SecretError> {
        if let Some(current) = environment {
            let texts = std::iter::once(current).chain(retired.into_iter().flat_map(|list| list.split(',')));
            let known = texts.map(|text| parse(text, "AGENTID_SECRET or AGENTID_RETIRED_SECRETS"));
            return Ok(Self { known: Arc::new(RwLock::new(known.collect::<Result<_, _>>()?)), file: None });
        }
        let path = data.join("secret");
        make_if_missing(&path, random)?;
        let known = read(&path)?;
        Ok(Self { known: Arc::new(RwLock::new(known)), file: Some(path.into()) })
    }

    /// Where the secret lies, for people.
    pub fn origin(&self) -> String {
        self.file.as_ref().map_or_else(|| "AGENTID_SECRET".to_owned(), |path| path.display().to_string())
    }

    /// Names the current secret without telling it; stored beside what is sealed.
    pub fn current_id(&self) -> String {
        self.ids().swap_remove(0)
    }

    /// Whether the secret of this id is known, current or retired.
    pub fn knows(&self, id: &str) -> bool {
        self.ids().iter().any(|known| known == id)
    }

    /// Encrypts under the current secret; `name` must be given again to open it.
    pub fn seal(&self, name: &str, plaintext: &[u8], random: Random) -> String {
        let known = self.read_lock();
        let key = sealed::hkdf_sha256(known[0].as_slice(), SEALING);
        format!("{}.{}", secret_id(&known[0]), sealed::seal(&key, name, plaintext, random))
    }

    /// Decrypts with the secret that it was sealed under. `None` when no known secret opens it; another
    /// process may have changed the secret, so the file is read again first.
    pub fn open(&self, name: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (id, ciphertext) = text.split_once('.')?;
        if !self.knows(id) {
            self.read_again();
        }
        let known = self.read_lock();
        let secret = known.iter().find(|secret| secret_id(secret) == id)?;
        sealed::open(&sealed::hkdf_sha256(secret.as_slice(), SEALING), name, ciphertext)
    }

    fn read_again(&self) {
        if let Some(path) = &self.file
            && let Ok(known) = read(path)
        {
            *self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner) = known;
        }
    }

    /// Writes a new current secret into the file, the old ones behind it. `None` when the secret comes
    /// from the environment: whoever set it there changes it there.
    ///
    /// What it returns keeps other processes from doing the same; hold it until everything is sealed
    /// under the new secret.
    pub fn rotate_file(&self, random: Random) -> Result<Option<RotationLock>, SecretError> {
        let Some(path) = &self.file else { return Ok(None) };
        let lock = lock_folder(path).map_err(|error| file_error(path, error))?;
        let mut known = self.known.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut rotated = vec![Zeroizing::new(random.bytes::<32>())];
        // As the file is now: it may hold what another process has sealed the keys under since it was read.
        rotated.extend(read(path)?);
        let draft = path.with_extension("new");
        write_new(&draft, &rotated)?;
        rename_durably(&draft, path).map_err(|error| file_error(path, error))?;
        *known = rotated;
        Ok(Some(lock))
    }

    /// What proves that a form was made for one browser.
    pub fn form_token(&self, browser: &str) -> String {
        form_token(&self.read_lock()[0], browser)
    }

    /// Whether it was, under the current secret or a retired one: while the secret is replaced, nodes differ.
    pub fn is_form_token(&self, browser: &str, token: &str) -> bool {
        let known = self.read_lock();
        known.iter().any(|secret| constant_time_eq(form_token(secret, browser).as_bytes(), token.as_bytes()))
    }

    /// What a DPoP proof has to carry in one period: the period's number and a code, 32 characters.
    pub fn dpop_nonce(&self, period: i64) -> String {
        dpop_nonce(&self.read_lock()[0], period)
    }

    /// Whether this is what it had to carry, under the current secret or a retired one.
    pub fn is_dpop_nonce(&self, period: i64, nonce: &str) -> bool {
        let known = self.read_lock();
        known.iter().any(|secret| constant_time_eq(dpop_nonce(secret, period).as_bytes(), nonce.as_bytes()))
    }

    /// The id of whoever pays for an agent without an account. HKDF's output is an HMAC, so nobody else can make one.
    pub fn shadow_overseer(&self, agent_id: &AgentId) -> OverseerId {
        shadow_overseer(&self.read_lock()[0], agent_id)
    }

    /// Whether this is that id, under the current secret or a retired one. Another process may have changed the secret.
    pub fn is_shadow_overseer(&self, agent_id: &AgentId, id: &OverseerId) -> bool {
        let is_it = |own: OverseerId| constant_time_eq(own.as_str().as_bytes(), id.as_str().as_bytes());
        let is_known = || self.read_lock().iter().any(|secret| is_it(shadow_overseer(secret, agent_id)));
        is_known() || {
            self.read_again();
            is_known()
        }
    }

    fn ids(&self) -> Vec<String> {
        self.read_lock().iter().map(secret_id).collect()
    }

    fn read_lock(&self) -> std::sync::RwLockReadGuard<'_, Vec<Secret>> {
        self.known.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Waits for other processes that replace the secret. The folder carries the lock, for the file is replaced.
fn lock_folder(path: &Path) -> std::io::Result<RotationLock> {
    let folder = fs::File::open(path.parent().unwrap_or(path))?;
    folder.lock()?;
    Ok(RotationLock { _folder: folder })
}

fn secret_id(secret: &Secret) -> String {
    let derived = sealed::hkdf_sha256(secret.as_slice(), IDENTIFYING);
    base64url::encode(derived.iter().take(9).copied().collect::<Vec<u8>>())
}

fn form_token(secret: &Secret, browser: &str) -> String {
    base64url::encode(*sealed::hkdf_sha256(secret.as_slice(), &format!("{FORMS} {browser}")))
}

fn dpop_nonce(secret: &Secret, period: i64) -> String {
    let code = sealed::hkdf_sha256(secret.as_slice(), &format!("{DPOP_NONCES} {period}"));
    base64url::encode([period.to_be_bytes().as_slice(), &code[..16]].concat())
}

fn shadow_overseer(secret: &Secret, agent_id: &AgentId) -> OverseerId {
    let bits = sealed::hkdf_sha256(secret.as_slice(), &format!("{SHADOW_OVERSEERS} {agent_id}"));
    OverseerId::of_shadow(std::array::from_fn(|index| bits[index]))
}

fn parse(text: &str, origin: &str) -> Result<Secret, SecretError> {
    let bytes = base64url::decode_array::<32>(text.trim());
    bytes.map(Zeroizing::new).ok_or_else(|| SecretError::Malformed(origin.to_owned()))
}

fn file_error(path: &Path, error: std::io::Error) -> SecretError {
    SecretError::File { path: path.to_owned(), error }
}

fn read(path: &Path) -> Result<Vec<Secret>, SecretError> {
    let mode = fs::metadata(path).map_err(|error| file_error(path, error))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(SecretError::Readable(path.to_owned()));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(|error| file_error(path, error))?);
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let secrets: Vec<Secret> = lines.map(|line| parse(line, &path.display().to_string())).collect::<Result<_, _>>()?;
    if secrets.is_empty() {
        return Err(SecretError::Malformed(path.display().to_string()));
    }
    Ok(secrets)
}

/// Of two processes that start at once, one makes the file: it is written under another name and
/// linked into place, which fails when it is there.
fn make_if_missing(path: &Path, random: Random) -> Result<(), SecretError> {
    if path.exists() {
        return Ok(());
    }
    let draft = path.with_extension(base64url::encode(random.bytes::<6>()));
    write_new(&draft, &[Zeroizing::new(random.bytes::<32>())])?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft).map_err(|error| file_error(&draft, error))?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(file_error(path, error)),
        _ => sync_folder(path).map_err(|error| file_error(path, error)),
    }
}

fn write_new(path: &Path, secrets: &[Secret]) -> Result<(), SecretError> {
    let mut text = Zeroizing::new(String::from(
        "# The secret of this Agent ID server: the first line is in force, the others are retired.\n\
         # Without it the signing keys in the database can not be read. Keep a copy with your backups.\n",
    ));
    for secret in secrets {
        text.push_str(&base64url::encode(secret.as_slice()));
        text.push('\n');
    }
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| file_error(path, error))
}

fn rename_durably(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::rename(from, to)?;
    sync_folder(to)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}
