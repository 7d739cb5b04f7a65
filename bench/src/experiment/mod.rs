//! What is measured besides the workloads.

pub mod bytes;
mod copy;
mod fill;
pub mod pages;
pub mod postgres;
pub mod purge;
pub mod rows;
pub mod soak;
pub mod start;
pub mod strict;
mod wal;
