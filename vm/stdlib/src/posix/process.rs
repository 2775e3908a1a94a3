//! Processes, users, the machine.

use crate::named;
use crate::posix::calls::{self, checked};
use crate::posix::path::PathOrFd;
use crate::system::{errno_error, fs_decode, repeat};
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::list::List;
use pvm_vm::types::struct_sequence::StructSequence;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;
use std::cell::RefCell;
use std::ffi::CString;

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
#[allow(non_snake_case, reason = "names of the C library")]
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
        let values = parts.iter().map(|part| fs_decode(vm, part.to_bytes())).collect();
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

    /// Return the user's login name.
    #[pyfunction]
    fn getlogin(vm: &mut Vm) -> PyResult {
        let name = calls::certain!(libc::getlogin());
        if name.is_null() {
            return Err(errno_error(vm, libc::ENOTTY, None));
        }
        let name = calls::certain!(std::ffi::CStr::from_ptr(name)).to_bytes().to_vec();
        Ok(fs_decode(vm, &name))
    }

    /// Return the current process group id.
    #[pyfunction]
    fn getpgrp() -> i32 {
        calls::certain!(libc::getpgrp())
    }

    /// Call the system call getpgid(), and return the result.
    #[pyfunction(sig = "(pid)")]
    fn getpgid(vm: &mut Vm, pid: i32) -> PyResult<i32> {
        repeat(vm, None, || checked!(libc::getpgid(pid)))
    }

    /// Call the system call setpgid(pid, pgrp).
    #[pyfunction]
    fn setpgid(vm: &mut Vm, pid: i32, pgrp: i32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::setpgid(pid, pgrp))).map(drop)
    }

    /// Make the current process the leader of its process group.
    #[pyfunction]
    fn setpgrp(vm: &mut Vm) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::setpgid(0, 0))).map(drop)
    }

    /// Call the system call getsid(pid) and return the result.
    #[pyfunction]
    fn getsid(vm: &mut Vm, pid: i32) -> PyResult<i32> {
        repeat(vm, None, || checked!(libc::getsid(pid)))
    }

    /// Call the system call setsid().
    #[pyfunction]
    fn setsid(vm: &mut Vm) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::setsid())).map(drop)
    }

    /// Set the current process's user id.
    #[pyfunction]
    fn setuid(vm: &mut Vm, uid: u32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::setuid(uid))).map(drop)
    }

    /// Set the current process's effective user id.
    #[pyfunction]
    fn seteuid(vm: &mut Vm, euid: u32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::seteuid(euid))).map(drop)
    }

    /// Set the current process's group id.
    #[pyfunction]
    fn setgid(vm: &mut Vm, gid: u32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::setgid(gid))).map(drop)
    }

    /// Set the current process's effective group id.
    #[pyfunction]
    fn setegid(vm: &mut Vm, egid: u32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::setegid(egid))).map(drop)
    }

    /// Return list of supplemental group IDs for the process.
    #[pyfunction]
    fn getgroups(vm: &mut Vm) -> PyResult {
        let mut groups = vec![0u32; 65536];
        let count = repeat(vm, None, || checked!(libc::getgroups(65536, groups.as_mut_ptr())))?;
        groups.truncate(count.max(0) as usize);
        Ok(List::new(groups.into_iter().map(Value::from).collect()).into())
    }

    /// Add increment to the priority of process and return the new priority.
    #[pyfunction]
    fn nice(vm: &mut Vm, increment: i32) -> PyResult<i32> {
        let now = calls::certain!(libc::getpriority(libc::PRIO_PROCESS, 0));
        let new = now.saturating_add(increment).clamp(-20, 19);
        repeat(vm, None, || checked!(libc::setpriority(libc::PRIO_PROCESS, 0, new)))?;
        Ok(new)
    }

    /// Return program scheduling priority.
    #[pyfunction(sig = "(which, who)")]
    fn getpriority(which: i32, who: u32) -> i32 {
        calls::certain!(libc::getpriority(which as u32, who))
    }

    /// Kill a process with a signal.
    #[pyfunction]
    fn kill(vm: &mut Vm, pid: i32, signal: i32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::kill(pid, signal)))?;
        // A signal for this very process is dealt with before the call returns.
        vm.check_signals()
    }

    /// Kill a process group with a signal.
    #[pyfunction]
    fn killpg(vm: &mut Vm, pgid: i32, signal: i32) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::killpg(pgid, signal)))?;
        vm.check_signals()
    }

    /// Abort the interpreter immediately.
    #[pyfunction]
    fn abort() {
        std::process::abort()
    }

    /// Execute the command in a subshell.
    #[pyfunction(sig = "(command)")]
    fn system(vm: &mut Vm, command: crate::posix::path::FsPath) -> i32 {
        vm.without_lock(|| calls::certain!(libc::system(command.as_c().as_ptr())))
    }

    /// Fork a child process: 0 in the child, the child's process id in the parent.
    #[pyfunction]
    fn fork(vm: &mut Vm) -> PyResult<i32> {
        fork_process(vm)
    }

    /// Register callables to be called when forking a new process.
    #[pyfunction(sig = "(*, before=None, after_in_child=None, after_in_parent=None)")]
    fn register_at_fork(
        vm: &mut Vm,
        before: Option<Value>,
        after_in_child: Option<Value>,
        after_in_parent: Option<Value>,
    ) -> PyResult<()> {
        if before.is_none() && after_in_child.is_none() && after_in_parent.is_none() {
            return Err(vm.type_error("At least one argument is required."));
        }
        for (name, hook) in
            [("before", &before), ("after_in_child", &after_in_child), ("after_in_parent", &after_in_parent)]
        {
            if let Some(hook) = hook
                && !vm.is_callable(hook)
            {
                let found = hook.class().name();
                return Err(vm.type_error(format!("'{name}' must be callable, not {found}")));
            }
        }
        let hooks = vm.interp.extension(ForkHooks::default);
        hooks.before.borrow_mut().extend(before);
        hooks.in_child.borrow_mut().extend(after_in_child);
        hooks.in_parent.borrow_mut().extend(after_in_parent);
        Ok(())
    }

    /// Execute an executable path with arguments, replacing current process.
    #[pyfunction]
    fn execv(vm: &mut Vm, path: crate::posix::path::FsPath, argv: &Value) -> PyResult<()> {
        let args = arguments(vm, "execv", argv)?;
        let pointers = pointers(&args);
        let result = checked!(libc::execv(path.as_c().as_ptr(), pointers.as_ptr()));
        result.map(drop).map_err(|error| vm.os_error_from(&error, None))
    }

    /// Execute an executable path with arguments, replacing current process.
    #[pyfunction(sig = "(path, argv, env)")]
    fn execve(vm: &mut Vm, path: PathOrFd, argv: &Value, env: &Value) -> PyResult<()> {
        let args = arguments(vm, "execve", argv)?;
        let environment = environment(vm, env)?;
        let (args, environment) = (pointers(&args), pointers(&environment));
        let result = match &path {
            PathOrFd::Path(path) => {
                checked!(libc::execve(path.as_c().as_ptr(), args.as_ptr(), environment.as_ptr()))
            }
            PathOrFd::Fd(fd) => checked!(libc::fexecve(*fd, args.as_ptr(), environment.as_ptr())),
        };
        result.map(drop).map_err(|error| vm.os_error_from(&error, path.filename()))
    }

    /// Wait for completion of a given child process: (pid, status).
    #[pyfunction]
    fn waitpid(vm: &mut Vm, pid: i32, options: i32) -> PyResult {
        let mut status = 0;
        let pid = repeat(vm, None, || checked!(libc::waitpid(pid, &mut status, options)))?;
        Ok(Tuple::new([Value::from(pid), Value::from(status)]).into())
    }

    /// Wait for completion of a child process: (pid, status).
    #[pyfunction]
    fn wait(vm: &mut Vm) -> PyResult {
        let mut status = 0;
        let pid = repeat(vm, None, || checked!(libc::waitpid(-1, &mut status, 0)))?;
        Ok(Tuple::new([Value::from(pid), Value::from(status)]).into())
    }

    /// Wait for completion of a child process: (pid, status, resource usage).
    #[pyfunction(sig = "(options)")]
    fn wait3(vm: &mut Vm, options: i32) -> PyResult {
        crate::resource::wait_with_usage(vm, -1, options)
    }

    /// Wait for completion of a specific child process: (pid, status, resource usage).
    #[pyfunction(sig = "(pid, options)")]
    fn wait4(vm: &mut Vm, pid: i32, options: i32) -> PyResult {
        crate::resource::wait_with_usage(vm, pid, options)
    }

    /// Convert a wait status to an exit code.
    #[pyfunction(sig = "(status)")]
    fn waitstatus_to_exitcode(vm: &mut Vm, status: i32) -> PyResult<i32> {
        if libc::WIFEXITED(status) {
            Ok(libc::WEXITSTATUS(status))
        } else if libc::WIFSIGNALED(status) {
            Ok(-libc::WTERMSIG(status))
        } else if libc::WIFSTOPPED(status) {
            let signal = libc::WSTOPSIG(status);
            Err(vm.value_error(format!("process stopped by delivery of signal {signal}")))
        } else {
            Err(vm.value_error(format!("invalid wait status: {status}")))
        }
    }

    /// Return True if the process returning status was dumped to a core file.
    #[pyfunction]
    fn WCOREDUMP(status: i32) -> bool {
        libc::WCOREDUMP(status)
    }

    /// Return True if the process returning status exited via the exit() system call.
    #[pyfunction(sig = "(status)")]
    fn WIFEXITED(status: i32) -> bool {
        libc::WIFEXITED(status)
    }

    /// Return True if the process returning status was terminated by a signal.
    #[pyfunction(sig = "(status)")]
    fn WIFSIGNALED(status: i32) -> bool {
        libc::WIFSIGNALED(status)
    }

    /// Return True if the process returning status was stopped.
    #[pyfunction(sig = "(status)")]
    fn WIFSTOPPED(status: i32) -> bool {
        libc::WIFSTOPPED(status)
    }

    /// Return True if a particular process was continued from a job control stop.
    #[pyfunction(sig = "(status)")]
    fn WIFCONTINUED(status: i32) -> bool {
        libc::WIFCONTINUED(status)
    }

    /// Return the process return code from status.
    #[pyfunction(sig = "(status)")]
    fn WEXITSTATUS(status: i32) -> i32 {
        libc::WEXITSTATUS(status)
    }

    /// Return the signal that terminated the process that provided the status value.
    #[pyfunction(sig = "(status)")]
    fn WTERMSIG(status: i32) -> i32 {
        libc::WTERMSIG(status)
    }

    /// Return the signal that stopped the process that provided the status value.
    #[pyfunction(sig = "(status)")]
    fn WSTOPSIG(status: i32) -> i32 {
        libc::WSTOPSIG(status)
    }

    /// Voluntarily relinquish the CPU.
    #[pyfunction]
    fn sched_yield(vm: &mut Vm) {
        vm.without_lock(std::thread::yield_now);
    }

    /// Return the affinity of the process identified by pid (or the current process if zero).
    #[pyfunction]
    fn sched_getaffinity(vm: &mut Vm, pid: i32) -> PyResult {
        let mut words = [0u64; 128];
        repeat(vm, None, || {
            checked!(libc::sched_getaffinity(pid, size_of_val(&words), words.as_mut_ptr().cast()))
        })?;
        let cpus = (0..words.len() * 64).filter(|cpu| words[cpu / 64] >> (cpu % 64) & 1 == 1);
        let cpus: Vec<Value> = cpus.map(Value::from).collect();
        let class = vm.types().set.clone();
        vm.call(class.as_value(), &[List::new(cpus).into()])
    }

    /// Return an integer-valued system configuration variable.
    #[pyfunction]
    fn sysconf(vm: &mut Vm, name: &Value) -> PyResult<i64> {
        let number = match name.downcast_ref::<pvm_vm::types::str::Str>() {
            Some(text) => match crate::posix::constants::sysconf_number(&text.to_string()) {
                Some(number) => number as i32,
                None => return Err(vm.value_error("unrecognized configuration name")),
            },
            None => match vm.to_i128(name).map(i32::try_from) {
                Ok(Ok(number)) => number,
                _ => return Err(vm.type_error("configuration names must be strings or integers")),
            },
        };
        Ok(calls::certain!(libc::sysconf(number)))
    }

    /// Perform a statvfs system call on the given path.
    #[pyfunction(sig = "(path)")]
    fn statvfs(vm: &mut Vm, path: PathOrFd) -> PyResult {
        let filename = path.filename();
        let st = repeat(vm, filename.as_ref(), || {
            let mut out = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
            match &path {
                PathOrFd::Path(path) => checked!(libc::statvfs(path.as_c().as_ptr(), out.as_mut_ptr())),
                PathOrFd::Fd(fd) => checked!(libc::fstatvfs(*fd, out.as_mut_ptr())),
            }?;
            Ok(calls::certain!(out.assume_init()))
        })?;
        let values = [
            st.f_bsize,
            st.f_frsize,
            st.f_blocks,
            st.f_bfree,
            st.f_bavail,
            st.f_files,
            st.f_ffree,
            st.f_favail,
            st.f_flag,
            st.f_namemax,
            st.f_fsid,
        ];
        named::make(vm, &STATVFS, values.iter().map(|v| Value::from(*v)).collect())
    }

    /// Obtain a series of random bytes.
    #[pyfunction(sig = "(size, flags=0)")]
    fn getrandom(vm: &mut Vm, size: i64, flags: u32) -> PyResult {
        let Ok(size) = usize::try_from(size) else { return Err(errno_error(vm, libc::EINVAL, None)) };
        let mut data = vec![0u8; size.min(1 << 25)];
        let got =
            repeat(vm, None, || checked!(libc::getrandom(data.as_mut_ptr().cast(), data.len(), flags)))?;
        data.truncate(got.max(0) as usize);
        Ok(Bytes::new(data).into())
    }

    /// Get the process group associated with the terminal specified by fd.
    #[pyfunction]
    fn tcgetpgrp(vm: &mut Vm, fd: i32) -> PyResult<i32> {
        repeat(vm, None, || checked!(libc::tcgetpgrp(fd)))
    }

    /// Return a file descriptor referring to the process pid.
    #[pyfunction(sig = "(pid, flags=0)")]
    fn pidfd_open(vm: &mut Vm, pid: i32, flags: u32) -> PyResult<i64> {
        repeat(vm, None, || checked!(libc::syscall(libc::SYS_pidfd_open, pid, flags)))
    }
}

/// What `register_at_fork` knows.
#[derive(Default)]
struct ForkHooks {
    before: RefCell<Vec<Value>>,
    in_child: RefCell<Vec<Value>>,
    in_parent: RefCell<Vec<Value>>,
}

fn run_hooks(vm: &mut Vm, hooks: Vec<Value>) {
    for hook in hooks {
        if let Err(raised) = vm.call(&hook, &[]) {
            vm.write_unraisable(raised, None, Some(&hook));
        }
    }
}

/// Runs the hooks before a fork.
pub(crate) fn before_fork(vm: &mut Vm) {
    let hooks = vm.interp.extension(ForkHooks::default);
    let before = hooks.before.borrow().iter().rev().cloned().collect();
    run_hooks(vm, before);
}

/// Runs the hooks after a fork.
pub(crate) fn after_fork(vm: &mut Vm, in_child: bool) {
    let hooks = vm.interp.extension(ForkHooks::default);
    let after = if in_child { hooks.in_child.borrow().clone() } else { hooks.in_parent.borrow().clone() };
    if in_child {
        vm.become_main_thread();
        crate::signal::after_fork();
    }
    run_hooks(vm, after);
}

fn fork_process(vm: &mut Vm) -> PyResult<i32> {
    before_fork(vm);
    // Of the threads only this one goes on in the child, which holds the interpreter's lock.
    let result = checked!(libc::fork());
    after_fork(vm, matches!(result, Ok(0)));
    result.map_err(|error| vm.os_error_from(&error, None))
}

/// A list of strings for `exec`, as the caller owns it.
fn arguments(vm: &mut Vm, function: &str, argv: &Value) -> PyResult<Vec<CString>> {
    if !argv.holds::<List>() && !argv.holds::<Tuple>() {
        return Err(vm.type_error(format!("{function}() arg 2 must be a tuple or list")));
    }
    let items = vm.collect(argv)?;
    if items.is_empty() {
        return Err(vm.value_error(format!("{function}() arg 2 must not be empty")));
    }
    let mut args = Vec::with_capacity(items.len());
    for item in &items {
        args.push(c_string(vm, item)?);
    }
    if args.first().is_some_and(|a| a.is_empty()) {
        return Err(vm.value_error(format!("{function}() arg 2 first element cannot be empty")));
    }
    Ok(args)
}

/// A string of the file system, zero-terminated.
pub(crate) fn c_string(vm: &mut Vm, value: &Value) -> PyResult<CString> {
    let path = crate::system::fspath(vm, value)?;
    let bytes = match path.downcast_ref::<pvm_vm::types::str::Str>() {
        Some(text) => crate::system::fs_encode(vm, text)?,
        None => path.downcast_ref::<Bytes>().map(|b| b.as_slice().to_vec()).unwrap_or_default(),
    };
    CString::new(bytes).map_err(|_| vm.value_error("embedded null byte"))
}

/// Pointers to strings, with the null at the end. They live as long as the strings.
pub(crate) fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|s| s.as_ptr()).chain(std::iter::once(std::ptr::null())).collect()
}

fn environment(vm: &mut Vm, env: &Value) -> PyResult<Vec<CString>> {
    let keys = vm.call_method_str(env, "keys", &[])?;
    let mut variables = Vec::new();
    for key in vm.collect(&keys)? {
        let value = vm.get_item(env, &key)?;
        let (key, value) = (c_string(vm, &key)?, c_string(vm, &value)?);
        let key = key.to_bytes();
        if key.is_empty() || key.get(1..).unwrap_or_default().contains(&b'=') {
            return Err(vm.value_error("illegal environment variable name"));
        }
        let text = [key, b"=", value.to_bytes()].concat();
        variables.extend(CString::new(text));
    }
    Ok(variables)
}
