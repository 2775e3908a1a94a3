//! Files that have no name until they are complete, which only Linux has.

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether this process has been able to name files so far that it made without a name. Before Linux 6.10, that takes a
/// privilege.
static CAN_NAME: AtomicBool = AtomicBool::new(true);

/// Makes a file that has no name until it is complete. Where there is no file yet, that takes two thirds of the time of
/// writing another one and renaming it, and nothing is left of it if the process is killed. `false` if it was not possible:
/// there is a file, or no folder, or the file system has no files without names.
pub(super) fn make(target: &Path, content: &[u8], mode: u32) -> bool {
    if !CAN_NAME.load(Ordering::Relaxed) {
        return false;
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)) else { return false };
    let mut file = File::from(file);
    if file.write_all(content).is_err() {
        return false;
    }
    let named = rustix::fs::linkat(&file, "", CWD, target, AtFlags::EMPTY_PATH);
    if named.is_err_and(|error| error != Errno::EXIST) {
        CAN_NAME.store(false, Ordering::Relaxed);
    }
    named.is_ok()
}
