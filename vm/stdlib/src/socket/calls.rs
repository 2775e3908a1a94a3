//! The socket calls as safe functions.

use std::ffi::CString;
use std::io::{Error, Result};
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address of a socket.
#[derive(Clone, Debug)]
pub enum Address {
    /// `AF_INET`
    V4(Ipv4Addr, u16),
    /// `AF_INET6`, with flow information and scope.
    V6(Ipv6Addr, u16, u32, u32),
    /// `AF_UNIX`; abstract names begin with a zero byte.
    Unix(Vec<u8>),
    /// None, or one of another family.
    Other,
}

type Storage = (libc::sockaddr_storage, libc::socklen_t);

fn encode(address: &Address) -> Result<Storage> {
    // SAFETY: zeroes are a valid `sockaddr_storage`, which is large enough and aligned for every kind of address.
    unsafe {
        let mut storage: libc::sockaddr_storage = zeroed();
        let place = &raw mut storage;
        let length = match address {
            Address::V4(ip, port) => {
                let inet = &mut *place.cast::<libc::sockaddr_in>();
                inet.sin_family = libc::AF_INET as u16;
                inet.sin_port = port.to_be();
                inet.sin_addr.s_addr = u32::from_ne_bytes(ip.octets());
                size_of::<libc::sockaddr_in>()
            }
            Address::V6(ip, port, flow, scope) => {
                let inet = &mut *place.cast::<libc::sockaddr_in6>();
                inet.sin6_family = libc::AF_INET6 as u16;
                inet.sin6_port = port.to_be();
                inet.sin6_addr.s6_addr = ip.octets();
                inet.sin6_flowinfo = flow.to_be();
                inet.sin6_scope_id = *scope;
                size_of::<libc::sockaddr_in6>()
            }
            Address::Unix(path) => {
                let unix = &mut *place.cast::<libc::sockaddr_un>();
                unix.sun_family = libc::AF_UNIX as u16;
                let is_abstract = path.first() == Some(&0);
                let room = if is_abstract { unix.sun_path.len() } else { unix.sun_path.len() - 1 };
                if path.len() > room {
                    return Err(Error::other("AF_UNIX path too long"));
                }
                for (to, from) in unix.sun_path.iter_mut().zip(path) {
                    *to = *from as libc::c_char;
                }
                let end = if is_abstract { path.len() } else { path.len() + 1 };
                std::mem::offset_of!(libc::sockaddr_un, sun_path) + end
            }
            Address::Other => return Err(Error::from_raw_os_error(libc::EAFNOSUPPORT)),
        };
        Ok((storage, length as libc::socklen_t))
    }
}

fn decode((storage, length): &Storage) -> Address {
    let length = *length as usize;
    // SAFETY: the storage is aligned and large enough for every kind of address, and its family says which it is.
    unsafe {
        let place = &raw const *storage;
        match i32::from(storage.ss_family) {
            libc::AF_INET if length >= size_of::<libc::sockaddr_in>() => {
                let inet = &*place.cast::<libc::sockaddr_in>();
                Address::V4(inet.sin_addr.s_addr.to_ne_bytes().into(), u16::from_be(inet.sin_port))
            }
            libc::AF_INET6 if length >= size_of::<libc::sockaddr_in6>() => {
                let inet = &*place.cast::<libc::sockaddr_in6>();
                Address::V6(
                    inet.sin6_addr.s6_addr.into(),
                    u16::from_be(inet.sin6_port),
                    u32::from_be(inet.sin6_flowinfo),
                    inet.sin6_scope_id,
                )
            }
            libc::AF_UNIX => {
                let unix = &*place.cast::<libc::sockaddr_un>();
                let used = length.saturating_sub(std::mem::offset_of!(libc::sockaddr_un, sun_path));
                let bytes: Vec<u8> = unix.sun_path.iter().take(used).map(|c| *c as u8).collect();
                if bytes.first() == Some(&0) && bytes.len() > 1 {
                    return Address::Unix(bytes);
                }
                Address::Unix(bytes.into_iter().take_while(|c| *c != 0).collect())
            }
            _ => Address::Other,
        }
    }
}

fn empty() -> Storage {
    // SAFETY: zeroes are a valid `sockaddr_storage`.
    unsafe { (zeroed(), size_of::<libc::sockaddr_storage>() as libc::socklen_t) }
}

fn check(result: i32) -> Result<i32> {
    if result == -1 { Err(Error::last_os_error()) } else { Ok(result) }
}

fn check_size(result: isize) -> Result<usize> {
    usize::try_from(result).map_err(|_| Error::last_os_error())
}

/// `socket`
pub fn socket(family: i32, kind: i32, protocol: i32) -> Result<i32> {
    // SAFETY: numbers only.
    check(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
}

/// `socketpair`
pub fn socketpair(family: i32, kind: i32, protocol: i32) -> Result<[i32; 2]> {
    let mut fds = [0; 2];
    // SAFETY: the array has room for two descriptors.
    check(unsafe { libc::socketpair(family, kind | libc::SOCK_CLOEXEC, protocol, fds.as_mut_ptr()) })?;
    Ok(fds)
}

/// `close`
pub fn close(fd: i32) -> Result<()> {
    // SAFETY: a number only; its owner has forgotten it.
    check(unsafe { libc::close(fd) }).map(drop)
}

/// `dup`, not inherited by programs.
pub fn dup(fd: i32) -> Result<i32> {
    // SAFETY: numbers only.
    check(unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })
}

/// `bind`
pub fn bind(fd: i32, address: &Address) -> Result<()> {
    let (storage, length) = encode(address)?;
    // SAFETY: the address lives through the call and has that length.
    check(unsafe { libc::bind(fd, (&raw const storage).cast(), length) }).map(drop)
}

/// `connect`
pub fn connect(fd: i32, address: &Address) -> Result<()> {
    let (storage, length) = encode(address)?;
    // SAFETY: the address lives through the call and has that length.
    check(unsafe { libc::connect(fd, (&raw const storage).cast(), length) }).map(drop)
}

/// `listen`
pub fn listen(fd: i32, backlog: i32) -> Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::listen(fd, backlog) }).map(drop)
}

/// `shutdown`
pub fn shutdown(fd: i32, how: i32) -> Result<()> {
    // SAFETY: numbers only.
    check(unsafe { libc::shutdown(fd, how) }).map(drop)
}

/// `accept4`
pub fn accept(fd: i32) -> Result<(i32, Address)> {
    let mut storage = empty();
    // SAFETY: the storage lives through the call and has that length.
    let accepted =
        check(unsafe { libc::accept4(fd, (&raw mut storage.0).cast(), &mut storage.1, libc::SOCK_CLOEXEC) })?;
    Ok((accepted, decode(&storage)))
}

/// `getsockname`, or `getpeername`.
pub fn name(fd: i32, peer: bool) -> Result<Address> {
    let mut storage = empty();
    // SAFETY: the storage lives through the call and has that length.
    check(unsafe {
        let place = (&raw mut storage.0).cast();
        if peer {
            libc::getpeername(fd, place, &mut storage.1)
        } else {
            libc::getsockname(fd, place, &mut storage.1)
        }
    })?;
    Ok(decode(&storage))
}

/// `recvfrom`
pub fn receive(fd: i32, buffer: &mut [u8], flags: i32) -> Result<(usize, Address)> {
    let mut storage = empty();
    // SAFETY: buffer and storage live through the call and have these lengths.
    let count = check_size(unsafe {
        libc::recvfrom(
            fd,
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            flags,
            (&raw mut storage.0).cast(),
            &mut storage.1,
        )
    })?;
    let address = if storage.1 == 0 { Address::Other } else { decode(&storage) };
    Ok((count, address))
}

/// `send`
pub fn send(fd: i32, bytes: &[u8], flags: i32) -> Result<usize> {
    // SAFETY: the bytes live through the call and have that length.
    check_size(unsafe { libc::send(fd, bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// `sendto`
pub fn send_to(fd: i32, bytes: &[u8], flags: i32, address: &Address) -> Result<usize> {
    let (storage, length) = encode(address)?;
    // SAFETY: bytes and address live through the call and have these lengths.
    check_size(unsafe {
        libc::sendto(fd, bytes.as_ptr().cast(), bytes.len(), flags, (&raw const storage).cast(), length)
    })
}

/// `getsockopt` of a number.
pub fn option(fd: i32, level: i32, name: i32) -> Result<i32> {
    let mut value = 0i32;
    let mut length = 4;
    // SAFETY: the value lives through the call and has that length.
    check(unsafe { libc::getsockopt(fd, level, name, (&raw mut value).cast(), &mut length) })?;
    Ok(value)
}

/// `getsockopt` of bytes.
pub fn option_bytes(fd: i32, level: i32, name: i32, size: usize) -> Result<Vec<u8>> {
    let mut value = vec![0u8; size];
    let mut length = size as libc::socklen_t;
    // SAFETY: the value lives through the call and has that length.
    check(unsafe { libc::getsockopt(fd, level, name, value.as_mut_ptr().cast(), &mut length) })?;
    value.truncate(length as usize);
    Ok(value)
}

/// `setsockopt`
pub fn set_option(fd: i32, level: i32, name: i32, value: &[u8]) -> Result<()> {
    // SAFETY: the value lives through the call and has that length.
    check(unsafe { libc::setsockopt(fd, level, name, value.as_ptr().cast(), value.len() as libc::socklen_t) })
        .map(drop)
}

/// Makes calls return at once, or wait.
pub fn set_blocking(fd: i32, blocking: bool) -> Result<()> {
    // SAFETY: numbers only.
    unsafe {
        let flags = check(libc::fcntl(fd, libc::F_GETFL))?;
        let flags = if blocking { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
        check(libc::fcntl(fd, libc::F_SETFL, flags)).map(drop)
    }
}

/// Waits until a descriptor is ready; whether it is.
pub fn wait_ready(fd: i32, write: bool, milliseconds: i32) -> Result<bool> {
    let mut poll = libc::pollfd { fd, events: if write { libc::POLLOUT } else { libc::POLLIN }, revents: 0 };
    // SAFETY: the structure lives through the call.
    Ok(check(unsafe { libc::poll(&mut poll, 1, milliseconds) })? > 0)
}

/// `gethostname`
pub fn host_name() -> Vec<u8> {
    let mut buffer = vec![0u8; 256];
    // SAFETY: the buffer has that length.
    unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len()) };
    buffer.into_iter().take_while(|c| *c != 0).collect()
}

/// What `getaddrinfo` found: family, type, protocol, canonical name, address.
pub type Found = (i32, i32, i32, String, Address);

/// `getaddrinfo`. The error is the code and its text.
pub fn look_up(
    host: Option<&CString>,
    service: Option<&CString>,
    [family, kind, protocol, flags]: [i32; 4],
) -> std::result::Result<Vec<Found>, (i32, String)> {
    // SAFETY: zeroes are valid hints; the strings end in zero bytes; the list is read before it is freed, and every
    // address in it has the length that it says.
    unsafe {
        let mut hints: libc::addrinfo = zeroed();
        (hints.ai_family, hints.ai_socktype, hints.ai_protocol, hints.ai_flags) =
            (family, kind, protocol, flags);
        let mut list: *mut libc::addrinfo = std::ptr::null_mut();
        let pointer = |text: Option<&CString>| text.map_or(std::ptr::null(), |t| t.as_ptr());
        let code = libc::getaddrinfo(pointer(host), pointer(service), &hints, &mut list);
        if code != 0 {
            let text = std::ffi::CStr::from_ptr(libc::gai_strerror(code)).to_string_lossy().into_owned();
            return Err((code, text));
        }
        let mut found = Vec::new();
        let mut next = list;
        while let Some(info) = next.as_ref() {
            let mut storage = empty();
            let length = (info.ai_addrlen as usize).min(size_of::<libc::sockaddr_storage>());
            std::ptr::copy_nonoverlapping(
                info.ai_addr.cast::<u8>(),
                (&raw mut storage.0).cast::<u8>(),
                length,
            );
            storage.1 = length as libc::socklen_t;
            let name = if info.ai_canonname.is_null() {
                String::new()
            } else {
                std::ffi::CStr::from_ptr(info.ai_canonname).to_string_lossy().into_owned()
            };
            found.push((info.ai_family, info.ai_socktype, info.ai_protocol, name, decode(&storage)));
            next = info.ai_next;
        }
        libc::freeaddrinfo(list);
        Ok(found)
    }
}
