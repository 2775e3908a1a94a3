//! `FileIO`: a file descriptor as a raw stream.

use super::base::{RawBase, STREAM, unsupported};
use crate::support::params;
use crate::system;
use pvm_vm::native::{Args, bind};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::buffer::{BytesLike, BytesLikeMut};
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// A raw stream over a descriptor.
#[repr(C)]
pub struct FileIo {
    base: RawBase,
    fd: Cell<i32>,
    readable: Cell<bool>,
    writable: Cell<bool>,
    created: Cell<bool>,
    appending: Cell<bool>,
    /// -1 where not known yet.
    seekable: Cell<i8>,
    close_fd: Cell<bool>,
}

pvm_vm::payload!(FileIo, "FileIO", parent = RawBase);

impl FileIo {
    fn payload() -> FileIo {
        FileIo {
            base: RawBase::default(),
            fd: Cell::new(-1),
            readable: Cell::new(false),
            writable: Cell::new(false),
            created: Cell::new(false),
            appending: Cell::new(false),
            seekable: Cell::new(-1),
            close_fd: Cell::new(true),
        }
    }

    /// A stream over an open descriptor, which closing it leaves open.
    pub(super) fn over(vm: &mut Vm, fd: i32, write: bool, name: &str) -> PyResult<Ref<FileIo>> {
        let class = class_of::<FileIo>(vm)?;
        let file = FileIo::payload();
        file.fd.set(fd);
        file.readable.set(!write);
        file.writable.set(write);
        file.close_fd.set(false);
        let file = Ref::new(file, &class);
        vm.set_attr_str(file.as_value(), "name", name)?;
        Ok(file)
    }

    /// The descriptor, where the file is open.
    pub(super) fn open_fd(&self, vm: &mut Vm) -> PyResult<i32> {
        match self.fd.get() {
            fd if fd < 0 => Err(vm.value_error("I/O operation on closed file")),
            fd => Ok(fd),
        }
    }

    fn mode_text(&self) -> &'static str {
        match (self.created.get(), self.appending.get(), self.readable.get(), self.writable.get()) {
            (true, _, true, _) => "xb+",
            (true, _, false, _) => "xb",
            (_, true, true, _) => "ab+",
            (_, true, false, _) => "ab",
            (_, _, true, true) => "rb+",
            (_, _, true, false) => "rb",
            _ => "wb",
        }
    }

    /// Reads once into a buffer; `None` where that would block.
    pub(super) fn read_some(&self, vm: &mut Vm, buffer: &mut [u8]) -> PyResult<Option<usize>> {
        let fd = self.open_fd(vm)?;
        if !self.readable.get() {
            return Err(unsupported(vm, "File not open for reading"));
        }
        let limit = buffer.len().min(i32::MAX as usize);
        loop {
            let result = vm.without_lock(|| -> std::io::Result<usize> {
                Ok(rustix::io::read(system::descriptor(fd)?, &mut buffer[..limit])?)
            });
            match result {
                Ok(count) => return Ok(Some(count)),
                Err(error) => match error.raw_os_error() {
                    Some(libc::EINTR) => vm.check_signals()?,
                    Some(libc::EAGAIN) => return Ok(None),
                    _ => return Err(vm.os_error_from(&error, None)),
                },
            }
        }
    }

    /// Writes once; `None` where that would block.
    pub(super) fn write_some(&self, vm: &mut Vm, bytes: &[u8]) -> PyResult<Option<usize>> {
        let fd = self.open_fd(vm)?;
        if !self.writable.get() {
            return Err(unsupported(vm, "File not open for writing"));
        }
        let limit = bytes.len().min(i32::MAX as usize);
        loop {
            let result = vm.without_lock(|| -> std::io::Result<usize> {
                Ok(rustix::io::write(system::descriptor(fd)?, &bytes[..limit])?)
            });
            match result {
                Ok(count) => return Ok(Some(count)),
                Err(error) => match error.raw_os_error() {
                    Some(libc::EINTR) => vm.check_signals()?,
                    Some(libc::EAGAIN) => return Ok(None),
                    _ => return Err(vm.os_error_from(&error, None)),
                },
            }
        }
    }

    /// Reads to the end; `None` where the first read would block.
    pub(super) fn read_rest(&self, vm: &mut Vm) -> PyResult<Option<Vec<u8>>> {
        let fd = self.open_fd(vm)?;
        if !self.readable.get() {
            return Err(unsupported(vm, "File not open for reading"));
        }
        let estimate = vm.without_lock(|| {
            let fd = system::descriptor(fd).ok()?;
            let size = u64::try_from(rustix::fs::fstat(fd).ok()?.st_size).ok()?;
            let position = rustix::fs::tell(fd).ok()?;
            usize::try_from(size.checked_sub(position)?).ok()
        });
        let mut all: Vec<u8> = Vec::new();
        let mut room = estimate.unwrap_or(0).min(1 << 30) + 1;
        room = room.max(1024);
        let mut used = 0;
        loop {
            if all.len() == used {
                if all.try_reserve(room).is_err() {
                    return Err(vm.memory_error());
                }
                all.resize(used + room, 0);
                room = (used + room).clamp(super::DEFAULT_BUFFER_SIZE, 1 << 26);
            }
            match self.read_some(vm, &mut all[used..])? {
                None if used == 0 => return Ok(None),
                None | Some(0) => break,
                Some(count) => used += count,
            }
        }
        all.truncate(used);
        Ok(Some(all))
    }

    /// Moves the position.
    pub(super) fn seek_to(&self, vm: &mut Vm, offset: i64, whence: i32) -> PyResult<i64> {
        let fd = self.open_fd(vm)?;
        // SAFETY: `lseek` takes numbers only.
        let result = vm.without_lock(|| unsafe { libc::lseek(fd, offset, whence) });
        if result < 0 {
            return Err(system::last_error(vm, None));
        }
        self.seekable.set(1);
        Ok(result)
    }

    fn is_seekable(&self) -> bool {
        if self.seekable.get() < 0 {
            // SAFETY: `lseek` takes numbers only.
            let position = unsafe { libc::lseek(self.fd.get(), 0, libc::SEEK_CUR) };
            self.seekable.set(i8::from(position >= 0));
        }
        self.seekable.get() == 1
    }

    fn close_descriptor(&self, vm: &mut Vm) -> PyResult<()> {
        let fd = self.fd.replace(-1);
        if fd < 0 {
            return Ok(());
        }
        // SAFETY: the stream owns the descriptor and has just forgotten it.
        let result = vm.without_lock(|| unsafe { libc::close(fd) });
        if result < 0 { Err(system::last_error(vm, None)) } else { Ok(()) }
    }
}

struct Mode {
    flags: i32,
    readable: bool,
    writable: bool,
    created: bool,
    appending: bool,
}

fn parse_mode(vm: &mut Vm, mode: &str) -> PyResult<Mode> {
    let mut parsed = Mode { flags: 0, readable: false, writable: false, created: false, appending: false };
    let (mut action, mut plus) = (false, false);
    for c in mode.chars() {
        match c {
            'x' | 'r' | 'w' | 'a' => {
                if action {
                    return Err(vm.value_error(
                        "Must have exactly one of create/read/write/append mode and at most one plus",
                    ));
                }
                action = true;
                match c {
                    'r' => parsed.readable = true,
                    'x' => {
                        (parsed.created, parsed.writable, parsed.flags) =
                            (true, true, libc::O_EXCL | libc::O_CREAT)
                    }
                    'w' => (parsed.writable, parsed.flags) = (true, libc::O_CREAT | libc::O_TRUNC),
                    _ => {
                        (parsed.appending, parsed.writable) = (true, true);
                        parsed.flags = libc::O_CREAT | libc::O_APPEND;
                    }
                }
            }
            'b' => {}
            '+' => {
                if plus {
                    return Err(vm.value_error(
                        "Must have exactly one of create/read/write/append mode and at most one plus",
                    ));
                }
                plus = true;
                (parsed.readable, parsed.writable) = (true, true);
            }
            _ => return Err(vm.value_error(format!("invalid mode: {mode}"))),
        }
    }
    if !action {
        return Err(
            vm.value_error("Must have exactly one of create/read/write/append mode and at most one plus")
        );
    }
    parsed.flags |= match (parsed.readable, parsed.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    parsed.flags |= libc::O_CLOEXEC;
    Ok(parsed)
}

fn seek_arguments(vm: &mut Vm, offset: &Value, whence: Option<Value>) -> PyResult<(i64, i32)> {
    let offset_value = vm.index(offset)?;
    let Ok(offset) = i64::try_from(vm.to_i128(&offset_value)?) else {
        return Err(vm.overflow_error("Python int too large to convert to C long"));
    };
    let whence = match whence {
        Some(whence) => i32::try_from(vm.to_i128(&whence)?).unwrap_or(-1),
        None => 0,
    };
    Ok((offset, whence))
}

#[pymethods(
    name = "FileIO", module = "_io", flags = STREAM, doc = "Open a file.",
    base = class_of::<RawBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl FileIo {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(FileIo::payload(), cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<FileIo>, args: Args<'_>) -> PyResult<()> {
        let ([file, mode, closefd, opener], _) = bind::<4, 1, 4>(
            vm,
            "FileIO",
            params![
                ("file", Positional, true),
                ("mode", Positional, false),
                ("closefd", Positional, false),
                ("opener", Positional, false)
            ],
            args,
        )?;
        let Some(file) = file else { return Err(vm.type_error("FileIO() missing file")) };
        let mode = match mode {
            Some(mode) => super::base::text_of(vm, mode, "FileIO() argument 'mode' must be str")?.to_string(),
            None => "r".to_owned(),
        };
        let close_fd = match closefd {
            Some(value) => vm.truth(value)?,
            None => true,
        };
        if this.fd.get() >= 0 {
            if this.close_fd.get() {
                this.close_descriptor(vm)?;
            } else {
                this.fd.set(-1);
            }
        }
        if file.is_tagged_float() || file.class().is(&vm.types().float) {
            return Err(vm.type_error("integer argument expected, got float"));
        }
        let mut given = -1;
        if file.as_int().is_some() {
            let Ok(number) = i32::try_from(vm.to_i128(file)?) else {
                return Err(vm.overflow_error("Python int too large to convert to C int"));
            };
            if number < 0 {
                return Err(vm.value_error("negative file descriptor"));
            }
            given = number;
        }
        let parsed = parse_mode(vm, &mode)?;
        this.created.set(parsed.created);
        this.readable.set(parsed.readable);
        this.writable.set(parsed.writable);
        this.appending.set(parsed.appending);
        this.seekable.set(-1);
        if given >= 0 {
            this.fd.set(given);
            this.close_fd.set(close_fd);
        } else {
            let path_value = system::fspath(vm, file)?;
            let path = super::path_bytes(vm, &path_value)?;
            this.close_fd.set(true);
            if !close_fd {
                return Err(vm.value_error("Cannot use closefd=False with file name"));
            }
            match opener {
                Some(opener) if !opener.is_none() => {
                    let result = vm.call(opener, &[file.clone(), parsed.flags.into()])?;
                    if result.as_int().is_none() {
                        return Err(vm.type_error("expected integer from opener"));
                    }
                    let fd = vm.to_i128(&result)?;
                    if fd < 0 {
                        return Err(vm.value_error(format!("opener returned {fd}")));
                    }
                    this.fd.set(i32::try_from(fd).unwrap_or(-1));
                    if let Ok(fd) = system::descriptor(this.fd.get()) {
                        let _ = rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC);
                    }
                }
                _ => {
                    let fd = system::repeat(vm, Some(file), || {
                        // SAFETY: the path ends in a zero byte.
                        match unsafe { libc::open(path.as_ptr(), parsed.flags, 0o666) } {
                            fd if fd < 0 => Err(std::io::Error::last_os_error()),
                            fd => Ok(fd),
                        }
                    })?;
                    this.fd.set(fd);
                }
            }
        }
        let fd = this.fd.get();
        match system::descriptor(fd).map(rustix::fs::fstat) {
            Ok(Ok(stat)) if stat.st_mode & libc::S_IFMT == libc::S_IFDIR => {
                if given < 0 {
                    this.close_descriptor(vm)?;
                } else {
                    this.fd.set(-1);
                }
                return Err(system::errno_error(vm, libc::EISDIR, Some(file)));
            }
            Ok(Err(rustix::io::Errno::BADF)) | Err(_) => {
                this.fd.set(-1);
                return Err(system::errno_error(vm, libc::EBADF, Some(file)));
            }
            _ => {}
        }
        if let Err(raised) = vm.set_attr_str(this.as_value(), "name", file.clone()) {
            if given >= 0 {
                this.fd.set(-1);
            }
            return Err(raised);
        }
        if parsed.appending {
            // SAFETY: `lseek` takes numbers only.
            unsafe { libc::lseek(fd, 0, libc::SEEK_END) };
        }
        Ok(())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult {
        if this.fd.get() < 0 {
            return Ok("<_io.FileIO [closed]>".into());
        }
        let close_fd = if this.close_fd.get() { "True" } else { "False" };
        let mode = this.mode_text();
        Ok(match vm.lookup_attr_str(this.as_value(), "name")? {
            Some(name) => {
                let name = vm.repr_guard(this.as_value(), |vm| vm.repr(&name))?;
                let Some(name) = name else {
                    return Err(vm.runtime_error("reentrant call inside _io.FileIO.__repr__"));
                };
                format!("<_io.FileIO name={name} mode='{mode}' closefd={close_fd}>")
            }
            None => format!("<_io.FileIO fd={} mode='{mode}' closefd={close_fd}>", this.fd.get()),
        }
        .into())
    }

    /// Read at most size bytes, returned as bytes.
    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, this: &Ref<FileIo>, size: Option<Value>) -> PyResult {
        let size = super::base::optional_size(vm, size)?;
        let Ok(size) = usize::try_from(size) else {
            return FileIo::readall(vm, this);
        };
        let mut bytes = Vec::new();
        if bytes.try_reserve(size).is_err() {
            return Err(vm.memory_error());
        }
        bytes.resize(size, 0);
        Ok(match this.read_some(vm, &mut bytes)? {
            Some(count) => {
                bytes.truncate(count);
                bytes.into()
            }
            None => Value::NONE,
        })
    }

    /// Read all data from the file, returned as bytes.
    #[method(sig = "()")]
    fn readall(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult {
        Ok(this.read_rest(vm)?.into())
    }

    /// Same as RawIOBase.readinto().
    #[method(sig = "(buffer, /)")]
    fn readinto(vm: &mut Vm, this: &Ref<FileIo>, buffer: BytesLikeMut) -> PyResult<Option<usize>> {
        let mut bytes = vec![0; buffer.len()];
        let count = this.read_some(vm, &mut bytes)?;
        if let Some(count) = count {
            buffer.with_mut(|target| target[..count].copy_from_slice(&bytes[..count]));
        }
        Ok(count)
    }

    /// Write buffer b to file, return number of bytes written.
    #[method(sig = "(b, /)")]
    fn write(vm: &mut Vm, this: &Ref<FileIo>, b: BytesLike) -> PyResult<Option<usize>> {
        let bytes = b.bytes();
        this.write_some(vm, &bytes)
    }

    /// Move to new file position and return the file position.
    #[method(sig = "(pos, whence=0, /)")]
    fn seek(vm: &mut Vm, this: &Ref<FileIo>, pos: &Value, whence: Option<Value>) -> PyResult<i64> {
        this.open_fd(vm)?;
        let (offset, whence) = seek_arguments(vm, pos, whence)?;
        this.seek_to(vm, offset, whence)
    }

    /// Current file position.
    #[method(sig = "()")]
    fn tell(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<i64> {
        this.seek_to(vm, 0, libc::SEEK_CUR)
    }

    /// Truncate the file to at most size bytes and return the truncated size.
    #[method(sig = "(size=None, /)")]
    fn truncate(vm: &mut Vm, this: &Ref<FileIo>, size: Option<Value>) -> PyResult<i64> {
        let fd = this.open_fd(vm)?;
        if !this.writable.get() {
            return Err(unsupported(vm, "File not open for writing"));
        }
        let size = match size {
            Some(size) => seek_arguments(vm, &size, None)?.0,
            None => this.seek_to(vm, 0, libc::SEEK_CUR)?,
        };
        system::repeat(vm, None, || {
            // SAFETY: `ftruncate` takes numbers only.
            if unsafe { libc::ftruncate(fd, size) } < 0 {
                Err(std::io::Error::last_os_error())
            } else {
                Ok(())
            }
        })?;
        Ok(size)
    }

    /// Close the file.
    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<()> {
        let base = class_of::<RawBase>(vm)?;
        let base_close = vm.get_attr_str(base.as_value(), "close")?;
        let result = vm.call(&base_close, &[this.into()]);
        if !this.close_fd.get() {
            this.fd.set(-1);
            return result.map(drop);
        }
        if this.base.0.finalizing.get() {
            dealloc_warn(vm, this, this.as_value());
        }
        let closed = this.close_descriptor(vm);
        result?;
        closed
    }

    #[method(sig = "")]
    fn _dealloc_warn(vm: &mut Vm, this: &Ref<FileIo>, source: &Value) {
        dealloc_warn(vm, this, source);
    }

    /// True if file supports random-access.
    #[method(sig = "()")]
    fn seekable(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<bool> {
        this.open_fd(vm)?;
        Ok(this.is_seekable())
    }
    /// True if file was opened in a read mode.
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<bool> {
        this.open_fd(vm)?;
        Ok(this.readable.get())
    }
    /// True if file was opened in a write mode.
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<bool> {
        this.open_fd(vm)?;
        Ok(this.writable.get())
    }
    /// Return the underlying file descriptor (an integer).
    #[method(sig = "()")]
    fn fileno(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<i32> {
        this.open_fd(vm)
    }
    /// True if the file is connected to a TTY device.
    #[method(sig = "()")]
    fn isatty(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<bool> {
        Ok(system::is_terminal(this.open_fd(vm)?))
    }

    #[method(sig = "")]
    fn __getstate__(vm: &mut Vm, this: &Ref<FileIo>) -> PyResult<()> {
        let class = this.class().name();
        Err(vm.type_error(format!("cannot pickle '{class}' object")))
    }

    #[getter]
    fn closed(this: &Ref<FileIo>) -> bool {
        this.fd.get() < 0
    }
    #[getter]
    fn closefd(this: &Ref<FileIo>) -> bool {
        this.close_fd.get()
    }
    #[getter]
    fn mode(this: &Ref<FileIo>) -> Value {
        this.mode_text().into()
    }
    #[getter]
    fn _blksize(this: &Ref<FileIo>) -> usize {
        let size = system::descriptor(this.fd.get()).ok().and_then(|fd| rustix::fs::fstat(fd).ok());
        size.map(|stat| stat.st_blksize as usize).filter(|s| *s > 1).unwrap_or(super::DEFAULT_BUFFER_SIZE)
    }
}

/// Warns of a file that was never closed.
fn dealloc_warn(vm: &mut Vm, this: &Ref<FileIo>, source: &Value) {
    if this.fd.get() < 0 || !this.close_fd.get() {
        return;
    }
    let Ok(shown) = vm.repr(source) else { return };
    let category = vm.types().exceptions.resource_warning.clone();
    let result: Result<(), Raised> = vm.warn(&category, &format!("unclosed file {shown}"), 1);
    if let Err(raised) = result
        && raised.is(&vm.types().exceptions.warning)
    {
        vm.write_unraisable(raised, None, Some(source));
    }
}

/// The `name` of a stream for its `repr`.
pub(super) fn name_text(vm: &mut Vm, stream: &Value) -> PyResult<Option<String>> {
    let name = match vm.lookup_attr_str(stream, "name") {
        Ok(Some(name)) => name,
        Ok(None) => return Ok(None),
        Err(raised) if raised.is(&vm.types().exceptions.value_error) => return Ok(None),
        Err(raised) => return Err(raised),
    };
    let text = vm.repr_guard(stream, |vm| vm.repr(&name))?;
    match text {
        Some(text) => Ok(Some(text.to_string())),
        None => {
            let class = stream.class().name();
            let _: Option<Ref<Str>> = None;
            Err(vm.runtime_error(format!("reentrant call inside {class}.__repr__")))
        }
    }
}
