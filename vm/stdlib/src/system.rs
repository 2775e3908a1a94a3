//! What the modules about files and processes share: paths, descriptors, repeated system calls.

use pvm_vm::object::{Ref, Value};
use pvm_vm::text::codecs::utf8;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::str::Str;
use pvm_vm::types::str_codecs::{self, Fast, Handler};
use pvm_vm::{PyResult, Raised, Vm};
use std::os::fd::BorrowedFd;

/// The bytes that the file system knows a string by.
pub fn fs_encode(vm: &mut Vm, text: &Ref<Str>) -> PyResult<Vec<u8>> {
    str_codecs::encode_fast(vm, text, Fast::Utf8, "surrogateescape")
}

/// The string that stands for a name of the file system.
pub fn fs_decode(vm: &mut Vm, bytes: &[u8]) -> Value {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Str::from_str(text).into();
    }
    let mut handler = Handler::for_bytes(vm, None, "surrogateescape");
    match utf8::decode(bytes, true, &mut handler) {
        Ok(decoded) => decoded.text.into(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
    }
}

/// `os.fspath`
pub fn fspath(vm: &mut Vm, path: &Value) -> PyResult<Value> {
    if path.holds::<Str>() || path.holds::<Bytes>() {
        return Ok(path.clone());
    }
    let name = vm.intern("__fspath__");
    let Some(method) = vm.lookup_special(path, &name)? else {
        let class = path.class().name();
        return Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {class}")));
    };
    let result = vm.call(&method, &[])?;
    if result.holds::<Str>() || result.holds::<Bytes>() {
        return Ok(result);
    }
    let (class, found) = (path.class().name(), result.class().name());
    Err(vm.type_error(format!("expected {class}.__fspath__() to return str or bytes, not {found}")))
}

/// A descriptor as rustix takes it.
pub fn descriptor(fd: i32) -> std::io::Result<BorrowedFd<'static>> {
    if fd < 0 {
        return Err(std::io::Error::from_raw_os_error(libc::EBADF));
    }
    // SAFETY: the number is not -1. Whether it is open, the kernel checks; Python owns its descriptors as numbers.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// Whether a descriptor is a terminal.
pub fn is_terminal(fd: i32) -> bool {
    descriptor(fd).is_ok_and(rustix::termios::isatty)
}

/// Runs a system call without the interpreter's lock, again when a signal interrupts it.
pub fn repeat<R>(
    vm: &mut Vm,
    filename: Option<&Value>,
    mut call: impl FnMut() -> std::io::Result<R>,
) -> PyResult<R> {
    loop {
        match vm.without_lock(&mut call) {
            Ok(result) => return Ok(result),
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => vm.check_signals()?,
            Err(error) => return Err(vm.os_error_from(&error, filename.cloned())),
        }
    }
}

/// The error of a system call that has just failed.
pub fn last_error(vm: &mut Vm, filename: Option<&Value>) -> Raised {
    vm.os_error_from(&std::io::Error::last_os_error(), filename.cloned())
}

/// The error of an error number.
pub fn errno_error(vm: &mut Vm, errno: i32, filename: Option<&Value>) -> Raised {
    vm.os_error_from(&std::io::Error::from_raw_os_error(errno), filename.cloned())
}

/// `PyObject_AsFileDescriptor`
pub fn file_descriptor(vm: &mut Vm, value: &Value) -> PyResult<i32> {
    let number = if value.as_int().is_some() {
        value.clone()
    } else {
        match vm.lookup_attr_str(value, "fileno")? {
            Some(fileno) => {
                let result = vm.call(&fileno, &[])?;
                if result.as_int().is_none() {
                    return Err(vm.type_error("fileno() returned a non-integer"));
                }
                result
            }
            None => return Err(vm.type_error("argument must be an int, or have a fileno() method.")),
        }
    };
    let wide = vm.to_i128(&number)?;
    let Ok(fd) = i32::try_from(wide) else {
        return Err(vm.overflow_error("Python int too large to convert to C int"));
    };
    if fd < 0 {
        return Err(vm.value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

/// The modules about the operating system.
pub static MODULES: &[&pvm_vm::native::ModuleDef] = &[
    &crate::io::io_module::MODULE,
    &crate::accounts::grp_module::MODULE,
    &crate::accounts::pwd_module::MODULE,
    &crate::select::select_module::MODULE,
    &crate::socket::socket_module::MODULE,
];
