//! The functions of Python's `math`, with its failures: a result that is not a number for arguments that are is a domain
//! error, an infinite one for finite arguments a range error, unless the function has a pole there.

mod gamma;
mod sums;

pub use gamma::{gamma, lgamma};
pub use sums::{CompensatedSum, ExactSum, ProductSum, dist, hypot};

use super::error::{NumberError, Result};
use super::float::{self, frexp};
use super::integer::{Int, ldexp as scale};
use super::libm;

/// `ValueError: math domain error`.
#[cold]
pub fn domain_error() -> NumberError {
    NumberError::value("math domain error")
}

/// `OverflowError: math range error`.
#[cold]
pub fn range_error() -> NumberError {
    NumberError::overflow("math range error")
}

/// Checks the result of a function of one argument that has poles but cannot overflow.
fn pole(argument: f64, result: f64) -> Result<f64> {
    let failed = result.is_nan() && !argument.is_nan() || result.is_infinite() && argument.is_finite();
    if failed { Err(domain_error()) } else { Ok(result) }
}

/// Checks the result of a function of one argument that can overflow.
fn overflowing(argument: f64, result: f64) -> Result<f64> {
    if result.is_infinite() && argument.is_finite() { Err(range_error()) } else { pole(argument, result) }
}

/// Checks the result of a function of two arguments.
fn binary(left: f64, right: f64, result: f64) -> Result<f64> {
    if result.is_nan() && !left.is_nan() && !right.is_nan() {
        return Err(domain_error());
    }
    if result.is_infinite() && left.is_finite() && right.is_finite() {
        return Err(range_error());
    }
    Ok(result)
}

macro_rules! unary_functions {
    ($($(#[$doc:meta])* $name:ident = $check:ident($call:expr);)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// A domain or range error, as the module says.
        pub fn $name(x: f64) -> Result<f64> {
            let call: fn(f64) -> f64 = $call;
            $check(x, call(x))
        }
    )*};
}

unary_functions! {
    /// `math.acos`.
    acos = pole(f64::acos);
    /// `math.acosh`.
    acosh = pole(|x| libm::acosh(x));
    /// `math.asin`.
    asin = pole(f64::asin);
    /// `math.asinh`.
    asinh = pole(|x| libm::asinh(x));
    /// `math.atan`.
    atan = pole(f64::atan);
    /// `math.atanh`.
    atanh = pole(|x| libm::atanh(x));
    /// `math.cbrt`.
    cbrt = pole(|x| libm::cbrt(x));
    /// `math.cos`.
    cos = pole(f64::cos);
    /// `math.cosh`.
    cosh = overflowing(f64::cosh);
    /// `math.exp`.
    exp = overflowing(f64::exp);
    /// `math.exp2`.
    exp2 = overflowing(f64::exp2);
    /// `math.expm1`.
    expm1 = overflowing(f64::exp_m1);
    /// `math.log1p`.
    log1p = pole(f64::ln_1p);
    /// `math.sin`.
    sin = pole(f64::sin);
    /// `math.sinh`.
    sinh = overflowing(f64::sinh);
    /// `math.sqrt`.
    sqrt = pole(f64::sqrt);
    /// `math.tan`.
    tan = pole(f64::tan);
    /// `math.tanh`.
    tanh = pole(f64::tanh);
}

/// `math.erf`.
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// `math.erfc`.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// `math.degrees`.
pub fn degrees(x: f64) -> f64 {
    x * (180.0 / std::f64::consts::PI)
}

/// `math.radians`.
pub fn radians(x: f64) -> f64 {
    x * (std::f64::consts::PI / 180.0)
}

/// `math.atan2`.
///
/// # Errors
/// None in practice; the check is that of all functions of two arguments.
pub fn atan2(y: f64, x: f64) -> Result<f64> {
    binary(y, x, y.atan2(x))
}

/// `math.fmod`: C's, with the sign of the dividend.
///
/// # Errors
/// A domain error for an infinite dividend or a zero divisor.
pub fn fmod(x: f64, y: f64) -> Result<f64> {
    if y.is_infinite() && x.is_finite() {
        return Ok(x);
    }
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() { Err(domain_error()) } else { Ok(result) }
}

/// `math.remainder`: IEEE 754's, the difference to the nearest multiple, which is exact.
///
/// # Errors
/// A domain error for an infinite dividend or a zero divisor.
pub fn remainder(x: f64, y: f64) -> Result<f64> {
    if x.is_nan() {
        return Ok(x);
    }
    if y.is_nan() {
        return Ok(y);
    }
    if x.is_infinite() || y == 0.0 {
        return Err(domain_error());
    }
    if y.is_infinite() {
        return Ok(x);
    }
    let (magnitude, divisor) = (x.abs(), y.abs());
    let modulo = magnitude % divisor;
    // Half of the divisor may not be a float, but comparing with what is missing to the next multiple works all the same:
    // that difference is exact wherever rounding could change the outcome.
    let missing = divisor - modulo;
    let result = if modulo < missing {
        modulo
    } else if modulo > missing {
        -missing
    } else {
        // A tie goes to the even multiple: half of the quotient is whole exactly when the quotient is even.
        modulo - 2.0 * ((0.5 * (magnitude - modulo)) % divisor)
    };
    Ok(1f64.copysign(x) * result)
}

/// `math.pow`.
///
/// # Errors
/// A domain error for a negative power of zero or a fractional one of a negative number; a range error.
pub fn pow(x: f64, y: f64) -> Result<f64> {
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || result.is_infinite() && x == 0.0 {
            return Err(domain_error());
        }
        if result.is_infinite() {
            return Err(range_error());
        }
    }
    Ok(result)
}

/// `math.modf`: fraction and whole part, both with the argument's sign.
pub fn modf(x: f64) -> (f64, f64) {
    if x.is_infinite() {
        return (0f64.copysign(x), x);
    }
    let whole = x.trunc();
    ((x - whole).copysign(x), whole)
}

/// `math.frexp`.
pub fn mantissa_exponent(x: f64) -> (f64, i32) {
    frexp(x)
}

/// `math.ldexp`.
///
/// # Errors
/// A range error.
pub fn ldexp(x: f64, exponent: Int<'_>) -> Result<f64> {
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    // Exponents past these change nothing any more.
    const LIMIT: i64 = 1 << 20;
    let saturated = if exponent.is_negative() { -LIMIT } else { LIMIT };
    let exponent = exponent.to_i64().map_or(saturated, |exponent| exponent.clamp(-LIMIT, LIMIT));
    let result = scale(x, exponent);
    if result.is_infinite() { Err(range_error()) } else { Ok(result) }
}

/// `math.nextafter(x, y, steps=steps)`; without steps it is one.
pub fn nextafter(x: f64, y: f64, steps: u64) -> f64 {
    const SIGN: u64 = 1 << 63;
    if steps == 0 || x.is_nan() {
        return x;
    }
    if y.is_nan() || x.to_bits() == y.to_bits() {
        return y;
    }
    // Floats of one sign are ordered as their bits are; two signs meet at zero.
    let (from, to) = (x.to_bits(), y.to_bits());
    let (from_zero, to_zero) = (from & !SIGN, to & !SIGN);
    if (from ^ to) & SIGN != 0 {
        return if from_zero + to_zero <= steps {
            y
        } else if from_zero < steps {
            f64::from_bits(to & SIGN | (steps - from_zero))
        } else {
            f64::from_bits(from - steps)
        };
    }
    if from_zero.abs_diff(to_zero) < steps {
        y
    } else if from_zero > to_zero {
        f64::from_bits(from - steps)
    } else {
        f64::from_bits(from + steps)
    }
}

/// `math.ulp`.
pub fn ulp(x: f64) -> f64 {
    let x = x.abs();
    if !x.is_finite() {
        return x;
    }
    let next = nextafter(x, f64::INFINITY, 1);
    if next.is_infinite() { x - nextafter(x, f64::NEG_INFINITY, 1) } else { next - x }
}

/// `math.isclose`, and that of `cmath` on magnitudes.
///
/// # Errors
/// `ValueError` for a negative tolerance.
pub fn isclose(a: f64, b: f64, relative: f64, absolute: f64) -> Result<bool> {
    if relative < 0.0 || absolute < 0.0 {
        return Err(NumberError::value("tolerances must be non-negative"));
    }
    if a == b {
        return Ok(true);
    }
    if a.is_infinite() || b.is_infinite() {
        return Ok(false);
    }
    let difference = (b - a).abs();
    Ok(difference <= (relative * b).abs() || difference <= (relative * a).abs() || difference <= absolute)
}

/// Which logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logarithm {
    /// `math.log` with one argument.
    Natural,
    /// `math.log2`.
    Binary,
    /// `math.log10`.
    Decimal,
}

impl Logarithm {
    fn positive(self, x: f64) -> f64 {
        match self {
            Self::Natural => x.ln(),
            Self::Binary => x.log2(),
            Self::Decimal => x.log10(),
        }
    }

    /// The logarithm of a float.
    ///
    /// # Errors
    /// A domain error for what is not positive.
    pub fn of_float(self, x: f64) -> Result<f64> {
        if x.is_nan() {
            Ok(x)
        } else if x <= 0.0 {
            Err(domain_error())
        } else {
            Ok(self.positive(x))
        }
    }

    /// The logarithm of an integer of any size.
    ///
    /// # Errors
    /// A domain error for what is not positive.
    pub fn of_int(self, x: Int<'_>) -> Result<f64> {
        if x.is_negative() || x.is_zero() {
            return Err(domain_error());
        }
        if let Ok(x) = x.to_f64() {
            return Ok(self.positive(x));
        }
        let (mantissa, exponent) = x.to_mantissa_exponent();
        Ok(self.positive(mantissa) + self.positive(2.0) * exponent as f64)
    }
}

/// `math.log(x, base)` from the natural logarithms of the two.
///
/// # Errors
/// `ZeroDivisionError` for base 1.
pub fn log_ratio(x: f64, base: f64) -> Result<f64> {
    float::divide(x, base)
}
