//! One module for each part.

mod folder;
mod provenance;
mod refusals;
mod replay;
mod tokens;
