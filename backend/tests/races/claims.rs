//! One agent has one overseer, and no overseer more agents than their tier has room for.

use agentid::cli::demo::paddle::signature;
use serde_json::json;

use super::{MANY, MANY_MORE, at_once, number, one_wins};
use crate::http::billing::{self, shadow_claims};
use crate::support::{Agent, Call, Overseer, TestServer};

#[test]
fn of_many_overseers_one_comes_to_answer() {
    let server = TestServer::start();
    let agent = Agent::register(&server);
    let overseers: Vec<_> = (0..MANY).map(|_| Overseer::register(&server)).collect();
    let claims: Vec<_> = overseers.iter().map(|overseer| (overseer, claim(&server, overseer, &agent))).collect();
    let answers = at_once(claims.iter().map(|(overseer, claim)| acceptance(&server, overseer, &agent, claim)));
    let winner = one_wins(answers, 200, (409, "already_claimed"));

    let overseer = server.get("/v1/agents/me/overseer").session(&agent.session).send().expect(200);
    assert_eq!(overseer.json()["overseer"]["id"], winner.json()["oversight"]["overseer_id"]);
    assert_eq!(number(&server, "SELECT COUNT(*) FROM oversights"), 1, "the losers' claims left something");
    let answered = "SELECT COUNT(*) FROM challenges WHERE challenge_type = 'claim' AND outcome IS NOT NULL";
    assert_eq!(number(&server, answered), 1, "a refused answer leaves the claim pending");
}

#[test]
fn of_many_agents_one_takes_the_last_place_of_the_tier() {
    let server = TestServer::with(|config| config.billing.default_tier = "FREE".to_owned());
    let overseer = Overseer::register(&server);
    let agents: Vec<_> = (0..MANY_MORE).map(|_| Agent::register(&server)).collect();
    let claims: Vec<_> = agents.iter().map(|agent| (agent, claim(&server, &overseer, agent))).collect();
    let answers = at_once(claims.iter().map(|(agent, claim)| acceptance(&server, &overseer, agent, claim)));
    one_wins(answers, 200, (403, "tier_limit"));
    assert_eq!(number(&server, "SELECT COUNT(*) FROM oversights WHERE active = TRUE"), 1);
}

#[test]
fn of_many_answers_to_one_claim_one_counts() {
    let server = TestServer::start();
    let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
    let claim = claim(&server, &overseer, &agent);
    let refusal = json!({ "overseer_id": overseer.id, "accept": false });
    let path = format!("/v1/agents/claim/complete/{claim}");
    let answers = at_once((0..MANY).map(|turn| match turn % 2 {
        0 => acceptance(&server, &overseer, &agent, &claim),
        _ => server.post(&path).session(&agent.session).json(&refusal),
    }));
    let winner = one_wins(answers, 200, (409, "challenge_used"));
    let active = number(&server, "SELECT COUNT(*) FROM oversights WHERE active = TRUE");
    assert_eq!(active == 1, winner.get("status") == "completed", "{winner:?}");
}

/// Somebody has paid for the agent, and an overseer comes: the overseer answers for it, and the money has lifted the limits or is to
/// be given back.
#[test]
fn an_overseer_and_a_payment_at_once() {
    let (server, paddle) = billing::start();
    for _ in 0..MANY {
        let (agent, overseer) = (Agent::register(&server), Overseer::register(&server));
        let begun = shadow_claims::checkout(&server, &shadow_claims::agreed(&server, &agent)).expect(200);
        let transaction = begun.text_of("transaction_id");
        let claim = claim(&server, &overseer, &agent);
        let told = paddle.pay(&transaction, server.clock.now())[0].to_string();
        let signature = signature(&told, server.clock.now());
        let tell = server.post("/v1/webhooks/paddle").header("paddle-signature", &signature).bytes(told);
        for answer in at_once([tell, acceptance(&server, &overseer, &agent, &claim)]) {
            answer.expect(200);
        }
        let active = format!("agent_id = '{}' AND active = TRUE AND overseer_id = '{}'", agent.id, overseer.id);
        assert_eq!(server.count("oversights", &active), 1);
        let condition = "completed_at IS NOT NULL AND (applied_at IS NULL) <> (refund_due IS NULL)";
        assert_eq!(server.count("checkouts", &format!("transaction_id = '{transaction}' AND {condition}")), 1);
        server.clock.advance(60);
    }
}

/// The id of a claim that waits for the agent.
fn claim(server: &TestServer, overseer: &Overseer, agent: &Agent) -> String {
    overseer.claim(server, agent).expect(200).text_of("challenge_id")
}

fn acceptance(server: &TestServer, overseer: &Overseer, agent: &Agent, claim: &str) -> Call {
    let path = format!("/v1/agents/claim/complete/{claim}");
    server.post(&path).session(&agent.session).json(&json!({ "overseer_id": overseer.id }))
}
