//! Paths as the functions of `posix` take them.

use crate::system::{fs_decode, fs_encode};
use pvm_vm::native::{Argument, FromValue, Place};
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Vm};
use std::ffi::{CStr, CString};

/// A path: `str`, `bytes` or `os.PathLike`.
pub struct FsPath {
    /// As it was given, for messages and for names made from it.
    pub value: Value,
    /// For system calls.
    pub name: CString,
    /// Whether names made from it are `bytes`.
    pub is_bytes: bool,
}

impl FsPath {
    /// For system calls.
    pub fn as_c(&self) -> &CStr {
        &self.name
    }

    /// A name as the caller wants it: bytes where the path was.
    pub fn result(&self, vm: &mut Vm, name: &[u8]) -> Value {
        if self.is_bytes { Bytes::new(name.to_vec()).into() } else { fs_decode(vm, name) }
    }
}

/// A path or an open descriptor.
pub enum PathOrFd {
    /// A path.
    Path(FsPath),
    /// A descriptor.
    Fd(i32),
}

impl PathOrFd {
    /// The path as it was given, for messages. A descriptor is shown too.
    pub fn filename(&self) -> Option<Value> {
        match self {
            PathOrFd::Path(path) => Some(path.value.clone()),
            PathOrFd::Fd(fd) => Some((*fd).into()),
        }
    }
}

fn convert(vm: &mut Vm, value: &Value, function: &str, argument: &str, expected: &str) -> PyResult<FsPath> {
    let mut path = value.clone();
    if !path.holds::<Str>() && !path.holds::<Bytes>() {
        let name = vm.intern("__fspath__");
        let Some(method) = vm.lookup_special(&path, &name)? else {
            let found = path.class().name();
            return Err(vm.type_error(format!("{function}: {argument} should be {expected}, not {found}")));
        };
        let result = vm.call(&method, &[])?;
        if !result.holds::<Str>() && !result.holds::<Bytes>() {
            let (class, found) = (path.class().name(), result.class().name());
            return Err(
                vm.type_error(format!("expected {class}.__fspath__() to return str or bytes, not {found}"))
            );
        }
        path = result;
    }
    let (bytes, is_bytes) = match path.downcast_ref::<Str>() {
        Some(text) => (fs_encode(vm, text)?, false),
        None => (path.downcast_ref::<Bytes>().map(|b| b.as_slice().to_vec()).unwrap_or_default(), true),
    };
    let Ok(name) = CString::new(bytes) else {
        let message = if is_bytes {
            format!("{function}: embedded null character in {argument}")
        } else {
            "embedded null byte".to_owned()
        };
        return Err(vm.value_error(message));
    };
    Ok(FsPath { value: path, name, is_bytes })
}

fn argument_name(argument: &Argument) -> &'static str {
    match argument.place {
        Place::Name(name) => name,
        Place::Only | Place::Position(_) => "path",
    }
}

impl FromValue for FsPath {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<FsPath> {
        convert(vm, value, "path", "path", "string, bytes or os.PathLike")
    }

    fn from_argument(vm: &mut Vm, value: &Value, argument: &Argument) -> PyResult<FsPath> {
        convert(vm, value, argument.function, argument_name(argument), "string, bytes or os.PathLike")
    }
}

impl FromValue for PathOrFd {
    fn from_value(vm: &mut Vm, value: &Value) -> PyResult<PathOrFd> {
        let argument = Argument { function: "path", place: Place::Only };
        PathOrFd::from_argument(vm, value, &argument)
    }

    fn from_argument(vm: &mut Vm, value: &Value, argument: &Argument) -> PyResult<PathOrFd> {
        let is_name = value.holds::<Str>() || value.holds::<Bytes>();
        if !is_name && (value.as_int().is_some() || value.class().slots.index.get().is_some()) {
            let wide = vm.to_i128(value)?;
            let Ok(fd) = i32::try_from(wide) else {
                let message = if wide < 0 { "fd is less than minimum" } else { "fd is greater than maximum" };
                return Err(vm.overflow_error(message));
            };
            return Ok(PathOrFd::Fd(fd));
        }
        let expected = match argument.function {
            "listdir" | "scandir" => "string, bytes, os.PathLike, integer or None",
            _ => "string, bytes, os.PathLike or integer",
        };
        convert(vm, value, argument.function, argument_name(argument), expected).map(PathOrFd::Path)
    }
}
