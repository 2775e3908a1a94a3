//! The functions of Python's `cmath`, special values as in annex G of C99.

mod special;

use std::f64::consts::{E, LN_2, LN_10, PI};

use super::complex::Complex;
use super::error::Result;
use super::integer::ldexp;
use super::libm;
use super::math::{self, domain_error, range_error};
use special::{Table, lookup};

/// Above this, squares and the like are scaled down first.
const LARGE: f64 = f64::MAX / 4.0;
/// The logarithm of [`LARGE`]: above it, exponentials are taken of the argument less 1.
const LOG_LARGE: f64 = 708.396_418_532_264_1;
/// The square root of [`LARGE`].
const SQRT_LARGE: f64 = 6.703_903_964_971_298e153;
/// The square root of the smallest normal float.
const SQRT_MIN: f64 = 1.491_668_146_240_041_3e-154;
/// Makes every subnormal normal when it multiplies as a power of two.
const SCALE_UP: i64 = 53;
/// Undoes [`SCALE_UP`] after a square root.
const SCALE_DOWN: i64 = -27;

/// `i * z`.
fn times_i(z: Complex) -> Complex {
    Complex::new(-z.im, z.re)
}

/// `-i * z`.
fn over_i(z: Complex) -> Complex {
    Complex::new(z.im, -z.re)
}

fn is_large(z: Complex) -> bool {
    z.re.abs() > LARGE || z.im.abs() > LARGE
}

/// The logarithm of a magnitude that would overflow.
fn log_of_large(z: Complex) -> f64 {
    (z.re / 2.0).hypot(z.im / 2.0).ln() + LN_2 * 2.0
}

/// Fails for an infinite part of what came from finite arguments.
fn in_range(z: Complex) -> Result<Complex> {
    if z.re.is_infinite() || z.im.is_infinite() { Err(range_error()) } else { Ok(z) }
}

/// `cmath.sqrt`.
pub fn sqrt(z: Complex) -> Complex {
    if !z.is_finite() {
        return lookup(Table::Sqrt, z);
    }
    if z.re == 0.0 && z.im == 0.0 {
        return Complex::new(0.0, z.im);
    }
    let (re, im) = (z.re.abs(), z.im.abs());
    // In the first quadrant the real part is sqrt((x + hypot(x, y)) / 2); scaling keeps that sum in range.
    let root = if re < f64::MIN_POSITIVE && im < f64::MIN_POSITIVE {
        let re = ldexp(re, SCALE_UP);
        ldexp((re + re.hypot(ldexp(im, SCALE_UP))).sqrt(), SCALE_DOWN)
    } else {
        let re = re / 8.0;
        2.0 * (re + re.hypot(im / 8.0)).sqrt()
    };
    let other = im / (2.0 * root);
    if z.re >= 0.0 {
        Complex::new(root, other.copysign(z.im))
    } else {
        Complex::new(other, root.copysign(z.im))
    }
}

/// `cmath.acos`.
pub fn acos(z: Complex) -> Complex {
    if !z.is_finite() {
        return lookup(Table::Acos, z);
    }
    if is_large(z) {
        return Complex::new(z.im.abs().atan2(z.re), -log_of_large(z).copysign(z.im));
    }
    let below = sqrt(Complex::new(1.0 - z.re, -z.im));
    let above = sqrt(Complex::new(1.0 + z.re, z.im));
    Complex::new(2.0 * below.re.atan2(above.re), libm::asinh(above.re * below.im - above.im * below.re))
}

/// `cmath.acosh`.
pub fn acosh(z: Complex) -> Complex {
    if !z.is_finite() {
        return lookup(Table::Acosh, z);
    }
    if is_large(z) {
        return Complex::new(log_of_large(z), z.im.atan2(z.re));
    }
    let below = sqrt(Complex::new(z.re - 1.0, z.im));
    let above = sqrt(Complex::new(z.re + 1.0, z.im));
    Complex::new(libm::asinh(below.re * above.re + below.im * above.im), 2.0 * below.im.atan2(above.re))
}

/// `cmath.asin`.
pub fn asin(z: Complex) -> Complex {
    over_i(asinh(times_i(z)))
}

/// `cmath.asinh`.
pub fn asinh(z: Complex) -> Complex {
    if !z.is_finite() {
        return lookup(Table::Asinh, z);
    }
    if is_large(z) {
        let re = if z.im >= 0.0 { log_of_large(z).copysign(z.re) } else { -log_of_large(z).copysign(-z.re) };
        return Complex::new(re, z.im.atan2(z.re.abs()));
    }
    let above = sqrt(Complex::new(1.0 + z.im, -z.re));
    let below = sqrt(Complex::new(1.0 - z.im, z.re));
    Complex::new(
        libm::asinh(above.re * below.im - below.re * above.im),
        z.im.atan2(above.re * below.re - above.im * below.im),
    )
}

/// `cmath.atan`.
///
/// # Errors
/// A domain error at the poles.
pub fn atan(z: Complex) -> Result<Complex> {
    atanh(times_i(z)).map(over_i)
}

/// `cmath.atanh`.
///
/// # Errors
/// A domain error at the poles.
pub fn atanh(z: Complex) -> Result<Complex> {
    if !z.is_finite() {
        return Ok(lookup(Table::Atanh, z));
    }
    if z.re < 0.0 {
        return atanh(-z).map(|mirrored| -mirrored);
    }
    let im = z.im.abs();
    if z.re > SQRT_LARGE || im > SQRT_LARGE {
        // Far out it is 1/z, give or take a quarter turn.
        let half = (z.re / 2.0).hypot(z.im / 2.0);
        return Ok(Complex::new(z.re / 4.0 / half / half, (PI / 2.0).copysign(z.im)));
    }
    if z.re == 1.0 && im < SQRT_MIN {
        if im == 0.0 {
            return Err(domain_error());
        }
        return Ok(Complex::new(
            -(im.sqrt() / im.hypot(2.0).sqrt()).ln(),
            (2f64.atan2(-im) / 2.0).copysign(z.im),
        ));
    }
    Ok(Complex::new(
        (4.0 * z.re / ((1.0 - z.re) * (1.0 - z.re) + im * im)).ln_1p() / 4.0,
        -(-2.0 * z.im).atan2((1.0 - z.re) * (1.0 + z.re) - im * im) / 2.0,
    ))
}

/// `cmath.cos`.
///
/// # Errors
/// A domain or range error.
pub fn cos(z: Complex) -> Result<Complex> {
    cosh(times_i(z))
}

/// What a hyperbolic function or the exponential is where its argument is not finite.
///
/// With an infinite real part and a finite angle, the angle decides the signs; all else is in the table.
fn not_finite(
    z: Complex,
    table: Table,
    at_infinity: impl Fn(f64, f64) -> Complex,
    fails: bool,
) -> Result<Complex> {
    if fails {
        return Err(domain_error());
    }
    if z.re.is_infinite() && z.im.is_finite() && z.im != 0.0 {
        return Ok(at_infinity(z.im.cos(), z.im.sin()));
    }
    Ok(lookup(table, z))
}

/// `cmath.cosh`.
///
/// # Errors
/// A domain or range error.
pub fn cosh(z: Complex) -> Result<Complex> {
    if !z.is_finite() {
        let infinite = |cos: f64, sin: f64| {
            let im = f64::INFINITY.copysign(sin);
            Complex::new(f64::INFINITY.copysign(cos), if z.re > 0.0 { im } else { -im })
        };
        return not_finite(z, Table::Cosh, infinite, z.im.is_infinite() && !z.re.is_nan());
    }
    in_range(if z.re.abs() > LOG_LARGE {
        let less = z.re - 1f64.copysign(z.re);
        Complex::new(z.im.cos() * less.cosh() * E, z.im.sin() * less.sinh() * E)
    } else {
        Complex::new(z.im.cos() * z.re.cosh(), z.im.sin() * z.re.sinh())
    })
}

/// `cmath.sin`.
///
/// # Errors
/// A domain or range error.
pub fn sin(z: Complex) -> Result<Complex> {
    sinh(times_i(z)).map(over_i)
}

/// `cmath.sinh`.
///
/// # Errors
/// A domain or range error.
pub fn sinh(z: Complex) -> Result<Complex> {
    if !z.is_finite() {
        let infinite = |cos: f64, sin: f64| {
            let re = f64::INFINITY.copysign(cos);
            Complex::new(if z.re > 0.0 { re } else { -re }, f64::INFINITY.copysign(sin))
        };
        return not_finite(z, Table::Sinh, infinite, z.im.is_infinite() && !z.re.is_nan());
    }
    in_range(if z.re.abs() > LOG_LARGE {
        let less = z.re - 1f64.copysign(z.re);
        Complex::new(z.im.cos() * less.sinh() * E, z.im.sin() * less.cosh() * E)
    } else {
        Complex::new(z.im.cos() * z.re.sinh(), z.im.sin() * z.re.cosh())
    })
}

/// `cmath.tan`.
///
/// # Errors
/// A domain error.
pub fn tan(z: Complex) -> Result<Complex> {
    tanh(times_i(z)).map(over_i)
}

/// `cmath.tanh`.
///
/// # Errors
/// A domain error.
pub fn tanh(z: Complex) -> Result<Complex> {
    if !z.is_finite() {
        let infinite = |cos: f64, sin: f64| Complex::new(1f64.copysign(z.re), 0f64.copysign(2.0 * sin * cos));
        return not_finite(z, Table::Tanh, infinite, z.im.is_infinite() && z.re.is_finite());
    }
    if z.re.abs() > LOG_LARGE {
        return Ok(Complex::new(
            1f64.copysign(z.re),
            4.0 * z.im.sin() * z.im.cos() * (-2.0 * z.re.abs()).exp(),
        ));
    }
    let (tanh, tan, sech) = (z.re.tanh(), z.im.tan(), 1.0 / z.re.cosh());
    let product = tanh * tan;
    let denominator = 1.0 + product * product;
    Ok(Complex::new(tanh * (1.0 + tan * tan) / denominator, ((tan / denominator) * sech) * sech))
}

/// `cmath.exp`.
///
/// # Errors
/// A domain or range error.
pub fn exp(z: Complex) -> Result<Complex> {
    if !z.is_finite() {
        let size = if z.re > 0.0 { f64::INFINITY } else { 0.0 };
        let infinite = |cos: f64, sin: f64| Complex::new(size.copysign(cos), size.copysign(sin));
        let fails = z.im.is_infinite() && (z.re.is_finite() || z.re == f64::INFINITY);
        return not_finite(z, Table::Exp, infinite, fails);
    }
    in_range(if z.re > LOG_LARGE {
        let length = (z.re - 1.0).exp();
        Complex::new(length * z.im.cos() * E, length * z.im.sin() * E)
    } else {
        let length = z.re.exp();
        Complex::new(length * z.im.cos(), length * z.im.sin())
    })
}

/// `cmath.log` with one argument.
///
/// # Errors
/// A domain error for zero.
pub fn log(z: Complex) -> Result<Complex> {
    if !z.is_finite() {
        return Ok(lookup(Table::Log, z));
    }
    if z.re == 0.0 && z.im == 0.0 {
        return Err(domain_error());
    }
    Ok(log_of_finite(z))
}

fn log_of_finite(z: Complex) -> Complex {
    let (re, im) = (z.re.abs(), z.im.abs());
    let length = if re > LARGE || im > LARGE {
        (re / 2.0).hypot(im / 2.0).ln() + LN_2
    } else if re < f64::MIN_POSITIVE && im < f64::MIN_POSITIVE {
        // The hypotenuse would be subnormal and lack bits.
        ldexp(re, 53).hypot(ldexp(im, 53)).ln() - 53.0 * LN_2
    } else {
        let hypotenuse = re.hypot(im);
        if (0.71..=1.73).contains(&hypotenuse) {
            // Near the unit circle the logarithm is small: take it of the difference to 1.
            let (larger, smaller) = if re > im { (re, im) } else { (im, re) };
            ((larger - 1.0) * (larger + 1.0) + smaller * smaller).ln_1p() / 2.0
        } else {
            hypotenuse.ln()
        }
    };
    Complex::new(length, z.im.atan2(z.re))
}

/// `cmath.log` with two arguments.
///
/// # Errors
/// A domain error for a zero argument, or for base 1.
pub fn log_base(z: Complex, base: Complex) -> Result<Complex> {
    // A failure for the argument alone is forgotten while the base's logarithm is taken.
    let numerator = log(z).unwrap_or_else(|_| Complex::new(f64::NEG_INFINITY, z.im.atan2(z.re)));
    numerator.checked_div(log(base)?).ok_or_else(domain_error)
}

/// `cmath.log10`.
///
/// # Errors
/// A domain error for zero.
pub fn log10(z: Complex) -> Result<Complex> {
    log(z).map(|log| Complex::new(log.re / LN_10, log.im / LN_10))
}

/// `cmath.phase`.
pub fn phase(z: Complex) -> f64 {
    z.im.atan2(z.re)
}

/// `cmath.polar`.
///
/// # Errors
/// A range error.
pub fn polar(z: Complex) -> Result<(f64, f64)> {
    Ok((z.abs().map_err(|_| range_error())?, phase(z)))
}

/// `cmath.rect`.
///
/// # Errors
/// A domain error for an infinite angle.
pub fn rect(length: f64, angle: f64) -> Result<Complex> {
    if !length.is_finite() || !angle.is_finite() {
        let infinite = |cos: f64, sin: f64| {
            let z = Complex::new(f64::INFINITY.copysign(cos), f64::INFINITY.copysign(sin));
            if length > 0.0 { z } else { -z }
        };
        let fails = length != 0.0 && !length.is_nan() && angle.is_infinite();
        return not_finite(Complex::new(length, angle), Table::Rect, infinite, fails);
    }
    Ok(if angle == 0.0 {
        Complex::new(length, length * angle)
    } else {
        Complex::new(length * angle.cos(), length * angle.sin())
    })
}

/// `cmath.isclose`.
///
/// # Errors
/// `ValueError` for a negative tolerance.
pub fn isclose(a: Complex, b: Complex, relative: f64, absolute: f64) -> Result<bool> {
    // The check of the tolerances is the same for floats.
    math::isclose(0.0, 0.0, relative, absolute)?;
    if a == b {
        return Ok(true);
    }
    let infinite = |z: Complex| z.re.is_infinite() || z.im.is_infinite();
    if infinite(a) || infinite(b) {
        return Ok(false);
    }
    let magnitude = |z: Complex| z.abs().unwrap_or(f64::INFINITY);
    let difference = magnitude(a - b);
    Ok(difference <= relative * magnitude(b)
        || difference <= relative * magnitude(a)
        || difference <= absolute)
}
