//! What becomes an `int`: the constructor, text, `__int__`; and rounding.

use crate::native::{Args, Param, ParamKind, bind};
use crate::number::integer::{self, ParseIntError};
use crate::number::{Int as IntView, Integer};
use crate::object::{Class, Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::int::Int;
use crate::types::number_support::{ascii_number, bytes_like, exact_int};
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};

const NEW_PARAMS: &[Param] = &[
    Param { name: "x", kind: ParamKind::PositionalOnly, required: false },
    Param { name: "base", kind: ParamKind::Positional, required: false },
];

/// `int.__new__`
pub(crate) fn new(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
    let (slots, _extra) = bind::<2, 0, 2>(vm, "int", NEW_PARAMS, args)?;
    let value = match slots {
        [None, None] => Value::int(0),
        [None, Some(_)] => return Err(vm.type_error("int() missing string argument")),
        [Some(x), None] => to_int(vm, x)?,
        [Some(x), Some(base)] => {
            let base = base_argument(vm, base)?;
            if let Some(text) = x.downcast_ref::<Str>() {
                parse_str(vm, text, base)?
            } else if let Some(bytes) = text_bytes(vm, x)? {
                parse_bytes(vm, x, &bytes, base)?
            } else {
                return Err(vm.type_error("int() can't convert non-string with explicit base"));
            }
        }
    };
    if cls.is(&vm.types().int) {
        return Ok(value);
    }
    let number = value.as_int().map_or(Integer::ZERO, IntView::to_owned);
    Ok(Int::with_class(number, cls))
}

fn base_argument(vm: &mut Vm, base: &Value) -> PyResult<u32> {
    let base = vm.to_index(base)?;
    match u32::try_from(base) {
        Ok(base @ (0 | 2..=36)) => Ok(base),
        _ => Err(vm.value_error("int() base must be >= 2 and <= 36, or 0")),
    }
}

/// `bytes` and `bytearray`.
fn text_bytes(vm: &mut Vm, value: &Value) -> PyResult<Option<Vec<u8>>> {
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return Ok(Some(bytes.as_slice().to_vec()));
    }
    let is_bytearray = value.class().mro().iter().any(|c| &*c.name() == "bytearray" && c.bases().len() == 1);
    if is_bytearray { bytes_like(vm, value) } else { Ok(None) }
}

/// `int(value)`: an instance of `int` itself.
pub(crate) fn to_int(vm: &mut Vm, value: &Value) -> PyResult {
    if value.is_small_int() {
        return Ok(value.clone());
    }
    if let Some(text) = value.downcast_ref::<Str>()
        && text.class().is(&vm.types().str)
    {
        return parse_str(vm, text, 10);
    }
    if let Some(convert) = value.class().slots.int.get() {
        let result = convert(vm, value)?;
        if result.class().is(&vm.types().int) {
            return Ok(result);
        }
        let found = result.class().name();
        if result.as_int().is_none() {
            return Err(vm.type_error(format!("__int__ returned non-int (type {found})")));
        }
        vm.warn_deprecated(&format!(
            "__int__ returned non-int (type {found}).  The ability to return an instance of a strict subclass of int is deprecated, and may be removed in a future version of Python."
        ))?;
        return Ok(exact_int(vm, &result));
    }
    if value.class().slots.index.get().is_some() {
        let index = vm.index(value)?;
        return Ok(exact_int(vm, &index));
    }
    let names = vm.names();
    if let Some(truncated) = vm.call_special(value, &names.dunder_trunc, &[])? {
        vm.warn_deprecated("The delegation of int() to __trunc__ is deprecated.")?;
        if truncated.as_int().is_some() {
            return Ok(exact_int(vm, &truncated));
        }
        if truncated.class().slots.index.get().is_none() {
            let found = truncated.class().name();
            return Err(vm.type_error(format!("__trunc__ returned non-Integral (type {found})")));
        }
        let index = vm.index(&truncated)?;
        return Ok(exact_int(vm, &index));
    }
    if let Some(text) = value.downcast_ref::<Str>() {
        return parse_str(vm, text, 10);
    }
    if let Some(bytes) = bytes_like(vm, value)? {
        return parse_bytes(vm, value, &bytes, 10);
    }
    let found = value.class().name();
    Err(vm.type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{found}'"
    )))
}

fn parse_str(vm: &mut Vm, text: &Ref<Str>, base: u32) -> PyResult {
    let limit = vm.interp.int_max_str_digits.get();
    match integer::parse(&ascii_number(text.as_ref()), base, limit) {
        Ok(number) => Ok(number.into()),
        Err(error) => Err(invalid(vm, text.as_value(), base, error)),
    }
}

fn parse_bytes(vm: &mut Vm, value: &Value, bytes: &[u8], base: u32) -> PyResult {
    let limit = vm.interp.int_max_str_digits.get();
    match integer::parse(bytes, base, limit) {
        Ok(number) => Ok(number.into()),
        Err(error) => {
            let shown: Value = if value.holds::<Bytes>() { value.clone() } else { bytes.into() };
            Err(invalid(vm, &shown, base, error))
        }
    }
}

#[cold]
fn invalid(vm: &mut Vm, text: &Value, base: u32, error: ParseIntError) -> Raised {
    if let Some(error) = error.to_number_error() {
        return vm.number_error(error);
    }
    match vm.repr(text) {
        Ok(repr) => {
            let shown: String = repr.to_string().chars().take(200).collect();
            vm.value_error(format!("invalid literal for int() with base {base}: {shown}"))
        }
        Err(raised) => raised,
    }
}

/// What `bytes(value)` holds, for `int.from_bytes`.
pub(crate) fn to_byte_vec(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    let names = vm.names();
    if let Some(made) = vm.call_special(value, &names.dunder_bytes, &[])? {
        return match made.downcast_ref::<Bytes>() {
            Some(bytes) => Ok(bytes.as_slice().to_vec()),
            None => {
                let found = made.class().name();
                Err(vm.type_error(format!("__bytes__ returned non-bytes (type {found})")))
            }
        };
    }
    if let Some(bytes) = bytes_like(vm, value)? {
        return Ok(bytes);
    }
    if value.holds::<Str>() || (value.class().slots.iter.get().is_none() && !vm.is_sequence(value)) {
        let found = value.class().name();
        return Err(vm.type_error(format!("cannot convert '{found}' object to bytes")));
    }
    let mut bytes = Vec::new();
    vm.for_each(value, |vm, item| {
        let index = vm.to_index(&item)?;
        match u8::try_from(index) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Err(vm.value_error("bytes must be in range(0, 256)")),
        }
        Ok(())
    })?;
    Ok(bytes)
}

/// `round(int, ndigits)`: to a multiple of a power of ten, ties to even.
pub(crate) fn round(vm: &mut Vm, this: &Value, ndigits: &Value) -> PyResult {
    let digits = ndigits.as_int().unwrap_or(IntView::Small(0));
    if !digits.is_negative() {
        return Ok(exact_int(vm, this));
    }
    let number = this.as_int().unwrap_or(IntView::Small(0));
    let places = -digits;
    // A power of ten far above the number rounds it to zero; that power is never computed.
    match places.as_int().to_u64() {
        Some(places) if places <= number.bit_length() / 3 + 2 => {}
        _ => return Ok(Value::int(0)),
    }
    let power = vm.number(IntView::Small(10).pow(places.as_int()))?;
    let (quotient, remainder) = vm.number(number.divmod(power.as_int()))?;
    let twice = remainder.as_int() + remainder.as_int();
    let up = match twice.as_int().cmp(&power.as_int()) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => quotient.as_int().is_odd(),
    };
    let lower = number - remainder.as_int();
    Ok(if up { lower.as_int() + power.as_int() } else { lower }.into())
}
