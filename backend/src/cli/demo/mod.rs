//! x
use crate::cli::output::Output;
/// d
#[derive(clap::Args)]
pub struct Demo {}
impl Demo {
    /// d
    pub fn run(self, _: Output) -> anyhow::Result<()> {
        Ok(())
    }
}
