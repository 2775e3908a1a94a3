//! `fcntl`

use crate::posix::calls::checked;
use crate::system::{file_descriptor, repeat};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Vm};

/// The most that `fcntl` and `ioctl` copy.
const BUFFER: usize = 1024;

fn is_data(value: &Value) -> bool {
    value.holds::<Str>() || value.class().slots.buffer.get().is_some()
}

fn data_of(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    match value.downcast_ref::<Str>() {
        Some(text) => crate::system::fs_encode(vm, text),
        None => vm.bytes_of(value),
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "fcntl",
    doc = "This module performs file control and I/O control on file\ndescriptors.  It is an interface to the fcntl() and ioctl() Unix\nroutines.  File descriptors can be obtained with the fileno() method of\na file or socket object."
)]
pub mod fcntl_module {
    use super::*;

    /// Perform the operation `cmd` on file descriptor fd.
    #[pyfunction(sig = "(fd, cmd, arg=0, /)")]
    fn fcntl(vm: &mut Vm, fd: &Value, cmd: i32, arg: Option<&Value>) -> PyResult {
        let fd = file_descriptor(vm, fd)?;
        if let Some(arg) = arg
            && is_data(arg)
        {
            let mut data = data_of(vm, arg)?;
            let len = data.len();
            if len > BUFFER {
                return Err(vm.value_error("fcntl string arg too long"));
            }
            data.resize(BUFFER, 0);
            repeat(vm, None, || checked!(libc::fcntl(fd, cmd, data.as_mut_ptr())))?;
            data.truncate(len);
            return Ok(Bytes::new(data).into());
        }
        let number = match arg {
            Some(arg) => vm.to_i128(arg)? as i64,
            None => 0,
        };
        repeat(vm, None, || checked!(libc::fcntl(fd, cmd, number))).map(Into::into)
    }

    /// Perform the operation request on file descriptor fd.
    #[pyfunction(sig = "(fd, request, arg=0, mutate_flag=True, /)")]
    fn ioctl(vm: &mut Vm, fd: &Value, request: i64, arg: Option<&Value>, mutate_flag: bool) -> PyResult {
        let fd = file_descriptor(vm, fd)?;
        let request = request as u32 as libc::c_ulong;
        if let Some(arg) = arg
            && is_data(arg)
        {
            let mut data = data_of(vm, arg)?;
            let len = data.len();
            if len > BUFFER && !mutate_flag {
                return Err(vm.value_error("ioctl string arg too long"));
            }
            data.resize(len.max(BUFFER), 0);
            let result = repeat(vm, None, || checked!(libc::ioctl(fd, request, data.as_mut_ptr())))?;
            data.truncate(len);
            if mutate_flag && !arg.holds::<Bytes>() && !arg.holds::<Str>() {
                let target = vm.bytes_like_mut(arg)?;
                target.with_mut(|memory| memory.copy_from_slice(&data));
                return Ok(result.into());
            }
            return Ok(Bytes::new(data).into());
        }
        let number = match arg {
            Some(arg) => vm.to_i128(arg)? as i64,
            None => 0,
        };
        repeat(vm, None, || checked!(libc::ioctl(fd, request, number))).map(Into::into)
    }

    /// Perform the lock operation `operation` on file descriptor fd.
    #[pyfunction(sig = "(fd, operation, /)")]
    fn flock(vm: &mut Vm, fd: &Value, operation: i32) -> PyResult<()> {
        let fd = file_descriptor(vm, fd)?;
        repeat(vm, None, || checked!(libc::flock(fd, operation))).map(drop)
    }

    /// A wrapper around the fcntl() locking calls.
    #[pyfunction(sig = "(fd, cmd, len=0, start=0, whence=0, /)")]
    fn lockf(vm: &mut Vm, fd: &Value, cmd: i32, len: i64, start: i64, whence: i32) -> PyResult<()> {
        let fd = file_descriptor(vm, fd)?;
        let kind = match cmd {
            libc::LOCK_UN => libc::F_UNLCK,
            cmd if cmd & libc::LOCK_SH != 0 => libc::F_RDLCK,
            cmd if cmd & libc::LOCK_EX != 0 => libc::F_WRLCK,
            _ => return Err(vm.value_error("unrecognized lockf argument")),
        };
        let mut lock = libc::flock {
            l_type: kind as i16,
            l_whence: whence as i16,
            l_start: start,
            l_len: len,
            l_pid: 0,
        };
        let command = if cmd & libc::LOCK_NB != 0 { libc::F_SETLK } else { libc::F_SETLKW };
        repeat(vm, None, || checked!(libc::fcntl(fd, command, &mut lock))).map(drop)
    }

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        macro_rules! numbers {
            ($($name:ident)*) => { $(module.set(stringify!($name), libc::$name as i64);)* };
        }
        numbers! {
            LOCK_SH LOCK_EX LOCK_NB LOCK_UN F_DUPFD F_DUPFD_CLOEXEC F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK
            F_SETLKW F_GETOWN F_SETOWN F_RDLCK F_UNLCK F_WRLCK FD_CLOEXEC F_NOTIFY F_SETLEASE F_GETLEASE
            F_SETPIPE_SZ F_GETPIPE_SZ F_ADD_SEALS F_GET_SEALS F_SEAL_SEAL F_SEAL_SHRINK F_SEAL_GROW F_SEAL_WRITE
            F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW
        }
        for (name, number) in [
            ("LOCK_MAND", 32_i64),
            ("LOCK_READ", 64),
            ("LOCK_WRITE", 128),
            ("LOCK_RW", 192),
            ("F_GETSIG", 11),
            ("F_SETSIG", 10),
            ("F_EXLCK", 4),
            ("F_SHLCK", 8),
            ("F_GETLK64", 5),
            ("F_SETLK64", 6),
            ("F_SETLKW64", 7),
            ("FASYNC", 8192),
            ("DN_ACCESS", 1_i64),
            ("DN_MODIFY", 2),
            ("DN_CREATE", 4),
            ("DN_DELETE", 8),
            ("DN_RENAME", 16),
            ("DN_ATTRIB", 32),
            ("DN_MULTISHOT", 0x8000_0000),
            ("FICLONE", 0x4004_9409),
            ("FICLONERANGE", 0x4020_940D),
        ] {
            module.set(name, number);
        }
        Ok(())
    }
}
