//! Writing a file so that no one ever sees a part of it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Writes to a new file beside the target and renames it. The target's folder is created if need be; its mode
/// is that of the source, writable by the owner, within the process's umask.
pub(in crate::commands) fn write_atomically(
    target: &Path,
    content: &[u8],
    source_mode: u32,
) -> io::Result<()> {
    let mode = (source_mode | 0o200) & 0o666;
    match write_beside(target, content, mode) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(folder) = target.parent() {
                fs::create_dir_all(folder)?;
            }
            write_beside(target, content, mode)
        }
        result => result,
    }
}

fn write_beside(target: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let temporary = temporary_name(target);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    let written = file.write_all(content);
    drop(file);
    let renamed = written.and_then(|()| fs::rename(&temporary, target));
    if renamed.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// A name that no other thread or process of this machine uses.
pub(in crate::commands) fn temporary_name(target: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}-{number}", std::process::id()));
    PathBuf::from(name)
}

/// The permission bits of a source.
pub(in crate::commands) fn mode_of(metadata: &fs::Metadata) -> u32 {
    metadata.permissions().mode()
}
