//! `stat_result`

use crate::named;
use crate::posix::calls;
use crate::posix::path::PathOrFd;
use crate::system::repeat;
use pvm_vm::native::{Args, FromValue};
use pvm_vm::object::{Class, Ref, Value, attributes};
use pvm_vm::types::int::Int;
use pvm_vm::types::struct_sequence::{self, StructSequence};
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// `os.stat_result`
pub static STAT_RESULT: StructSequence = StructSequence {
    module: "os",
    name: "stat_result",
    doc: "stat_result: Result from stat, fstat, or lstat.\n\nThis object may be accessed either as a tuple of\n  (mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime)\nor via the attributes st_mode, st_ino, st_dev, st_nlink, st_uid, and so on.\n\nPosix/windows: If your platform supports st_blksize, st_blocks, st_rdev,\nor st_flags, they are available as attributes only.\n\nSee os.stat for more information.",
    fields: &[
        "st_mode",
        "st_ino",
        "st_dev",
        "st_nlink",
        "st_uid",
        "st_gid",
        "st_size",
        "",
        "",
        "",
        "st_atime",
        "st_mtime",
        "st_ctime",
        "st_atime_ns",
        "st_mtime_ns",
        "st_ctime_ns",
        "st_blksize",
        "st_blocks",
        "st_rdev",
    ],
    visible: 10,
    instantiable: true,
};

/// The Python object.
pub fn stat_result(vm: &mut Vm, st: &libc::stat) -> PyResult {
    let seconds = |s: i64, ns: i64| Value::float(s as f64 + 1e-9 * ns as f64);
    let nanoseconds = |s: i64, ns: i64| Int::from_i128(i128::from(s) * 1_000_000_000 + i128::from(ns));
    let values = vec![
        st.st_mode.into(),
        st.st_ino.into(),
        st.st_dev.into(),
        st.st_nlink.into(),
        st.st_uid.into(),
        st.st_gid.into(),
        st.st_size.into(),
        st.st_atime.into(),
        st.st_mtime.into(),
        st.st_ctime.into(),
        seconds(st.st_atime, st.st_atime_nsec),
        seconds(st.st_mtime, st.st_mtime_nsec),
        seconds(st.st_ctime, st.st_ctime_nsec),
        nanoseconds(st.st_atime, st.st_atime_nsec),
        nanoseconds(st.st_mtime, st.st_mtime_nsec),
        nanoseconds(st.st_ctime, st.st_ctime_nsec),
        st.st_blksize.into(),
        st.st_blocks.into(),
        st.st_rdev.into(),
    ];
    named::make(vm, &STAT_RESULT, values)
}

/// `os.stat_result(sequence)`: times that are missing are the whole ones.
pub fn new_stat_result(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
    let result = struct_sequence::new(vm, class, args)?;
    let times = result.downcast_ref::<Tuple>().and_then(|t| t.as_slice().get(7..10)).map(<[Value]>::to_vec);
    for (slot, time) in times.unwrap_or_default().into_iter().enumerate() {
        if attributes::get_slot(&result, slot as u32).is_some_and(|v| v.is_none()) {
            drop(attributes::replace_slot(&result, slot as u32, time));
        }
    }
    Ok(result)
}

/// A descriptor of a directory that paths are relative to; `None` for the current one.
pub struct DirFd(pub i32);

impl DirFd {
    /// The current directory.
    pub const CURRENT: DirFd = DirFd(libc::AT_FDCWD);
}

impl FromValue for DirFd {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<DirFd> {
        if value.is_none() {
            return Ok(DirFd::CURRENT);
        }
        if value.as_int().is_none() && value.class().slots.index.get().is_none() {
            let found = value.class().name();
            return Err(vm.type_error(format!("argument should be integer or None, not {found}")));
        }
        i32::from_value(vm, value).map(DirFd)
    }
}

/// The status of a path or descriptor.
pub fn status(vm: &mut Vm, function: &str, path: &PathOrFd, dir: i32, follow: bool) -> PyResult<libc::stat> {
    match path {
        PathOrFd::Fd(_) if dir != libc::AT_FDCWD => {
            Err(vm.value_error(format!("{function}: can't specify dir_fd without matching path")))
        }
        PathOrFd::Fd(_) if !follow => {
            Err(vm.value_error(format!("{function}: cannot use fd and follow_symlinks together")))
        }
        PathOrFd::Fd(fd) => {
            let fd = *fd;
            repeat(vm, path.filename().as_ref(), || calls::fstat(fd))
        }
        PathOrFd::Path(name) => {
            let filename = name.value.clone();
            let name = name.as_c();
            repeat(vm, Some(&filename), || calls::stat_at(dir, name, follow))
        }
    }
}

/// The functions.
#[pymodule(name = "posix")]
pub mod functions {
    use super::*;

    /// Perform a stat system call on the given path.
    #[pyfunction(sig = "(path, *, dir_fd=None, follow_symlinks=True)")]
    fn stat(
        vm: &mut Vm,
        path: PathOrFd,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
        follow_symlinks: bool,
    ) -> PyResult {
        let st = status(vm, "stat", &path, dir_fd.0, follow_symlinks)?;
        stat_result(vm, &st)
    }

    /// Perform a stat system call on the given path, without following symbolic links.
    #[pyfunction(sig = "(path, *, dir_fd=None)")]
    fn lstat(
        vm: &mut Vm,
        path: crate::posix::path::FsPath,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
    ) -> PyResult {
        let st = status(vm, "lstat", &PathOrFd::Path(path), dir_fd.0, false)?;
        stat_result(vm, &st)
    }

    /// Perform a stat system call on the given file descriptor.
    #[pyfunction(sig = "(fd)")]
    fn fstat(vm: &mut Vm, fd: i32) -> PyResult {
        let st = repeat(vm, None, || calls::fstat(fd))?;
        stat_result(vm, &st)
    }
}
