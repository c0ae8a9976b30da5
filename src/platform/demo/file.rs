//! `var/demo.json`: where the demo is and how to get in. Readable by its owner alone.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

/// Somebody of the demo.
#[derive(Clone, Serialize, Deserialize)]
pub struct Person {
    /// Their address.
    pub email: String,
    /// Their password, made at random.
    pub password: String,
}

/// The file's content.
#[derive(Clone, Serialize, Deserialize)]
pub struct DemoFile {
    /// Where the console is.
    pub url: String,
    /// The demo site.
    pub site_id: String,
    /// A secret key of it.
    pub secret_key: String,
    /// A publishable key of it.
    pub publishable_key: String,
    /// Its owner.
    pub owner: Person,
    /// Its admin.
    pub admin: Person,
    /// Somebody of its support.
    pub support: Person,
    /// Its payment service.
    pub service_id: String,
    /// Where its mail lands.
    pub outbox_url: String,
}

impl DemoFile {
    /// Where the file lies.
    pub fn path(var: &Path) -> PathBuf {
        var.join("demo.json")
    }

    /// Writes the file with mode 0600. Whoever reads it meanwhile sees the old one or the new one, whole.
    pub fn write(&self, var: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(var).with_context(|| format!("cannot make {}", var.display()))?;
        let (path, new) = (Self::path(var), var.join(".demo.json.new"));
        let _ = std::fs::remove_file(&new);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .with_context(|| format!("cannot write {}", new.display()))?;
        file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&new, &path).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads the file back; `None` if there is none.
    pub fn read(var: &Path) -> anyhow::Result<Option<Self>> {
        let path = Self::path(var);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .with_context(|| format!("{} is not a demo file", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
}
