//! The gamma function and its logarithm, by Lanczos' approximation as CPython uses it instead of the system's.
//!
//! For x > 0, `gamma(x) = (x + g - 1/2)**(x - 1/2) * exp(-(x + g - 1/2)) * L(x)`, where L is a ratio of two polynomials.
//! For x < 0 there is the reflection formula. See <https://en.wikipedia.org/wiki/Lanczos_approximation>.

#![allow(clippy::excessive_precision, reason = "the digits are those of the exact coefficients")]

use std::f64::consts::PI;

use super::{domain_error, range_error};
use crate::number::error::Result;

const LN_PI: f64 = 1.144_729_885_849_400_2;
const G: f64 = 6.024_680_040_776_729_583_740_234_375;
const G_MINUS_HALF: f64 = 5.524_680_040_776_729_583_740_234_375;

/// The coefficients of both polynomials, lowest power first: the numerator's for this g, and x(x+1)...(x+11).
const COEFFICIENTS: [(f64, f64); 13] = [
    (23_531_376_880.410_759_688_572_007_674_451_636_754_734_846_804_940, 0.0),
    (42_919_803_642.649_098_768_957_899_047_001_988_850_926_355_848_959, 39_916_800.0),
    (35_711_959_237.355_668_049_440_185_451_547_166_705_960_488_635_843, 120_543_840.0),
    (17_921_034_426.037_209_699_919_755_754_458_931_112_671_403_265_390, 150_917_976.0),
    (6_039_542_586.352_028_005_064_291_644_307_297_921_069_938_842_070_8, 105_258_076.0),
    (1_439_720_407.311_721_673_663_223_072_794_912_393_971_548_578_677_2, 45_995_730.0),
    (248_874_557.862_054_156_511_460_386_413_229_423_216_321_251_278_01, 13_339_535.0),
    (31_426_415.585_400_194_380_614_231_628_318_205_362_874_684_987_640, 2_637_558.0),
    (2_876_370.628_935_372_441_225_409_051_620_849_613_599_114_537_876_8, 357_423.0),
    (186_056.265_395_223_495_040_294_989_716_045_699_282_207_842_363_28, 32_670.0),
    (8_071.672_002_365_816_210_638_002_902_272_250_613_821_851_632_502_4, 1_925.0),
    (210.824_277_751_579_345_872_509_733_920_713_362_711_669_695_802_91, 66.0),
    (2.506_628_274_631_000_270_164_908_177_133_837_338_626_431_079_340_8, 1.0),
];

/// L(x) for x > 0; for large x the polynomials are taken in 1/x, so that they do not overflow.
fn lanczos_sum(x: f64) -> f64 {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    if x < 5.0 {
        for (above, below) in COEFFICIENTS.iter().rev() {
            numerator = numerator * x + above;
            denominator = denominator * x + below;
        }
    } else {
        for (above, below) in &COEFFICIENTS {
            numerator = numerator / x + above;
            denominator = denominator / x + below;
        }
    }
    numerator / denominator
}

/// `sin(pi * x)` for finite x, exact at the zeros and accurate around them.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let sine = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1f64.copysign(x) * sine
}

/// `math.gamma`.
///
/// # Errors
/// A domain error at the poles, a range error.
pub fn gamma(x: f64) -> Result<f64> {
    if !x.is_finite() {
        return if x == f64::NEG_INFINITY { Err(domain_error()) } else { Ok(x) };
    }
    if x == x.floor() {
        if x <= 0.0 {
            return Err(domain_error());
        }
        if x <= 23.0 {
            // 22! is the last factorial that is a float.
            return Ok((1..x as u64).fold(1.0, |product, factor| product * factor as f64));
        }
    }
    let magnitude = x.abs();
    let finite = |result: f64| if result.is_infinite() { Err(range_error()) } else { Ok(result) };
    if magnitude < 1e-20 {
        return finite(1.0 / x);
    }
    if magnitude > 200.0 {
        return if x < 0.0 { Ok(0.0 / sin_pi(x)) } else { Err(range_error()) };
    }
    let y = magnitude + G_MINUS_HALF;
    // The rounding error of that sum, which the power below would magnify.
    let error =
        if magnitude > G_MINUS_HALF { y - magnitude - G_MINUS_HALF } else { y - G_MINUS_HALF - magnitude };
    let correction = error * G / y;
    let mut result = if x < 0.0 {
        -PI / sin_pi(magnitude) / magnitude * y.exp() / lanczos_sum(magnitude)
    } else {
        lanczos_sum(magnitude) / y.exp()
    };
    result += if x < 0.0 { -(correction * result) } else { correction * result };
    // Large powers overflow before they are divided, so they are taken in two halves.
    let (power, n_times) =
        if magnitude < 140.0 { (y.powf(magnitude - 0.5), 1) } else { (y.powf(magnitude / 2.0 - 0.25), 2) };
    for _ in 0..n_times {
        result = if x < 0.0 { result / power } else { result * power };
    }
    finite(result)
}

/// `math.lgamma`.
///
/// # Errors
/// A domain error at the poles, a range error.
pub fn lgamma(x: f64) -> Result<f64> {
    if !x.is_finite() {
        return Ok(if x.is_nan() { x } else { f64::INFINITY });
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { Err(domain_error()) } else { Ok(0.0) };
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return Ok(-magnitude.ln());
    }
    let mut result = lanczos_sum(magnitude).ln() - G;
    result += (magnitude - 0.5) * ((magnitude + G - 0.5).ln() - 1.0);
    if x < 0.0 {
        result = LN_PI - sin_pi(magnitude).abs().ln() - magnitude.ln() - result;
    }
    if result.is_infinite() { Err(range_error()) } else { Ok(result) }
}
