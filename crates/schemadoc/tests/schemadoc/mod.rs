//! One module for each part.

mod check;
mod commands;
mod constraints;
mod folder;
mod golden;
mod lint;
mod mangled;
mod notes;
mod oracle;
mod project;
mod provenance;
mod readme;
mod refusals;
mod relations;
mod replay;
mod tokens;
mod write;
