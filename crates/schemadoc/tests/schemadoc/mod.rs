//! One module for each part.

mod constraints;
mod folder;
mod mangled;
mod oracle;
mod provenance;
mod refusals;
mod replay;
mod tokens;
