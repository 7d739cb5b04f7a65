//! How a table of error codes is written: once, with status, cause and remedy in one line each. The
//! answers, the rules and `docs/v1/errors.md` all read it.

/// Declares an enum of codes from such a table.
macro_rules! error_codes {
    ($(#[$doc:meta])* $Name:ident {
        $($Variant:ident $status:literal $code:literal $cause:literal $remedy:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $Name {
            $(#[doc = $cause] $Variant),+
        }

        impl $Name {
            /// All of them, by status.
            pub const ALL: &'static [Self] = &[$(Self::$Variant),+];

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$Variant => $status),+ }
            }

            /// The name in the answer.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$Variant => $code),+ }
            }

            /// What happened, one sentence.
            pub fn cause(self) -> &'static str {
                match self { $(Self::$Variant => $cause),+ }
            }

            /// What to do about it, one sentence.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$Variant => $remedy),+ }
            }

            /// Both, for an answer that has nothing more exact to say.
            pub fn sentences(self) -> String {
                format!("{} {}", self.cause(), self.remedy())
            }
        }
    };
}
pub(crate) use error_codes;
