//! What one node does, the other knows.

mod ends;
mod keys;
mod single_use;
mod steps;
mod strict;
