//! Open files by their descriptors.

use crate::posix::calls::{self, checked};
use crate::posix::path::FsPath;
use crate::posix::stat::DirFd;
use crate::system::repeat;
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

fn inheritable(fd: i32) -> std::io::Result<bool> {
    checked!(libc::fcntl(fd, libc::F_GETFD)).map(|flags| flags & libc::FD_CLOEXEC == 0)
}

fn make_inheritable(fd: i32, yes: bool) -> std::io::Result<i32> {
    let flags = checked!(libc::fcntl(fd, libc::F_GETFD))?;
    let flags = if yes { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
    checked!(libc::fcntl(fd, libc::F_SETFD, flags))
}

fn pair(first: i32, second: i32) -> Value {
    Tuple::new([Value::from(first), Value::from(second)]).into()
}

/// The functions.
#[pymodule(name = "posix")]
pub mod functions {
    use super::*;

    /// Open a file for low level IO.  Returns a file descriptor (integer).
    #[pyfunction(sig = "(path, flags, mode=511, *, dir_fd=None)")]
    fn open(
        vm: &mut Vm,
        path: FsPath,
        flags: i32,
        mode: i32,
        #[default(DirFd::CURRENT)] dir_fd: DirFd,
    ) -> PyResult<i32> {
        let flags = flags | libc::O_CLOEXEC;
        repeat(vm, Some(&path.value), || {
            checked!(libc::openat(dir_fd.0, path.as_c().as_ptr(), flags, mode as u32))
        })
    }

    /// Close a file descriptor.
    #[pyfunction(sig = "(fd)")]
    fn close(vm: &mut Vm, fd: i32) -> PyResult<()> {
        // Not repeated: the descriptor is gone even if a signal interrupts the call.
        match vm.without_lock(|| checked!(libc::close(fd))) {
            Err(error) if error.raw_os_error() != Some(libc::EINTR) => Err(vm.os_error_from(&error, None)),
            _ => Ok(()),
        }
    }

    /// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
    #[pyfunction]
    fn closerange(vm: &mut Vm, fd_low: i32, fd_high: i32) {
        vm.without_lock(|| {
            let (low, high) = (fd_low.max(0), fd_high.max(0));
            if low < high {
                let _ = checked!(libc::syscall(libc::SYS_close_range, low as u32, high as u32 - 1, 0));
            }
        });
    }

    /// Read from a file descriptor.  Returns a bytes object.
    #[pyfunction]
    fn read(vm: &mut Vm, fd: i32, length: i64) -> PyResult {
        let Ok(length) = usize::try_from(length) else {
            return Err(crate::system::errno_error(vm, libc::EINVAL, None));
        };
        let length = length.min(0x7FFF_F000);
        repeat(vm, None, || calls::read(fd, length)).map(|data| Bytes::new(data).into())
    }

    /// Read a number of bytes from a file descriptor starting at a particular offset.
    #[pyfunction]
    fn pread(vm: &mut Vm, fd: i32, length: i64, offset: i64) -> PyResult {
        let Ok(length) = usize::try_from(length) else {
            return Err(crate::system::errno_error(vm, libc::EINVAL, None));
        };
        repeat(vm, None, || calls::pread(fd, length.min(0x7FFF_F000), offset))
            .map(|data| Bytes::new(data).into())
    }

    /// Write a bytes object to a file descriptor.
    #[pyfunction]
    fn write(vm: &mut Vm, fd: i32, data: &Value) -> PyResult<i64> {
        let data = vm.bytes_like(data)?;
        let data = data.bytes();
        repeat(vm, None, || checked!(libc::write(fd, data.as_ptr().cast(), data.len()))).map(|n| n as i64)
    }

    /// Write bytes to a file descriptor starting at a particular offset.
    #[pyfunction]
    fn pwrite(vm: &mut Vm, fd: i32, buffer: &Value, offset: i64) -> PyResult<i64> {
        let data = vm.bytes_like(buffer)?;
        let data = data.bytes();
        repeat(vm, None, || checked!(libc::pwrite(fd, data.as_ptr().cast(), data.len(), offset)))
            .map(|n| n as i64)
    }

    /// Read from a file descriptor fd into a number of mutable, bytes-like objects.
    #[pyfunction]
    fn readv(vm: &mut Vm, fd: i32, buffers: &Value) -> PyResult<i64> {
        let mut targets = Vec::new();
        for buffer in vm.collect(buffers)? {
            targets.push(vm.bytes_like_mut(&buffer)?);
        }
        let total = targets.iter().map(|t| t.len()).sum::<usize>();
        let data = repeat(vm, None, || calls::read(fd, total))?;
        let mut rest = &data[..];
        for target in &targets {
            let (now, later) = rest.split_at(rest.len().min(target.len()));
            target.with_mut(|memory| {
                if let Some(memory) = memory.get_mut(..now.len()) {
                    memory.copy_from_slice(now);
                }
            });
            rest = later;
        }
        Ok(data.len() as i64)
    }

    /// Iterate over buffers, and write the contents of each to a file descriptor.
    #[pyfunction]
    fn writev(vm: &mut Vm, fd: i32, buffers: &Value) -> PyResult<i64> {
        let mut data = Vec::new();
        for buffer in vm.collect(buffers)? {
            data.extend(vm.bytes_of(&buffer)?);
        }
        repeat(vm, None, || checked!(libc::write(fd, data.as_ptr().cast(), data.len()))).map(|n| n as i64)
    }

    /// Set the position of a file descriptor.  Return the new position.
    #[pyfunction]
    fn lseek(vm: &mut Vm, fd: i32, position: i64, how: i32) -> PyResult<i64> {
        repeat(vm, None, || checked!(libc::lseek(fd, position, how)))
    }

    /// Return a duplicate of a file descriptor.
    #[pyfunction]
    fn dup(vm: &mut Vm, fd: i32) -> PyResult<i32> {
        repeat(vm, None, || checked!(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)))
    }

    /// Duplicate file descriptor.
    #[pyfunction(sig = "(fd, fd2, inheritable=True)")]
    fn dup2(vm: &mut Vm, fd: i32, fd2: i32, inheritable: bool) -> PyResult<i32> {
        if fd < 0 || fd2 < 0 {
            return Err(crate::system::errno_error(vm, libc::EBADF, None));
        }
        repeat(vm, None, || {
            let result = checked!(libc::dup2(fd, fd2))?;
            if !inheritable {
                make_inheritable(fd2, false)?;
            }
            Ok(result)
        })
    }

    /// Create a pipe: a tuple of two file descriptors, (read_fd, write_fd).
    #[pyfunction]
    fn pipe(vm: &mut Vm) -> PyResult {
        let mut ends = [0; 2];
        repeat(vm, None, || checked!(libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC)))?;
        Ok(pair(ends[0], ends[1]))
    }

    /// Create a pipe with flags set atomically.
    #[pyfunction]
    fn pipe2(vm: &mut Vm, flags: i32) -> PyResult {
        let mut ends = [0; 2];
        repeat(vm, None, || checked!(libc::pipe2(ends.as_mut_ptr(), flags)))?;
        Ok(pair(ends[0], ends[1]))
    }

    /// Open a pseudo-terminal: (master_fd, slave_fd).
    #[pyfunction]
    fn openpty(vm: &mut Vm) -> PyResult {
        let mut ends = [0; 2];
        repeat(vm, None, || {
            let [master, slave] = &mut ends;
            let (name, termios, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
            checked!(libc::openpty(master, slave, name, termios, size))?;
            make_inheritable(*master, false)?;
            make_inheritable(*slave, false)
        })?;
        Ok(pair(ends[0], ends[1]))
    }

    /// Return True if the fd is connected to a terminal.
    #[pyfunction]
    fn isatty(fd: i32) -> bool {
        calls::certain!(libc::isatty(fd)) == 1
    }

    /// Return the name of the terminal device connected to fd.
    #[pyfunction]
    fn ttyname(vm: &mut Vm, fd: i32) -> PyResult {
        let name = repeat(vm, None, || {
            let mut buffer = vec![0u8; 4096];
            match calls::certain!(libc::ttyname_r(fd, buffer.as_mut_ptr().cast(), buffer.len())) {
                0 => Ok(buffer.split(|b| *b == 0).next().unwrap_or_default().to_vec()),
                errno => Err(std::io::Error::from_raw_os_error(errno)),
            }
        })?;
        Ok(crate::system::fs_decode(vm, &name))
    }

    /// Return the name of the controlling terminal for this process.
    #[pyfunction]
    fn ctermid() -> &'static str {
        "/dev/tty"
    }

    /// Force write of fd to disk.
    #[pyfunction(sig = "(fd)")]
    fn fsync(vm: &mut Vm, fd: &Value) -> PyResult<()> {
        let fd = crate::system::file_descriptor(vm, fd)?;
        repeat(vm, None, || checked!(libc::fsync(fd))).map(drop)
    }

    /// Force write of fd to disk without forcing update of metadata.
    #[pyfunction(sig = "(fd)")]
    fn fdatasync(vm: &mut Vm, fd: &Value) -> PyResult<()> {
        let fd = crate::system::file_descriptor(vm, fd)?;
        repeat(vm, None, || checked!(libc::fdatasync(fd))).map(drop)
    }

    /// Truncate a file, specified by file descriptor, to a specific length.
    #[pyfunction]
    fn ftruncate(vm: &mut Vm, fd: i32, length: i64) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::ftruncate(fd, length))).map(drop)
    }

    /// Ensure a file has allocated at least a particular number of bytes on disk.
    #[pyfunction]
    fn posix_fallocate(vm: &mut Vm, fd: i32, offset: i64, length: i64) -> PyResult<()> {
        repeat(vm, None, || match calls::certain!(libc::posix_fallocate(fd, offset, length)) {
            0 => Ok(()),
            errno => Err(std::io::Error::from_raw_os_error(errno)),
        })
    }

    /// Apply, test or remove a POSIX lock on an open file descriptor.
    #[pyfunction]
    fn lockf(vm: &mut Vm, fd: i32, command: i32, length: i64) -> PyResult<()> {
        repeat(vm, None, || checked!(libc::lockf(fd, command, length))).map(drop)
    }

    /// Get the close-on-exe flag of the specified file descriptor.
    #[pyfunction]
    fn get_inheritable(vm: &mut Vm, fd: i32) -> PyResult<bool> {
        repeat(vm, None, || inheritable(fd))
    }

    /// Set the inheritable flag of the specified file descriptor.
    #[pyfunction]
    fn set_inheritable(vm: &mut Vm, fd: i32, inheritable: i32) -> PyResult<()> {
        repeat(vm, None, || make_inheritable(fd, inheritable != 0)).map(drop)
    }

    /// Get the blocking mode of the file descriptor.
    #[pyfunction]
    fn get_blocking(vm: &mut Vm, fd: i32) -> PyResult<bool> {
        repeat(vm, None, || checked!(libc::fcntl(fd, libc::F_GETFL)))
            .map(|flags| flags & libc::O_NONBLOCK == 0)
    }

    /// Set the blocking mode of the specified file descriptor.
    #[pyfunction]
    fn set_blocking(vm: &mut Vm, fd: i32, blocking: i32) -> PyResult<()> {
        repeat(vm, None, || {
            let flags = checked!(libc::fcntl(fd, libc::F_GETFL))?;
            let flags = if blocking != 0 { flags & !libc::O_NONBLOCK } else { flags | libc::O_NONBLOCK };
            checked!(libc::fcntl(fd, libc::F_SETFL, flags))
        })
        .map(drop)
    }

    /// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
    #[pyfunction(sig = "(out_fd, in_fd, offset, count)")]
    fn sendfile(vm: &mut Vm, out_fd: i32, in_fd: i32, offset: Option<i64>, count: usize) -> PyResult<i64> {
        repeat(vm, None, || {
            let mut start = offset;
            let start = start.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
            checked!(libc::sendfile(out_fd, in_fd, start, count)).map(|n| n as i64)
        })
    }

    /// Copy count bytes from one file descriptor to another.
    #[pyfunction(sig = "(src, dst, count, offset_src=None, offset_dst=None)")]
    fn copy_file_range(
        vm: &mut Vm,
        src: i32,
        dst: i32,
        count: usize,
        offset_src: Option<i64>,
        offset_dst: Option<i64>,
    ) -> PyResult<i64> {
        repeat(vm, None, || {
            let (mut from, mut to) = (offset_src, offset_dst);
            let from = from.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
            let to = to.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
            checked!(libc::copy_file_range(src, from, dst, to, count, 0)).map(|n| n as i64)
        })
    }

    /// Create an anonymous file.
    #[pyfunction(sig = "(name, flags=1)")]
    fn memfd_create(vm: &mut Vm, name: FsPath, flags: u32) -> PyResult<i32> {
        repeat(vm, None, || checked!(libc::memfd_create(name.as_c().as_ptr(), flags)))
    }

    /// Creates and returns an event notification file descriptor.
    #[pyfunction(sig = "(initval, flags=524288)")]
    fn eventfd(vm: &mut Vm, initval: u32, flags: i32) -> PyResult<i32> {
        repeat(vm, None, || checked!(libc::eventfd(initval, flags)))
    }

    /// Return a string describing the encoding of a terminal's file descriptor.
    #[pyfunction(sig = "(fd)")]
    fn device_encoding(fd: i32) -> Option<&'static str> {
        (calls::certain!(libc::isatty(fd)) == 1).then_some("UTF-8")
    }
}
