//! The built site: scripts, styles, font and icons under content-hashed names, served precompressed and cached for good.

use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

use crate::error::{Error, Result};
use crate::platform::state::App;
use crate::ui::assets::Assets;

/// The names in `assets.json` of the built site. Without it the pages work, but look plain and have no islands.
pub fn names(site_root: &Path) -> Assets {
    let file = site_root.join("assets.json");
    let read = std::fs::read(&file).map_err(anyhow::Error::from).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
    read.unwrap_or_else(|error| {
        tracing::warn!("{} cannot be read ({error}); build the site with `make site`", file.display());
        Assets::unhashed()
    })
}

/// `GET /pkg/{*path}`.
pub async fn file(State(app): State<App>, UrlPath(path): UrlPath<String>, headers: HeaderMap) -> Result<Response> {
    let inside = Path::new(&path).components().all(|c| matches!(c, Component::Normal(_)));
    if !inside {
        return Err(Error::not_found());
    }
    let full = app.config.site_root.join("pkg").join(&path);
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (bytes, encoding) = read_best(&full, accepts).await.ok_or_else(Error::not_found)?;

    let mut response = Response::new(Body::from(bytes));
    let kind = mime_guess::from_path(&full).first_or_octet_stream();
    let kind = if kind.type_() == "text" { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&kind).map_err(Error::internal)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

/// The smallest form of the file that the browser accepts.
async fn read_best(full: &Path, accepts: &str) -> Option<(Vec<u8>, Option<&'static str>)> {
    for (suffix, encoding) in [("br", "br"), ("gz", "gzip")] {
        if accepts.split(',').any(|a| a.split(';').next().is_some_and(|name| name.trim() == encoding)) {
            let mut name = full.as_os_str().to_owned();
            name.push(".");
            name.push(suffix);
            if let Ok(bytes) = tokio::fs::read(PathBuf::from(name)).await {
                return Some((bytes, Some(encoding)));
            }
        }
    }
    tokio::fs::read(full).await.ok().map(|bytes| (bytes, None))
}
