//! Why a command failed, as far as a program that called it cares: a code and an exit code.

use std::process::ExitCode;

use agentid_client::CallError;

use crate::refusal::Refusal;

/// A command that was called wrongly in a way that its parser does not see: it is said as the parser would, and exits with 2.
pub fn usage(sentence: &str) -> clap::Error {
    clap::Error::raw(clap::error::ErrorKind::MissingRequiredArgument, format!("{sentence}\n"))
}

/// A failure with a code. Any other error of a command has the code `failed` and exits with 1.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    /// `snake_case`: the server's, or one of ours.
    pub code: String,
    /// What happened and what to do, for people.
    pub sentence: String,
    /// The server can not be reached or is busy: another try may succeed.
    pub is_temporary: bool,
}

impl Failure {
    /// It was refused; the same call would be refused again.
    pub fn refused(code: &str, sentence: impl Into<String>) -> Self {
        Self { code: code.to_owned(), sentence: sentence.into(), is_temporary: false }
    }

    /// The failure behind an error of a command, if there is one.
    pub fn behind(error: &anyhow::Error) -> Option<Self> {
        let called = || error.downcast_ref::<CallError>().cloned().map(Self::from);
        error.downcast_ref::<Self>().cloned().or_else(called)
    }

    /// 1 for what was refused, 3 for what another try may mend.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(if self.is_temporary { 3 } else { 1 })
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let (code, is_temporary) = (error.code().to_owned(), error.is_temporary());
        // What the SDK can not know: how the server is named on the command line.
        let sentence = match &error {
            CallError::WrongIssuer { asked, answered } => {
                format!("The server at {asked} says that it is `{answered}`. Use --server with that.")
            }
            CallError::UnsafeChallenge(reason) => format!(
                "Not signed: the server sent a challenge that must not be signed, for {reason}. Check that --server is \
                 the server you mean."
            ),
            CallError::Address(_) | CallError::Unreachable { .. } | CallError::Refused { .. } | CallError::NotBound => {
                error.to_string()
            }
        };
        Self { code, sentence, is_temporary }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let cause = refusal.source.map(|source| format!(" ({source})")).unwrap_or_default();
        Self {
            code: refusal.code.as_str().to_owned(),
            sentence: format!("{}{cause}", refusal.sentence),
            is_temporary: matches!(refusal.code.status(), 429 | 503),
        }
    }
}
