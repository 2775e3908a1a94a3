//! Between decimal numbers and Python's other values.

use super::arithmetic::{Env, Kind, Number, Parsed, parse, status};
use super::coefficient::Coefficient;
use super::context::Context;
use super::object::Decimal;
use pvm_vm::number::{Int, Integer};
use pvm_vm::object::{Ref, Value};
use pvm_vm::text::unicode;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use std::borrow::Cow;
use std::ops::Deref;

/// An operand: a decimal number, or what an integer makes.
pub enum Operand<'a> {
    /// A `Decimal`'s number.
    Borrowed(&'a Number),
    /// An integer's.
    Owned(Number),
}

impl Deref for Operand<'_> {
    type Target = Number;
    #[inline]
    fn deref(&self) -> &Number {
        match self {
            Operand::Borrowed(number) => number,
            Operand::Owned(number) => number,
        }
    }
}

/// A `Decimal` or an `int` as an operand; `None` for anything else.
#[inline]
pub fn operand(value: &Value) -> Option<Operand<'_>> {
    match value.downcast_ref::<Decimal>() {
        Some(decimal) => Some(Operand::Borrowed(&decimal.number)),
        None => value.as_int().map(|int| Operand::Owned(from_int(int))),
    }
}

/// A `Decimal` or an `int` as an operand.
pub fn required<'a>(vm: &mut Vm, value: &'a Value) -> PyResult<Operand<'a>> {
    match operand(value) {
        Some(operand) => Ok(operand),
        None => {
            let class = value.class().name();
            Err(vm.type_error(format!("conversion from {class} to Decimal is not supported")))
        }
    }
}

/// An integer's number, exactly.
pub fn from_int(int: Int<'_>) -> Number {
    let coefficient = match int {
        Int::Small(small) => Coefficient::from(small.unsigned_abs()),
        Int::Big(big) => match i128::try_from(big) {
            Ok(wide) => Coefficient::from(wide.unsigned_abs()),
            Err(_) => {
                let digits = int.to_radix(10);
                Coefficient::from_digits(digits.trim_start_matches('-').as_bytes())
            }
        },
    };
    Number::finite(int.is_negative(), coefficient, 0)
}

/// A coefficient as an `int`.
pub fn to_int(vm: &mut Vm, negative: bool, coefficient: &Coefficient) -> PyResult {
    if let Some(small) = coefficient.small().and_then(|small| i128::try_from(small).ok()) {
        return Ok(pvm_vm::types::int::Int::from_i128(if negative { -small } else { small }));
    }
    let mut digits = Vec::with_capacity(coefficient.digits() as usize + 20);
    if negative {
        digits.push(b'-');
    }
    coefficient.write_digits(&mut digits);
    match pvm_vm::number::integer::parse(&digits, 10, 0) {
        Ok(Integer::Small(small)) => Ok(Value::int(small)),
        Ok(Integer::Big(big)) => Ok(big.into()),
        Err(_) => Err(vm.memory_error()),
    }
}

/// A finite number's integer part as an `int`.
pub fn truncated(vm: &mut Vm, number: &Number) -> PyResult {
    let coefficient = if number.exponent >= 0 {
        if number.is_zero() {
            return Ok(Value::int(0));
        }
        if Env::widest().too_long(number.digits().saturating_add(number.exponent)) {
            return Err(vm.memory_error());
        }
        number.coefficient.shifted_left(number.exponent)
    } else {
        number.coefficient.shifted_right(-number.exponent)
    };
    to_int(vm, number.negative, &coefficient)
}

/// Text as ASCII: decimal digits of all scripts become ASCII's, and what has no place in a number something invalid.
fn ascii(text: &Ref<Str>, lenient: bool) -> Cow<'_, [u8]> {
    if let Some(ascii) = text.as_ref().as_ascii() {
        if !lenient {
            return Cow::Borrowed(ascii);
        }
        // The separators below the space count as space in Python.
        let is_space = |c: &u8| matches!(c, b' ' | b'\t'..=b'\r' | 0x1c..=0x1f);
        let start = ascii.iter().position(|c| !is_space(c)).unwrap_or(ascii.len());
        let end = ascii.iter().rposition(|c| !is_space(c)).map_or(start, |i| i + 1);
        let inner = &ascii[start..end];
        if !inner.contains(&b'_') {
            return Cow::Borrowed(inner);
        }
        return inner.iter().copied().filter(|c| *c != b'_').collect();
    }
    let codes: Vec<u32> = text.as_ref().code_points().collect();
    let is_space = |code: &u32| unicode::is_space(*code);
    let (mut start, mut end) = (0, codes.len());
    if lenient {
        start = codes.iter().position(|code| !is_space(code)).unwrap_or(codes.len());
        end = codes.iter().rposition(|code| !is_space(code)).map_or(start, |i| i + 1);
    }
    let codes = codes[start..end].iter().filter(|code| !lenient || **code != u32::from(b'_'));
    codes
        .map(|code| match u8::try_from(*code) {
            Ok(byte @ 1..0x80) => byte,
            _ => unicode::decimal(*code).map_or(b'*', |digit| b'0' + digit),
        })
        .collect()
}

/// The number that text shows, exactly. The conditions tell of text that shows none.
pub fn from_text_exact(text: &Ref<Str>) -> (Number, u32) {
    exactly(|env| match parse(&ascii(text, true)) {
        Parsed::Number(number) => env.finalize(number),
        Parsed::Syntax => env.invalid(status::CONVERSION_SYNTAX),
    })
}

/// Runs a conversion under the widest settings, where nothing may be lost.
fn exactly(conversion: impl FnOnce(&mut Env) -> Number) -> (Number, u32) {
    let mut env = Env::widest();
    let number = conversion(&mut env);
    let lost = status::INEXACT | status::ROUNDED | status::CLAMPED;
    if env.status & lost != 0 {
        return (Number::nan(), status::INVALID_OPERATION | env.status & status::MEMORY);
    }
    (number, env.status & (status::ANY_INVALID | status::MEMORY))
}

/// The number that text shows, rounded to a context.
pub fn from_text(text: &Ref<Str>, env: &mut Env) -> Number {
    match parse(&ascii(text, false)) {
        Parsed::Number(number) if payload_fits(&number, env) => env.finalize(number),
        _ => env.invalid(status::CONVERSION_SYNTAX),
    }
}

/// Whether a NaN's payload has room in a context.
pub fn payload_fits(number: &Number, env: &Env) -> bool {
    !number.is_nan() || number.coefficient.is_zero() || number.digits() <= env.prec - i64::from(env.clamp)
}

/// A float's number, exactly.
pub fn from_float(float: f64) -> Number {
    if float.is_nan() {
        return Number::nan().with_sign(float.is_sign_negative());
    }
    if float.is_infinite() {
        return Number::infinity(float < 0.0);
    }
    let bits = float.to_bits();
    let (raw_exponent, fraction) = ((bits >> 52 & 0x7ff) as i64, bits & ((1 << 52) - 1));
    let (mantissa, exponent) = match raw_exponent {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, raw_exponent - 1075),
    };
    let negative = float.is_sign_negative();
    if mantissa == 0 {
        return Number::zero(negative, 0);
    }
    let zeros = i64::from(mantissa.trailing_zeros());
    let (mantissa, exponent) = (mantissa >> zeros, exponent + zeros);
    let coefficient = Coefficient::from(mantissa);
    if exponent >= 0 {
        return Number::finite(negative, coefficient.times(&power(2, exponent)), 0);
    }
    // m / 2^k is m 5^k / 10^k.
    Number::finite(negative, coefficient.times(&power(5, -exponent)), exponent)
}

fn power(base: u64, exponent: i64) -> Coefficient {
    let mut result = Coefficient::ONE;
    let mut square = Coefficient::from(base);
    let mut rest = exponent;
    while rest > 0 {
        if rest & 1 == 1 {
            result = result.times(&square);
        }
        square = square.times(&square);
        rest >>= 1;
    }
    result
}

/// The nearest float.
pub fn to_float(vm: &mut Vm, number: &Number) -> PyResult<f64> {
    let sign = if number.negative { -1.0 } else { 1.0 };
    match number.kind {
        Kind::Signaling => return Err(vm.value_error("cannot convert signaling NaN to float")),
        Kind::Quiet => return Ok(f64::NAN.copysign(sign)),
        Kind::Infinite => return Ok(f64::INFINITY * sign),
        Kind::Finite => {}
    }
    let text = number.to_text(false);
    Ok(pvm_vm::number::float::parse(text.as_bytes()).unwrap_or(0.0))
}

/// The number that a sequence of sign, digits and exponent shows. No context may hold its exponent.
fn from_sequence(vm: &mut Vm, sequence: &Value) -> PyResult<Number> {
    let items = vm.collect(sequence)?;
    let [sign, digits, exponent] = items.as_slice() else {
        return Err(vm.value_error("argument must be a sequence of length 3"));
    };
    let negative = match sign.as_int().map(|sign| sign.to_i64()) {
        Some(Some(0)) => false,
        Some(Some(1)) => true,
        Some(_) => return Err(vm.value_error("sign must be an integer with the value 0 or 1")),
        None => return Err(vm.value_error("sign must be an integer with the value 0 or 1")),
    };
    let kind = match exponent.downcast_ref::<Str>() {
        Some(text) if text.as_ref().equals_str("F") => Kind::Infinite,
        Some(text) if text.as_ref().equals_str("n") => Kind::Quiet,
        Some(text) if text.as_ref().equals_str("N") => Kind::Signaling,
        Some(_) => {
            return Err(vm.value_error("string argument in the third position must be 'F', 'n' or 'N'"));
        }
        None => Kind::Finite,
    };
    let exponent = match (kind, exponent.as_int()) {
        (Kind::Finite, Some(exponent)) => match exponent.to_i64() {
            Some(exponent) => exponent,
            None => return Err(vm.overflow_error("Python int too large to convert to C ssize_t")),
        },
        (Kind::Finite, None) => return Err(vm.value_error("exponent must be an integer")),
        _ => 0,
    };
    let digits = sequence_digits(vm, digits, kind)?;
    let start = digits.iter().take_while(|digit| **digit == b'0').count();
    let coefficient =
        if kind == Kind::Infinite { Coefficient::ZERO } else { Coefficient::from_digits(&digits[start..]) };
    const LIMIT: i64 = 3_000_000_000_000_000_000;
    Ok(Number { coefficient, exponent: exponent.clamp(-LIMIT, LIMIT), kind, negative })
}

fn sequence_digits(vm: &mut Vm, digits: &Value, kind: Kind) -> PyResult<Vec<u8>> {
    let items = match (digits.downcast_ref::<Tuple>(), digits.downcast_ref::<List>()) {
        (Some(tuple), _) => tuple.as_slice().to_vec(),
        (_, Some(list)) => list.to_vec(),
        _ => return Err(vm.value_error("coefficient must be a tuple of digits")),
    };
    // An infinity's digits do not count.
    if kind == Kind::Infinite {
        return Ok(vec![b'0']);
    }
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match item.as_int().and_then(|digit| digit.to_i64()) {
            Some(digit @ 0..=9) => out.push(b'0' + digit as u8),
            _ => return Err(vm.value_error("coefficient must be a tuple of digits")),
        }
    }
    Ok(out)
}

/// `Decimal(value)`, with the conditions under a context.
pub fn from_value_exact(vm: &mut Vm, value: &Value, context: &Ref<Context>) -> PyResult<Number> {
    let (number, conditions) = if let Some(decimal) = value.downcast_ref::<Decimal>() {
        (decimal.number.clone(), 0)
    } else if let Some(text) = value.downcast_ref::<Str>() {
        from_text_exact(text)
    } else if let Some(int) = value.as_int() {
        (from_int(int), 0)
    } else if value.holds::<Tuple>() || value.holds::<List>() {
        let number = from_sequence(vm, value)?;
        exactly(|env| env.finalize(number))
    } else if let Some(float) = value.as_float() {
        context.check(vm, status::FLOAT_OPERATION)?;
        (from_float(float), 0)
    } else {
        let class = value.class().name();
        return Err(vm.type_error(format!("conversion from {class} to Decimal is not supported")));
    };
    context.check(vm, conditions)?;
    Ok(number)
}

/// `Context.create_decimal(value)`: the number, rounded to the context.
pub fn from_value_rounded(vm: &mut Vm, value: &Value, context: &Ref<Context>) -> PyResult {
    if let Some(text) = value.downcast_ref::<Str>() {
        return context.compute(vm, |env| from_text(text, env));
    }
    let number = if value.holds::<Tuple>() || value.holds::<List>() {
        from_sequence(vm, value)?
    } else {
        from_value_exact(vm, value, context)?
    };
    context.compute(vm, |env| {
        if payload_fits(&number, env) { env.finalize(number) } else { env.invalid(status::CONVERSION_SYNTAX) }
    })
}
