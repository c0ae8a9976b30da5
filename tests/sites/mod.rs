//! Sites in the console: settings, payment services, a new site.

mod new_site;
mod services;
mod settings;
