//! Writing a file so that no one ever sees a part of it, unless it is what it should be already.

#[cfg(target_os = "linux")]
use super::unnamed::make;
use rustix::fs::{Mode, OFlags};
use std::fs::{self, FileTimes, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

/// Makes the target what [`write_atomically`] would make it. A file that is so already is given the present time and no
/// more: a file system takes several times as long to make a file, rename it, and free the one that it replaces as to read
/// one.
pub(super) fn update_atomically(
    target: &Path,
    content: &[u8],
    source_mode: u32,
    umask: u32,
) -> io::Result<()> {
    if touch_if_same(target, content, target_mode(source_mode) & !umask).unwrap_or(false) {
        return Ok(());
    }
    replace(target, content, target_mode(source_mode))
}

/// Whether the target is a file of this process's user alone, with this mode and content, and has been given the time.
fn touch_if_same(target: &Path, content: &[u8], mode: u32) -> io::Result<bool> {
    let no_follow = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut file = OpenOptions::new().read(true).custom_flags(no_follow.bits() as i32).open(target)?;
    let metadata = file.metadata()?;
    let is_ours = metadata.is_file()
        && metadata.nlink() == 1
        && metadata.uid() == rustix::process::geteuid().as_raw()
        && metadata.mode() & 0o7777 == mode;
    if !is_ours || metadata.len() != content.len() as u64 {
        return Ok(false);
    }
    let mut rest = content;
    let mut buffer = [0; 16 << 10];
    while !rest.is_empty() {
        let len = buffer.len().min(rest.len());
        let (expected, after) = rest.split_at(len);
        let here = &mut buffer[..len];
        file.read_exact(here)?;
        if here != expected {
            return Ok(false);
        }
        rest = after;
    }
    let now = SystemTime::now();
    file.set_times(FileTimes::new().set_accessed(now).set_modified(now))?;
    Ok(true)
}

/// What this process takes away from the modes of files that it makes. While this runs no other thread may make any.
pub(super) fn umask() -> u32 {
    let mask = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    rustix::process::umask(mask);
    mask.bits()
}

/// The mode of the `.pyc` of a source with this one, before the umask.
fn target_mode(source_mode: u32) -> u32 {
    (source_mode | 0o200) & 0o666
}

/// Writes a file, which is there as a whole or not at all. Its folder is created if need be; its mode is that of the source,
/// writable by the owner, within the process's umask.
pub(in crate::commands) fn write_atomically(
    target: &Path,
    content: &[u8],
    source_mode: u32,
) -> io::Result<()> {
    let mode = target_mode(source_mode);
    if make(target, content, mode) { Ok(()) } else { replace(target, content, mode) }
}

/// Elsewhere all files have names.
#[cfg(not(target_os = "linux"))]
fn make(_: &Path, _: &[u8], _: u32) -> bool {
    false
}

/// Writes to a new file beside the target and renames it.
fn replace(target: &Path, content: &[u8], mode: u32) -> io::Result<()> {
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
    let (mut file, temporary) = with_temporary_name(target, |temporary| {
        OpenOptions::new().write(true).create_new(true).mode(mode).open(temporary)
    })?;
    let written = file.write_all(content);
    drop(file);
    let renamed = written.and_then(|()| fs::rename(&temporary, target));
    if renamed.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    renamed
}

/// Creates a file under a name beside the target that no other thread or process of this machine uses.
///
/// A process that was killed may have left files under the names of this one: in a container, a process often has the
/// number of the one before it. Their names are passed over.
pub(in crate::commands) fn with_temporary_name<T>(
    target: &Path,
    create: impl Fn(&Path) -> io::Result<T>,
) -> io::Result<(T, PathBuf)> {
    loop {
        let temporary = temporary_name(target);
        match create(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|created| (created, temporary)),
        }
    }
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

fn temporary_name(target: &Path) -> PathBuf {
    numbered_name(target, COUNTER.fetch_add(1, Ordering::Relaxed))
}

fn numbered_name(target: &Path, number: u64) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}-{number}", std::process::id()));
    PathBuf::from(name)
}

/// The permission bits of a source.
pub(in crate::commands) fn mode_of(metadata: &fs::Metadata) -> u32 {
    metadata.permissions().mode()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_killed_processes_left_is_in_no_ones_way() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("a.pyc");
        let next = COUNTER.load(Ordering::Relaxed);
        let left: Vec<PathBuf> = (next..next + 3).map(|number| numbered_name(&target, number)).collect();
        for name in &left {
            fs::write(name, "part").expect("there is room");
        }
        replace(&target, b"whole", 0o644).expect("there is room");
        assert_eq!(fs::read(&target).expect("was written"), b"whole");
        assert!(left.iter().all(|name| name.exists()), "they may be another's");
    }

    #[test]
    fn what_is_there_is_replaced_and_what_is_not_is_made() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("made").join("a.pyc");
        for content in [&b"new"[..], b"another", b""] {
            write_atomically(&target, content, 0o444).expect("there is room");
            assert_eq!(fs::read(&target).expect("was written"), content);
            assert_eq!(mode_of(&fs::metadata(&target).expect("is there")) & 0o700, 0o600);
            assert_eq!(fs::read_dir(folder.path().join("made")).expect("is there").count(), 1);
        }
        let other = folder.path().join("made").join("b.pyc");
        make(&other, b"new", 0o644);
        assert!(!make(&target, b"new", 0o644));
        assert_eq!(fs::read(&target).expect("was written"), b"");
    }
}
