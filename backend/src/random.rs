//! Randomness as an argument; see [`agentid_jose::random`], which keys are made with.

pub use agentid_jose::random::Random;
