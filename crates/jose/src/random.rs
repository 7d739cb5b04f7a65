//! Randomness as an argument: everything that makes a secret or an identifier takes a [`Random`],
//! so that a signature shows where unpredictable bytes come from. `clippy.toml` bans the other ways.

/// The operating system's random numbers, through the crypto library's generator.
#[derive(Clone, Copy, Debug)]
pub struct Random(());

impl Random {
    /// The machine's generator.
    pub fn system() -> Self {
        Self(())
    }

    /// `N` unpredictable bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing safe can be done then.
    #[expect(clippy::disallowed_methods, reason = "this is where randomness enters the program")]
    #[expect(clippy::expect_used, reason = "without randomness no secret may be made, so there is no way on")]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
        bytes
    }
}
