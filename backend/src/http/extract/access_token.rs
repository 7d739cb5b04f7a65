//! A request with an access token (RFC 6750 section 2, RFC 9449 section 7): in the Authorization header, or in a
//! posted form. Never in the address, which ends up in logs.

use aide::OperationInput;
use aide::generate::GenContext;
use aide::openapi::Operation;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, Method, header};

use super::credential::requirement;
use super::place::address;
use super::{has_content_type, read_body};
use crate::app::App;
use crate::crypto::constant_time_eq;
use crate::crypto::dpop::token_hash;
use crate::http::error::ResourceError;
use crate::identity::dpop::{self, SpentProof};
use crate::oauth::access_token::PresentedToken;
use crate::oauth::form::Form;
use crate::oauth::userinfo::Presentation;

/// A token that came along, and how. Whether it is good only the database knows.
pub struct TokenCaller {
    /// As it reads.
    pub token: PresentedToken,
    /// How it came.
    pub presentation: Presentation,
    /// The proof that came with it, to be spent.
    pub proof: Option<SpentProof>,
}

impl FromRequest<App> for TokenCaller {
    type Rejection = ResourceError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ResourceError> {
        let has_token_in_address = request
            .uri()
            .query()
            .is_some_and(|query| form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token"));
        if has_token_in_address {
            return Err(ResourceError::invalid_request(
                "A token does not belong into the address. Send it in the header.",
            ));
        }
        let (method, address) = (request.method().as_str().to_owned(), address(app, request.uri()));
        let authorization = single(request.headers(), &header::AUTHORIZATION)?;
        let proof = proof(request.headers())?;
        let in_form = token_in_form(request).await?;
        let (scheme, token) = match (authorization, in_form) {
            (Some(_), Some(_)) => {
                return Err(ResourceError::invalid_request("The token is sent twice. Send it in the header alone."));
            }
            (Some(authorization), None) => scheme_and_token(&authorization)?,
            (None, Some(token)) => (Scheme::Bearer, token),
            (None, None) => return Err(ResourceError::no_token()),
        };
        let read = PresentedToken::read(&token, &app.issuer, &app.signing_keys, app.clock.now());
        match scheme {
            Scheme::Bearer => {
                let token = read.ok_or_else(ResourceError::invalid_token)?;
                // Section 7.2: a bound token without its key is refused in the words of DPoP.
                if token.claims.contains_key("cnf") {
                    return Err(ResourceError::invalid_token().of_dpop());
                }
                Ok(Self { token, presentation: Presentation::Bearer, proof: None })
            }
            Scheme::Dpop => {
                let proof = proof.ok_or_else(|| ResourceError::invalid_proof("The DPoP proof is missing."))?;
                let proof = dpop::verify(&proof, &method, &address, &app.dpop_nonces, app.clock.now());
                let proof = proof.map_err(|refused| match refused {
                    dpop::Refused::Invalid(problem) => {
                        ResourceError::invalid_proof(format!("{problem} Make a new proof."))
                    }
                    dpop::Refused::UseNonce => ResourceError::use_nonce(),
                })?;
                let hash = token_hash(&token);
                let is_for_token = proof.ath.is_some_and(|ath| constant_time_eq(ath.as_bytes(), hash.as_bytes()));
                if !is_for_token {
                    return Err(ResourceError::invalid_proof("`ath` is not the hash of the access token."));
                }
                let token = read.ok_or_else(|| ResourceError::invalid_token().of_dpop())?;
                let presentation = Presentation::Dpop(proof.key.thumbprint());
                Ok(Self { token, presentation, proof: Some(proof.spent) })
            }
        }
    }
}

/// How a token is sent in the header.
enum Scheme {
    Bearer,
    Dpop,
}

fn scheme_and_token(authorization: &str) -> Result<(Scheme, String), ResourceError> {
    let (scheme, token) = authorization.split_once(' ').ok_or_else(ResourceError::no_token)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Scheme::Bearer,
        "dpop" => Scheme::Dpop,
        _ => return Err(ResourceError::no_token()),
    };
    Ok((scheme, token.trim().to_owned()))
}

fn single(headers: &HeaderMap, name: &HeaderName) -> Result<Option<String>, ResourceError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_) => Err(ResourceError::invalid_request("A header is not plain text.")),
        },
        (Some(_), Some(_)) => Err(ResourceError::invalid_request("A header is sent twice. Send it once.")),
    }
}

/// RFC 9449 section 4.3: at most one, and it is text.
fn proof(headers: &HeaderMap) -> Result<Option<String>, ResourceError> {
    single(headers, &HeaderName::from_static("dpop"))
        .map_err(|_| ResourceError::invalid_proof("There is more than one DPoP header, or it is not text. Send one."))
}

/// RFC 6750 section 2.2: of a posted form.
async fn token_in_form(request: Request) -> Result<Option<String>, ResourceError> {
    let is_form = has_content_type(request.headers(), "application/x-www-form-urlencoded");
    if request.method() != Method::POST || !is_form {
        return Ok(None);
    }
    let body = read_body(request).await.map_err(|_| ResourceError::invalid_request("The body can not be read."))?;
    let form = Form::parse(&body).map_err(|_| ResourceError::invalid_request("The form can not be read."))?;
    Ok(form.get("access_token").map(str::to_owned))
}

impl OperationInput for TokenCaller {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.extend([requirement("accessToken"), requirement("dpopAccessToken")]);
    }
}
