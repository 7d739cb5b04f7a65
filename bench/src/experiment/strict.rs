//! The sign-in of the strict profile, on a server of its own: most other workloads sign their proofs before a nonce is known.

use crate::bench::{Bench, progress};
use crate::rounds::{self, Measured};
use crate::server::Data;
use crate::workload::Workload;

/// Measures it like any workload.
pub async fn measure(bench: &Bench) -> anyhow::Result<Measured> {
    progress("a server of the strict profile");
    let data = Data::new(&bench.folder)?;
    let mut world = bench.world(&data).await?;
    world.become_strict(bench, &data).await?;
    let measured = rounds::measure(bench, &mut world, Workload::StrictSignIn).await?;
    world.server.stop()?;
    Ok(measured)
}
