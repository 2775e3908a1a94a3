//! `_IOBase` and the abstract classes below it.

use pvm_vm::native::Args;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::bytearray::ByteArray;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Raised, Vm};
use pvm_vm_macros::pymethods;
use std::cell::Cell;

/// What every stream has.
#[derive(Default)]
#[repr(C)]
pub struct IoBase {
    /// `close()` of the base class has run.
    pub closed: Cell<bool>,
    /// The object is being finalised.
    pub finalizing: Cell<bool>,
}
/// `_RawIOBase`
#[derive(Default)]
#[repr(C)]
pub struct RawBase(pub IoBase);
/// `_BufferedIOBase`
#[derive(Default)]
#[repr(C)]
pub struct BufferedBase(pub IoBase);
/// `_TextIOBase`
#[derive(Default)]
#[repr(C)]
pub struct TextBase(pub IoBase);

pvm_vm::payload!(IoBase, "_IOBase");
pvm_vm::payload!(RawBase, "_RawIOBase", parent = IoBase);
pvm_vm::payload!(BufferedBase, "_BufferedIOBase", parent = IoBase);
pvm_vm::payload!(TextBase, "_TextIOBase", parent = IoBase);

/// Flags of every class of streams.
pub const STREAM: u32 = flag::BASE_TYPE | flag::HAS_WEAKREF | flag::HAS_DICT | flag::HAS_ATTRIBUTES;

/// `io.UnsupportedOperation`
pub fn unsupported(vm: &mut Vm, message: &str) -> Raised {
    match super::unsupported_class(vm) {
        Ok(class) => {
            let class = class.clone();
            vm.new_error_with(&class, &[message.into()])
        }
        Err(raised) => raised,
    }
}

/// Whether a stream says that it is closed.
pub fn is_closed(vm: &mut Vm, stream: &Value) -> PyResult<bool> {
    let closed = vm.get_attr_str(stream, "closed")?;
    vm.truth(&closed)
}

/// Raises where a stream is closed.
pub fn check_closed(vm: &mut Vm, stream: &Value) -> PyResult<()> {
    if is_closed(vm, stream)? { Err(vm.value_error("I/O operation on closed file.")) } else { Ok(()) }
}

fn check_ability(vm: &mut Vm, stream: &Value, method: &str, what: &str) -> PyResult<()> {
    let answer = vm.call_method_str(stream, method, &[])?;
    if answer.is(&Value::TRUE) {
        Ok(())
    } else {
        Err(unsupported(vm, &format!("File or stream is not {what}.")))
    }
}

#[pymethods(name = "_IOBase", module = "_io", flags = STREAM)]
impl IoBase {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(IoBase::default(), cls).into())
    }

    #[slot(init)]
    fn init(_vm: &mut Vm, _this: &Value, _args: Args<'_>) -> PyResult<()> {
        Ok(())
    }

    #[slot(finalize)]
    fn finalize(vm: &mut Vm, this: &Value) {
        let closed = is_closed(vm, this).unwrap_or(true);
        if closed {
            return;
        }
        if let Some(base) = this.downcast_ref::<IoBase>() {
            base.finalizing.set(true);
        }
        if let Err(raised) = vm.call_method_str(this, "close", &[])
            && vm.interp.config.dev_mode
        {
            vm.write_unraisable(raised, None, Some(this));
        }
    }

    /// Change the stream position to the given byte offset.
    #[method(sig = "(offset, whence=os.SEEK_SET, /)")]
    fn seek(vm: &mut Vm, _this: &Ref<IoBase>, _offset: &Value, _whence: Option<Value>) -> PyResult<()> {
        Err(unsupported(vm, "seek"))
    }

    /// Return current stream position.
    #[method(sig = "()")]
    fn tell(vm: &mut Vm, this: &Ref<IoBase>) -> PyResult {
        vm.call_method_str(this.as_value(), "seek", &[0.into(), 1.into()])
    }

    /// Truncate file to size bytes.
    #[method(sig = "(size=None, /)")]
    fn truncate(vm: &mut Vm, _this: &Ref<IoBase>, _size: Option<Value>) -> PyResult<()> {
        Err(unsupported(vm, "truncate"))
    }

    /// Returns underlying file descriptor if one exists.
    #[method(sig = "()")]
    fn fileno(vm: &mut Vm, _this: &Ref<IoBase>) -> PyResult<()> {
        Err(unsupported(vm, "fileno"))
    }

    /// Flush write buffers, if applicable.
    #[method(sig = "()")]
    fn flush(vm: &mut Vm, this: &Ref<IoBase>) -> PyResult<()> {
        if this.closed.get() { Err(vm.value_error("I/O operation on closed file.")) } else { Ok(()) }
    }

    /// Flush and close the IO object.
    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<IoBase>) -> PyResult<()> {
        if this.closed.get() {
            return Ok(());
        }
        let result = vm.call_method_str(this.as_value(), "flush", &[]);
        this.closed.set(true);
        result.map(drop)
    }

    #[getter]
    fn closed(&self) -> bool {
        self.closed.get()
    }

    /// Return whether object supports random access.
    #[method(sig = "()")]
    fn seekable(_this: &Ref<IoBase>) -> bool {
        false
    }

    /// Return whether object was opened for reading.
    #[method(sig = "()")]
    fn readable(_this: &Ref<IoBase>) -> bool {
        false
    }

    /// Return whether object was opened for writing.
    #[method(sig = "()")]
    fn writable(_this: &Ref<IoBase>) -> bool {
        false
    }

    #[method(name = "_checkClosed", sig = "")]
    fn check_closed_method(vm: &mut Vm, this: &Ref<IoBase>, _message: Option<Value>) -> PyResult<()> {
        check_closed(vm, this.as_value())
    }
    #[method(name = "_checkSeekable", sig = "")]
    fn check_seekable_method(vm: &mut Vm, this: &Ref<IoBase>, _message: Option<Value>) -> PyResult<()> {
        check_ability(vm, this.as_value(), "seekable", "seekable")
    }
    #[method(name = "_checkReadable", sig = "")]
    fn check_readable_method(vm: &mut Vm, this: &Ref<IoBase>, _message: Option<Value>) -> PyResult<()> {
        check_ability(vm, this.as_value(), "readable", "readable")
    }
    #[method(name = "_checkWritable", sig = "")]
    fn check_writable_method(vm: &mut Vm, this: &Ref<IoBase>, _message: Option<Value>) -> PyResult<()> {
        check_ability(vm, this.as_value(), "writable", "writable")
    }

    /// Return whether this is an 'interactive' stream.
    #[method(sig = "()")]
    fn isatty(vm: &mut Vm, this: &Ref<IoBase>) -> PyResult<bool> {
        check_closed(vm, this.as_value())?;
        Ok(false)
    }

    #[method(sig = "")]
    fn __enter__(vm: &mut Vm, this: &Ref<IoBase>) -> PyResult {
        check_closed(vm, this.as_value())?;
        Ok(this.into())
    }

    #[method(sig = "")]
    fn __exit__(vm: &mut Vm, this: &Ref<IoBase>, _args: Args<'_>) -> PyResult {
        vm.call_method_str(this.as_value(), "close", &[])
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Value) -> PyResult {
        check_closed(vm, this)?;
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Value) -> PyResult<Option<Value>> {
        let line = vm.call_method_str(this, "readline", &[])?;
        Ok(if vm.length(&line)? == 0 { None } else { Some(line) })
    }

    /// Read and return a line from the stream.
    #[method(sig = "(size=-1, /)")]
    fn readline(vm: &mut Vm, this: &Ref<IoBase>, size: Option<Value>) -> PyResult {
        let stream = this.as_value();
        let limit = optional_size(vm, size)?;
        let peek = vm.lookup_attr_str(stream, "peek")?;
        let mut line: Vec<u8> = Vec::new();
        while limit < 0 || (line.len() as i64) < limit {
            let mut wanted: i64 = 1;
            if let Some(peek) = &peek {
                let ahead = vm.call(peek, &[1.into()])?;
                let Some(bytes) = ahead.downcast_ref::<Bytes>() else {
                    let found = ahead.class().name();
                    return Err(vm.new_error(
                        &vm.types().exceptions.os_error,
                        format!("peek() should have returned a bytes object, not '{found}'"),
                    ));
                };
                let bytes = bytes.as_slice();
                if !bytes.is_empty() {
                    wanted = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |i| i + 1) as i64;
                    if limit >= 0 {
                        wanted = wanted.min(limit - line.len() as i64);
                    }
                }
            }
            let read = vm.call_method_str(stream, "read", &[wanted.into()])?;
            let Some(bytes) = read.downcast_ref::<Bytes>() else {
                let found = read.class().name();
                return Err(vm.new_error(
                    &vm.types().exceptions.os_error,
                    format!("read() should have returned a bytes object, not '{found}'"),
                ));
            };
            if bytes.as_slice().is_empty() {
                break;
            }
            line.extend_from_slice(bytes.as_slice());
            if line.ends_with(b"\n") {
                break;
            }
        }
        Ok(line.into())
    }

    /// Return a list of lines from the stream.
    #[method(sig = "(hint=-1, /)")]
    fn readlines(vm: &mut Vm, this: &Ref<IoBase>, hint: Option<Value>) -> PyResult {
        let hint = optional_size(vm, hint)?;
        let iterator = vm.iter(this.as_value())?;
        let list = List::new(Vec::new());
        let mut length = 0;
        while let Some(line) = vm.next(&iterator)? {
            let size = vm.length(&line)? as i64;
            list.push(line);
            length += size;
            if hint > 0 && length > hint - 1 {
                break;
            }
        }
        Ok(list.into())
    }

    /// Write a list of lines to stream.
    #[method(sig = "(lines, /)")]
    fn writelines(vm: &mut Vm, this: &Ref<IoBase>, lines: &Value) -> PyResult<()> {
        check_closed(vm, this.as_value())?;
        let write = vm.get_attr_str(this.as_value(), "write")?;
        vm.for_each(lines, |vm, line| vm.call(&write, &[line]).map(drop))
    }
}

#[pymethods(
    name = "_RawIOBase", module = "_io", flags = STREAM,
    doc = "Base class for raw binary I/O.",
    base = class_of::<IoBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl RawBase {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(RawBase::default(), cls).into())
    }

    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, this: &Ref<RawBase>, size: Option<Value>) -> PyResult {
        let size = optional_size(vm, size)?;
        if size < 0 {
            return vm.call_method_str(this.as_value(), "readall", &[]);
        }
        let array: Value = ByteArray::new(vec![0; size as usize]).into();
        let count = vm.call_method_str(this.as_value(), "readinto", std::slice::from_ref(&array))?;
        if count.is_none() {
            return Ok(count);
        }
        let count = usize::try_from(vm.to_index(&count)?).unwrap_or(0);
        let mut bytes = vm.bytes_of(&array)?;
        bytes.truncate(count);
        Ok(bytes.into())
    }

    /// Read until EOF, using multiple read() call.
    #[method(sig = "()")]
    fn readall(vm: &mut Vm, this: &Ref<RawBase>) -> PyResult {
        let mut all: Vec<u8> = Vec::new();
        loop {
            let part = vm.call_method_str(this.as_value(), "read", &[super::DEFAULT_BUFFER_SIZE.into()])?;
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

    #[method(sig = "")]
    fn readinto(vm: &mut Vm, _this: &Ref<RawBase>, _buffer: &Value) -> PyResult<()> {
        Err(unsupported(vm, "readinto"))
    }

    #[method(sig = "")]
    fn write(vm: &mut Vm, _this: &Ref<RawBase>, _bytes: &Value) -> PyResult<()> {
        Err(unsupported(vm, "write"))
    }
}

fn read_into(vm: &mut Vm, stream: &Value, buffer: &Value, method: &str) -> PyResult<usize> {
    let target = vm.bytes_like_mut(buffer)?;
    let data = vm.call_method_str(stream, method, &[target.len().into()])?;
    let Some(bytes) = data.downcast_ref::<Bytes>() else {
        return Err(vm.type_error(format!("{method}() should return bytes")));
    };
    let bytes = bytes.as_slice();
    if bytes.len() > target.len() {
        let (found, wanted) = (bytes.len(), target.len());
        return Err(vm.value_error(format!(
            "{method}() returned too much data: {wanted} bytes requested, {found} returned"
        )));
    }
    target.with_mut(|t| t[..bytes.len()].copy_from_slice(bytes));
    Ok(bytes.len())
}

#[pymethods(
    name = "_BufferedIOBase", module = "_io", flags = STREAM,
    doc = "Base class for buffered IO objects.",
    base = class_of::<IoBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl BufferedBase {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(BufferedBase::default(), cls).into())
    }

    #[method(sig = "()")]
    fn detach(vm: &mut Vm, _this: &Ref<BufferedBase>) -> PyResult<()> {
        Err(unsupported(vm, "detach"))
    }
    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, _this: &Ref<BufferedBase>, _size: Option<Value>) -> PyResult<()> {
        Err(unsupported(vm, "read"))
    }
    #[method(sig = "(size=-1, /)")]
    fn read1(vm: &mut Vm, _this: &Ref<BufferedBase>, _size: Option<Value>) -> PyResult<()> {
        Err(unsupported(vm, "read1"))
    }
    #[method(sig = "(buffer, /)")]
    fn readinto(vm: &mut Vm, this: &Ref<BufferedBase>, buffer: &Value) -> PyResult<usize> {
        read_into(vm, this.as_value(), buffer, "read")
    }
    #[method(sig = "(buffer, /)")]
    fn readinto1(vm: &mut Vm, this: &Ref<BufferedBase>, buffer: &Value) -> PyResult<usize> {
        read_into(vm, this.as_value(), buffer, "read1")
    }
    #[method(sig = "(b, /)")]
    fn write(vm: &mut Vm, _this: &Ref<BufferedBase>, _b: &Value) -> PyResult<()> {
        Err(unsupported(vm, "write"))
    }
}

#[pymethods(
    name = "_TextIOBase", module = "_io", flags = STREAM,
    doc = "Base class for text I/O.",
    base = class_of::<IoBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl TextBase {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        Ok(Ref::new(TextBase::default(), cls).into())
    }
    #[method(sig = "()")]
    fn detach(vm: &mut Vm, _this: &Ref<TextBase>) -> PyResult<()> {
        Err(unsupported(vm, "detach"))
    }
    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, _this: &Ref<TextBase>, _size: Option<Value>) -> PyResult<()> {
        Err(unsupported(vm, "read"))
    }
    #[method(sig = "(size=-1, /)")]
    fn readline(vm: &mut Vm, _this: &Ref<TextBase>, _size: Option<Value>) -> PyResult<()> {
        Err(unsupported(vm, "readline"))
    }
    #[method(sig = "(s, /)")]
    fn write(vm: &mut Vm, _this: &Ref<TextBase>, _s: &Value) -> PyResult<()> {
        Err(unsupported(vm, "write"))
    }
    #[getter]
    fn encoding(_this: &Ref<TextBase>) -> Value {
        Value::NONE
    }
    #[getter]
    fn newlines(_this: &Ref<TextBase>) -> Value {
        Value::NONE
    }
    #[getter]
    fn errors(_this: &Ref<TextBase>) -> Value {
        Value::NONE
    }
}

/// The text of a value that must be a string.
pub fn text_of(vm: &mut Vm, value: &Value, what: &str) -> PyResult<Ref<Str>> {
    match value.downcast_ref::<Str>() {
        Some(text) => Ok(text.clone()),
        None => {
            let found = value.class().name();
            Err(vm.type_error(format!("{what}, not '{found}'")))
        }
    }
}

/// A size that may be left out or `None`: then -1.
pub fn optional_size(vm: &mut Vm, size: Option<Value>) -> PyResult<i64> {
    let Some(size) = size.filter(|s| !s.is_none()) else { return Ok(-1) };
    if size.class().slots.index.get().is_none() {
        let found = size.class().name();
        return Err(vm.type_error(format!("argument should be integer or None, not '{found}'")));
    }
    vm.to_index(&size)
}
