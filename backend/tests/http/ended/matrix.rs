//! Every way in which it ends, one test each, against every place where it shows.

use std::collections::BTreeSet;

use serde_json::json;

use super::scene::{Held, Scene, jti};
use crate::support::Agent;

/// How an authorization is refused.
type Refused = (u16, &'static str);

/// What holds right after something was ended.
struct Expected {
    /// At authorize; `None` when new authorizations go on.
    authorize: Option<Refused>,
    /// At the redemption of a code.
    redemption: Refused,
    /// At a refresh.
    refresh: Refused,
    /// Whether it ends for other agents of the client, too.
    is_of_client: bool,
    /// Whether it ends for other clients of the agent, too.
    is_of_agent: bool,
}

const INVALID_GRANT: Refused = (400, "invalid_grant");
const UNAUTHORIZED_CLIENT: Refused = (400, "unauthorized_client");

/// What everybody holds before and while it ends.
struct Before {
    held: Held,
    bystander_s: Held,
    other_client_s: Held,
    own_of_client: String,
}

impl Before {
    #[track_caller]
    fn of(scene: &Scene) -> Self {
        let before = Self {
            held: scene.hold(&scene.agent, &scene.client),
            bystander_s: scene.hold(&scene.bystander, &scene.client),
            other_client_s: scene.hold(&scene.agent, &scene.other_client),
            own_of_client: scene.client.own_token(&scene.server, &[]).expect(200).text_of("access_token"),
        };
        assert!(scene.is_live(&before.held) && scene.is_live(&before.bystander_s));
        assert!(scene.is_live(&before.other_client_s));
        assert!(scene.listed().is_empty());
        before
    }
}

/// Ends something, and looks everywhere. What was held before, for a look after it is lifted.
#[track_caller]
fn ends(scene: &Scene, expected: &Expected, end: impl FnOnce()) -> Before {
    let before = Before::of(scene);
    end();
    let Before { held, bystander_s, other_client_s, own_of_client } = &before;
    if let Some((status, error)) = expected.authorize {
        let answer = scene.authorize(&scene.agent, &scene.client).expect(status);
        let name = if answer.json().get("error_description").is_some() { "error" } else { "code" };
        assert_eq!(answer.text_of(name), error, "{answer:?}");
    } else {
        scene.authorize(&scene.agent, &scene.client).expect(200);
    }
    assert!(!scene.is_live(held));
    scene.gives_nothing(held, &scene.client, expected.redemption, expected.refresh);
    assert_eq!(scene.is_live(bystander_s), !expected.is_of_client);
    assert_eq!(scene.is_live(other_client_s), !expected.is_of_agent);
    let mut listed: BTreeSet<String> = held.jtis(&scene.server).into_iter().collect();
    if expected.is_of_client {
        scene.gives_nothing(bystander_s, &scene.client, expected.redemption, expected.refresh);
        listed.extend(bystander_s.jtis(&scene.server));
        listed.insert(jti(&scene.server, own_of_client));
    }
    if expected.is_of_agent {
        scene.gives_nothing(other_client_s, &scene.other_client, INVALID_GRANT, INVALID_GRANT);
        listed.extend(other_client_s.jtis(&scene.server));
    }
    assert_eq!(scene.listed(), listed, "just these are listed");
    before
}

/// After it is lifted: what was ended stays so, what was not goes on, and the agent can authorize anew.
#[track_caller]
fn stays_ended(scene: &Scene, agent: &Agent, expected: &Expected, before: &Before) {
    let Before { held, bystander_s, other_client_s, .. } = before;
    assert!(!scene.is_live(held));
    assert!(!scene.is_any_active(held, &scene.client));
    scene.gives_nothing(held, &scene.client, INVALID_GRANT, INVALID_GRANT);
    for (other, client, is_ended) in [
        (bystander_s, &scene.client, expected.is_of_client),
        (other_client_s, &scene.other_client, expected.is_of_agent),
    ] {
        assert_eq!(scene.is_live(other), !is_ended);
        if is_ended {
            scene.gives_nothing(other, client, INVALID_GRANT, INVALID_GRANT);
        } else {
            scene.gives_tokens(other, client);
        }
    }
    let anew = scene.hold(agent, &scene.client);
    assert!(scene.is_live(&anew));
    scene.gives_tokens(&anew, &scene.client);
}

const OF_PAIR: Expected = Expected {
    authorize: None,
    redemption: INVALID_GRANT,
    refresh: INVALID_GRANT,
    is_of_client: false,
    is_of_agent: false,
};
const OF_CLIENT: Expected = Expected {
    authorize: Some(UNAUTHORIZED_CLIENT),
    redemption: UNAUTHORIZED_CLIENT,
    refresh: INVALID_GRANT,
    is_of_client: true,
    is_of_agent: false,
};
const OF_DELETED_CLIENT: Expected = Expected {
    authorize: Some((400, "invalid_request")),
    redemption: (401, "invalid_client"),
    refresh: (401, "invalid_client"),
    ..OF_CLIENT
};
const OF_AGENT: Expected = Expected { is_of_agent: true, ..OF_PAIR };

#[test]
fn a_block() {
    let scene = Scene::begin();
    let expected = Expected { authorize: Some((403, "access_denied")), ..OF_PAIR };
    let path = format!("/v1/overseers/agents/{}/block-client", scene.agent.id);
    let block = || {
        let body = json!({ "client_id": scene.client.id });
        scene.overseer.call(&scene.server, "POST", &path).json(&body).send().expect(200);
    };
    let before = ends(&scene, &expected, block);
    scene.overseer.call(&scene.server, "DELETE", &format!("{path}/{}", scene.client.id)).send().expect(200);
    stays_ended(&scene, &scene.agent, &expected, &before);
}

#[test]
fn a_stop() {
    let scene = Scene::begin();
    let expected = Expected { authorize: Some((403, "access_denied")), ..OF_AGENT };
    let before = ends(&scene, &expected, || {
        scene.overseer.stop(&scene.server, &scene.agent).expect(200);
    });
    scene.overseer.resume(&scene.server, &scene.agent).expect(200);
    stays_ended(&scene, &scene.agent, &expected, &before);
}

/// The agent that owns the client is stopped: it must not go on through its application, nor may that ask about others.
#[test]
fn a_stop_of_the_client_s_owner() {
    let scene = Scene::begin();
    let before = ends(&scene, &OF_CLIENT, || {
        scene.overseer.stop(&scene.server, &scene.owner).expect(200);
    });
    scene.overseer.resume(&scene.server, &scene.owner).expect(200);
    stays_ended(&scene, &scene.agent, &OF_CLIENT, &before);
}

#[test]
fn a_disabled_client() {
    let scene = Scene::begin();
    let switch = |is_off: bool| {
        // By session: the owner's stands.
        let call = scene.owner.call(&scene.server, "PUT", &scene.client.path("/disabled"));
        call.json(&json!({ "disabled": is_off })).send().expect(200);
    };
    let before = ends(&scene, &OF_CLIENT, || switch(true));
    switch(false);
    stays_ended(&scene, &scene.agent, &OF_CLIENT, &before);
}

#[test]
fn a_deleted_client() {
    let scene = Scene::begin();
    ends(&scene, &OF_DELETED_CLIENT, || {
        scene.owner.call(&scene.server, "DELETE", &scene.client.path("")).send().expect(200);
    });
}

#[test]
fn a_deleted_owner_of_the_client() {
    let scene = Scene::begin();
    ends(&scene, &OF_DELETED_CLIENT, || {
        scene.owner.proven(&scene.server, "DELETE", "/v1/agents/me").send().expect(200);
    });
}

#[test]
fn a_consent_that_the_agent_withdraws() {
    let scene = Scene::begin();
    let path = format!("/v1/agents/me/consents/{}", scene.client.id);
    let before = ends(&scene, &OF_PAIR, || {
        scene.agent.call(&scene.server, "DELETE", &path).send().expect(200);
    });
    stays_ended(&scene, &scene.agent, &OF_PAIR, &before);
}

#[test]
fn a_consent_that_the_overseer_withdraws() {
    let scene = Scene::begin();
    let path = format!("/v1/overseers/agents/{}/consents/{}", scene.agent.id, scene.client.id);
    let before = ends(&scene, &OF_PAIR, || {
        scene.overseer.call(&scene.server, "DELETE", &path).send().expect(200);
    });
    stays_ended(&scene, &scene.agent, &OF_PAIR, &before);
}

#[test]
fn tokens_that_the_overseer_ends() {
    let scene = Scene::begin();
    let path = format!("/v1/overseers/agents/{}/tokens/{}", scene.agent.id, scene.client.id);
    let before = ends(&scene, &OF_PAIR, || {
        let ended = scene.overseer.call(&scene.server, "DELETE", &path).send().expect(200);
        assert_eq!((ended.get("access_tokens"), ended.get("refresh_tokens")), (json!(2), json!(1)));
    });
    stays_ended(&scene, &scene.agent, &OF_PAIR, &before);
}

#[test]
fn a_change_of_the_agent_s_key() {
    let scene = Scene::begin();
    let expected = Expected { authorize: Some((401, "not_authenticated")), ..OF_AGENT };
    let mut new = Agent::unregistered();
    let mut session = String::new();
    let before = ends(&scene, &expected, || {
        session = scene.agent.rotate(&scene.server, &new).expect(200).text_of("session_id");
    });
    (new.id, new.session) = (scene.agent.id.clone(), session);
    stays_ended(&scene, &new, &expected, &before);
}

#[test]
fn a_deleted_agent() {
    let scene = Scene::begin();
    let expected = Expected { authorize: Some((401, "not_authenticated")), ..OF_AGENT };
    ends(&scene, &expected, || {
        scene.agent.proven(&scene.server, "DELETE", "/v1/agents/me").send().expect(200);
    });
}
