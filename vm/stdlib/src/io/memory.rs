//! `BytesIO`

use super::base::{BufferedBase, STREAM};
use crate::support::params;
use pvm_vm::native::{Args, bind};
use pvm_vm::object::{Class, Ref, Value, attributes};
use pvm_vm::types::buffer::{Buffer, BytesLike, BytesLikeMut, Memory};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A stream over bytes in memory.
#[repr(C)]
pub struct BytesIo {
    base: BufferedBase,
    /// `None` once closed.
    bytes: RefCell<Option<Vec<u8>>>,
    position: Cell<usize>,
    exports: Cell<usize>,
}

pvm_vm::payload!(BytesIo, "BytesIO", parent = BufferedBase);

impl BytesIo {
    fn check(&self, vm: &mut Vm) -> PyResult<()> {
        if self.bytes.borrow().is_none() {
            Err(vm.value_error("I/O operation on closed file."))
        } else {
            Ok(())
        }
    }

    fn check_exports(&self, vm: &mut Vm) -> PyResult<()> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("Existing exports of data: object cannot be re-sized"));
        }
        Ok(())
    }

    fn take(&self, count: usize) -> Vec<u8> {
        let bytes = self.bytes.borrow();
        let bytes = bytes.as_deref().unwrap_or(&[]);
        let start = self.position.get().min(bytes.len());
        let end = start.saturating_add(count).min(bytes.len());
        if self.position.get() <= bytes.len() {
            self.position.set(end);
        }
        bytes[start..end].to_vec()
    }

    fn line_length(&self, limit: i64) -> usize {
        let bytes = self.bytes.borrow();
        let bytes = bytes.as_deref().unwrap_or(&[]);
        let rest = bytes.get(self.position.get()..).unwrap_or(&[]);
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |i| i + 1);
        usize::try_from(limit).map_or(length, |limit| length.min(limit))
    }

    fn put(&self, vm: &mut Vm, new: &[u8]) -> PyResult<()> {
        if new.is_empty() {
            return Ok(());
        }
        let start = self.position.get();
        let Some(end) = start.checked_add(new.len()) else {
            return Err(vm.overflow_error("new position too large"));
        };
        let mut bytes = self.bytes.borrow_mut();
        let Some(bytes) = bytes.as_mut() else { return Ok(()) };
        if end > bytes.len() {
            if bytes.try_reserve(end - bytes.len()).is_err() {
                return Err(vm.memory_error());
            }
            bytes.resize(end, 0);
        }
        bytes[start..end].copy_from_slice(new);
        self.position.set(end);
        Ok(())
    }
}

struct Export(Ref<BytesIo>);

impl Drop for Export {
    fn drop(&mut self) {
        self.0.exports.set(self.0.exports.get().saturating_sub(1));
    }
}

impl Memory for Export {
    fn len(&self) -> usize {
        self.0.bytes.borrow().as_ref().map_or(0, Vec::len)
    }
    fn read(&self, f: &mut dyn FnMut(&[u8])) {
        f(self.0.bytes.borrow().as_deref().unwrap_or(&[]));
    }
    fn write(&self, f: &mut dyn FnMut(&mut [u8])) -> bool {
        f(self.0.bytes.borrow_mut().as_deref_mut().unwrap_or(&mut []));
        true
    }
}

/// What `getbuffer` lends its memory through.
pub struct BytesIoBuffer(Ref<BytesIo>);

pvm_vm::payload!(BytesIoBuffer, "_BytesIOBuffer", |b, visit| visit(b.0.as_value()), |_b| ());

#[pymethods(name = "_BytesIOBuffer", module = "_io", flags = pvm_vm::object::class::flag::NO_INSTANTIATION)]
impl BytesIoBuffer {
    #[slot(buffer)]
    fn buffer(_vm: &mut Vm, this: &Ref<BytesIoBuffer>) -> PyResult<Buffer> {
        let source = &this.0;
        source.exports.set(source.exports.get() + 1);
        Ok(Buffer::simple(this.into(), Rc::new(Export(source.clone())), false))
    }
}

fn size_of_argument(vm: &mut Vm, size: Option<Value>) -> PyResult<i64> {
    super::base::optional_size(vm, size)
}

#[pymethods(
    name = "BytesIO", module = "_io", flags = STREAM,
    doc = "Buffered I/O implementation using an in-memory bytes buffer.",
    base = class_of::<BufferedBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl BytesIo {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let stream = BytesIo {
            base: BufferedBase::default(),
            bytes: RefCell::new(Some(Vec::new())),
            position: Cell::new(0),
            exports: Cell::new(0),
        };
        Ok(Ref::new(stream, cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<BytesIo>, args: Args<'_>) -> PyResult<()> {
        let ([initial], _) =
            bind::<1, 0, 1>(vm, "BytesIO", params![("initial_bytes", Positional, false)], args)?;
        this.check_exports(vm)?;
        let bytes = match initial {
            Some(initial) if !initial.is_none() => vm.bytes_of(initial)?,
            _ => Vec::new(),
        };
        *this.bytes.borrow_mut() = Some(bytes);
        this.position.set(0);
        Ok(())
    }

    #[method(sig = "()")]
    fn getvalue(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<Vec<u8>> {
        this.check(vm)?;
        Ok(this.bytes.borrow().clone().unwrap_or_default())
    }

    #[method(sig = "()")]
    fn getbuffer(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult {
        this.check(vm)?;
        let class = class_of::<BytesIoBuffer>(vm)?;
        let lender = Ref::new(BytesIoBuffer(this.clone()), &class);
        vm.call(vm.types().memoryview.as_value(), &[lender.into()])
    }

    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, this: &Ref<BytesIo>, size: Option<Value>) -> PyResult<Vec<u8>> {
        let size = size_of_argument(vm, size)?;
        this.check(vm)?;
        Ok(this.take(usize::try_from(size).unwrap_or(usize::MAX)))
    }

    #[method(sig = "(size=-1, /)")]
    fn read1(vm: &mut Vm, this: &Ref<BytesIo>, size: Option<Value>) -> PyResult<Vec<u8>> {
        BytesIo::read(vm, this, size)
    }

    #[method(sig = "(buffer, /)")]
    fn readinto(vm: &mut Vm, this: &Ref<BytesIo>, buffer: BytesLikeMut) -> PyResult<usize> {
        this.check(vm)?;
        let bytes = this.take(buffer.len());
        buffer.with_mut(|target| target[..bytes.len()].copy_from_slice(&bytes));
        Ok(bytes.len())
    }

    #[method(sig = "(size=-1, /)")]
    fn readline(vm: &mut Vm, this: &Ref<BytesIo>, size: Option<Value>) -> PyResult<Vec<u8>> {
        let size = size_of_argument(vm, size)?;
        this.check(vm)?;
        Ok(this.take(this.line_length(size)))
    }

    #[method(sig = "(size=None, /)")]
    fn readlines(vm: &mut Vm, this: &Ref<BytesIo>, size: Option<Value>) -> PyResult {
        this.check(vm)?;
        let hint = size_of_argument(vm, size)?;
        let mut lines: Vec<Value> = Vec::new();
        let mut total = 0;
        loop {
            let line = this.take(this.line_length(-1));
            if line.is_empty() {
                break;
            }
            total += line.len() as i64;
            lines.push(line.into());
            if hint > 0 && total >= hint {
                break;
            }
        }
        Ok(List::new(lines).into())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<Option<Value>> {
        this.check(vm)?;
        let line = this.take(this.line_length(-1));
        Ok(if line.is_empty() { None } else { Some(line.into()) })
    }

    #[method(sig = "(b, /)")]
    fn write(vm: &mut Vm, this: &Ref<BytesIo>, b: BytesLike) -> PyResult<usize> {
        this.check(vm)?;
        this.check_exports(vm)?;
        let bytes = b.bytes();
        this.put(vm, &bytes)?;
        Ok(bytes.len())
    }

    #[method(sig = "(lines, /)")]
    fn writelines(vm: &mut Vm, this: &Ref<BytesIo>, lines: &Value) -> PyResult<()> {
        this.check(vm)?;
        vm.for_each(lines, |vm, line| {
            let bytes = vm.bytes_like(&line)?;
            BytesIo::write(vm, this, bytes).map(drop)
        })
    }

    #[method(sig = "(pos, whence=0, /)")]
    fn seek(vm: &mut Vm, this: &Ref<BytesIo>, pos: &Value, #[default(0)] whence: i64) -> PyResult<usize> {
        let offset = vm.to_index(pos)?;
        this.check(vm)?;
        if offset < 0 && whence == 0 {
            return Err(vm.value_error(format!("negative seek value {offset}")));
        }
        let base = match whence {
            0 => 0,
            1 => this.position.get() as i64,
            2 => this.bytes.borrow().as_ref().map_or(0, Vec::len) as i64,
            _ => return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        let Some(target) = base.checked_add(offset) else {
            return Err(vm.overflow_error("new position too large"));
        };
        this.position.set(usize::try_from(target).unwrap_or(0));
        Ok(this.position.get())
    }

    #[method(sig = "()")]
    fn tell(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<usize> {
        this.check(vm)?;
        Ok(this.position.get())
    }

    #[method(sig = "(size=None, /)")]
    fn truncate(vm: &mut Vm, this: &Ref<BytesIo>, size: Option<Value>) -> PyResult<usize> {
        this.check(vm)?;
        this.check_exports(vm)?;
        let size = match size {
            Some(size) => vm.to_index(&size)?,
            None => this.position.get() as i64,
        };
        let Ok(size) = usize::try_from(size) else {
            return Err(vm.value_error(format!("negative size value {size}")));
        };
        if let Some(bytes) = this.bytes.borrow_mut().as_mut() {
            bytes.truncate(size);
        }
        Ok(size)
    }

    #[method(sig = "()")]
    fn close(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<()> {
        this.check_exports(vm)?;
        this.base.0.closed.set(true);
        *this.bytes.borrow_mut() = None;
        Ok(())
    }

    #[method(sig = "()")]
    fn flush(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<()> {
        this.check(vm)
    }
    #[method(sig = "()")]
    fn isatty(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(false)
    }
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(true)
    }
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(true)
    }
    #[method(sig = "()")]
    fn seekable(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(true)
    }
    #[getter]
    fn closed(this: &Ref<BytesIo>) -> bool {
        this.bytes.borrow().is_none()
    }

    #[method(sig = "()")]
    fn __getstate__(vm: &mut Vm, this: &Ref<BytesIo>) -> PyResult {
        let value = BytesIo::getvalue(vm, this)?;
        let dict: Value = match attributes::snapshot(this.as_value()) {
            Some(items) if !items.is_empty() => {
                let dict = Dict::new();
                for (key, value) in items {
                    dict.set(vm, key, value)?;
                }
                dict.into()
            }
            _ => Value::NONE,
        };
        Ok(Tuple::new([value.into(), this.position.get().into(), dict]).into())
    }

    #[method(sig = "(state, /)")]
    fn __setstate__(vm: &mut Vm, this: &Ref<BytesIo>, state: &Value) -> PyResult<()> {
        let parts = state.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();
        let [bytes, position, dict, ..] = parts.as_slice() else {
            let (class, found) = (this.class().name(), state.class().name());
            return Err(
                vm.type_error(format!("{class}.__setstate__ argument should be 3-tuple, got {found}"))
            );
        };
        this.check_exports(vm)?;
        let bytes = vm.bytes_of(bytes)?;
        let position = vm.to_index(position)?;
        let Ok(position) = usize::try_from(position) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        *this.bytes.borrow_mut() = Some(bytes);
        this.position.set(position);
        if let Some(dict) = dict.downcast_ref::<Dict>() {
            for (key, value) in dict.items() {
                if let Some(key) = key.downcast_ref::<pvm_vm::types::str::Str>() {
                    let key = vm.interp.intern_ref(key);
                    vm.set_attr(this.as_value(), &key, value)?;
                }
            }
        }
        Ok(())
    }
}
