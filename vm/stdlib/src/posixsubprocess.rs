//! `_posixsubprocess`

use crate::posix::calls::{certain, checked};
use crate::posix::process::{after_fork, before_fork, c_string, pointers};
use pvm_vm::native::{Args, FromValue};
use pvm_vm::object::Value;
use pvm_vm::{PyResult, Vm};
use std::ffi::CString;

/// What the child does before it runs the program.
struct Plan {
    args: Option<Vec<CString>>,
    executables: Vec<CString>,
    environment: Option<Vec<CString>>,
    folder: Option<CString>,
    keep: Vec<i32>,
    close_fds: bool,
    /// `p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write`
    pipes: [i32; 8],
    restore_signals: bool,
    new_session: bool,
    group: i32,
    gid: Option<u32>,
    groups: Option<Vec<u32>>,
    uid: Option<u32>,
    umask: i32,
}

fn strings(vm: &mut Vm, value: &Value) -> PyResult<Option<Vec<CString>>> {
    if value.is_none() {
        return Ok(None);
    }
    let items = vm.collect(value)?;
    let mut strings = Vec::with_capacity(items.len());
    for item in &items {
        strings.push(c_string(vm, item)?);
    }
    Ok(Some(strings))
}

fn optional_id(vm: &mut Vm, value: &Value) -> PyResult<Option<u32>> {
    if value.is_none() {
        return Ok(None);
    }
    let wide = vm.to_i128(value)?;
    match u32::try_from(wide) {
        Ok(id) => Ok(Some(id)),
        Err(_) if wide == -1 => Ok(None),
        Err(_) => Err(vm.value_error("invalid user or group id")),
    }
}

/// The part that runs in the child, up to the program. Only system calls: other threads may have held the
/// allocator's lock. Gives the error, and whether it is that of running the program.
fn become_program(
    plan: &Plan,
    args: Option<&[*const libc::c_char]>,
    environment: Option<&[*const libc::c_char]>,
    mut preexec: impl FnMut() -> bool,
) -> (i32, &'static str) {
    match prepare(plan) {
        Ok(()) => {}
        Err((error, what)) => return (error.raw_os_error().unwrap_or(0), what),
    }
    if !preexec() {
        return (0, "preexec");
    }
    if plan.close_fds {
        close_others(&plan.keep);
    }
    let mut saved = 0;
    for executable in &plan.executables {
        let Some(args) = args else { break };
        let _ = match environment {
            Some(environment) => {
                checked!(libc::execve(executable.as_ptr(), args.as_ptr(), environment.as_ptr()))
            }
            None => checked!(libc::execv(executable.as_ptr(), args.as_ptr())),
        };
        let errno = certain!(*libc::__errno_location());
        if errno != libc::ENOENT && errno != libc::ENOTDIR && saved == 0 {
            saved = errno;
        }
        if saved == 0 {
            certain!(*libc::__errno_location() = errno);
        }
    }
    let last = certain!(*libc::__errno_location());
    (if saved != 0 { saved } else { last }, "")
}

fn prepare(plan: &Plan) -> Result<(), (std::io::Error, &'static str)> {
    let step = |result: std::io::Result<i32>| result.map_err(|error| (error, "noexec"));
    let [p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write] = plan.pipes;
    for fd in &plan.keep {
        if *fd != errpipe_write {
            let flags = step(checked!(libc::fcntl(*fd, libc::F_GETFD)))?;
            step(checked!(libc::fcntl(*fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC)))?;
        }
    }
    for fd in [p2cwrite, c2pread, errread, errpipe_read] {
        if fd >= 0 {
            step(checked!(libc::close(fd)))?;
        }
    }
    // Descriptors among the first three must not be overwritten before they are used.
    let (mut output, mut error) = (c2pwrite, errwrite);
    if output == 0 {
        output = step(checked!(libc::dup(output)))?;
    }
    while error == 0 || error == 1 {
        error = step(checked!(libc::dup(error)))?;
    }
    for (from, to) in [(p2cread, 0), (output, 1), (error, 2)] {
        if from == to {
            let flags = step(checked!(libc::fcntl(from, libc::F_GETFD)))?;
            step(checked!(libc::fcntl(from, libc::F_SETFD, flags & !libc::FD_CLOEXEC)))?;
        } else if from >= 0 {
            step(checked!(libc::dup2(from, to)))?;
        }
    }
    if let Some(folder) = &plan.folder {
        step(checked!(libc::chdir(folder.as_ptr())))?;
    }
    if plan.umask >= 0 {
        certain!(libc::umask(plan.umask as u32));
    }
    if plan.restore_signals {
        for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
            certain!(libc::signal(signal, libc::SIG_DFL));
        }
    }
    if plan.new_session {
        step(checked!(libc::setsid()))?;
    }
    if plan.group >= 0 {
        step(checked!(libc::setpgid(0, plan.group)))?;
    }
    if let Some(groups) = &plan.groups {
        step(checked!(libc::setgroups(groups.len(), groups.as_ptr())))?;
    }
    if let Some(gid) = plan.gid {
        step(checked!(libc::setregid(gid, gid)))?;
    }
    if let Some(uid) = plan.uid {
        step(checked!(libc::setreuid(uid, uid)))?;
    }
    Ok(())
}

/// Closes all descriptors from 3 but for the sorted ones to keep.
fn close_others(keep: &[i32]) {
    let mut start = 3;
    for fd in keep.iter().filter(|fd| **fd >= 3) {
        if *fd > start {
            let _ = checked!(libc::syscall(libc::SYS_close_range, start as u32, *fd as u32 - 1, 0));
        }
        start = fd.saturating_add(1).max(start);
    }
    let _ = checked!(libc::syscall(libc::SYS_close_range, start as u32, u32::MAX, 0));
}

/// Tells the parent what failed, as `subprocess` reads it.
fn report(fd: i32, errno: i32, what: &str) {
    let text = match what {
        "preexec" => "SubprocessError:0:Exception occurred in preexec_fn.".to_owned(),
        _ => format!("OSError:{errno:x}:{what}"),
    };
    let _ = checked!(libc::write(fd, text.as_ptr().cast(), text.len()));
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_posixsubprocess", doc = "A POSIX helper for the subprocess module.")]
pub mod posixsubprocess_module {
    use super::*;

    /// Spawn a fresh new child process; its process id.
    #[pyfunction]
    fn fork_exec(vm: &mut Vm, args: Args<'_>) -> PyResult<i32> {
        let [
            process_args,
            executables,
            close_fds,
            keep,
            folder,
            env,
            pipes @ ..,
            restore_signals,
            new_session,
            group,
            gid,
            groups,
            uid,
            umask,
            preexec,
            _vfork,
        ] = args.pos()
        else {
            return Err(vm.type_error(format!("fork_exec expected 23 arguments, got {}", args.values.len())));
        };
        let mut numbers = [-1; 8];
        if pipes.len() != numbers.len() {
            return Err(vm.type_error(format!("fork_exec expected 23 arguments, got {}", args.values.len())));
        }
        for (number, value) in numbers.iter_mut().zip(pipes) {
            *number = i32::from_value(vm, value)?;
        }
        let close_fds = vm.truth(close_fds)?;
        let mut kept: Vec<i32> = Vec::new();
        for fd in vm.collect(keep)? {
            match i32::try_from(vm.to_i128(&fd)?) {
                Ok(fd) if fd >= 0 && kept.last().is_none_or(|last| *last < fd) => kept.push(fd),
                _ => return Err(vm.value_error("bad value(s) in fds_to_keep")),
            }
        }
        if close_fds && numbers[7] < 3 {
            return Err(vm.value_error("errpipe_write must be >= 3"));
        }
        let groups = match groups.is_none() {
            true => None,
            false => {
                let mut ids = Vec::new();
                for group in vm.collect(groups)? {
                    ids.extend(optional_id(vm, &group)?);
                }
                Some(ids)
            }
        };
        let plan = Plan {
            args: strings(vm, process_args)?,
            executables: strings(vm, executables)?.unwrap_or_default(),
            environment: strings(vm, env)?,
            folder: if folder.is_none() { None } else { Some(c_string(vm, folder)?) },
            keep: kept,
            close_fds,
            pipes: numbers,
            restore_signals: vm.truth(restore_signals)?,
            new_session: vm.truth(new_session)?,
            group: i32::from_value(vm, group)?,
            gid: optional_id(vm, gid)?,
            groups,
            uid: optional_id(vm, uid)?,
            umask: i32::from_value(vm, umask)?,
        };
        let argument_pointers = plan.args.as_deref().map(pointers);
        let environment_pointers = plan.environment.as_deref().map(pointers);
        let has_hook = !preexec.is_none();
        if has_hook {
            before_fork(vm);
        }
        let result = checked!(libc::fork());
        match result {
            Ok(0) => {
                if has_hook {
                    after_fork(vm, true);
                }
                let call = || !has_hook || vm.call(preexec, &[]).is_ok();
                let (args, env) = (argument_pointers.as_deref(), environment_pointers.as_deref());
                let (errno, what) = become_program(&plan, args, env, call);
                report(numbers[7], errno, what);
                certain!(libc::_exit(255))
            }
            Ok(child) => {
                if has_hook {
                    after_fork(vm, false);
                }
                Ok(child)
            }
            Err(error) => Err(vm.os_error_from(&error, None)),
        }
    }
}
