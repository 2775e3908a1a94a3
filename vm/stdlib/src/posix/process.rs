//! Processes, users, the machine.

use crate::named;
use crate::posix::calls::{self, checked};
use crate::system::repeat;
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::struct_sequence::StructSequence;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

static UNAME: StructSequence = StructSequence {
    module: "posix",
    name: "uname_result",
    doc: "uname_result: Result from os.uname().\n\nThis object may be accessed either as a tuple of\n  (sysname, nodename, release, version, machine),\nor via the attributes sysname, nodename, release, version, and machine.\n\nSee os.uname for more information.",
    fields: &["sysname", "nodename", "release", "version", "machine"],
    visible: 5,
    instantiable: true,
};

static TERMINAL_SIZE: StructSequence = StructSequence {
    module: "os",
    name: "terminal_size",
    doc: "A tuple of (columns, lines) for holding terminal window size",
    fields: &["columns", "lines"],
    visible: 2,
    instantiable: true,
};

static TIMES: StructSequence = StructSequence {
    module: "posix",
    name: "times_result",
    doc: "times_result: Result from os.times().\n\nThis object may be accessed either as a tuple of\n  (user, system, children_user, children_system, elapsed),\nor via the attributes user, system, children_user, children_system,\nand elapsed.\n\nSee os.times for more information.",
    fields: &["user", "system", "children_user", "children_system", "elapsed"],
    visible: 5,
    instantiable: true,
};

static STATVFS: StructSequence = StructSequence {
    module: "os",
    name: "statvfs_result",
    doc: "statvfs_result: Result from statvfs or fstatvfs.\n\nThis object may be accessed either as a tuple of\n  (bsize, frsize, blocks, bfree, bavail, files, ffree, favail, flag, namemax),\nor via the attributes f_bsize, f_frsize, f_blocks, f_bfree, and so on.\n\nSee os.statvfs for more information.",
    fields: &[
        "f_bsize",
        "f_frsize",
        "f_blocks",
        "f_bfree",
        "f_bavail",
        "f_files",
        "f_ffree",
        "f_favail",
        "f_flag",
        "f_namemax",
        "f_fsid",
    ],
    visible: 10,
    instantiable: true,
};

/// The module's classes of named tuples.
pub static NAMED: &[&StructSequence] = &[&UNAME, &TERMINAL_SIZE, &TIMES, &STATVFS];

/// The functions.
#[pymodule(name = "posix")]
pub mod functions {
    use super::*;

    /// Return the current process id.
    #[pyfunction]
    fn getpid() -> u32 {
        std::process::id()
    }

    /// Return the parent's process id.
    #[pyfunction]
    fn getppid() -> u32 {
        std::os::unix::process::parent_id()
    }

    /// Return the current process's user id.
    #[pyfunction]
    fn getuid() -> u32 {
        calls::certain!(libc::getuid())
    }

    /// Return the current process's effective user id.
    #[pyfunction]
    fn geteuid() -> u32 {
        calls::certain!(libc::geteuid())
    }

    /// Return the current process's group id.
    #[pyfunction]
    fn getgid() -> u32 {
        calls::certain!(libc::getgid())
    }

    /// Return the current process's effective group id.
    #[pyfunction]
    fn getegid() -> u32 {
        calls::certain!(libc::getegid())
    }

    /// Exit to the system with specified status, without normal exit processing.
    #[pyfunction(sig = "(status)")]
    fn _exit(status: i32) {
        calls::certain!(libc::_exit(status))
    }

    /// Return a bytes object containing random bytes suitable for cryptographic use.
    #[pyfunction]
    fn urandom(vm: &mut Vm, size: i64) -> PyResult {
        let Ok(size) = usize::try_from(size) else {
            return Err(vm.value_error("negative argument not allowed"));
        };
        let mut data = Vec::new();
        if data.try_reserve_exact(size).is_err() {
            return Err(vm.memory_error());
        }
        data.resize(size, 0);
        for chunk in data.chunks_mut(256) {
            repeat(vm, None, || checked!(libc::getrandom(chunk.as_mut_ptr().cast(), chunk.len(), 0)))?;
        }
        Ok(Bytes::new(data).into())
    }

    /// Return the number of logical CPUs in the system; None if indeterminable.
    #[pyfunction]
    fn cpu_count() -> Option<i64> {
        let count = calls::certain!(libc::sysconf(libc::_SC_NPROCESSORS_ONLN));
        (count > 0).then_some(count)
    }

    /// Translate an error code to a message string.
    #[pyfunction]
    fn strerror(code: i32) -> String {
        let text = std::io::Error::from_raw_os_error(code).to_string();
        text.split(" (os error").next().unwrap_or_default().to_owned()
    }

    /// Return an object identifying the current operating system.
    #[pyfunction]
    fn uname(vm: &mut Vm) -> PyResult {
        let name = rustix::system::uname();
        let parts = [name.sysname(), name.nodename(), name.release(), name.version(), name.machine()];
        let values = parts.iter().map(|part| crate::system::fs_decode(vm, part.to_bytes())).collect();
        named::make(vm, &UNAME, values)
    }

    /// Return the size of the terminal window as (columns, lines).
    #[pyfunction]
    fn get_terminal_size(vm: &mut Vm, #[default(1)] fd: i32) -> PyResult {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        repeat(vm, None, || checked!(libc::ioctl(fd, libc::TIOCGWINSZ, &mut size)))?;
        named::make(vm, &TERMINAL_SIZE, vec![size.ws_col.into(), size.ws_row.into()])
    }

    /// Return a collection containing process timing information.
    #[pyfunction]
    fn times(vm: &mut Vm) -> PyResult {
        let mut used = libc::tms { tms_utime: 0, tms_stime: 0, tms_cutime: 0, tms_cstime: 0 };
        let elapsed = repeat(vm, None, || checked!(libc::times(&mut used)))?;
        let ticks = calls::certain!(libc::sysconf(libc::_SC_CLK_TCK)).max(1) as f64;
        let all = [used.tms_utime, used.tms_stime, used.tms_cutime, used.tms_cstime, elapsed];
        named::make(vm, &TIMES, all.iter().map(|t| Value::float(*t as f64 / ticks)).collect())
    }

    /// Return average recent system load information.
    #[pyfunction]
    fn getloadavg(vm: &mut Vm) -> PyResult {
        let mut loads = [0.0; 3];
        if calls::certain!(libc::getloadavg(loads.as_mut_ptr(), 3)) != 3 {
            return Err(vm.os_error("Load averages are unobtainable"));
        }
        Ok(Tuple::new(loads.map(Value::float)).into())
    }
}
