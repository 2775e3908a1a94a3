//! `scandir`

use crate::posix::calls;
use crate::posix::path::PathOrFd;
use crate::posix::stat::stat_result;
use crate::system::{fs_decode, repeat};
use pvm_vm::native::Args;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::{pymethods, pymodule};
use std::cell::RefCell;
use std::ffi::CString;

/// `os.DirEntry`
pub struct DirEntry {
    name: Value,
    path: Value,
    full: CString,
    kind: u8,
    inode: u64,
    /// The descriptor of the folder, where `scandir` was given one.
    dir: i32,
    followed: RefCell<Option<Value>>,
    unfollowed: RefCell<Option<Value>>,
}

pvm_vm::payload!(
    DirEntry,
    "os.DirEntry",
    |e, visit| {
        visit(&e.name);
        visit(&e.path);
        if let Ok(Some(value)) = e.followed.try_borrow().as_deref() {
            visit(value);
        }
        if let Ok(Some(value)) = e.unfollowed.try_borrow().as_deref() {
            visit(value);
        }
    },
    |_e| ()
);

impl DirEntry {
    fn lookup(&self, vm: &mut Vm, follow: bool) -> PyResult {
        let cache = if follow { &self.followed } else { &self.unfollowed };
        if let Some(known) = cache.borrow().clone() {
            return Ok(known);
        }
        let (dir, full) = (self.dir, &self.full);
        let st = repeat(vm, Some(&self.path), || calls::stat_at(dir, full, follow))?;
        let result = stat_result(vm, &st)?;
        drop(cache.replace(Some(result.clone())));
        Ok(result)
    }

    /// Whether it is of a type (`S_IF*`), by the type that the folder tells if it can.
    fn is_type(&self, vm: &mut Vm, follow: bool, mode: u32, kind: u8) -> PyResult<bool> {
        let is_link = self.kind == libc::DT_LNK;
        if self.kind != libc::DT_UNKNOWN && !(follow && is_link) {
            return Ok(self.kind == kind);
        }
        let result = match self.lookup(vm, follow) {
            Ok(result) => result,
            Err(raised) if raised.is(&vm.types().exceptions.file_not_found_error) => return Ok(false),
            Err(raised) => return Err(raised),
        };
        let found = vm.get_attr_str(&result, "st_mode")?.as_small_int().unwrap_or(0);
        Ok(found as u32 & libc::S_IFMT == mode)
    }
}

#[pymethods(name = "DirEntry", module = "posix")]
impl DirEntry {
    /// the entry's base filename, relative to scandir() "path" argument
    #[getter]
    fn name(this: &Ref<DirEntry>) -> Value {
        this.name.clone()
    }

    /// the entry's full path name; equivalent to os.path.join(scandir_path, entry.name)
    #[getter]
    fn path(this: &Ref<DirEntry>) -> Value {
        this.path.clone()
    }

    /// Return True if the entry is a directory; cached per entry.
    #[method(sig = "(*, follow_symlinks=True)")]
    fn is_dir(vm: &mut Vm, this: &Ref<DirEntry>, follow_symlinks: bool) -> PyResult<bool> {
        this.is_type(vm, follow_symlinks, libc::S_IFDIR, libc::DT_DIR)
    }

    /// Return True if the entry is a file; cached per entry.
    #[method(sig = "(*, follow_symlinks=True)")]
    fn is_file(vm: &mut Vm, this: &Ref<DirEntry>, follow_symlinks: bool) -> PyResult<bool> {
        this.is_type(vm, follow_symlinks, libc::S_IFREG, libc::DT_REG)
    }

    /// Return True if the entry is a symbolic link; cached per entry.
    #[method]
    fn is_symlink(vm: &mut Vm, this: &Ref<DirEntry>) -> PyResult<bool> {
        this.is_type(vm, false, libc::S_IFLNK, libc::DT_LNK)
    }

    /// Return True if the entry is a junction; cached per entry.
    #[method]
    fn is_junction(this: &Ref<DirEntry>) -> bool {
        let _ = this;
        false
    }

    /// Return stat_result object for the entry; cached per entry.
    #[method(sig = "(*, follow_symlinks=True)")]
    fn stat(vm: &mut Vm, this: &Ref<DirEntry>, follow_symlinks: bool) -> PyResult {
        let is_link = this.kind == libc::DT_LNK || this.kind == libc::DT_UNKNOWN;
        this.lookup(vm, follow_symlinks && is_link)
    }

    /// Return inode of the entry; cached per entry.
    #[method]
    fn inode(this: &Ref<DirEntry>) -> u64 {
        this.inode
    }

    /// Returns the path for the entry.
    #[method]
    fn __fspath__(this: &Ref<DirEntry>) -> Value {
        this.path.clone()
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Ref<DirEntry>) -> PyResult {
        let name = vm.repr(&this.name)?;
        Ok(format!("<DirEntry {name}>").into())
    }

    #[classmethod]
    fn __class_getitem__(vm: &mut Vm, cls: &Ref<Class>, item: &Value) -> PyResult {
        let alias = vm.types().generic_alias.clone();
        vm.call(alias.as_value(), &[cls.as_value().clone(), item.clone()])
    }
}

/// What `scandir` gives. The folder is read at once, so that no descriptor stays open.
pub struct ScandirIterator {
    rest: RefCell<std::vec::IntoIter<Value>>,
}

pvm_vm::payload!(
    ScandirIterator,
    "posix.ScandirIterator",
    |s, visit| {
        if let Ok(rest) = s.rest.try_borrow() {
            rest.as_slice().iter().for_each(visit);
        }
    },
    |_s| ()
);

#[pymethods(name = "ScandirIterator", module = "posix")]
impl ScandirIterator {
    #[slot(iter)]
    fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next_slot(_vm: &mut Vm, this: &Ref<ScandirIterator>) -> PyResult<Option<Value>> {
        Ok(this.rest.borrow_mut().next())
    }

    #[method]
    fn __enter__(this: &Ref<ScandirIterator>) -> Value {
        this.into()
    }

    #[method]
    fn __exit__(this: &Ref<ScandirIterator>, args: Args<'_>) {
        let _ = args;
        drop(this.rest.replace(Vec::new().into_iter()));
    }

    #[method]
    fn close(this: &Ref<ScandirIterator>) {
        drop(this.rest.replace(Vec::new().into_iter()));
    }
}

/// The functions.
#[pymodule(name = "posix")]
pub mod functions {
    use super::*;

    /// Return an iterator of DirEntry objects for given path.
    #[pyfunction(sig = "(path=None)")]
    fn scandir(vm: &mut Vm, path: Option<PathOrFd>) -> PyResult {
        let filename = path.as_ref().and_then(PathOrFd::filename);
        let found = repeat(vm, filename.as_ref(), || match &path {
            Some(PathOrFd::Fd(fd)) => calls::list_directory_fd(*fd),
            Some(PathOrFd::Path(path)) => calls::list_directory(path.as_c()),
            None => calls::list_directory(c"."),
        })?;
        let is_bytes = matches!(&path, Some(PathOrFd::Path(path)) if path.is_bytes);
        let (dir, prefix) = match &path {
            Some(PathOrFd::Fd(fd)) => (*fd, Vec::new()),
            Some(PathOrFd::Path(path)) => (libc::AT_FDCWD, path.as_c().to_bytes().to_vec()),
            None => (libc::AT_FDCWD, b".".to_vec()),
        };
        let class = pvm_vm::types::init::class_of::<DirEntry>(vm)?;
        let mut entries = Vec::with_capacity(found.len());
        for (name, kind, inode) in found {
            let mut full = prefix.clone();
            if !full.is_empty() && !full.ends_with(b"/") {
                full.push(b'/');
            }
            full.extend(&name);
            let convert = |vm: &mut Vm, bytes: &[u8]| {
                if is_bytes { Bytes::new(bytes.to_vec()).into() } else { fs_decode(vm, bytes) }
            };
            let (name, path) = (convert(vm, &name), convert(vm, &full));
            let Ok(full) = CString::new(full) else { continue };
            let (followed, unfollowed) = (RefCell::default(), RefCell::default());
            let entry = DirEntry { name, path, full, kind, inode, dir, followed, unfollowed };
            entries.push(Ref::new(entry, &class).into());
        }
        let class = pvm_vm::types::init::class_of::<ScandirIterator>(vm)?;
        Ok(Ref::new(ScandirIterator { rest: RefCell::new(entries.into_iter()) }, &class).into())
    }
}
