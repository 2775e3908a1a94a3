//! System calls with checked results. The only unsafe code of the modules about the operating system: what they pass
//! is owned and alive for the call.

use std::ffi::CStr;
use std::io::{Error, Result};
use std::mem::MaybeUninit;

/// The result of a call that gives -1 where it fails.
macro_rules! checked {
    ($call:expr) => {{
        // SAFETY: pointers come from references or owned buffers that outlive the call, with their true lengths.
        let result = unsafe { $call };
        if result == -1 { Err(std::io::Error::last_os_error()) } else { Ok(result) }
    }};
}
pub(crate) use checked;

/// The result of a call that cannot fail.
macro_rules! certain {
    ($call:expr) => {{
        // SAFETY: takes and gives plain numbers, or pointers to what outlives the call.
        unsafe { $call }
    }};
}
pub(crate) use certain;

/// `stat` by path, relative to a directory.
pub fn stat_at(dir: i32, path: &CStr, follow: bool) -> Result<libc::stat> {
    let mut out = MaybeUninit::<libc::stat>::zeroed();
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    checked!(libc::fstatat(dir, path.as_ptr(), out.as_mut_ptr(), flags))?;
    // SAFETY: the call succeeded; all bit patterns are valid anyway.
    Ok(unsafe { out.assume_init() })
}

/// `fstat`
pub fn fstat(fd: i32) -> Result<libc::stat> {
    let mut out = MaybeUninit::<libc::stat>::zeroed();
    checked!(libc::fstat(fd, out.as_mut_ptr()))?;
    // SAFETY: the call succeeded; all bit patterns are valid anyway.
    Ok(unsafe { out.assume_init() })
}

/// `read` into a new buffer.
pub fn read(fd: i32, count: usize) -> Result<Vec<u8>> {
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(count).is_err() {
        return Err(Error::from_raw_os_error(libc::ENOMEM));
    }
    buffer.resize(count, 0);
    let got = checked!(libc::read(fd, buffer.as_mut_ptr().cast(), count))?;
    buffer.truncate(got.max(0) as usize);
    Ok(buffer)
}

/// `pread` into a new buffer.
pub fn pread(fd: i32, count: usize, offset: i64) -> Result<Vec<u8>> {
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(count).is_err() {
        return Err(Error::from_raw_os_error(libc::ENOMEM));
    }
    buffer.resize(count, 0);
    let got = checked!(libc::pread(fd, buffer.as_mut_ptr().cast(), count, offset))?;
    buffer.truncate(got.max(0) as usize);
    Ok(buffer)
}

/// `readlinkat`, however long the target.
pub fn readlink(dir: i32, path: &CStr) -> Result<Vec<u8>> {
    let mut buffer = vec![0u8; 4096];
    loop {
        let got = checked!(libc::readlinkat(dir, path.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()))?;
        let got = got.max(0) as usize;
        if got < buffer.len() {
            buffer.truncate(got);
            return Ok(buffer);
        }
        buffer.resize(buffer.len() * 2, 0);
    }
}

/// The names in a directory with their types (`DT_*`) and inodes, without `.` and `..`.
pub fn list_directory(path: &CStr) -> Result<Vec<(Vec<u8>, u8, u64)>> {
    // SAFETY: the path is a string that ends in zero.
    let dir = unsafe { libc::opendir(path.as_ptr()) };
    list_open_directory(dir)
}

/// The same for a descriptor, which stays open and is rewound.
pub fn list_directory_fd(fd: i32) -> Result<Vec<(Vec<u8>, u8, u64)>> {
    let copy = checked!(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0))?;
    // SAFETY: the descriptor is this function's own.
    let dir = unsafe { libc::fdopendir(copy) };
    if dir.is_null() {
        let error = Error::last_os_error();
        let _ = checked!(libc::close(copy));
        return Err(error);
    }
    // SAFETY: the stream is open.
    unsafe { libc::rewinddir(dir) };
    let names = list_open_directory(dir);
    let _ = checked!(libc::lseek(fd, 0, libc::SEEK_SET));
    names
}

fn list_open_directory(dir: *mut libc::DIR) -> Result<Vec<(Vec<u8>, u8, u64)>> {
    if dir.is_null() {
        return Err(Error::last_os_error());
    }
    let mut names = Vec::new();
    let result = loop {
        // SAFETY: `errno` of this thread; the stream is open and used by this function only.
        let entry = unsafe {
            *libc::__errno_location() = 0;
            libc::readdir(dir)
        };
        if entry.is_null() {
            let error = Error::last_os_error();
            break if error.raw_os_error() == Some(0) { Ok(()) } else { Err(error) };
        }
        // SAFETY: `readdir` gave an entry, which lasts until the next call; its name ends in zero.
        let (name, kind, inode) =
            unsafe { (CStr::from_ptr((*entry).d_name.as_ptr()).to_bytes(), (*entry).d_type, (*entry).d_ino) };
        if name != b"." && name != b".." {
            names.push((name.to_vec(), kind, inode));
        }
    };
    // SAFETY: opened by the caller, closed once.
    unsafe { libc::closedir(dir) };
    result.map(|()| names)
}
