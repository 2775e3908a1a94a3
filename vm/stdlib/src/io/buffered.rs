//! `BufferedReader`, `BufferedWriter`, `BufferedRandom` and `BufferedRWPair`.

use super::base::{BufferedBase, STREAM, is_closed, unsupported};
use super::file::{FileIo, name_text};
use crate::support::{params, store};
use pvm_vm::native::{Args, Part, bind};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::buffer::{BytesLike, BytesLikeMut};
use pvm_vm::types::bytearray::ByteArray;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::exception::field;
use pvm_vm::types::init::class_of;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// What the buffered streams share. Bytes that were read ahead and bytes still to be written never both exist.
#[repr(C)]
pub struct Buffered {
    base: BufferedBase,
    /// The raw stream; `UNBOUND` before `__init__`, `None` once detached.
    raw: RefCell<Value>,
    size: Cell<usize>,
    ahead: RefCell<Vec<u8>>,
    /// How much of `ahead` was taken.
    taken: Cell<usize>,
    unwritten: RefCell<Vec<u8>>,
    can_read: Cell<bool>,
    can_write: Cell<bool>,
}

pvm_vm::payload!(Buffered, "_Buffered", parent = BufferedBase, |b, visit| visit(&b.raw.borrow()), |b| {
    store(&b.raw, Value::NONE)
});

macro_rules! buffered_kind {
    ($t:ident, $name:literal) => {
        #[doc = concat!("`", $name, "`")]
        #[repr(C)]
        pub struct $t(pub(super) Buffered);
        pvm_vm::payload!($t, $name, parent = Buffered, |b, visit| visit(&b.0.raw.borrow()), |b| store(
            &b.0.raw,
            Value::NONE
        ));
    };
}
buffered_kind!(BufferedReader, "BufferedReader");
buffered_kind!(BufferedWriter, "BufferedWriter");
buffered_kind!(BufferedRandom, "BufferedRandom");

impl Buffered {
    fn payload() -> Buffered {
        Buffered {
            base: BufferedBase::default(),
            raw: RefCell::new(Value::UNBOUND),
            size: Cell::new(super::DEFAULT_BUFFER_SIZE),
            ahead: RefCell::default(),
            taken: Cell::new(0),
            unwritten: RefCell::default(),
            can_read: Cell::new(false),
            can_write: Cell::new(false),
        }
    }

    /// A writer or reader over a raw file, for the standard streams.
    pub(super) fn over(vm: &mut Vm, raw: &Ref<FileIo>, write: bool) -> PyResult<Value> {
        let buffered = Buffered::payload();
        *buffered.raw.borrow_mut() = raw.into();
        buffered.can_read.set(!write);
        buffered.can_write.set(write);
        Ok(if write {
            Ref::new(BufferedWriter(buffered), &class_of::<BufferedWriter>(vm)?).into()
        } else {
            Ref::new(BufferedReader(buffered), &class_of::<BufferedReader>(vm)?).into()
        })
    }

    fn raw(&self, vm: &mut Vm) -> PyResult<Value> {
        let raw = self.raw.borrow().clone();
        if raw.is_unbound() {
            return Err(vm.value_error("I/O operation on uninitialized object"));
        }
        if raw.is_none() {
            return Err(vm.value_error("raw stream has been detached"));
        }
        Ok(raw)
    }

    fn raw_file(&self) -> Option<Ref<FileIo>> {
        let raw = self.raw.borrow();
        let file = raw.downcast_ref::<FileIo>()?;
        let exact = pvm_vm::types::class_of::<FileIo>().is_some_and(|class| file.class().is(&class));
        exact.then(|| file.clone())
    }

    fn check_open(&self, vm: &mut Vm, message: &str) -> PyResult<Value> {
        let raw = self.raw(vm)?;
        let closed = match self.raw_file() {
            Some(file) => file.open_fd(vm).is_err(),
            None => is_closed(vm, &raw)?,
        };
        if closed { Err(vm.value_error(message)) } else { Ok(raw) }
    }

    fn initialize(&self, vm: &mut Vm, raw: &Value, size: i64, read: bool, write: bool) -> PyResult<()> {
        let Some(size) = usize::try_from(size).ok().filter(|s| *s > 0) else {
            store(&self.raw, Value::UNBOUND);
            return Err(vm.value_error("buffer size must be strictly positive"));
        };
        self.size.set(size);
        self.can_read.set(read);
        self.can_write.set(write);
        self.ahead.borrow_mut().clear();
        self.taken.set(0);
        self.unwritten.borrow_mut().clear();
        store(&self.raw, raw.clone());
        Ok(())
    }

    /// The number of bytes read ahead.
    fn available(&self) -> usize {
        self.ahead.borrow().len() - self.taken.get()
    }

    fn forget_ahead(&self) {
        self.ahead.borrow_mut().clear();
        self.taken.set(0);
    }

    /// Takes up to `count` bytes that were read ahead.
    fn take(&self, count: usize) -> Vec<u8> {
        let ahead = self.ahead.borrow();
        let start = self.taken.get();
        let end = ahead.len().min(start.saturating_add(count));
        self.taken.set(end);
        ahead[start..end].to_vec()
    }

    /// Reads once from the raw stream.
    fn raw_read(&self, vm: &mut Vm, count: usize) -> PyResult<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        if bytes.try_reserve(count).is_err() {
            return Err(vm.memory_error());
        }
        bytes.resize(count, 0);
        if let Some(file) = self.raw_file() {
            return Ok(file.read_some(vm, &mut bytes)?.map(|n| {
                bytes.truncate(n);
                bytes
            }));
        }
        let raw = self.raw(vm)?;
        let array: Value = ByteArray::new(bytes).into();
        let view = vm.call(vm.types().memoryview.as_value(), std::slice::from_ref(&array))?;
        let result = loop {
            match vm.call_method_str(&raw, "readinto", std::slice::from_ref(&view)) {
                Err(raised) if raised.is(&vm.types().exceptions.interrupted_error) => vm.check_signals()?,
                other => break other,
            }
        };
        drop(view);
        let result = result?;
        if result.is_none() {
            return Ok(None);
        }
        let read = match vm.to_index(&result) {
            Ok(read) => read,
            Err(raised) => {
                let error = vm.new_error(&vm.types().exceptions.os_error, "raw readinto() failed");
                *error.0.cause.borrow_mut() = raised.value();
                error.0.suppress_context.set(true);
                return Err(error);
            }
        };
        match usize::try_from(read).ok().filter(|n| *n <= count) {
            Some(read) => {
                let mut bytes = vm.bytes_of(&array)?;
                bytes.truncate(read);
                Ok(Some(bytes))
            }
            None => Err(vm.new_error(
                &vm.types().exceptions.os_error,
                format!(
                    "raw readinto() returned invalid length {read} (should have been between 0 and {count})"
                ),
            )),
        }
    }

    /// Writes once to the raw stream.
    fn raw_write(&self, vm: &mut Vm, bytes: &[u8]) -> PyResult<Option<usize>> {
        if let Some(file) = self.raw_file() {
            return file.write_some(vm, bytes);
        }
        let raw = self.raw(vm)?;
        let data: Value = bytes.into();
        let view = vm.call(vm.types().memoryview.as_value(), &[data])?;
        let result = loop {
            match vm.call_method_str(&raw, "write", std::slice::from_ref(&view)) {
                Err(raised) if raised.is(&vm.types().exceptions.interrupted_error) => vm.check_signals()?,
                other => break other?,
            }
        };
        if result.is_none() {
            return Ok(None);
        }
        let written = vm.to_index(&result)?;
        match usize::try_from(written).ok().filter(|n| *n <= bytes.len()) {
            Some(written) => Ok(Some(written)),
            None => Err(vm.new_error(
                &vm.types().exceptions.os_error,
                format!(
                    "raw write() returned invalid length {written} (should have been between 0 and {})",
                    bytes.len()
                ),
            )),
        }
    }

    fn raw_seek(&self, vm: &mut Vm, offset: i64, whence: i32) -> PyResult<i64> {
        if let Some(file) = self.raw_file() {
            return file.seek_to(vm, offset, whence);
        }
        let raw = self.raw(vm)?;
        let result = vm.call_method_str(&raw, "seek", &[offset.into(), whence.into()])?;
        self.position_of(vm, &result, "seek")
    }

    fn raw_tell(&self, vm: &mut Vm) -> PyResult<i64> {
        if let Some(file) = self.raw_file() {
            return file.seek_to(vm, 0, 1);
        }
        let raw = self.raw(vm)?;
        let result = vm.call_method_str(&raw, "tell", &[])?;
        self.position_of(vm, &result, "tell")
    }

    fn position_of(&self, vm: &mut Vm, result: &Value, _method: &str) -> PyResult<i64> {
        let position = vm.to_i128(result)?;
        match i64::try_from(position).ok().filter(|p| *p >= 0) {
            Some(position) => Ok(position),
            None => Err(vm.new_error(
                &vm.types().exceptions.os_error,
                format!("Raw stream returned invalid position {position}"),
            )),
        }
    }

    /// Reads ahead once more. The number of new bytes; `None` where that would block.
    fn fill(&self, vm: &mut Vm) -> PyResult<Option<usize>> {
        let Some(more) = self.raw_read(vm, self.size.get())? else { return Ok(None) };
        let count = more.len();
        let mut ahead = self.ahead.borrow_mut();
        let taken = self.taken.replace(0).min(ahead.len());
        ahead.drain(..taken);
        if ahead.is_empty() {
            *ahead = more
        } else {
            ahead.extend_from_slice(&more)
        }
        Ok(Some(count))
    }

    /// Writes out what is buffered.
    pub(super) fn flush_unwritten(&self, vm: &mut Vm) -> PyResult<()> {
        let mut bytes = self.unwritten.take();
        let mut done = 0;
        let result = loop {
            if done >= bytes.len() {
                break Ok(());
            }
            match self.raw_write(vm, &bytes[done..]) {
                Ok(Some(count)) => done += count,
                Ok(None) => {
                    break Err(blocking(vm, 0));
                }
                Err(raised) => break Err(raised),
            }
            if let Err(raised) = vm.check_signals() {
                break Err(raised);
            }
        };
        bytes.drain(..done.min(bytes.len()));
        let mut unwritten = self.unwritten.borrow_mut();
        if unwritten.is_empty() {
            *unwritten = bytes;
        } else if !bytes.is_empty() {
            bytes.extend_from_slice(&unwritten);
            *unwritten = bytes;
        }
        result
    }

    /// Undoes reading ahead, so that the raw position is the stream's.
    fn rewind(&self, vm: &mut Vm) -> PyResult<()> {
        let ahead = self.available() as i64;
        self.forget_ahead();
        if ahead != 0 {
            self.raw_seek(vm, -ahead, 1)?;
        }
        Ok(())
    }

    /// Before reading from a stream that can also be written.
    fn before_reading(&self, vm: &mut Vm) -> PyResult<()> {
        if self.can_write.get() && !self.unwritten.borrow().is_empty() {
            self.flush_unwritten(vm)
        } else {
            Ok(())
        }
    }

    /// Takes bytes to be written.
    pub(super) fn write_bytes(&self, vm: &mut Vm, bytes: &[u8]) -> PyResult<usize> {
        if self.can_read.get() {
            self.rewind(vm)?;
        }
        let limit = self.size.get();
        let buffered = self.unwritten.borrow().len();
        if buffered + bytes.len() <= limit {
            self.unwritten.borrow_mut().extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let mut rest = bytes;
        if buffered > 0
            && let Err(raised) = self.flush_unwritten(vm)
        {
            if !raised.is(&vm.types().exceptions.blocking_io_error) {
                return Err(raised);
            }
            let room = limit.saturating_sub(self.unwritten.borrow().len());
            let fits = room.min(bytes.len());
            self.unwritten.borrow_mut().extend_from_slice(&bytes[..fits]);
            if fits == bytes.len() {
                return Ok(fits);
            }
            return Err(blocking(vm, fits));
        }
        while rest.len() > limit {
            match self.raw_write(vm, rest)? {
                Some(count) => rest = &rest[count.min(rest.len())..],
                None => {
                    let fits = limit.min(rest.len());
                    self.unwritten.borrow_mut().extend_from_slice(&rest[..fits]);
                    return Err(blocking(vm, bytes.len() - rest.len() + fits));
                }
            }
            vm.check_signals()?;
        }
        self.unwritten.borrow_mut().extend_from_slice(rest);
        Ok(bytes.len())
    }

    /// Reads to the end.
    fn read_all(&self, vm: &mut Vm) -> PyResult<Value> {
        let mut all = self.take(usize::MAX);
        self.forget_ahead();
        self.before_reading(vm)?;
        if let Some(file) = self.raw_file() {
            return Ok(match file.read_rest(vm)? {
                Some(rest) if all.is_empty() => rest.into(),
                Some(rest) => {
                    all.extend_from_slice(&rest);
                    all.into()
                }
                None if all.is_empty() => Value::NONE,
                None => all.into(),
            });
        }
        let raw = self.raw(vm)?;
        if let Some(readall) = vm.lookup_attr_str(&raw, "readall")? {
            let rest = vm.call(&readall, &[])?;
            if rest.is_none() {
                return Ok(if all.is_empty() { rest } else { all.into() });
            }
            let Some(rest) = rest.downcast_ref::<Bytes>() else {
                return Err(vm.type_error("readall() should return bytes"));
            };
            all.extend_from_slice(rest.as_slice());
            return Ok(all.into());
        }
        loop {
            let part = vm.call_method_str(&raw, "read", &[])?;
            if part.is_none() {
                return Ok(if all.is_empty() { part } else { all.into() });
            }
            let Some(bytes) = part.downcast_ref::<Bytes>() else {
                return Err(vm.type_error("read() should return bytes"));
            };
            if bytes.as_slice().is_empty() {
                return Ok(all.into());
            }
            all.extend_from_slice(bytes.as_slice());
        }
    }

    /// Reads `count` bytes, fewer at the end; `None` where nothing is there yet.
    fn read_exact(&self, vm: &mut Vm, count: usize) -> PyResult<Option<Vec<u8>>> {
        if count <= self.available() {
            return Ok(Some(self.take(count)));
        }
        let mut all = self.take(usize::MAX);
        self.forget_ahead();
        self.before_reading(vm)?;
        while all.len() < count {
            let missing = count - all.len();
            if missing > self.size.get() {
                // Whole blocks go around the buffer.
                let whole = (missing - missing % self.size.get()).min(1 << 26);
                match self.raw_read(vm, whole)? {
                    None if all.is_empty() => return Ok(None),
                    None => break,
                    Some(part) if part.is_empty() => break,
                    Some(part) => all.extend_from_slice(&part),
                }
            } else {
                match self.fill(vm)? {
                    None if all.is_empty() => return Ok(None),
                    None | Some(0) => break,
                    Some(_) => all.extend_from_slice(&self.take(missing)),
                }
            }
        }
        Ok(Some(all))
    }

    /// What one read of the raw stream gives at most.
    pub(super) fn read_once(&self, vm: &mut Vm, count: usize) -> PyResult<Vec<u8>> {
        if self.available() == 0 {
            self.before_reading(vm)?;
            self.forget_ahead();
            self.fill(vm)?;
        }
        Ok(self.take(count))
    }

    fn read_line(&self, vm: &mut Vm, limit: i64) -> PyResult<Vec<u8>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut line = Vec::new();
        loop {
            let found = {
                let ahead = self.ahead.borrow();
                let rest = &ahead[self.taken.get()..];
                let rest = &rest[..rest.len().min(limit - line.len())];
                memchr::memchr(b'\n', rest).map(|i| i + 1)
            };
            match found {
                Some(count) => {
                    let part = self.take(count);
                    if line.is_empty() {
                        return Ok(part);
                    }
                    line.extend_from_slice(&part);
                    return Ok(line);
                }
                None => line.extend_from_slice(&self.take(limit - line.len())),
            }
            if line.len() >= limit {
                return Ok(line);
            }
            self.forget_ahead();
            self.before_reading(vm)?;
            if matches!(self.fill(vm)?, None | Some(0)) {
                return Ok(line);
            }
        }
    }
}

/// The error of a write that would block.
fn blocking(vm: &mut Vm, written: usize) -> Raised {
    let class = vm.types().exceptions.blocking_io_error.clone();
    let raised = vm.new_error_with(
        &class,
        &[libc::EAGAIN.into(), "write could not complete without blocking".into(), written.into()],
    );
    raised.0.set(field::CHARACTERS_WRITTEN, written.into());
    raised
}

fn size_argument(vm: &mut Vm, size: Option<Value>) -> PyResult<i64> {
    super::base::optional_size(vm, size)
}

#[pymethods(name = "_Buffered", part = COMMON)]
impl Buffered {
    #[method(sig = "()")]
    fn detach(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.call_method_str(this.as_value(), "flush", &[])?;
        store(&this.raw, Value::NONE);
        Ok(raw)
    }

    #[method(sig = "()")]
    fn flush(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        if this.can_write.get() {
            this.check_open(vm, "flush of closed file")?;
            this.flush_unwritten(vm)?;
            if this.can_read.get() {
                this.rewind(vm)?;
            }
        }
        let raw = this.check_open(vm, "flush of closed file")?;
        if this.raw_file().is_some() { Ok(Value::NONE) } else { vm.call_method_str(&raw, "flush", &[]) }
    }

    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult<()> {
        let raw = this.raw(vm)?;
        if is_closed(vm, this.as_value())? {
            return Ok(());
        }
        if this.base.0.finalizing.get() {
            let _ = vm.call_method_str(&raw, "_dealloc_warn", &[this.into()]);
        }
        let flushed = vm.call_method_str(this.as_value(), "flush", &[]);
        let closed = vm.call_method_str(&raw, "close", &[]);
        this.unwritten.borrow_mut().clear();
        match (flushed, closed) {
            (Ok(_), closed) => closed.map(drop),
            (Err(first), Ok(_)) => Err(first),
            (Err(first), Err(second)) => {
                let old = second.0.context.replace(first.value());
                drop(old);
                Err(second)
            }
        }
    }

    #[method(sig = "()")]
    fn seekable(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.call_method_str(&raw, "seekable", &[])
    }
    #[method(sig = "()")]
    fn fileno(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.call_method_str(&raw, "fileno", &[])
    }
    #[method(sig = "()")]
    fn isatty(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.call_method_str(&raw, "isatty", &[])
    }
    #[method(sig = "")]
    fn _dealloc_warn(vm: &mut Vm, this: &Ref<Buffered>, source: &Value) -> PyResult<()> {
        if let Ok(raw) = this.raw(vm) {
            let _ = vm.call_method_str(&raw, "_dealloc_warn", std::slice::from_ref(source));
        }
        Ok(())
    }
    #[method(sig = "")]
    fn __getstate__(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult<()> {
        let class = this.class().name();
        Err(vm.type_error(format!("cannot pickle '{class}' object")))
    }
    #[getter]
    fn closed(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.get_attr_str(&raw, "closed")
    }
    #[getter]
    fn name(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.get_attr_str(&raw, "name")
    }
    #[getter]
    fn mode(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let raw = this.raw(vm)?;
        vm.get_attr_str(&raw, "mode")
    }
    #[getter]
    fn _finalizing(this: &Ref<Buffered>) -> bool {
        this.base.0.finalizing.get()
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult {
        let class = this.class().name();
        Ok(match name_text(vm, this.as_value())? {
            Some(name) => format!("<_io.{class} name={name}>"),
            None => format!("<_io.{class}>"),
        }
        .into())
    }

    #[method(sig = "()")]
    fn tell(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult<i64> {
        this.raw(vm)?;
        let position = this.raw_tell(vm)?;
        let position = position - this.available() as i64 + this.unwritten.borrow().len() as i64;
        Ok(position.max(0))
    }

    #[method(sig = "(target, whence=0, /)")]
    fn seek(vm: &mut Vm, this: &Ref<Buffered>, target: &Value, whence: Option<Value>) -> PyResult<i64> {
        let whence = match whence {
            Some(whence) => i32::try_from(vm.to_i128(&whence)?).unwrap_or(-1),
            None => 0,
        };
        if !(0..=4).contains(&whence) {
            return Err(vm.value_error(format!("whence value {whence} unsupported")));
        }
        let raw = this.check_open(vm, "seek of closed file")?;
        let seekable = vm.call_method_str(&raw, "seekable", &[])?;
        if !vm.truth(&seekable)? {
            return Err(unsupported(vm, "File or stream is not seekable."));
        }
        let target = vm.index(target)?;
        let Ok(mut target) = i64::try_from(vm.to_i128(&target)?) else {
            return Err(vm.overflow_error("Python int too large to convert to C long"));
        };
        if this.can_write.get() {
            this.flush_unwritten(vm)?;
        }
        if this.can_read.get() && whence <= 1 && this.available() > 0 {
            // Within what was read ahead nothing needs to be read again.
            let current = this.raw_tell(vm)?;
            let start = current - this.ahead.borrow().len() as i64;
            let here = start + this.taken.get() as i64;
            let wanted = if whence == 0 { target } else { here + target };
            let length = this.ahead.borrow().len() as i64;
            if wanted >= start && wanted <= start + length {
                this.taken.set((wanted - start) as usize);
                return Ok(wanted);
            }
            if whence == 1 {
                target -= this.available() as i64;
            }
        } else if whence == 1 {
            target -= this.available() as i64;
        }
        this.forget_ahead();
        this.raw_seek(vm, target, whence)
    }

    #[method(sig = "(pos=None, /)")]
    fn truncate(vm: &mut Vm, this: &Ref<Buffered>, pos: Option<Value>) -> PyResult {
        let raw = this.check_open(vm, "truncate of closed file")?;
        if !this.can_write.get() {
            return Err(unsupported(vm, "truncate"));
        }
        this.flush_unwritten(vm)?;
        let position = match pos {
            Some(position) => position,
            None => Buffered::tell(vm, this)?.into(),
        };
        if this.can_read.get() {
            this.rewind(vm)?;
        }
        vm.call_method_str(&raw, "truncate", &[position])
    }
}

#[pymethods(name = "_Buffered", part = READING)]
impl Buffered {
    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, this: &Ref<Buffered>, size: Option<Value>) -> PyResult {
        let size = size_argument(vm, size)?;
        this.raw(vm)?;
        if size < -1 {
            return Err(vm.value_error("read length must be non-negative or -1"));
        }
        this.check_open(vm, "read of closed file")?;
        match usize::try_from(size) {
            Ok(size) => Ok(this.read_exact(vm, size)?.into()),
            Err(_) => this.read_all(vm),
        }
    }

    #[method(sig = "(size=-1, /)")]
    fn read1(vm: &mut Vm, this: &Ref<Buffered>, size: Option<Value>) -> PyResult {
        let size = size_argument(vm, size)?;
        this.check_open(vm, "read of closed file")?;
        let size = usize::try_from(size).unwrap_or(this.size.get());
        if size == 0 {
            return Ok(Vec::new().into());
        }
        if this.available() > 0 {
            return Ok(this.take(size).into());
        }
        this.before_reading(vm)?;
        this.forget_ahead();
        Ok(this.raw_read(vm, size)?.unwrap_or_default().into())
    }

    #[method(sig = "(size=0, /)")]
    fn peek(vm: &mut Vm, this: &Ref<Buffered>, _size: Option<Value>) -> PyResult {
        this.check_open(vm, "peek of closed file")?;
        if this.available() == 0 {
            this.before_reading(vm)?;
            this.forget_ahead();
            this.fill(vm)?;
        }
        Ok(this.ahead.borrow()[this.taken.get()..].into())
    }

    #[method(sig = "(buffer, /)")]
    fn readinto(vm: &mut Vm, this: &Ref<Buffered>, buffer: BytesLikeMut) -> PyResult {
        this.check_open(vm, "readinto of closed file")?;
        let Some(bytes) = this.read_exact(vm, buffer.len())? else { return Ok(Value::NONE) };
        buffer.with_mut(|target| target[..bytes.len()].copy_from_slice(&bytes));
        Ok(bytes.len().into())
    }

    #[method(sig = "(buffer, /)")]
    fn readinto1(vm: &mut Vm, this: &Ref<Buffered>, buffer: BytesLikeMut) -> PyResult {
        this.check_open(vm, "readinto of closed file")?;
        let bytes = if buffer.is_empty() { Vec::new() } else { this.read_once(vm, buffer.len())? };
        buffer.with_mut(|target| target[..bytes.len()].copy_from_slice(&bytes));
        Ok(bytes.len().into())
    }

    #[method(sig = "(size=-1, /)")]
    fn readline(vm: &mut Vm, this: &Ref<Buffered>, size: Option<Value>) -> PyResult {
        let size = size_argument(vm, size)?;
        this.check_open(vm, "readline of closed file")?;
        Ok(this.read_line(vm, size)?.into())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<Buffered>) -> PyResult<Option<Value>> {
        this.check_open(vm, "readline of closed file")?;
        let line = this.read_line(vm, -1)?;
        Ok(if line.is_empty() { None } else { Some(line.into()) })
    }
}

#[pymethods(name = "_Buffered", part = WRITING)]
impl Buffered {
    #[method(sig = "(buffer, /)")]
    fn write(vm: &mut Vm, this: &Ref<Buffered>, buffer: BytesLike) -> PyResult<usize> {
        this.check_open(vm, "write to closed file")?;
        let bytes = buffer.bytes();
        this.write_bytes(vm, &bytes)
    }
}

fn arguments(vm: &mut Vm, name: &str, args: Args<'_>) -> PyResult<(Value, i64)> {
    let ([raw, size], _) = bind::<2, 1, 2>(
        vm,
        name,
        params![("raw", Positional, true), ("buffer_size", Positional, false)],
        args,
    )?;
    let size = match size {
        Some(size) => vm.to_index(size)?,
        None => super::DEFAULT_BUFFER_SIZE as i64,
    };
    Ok((raw.cloned().unwrap_or(Value::NONE), size))
}

fn demand(vm: &mut Vm, raw: &Value, method: &str, what: &str) -> PyResult<()> {
    let answer = vm.call_method_str(raw, method, &[])?;
    if vm.truth(&answer)? {
        return Ok(());
    }
    Err(unsupported(vm, &format!("File or stream is not {what}.")))
}

impl BufferedReader {
    const COMMON: Part = Buffered::COMMON;
    const READING: Part = Buffered::READING;
}
impl BufferedWriter {
    const COMMON: Part = Buffered::COMMON;
    const WRITING: Part = Buffered::WRITING;
}
impl BufferedRandom {
    const COMMON: Part = Buffered::COMMON;
    const READING: Part = Buffered::READING;
    const WRITING: Part = Buffered::WRITING;
}

#[pymethods(
    name = "BufferedReader", module = "_io", flags = STREAM, parts = [COMMON, READING],
    doc = "Create a new buffered reader using the given readable raw IO object.",
    base = class_of::<BufferedBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl BufferedReader {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(BufferedReader(Buffered::payload()), cls).into())
    }
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<BufferedReader>, args: Args<'_>) -> PyResult<()> {
        let (raw, size) = arguments(vm, "BufferedReader", args)?;
        demand(vm, &raw, "readable", "readable")?;
        this.0.initialize(vm, &raw, size, true, false)
    }
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<BufferedReader>) -> PyResult {
        let raw = this.0.raw(vm)?;
        vm.call_method_str(&raw, "readable", &[])
    }
    #[getter]
    fn raw(this: &Ref<BufferedReader>) -> Value {
        shown(&this.0.raw)
    }
}

#[pymethods(
    name = "BufferedWriter", module = "_io", flags = STREAM, parts = [COMMON, WRITING],
    doc = "A buffer for a writeable sequential RawIO object.",
    base = class_of::<BufferedBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl BufferedWriter {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(BufferedWriter(Buffered::payload()), cls).into())
    }
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<BufferedWriter>, args: Args<'_>) -> PyResult<()> {
        let (raw, size) = arguments(vm, "BufferedWriter", args)?;
        demand(vm, &raw, "writable", "writable")?;
        this.0.initialize(vm, &raw, size, false, true)?;
        super::note_writer(vm, this.as_value());
        Ok(())
    }
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<BufferedWriter>) -> PyResult {
        let raw = this.0.raw(vm)?;
        vm.call_method_str(&raw, "writable", &[])
    }
    #[getter]
    fn raw(this: &Ref<BufferedWriter>) -> Value {
        shown(&this.0.raw)
    }
}

#[pymethods(
    name = "BufferedRandom", module = "_io", flags = STREAM, parts = [COMMON, READING, WRITING],
    doc = "A buffered interface to random access streams.",
    base = class_of::<BufferedBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl BufferedRandom {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(BufferedRandom(Buffered::payload()), cls).into())
    }
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<BufferedRandom>, args: Args<'_>) -> PyResult<()> {
        let (raw, size) = arguments(vm, "BufferedRandom", args)?;
        demand(vm, &raw, "seekable", "seekable")?;
        demand(vm, &raw, "readable", "readable")?;
        demand(vm, &raw, "writable", "writable")?;
        this.0.initialize(vm, &raw, size, true, true)?;
        super::note_writer(vm, this.as_value());
        Ok(())
    }
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<BufferedRandom>) -> PyResult {
        let raw = this.0.raw(vm)?;
        vm.call_method_str(&raw, "readable", &[])
    }
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<BufferedRandom>) -> PyResult {
        let raw = this.0.raw(vm)?;
        vm.call_method_str(&raw, "writable", &[])
    }
    #[getter]
    fn raw(this: &Ref<BufferedRandom>) -> Value {
        shown(&this.0.raw)
    }
}

fn shown(raw: &RefCell<Value>) -> Value {
    let raw = raw.borrow().clone();
    if raw.is_unbound() { Value::NONE } else { raw }
}

/// `BufferedRWPair`
#[repr(C)]
pub struct BufferedPair {
    base: BufferedBase,
    reader: RefCell<Value>,
    writer: RefCell<Value>,
}

pvm_vm::payload!(
    BufferedPair,
    "BufferedRWPair",
    parent = BufferedBase,
    |p, visit| {
        visit(&p.reader.borrow());
        visit(&p.writer.borrow());
    },
    |p| {
        store(&p.reader, Value::NONE);
        store(&p.writer, Value::NONE);
    }
);

impl BufferedPair {
    fn half(&self, vm: &mut Vm, writer: bool) -> PyResult<Value> {
        let half = if writer { self.writer.borrow().clone() } else { self.reader.borrow().clone() };
        if half.is_none() { Err(vm.value_error("I/O operation on uninitialized object")) } else { Ok(half) }
    }

    fn forward(vm: &mut Vm, this: &Ref<BufferedPair>, writer: bool, name: &str, args: &[Value]) -> PyResult {
        let half = this.half(vm, writer)?;
        vm.call_method_str(&half, name, args)
    }
}

#[pymethods(
    name = "BufferedRWPair", module = "_io", flags = STREAM,
    doc = "A buffered reader and writer object together.",
    base = class_of::<BufferedBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl BufferedPair {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let pair = BufferedPair {
            base: BufferedBase::default(),
            reader: RefCell::new(Value::NONE),
            writer: RefCell::new(Value::NONE),
        };
        Ok(Ref::new(pair, cls).into())
    }
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<BufferedPair>, args: Args<'_>) -> PyResult<()> {
        let ([reader, writer, size], _) = bind::<3, 2, 3>(
            vm,
            "BufferedRWPair",
            params![
                ("reader", PositionalOnly, true),
                ("writer", PositionalOnly, true),
                ("buffer_size", PositionalOnly, false)
            ],
            args,
        )?;
        let (Some(reader), Some(writer)) = (reader, writer) else { return Ok(()) };
        demand(vm, reader, "readable", "readable")?;
        demand(vm, writer, "writable", "writable")?;
        let size = size.cloned().unwrap_or(super::DEFAULT_BUFFER_SIZE.into());
        let (read_class, write_class) = (class_of::<BufferedReader>(vm)?, class_of::<BufferedWriter>(vm)?);
        let reader = vm.call(read_class.as_value(), &[reader.clone(), size.clone()])?;
        let writer = vm.call(write_class.as_value(), &[writer.clone(), size])?;
        store(&this.reader, reader);
        store(&this.writer, writer);
        Ok(())
    }
    #[method(sig = "(*args)")]
    fn read(vm: &mut Vm, this: &Ref<BufferedPair>, args: &[Value]) -> PyResult {
        BufferedPair::forward(vm, this, false, "read", args)
    }
    #[method(sig = "(*args)")]
    fn peek(vm: &mut Vm, this: &Ref<BufferedPair>, args: &[Value]) -> PyResult {
        BufferedPair::forward(vm, this, false, "peek", args)
    }
    #[method(sig = "(*args)")]
    fn read1(vm: &mut Vm, this: &Ref<BufferedPair>, args: &[Value]) -> PyResult {
        BufferedPair::forward(vm, this, false, "read1", args)
    }
    #[method(sig = "(*args)")]
    fn readinto(vm: &mut Vm, this: &Ref<BufferedPair>, args: &[Value]) -> PyResult {
        BufferedPair::forward(vm, this, false, "readinto", args)
    }
    #[method(sig = "(*args)")]
    fn readinto1(vm: &mut Vm, this: &Ref<BufferedPair>, args: &[Value]) -> PyResult {
        BufferedPair::forward(vm, this, false, "readinto1", args)
    }
    #[method(sig = "(*args)")]
    fn write(vm: &mut Vm, this: &Ref<BufferedPair>, args: &[Value]) -> PyResult {
        BufferedPair::forward(vm, this, true, "write", args)
    }
    #[method(sig = "()")]
    fn flush(vm: &mut Vm, this: &Ref<BufferedPair>) -> PyResult {
        BufferedPair::forward(vm, this, true, "flush", &[])
    }
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<BufferedPair>) -> PyResult {
        BufferedPair::forward(vm, this, false, "readable", &[])
    }
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<BufferedPair>) -> PyResult {
        BufferedPair::forward(vm, this, true, "writable", &[])
    }
    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<BufferedPair>) -> PyResult {
        let first = BufferedPair::forward(vm, this, true, "close", &[]);
        let second = BufferedPair::forward(vm, this, false, "close", &[]);
        first.and(second)
    }
    #[method(sig = "()")]
    fn isatty(vm: &mut Vm, this: &Ref<BufferedPair>) -> PyResult {
        let writer = BufferedPair::forward(vm, this, true, "isatty", &[])?;
        if vm.truth(&writer)? { Ok(writer) } else { BufferedPair::forward(vm, this, false, "isatty", &[]) }
    }
    #[getter]
    fn closed(vm: &mut Vm, this: &Ref<BufferedPair>) -> PyResult {
        let writer = this.half(vm, true)?;
        vm.get_attr_str(&writer, "closed")
    }
}
