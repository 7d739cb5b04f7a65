//! One module for each part.

mod folder;
mod provenance;
mod replay;
mod tokens;
