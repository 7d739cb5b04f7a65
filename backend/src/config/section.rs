//! How a section is declared: one line per setting, with its description, name, type and default.

/// Declares a section's struct with its `Default` and `read`. A doc comment is also the description
/// that `agentid config` shows. A default may use the settings above it; one that is computed is
/// followed by `=>` and its meaning in words, so that the documentation is the same on every machine.
macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:literal => $name:ident {
            $($(#[doc = $description:literal])+ $field:ident: $type:ty = $default:expr $(=> $words:literal)?;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $name {
            $($(#[doc = $description])+ pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                $(let $field: $type = $default;)+
                Self { $($field),+ }
            }
        }

        impl $name {
            pub(super) fn read(
                reader: &mut $crate::config::reader::Reader,
            ) -> Result<Self, $crate::config::error::ConfigError> {
                $(let $field: $type = reader.read(
                    $crate::config::reader::Setting {
                        key: concat!($section, ".", stringify!($field)),
                        description: concat!($($description),+).trim_ascii_start(),
                        default: None$(.or(Some($words)))?,
                    },
                    $default,
                )?;)+
                Ok(Self { $($field),+ })
            }
        }
    };
}

/// Declares a setting that is one of a few words.
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        $name:ident, $accepts:literal {
            $($(#[doc = $description:literal])+ $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[doc = $description])+ $variant,)+
        }

        impl $crate::config::value::Value for $name {
            const ACCEPTS: &str = $accepts;

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn text(&self) -> String {
                match self { $(Self::$variant => $word),+ }.to_owned()
            }
        }
    };
}

pub(super) use {choice, section};
