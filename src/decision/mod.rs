//! The decision engine: from an attempt and a policy to an outcome with its reasons.

pub mod lists;
