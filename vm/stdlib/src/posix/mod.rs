//! `posix`, what `os` is made of: files, descriptors, processes.

pub(crate) mod calls;
pub mod constants;
pub mod descriptors;
pub mod dir_entry;
pub mod files;
pub mod path;
pub mod process;
pub mod stat;

use crate::named;
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::{PyResult, Vm};
use std::os::unix::ffi::OsStringExt;

/// What the functions of the system can do here, as `os.supports_dir_fd` and the like ask.
static HAVE_FUNCTIONS: &[&str] = &[
    "HAVE_EVENTFD",
    "HAVE_FACCESSAT",
    "HAVE_FCHDIR",
    "HAVE_FCHMOD",
    "HAVE_FCHMODAT",
    "HAVE_FCHOWN",
    "HAVE_FCHOWNAT",
    "HAVE_FEXECVE",
    "HAVE_FDOPENDIR",
    "HAVE_FPATHCONF",
    "HAVE_FSTATAT",
    "HAVE_FSTATVFS",
    "HAVE_FTRUNCATE",
    "HAVE_FUTIMENS",
    "HAVE_FUTIMES",
    "HAVE_FUTIMESAT",
    "HAVE_LINKAT",
    "HAVE_LCHOWN",
    "HAVE_LSTAT",
    "HAVE_LUTIMES",
    "HAVE_MEMFD_CREATE",
    "HAVE_MKDIRAT",
    "HAVE_MKFIFOAT",
    "HAVE_MKNODAT",
    "HAVE_OPENAT",
    "HAVE_READLINKAT",
    "HAVE_RENAMEAT",
    "HAVE_SYMLINKAT",
    "HAVE_UNLINKAT",
    "HAVE_UTIMENSAT",
];

/// The environment at start-up.
fn environ(vm: &mut Vm) -> PyResult<Ref<Dict>> {
    let environ = Dict::new();
    for (name, value) in std::env::vars_os() {
        let (name, value) = (Bytes::new(name.into_vec()), Bytes::new(value.into_vec()));
        environ.set_default(vm, name.into(), value.into())?;
    }
    Ok(environ)
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "posix",
    doc = "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard (a thinly\ndisguised Unix interface).  Refer to the library manual and\ncorresponding Unix manual entries for more information on calls."
)]
pub mod posix_module {
    use super::*;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.add_functions(stat::functions::MODULE.functions);
        module.add_functions(files::functions::MODULE.functions);
        module.add_functions(descriptors::functions::MODULE.functions);
        module.add_functions(dir_entry::functions::MODULE.functions);
        module.add_functions(process::functions::MODULE.functions);
        let os_error = vm.types().exceptions.os_error.clone();
        module.set("error", &os_error);
        let environ = environ(vm)?;
        module.set("environ", environ);
        let have: Vec<Value> = HAVE_FUNCTIONS.iter().map(|name| (*name).into()).collect();
        module.set("_have_functions", List::new(have));
        let class = named::class_of(vm, &stat::STAT_RESULT)?;
        class.slots.new.set(Some(stat::new_stat_result));
        module.set("stat_result", &class);
        for def in process::NAMED {
            let class = named::class_of(vm, def)?;
            module.set(def.name, &class);
        }
        crate::support::add_class::<dir_entry::DirEntry>(vm, module, "DirEntry")?;
        constants::add(vm, module)
    }
}
