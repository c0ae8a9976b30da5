//! The names of the files that every page loads. The build writes them to `assets.json` with a hash in each, so that
//! a browser may keep them for ever.

use serde::Deserialize;

/// File names below `/pkg/`.
#[derive(Debug, Clone, Deserialize)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The loader of the islands.
    pub js: String,
    /// The islands.
    pub wasm: String,
    /// Inter.
    pub font: String,
    /// The gate, for the browser's tab.
    pub icon: String,
    /// The browser's part of passkeys, on the pages that offer them.
    pub passkey: String,
    /// Counts waits down, on the pages that say one.
    pub countdown: String,
    /// Shows the button that prints, on the pages that are kept on paper.
    pub print: String,
    /// Asks again for what changes, on the pages that say something of the kind.
    pub refresh: String,
}

impl Assets {
    /// Names without hashes, for tests and for a server that was started before the browser's half was built.
    pub fn unhashed() -> Self {
        Assets {
            css: "gatehouse.css".into(),
            js: "gatehouse.js".into(),
            wasm: "gatehouse.wasm".into(),
            font: "inter.woff2".into(),
            icon: "favicon.svg".into(),
            passkey: "passkey.js".into(),
            countdown: "countdown.js".into(),
            print: "print.js".into(),
            refresh: "refresh.js".into(),
        }
    }
}
