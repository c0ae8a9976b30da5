//! What the slices stand on (server only): configuration, database, state, HTTP layers, telemetry, jobs, mail, texts.
//! No domain rule lives here.

pub mod config;
pub mod db;
pub mod demo;
pub mod http;
pub mod jobs;
pub mod lanes;
pub mod lifecycle;
pub mod mail;
pub mod metrics;
pub mod sms;
pub mod state;
pub mod telemetry;
mod tls;
pub mod upkeep;
