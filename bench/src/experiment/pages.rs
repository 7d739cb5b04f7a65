//! Whether a long history makes the dashboard slow: the pages of an agent with 100 requests in its history and of one with
//! 10,000, asked for in turn, one at a time.

use serde::Serialize;

use crate::bench::{Bench, progress};
use crate::call;
use crate::load::{Load, Round};
use crate::server::Data;
use crate::statistics::Spread;
use crate::world::World;

const FEW: u64 = 100;
const MANY: u64 = 10_000;
/// More than a round of one connection answers.
const REQUESTS: usize = 20_000;

/// One page with both.
#[derive(Serialize)]
pub struct Page {
    /// Which.
    pub name: &'static str,
    /// The median answer with a short history, in milliseconds.
    pub few: Spread,
    /// With a long one.
    pub many: Spread,
    /// Many by few, of each pair of rounds its own.
    pub ratio: Spread,
    /// How many requests failed.
    pub errors: u64,
}

/// Fills the histories of two agents and asks for their pages.
pub async fn measure(bench: &Bench) -> anyhow::Result<Vec<Page>> {
    progress("filling histories");
    let data = Data::new(&bench.folder)?;
    let world = bench.world(&data).await?;
    let (few, many) = (&world.agents[0], &world.agents[1]);
    let cookies = world.overseer_in_browser(&[few, many]).await?;
    fill(&data, &few.id, FEW)?;
    fill(&data, &many.id, MANY)?;
    let mut pages = Vec::new();
    for (name, rest) in [("agent", ""), ("history", "/history")] {
        let paths = [few, many].map(|agent| format!("/agents/{}{rest}", agent.id));
        pages.push(page(bench, &world, name, &paths, &cookies).await?);
    }
    Ok(pages)
}

async fn page(
    bench: &Bench,
    world: &World,
    name: &'static str,
    paths: &[String; 2],
    cookies: &str,
) -> anyhow::Result<Page> {
    let mut pairs = Vec::new();
    for number in 1..=bench.lengths.rounds {
        let few = round(bench, world, &paths[0], cookies).await?;
        let many = round(bench, world, &paths[1], cookies).await?;
        progress(&format!("page {name} {number}: {:.2} ms and {:.2} ms", few.latency(0.5), many.latency(0.5)));
        pairs.push((few, many));
    }
    Ok(Page {
        name,
        few: Spread::of(pairs.iter().map(|(few, _)| few.latency(0.5))),
        many: Spread::of(pairs.iter().map(|(_, many)| many.latency(0.5))),
        ratio: Spread::of(pairs.iter().map(|(few, many)| many.latency(0.5) / few.latency(0.5))),
        errors: pairs.iter().map(|(few, many)| few.error_count() + many.error_count()).sum(),
    })
}

async fn round(bench: &Bench, world: &World, path: &str, cookies: &str) -> anyhow::Result<Round> {
    let request = || call::get(world.server.address, path).header("cookie", cookies).finish(Default::default());
    let requests = std::iter::repeat_with(request).take(REQUESTS).collect::<Result<_, _>>()?;
    Load::lasting(1, bench.lengths.round).run(&world.server, requests).await
}

/// A history of the last twenty days, by ten clients.
fn fill(data: &Data, agent_id: &str, requests: u64) -> anyhow::Result<()> {
    let moment = "CAST(strftime('%s', 'now') AS INTEGER) - (i * 1728000) / {n}".replace("{n}", &requests.to_string());
    data.execute(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {requests})
         INSERT INTO oauth_requests (id, agent_id, client_id, scopes, status, created_at)
         SELECT printf('019c0000-%04d-7000-8000-{}', i - 1), '{agent_id}',
                printf('019c0000-0000-7000-8000-%012d', i % 10), 'openid name', 'approved', {moment} FROM n;
         INSERT INTO authorization_days (agent_id, day, client_id, status, requests)
         SELECT agent_id, created_at / 86400, client_id, status, COUNT(*) FROM oauth_requests
         WHERE agent_id = '{agent_id}' GROUP BY 1, 2, 3, 4",
        &agent_id[24..],
    ))
}
