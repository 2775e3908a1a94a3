//! What the methods of all number types need: errors, numeric text, warnings, results of subclasses.

use crate::number::{Int as IntView, NumberError, float};
use crate::object::Value;
use crate::text::{ErrorKind as TextErrorKind, StrRef, TextError, unicode};
use crate::types::bytes::Bytes;
use crate::types::int::Int;
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

impl Vm {
    /// Turns the result of a numeric algorithm into one that can be raised.
    #[inline]
    pub fn number<T>(&mut self, result: Result<T, NumberError>) -> PyResult<T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => Err(self.number_error_full(error)),
        }
    }

    /// Turns the result of a text algorithm into one that can be raised.
    #[inline]
    pub fn formatted<T>(&mut self, result: Result<T, TextError>) -> PyResult<T> {
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                let exceptions = &self.types().exceptions;
                let class = match error.kind {
                    TextErrorKind::Value => &exceptions.value_error,
                    TextErrorKind::Type => &exceptions.type_error,
                    TextErrorKind::Overflow => &exceptions.overflow_error,
                    TextErrorKind::Index => &exceptions.index_error,
                    TextErrorKind::Memory => return Err(self.memory_error()),
                };
                Err(self.new_error(class, &error.message))
            }
        }
    }

    #[cold]
    fn number_error_full(&mut self, error: NumberError) -> Raised {
        if error.kind == crate::number::ErrorKind::Range {
            // C's ERANGE.
            let class = &self.types().exceptions.overflow_error;
            let args = vec![Value::int(34), Str::from_str(&error.message).into()];
            return Raised(crate::types::exception::Exception::new(class, args));
        }
        self.number_error(error)
    }

    /// Warns of something deprecated; an error where the filters make it one.
    pub fn warn_deprecated(&mut self, message: &str) -> PyResult<()> {
        let class = self.types().exceptions.deprecation_warning.clone();
        self.warn(&class, message, 1)
    }
}

/// Numeric text in ASCII: spaces and decimal digits of all scripts replaced, and `?` for everything else.
pub(crate) fn ascii_number(text: StrRef<'_>) -> std::borrow::Cow<'_, [u8]> {
    if let Some(ascii) = text.as_ascii() {
        return ascii.into();
    }
    let byte = |code: u32| match code {
        0..0x80 => code as u8,
        _ if unicode::is_space(code) => b' ',
        _ => unicode::decimal(code).map_or(b'?', |digit| b'0' + digit),
    };
    text.code_points().map(byte).collect::<Vec<u8>>().into()
}

/// A copy of the bytes of a bytes-like object; `None` where it is none.
pub fn bytes_like(vm: &mut Vm, value: &Value) -> PyResult<Option<Vec<u8>>> {
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return Ok(Some(bytes.as_slice().to_vec()));
    }
    let Some(export) = value.class().slots.buffer.get() else { return Ok(None) };
    let buffer = export(vm, value)?;
    let mut out = Vec::new();
    // The innermost dimension is walked item by item, the outer ones by counting.
    let count: usize = buffer.shape.iter().product();
    let size = buffer.item_size;
    buffer.memory.read(&mut |bytes| {
        out.clear();
        let mut index = vec![0usize; buffer.shape.len()];
        for _ in 0..count {
            let distance: isize = index.iter().zip(&buffer.strides).map(|(i, s)| *i as isize * s).sum();
            let start = buffer.offset.wrapping_add_signed(distance);
            if let Some(item) = start.checked_add(size).and_then(|end| bytes.get(start..end)) {
                out.extend_from_slice(item);
            }
            for (at, extent) in index.iter_mut().zip(&buffer.shape).rev() {
                *at += 1;
                if *at < *extent {
                    break;
                }
                *at = 0;
            }
        }
    });
    Ok(Some(out))
}

/// An integer as an instance of `int` itself.
pub(crate) fn exact_int(vm: &mut Vm, value: &Value) -> Value {
    if value.is_small_int() || value.class().is(&vm.types().int) {
        return value.clone();
    }
    value.as_int().map_or(Value::int(0), |view| Int::from_integer(view.to_owned()))
}

/// A real operand of float arithmetic: a float, or an integer converted. `None` hands on.
#[inline]
pub(crate) fn float_operand(vm: &mut Vm, value: &Value) -> PyResult<Option<f64>> {
    if let Some(f) = value.as_float() {
        return Ok(Some(f));
    }
    match value.as_int() {
        Some(IntView::Small(i)) => Ok(Some(i as f64)),
        Some(view) => vm.number(view.to_f64()).map(Some),
        None => Ok(None),
    }
}

/// `hash()` of a float: not-a-number by identity.
pub(crate) fn float_hash(value: &Value, f: f64) -> i64 {
    float::hash(f).unwrap_or_else(|| identity_hash(value))
}

/// `hash()` by identity.
pub(crate) fn identity_hash(value: &Value) -> i64 {
    let hash = value.identity().rotate_right(4) as i64;
    if hash == -1 { -2 } else { hash }
}
