//! One module for each part.

mod check;
mod commands;
mod folder;
mod golden;
mod lint;
mod notes;
mod project;
mod readme;
mod relations;
mod replay;
mod tokens;
mod write;
