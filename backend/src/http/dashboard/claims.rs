//! `/claim/{challenge_id}`: a claim that waits for its agent: what the agent runs, and whether it has.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use super::moment::Moment;
use super::shell::{Section, Shell};
use super::visitor::Visitor;
use crate::app::App;
use crate::db::schema::challenges::Challenge;
use crate::http::api::view::ChallengePath;
use crate::http::extract::At;
use crate::http::pages::{Page, PageError};
use crate::id::AgentId;
use crate::oversight::access;
use crate::oversight::claims::{self, Status};

/// The page.
#[derive(Template)]
#[template(path = "dashboard/claims.html")]
struct Waiting<'a> {
    shell: Shell<'a>,
    agent_id: String,
    agent_name: String,
    status: Status,
    challenge_id: String,
    until: Moment,
    /// What the agent runs.
    command: String,
    /// The same without the program.
    curl: String,
    /// The address as a picture, an SVG of our own making.
    picture: String,
}

/// `GET /claim/{challenge_id}`
pub async fn page(
    State(app): State<App>,
    At(ChallengePath { challenge_id }): At<ChallengePath>,
    visitor: Visitor,
) -> Response {
    let show = async |visitor: &Visitor| {
        let now = app.clock.now();
        let read = visitor.read(&app, move |tx, overseer| {
            let challenge = claims::made_by(tx, &overseer.id, &challenge_id)?;
            // What the agent is called it tells those who answer for it.
            let agent = match AgentId::parse(&challenge.entity_id) {
                Some(id) => access::must_oversee(tx, &overseer.id, &id).ok().map(|(agent, _)| agent),
                None => None,
            };
            Ok((claims::status_of(&challenge, now), challenge, agent))
        });
        let (overseer, (status, challenge, agent)) = read.await?;
        let shell = visitor.shell(&app, Section::Claim, &overseer);
        let name = agent.map_or_else(String::new, |agent| agent.name);
        let page = Waiting::new(shell, &app.issuer, overseer.id.as_str(), status, challenge, name)?;
        Ok(Page::new(&page).into_response())
    };
    visitor.answer(&app, show).await
}

impl<'a> Waiting<'a> {
    fn new(
        shell: Shell<'a>,
        issuer: &str,
        overseer_id: &str,
        status: Status,
        challenge: Challenge,
        agent_name: String,
    ) -> Result<Self, PageError> {
        let address = format!("{issuer}/v1/agents/claim/complete/{}", challenge.id);
        Ok(Self {
            shell,
            agent_name,
            status,
            until: Moment::new(challenge.expires_at),
            command: format!("agentid agent claim {address} --overseer {overseer_id}"),
            curl: format!(
                "curl -X POST {address} -H \"Authorization: Bearer $SESSION\" -H 'Content-Type: application/json' \
                 -d '{{\"overseer_id\": \"{overseer_id}\"}}'"
            ),
            picture: picture(&address)?,
            agent_id: challenge.entity_id,
            challenge_id: challenge.id.to_string(),
        })
    }
}

/// An address as a QR code (ISO/IEC 18004).
fn picture(address: &str) -> Result<String, PageError> {
    let code = qrcode::QrCode::new(address).map_err(|error| {
        tracing::error!(%error, "an address is too long for a QR code");
        PageError::from(crate::refusal::Refusal::from(crate::refusal::Code::Internal))
    })?;
    let size = code.width() + 8;
    let dark = code.to_colors();
    let dark = dark.iter().enumerate().filter(|(_, color)| **color == qrcode::Color::Dark);
    let squares: String =
        dark.map(|(at, _)| format!("M{} {}h1v1h-1z", at % code.width() + 4, at / code.width() + 4)).collect();
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" class=\"qr\" role=\"img\" \
         aria-label=\"The claim's address as a QR code\"><path fill=\"#fff\" d=\"M0 0h{size}v{size}H0z\"/>\
         <path fill=\"#000\" d=\"{squares}\"/></svg>"
    ))
}
