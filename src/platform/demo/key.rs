//! `var/demo.key`: the demo's own root key, beside the demo file: the database is worthless without it. Only the demo
//! makes it, and only a database that bears the demo's mark is opened with it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use base64::Engine as _;

use crate::kernel::secret::{RootKeys, random_bytes};

fn path(var: &Path) -> PathBuf {
    var.join("demo.key")
}

/// Makes the key, if it is not there, with mode 0600.
pub fn make_root_key(var: &Path) -> anyhow::Result<()> {
    let path = path(var);
    if path.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(var).with_context(|| format!("cannot make {}", var.display()))?;
    let text = base64::engine::general_purpose::STANDARD.encode(random_bytes::<32>());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// The key, or where it should lie.
pub fn root_key(var: &Path) -> anyhow::Result<RootKeys> {
    let path = path(var);
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "this database is a demo's, and its key cannot be read: {}; set GATEHOUSE_VAR to its folder",
            path.display()
        )
    })?;
    Ok(RootKeys::parse(text.trim())?)
}
