//! `/v1/clients`: what owners do with their clients.

pub mod credentials;
pub mod management;
pub mod registration;
pub mod view;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::identity::credentials::Principal;
use crate::refusal::{Code, Refusal};

/// The kind of owner that an address names.
#[derive(Deserialize, JsonSchema)]
pub struct OwnerPath {
    owner_type: OwnerType,
}

/// Who owns clients.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OwnerType {
    Agent,
    Overseer,
}

impl OwnerType {
    /// Refuses a caller of the other kind.
    fn must_be_that_of(self, principal: &Principal) -> Result<(), Refusal> {
        match (self, principal) {
            (Self::Agent, Principal::Agent(_)) | (Self::Overseer, Principal::Overseer(_)) => Ok(()),
            (Self::Agent, Principal::Overseer(_)) | (Self::Overseer, Principal::Agent(_)) => {
                Err(Code::WrongOwnerType.into())
            }
        }
    }
}
