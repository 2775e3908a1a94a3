//! Arithmetic on constants, with Python's rules and to the last bit.

use num_bigint::{BigInt, Sign};
use num_traits::{One, Signed, ToPrimitive, Zero};
use pvm_pycfile::Constant;
use rustpython_ast::Operator;

/// A number; `True` and `False` are integers.
#[derive(Clone, Debug)]
pub(super) enum Number {
    Int(BigInt),
    Float(f64),
    Complex(Complex),
}

/// Real and imaginary part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complex {
    real: f64,
    imag: f64,
}

impl Number {
    /// The value of a constant that is a number.
    pub fn of(constant: &Constant) -> Option<Number> {
        match constant {
            Constant::Bool(value) => Some(Number::Int(BigInt::from(i32::from(*value)))),
            Constant::Int(value) => Some(Number::Int(BigInt::from(*value))),
            Constant::BigInt(value) => Some(Number::Int(BigInt::clone(value))),
            Constant::Float(value) => Some(Number::Float(*value)),
            Constant::Complex(real, imag) => Some(Number::Complex(Complex { real: *real, imag: *imag })),
            _ => None,
        }
    }

    pub fn negate(self) -> Number {
        match self {
            Number::Int(value) => Number::Int(-value),
            Number::Float(value) => Number::Float(-value),
            Number::Complex(z) => Number::Complex(Complex { real: -z.real, imag: -z.imag }),
        }
    }

    /// `float(self)`; `None` for an integer that is too large, and for complex numbers.
    fn to_float(&self) -> Option<f64> {
        match self {
            Number::Int(value) => value.to_f64().filter(|value| value.is_finite()),
            Number::Float(value) => Some(*value),
            Number::Complex(_) => None,
        }
    }

    fn to_complex(&self) -> Option<Complex> {
        match self {
            Number::Complex(z) => Some(*z),
            _ => Some(Complex { real: self.to_float()?, imag: 0.0 }),
        }
    }
}

impl From<Number> for Constant {
    fn from(number: Number) -> Constant {
        match number {
            Number::Int(value) => super::integer(&value),
            Number::Float(value) => Constant::Float(value),
            Number::Complex(z) => Constant::Complex(z.real, z.imag),
        }
    }
}

/// Applies a binary operator; `None` where that raises.
pub(super) fn binary(op: Operator, left: Number, right: Number) -> Option<Number> {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => int_binary(op, &left, &right),
        (left @ Number::Complex(_), right) | (left, right @ Number::Complex(_)) => {
            complex_binary(op, left.to_complex()?, right.to_complex()?).map(Number::Complex)
        }
        (left, right) => float_binary(op, left.to_float()?, right.to_float()?),
    }
}

fn int_binary(op: Operator, left: &BigInt, right: &BigInt) -> Option<Number> {
    let result = match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left * right,
        Operator::Div => return true_divide(left, right).map(Number::Float),
        Operator::FloorDiv => floor_divide(left, right)?.0,
        Operator::Mod => floor_divide(left, right)?.1,
        Operator::Pow if right.is_negative() => {
            let float = |value: &BigInt| value.to_f64().filter(|value| value.is_finite());
            return float_binary(op, float(left)?, float(right)?);
        }
        // `0 ** n` and `1 ** n` have no limit on n.
        Operator::Pow if right.is_zero() => BigInt::one(),
        Operator::Pow if left.is_zero() => BigInt::zero(),
        Operator::Pow => left.pow(right.to_u32()?),
        Operator::LShift if right.is_negative() => return None,
        Operator::LShift if left.is_zero() => BigInt::zero(),
        Operator::LShift => left << right.to_u32()?,
        Operator::RShift if right.is_negative() => return None,
        Operator::RShift => match right.to_u64() {
            Some(count) => left >> count,
            None => BigInt::from(if left.is_negative() { -1 } else { 0 }),
        },
        Operator::BitOr => left | right,
        Operator::BitXor => left ^ right,
        Operator::BitAnd => left & right,
        Operator::MatMult => return None,
    };
    Some(Number::Int(result))
}

/// Quotient rounded down, and the remainder with the divisor's sign.
fn floor_divide(left: &BigInt, right: &BigInt) -> Option<(BigInt, BigInt)> {
    if right.is_zero() {
        return None;
    }
    let (mut quotient, mut remainder) = (left / right, left % right);
    if !remainder.is_zero() && remainder.is_negative() != right.is_negative() {
        quotient -= 1;
        remainder += right;
    }
    Some((quotient, remainder))
}

/// The float nearest to the exact quotient, ties to even.
fn true_divide(left: &BigInt, right: &BigInt) -> Option<f64> {
    const MANTISSA: i64 = f64::MANTISSA_DIGITS as i64;
    const MIN_EXP: i64 = f64::MIN_EXP as i64;
    if right.is_zero() {
        return None;
    }
    let sign = if (left.sign() == Sign::Minus) != (right.sign() == Sign::Minus) { -1.0 } else { 1.0 };
    if left.is_zero() {
        return Some(sign * 0.0);
    }
    let (dividend, divisor) = (left.magnitude(), right.magnitude());
    if dividend.bits() <= MANTISSA as u64 && divisor.bits() <= MANTISSA as u64 {
        return Some(sign * (dividend.to_f64()? / divisor.to_f64()?));
    }
    let magnitude_difference = dividend.bits() as i64 - divisor.bits() as i64;
    if magnitude_difference > i64::from(f64::MAX_EXP) {
        return None;
    }
    if magnitude_difference < MIN_EXP - MANTISSA - 1 {
        return Some(sign * 0.0);
    }
    // A quotient with two or three bits to spare, and whether what follows them is all zeros.
    let shift = magnitude_difference.max(MIN_EXP) - MANTISSA - 2;
    let (scaled, mut inexact) = if shift <= 0 {
        (dividend << shift.unsigned_abs(), false)
    } else {
        let lost = dividend.trailing_zeros().unwrap_or(0) < shift as u64;
        (dividend >> shift as u64, lost)
    };
    let quotient = &scaled / divisor;
    inexact |= !(&scaled % divisor).is_zero();
    let mut quotient = quotient.to_u64()?;
    let bits = i64::from(u64::BITS - quotient.leading_zeros());
    let extra = bits.max(MIN_EXP - shift) - MANTISSA;
    let half = 1_u64 << (extra - 1);
    let low = quotient | u64::from(inexact);
    if low & half != 0 && low & (3 * half - 1) != 0 {
        quotient += half;
    }
    quotient &= !(2 * half - 1);
    let result = scale(quotient as f64, shift);
    result.is_finite().then_some(sign * result)
}

/// `value * 2 ** exponent`, for values all of whose bits the result can hold.
fn scale(mut value: f64, mut exponent: i64) -> f64 {
    while exponent != 0 {
        let step = exponent.clamp(-1000, 1000);
        value *= 2.0_f64.powi(step as i32);
        exponent -= step;
    }
    value
}

fn float_binary(op: Operator, left: f64, right: f64) -> Option<Number> {
    let result = match op {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mult => left * right,
        Operator::Div if right == 0.0 => return None,
        Operator::Div => left / right,
        Operator::FloorDiv => float_floor_divide(left, right)?,
        Operator::Mod => float_remainder(left, right)?,
        Operator::Pow => return float_power(left, right),
        _ => return None,
    };
    Some(Number::Float(result))
}

/// The remainder with the divisor's sign, also where it is zero.
fn float_remainder(left: f64, right: f64) -> Option<f64> {
    if right == 0.0 {
        return None;
    }
    let remainder = left % right;
    Some(if remainder == 0.0 {
        0.0_f64.copysign(right)
    } else if (right < 0.0) != (remainder < 0.0) {
        remainder + right
    } else {
        remainder
    })
}

fn float_floor_divide(left: f64, right: f64) -> Option<f64> {
    if right == 0.0 {
        return None;
    }
    let remainder = left % right;
    let mut quotient = (left - remainder) / right;
    if remainder != 0.0 && (right < 0.0) != (remainder < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return Some(0.0_f64.copysign(left / right));
    }
    // The subtraction above may have rounded.
    let floor = quotient.floor();
    Some(if quotient - floor > 0.5 { floor + 1.0 } else { floor })
}

fn float_power(base: f64, exponent: f64) -> Option<Number> {
    if base == 0.0 && exponent < 0.0 && exponent.is_finite() {
        return None;
    }
    // What is not a number keeps its sign, which C leaves open.
    if base.is_nan() && exponent != 0.0 {
        return Some(Number::Float(base));
    }
    if exponent.is_nan() && base != 1.0 {
        return Some(Number::Float(exponent));
    }
    if base.is_infinite() || exponent.is_infinite() || base == 0.0 || base == 1.0 || exponent == 0.0 {
        // C's rules are Python's here.
        return Some(Number::Float(base.powf(exponent)));
    }
    if base < 0.0 && exponent != exponent.floor() {
        let real = |real| Complex { real, imag: 0.0 };
        return complex_power(real(base), real(exponent)).map(Number::Complex);
    }
    let result = base.powf(exponent);
    result.is_finite().then_some(Number::Float(result))
}

fn complex_binary(op: Operator, left: Complex, right: Complex) -> Option<Complex> {
    match op {
        Operator::Add => Some(Complex { real: left.real + right.real, imag: left.imag + right.imag }),
        Operator::Sub => Some(Complex { real: left.real - right.real, imag: left.imag - right.imag }),
        Operator::Mult => Some(product(left, right)),
        Operator::Div => quotient(left, right),
        Operator::Pow => complex_power(left, right),
        _ => None,
    }
}

fn product(left: Complex, right: Complex) -> Complex {
    Complex {
        real: left.real * right.real - left.imag * right.imag,
        imag: left.real * right.imag + left.imag * right.real,
    }
}

/// Divides both by the larger part of the divisor first, against overflow.
fn quotient(left: Complex, right: Complex) -> Option<Complex> {
    let (abs_real, abs_imag) = (right.real.abs(), right.imag.abs());
    if abs_real >= abs_imag {
        if abs_real == 0.0 {
            return None;
        }
        let ratio = right.imag / right.real;
        let divisor = right.real + right.imag * ratio;
        let real = (left.real + left.imag * ratio) / divisor;
        Some(Complex { real, imag: (left.imag - left.real * ratio) / divisor })
    } else if abs_imag >= abs_real {
        let ratio = right.real / right.imag;
        let divisor = right.real * ratio + right.imag;
        let real = (left.real * ratio + left.imag) / divisor;
        Some(Complex { real, imag: (left.imag * ratio - left.real) / divisor })
    } else {
        Some(Complex { real: f64::NAN, imag: f64::NAN })
    }
}

fn complex_power(base: Complex, exponent: Complex) -> Option<Complex> {
    let whole = exponent.imag == 0.0 && exponent.real == exponent.real.floor();
    let result = if whole && exponent.real.abs() <= 100.0 {
        let count = exponent.real as i32;
        let power = natural_power(base, count.unsigned_abs());
        if count > 0 { power } else { quotient(Complex { real: 1.0, imag: 0.0 }, power)? }
    } else if exponent.real == 0.0 && exponent.imag == 0.0 {
        Complex { real: 1.0, imag: 0.0 }
    } else if base.real == 0.0 && base.imag == 0.0 {
        if exponent.imag != 0.0 || exponent.real < 0.0 {
            return None;
        }
        Complex { real: 0.0, imag: 0.0 }
    } else {
        let abs = base.real.hypot(base.imag);
        let mut length = abs.powf(exponent.real);
        let angle = base.imag.atan2(base.real);
        let mut phase = angle * exponent.real;
        if exponent.imag != 0.0 {
            length /= (angle * exponent.imag).exp();
            phase += exponent.imag * abs.ln();
        }
        if phase.is_infinite() {
            return None;
        }
        Complex { real: length * phase.cos(), imag: length * phase.sin() }
    };
    (!result.real.is_infinite() && !result.imag.is_infinite()).then_some(result)
}

/// By squaring, from the lowest bit of the exponent.
fn natural_power(base: Complex, exponent: u32) -> Complex {
    let mut result = Complex { real: 1.0, imag: 0.0 };
    let mut square = base;
    let mut mask = 1;
    while exponent >= mask {
        if exponent & mask != 0 {
            result = product(result, square);
        }
        mask <<= 1;
        square = product(square, square);
    }
    result
}
