//! What the slices stand on: jobs, mail, demo mode, the end of a process, the edge.

mod connections;
mod database;
mod demo;
mod gone;
mod http;
mod jobs;
mod late_body;
mod lifecycle;
mod mail;
mod metrics;
mod program;
mod sms;
mod sms_peer;
mod smtp_sink;
mod telemetry;
mod tls;
