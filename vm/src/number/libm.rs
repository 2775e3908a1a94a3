//! The functions of the system's mathematical library that Rust's standard library does not lend.
//!
//! `f64::sin` and its like call the system's library, which is also the one that CPython calls, so results agree to the
//! last bit. For these few, the standard library either has formulas of its own (`asinh`) or nothing stable (`erf`).

use super::float::frexp;
use super::integer::ldexp;

// SAFETY: the declarations are those of C's <math.h>. The functions take and return floats by value, accept every float,
// and keep no state but `errno`, which nobody here reads.
unsafe extern "C" {
    /// The inverse hyperbolic cosine.
    pub safe fn acosh(x: f64) -> f64;
    /// The inverse hyperbolic sine.
    pub safe fn asinh(x: f64) -> f64;
    /// The inverse hyperbolic tangent.
    pub safe fn atanh(x: f64) -> f64;
    /// The error function.
    pub safe fn erf(x: f64) -> f64;
    /// The complementary error function.
    pub safe fn erfc(x: f64) -> f64;
}

/// The cube root as glibc computes it: a polynomial of degree six in the mantissa and one step of Halley's method.
///
/// Rust's runtime brings a `cbrt` of its own, which hides the system's from the linker and rounds better, and so gives
/// other last bits than CPython does.
pub fn cbrt(x: f64) -> f64 {
    const CBRT_2: f64 = 1.259_921_049_894_873_2;
    const CBRT_4: f64 = 1.587_401_051_968_199_6;
    if x == 0.0 || !x.is_finite() {
        return x + x;
    }
    let (mantissa, exponent) = frexp(x.abs());
    let coefficients = [
        0.145_263_899_385_486_37,
        0.784_932_344_976_639_2,
        1.834_692_774_836_130_8,
        2.446_931_225_635_344_4,
        2.114_994_941_673_713,
        1.508_191_937_815_849,
    ];
    // The signs alternate: the polynomial is a0 + (a1 - (a2 - (a3 - ...) m) m) m.
    let inner =
        coefficients[1..].iter().fold(coefficients[0], |sum, coefficient| coefficient - sum * mantissa);
    let guess = 0.354_895_765_043_919_86 + inner * mantissa;
    let cube = guess * guess * guess;
    let root = guess * (cube + 2.0 * mantissa) / (2.0 * cube + mantissa);
    let factor = match exponent % 3 {
        -2 => 1.0 / CBRT_4,
        -1 => 1.0 / CBRT_2,
        1 => CBRT_2,
        2 => CBRT_4,
        _ => 1.0,
    };
    ldexp((root * factor).copysign(x), i64::from(exponent / 3))
}
