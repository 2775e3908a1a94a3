//! Files, folders and their names.

use crate::posix::calls::{self, checked};
use crate::posix::path::{FsPath, PathOrFd};
use crate::posix::stat::DirFd;
use crate::system::{errno_error, fs_decode, fspath, repeat};
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymodule;

/// The error of a call that names two files.
fn two_names_error(vm: &mut Vm, error: &std::io::Error, first: &Value, second: &Value) -> Raised {
    let plain = vm.os_error_from(error, None);
    let args = match vm.get_attr_str(&plain.value(), "args") {
        Ok(args) => args,
        Err(raised) => return raised,
    };
    let mut args = args.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();
    args.extend([first.clone(), Value::NONE, second.clone()]);
    let class = &vm.types().exceptions.os_error;
    vm.new_error_with(class, &args)
}

/// Refuses to be told not to follow links where there is no path.
fn check_follows(vm: &mut Vm, function: &str, path: &PathOrFd, follow_symlinks: bool) -> PyResult<()> {
    match path {
        PathOrFd::Fd(_) if !follow_symlinks => {
            Err(vm.value_error(format!("{function}: cannot use fd and follow_symlinks together")))
        }
        _ => Ok(()),
    }
}

/// Runs a call on two files.
fn on_two(
    vm: &mut Vm,
    first: &FsPath,
    second: &FsPath,
    call: impl Fn(&FsPathNames<'_>) -> std::io::Result<i32>,
) -> PyResult<()> {
    let names = FsPathNames { first: first.as_c(), second: second.as_c() };
    match vm.without_lock(|| call(&names)) {
        Ok(_) => Ok(()),
        Err(error) => Err(two_names_error(vm, &error, &first.value, &second.value)),
    }
}

struct FsPathNames<'a> {
    first: &'a std::ffi::CStr,
    second: &'a std::ffi::CStr,
}

/// A time of `utime` in seconds (int or float) as seconds and nanoseconds.
fn split_time(vm: &mut Vm, value: &Value) -> PyResult<(i64, i64)> {
    let seconds = match value.as_float() {
        Some(seconds) => seconds,
        None => {
            let wide = vm.to_i128(value)?;
            return match i64::try_from(wide) {
                Ok(seconds) => Ok((seconds, 0)),
                Err(_) => Err(vm.overflow_error("timestamp out of range for platform time_t")),
            };
        }
    };
    if seconds.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    let whole = seconds.floor();
    if !(-9.2e18..9.2e18).contains(&whole) {
        return Err(vm.overflow_error("timestamp out of range for platform time_t"));
    }
    Ok((whole as i64, ((seconds - whole) * 1e9).floor() as i64))
}

fn split_nanoseconds(vm: &mut Vm, value: &Value) -> PyResult<(i64, i64)> {
    let wide = vm.to_i128(value)?;
    match i64::try_from(wide.div_euclid(1_000_000_000)) {
        Ok(seconds) => Ok((seconds, wide.rem_euclid(1_000_000_000) as i64)),
        Err(_) => Err(vm.overflow_error("timestamp out of range for platform time_t")),
    }
}

fn time_pair(
    vm: &mut Vm,
    value: &Value,
    split: fn(&mut Vm, &Value) -> PyResult<(i64, i64)>,
) -> PyResult<Option<[libc::timespec; 2]>> {
    let Some([access, modified]) = value.downcast_ref::<Tuple>().map(|t| t.as_slice()) else {
        return Ok(None);
    };
    let (access, modified) = (split(vm, access)?, split(vm, modified)?);
    let spec = |(tv_sec, tv_nsec)| libc::timespec { tv_sec, tv_nsec };
    Ok(Some([spec(access), spec(modified)]))
}

/// Normalizes a path: no `.`, no empty parts, `..` resolved by name.
fn normalized(path: &[u8]) -> Vec<u8> {
    let slashes = path.iter().take_while(|b| **b == b'/').count();
    let root: &[u8] = match slashes {
        0 => b"",
        2 => b"//",
        _ => b"/",
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => {
                    parts.pop();
                }
                None if !root.is_empty() => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let mut out = root.to_vec();
    out.extend(parts.join(&b'/'));
    if out.is_empty() { b".".to_vec() } else { out }
}

/// The functions.
#[pymodule(name = "posix")]
pub mod functions {
    use super::*;

    /// Return the file system path representation of the object.
    #[pyfunction(name = "fspath", sig = "(path)")]
    fn fspath_function(vm: &mut Vm, path: &Value) -> PyResult {
        fspath(vm, path)
    }

    /// Basic path normalization.
    #[pyfunction(sig = "(path)")]
    fn _path_normpath(vm: &mut Vm, path: &Value) -> PyResult {
        if let Some(text) = path.downcast_ref::<Str>() {
            let bytes = text.as_ref().to_wtf8();
            let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
            let normal = normalized(bytes.get(..end).unwrap_or_default());
            return Ok(match pvm_vm::text::StrBuf::from_wtf8(&normal) {
                Some(text) => text.into(),
                None => fs_decode(vm, &normal),
            });
        }
        let found = path.class().name();
        Err(vm.type_error(format!("_path_normpath() argument 'path' must be str, not {found}")))
    }

    /// Return a list containing the names of the files in the directory.
    #[pyfunction(sig = "(path=None)")]
    fn listdir(vm: &mut Vm, path: Option<PathOrFd>) -> PyResult {
        let (names, is_bytes) = match &path {
            Some(PathOrFd::Fd(fd)) => {
                let fd = *fd;
                (
                    repeat(vm, path.as_ref().and_then(PathOrFd::filename).as_ref(), || {
                        calls::list_directory_fd(fd)
                    })?,
                    false,
                )
            }
            Some(PathOrFd::Path(path)) => {
                let filename = path.value.clone();
                let name = path.as_c();
                (repeat(vm, Some(&filename), || calls::list_directory(name))?, path.is_bytes)
            }
            None => (repeat(vm, None, || calls::list_directory(c"."))?, false),
        };
        let names = names
            .iter()
            .map(|(name, _, _)| if is_bytes { Bytes::new(name.clone()).into() } else { fs_decode(vm, name) });
        let names: Vec<Value> = names.collect();
        Ok(List::new(names).into())
    }

    /// Return a unicode string representing the current working directory.
    #[pyfunction]
    fn getcwd(vm: &mut Vm) -> PyResult {
        use std::os::unix::ffi::OsStrExt;
        let folder = repeat(vm, None, std::env::current_dir)?;
        Ok(fs_decode(vm, folder.as_os_str().as_bytes()))
    }

    /// Return a bytes string representing the current working directory.
    #[pyfunction]
    fn getcwdb(vm: &mut Vm) -> PyResult {
        use std::os::unix::ffi::OsStrExt;
        let folder = repeat(vm, None, std::env::current_dir)?;
        Ok(Bytes::new(folder.as_os_str().as_bytes().to_vec()).into())
    }

    /// Change the current working directory to the specified path.
    #[pyfunction(sig = "(path)")]
    fn chdir(vm: &mut Vm, path: PathOrFd) -> PyResult<()> {
        let filename = path.filename();
        repeat(vm, filename.as_ref(), || match &path {
            PathOrFd::Path(path) => checked!(libc::chdir(path.as_c().as_ptr())),
            PathOrFd::Fd(fd) => checked!(libc::fchdir(*fd)),
        })
        .map(drop)
    }

    /// Change to the directory of the given file descriptor.
    #[pyfunction(sig = "(fd)")]
    fn fchdir(vm: &mut Vm, fd: &Value) -> PyResult<()> {
        let fd = crate::system::file_descriptor(vm, fd)?;
        repeat(vm, None, || checked!(libc::fchdir(fd))).map(drop)
    }

    /// Create a directory.
    #[pyfunction(sig = "(path, mode=511, *, dir_fd=None)")]
    fn mkdir(vm: &mut Vm, path: FsPath, mode: i32, #[default(DirFd::CURRENT)] dir_fd: DirFd) -> PyResult<()> {
        repeat(vm, Some(&path.value), || checked!(libc::mkdirat(dir_fd.0, path.as_c().as_ptr(), mode as u32)))
            .map(drop)
    }

    /// Remove a directory.
    #[pyfunction(sig = "(path, *, dir_fd=None)")]
    fn rmdir(vm: &mut Vm, path: FsPath, #[default(DirFd::CURRENT)] dir_fd: DirFd) -> PyResult<()> {
        repeat(vm, Some(&path.value), || {
            checked!(libc::unlinkat(dir_fd.0, path.as_c().as_ptr(), libc::AT_REMOVEDIR))
        })
        .map(drop)
    }

    /// Remove a file (same as remove()).
    #[pyfunction(sig = "(path, *, dir_fd=None)")]
    fn unlink(vm: &mut Vm, path: FsPath, #[default(DirFd::CURRENT)] dir_fd: DirFd) -> PyResult<()> {
        repeat(vm, Some(&path.value), || checked!(libc::unlinkat(dir_fd.0, path.as_c().as_ptr(), 0)))
            .map(drop)
    }

    /// Remove a file (same as unlink()).
    #[pyfunction(sig = "(path, *, dir_fd=None)")]
    fn remove(vm: &mut Vm, path: FsPath, #[default(DirFd::CURRENT)] dir_fd: DirFd) -> PyResult<()> {
        repeat(vm, Some(&path.value), || checked!(libc::unlinkat(dir_fd.0, path.as_c().as_ptr(), 0)))
            .map(drop)
    }

    /// Rename a file or directory.
    #[pyfunction(sig = "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn rename(
        vm: &mut Vm,
        src: FsPath,
        dst: FsPath,
        #[default(DirFd::CURRENT)] src_dir_fd: DirFd,
        #[default(DirFd::CURRENT)] dst_dir_fd: DirFd,
    ) -> PyResult<()> {
        on_two(vm, &src, &dst, |n| {
            checked!(libc::renameat(src_dir_fd.0, n.first.as_ptr(), dst_dir_fd.0, n.second.as_ptr()))
        })
    }

    /// Rename a file or directory, overwriting the destination.
    #[pyfunction(sig = "(src, dst, *, src_dir_fd=None, dst_dir_fd=None)")]
    fn replace(
        vm: &mut Vm,
        src: FsPath,
        dst: FsPath,
        #[default(DirFd::CURRENT)] src_dir_fd: DirFd,
        #[default(DirFd::CURRENT)] dst_dir_fd: DirFd,
    ) -> PyResult<()> {
        on_two(vm, &src, &dst, |n| {
            checked!(libc::renameat(src_dir_fd.0, n.first.as_ptr(), dst_dir_fd.0, n.second.as_ptr()))
        })
    }

    /// Create a hard link to a file.
    #[pyfunction(sig = "(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)")]
    fn link(
        vm: &mut Vm,
        src: FsPath,
        dst: FsPath,
        #[default(DirFd::CURRENT)] src_dir_fd: DirFd,
        #[default(DirFd::CURRENT)] dst_dir_fd: DirFd,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        // By default the C library's `link`, which does not follow.
        let given = src_dir_fd.0 != libc::AT_FDCWD || dst_dir_fd.0 != libc::AT_FDCWD;
        let flags = if follow_symlinks && given { libc::AT_SYMLINK_FOLLOW } else { 0 };
        on_two(vm, &src, &dst, |n| {
            checked!(libc::linkat(src_dir_fd.0, n.first.as_ptr(), dst_dir_fd.0, n.second.as_ptr(), flags))
        })
    }

    /// Create a symbolic link pointing to src named dst.
    #[pyfunction(sig = "(src, dst, target_is_directory=False, *, dir_fd=None)")]
    fn symlink(
        vm: &mut Vm,
        src: FsPath,
        dst: FsPath,
        target_is_directory: bool,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
    ) -> PyResult<()> {
        let _ = target_is_directory;
        on_two(vm, &src, &dst, |n| checked!(libc::symlinkat(n.first.as_ptr(), dir_fd.0, n.second.as_ptr())))
    }

    /// Return a string representing the path to which the symbolic link points.
    #[pyfunction(sig = "(path, *, dir_fd=None)")]
    fn readlink(vm: &mut Vm, path: FsPath, #[default(DirFd::CURRENT)] dir_fd: DirFd) -> PyResult {
        let target = repeat(vm, Some(&path.value), || calls::readlink(dir_fd.0, path.as_c()))?;
        Ok(path.result(vm, &target))
    }

    /// Change the access permissions of a file.
    #[pyfunction(sig = "(path, mode, *, dir_fd=None, follow_symlinks=True)")]
    fn chmod(
        vm: &mut Vm,
        path: PathOrFd,
        mode: i32,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let filename = path.filename();
        if !follow_symlinks {
            let class = &vm.types().exceptions.not_implemented_error;
            return Err(vm.new_error(class, "chmod: follow_symlinks unavailable on this platform"));
        }
        repeat(vm, filename.as_ref(), || match &path {
            PathOrFd::Path(path) => checked!(libc::fchmodat(dir_fd.0, path.as_c().as_ptr(), mode as u32, 0)),
            PathOrFd::Fd(fd) => checked!(libc::fchmod(*fd, mode as u32)),
        })
        .map(drop)
    }

    /// Change the access permissions of the file given by file descriptor fd.
    #[pyfunction(sig = "(fd, mode)")]
    fn fchmod(vm: &mut Vm, fd: i32, mode: i32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::fchmod(fd, mode as u32))).map(drop)
    }

    /// Change the owner and group id of path to the numeric uid and gid.
    #[pyfunction(sig = "(path, uid, gid, *, dir_fd=None, follow_symlinks=True)")]
    fn chown(
        vm: &mut Vm,
        path: PathOrFd,
        uid: i64,
        gid: i64,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let filename = path.filename();
        let flags = if follow_symlinks { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        let (uid, gid) = (uid as u32, gid as u32);
        repeat(vm, filename.as_ref(), || match &path {
            PathOrFd::Path(path) => checked!(libc::fchownat(dir_fd.0, path.as_c().as_ptr(), uid, gid, flags)),
            PathOrFd::Fd(fd) => checked!(libc::fchown(*fd, uid, gid)),
        })
        .map(drop)
    }

    /// Change the owner and group id of the file specified by file descriptor.
    #[pyfunction(sig = "(fd, uid, gid)")]
    fn fchown(vm: &mut Vm, fd: i32, uid: i64, gid: i64) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::fchown(fd, uid as u32, gid as u32))).map(drop)
    }

    /// Change the owner and group id of path, without following symbolic links.
    #[pyfunction(sig = "(path, uid, gid)")]
    fn lchown(vm: &mut Vm, path: FsPath, uid: i64, gid: i64) -> PyResult<()> {
        repeat(vm, Some(&path.value), || checked!(libc::lchown(path.as_c().as_ptr(), uid as u32, gid as u32)))
            .map(drop)
    }

    /// Use the real uid/gid to test for access to a path.
    #[pyfunction(sig = "(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)")]
    fn access(
        vm: &mut Vm,
        path: FsPath,
        mode: i32,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
        effective_ids: bool,
        follow_symlinks: bool,
    ) -> bool {
        let mut flags = 0;
        if effective_ids {
            flags |= libc::AT_EACCESS;
        }
        if !follow_symlinks {
            flags |= libc::AT_SYMLINK_NOFOLLOW;
        }
        vm.without_lock(|| checked!(libc::faccessat(dir_fd.0, path.as_c().as_ptr(), mode, flags)).is_ok())
    }

    /// Set the access and modified time of path.
    #[pyfunction(sig = "(path, times=None, *, ns=None, dir_fd=None, follow_symlinks=True)")]
    fn utime(
        vm: &mut Vm,
        path: PathOrFd,
        times: Option<Value>,
        ns: Option<Value>,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let times = match (times, ns) {
            (Some(_), Some(_)) => {
                return Err(vm.value_error("utime: you may specify either 'times' or 'ns' but not both"));
            }
            (Some(times), None) => match time_pair(vm, &times, split_time)? {
                Some(times) => Some(times),
                None => {
                    return Err(vm.type_error("utime: 'times' must be either a tuple of two ints or None"));
                }
            },
            (None, Some(ns)) => match time_pair(vm, &ns, split_nanoseconds)? {
                Some(times) => Some(times),
                None => return Err(vm.type_error("utime: 'ns' must be a tuple of two ints")),
            },
            (None, None) => None,
        };
        let filename = path.filename();
        let times = times.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
        let flags = if follow_symlinks { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
        repeat(vm, filename.as_ref(), || match &path {
            PathOrFd::Path(path) => checked!(libc::utimensat(dir_fd.0, path.as_c().as_ptr(), times, flags)),
            PathOrFd::Fd(fd) => checked!(libc::futimens(*fd, times)),
        })
        .map(drop)
    }

    /// Set the current numeric umask and return the previous umask.
    #[pyfunction]
    fn umask(mask: i32) -> u32 {
        calls::certain!(libc::umask(mask as u32))
    }

    /// Truncate a file, specified by path, to a specific length.
    #[pyfunction(sig = "(path, length)")]
    fn truncate(vm: &mut Vm, path: PathOrFd, length: i64) -> PyResult<()> {
        let filename = path.filename();
        repeat(vm, filename.as_ref(), || match &path {
            PathOrFd::Path(path) => checked!(libc::truncate(path.as_c().as_ptr(), length)),
            PathOrFd::Fd(fd) => checked!(libc::ftruncate(*fd, length)),
        })
        .map(drop)
    }

    /// Create a "fifo" (a POSIX named pipe).
    #[pyfunction(sig = "(path, mode=438, *, dir_fd=None)")]
    fn mkfifo(
        vm: &mut Vm,
        path: FsPath,
        mode: i32,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
    ) -> PyResult<()> {
        repeat(vm, Some(&path.value), || {
            checked!(libc::mkfifoat(dir_fd.0, path.as_c().as_ptr(), mode as u32))
        })
        .map(drop)
    }

    /// Create a node in the file system.
    #[pyfunction(sig = "(path, mode=384, device=0, *, dir_fd=None)")]
    fn mknod(
        vm: &mut Vm,
        path: FsPath,
        mode: i32,
        device: u64,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
    ) -> PyResult<()> {
        repeat(vm, Some(&path.value), || {
            checked!(libc::mknodat(dir_fd.0, path.as_c().as_ptr(), mode as u32, device))
        })
        .map(drop)
    }

    /// Extracts a device major number from a raw device number.
    #[pyfunction]
    fn major(device: u64) -> u32 {
        libc::major(device)
    }

    /// Extracts a device minor number from a raw device number.
    #[pyfunction]
    fn minor(device: u64) -> u32 {
        libc::minor(device)
    }

    /// Composes a raw device number from the major and minor device numbers.
    #[pyfunction]
    fn makedev(major: u32, minor: u32) -> u64 {
        libc::makedev(major, minor)
    }

    /// Force write of everything to disk.
    #[pyfunction]
    fn sync(vm: &mut Vm) {
        vm.without_lock(|| calls::certain!(libc::sync()));
    }

    /// Change root directory to path.
    #[pyfunction(sig = "(path)")]
    fn chroot(vm: &mut Vm, path: FsPath) -> PyResult<()> {
        repeat(vm, Some(&path.value), || checked!(libc::chroot(path.as_c().as_ptr()))).map(drop)
    }

    /// Return the value of extended attribute attribute on path.
    #[pyfunction(sig = "(path, attribute, *, follow_symlinks=True)")]
    fn getxattr(vm: &mut Vm, path: PathOrFd, attribute: FsPath, follow_symlinks: bool) -> PyResult {
        check_follows(vm, "getxattr", &path, follow_symlinks)?;
        let value = repeat(vm, path.filename().as_ref(), || {
            let mut buffer = vec![0u8; 1 << 16];
            let (a, data, len) = (attribute.as_c().as_ptr(), buffer.as_mut_ptr().cast(), buffer.len());
            let got = match &path {
                PathOrFd::Fd(fd) => checked!(libc::fgetxattr(*fd, a, data, len)),
                PathOrFd::Path(p) if follow_symlinks => {
                    checked!(libc::getxattr(p.as_c().as_ptr(), a, data, len))
                }
                PathOrFd::Path(p) => checked!(libc::lgetxattr(p.as_c().as_ptr(), a, data, len)),
            }?;
            buffer.truncate(got.max(0) as usize);
            Ok(buffer)
        })?;
        Ok(Bytes::new(value).into())
    }

    /// Set extended attribute attribute on path to value.
    #[pyfunction(sig = "(path, attribute, value, flags=0, *, follow_symlinks=True)")]
    fn setxattr(
        vm: &mut Vm,
        path: PathOrFd,
        attribute: FsPath,
        value: &Value,
        flags: i32,
        follow_symlinks: bool,
    ) -> PyResult<()> {
        let value = vm.bytes_of(value)?;
        check_follows(vm, "setxattr", &path, follow_symlinks)?;
        repeat(vm, path.filename().as_ref(), || {
            let (a, data, len) = (attribute.as_c().as_ptr(), value.as_ptr().cast(), value.len());
            match &path {
                PathOrFd::Fd(fd) => checked!(libc::fsetxattr(*fd, a, data, len, flags)),
                PathOrFd::Path(p) if follow_symlinks => {
                    checked!(libc::setxattr(p.as_c().as_ptr(), a, data, len, flags))
                }
                PathOrFd::Path(p) => checked!(libc::lsetxattr(p.as_c().as_ptr(), a, data, len, flags)),
            }
        })
        .map(drop)
    }

    /// Remove extended attribute attribute on path.
    #[pyfunction(sig = "(path, attribute, *, follow_symlinks=True)")]
    fn removexattr(vm: &mut Vm, path: PathOrFd, attribute: FsPath, follow_symlinks: bool) -> PyResult<()> {
        check_follows(vm, "removexattr", &path, follow_symlinks)?;
        repeat(vm, path.filename().as_ref(), || {
            let a = attribute.as_c().as_ptr();
            match &path {
                PathOrFd::Fd(fd) => checked!(libc::fremovexattr(*fd, a)),
                PathOrFd::Path(p) if follow_symlinks => checked!(libc::removexattr(p.as_c().as_ptr(), a)),
                PathOrFd::Path(p) => checked!(libc::lremovexattr(p.as_c().as_ptr(), a)),
            }
        })
        .map(drop)
    }

    /// Return a list of extended attributes on path.
    #[pyfunction(sig = "(path=None, *, follow_symlinks=True)")]
    fn listxattr(vm: &mut Vm, path: Option<PathOrFd>, follow_symlinks: bool) -> PyResult {
        if let Some(path) = &path {
            check_follows(vm, "listxattr", path, follow_symlinks)?;
        }
        let filename = path.as_ref().and_then(PathOrFd::filename);
        let names = repeat(vm, filename.as_ref(), || {
            let mut buffer = vec![0u8; 1 << 16];
            let (data, len) = (buffer.as_mut_ptr().cast(), buffer.len());
            let place = match &path {
                Some(PathOrFd::Path(path)) => path.as_c(),
                _ => c".",
            };
            let got = match &path {
                Some(PathOrFd::Fd(fd)) => checked!(libc::flistxattr(*fd, data, len)),
                _ if follow_symlinks => checked!(libc::listxattr(place.as_ptr(), data, len)),
                _ => checked!(libc::llistxattr(place.as_ptr(), data, len)),
            }?;
            buffer.truncate(got.max(0) as usize);
            Ok(buffer)
        })?;
        let names = names.split(|b| *b == 0).filter(|n| !n.is_empty());
        let names: Vec<Value> = names.map(|n| fs_decode(vm, n)).collect();
        Ok(List::new(names).into())
    }

    /// Set the environment variable: `putenv(name, value)`.
    #[pyfunction]
    fn putenv(vm: &mut Vm, name: FsPath, value: FsPath) -> PyResult<()> {
        if name.as_c().to_bytes().is_empty() || name.as_c().to_bytes().contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        // The system's environment is for children; threads of this process that read it hold the lock too.
        match checked!(libc::setenv(name.as_c().as_ptr(), value.as_c().as_ptr(), 1)) {
            Ok(_) => Ok(()),
            Err(error) => Err(vm.os_error_from(&error, None)),
        }
    }

    /// Delete an environment variable.
    #[pyfunction]
    fn unsetenv(vm: &mut Vm, name: FsPath) -> PyResult<()> {
        match checked!(libc::unsetenv(name.as_c().as_ptr())) {
            Ok(_) => Ok(()),
            Err(_) => Err(errno_error(vm, libc::EINVAL, None)),
        }
    }
}
