//! `_socket`: sockets.

mod calls;
mod constants;

use crate::support::params;
use crate::system;
use calls::Address;
use pvm_vm::native::{Args, Optional, bind};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::buffer::{BytesLike, BytesLikeMut};
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, OnceCell};
use std::ffi::CString;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

/// State of the module.
#[derive(Default)]
struct State {
    /// Seconds; negative for none.
    default_timeout: Cell<Option<f64>>,
    gaierror: OnceCell<Value>,
    herror: OnceCell<Value>,
}

/// A socket.
pub struct Socket {
    fd: Cell<i32>,
    family: Cell<i32>,
    kind: Cell<i32>,
    protocol: Cell<i32>,
    /// `None` waits for ever.
    timeout: Cell<Option<f64>>,
}

pvm_vm::payload!(Socket, "socket");

impl Drop for Socket {
    fn drop(&mut self) {
        if self.fd.get() >= 0 {
            let _ = calls::close(self.fd.get());
        }
    }
}

fn os_error(vm: &mut Vm, error: &std::io::Error) -> Raised {
    match error.raw_os_error() {
        Some(_) => vm.os_error_from(error, None),
        None => {
            let text = error.to_string();
            vm.new_error(&vm.types().exceptions.os_error, text)
        }
    }
}

fn timed_out(vm: &mut Vm) -> Raised {
    vm.new_error(&vm.types().exceptions.timeout_error, "timed out")
}

impl Socket {
    fn payload() -> Socket {
        Socket {
            fd: Cell::new(-1),
            family: Cell::new(0),
            kind: Cell::new(0),
            protocol: Cell::new(0),
            timeout: Cell::new(None),
        }
    }

    /// Runs a call, waiting for the descriptor as the timeout says.
    fn with_timeout<R>(
        &self,
        vm: &mut Vm,
        write: bool,
        mut call: impl FnMut(i32) -> std::io::Result<R>,
    ) -> PyResult<R> {
        let fd = self.fd.get();
        let timeout = self.timeout.get();
        let deadline = timeout
            .filter(|t| *t > 0.0)
            .and_then(|t| Duration::try_from_secs_f64(t).ok())
            .and_then(|t| Instant::now().checked_add(t));
        loop {
            if let Some(deadline) = deadline {
                let left = deadline.saturating_duration_since(Instant::now());
                let milliseconds = i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
                match vm.without_lock(|| calls::wait_ready(fd, write, milliseconds)) {
                    Ok(true) => {}
                    Ok(false) => return Err(timed_out(vm)),
                    Err(error) if error.raw_os_error() == Some(libc::EINTR) => {
                        vm.check_signals()?;
                        continue;
                    }
                    Err(error) => return Err(os_error(vm, &error)),
                }
            }
            match vm.without_lock(|| call(fd)) {
                Ok(result) => return Ok(result),
                Err(error) => match error.raw_os_error() {
                    Some(libc::EINTR) => vm.check_signals()?,
                    Some(libc::EAGAIN) if deadline.is_some() => vm.check_signals()?,
                    _ => return Err(os_error(vm, &error)),
                },
            }
        }
    }

    fn plain<R>(&self, vm: &mut Vm, call: impl FnOnce(i32) -> std::io::Result<R>) -> PyResult<R> {
        let fd = self.fd.get();
        vm.without_lock(|| call(fd)).map_err(|error| os_error(vm, &error))
    }

    fn apply_timeout(&self, vm: &mut Vm, timeout: Option<f64>) -> PyResult<()> {
        self.timeout.set(timeout);
        let blocking = timeout.is_none();
        self.plain(vm, |fd| calls::set_blocking(fd, blocking))
    }

    fn address(&self, vm: &mut Vm, value: &Value, function: &str) -> PyResult<Address> {
        match self.family.get() {
            libc::AF_UNIX => {
                let bytes = match value.downcast_ref::<Str>() {
                    Some(text) => system::fs_encode(vm, text)?,
                    None => vm.bytes_of(value)?,
                };
                Ok(Address::Unix(bytes))
            }
            family @ (libc::AF_INET | libc::AF_INET6) => {
                let name = if family == libc::AF_INET { "AF_INET" } else { "AF_INET6" };
                let Some(parts) = value.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec()) else {
                    let found = value.class().name();
                    return Err(
                        vm.type_error(format!("{function}(): {name} address must be tuple, not {found}"))
                    );
                };
                let [host, port, rest @ ..] = parts.as_slice() else {
                    let form = if family == libc::AF_INET {
                        "a pair (host, port)"
                    } else {
                        "a tuple (host, port[, flowinfo[, scopeid]])"
                    };
                    return Err(vm.type_error(format!("{name} address must be {form}")));
                };
                let host = host_text(vm, host)?;
                let port = vm.to_i128(port)?;
                let Ok(port) = u16::try_from(port) else {
                    return Err(vm.overflow_error(format!("{function}(): port must be 0-65535.")));
                };
                let mut numbers = [0u32; 2];
                for (number, value) in numbers.iter_mut().zip(rest) {
                    *number = u32::try_from(vm.to_i128(value)?).unwrap_or(0);
                }
                let [flow, scope] = numbers;
                match resolve(vm, &host, family)? {
                    Address::V4(ip, _) => Ok(Address::V4(ip, port)),
                    Address::V6(ip, _, _, found) => {
                        Ok(Address::V6(ip, port, flow, if scope == 0 { found } else { scope }))
                    }
                    other => Ok(other),
                }
            }
            _ => Err(vm.new_error(&vm.types().exceptions.os_error, format!("{function}(): bad family"))),
        }
    }
}

fn host_text(vm: &mut Vm, host: &Value) -> PyResult<String> {
    if let Some(text) = host.downcast_ref::<Str>() {
        return Ok(text.to_string());
    }
    if vm.is_bytes_like(host) {
        let bytes = vm.bytes_of(host)?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let found = host.class().name();
    Err(vm.type_error(format!("str, bytes or bytearray expected, not {found}")))
}

/// The address of a host's name.
fn resolve(vm: &mut Vm, host: &str, family: i32) -> PyResult<Address> {
    match (host, family) {
        ("", libc::AF_INET) => return Ok(Address::V4(Ipv4Addr::UNSPECIFIED, 0)),
        ("", _) => return Ok(Address::V6(Ipv6Addr::UNSPECIFIED, 0, 0, 0)),
        ("<broadcast>", libc::AF_INET) => return Ok(Address::V4(Ipv4Addr::BROADCAST, 0)),
        _ => {}
    }
    if family == libc::AF_INET
        && let Ok(ip) = host.parse()
    {
        return Ok(Address::V4(ip, 0));
    }
    let name = CString::new(host).map_err(|_| vm.value_error("host name must not contain null character"))?;
    let found = vm.without_lock(|| calls::look_up(Some(&name), None, [family, libc::SOCK_STREAM, 0, 0]));
    match found {
        Ok(found) => match found.into_iter().next() {
            Some((.., address)) => Ok(address),
            None => Err(gai_error(vm, libc::EAI_NONAME, "Name or service not known")),
        },
        Err((code, text)) => Err(gai_error(vm, code, &text)),
    }
}

fn gai_error(vm: &mut Vm, code: i32, text: &str) -> Raised {
    let state = vm.interp.extension(State::default);
    match state.gaierror.get().and_then(|c| c.downcast_ref::<Class>().cloned()) {
        Some(class) => vm.new_error_with(&class, &[code.into(), text.into()]),
        None => vm.new_error(&vm.types().exceptions.os_error, text),
    }
}

fn address_value(vm: &mut Vm, address: &Address) -> Value {
    match address {
        Address::V4(ip, port) => Tuple::new([ip.to_string().into(), (*port).into()]).into(),
        Address::V6(ip, port, flow, scope) => {
            Tuple::new([ip.to_string().into(), (*port).into(), (*flow).into(), (*scope).into()]).into()
        }
        Address::Unix(bytes) if bytes.first() == Some(&0) => bytes.clone().into(),
        Address::Unix(bytes) => system::fs_decode(vm, bytes),
        Address::Other => Value::NONE,
    }
}

fn timeout_argument(vm: &mut Vm, value: &Value) -> PyResult<Option<f64>> {
    if value.is_none() {
        return Ok(None);
    }
    let seconds = vm.to_f64(value)?;
    if seconds.is_nan() {
        return Err(vm.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(vm.value_error("Timeout value out of range"));
    }
    Ok(Some(seconds))
}

fn size_argument(vm: &mut Vm, function: &str, size: i64) -> PyResult<Vec<u8>> {
    let Ok(size) = usize::try_from(size) else {
        return Err(vm.value_error(format!("negative buffersize in {function}")));
    };
    let mut buffer = Vec::new();
    if buffer.try_reserve(size).is_err() {
        return Err(vm.memory_error());
    }
    buffer.resize(size, 0);
    Ok(buffer)
}

fn bound(vm: &mut Vm, buffer: &BytesLikeMut, size: i64, function: &str) -> PyResult<usize> {
    let length = buffer.len();
    match usize::try_from(size) {
        Err(_) => Err(vm.value_error(format!("negative buffersize in {function}"))),
        Ok(0) => Ok(length),
        Ok(size) if size <= length => Ok(size),
        Ok(_) => Err(vm.value_error("buffer too small for requested bytes")),
    }
}

#[pymethods(
    name = "socket", module = "_socket", flags = flag::BASE_TYPE,
    doc = "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object\n\nOpen a socket of the given type."
)]
impl Socket {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(Socket::payload(), cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Socket>, args: Args<'_>) -> PyResult<()> {
        let ([family, kind, protocol, fileno], _) = bind::<4, 0, 4>(
            vm,
            "socket",
            params![
                ("family", Positional, false),
                ("type", Positional, false),
                ("proto", Positional, false),
                ("fileno", Positional, false)
            ],
            args,
        )?;
        let number = |vm: &mut Vm, value: Option<&Value>| -> PyResult<i32> {
            match value {
                Some(value) => Ok(i32::try_from(vm.to_i128(value)?).unwrap_or(-1)),
                None => Ok(-1),
            }
        };
        let [mut family, mut kind, mut protocol] =
            [number(vm, family)?, number(vm, kind)?, number(vm, protocol)?];
        let fd = match fileno.filter(|f| !f.is_none()) {
            Some(fileno) => {
                if fileno.as_int().is_none() {
                    let found = fileno.class().name();
                    return Err(
                        vm.type_error(format!("'{found}' object cannot be interpreted as an integer"))
                    );
                }
                let fd = i32::try_from(vm.to_i128(fileno)?).unwrap_or(-1);
                if fd < 0 {
                    return Err(vm.value_error("negative file descriptor"));
                }
                if family == -1 {
                    let name = calls::option(fd, libc::SOL_SOCKET, libc::SO_DOMAIN);
                    family = name.map_err(|error| os_error(vm, &error))?;
                }
                if kind == -1 {
                    let found = calls::option(fd, libc::SOL_SOCKET, libc::SO_TYPE);
                    kind = found.map_err(|error| os_error(vm, &error))?;
                }
                if protocol == -1 {
                    protocol = calls::option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL).unwrap_or(0);
                }
                fd
            }
            None => {
                family = if family == -1 { libc::AF_INET } else { family };
                kind = if kind == -1 { libc::SOCK_STREAM } else { kind };
                protocol = if protocol == -1 { 0 } else { protocol };
                calls::socket(family, kind, protocol).map_err(|error| os_error(vm, &error))?
            }
        };
        if this.fd.get() >= 0 {
            let _ = calls::close(this.fd.get());
        }
        this.fd.set(fd);
        this.family.set(family);
        this.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
        this.protocol.set(protocol);
        this.timeout.set(None);
        if kind & libc::SOCK_NONBLOCK != 0 {
            this.timeout.set(Some(0.0));
        } else {
            let default = vm.interp.extension(State::default).default_timeout.get();
            if default.is_some() {
                this.apply_timeout(vm, default)?;
            }
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(_vm: &mut Vm, this: &Ref<Socket>) -> PyResult {
        let (fd, family) = (this.fd.get(), this.family.get());
        let (kind, protocol) = (this.kind.get(), this.protocol.get());
        Ok(format!("<socket object, fd={fd}, family={family}, type={kind}, proto={protocol}>").into())
    }

    #[slot(finalize)]
    fn finalize(vm: &mut Vm, this: &Value) {
        let Some(socket) = this.downcast_ref::<Socket>() else { return };
        if socket.fd.get() < 0 {
            return;
        }
        if let Ok(shown) = vm.repr(this) {
            let category = vm.types().exceptions.resource_warning.clone();
            if let Err(raised) = vm.warn(&category, &format!("unclosed {shown}"), 1) {
                vm.write_unraisable(raised, None, Some(this));
            }
        }
        let _ = calls::close(socket.fd.replace(-1));
    }

    #[method(sig = "")]
    fn _accept(vm: &mut Vm, this: &Ref<Socket>) -> PyResult {
        let (fd, address) = this.with_timeout(vm, false, calls::accept)?;
        let address = address_value(vm, &address);
        Ok(Tuple::new([fd.into(), address]).into())
    }
    #[method(sig = "")]
    fn bind(vm: &mut Vm, this: &Ref<Socket>, address: &Value) -> PyResult<()> {
        let address = this.address(vm, address, "bind")?;
        this.plain(vm, |fd| calls::bind(fd, &address))
    }
    #[method(sig = "")]
    fn listen(vm: &mut Vm, this: &Ref<Socket>, #[default(128)] backlog: i32) -> PyResult<()> {
        this.plain(vm, |fd| calls::listen(fd, backlog.max(0)))
    }
    #[method(sig = "")]
    fn connect(vm: &mut Vm, this: &Ref<Socket>, address: &Value) -> PyResult<()> {
        let address = this.address(vm, address, "connect")?;
        match connect(vm, this, &address)? {
            0 => Ok(()),
            code => Err(system::errno_error(vm, code, None)),
        }
    }
    #[method(sig = "")]
    fn connect_ex(vm: &mut Vm, this: &Ref<Socket>, address: &Value) -> PyResult<i32> {
        let address = this.address(vm, address, "connect_ex")?;
        match connect(vm, this, &address) {
            Ok(code) => Ok(code),
            Err(raised) if raised.is(&vm.types().exceptions.timeout_error) => Ok(libc::EAGAIN),
            Err(raised) => Err(raised),
        }
    }
    #[method(sig = "")]
    fn close(vm: &mut Vm, this: &Ref<Socket>) -> PyResult<()> {
        match this.fd.replace(-1) {
            -1 => Ok(()),
            fd => match vm.without_lock(|| calls::close(fd)) {
                Err(error) if error.raw_os_error() != Some(libc::ECONNRESET) => Err(os_error(vm, &error)),
                _ => Ok(()),
            },
        }
    }
    #[method(sig = "")]
    fn detach(this: &Ref<Socket>) -> i32 {
        this.fd.replace(-1)
    }
    #[method(sig = "")]
    fn fileno(this: &Ref<Socket>) -> i32 {
        this.fd.get()
    }
    #[method(sig = "")]
    fn getpeername(vm: &mut Vm, this: &Ref<Socket>) -> PyResult {
        let address = this.plain(vm, |fd| calls::name(fd, true))?;
        Ok(address_value(vm, &address))
    }
    #[method(sig = "")]
    fn getsockname(vm: &mut Vm, this: &Ref<Socket>) -> PyResult {
        let address = this.plain(vm, |fd| calls::name(fd, false))?;
        Ok(address_value(vm, &address))
    }
    #[method(sig = "")]
    fn getsockopt(
        vm: &mut Vm,
        this: &Ref<Socket>,
        level: i32,
        option: i32,
        #[default(0)] size: i64,
    ) -> PyResult {
        if size == 0 {
            return Ok(this.plain(vm, |fd| calls::option(fd, level, option))?.into());
        }
        match usize::try_from(size) {
            Ok(size) if size <= 1024 => {
                Ok(this.plain(vm, |fd| calls::option_bytes(fd, level, option, size))?.into())
            }
            _ => Err(vm.new_error(&vm.types().exceptions.os_error, "getsockopt buflen out of range")),
        }
    }
    #[method(sig = "")]
    fn setsockopt(
        vm: &mut Vm,
        this: &Ref<Socket>,
        level: i32,
        option: i32,
        value: &Value,
        #[default(0)] length: i64,
    ) -> PyResult<()> {
        let bytes = if value.as_int().is_some() {
            i32::from_ne_bytes((vm.to_i128(value)? as i32).to_ne_bytes()).to_ne_bytes().to_vec()
        } else if value.is_none() {
            vec![0; usize::try_from(length).unwrap_or(0).min(1024)]
        } else {
            vm.bytes_of(value)?
        };
        this.plain(vm, |fd| calls::set_option(fd, level, option, &bytes))
    }
    #[method(sig = "")]
    fn shutdown(vm: &mut Vm, this: &Ref<Socket>, how: i32) -> PyResult<()> {
        this.plain(vm, |fd| calls::shutdown(fd, how))
    }
    #[method(sig = "")]
    fn recv(vm: &mut Vm, this: &Ref<Socket>, size: i64, #[default(0)] flags: i32) -> PyResult<Vec<u8>> {
        let mut buffer = size_argument(vm, "recv", size)?;
        let (count, _) = this.with_timeout(vm, false, |fd| calls::receive(fd, &mut buffer, flags))?;
        buffer.truncate(count);
        Ok(buffer)
    }
    #[method(sig = "")]
    fn recvfrom(vm: &mut Vm, this: &Ref<Socket>, size: i64, #[default(0)] flags: i32) -> PyResult {
        let mut buffer = size_argument(vm, "recvfrom", size)?;
        let (count, address) = this.with_timeout(vm, false, |fd| calls::receive(fd, &mut buffer, flags))?;
        buffer.truncate(count);
        let address = address_value(vm, &address);
        Ok(Tuple::new([buffer.into(), address]).into())
    }
    #[method(sig = "(buffer, nbytes=0, flags=0)")]
    fn recv_into(
        vm: &mut Vm,
        this: &Ref<Socket>,
        buffer: BytesLikeMut,
        #[default(0)] nbytes: i64,
        #[default(0)] flags: i32,
    ) -> PyResult<usize> {
        let mut bytes = vec![0; bound(vm, &buffer, nbytes, "recv_into")?];
        let (count, _) = this.with_timeout(vm, false, |fd| calls::receive(fd, &mut bytes, flags))?;
        let count = count.min(bytes.len());
        buffer.with_mut(|target| target[..count].copy_from_slice(&bytes[..count]));
        Ok(count)
    }
    #[method(sig = "(buffer, nbytes=0, flags=0)")]
    fn recvfrom_into(
        vm: &mut Vm,
        this: &Ref<Socket>,
        buffer: BytesLikeMut,
        #[default(0)] nbytes: i64,
        #[default(0)] flags: i32,
    ) -> PyResult {
        let mut bytes = vec![0; bound(vm, &buffer, nbytes, "recvfrom_into")?];
        let (count, address) = this.with_timeout(vm, false, |fd| calls::receive(fd, &mut bytes, flags))?;
        let count = count.min(bytes.len());
        buffer.with_mut(|target| target[..count].copy_from_slice(&bytes[..count]));
        let address = address_value(vm, &address);
        Ok(Tuple::new([count.into(), address]).into())
    }
    #[method(sig = "")]
    fn send(vm: &mut Vm, this: &Ref<Socket>, data: BytesLike, #[default(0)] flags: i32) -> PyResult<usize> {
        let bytes = data.bytes();
        this.with_timeout(vm, true, |fd| calls::send(fd, &bytes, flags))
    }
    #[method(sig = "")]
    fn sendall(vm: &mut Vm, this: &Ref<Socket>, data: BytesLike, #[default(0)] flags: i32) -> PyResult<()> {
        let bytes = data.bytes();
        let mut done = 0;
        while done < bytes.len() {
            done += this.with_timeout(vm, true, |fd| calls::send(fd, &bytes[done..], flags))?;
            vm.check_signals()?;
        }
        Ok(())
    }
    #[method(sig = "")]
    fn sendto(
        vm: &mut Vm,
        this: &Ref<Socket>,
        data: BytesLike,
        first: &Value,
        second: Optional<Value>,
    ) -> PyResult<usize> {
        let (flags, address) = match second.present() {
            Some(address) => (i32::try_from(vm.to_i128(first)?).unwrap_or(0), address),
            None => (0, first.clone()),
        };
        let address = this.address(vm, &address, "sendto")?;
        let bytes = data.bytes();
        this.with_timeout(vm, true, |fd| calls::send_to(fd, &bytes, flags, &address))
    }
    #[method(sig = "")]
    fn setblocking(vm: &mut Vm, this: &Ref<Socket>, flag: bool) -> PyResult<()> {
        this.apply_timeout(vm, if flag { None } else { Some(0.0) })
    }
    #[method(sig = "")]
    fn getblocking(this: &Ref<Socket>) -> bool {
        this.timeout.get() != Some(0.0)
    }
    #[method(sig = "")]
    fn settimeout(vm: &mut Vm, this: &Ref<Socket>, timeout: &Value) -> PyResult<()> {
        let timeout = timeout_argument(vm, timeout)?;
        this.apply_timeout(vm, timeout)
    }
    #[method(sig = "")]
    fn gettimeout(this: &Ref<Socket>) -> Value {
        this.timeout.get().into()
    }
    #[getter]
    fn family(this: &Ref<Socket>) -> i32 {
        this.family.get()
    }
    #[getter(name = "type")]
    fn kind(this: &Ref<Socket>) -> i32 {
        this.kind.get()
    }
    #[getter(name = "proto")]
    fn protocol(this: &Ref<Socket>) -> i32 {
        this.protocol.get()
    }
    #[getter(name = "timeout")]
    fn timeout_value(this: &Ref<Socket>) -> Value {
        this.timeout.get().into()
    }
}

/// Connects; an error number, or 0.
fn connect(vm: &mut Vm, this: &Ref<Socket>, address: &Address) -> PyResult<i32> {
    let fd = this.fd.get();
    let error = match vm.without_lock(|| calls::connect(fd, address)) {
        Ok(()) => return Ok(0),
        Err(error) => error,
    };
    let code = match error.raw_os_error() {
        Some(code) => code,
        None => return Err(os_error(vm, &error)),
    };
    let waits =
        code == libc::EINTR || code == libc::EINPROGRESS && this.timeout.get().is_some_and(|t| t > 0.0);
    if !waits {
        return Ok(code);
    }
    vm.check_signals()?;
    let milliseconds = this.timeout.get().map_or(-1, |t| (t * 1000.0).ceil().min(2e9) as i32);
    let ready = vm.without_lock(|| calls::wait_ready(fd, true, milliseconds));
    match ready {
        Ok(true) => this.plain(vm, |fd| calls::option(fd, libc::SOL_SOCKET, libc::SO_ERROR)),
        Ok(false) => Err(timed_out(vm)),
        Err(error) => Err(os_error(vm, &error)),
    }
}

/// The module.
#[pvm_vm_macros::pymodule(
    name = "_socket",
    doc = "Implementation module for socket operations.\n\nSee the socket module for documentation."
)]
pub mod socket_module {
    use super::*;
    use pvm_vm::types::module::Module;

    #[pyfunction(sig = "")]
    fn socketpair(
        vm: &mut Vm,
        #[default(libc::AF_UNIX)] family: i32,
        #[default(libc::SOCK_STREAM)] kind: i32,
        #[default(0)] protocol: i32,
    ) -> PyResult {
        let fds = calls::socketpair(family, kind, protocol).map_err(|error| os_error(vm, &error))?;
        let class = class_of::<Socket>(vm)?;
        let pair = fds.map(|fd| {
            let socket = Socket::payload();
            socket.fd.set(fd);
            socket.family.set(family);
            socket.kind.set(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC));
            socket.protocol.set(protocol);
            Value::from(Ref::new(socket, &class))
        });
        Ok(Tuple::new(pair).into())
    }

    #[pyfunction(sig = "")]
    fn close(vm: &mut Vm, fd: i32) -> PyResult<()> {
        calls::close(fd).map_err(|error| os_error(vm, &error))
    }
    #[pyfunction(sig = "")]
    fn dup(vm: &mut Vm, fd: i32) -> PyResult<i32> {
        calls::dup(fd).map_err(|error| os_error(vm, &error))
    }
    #[pyfunction(sig = "")]
    fn getdefaulttimeout(vm: &mut Vm) -> Value {
        vm.interp.extension(State::default).default_timeout.get().into()
    }
    #[pyfunction(sig = "")]
    fn setdefaulttimeout(vm: &mut Vm, timeout: &Value) -> PyResult<()> {
        let timeout = timeout_argument(vm, timeout)?;
        vm.interp.extension(State::default).default_timeout.set(timeout);
        Ok(())
    }
    #[pyfunction(sig = "")]
    fn gethostname(vm: &mut Vm) -> Value {
        system::fs_decode(vm, &calls::host_name())
    }
    #[pyfunction(sig = "")]
    fn gethostbyname(vm: &mut Vm, name: String) -> PyResult {
        match resolve(vm, &name, libc::AF_INET)? {
            Address::V4(ip, _) => Ok(ip.to_string().into()),
            _ => Ok("0.0.0.0".into()),
        }
    }
    #[pyfunction(sig = "(host, port, family=0, type=0, proto=0, flags=0)")]
    fn getaddrinfo(
        vm: &mut Vm,
        host: &Value,
        port: &Value,
        #[default(0)] family: i32,
        #[default(0)] r#type: i32,
        #[default(0)] proto: i32,
        #[default(0)] flags: i32,
    ) -> PyResult {
        let host = if host.is_none() { None } else { Some(host_text(vm, host)?) };
        let service = if port.is_none() {
            None
        } else if port.as_int().is_some() {
            Some(vm.to_i128(port)?.to_string())
        } else {
            Some(host_text(vm, port)?)
        };
        let mut strings = [None, None];
        for (string, text) in strings.iter_mut().zip([host, service]) {
            if let Some(text) = text {
                *string = Some(CString::new(text).map_err(|_| vm.value_error("embedded null character"))?);
            }
        }
        let [host, service] = &strings;
        let hints = [family, r#type, proto, flags];
        let found = vm.without_lock(|| calls::look_up(host.as_ref(), service.as_ref(), hints));
        let found = found.map_err(|(code, text)| gai_error(vm, code, &text))?;
        let mut all: Vec<Value> = Vec::new();
        for (family, kind, protocol, name, address) in found {
            let address = address_value(vm, &address);
            let parts = [family.into(), kind.into(), protocol.into(), name.into(), address];
            all.push(Tuple::new(parts).into());
        }
        Ok(List::new(all).into())
    }
    #[pyfunction(sig = "")]
    fn getnameinfo(vm: &mut Vm, address: &Value, _flags: i32) -> PyResult {
        let parts = address.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();
        let [host, port, ..] = parts.as_slice() else {
            return Err(vm.type_error("getnameinfo() argument 1 must be a tuple"));
        };
        let port = vm.str(port)?;
        Ok(Tuple::new([host.clone(), port.into()]).into())
    }

    #[pyfunction(sig = "")]
    fn inet_aton(vm: &mut Vm, text: String) -> PyResult<Vec<u8>> {
        match text.parse::<Ipv4Addr>() {
            Ok(ip) => Ok(ip.octets().to_vec()),
            Err(_) => Err(vm
                .new_error(&vm.types().exceptions.os_error, "illegal IP address string passed to inet_aton")),
        }
    }
    #[pyfunction(sig = "")]
    fn inet_ntoa(vm: &mut Vm, packed: BytesLike) -> PyResult<String> {
        match <[u8; 4]>::try_from(packed.to_vec()) {
            Ok(octets) => Ok(Ipv4Addr::from(octets).to_string()),
            Err(_) => Err(vm.new_error(&vm.types().exceptions.os_error, "packed IP wrong length")),
        }
    }
    #[pyfunction(sig = "")]
    fn inet_pton(vm: &mut Vm, family: i32, text: String) -> PyResult<Vec<u8>> {
        let packed = match family {
            libc::AF_INET => text.parse::<Ipv4Addr>().ok().map(|ip| ip.octets().to_vec()),
            libc::AF_INET6 => text.parse::<Ipv6Addr>().ok().map(|ip| ip.octets().to_vec()),
            _ => return Err(system::errno_error(vm, libc::EAFNOSUPPORT, None)),
        };
        match packed {
            Some(packed) => Ok(packed),
            None => Err(vm
                .new_error(&vm.types().exceptions.os_error, "illegal IP address string passed to inet_pton")),
        }
    }
    #[pyfunction(sig = "")]
    fn inet_ntop(vm: &mut Vm, family: i32, packed: BytesLike) -> PyResult<String> {
        let bytes = packed.to_vec();
        let text = match family {
            libc::AF_INET => <[u8; 4]>::try_from(bytes).ok().map(|o| Ipv4Addr::from(o).to_string()),
            libc::AF_INET6 => <[u8; 16]>::try_from(bytes).ok().map(|o| Ipv6Addr::from(o).to_string()),
            _ => return Err(vm.value_error(format!("unknown address family {family}"))),
        };
        match text {
            Some(text) => Ok(text),
            None => Err(vm.value_error("invalid length of packed IP address string")),
        }
    }

    fn swap_argument(vm: &mut Vm, name: &str, value: &Value, most: i128) -> PyResult<u32> {
        let number = vm.to_i128(value)?;
        if number < 0 {
            return Err(
                vm.overflow_error(format!("{name}: can't convert negative Python int to C unsigned integer"))
            );
        }
        if number > most {
            return Err(
                vm.overflow_error(format!("{name}: Python int too large to convert to C unsigned integer"))
            );
        }
        Ok(number as u32)
    }
    #[pyfunction(sig = "")]
    fn htons(vm: &mut Vm, x: &Value) -> PyResult<u16> {
        Ok((swap_argument(vm, "htons", x, 0xFFFF)? as u16).to_be())
    }
    #[pyfunction(sig = "")]
    fn ntohs(vm: &mut Vm, x: &Value) -> PyResult<u16> {
        Ok(u16::from_be(swap_argument(vm, "ntohs", x, 0xFFFF)? as u16))
    }
    #[pyfunction(sig = "")]
    fn htonl(vm: &mut Vm, x: &Value) -> PyResult<u32> {
        Ok(swap_argument(vm, "htonl", x, 0xFFFF_FFFF)?.to_be())
    }
    #[pyfunction(sig = "")]
    fn ntohl(vm: &mut Vm, x: &Value) -> PyResult<u32> {
        Ok(u32::from_be(swap_argument(vm, "ntohl", x, 0xFFFF_FFFF)?))
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let class = crate::support::add_class::<Socket>(vm, module, "socket")?;
        module.set("SocketType", class);
        let base = vm.types().exceptions.os_error.clone();
        module.set("error", &base);
        module.set("timeout", &vm.types().exceptions.timeout_error);
        let herror = crate::new_exception(vm, "socket", "herror", &base);
        let gaierror = crate::new_exception(vm, "socket", "gaierror", &base);
        let state = vm.interp.extension(State::default);
        module.set("herror", state.herror.get_or_init(|| herror).clone());
        module.set("gaierror", state.gaierror.get_or_init(|| gaierror).clone());
        module.set("has_ipv6", true);
        for (name, value) in constants::ALL {
            module.set(name, *value);
        }
        Ok(())
    }
}
