//! One module for each part.

mod folder;
mod replay;
mod tokens;
