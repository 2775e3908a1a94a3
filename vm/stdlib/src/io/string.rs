//! `StringIO`

use super::base::{STREAM, TextBase, text_of};
use super::newlines::Newlines;
use crate::support::params;
use pvm_vm::native::{Args, bind};
use pvm_vm::object::{Class, Ref, Value, attributes};
use pvm_vm::text::{StrBuilder, StrRef};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// A stream over text in memory.
#[repr(C)]
pub struct StringIo {
    base: TextBase,
    /// `None` once closed.
    text: RefCell<Option<StrBuilder>>,
    position: Cell<usize>,
    /// `newline`, as given; `None` translates everything to line feeds.
    newline: RefCell<Option<&'static str>>,
    newlines: Newlines,
}

pvm_vm::payload!(StringIo, "StringIO", parent = TextBase);

/// Where a line ends that begins at the start of `text`.
pub(super) fn line_end(text: StrRef<'_>, newline: Option<&str>, universal: bool) -> Option<usize> {
    if universal {
        let lf = text.find_code(10);
        let searched = match lf {
            Some(lf) => text.view(0..lf),
            None => text,
        };
        return match searched.find_code(13) {
            Some(cr) if text.get(cr + 1) == Some(10) => Some(cr + 2),
            Some(cr) => Some(cr + 1),
            None => lf.map(|i| i + 1),
        };
    }
    match newline {
        Some("\r") => text.find_code(13).map(|i| i + 1),
        Some("\r\n") => text.find(StrRef::Ascii(b"\r\n")).map(|i| i + 2),
        _ => text.find_code(10).map(|i| i + 1),
    }
}

impl StringIo {
    fn check(&self, vm: &mut Vm) -> PyResult<()> {
        if self.text.borrow().is_none() {
            Err(vm.value_error("I/O operation on closed file"))
        } else {
            Ok(())
        }
    }

    fn take(&self, count: usize) -> Ref<Str> {
        let text = self.text.borrow();
        let Some(text) = text.as_ref() else { return Str::from_str("") };
        let text = text.as_ref();
        let start = self.position.get();
        if start >= text.len() {
            return Str::from_str("");
        }
        let end = start.saturating_add(count).min(text.len());
        self.position.set(end);
        Str::from_part(text.view(start..end))
    }

    fn line_length(&self, limit: i64) -> usize {
        let text = self.text.borrow();
        let Some(text) = text.as_ref() else { return 0 };
        let text = text.as_ref();
        let start = self.position.get();
        if start >= text.len() {
            return 0;
        }
        let rest = text.view(start..text.len());
        let newline = *self.newline.borrow();
        let length = line_end(rest, newline, newline == Some("")).unwrap_or(rest.len());
        usize::try_from(limit).map_or(length, |limit| length.min(limit))
    }

    fn put(&self, new: &Ref<Str>) {
        let newline = *self.newline.borrow();
        let new = match newline {
            None => self.newlines.feed(new.clone(), true, true),
            Some("") => self.newlines.feed(new.clone(), false, true),
            Some(newline @ ("\r" | "\r\n")) => {
                match pvm_vm::text::edit::replace(
                    new.as_ref(),
                    StrRef::Ascii(b"\n"),
                    StrRef::Ascii(newline.as_bytes()),
                    None,
                ) {
                    Some(text) => Str::from_buf(text),
                    None => new.clone(),
                }
            }
            _ => new.clone(),
        };
        if new.is_empty() {
            return;
        }
        let start = self.position.get();
        let mut text = self.text.borrow_mut();
        let Some(text) = text.as_mut() else { return };
        if start == text.len() {
            text.push_str(new.as_ref());
        } else {
            let mut changed = StrBuilder::new();
            {
                let old = text.as_ref();
                changed.push_str(old.view(0..start.min(old.len())));
                changed.push_repeated(0, start.saturating_sub(old.len()));
                changed.push_str(new.as_ref());
                if start + new.len() < old.len() {
                    changed.push_str(old.view(start + new.len()..old.len()));
                }
            }
            *text = changed;
        }
        self.position.set(start + new.len());
    }

    fn set_newline(&self, vm: &mut Vm, newline: Option<&Value>) -> PyResult<()> {
        let choice = match newline {
            None => Some("\n"),
            Some(value) if value.is_none() => None,
            Some(value) => {
                let Some(text) = value.downcast_ref::<Str>() else {
                    let found = value.class().name();
                    return Err(vm.type_error(format!("newline must be str or None, not {found}")));
                };
                match text.to_string().as_str() {
                    "" => Some(""),
                    "\n" => Some("\n"),
                    "\r" => Some("\r"),
                    "\r\n" => Some("\r\n"),
                    _ => {
                        let shown = vm.repr(value)?;
                        return Err(vm.value_error(format!("illegal newline value: {shown}")));
                    }
                }
            }
        };
        *self.newline.borrow_mut() = choice;
        Ok(())
    }
}

fn size_argument(vm: &mut Vm, size: Option<Value>) -> PyResult<i64> {
    super::base::optional_size(vm, size)
}

#[pymethods(
    name = "StringIO", module = "_io", flags = STREAM,
    doc = "Text I/O implementation using an in-memory buffer.",
    base = class_of::<TextBase>(vm).unwrap_or_else(|_| vm.types().object.clone())
)]
impl StringIo {
    #[slot(new)]
    fn new_slot(_vm: &mut Vm, cls: &Ref<Class>, _args: Args<'_>) -> PyResult {
        let stream = StringIo {
            base: TextBase::default(),
            text: RefCell::new(Some(StrBuilder::new())),
            position: Cell::new(0),
            newline: RefCell::new(Some("\n")),
            newlines: Newlines::default(),
        };
        Ok(Ref::new(stream, cls).into())
    }

    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<StringIo>, args: Args<'_>) -> PyResult<()> {
        let ([initial, newline], _) = bind::<2, 0, 2>(
            vm,
            "StringIO",
            params![("initial_value", Positional, false), ("newline", Positional, false)],
            args,
        )?;
        this.set_newline(vm, newline)?;
        let initial = match initial {
            Some(initial) if !initial.is_none() => {
                Some(text_of(vm, initial, "initial_value must be str or None").map_err(|raised| {
                    let found = initial.class().name();
                    drop(raised);
                    vm.type_error(format!("initial_value must be str or None, not {found}"))
                })?)
            }
            _ => None,
        };
        *this.text.borrow_mut() = Some(StrBuilder::new());
        this.newlines.reset();
        this.position.set(0);
        if let Some(initial) = initial {
            this.put(&initial);
            this.position.set(0);
        }
        Ok(())
    }

    #[method(sig = "()")]
    fn getvalue(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<Ref<Str>> {
        this.check(vm)?;
        let text = this.text.borrow();
        Ok(match text.as_ref() {
            Some(text) => Str::from_part(text.as_ref()),
            None => Str::from_str(""),
        })
    }

    #[method(sig = "(size=-1, /)")]
    fn read(vm: &mut Vm, this: &Ref<StringIo>, size: Option<Value>) -> PyResult<Ref<Str>> {
        let size = size_argument(vm, size)?;
        this.check(vm)?;
        Ok(this.take(usize::try_from(size).unwrap_or(usize::MAX)))
    }

    #[method(sig = "(size=-1, /)")]
    fn readline(vm: &mut Vm, this: &Ref<StringIo>, size: Option<Value>) -> PyResult<Ref<Str>> {
        let size = size_argument(vm, size)?;
        this.check(vm)?;
        Ok(this.take(this.line_length(size)))
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<Option<Value>> {
        this.check(vm)?;
        let line = this.take(this.line_length(-1));
        Ok(if line.is_empty() { None } else { Some(line.into()) })
    }

    #[method(sig = "(s, /)")]
    fn write(vm: &mut Vm, this: &Ref<StringIo>, s: &Value) -> PyResult<usize> {
        let text = text_of(vm, s, "string argument expected, got").map_err(|_| {
            let found = s.class().name();
            vm.type_error(format!("string argument expected, got '{found}'"))
        })?;
        this.check(vm)?;
        // Writing behind the end fills the gap.
        vm.check_memory(this.position.get().saturating_add(text.len()))?;
        this.put(&text);
        Ok(text.len())
    }

    #[method(sig = "(pos, whence=0, /)")]
    fn seek(vm: &mut Vm, this: &Ref<StringIo>, pos: &Value, #[default(0)] whence: i64) -> PyResult<usize> {
        let offset = vm.to_index(pos)?;
        this.check(vm)?;
        let target = match (whence, offset) {
            (0, offset) if offset < 0 => {
                return Err(vm.value_error(format!("Negative seek position {offset}")));
            }
            (0, offset) => offset as usize,
            (1 | 2, offset) if offset != 0 => {
                return Err(
                    vm.new_error(&vm.types().exceptions.os_error, "Can't do nonzero cur-relative seeks")
                );
            }
            (1, _) => this.position.get(),
            (2, _) => this.text.borrow().as_ref().map_or(0, StrBuilder::len),
            _ => return Err(vm.value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)"))),
        };
        this.position.set(target);
        Ok(target)
    }

    #[method(sig = "()")]
    fn tell(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<usize> {
        this.check(vm)?;
        Ok(this.position.get())
    }

    #[method(sig = "(pos=None, /)")]
    fn truncate(vm: &mut Vm, this: &Ref<StringIo>, pos: Option<Value>) -> PyResult<usize> {
        this.check(vm)?;
        let size = match pos {
            Some(size) => vm.to_index(&size)?,
            None => this.position.get() as i64,
        };
        let Ok(size) = usize::try_from(size) else {
            return Err(vm.value_error(format!("Negative size value {size}")));
        };
        if let Some(text) = this.text.borrow_mut().as_mut()
            && size < text.len()
        {
            let mut shorter = StrBuilder::new();
            shorter.push_str(text.as_ref().view(0..size));
            *text = shorter;
        }
        Ok(size)
    }

    #[method(sig = "()")]
    fn close(this: &Ref<StringIo>) {
        this.base.0.closed.set(true);
        *this.text.borrow_mut() = None;
    }
    #[method(sig = "()")]
    fn readable(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(true)
    }
    #[method(sig = "()")]
    fn writable(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(true)
    }
    #[method(sig = "()")]
    fn seekable(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(true)
    }
    #[getter]
    fn closed(this: &Ref<StringIo>) -> bool {
        this.text.borrow().is_none()
    }
    #[getter]
    fn line_buffering(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult<bool> {
        this.check(vm)?;
        Ok(false)
    }
    #[getter]
    fn newlines(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult {
        this.check(vm)?;
        Ok(this.newlines.kinds())
    }

    #[method(sig = "()")]
    fn __getstate__(vm: &mut Vm, this: &Ref<StringIo>) -> PyResult {
        let value = StringIo::getvalue(vm, this)?;
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
        let newline: Value = (*this.newline.borrow()).into();
        Ok(Tuple::new([value.into(), newline, this.position.get().into(), dict]).into())
    }

    #[method(sig = "(state, /)")]
    fn __setstate__(vm: &mut Vm, this: &Ref<StringIo>, state: &Value) -> PyResult<()> {
        let parts = state.downcast_ref::<Tuple>().map(|t| t.as_slice().to_vec()).unwrap_or_default();
        let [text, newline, position, dict, ..] = parts.as_slice() else {
            let (class, found) = (this.class().name(), state.class().name());
            return Err(
                vm.type_error(format!("{class}.__setstate__ argument should be 4-tuple, got {found}"))
            );
        };
        let text = text_of(vm, text, "initial_value must be str or None")?;
        this.set_newline(vm, Some(newline))?;
        let position = vm.to_index(position)?;
        let Ok(position) = usize::try_from(position) else {
            return Err(vm.value_error("position value cannot be negative"));
        };
        let mut builder = StrBuilder::new();
        builder.push_str(text.as_ref());
        *this.text.borrow_mut() = Some(builder);
        this.position.set(position);
        if !dict.is_none() && !dict.holds::<Dict>() {
            let found = dict.class().name();
            return Err(vm.type_error(format!("fourth item of state should be a dict, got a {found}")));
        }
        if let Some(dict) = dict.downcast_ref::<Dict>() {
            for (key, value) in dict.items() {
                if let Some(key) = key.downcast_ref::<Str>() {
                    let key = vm.interp.intern_ref(key);
                    vm.set_attr(this.as_value(), &key, value)?;
                }
            }
        }
        Ok(())
    }
}
