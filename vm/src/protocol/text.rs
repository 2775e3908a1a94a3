//! `repr`, `str`, `format`.

use crate::object::{Ref, Value};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};

impl Vm {
    /// `repr(value)`
    pub fn repr(&mut self, value: &Value) -> PyResult<Ref<Str>> {
        let Some(repr) = value.class().slots.repr.get() else {
            let class = value.class().name();
            return Ok(Str::from_str(&format!("<{class} object at {:#x}>", value.identity())));
        };
        let text = self.nested(" while getting the repr of an object", |vm| repr(vm, value))?;
        text.downcast::<Str>().map_err(|other| {
            let class = other.class().name();
            self.type_error(format!("__repr__ returned non-string (type {class})"))
        })
    }

    /// `str(value)`
    pub fn str(&mut self, value: &Value) -> PyResult<Ref<Str>> {
        if let Some(text) = value.downcast_ref::<Str>()
            && text.class().is(&self.types().str)
        {
            return Ok(text.clone());
        }
        let Some(str) = value.class().slots.str.get() else { return self.repr(value) };
        let text = self.nested(" while getting the str of an object", |vm| str(vm, value))?;
        text.downcast::<Str>().map_err(|other| {
            let class = other.class().name();
            self.type_error(format!("__str__ returned non-string (type {class})"))
        })
    }

    /// `ascii(value)`
    pub fn ascii(&mut self, value: &Value) -> PyResult<Ref<Str>> {
        let text = self.repr(value)?;
        if text.as_ref().as_ascii().is_some() {
            return Ok(text);
        }
        let mut escaped = String::new();
        for code in text.as_ref().code_points() {
            match code {
                0..0x80 => escaped.push(code as u8 as char),
                0x80..0x100 => escaped.push_str(&format!("\\x{code:02x}")),
                0x100..0x1_0000 => escaped.push_str(&format!("\\u{code:04x}")),
                _ => escaped.push_str(&format!("\\U{code:08x}")),
            }
        }
        Ok(Str::from_str(&escaped))
    }

    /// `format(value, spec)`
    pub fn format(&mut self, value: &Value, spec: &Ref<Str>) -> PyResult<Ref<Str>> {
        if spec.is_empty() {
            if let Some(text) = value.downcast_ref::<Str>()
                && text.class().is(&self.types().str)
            {
                return Ok(text.clone());
            }
            if value.is_small_int() {
                return self.repr(value);
            }
        }
        let Some(text) = self.call_special(value, &self.names().dunder_format, &[spec.into()])? else {
            let class = value.class().name();
            return Err(self.type_error(format!("Type {class} doesn't define __format__")));
        };
        text.downcast::<Str>().map_err(|other| {
            let class = other.class().name();
            self.type_error(format!("__format__ must return a str, not {class}"))
        })
    }

    /// Runs `f` unless this object is being printed already, one level up: then `None`, and the caller prints `...`.
    pub fn repr_guard<R>(
        &mut self,
        value: &Value,
        f: impl FnOnce(&mut Vm) -> PyResult<R>,
    ) -> PyResult<Option<R>> {
        let id = value.identity();
        if self.repr_active.contains(&id) {
            return Ok(None);
        }
        self.repr_active.push(id);
        let result = f(self);
        self.repr_active.pop();
        result.map(Some)
    }
}
