//! `select`: waiting for descriptors.

use crate::system::{self, file_descriptor};
use pvm_vm::native::Args;
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// The safe side of the calls.
mod calls {
    use std::io::{Error, Result};

    /// `poll`
    pub fn poll(fds: &mut [libc::pollfd], timeout: i32) -> Result<usize> {
        // SAFETY: the array has that length and lives through the call.
        let count = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout) };
        usize::try_from(count).map_err(|_| Error::last_os_error())
    }

    /// `epoll_create1`
    pub fn epoll_create(flags: i32) -> Result<i32> {
        // SAFETY: the call takes a number only.
        match unsafe { libc::epoll_create1(flags) } {
            -1 => Err(Error::last_os_error()),
            fd => Ok(fd),
        }
    }

    /// `epoll_ctl`
    pub fn epoll_control(epoll: i32, operation: i32, fd: i32, events: u32) -> Result<()> {
        let mut event = libc::epoll_event { events, u64: fd as u64 };
        // SAFETY: the event lives through the call.
        match unsafe { libc::epoll_ctl(epoll, operation, fd, &mut event) } {
            -1 => Err(Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// `epoll_wait`: descriptors and events.
    pub fn epoll_wait(epoll: i32, most: usize, timeout: i32) -> Result<Vec<(i32, u32)>> {
        let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; most];
        // SAFETY: the array has that length and lives through the call.
        let count = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), most as i32, timeout) };
        let count = usize::try_from(count).map_err(|_| Error::last_os_error())?;
        Ok(events[..count.min(most)].iter().map(|e| (e.u64 as i32, e.events)).collect())
    }

    /// `close`
    pub fn close(fd: i32) -> Result<()> {
        // SAFETY: the call takes a number only; its owner has forgotten it.
        match unsafe { libc::close(fd) } {
            -1 => Err(Error::last_os_error()),
            _ => Ok(()),
        }
    }
}

/// Waits until `deadline`, again after signals. `wait` gets milliseconds (-1 for ever).
fn wait_until<R>(
    vm: &mut Vm,
    deadline: Option<Instant>,
    mut wait: impl FnMut(i32) -> std::io::Result<R>,
) -> PyResult<R> {
    loop {
        let timeout = match deadline {
            None => -1,
            Some(deadline) => {
                let left = deadline.saturating_duration_since(Instant::now());
                // Rounded up, so that it is not over before its time.
                i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
            }
        };
        match vm.without_lock(|| wait(timeout)) {
            Ok(result) => return Ok(result),
            Err(error) if error.raw_os_error() == Some(libc::EINTR) => vm.check_signals()?,
            Err(error) => return Err(vm.os_error_from(&error, None)),
        }
    }
}

fn deadline_of(vm: &mut Vm, seconds: f64) -> PyResult<Option<Instant>> {
    if seconds.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Ok(None);
    }
    let Ok(duration) = Duration::try_from_secs_f64(seconds) else {
        return Err(vm.overflow_error("timeout is too large"));
    };
    Ok(Instant::now().checked_add(duration))
}

/// A `poll` object: descriptors and the events to wait for.
pub struct Poll {
    registered: RefCell<Vec<(i32, i16)>>,
    running: Cell<bool>,
}

pvm_vm::payload!(Poll, "poll");

fn event_mask(vm: &mut Vm, mask: Option<Value>, default: i64) -> PyResult<i64> {
    let Some(mask) = mask else { return Ok(default) };
    let mask = vm.to_i128(&mask)?;
    match i64::try_from(mask) {
        Ok(mask) if (0..=0xFFFF_FFFF).contains(&mask) => Ok(mask),
        Ok(mask) if mask < 0 => Err(vm.value_error("value must be positive")),
        _ => Err(vm.overflow_error("Python int too large for C unsigned short")),
    }
}

#[pymethods(name = "poll", module = "select", flags = NO_INSTANTIATION)]
impl Poll {
    /// Register a file descriptor with the polling object.
    #[method(sig = "(fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)")]
    fn register(vm: &mut Vm, this: &Ref<Poll>, fd: &Value, eventmask: Option<Value>) -> PyResult<()> {
        let fd = file_descriptor(vm, fd)?;
        let default = i64::from(libc::POLLIN | libc::POLLPRI | libc::POLLOUT);
        let mask = event_mask(vm, eventmask, default)? as i16;
        let mut registered = this.registered.borrow_mut();
        match registered.iter_mut().find(|(f, _)| *f == fd) {
            Some(entry) => entry.1 = mask,
            None => registered.push((fd, mask)),
        }
        Ok(())
    }

    /// Modify an already registered file descriptor.
    #[method(sig = "(fd, eventmask, /)")]
    fn modify(vm: &mut Vm, this: &Ref<Poll>, fd: &Value, eventmask: &Value) -> PyResult<()> {
        let fd = file_descriptor(vm, fd)?;
        let mask = event_mask(vm, Some(eventmask.clone()), 0)? as i16;
        let found = this.registered.borrow_mut().iter_mut().find(|(f, _)| *f == fd).map(|e| e.1 = mask);
        match found {
            Some(()) => Ok(()),
            None => Err(system::errno_error(vm, libc::ENOENT, None)),
        }
    }

    /// Remove a file descriptor being tracked by the polling object.
    #[method(sig = "(fd, /)")]
    fn unregister(vm: &mut Vm, this: &Ref<Poll>, fd: &Value) -> PyResult<()> {
        let fd = file_descriptor(vm, fd)?;
        let before = this.registered.borrow().len();
        this.registered.borrow_mut().retain(|(f, _)| *f != fd);
        if this.registered.borrow().len() == before {
            return Err(vm.key_error(fd.into()));
        }
        Ok(())
    }

    /// Polls the set of registered file descriptors.
    #[method(sig = "(timeout=None, /)")]
    fn poll(vm: &mut Vm, this: &Ref<Poll>, timeout: Option<Value>) -> PyResult {
        let deadline = match timeout {
            Some(timeout) => {
                let milliseconds = vm.to_f64(&timeout)?;
                deadline_of(vm, milliseconds / 1000.0)?
            }
            None => None,
        };
        if this.running.replace(true) {
            return Err(vm.runtime_error("concurrent poll() invocation"));
        }
        let mut fds: Vec<libc::pollfd> = this
            .registered
            .borrow()
            .iter()
            .map(|(fd, events)| libc::pollfd { fd: *fd, events: *events, revents: 0 })
            .collect();
        let result = wait_until(vm, deadline, |timeout| calls::poll(&mut fds, timeout));
        this.running.set(false);
        result?;
        let ready: Vec<Value> = fds
            .iter()
            .filter(|fd| fd.revents != 0)
            .map(|fd| Tuple::new([fd.fd.into(), (fd.revents as u16).into()]).into())
            .collect();
        Ok(List::new(ready).into())
    }
}

/// An `epoll` object.
pub struct Epoll {
    fd: Cell<i32>,
}

pvm_vm::payload!(Epoll, "epoll");

impl Epoll {
    fn open(&self, vm: &mut Vm) -> PyResult<i32> {
        match self.fd.get() {
            -1 => Err(vm.value_error("I/O operation on closed epoll object")),
            fd => Ok(fd),
        }
    }

    fn control(&self, vm: &mut Vm, operation: i32, fd: &Value, events: u32) -> PyResult<()> {
        let epoll = self.open(vm)?;
        let fd = file_descriptor(vm, fd)?;
        calls::epoll_control(epoll, operation, fd, events).map_err(|error| vm.os_error_from(&error, None))
    }

    fn close_fd(&self, vm: &mut Vm) -> PyResult<()> {
        match self.fd.replace(-1) {
            -1 => Ok(()),
            fd => calls::close(fd).map_err(|error| vm.os_error_from(&error, None)),
        }
    }
}

impl Drop for Epoll {
    fn drop(&mut self) {
        if self.fd.get() >= 0 {
            let _ = calls::close(self.fd.get());
        }
    }
}

#[pymethods(name = "epoll", module = "select", doc = "Returns an epolling object.")]
impl Epoll {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let ([size, flags], _) = pvm_vm::native::bind::<2, 0, 2>(
            vm,
            "epoll",
            crate::support::params![("sizehint", Positional, false), ("flags", Positional, false)],
            args,
        )?;
        let size = match size {
            Some(size) => vm.to_i128(size)?,
            None => -1,
        };
        if size != -1 && size <= 0 {
            return Err(vm.value_error("negative sizehint"));
        }
        let flags = match flags {
            Some(flags) => vm.to_i128(flags)?,
            None => 0,
        };
        if flags != 0 && flags != i128::from(libc::EPOLL_CLOEXEC) {
            return Err(vm.new_error(&vm.types().exceptions.os_error, "invalid flags"));
        }
        let fd = calls::epoll_create(libc::EPOLL_CLOEXEC).map_err(|error| vm.os_error_from(&error, None))?;
        Ok(Ref::new(Epoll { fd: Cell::new(fd) }, cls).into())
    }

    #[classmethod(sig = "(fd, /)")]
    fn fromfd(_vm: &mut Vm, cls: &Ref<Class>, fd: i32) -> PyResult {
        Ok(Ref::new(Epoll { fd: Cell::new(fd) }, cls).into())
    }
    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<Epoll>) -> PyResult<()> {
        this.close_fd(vm)
    }
    #[method(sig = "")]
    fn __enter__(vm: &mut Vm, this: &Ref<Epoll>) -> PyResult {
        this.open(vm)?;
        Ok(this.into())
    }
    #[method(sig = "")]
    fn __exit__(vm: &mut Vm, this: &Ref<Epoll>, _args: Args<'_>) -> PyResult<()> {
        this.close_fd(vm)
    }
    #[getter]
    fn closed(this: &Ref<Epoll>) -> bool {
        this.fd.get() < 0
    }
    #[method(sig = "()")]
    fn fileno(vm: &mut Vm, this: &Ref<Epoll>) -> PyResult<i32> {
        this.open(vm)
    }
    #[method(sig = "(fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)")]
    fn register(vm: &mut Vm, this: &Ref<Epoll>, fd: &Value, eventmask: Option<Value>) -> PyResult<()> {
        let default = i64::from(libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT);
        let mask = event_mask(vm, eventmask, default)?;
        this.control(vm, libc::EPOLL_CTL_ADD, fd, mask as u32)
    }
    #[method(sig = "(fd, eventmask)")]
    fn modify(vm: &mut Vm, this: &Ref<Epoll>, fd: &Value, eventmask: &Value) -> PyResult<()> {
        let mask = event_mask(vm, Some(eventmask.clone()), 0)?;
        this.control(vm, libc::EPOLL_CTL_MOD, fd, mask as u32)
    }
    #[method(sig = "(fd)")]
    fn unregister(vm: &mut Vm, this: &Ref<Epoll>, fd: &Value) -> PyResult<()> {
        this.control(vm, libc::EPOLL_CTL_DEL, fd, 0)
    }
    #[method(sig = "(timeout=None, maxevents=-1)")]
    fn poll(vm: &mut Vm, this: &Ref<Epoll>, timeout: Option<Value>, maxevents: Option<Value>) -> PyResult {
        let fd = this.open(vm)?;
        let deadline = match timeout {
            Some(timeout) => {
                let seconds = vm.to_f64(&timeout)?;
                deadline_of(vm, seconds)?
            }
            None => None,
        };
        let most = match maxevents {
            Some(most) => vm.to_index(&most)?,
            None => -1,
        };
        let most = match most {
            -1 => 1023,
            most if most <= 0 => {
                return Err(vm.value_error(format!("maxevents must be greater than 0, got {most}")));
            }
            most => most.min(1 << 16) as usize,
        };
        let ready = wait_until(vm, deadline, |timeout| calls::epoll_wait(fd, most, timeout))?;
        let ready: Vec<Value> =
            ready.into_iter().map(|(fd, events)| Tuple::new([fd.into(), events.into()]).into()).collect();
        Ok(List::new(ready).into())
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "select",
    doc = "This module supports asynchronous I/O on multiple file descriptors."
)]
pub mod select_module {
    use super::*;
    use pvm_vm::types::module::Module;

    fn collect_set(vm: &mut Vm, objects: &Value) -> PyResult<Vec<(Value, i32)>> {
        let mut all = Vec::new();
        for object in vm.collect(objects)? {
            let fd = file_descriptor(vm, &object)?;
            if fd >= libc::FD_SETSIZE as i32 {
                return Err(vm.value_error("filedescriptor out of range in select()"));
            }
            all.push((object, fd));
        }
        Ok(all)
    }

    /// Wait until one or more file descriptors are ready for some kind of I/O.
    #[pyfunction(sig = "(rlist, wlist, xlist, timeout=None, /)")]
    fn select(vm: &mut Vm, rlist: &Value, wlist: &Value, xlist: &Value, timeout: Option<Value>) -> PyResult {
        let deadline = match timeout {
            Some(timeout) => {
                let seconds = match vm.to_f64(&timeout) {
                    Ok(seconds) => seconds,
                    Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                        return Err(vm.type_error("timeout must be a float or None"));
                    }
                    Err(raised) => return Err(raised),
                };
                if seconds < 0.0 {
                    return Err(vm.value_error("timeout must be non-negative"));
                }
                deadline_of(vm, seconds)?
            }
            None => None,
        };
        let sets = [collect_set(vm, rlist)?, collect_set(vm, wlist)?, collect_set(vm, xlist)?];
        let wanted = [libc::POLLIN, libc::POLLOUT, libc::POLLPRI];
        let ready =
            [libc::POLLIN | libc::POLLHUP | libc::POLLERR, libc::POLLOUT | libc::POLLERR, libc::POLLPRI];
        let mut fds: Vec<libc::pollfd> = Vec::new();
        for (set, events) in sets.iter().zip(wanted) {
            for (_, fd) in set {
                match fds.iter_mut().find(|p| p.fd == *fd) {
                    Some(entry) => entry.events |= events,
                    None => fds.push(libc::pollfd { fd: *fd, events, revents: 0 }),
                }
            }
        }
        wait_until(vm, deadline, |timeout| calls::poll(&mut fds, timeout))?;
        if fds.iter().any(|p| p.revents & libc::POLLNVAL != 0) {
            return Err(system::errno_error(vm, libc::EBADF, None));
        }
        let lists: Vec<Value> = sets
            .iter()
            .zip(ready)
            .map(|(set, events)| {
                let chosen: Vec<Value> = set
                    .iter()
                    .filter(|(_, fd)| fds.iter().any(|p| p.fd == *fd && p.revents & events != 0))
                    .map(|(object, _)| object.clone())
                    .collect();
                List::new(chosen).into()
            })
            .collect();
        Ok(Tuple::new(lists).into())
    }

    /// Returns a polling object.
    #[pyfunction(sig = "()")]
    fn poll(vm: &mut Vm) -> PyResult {
        let class = class_of::<Poll>(vm)?;
        Ok(Ref::new(Poll { registered: RefCell::default(), running: Cell::new(false) }, &class).into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("error", &vm.types().exceptions.os_error);
        crate::support::add_class::<Epoll>(vm, module, "epoll")?;
        for (name, value) in [
            ("POLLIN", libc::POLLIN),
            ("POLLPRI", libc::POLLPRI),
            ("POLLOUT", libc::POLLOUT),
            ("POLLERR", libc::POLLERR),
            ("POLLHUP", libc::POLLHUP),
            ("POLLNVAL", libc::POLLNVAL),
            ("POLLRDNORM", libc::POLLRDNORM),
            ("POLLRDBAND", libc::POLLRDBAND),
            ("POLLWRNORM", libc::POLLWRNORM),
            ("POLLWRBAND", libc::POLLWRBAND),
            ("POLLMSG", 0x400),
            ("POLLRDHUP", 0x2000),
        ] {
            module.set(name, value);
        }
        for (name, value) in [
            ("EPOLLIN", libc::EPOLLIN),
            ("EPOLLOUT", libc::EPOLLOUT),
            ("EPOLLPRI", libc::EPOLLPRI),
            ("EPOLLERR", libc::EPOLLERR),
            ("EPOLLHUP", libc::EPOLLHUP),
            ("EPOLLRDHUP", libc::EPOLLRDHUP),
            ("EPOLLET", libc::EPOLLET),
            ("EPOLLONESHOT", libc::EPOLLONESHOT),
            ("EPOLLEXCLUSIVE", libc::EPOLLEXCLUSIVE),
            ("EPOLLRDNORM", libc::EPOLLRDNORM),
            ("EPOLLRDBAND", libc::EPOLLRDBAND),
            ("EPOLLWRNORM", libc::EPOLLWRNORM),
            ("EPOLLWRBAND", libc::EPOLLWRBAND),
            ("EPOLLMSG", libc::EPOLLMSG),
            ("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC),
        ] {
            module.set(name, value as u32);
        }
        module.set("PIPE_BUF", libc::PIPE_BUF);
        Ok(())
    }
}
