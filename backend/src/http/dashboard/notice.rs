//! What a page says after a form was sent and done: the address names it, and nothing else of the address is shown.

/// Declares the notices: what the address says, and the sentence.
macro_rules! notices {
    ($($(#[$doc:meta])* $Name:ident = $word:literal $sentence:literal;)+) => {
        /// Something was done.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Notice { $($(#[$doc])* $Name),+ }

        impl Notice {
            /// As the address has it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$Name => $word),+ }
            }

            /// `None` for anything unknown.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$Name),)+ _ => None }
            }

            /// For the person in front of the browser.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$Name => $sentence),+ }
            }
        }
    };
}

notices! {
    /// An agent may act again.
    Resumed = "resumed" "The agent may act again. What was ended stays ended.";
    /// A client is blocked.
    Blocked = "blocked" "The application is blocked for this agent. What it held was ended.";
    /// A block is lifted.
    Unblocked = "unblocked" "The application may ask this agent again. What was ended stays ended.";
    /// A client's tokens were ended.
    Revoked = "revoked" "What the application held for this agent was ended. It may ask again.";
    /// An agent or a client goes with the period.
    Marked = "marked" "It goes when the billing period ends. Until then you can take that back.";
    /// It does not.
    Unmarked = "unmarked" "It stays.";
    /// An agent was let go.
    LetGo = "let-go" "You no longer answer for the agent.";
    /// A client was changed.
    Changed = "changed" "It is saved.";
    /// The password is another.
    PasswordChanged = "password-changed" "The password is changed, and all other sessions are ended.";
    /// The password is another, by a link.
    PasswordReset = "password-reset" "The password is changed. Sign in with it.";
    /// The address is another.
    EmailChanged = "email-changed" "The e-mail address is changed, and all other sessions are ended.";
    /// A letter was written.
    EmailSent = "email-sent" "A letter with a link is on its way to the address. Follow the link to confirm it.";
    /// An address is confirmed.
    EmailConfirmed = "email-confirmed" "The e-mail address is confirmed.";
    /// A letter may have been written.
    ResetSent = "reset-sent" "If there is an account with this address, and the address was confirmed, a letter with a link is on its way.";
    /// A session was ended.
    SessionEnded = "session-ended" "The session is ended.";
    /// An account is gone.
    AccountDeleted = "account-deleted" "Your account is deleted.";
    /// A client is off.
    Disabled = "disabled" "The application is disabled. What it held was ended.";
    /// A client is on again.
    Enabled = "enabled" "The application may ask again. What was ended stays ended.";
    /// A client has another key.
    KeyReplaced = "key-replaced" "The key is replaced. The old one counts no more.";
    /// A client is gone.
    ClientDeleted = "client-deleted" "The application is deleted, and all that it held is ended.";
    /// Somebody has signed out.
    SignedOut = "signed-out" "You are signed out.";
}
