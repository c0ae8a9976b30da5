//! Sites in the console: settings, payment services, a new site.

mod commands;
mod new_site;
mod services;
mod settings;
