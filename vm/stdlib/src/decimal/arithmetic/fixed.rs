//! Exponentials and logarithms of fixed-point numbers.
//!
//! A fixed-point number is a coefficient that counts units of 10^-scale. The scale is a multiple of a limb's
//! digits, so that a product is brought back to it by dropping whole limbs.

use super::super::coefficient::Coefficient;
use super::number::Number;

const LIMB_DIGITS: i64 = 19;

/// ln(10) in units of 10^-304, by limbs, lowest first.
static LN10: [u64; 17] = [
    6_194_044_002_221_051_017,
    5_048_934_314_939_391_479,
    6_747_440_424_327_436_515,
    2_876_982_198_867_465_436,
    7_732_628_846_163_366_222,
    9_852_839_350_530_896_537,
    6_808_437_998_948_262_331,
    1_689_482_907_208_325_554,
    675_666_628_736_909_878,
    2_486_334_095_254_650_828,
    8_298_341_967_784_042_286,
    5_248_023_599_720_508_959,
    3_279_009_675_726_096_773,
    1_101_488_628_772_976_033,
    1_799_145_468_436_420_760,
    3_025_850_929_940_456_840,
    2,
];

/// Digits after the point of [`LN10`].
const LN10_SCALE: i64 = 16 * LIMB_DIGITS;

/// A scale.
#[derive(Clone, Copy)]
pub struct Fixed {
    scale: i64,
}

impl Fixed {
    /// At least so many digits after the point.
    pub fn new(digits: i64) -> Fixed {
        Fixed { scale: digits.max(1).div_euclid(LIMB_DIGITS) * LIMB_DIGITS + LIMB_DIGITS }
    }

    /// Digits after the point.
    pub fn scale(self) -> i64 {
        self.scale
    }

    /// 1
    pub fn one(self) -> Coefficient {
        Coefficient::ONE.shifted_left(self.scale)
    }

    /// The magnitude of a number, cut off.
    pub fn magnitude(self, number: &Number) -> Coefficient {
        self.scaled(&number.coefficient, number.exponent)
    }

    /// `coefficient * 10^exponent`, cut off.
    pub fn scaled(self, coefficient: &Coefficient, exponent: i64) -> Coefficient {
        let shift = self.scale + exponent;
        if shift >= 0 { coefficient.shifted_left(shift) } else { coefficient.shifted_right(-shift) }
    }

    fn multiply(self, a: &Coefficient, b: &Coefficient) -> Coefficient {
        a.times(b).shifted_right(self.scale)
    }

    /// `a / b`
    pub fn divide(self, a: &Coefficient, b: &Coefficient) -> Coefficient {
        a.shifted_left(self.scale).divided(b).0
    }

    /// ln(10), cut off.
    pub fn ln10(self) -> Coefficient {
        if self.scale <= LN10_SCALE {
            return Coefficient::from_constant(&LN10).shifted_right(LN10_SCALE - self.scale);
        }
        // 46 artanh(1/31) + 34 artanh(1/49) + 20 artanh(1/161), with digits to spare.
        let wide = Fixed { scale: self.scale + LIMB_DIGITS };
        let parts = [(46u64, 31u64), (34, 49), (20, 161)]
            .map(|(factor, inverse)| wide.artanh_of_inverse(inverse).times(&Coefficient::from(factor)));
        let sum = parts[0].plus(&parts[1]).plus(&parts[2]);
        sum.shifted_right(LIMB_DIGITS)
    }

    fn artanh_of_inverse(self, inverse: u64) -> Coefficient {
        let mut power = self.one().divided_by_u64(inverse);
        let mut sum = power.clone();
        let mut n = 3;
        while !power.is_zero() {
            power = power.divided_by_u64(inverse * inverse);
            sum = sum.plus(&power.divided_by_u64(n));
            n += 2;
        }
        sum
    }

    /// How often an exponential halves its argument: about as often as its series then has terms.
    fn halvings(self) -> u32 {
        let bits = self.scale as u64 * 10 / 3;
        (bits.isqrt() / 2).min(60) as u32
    }

    /// Results of [`Fixed::exp`] and [`Fixed::ln`] are off by less than 10^noise units: the series adds less
    /// than two units a term, and each squaring doubles a relative error.
    pub fn noise(self) -> i64 {
        let terms = Coefficient::from(self.scale as u64).digits();
        i64::from(self.halvings()) * 31 / 100 + terms + 4
    }

    /// `e^x` for `0 <= x < 10`.
    pub fn exp(self, x: &Coefficient) -> Coefficient {
        let halvings = self.halvings();
        let x = x.divided_by_u64(1 << halvings);
        let mut term = self.one();
        let mut sum = term.clone();
        let mut n = 1;
        loop {
            term = self.multiply(&term, &x).divided_by_u64(n);
            if term.is_zero() {
                break;
            }
            sum = sum.plus(&term);
            n += 1;
        }
        for _ in 0..halvings {
            sum = self.multiply(&sum, &sum);
        }
        sum
    }

    /// `ln(m)` for `1 <= m < 10`.
    ///
    /// The root of `e^y - m` by Halley's iteration, which triples the number of good digits, from a float's.
    pub fn ln(self, m: &Coefficient) -> Coefficient {
        // The scales of the steps, last to first. What goes into a step has a third of its digits, which the step
        // before must make in spite of its noise.
        let mut scales = vec![self];
        let mut good = self.scale / 3 + 1;
        while good > 14 {
            let fixed = Fixed::new(good + Fixed::new(good).noise());
            scales.push(Fixed { scale: fixed.scale.min(self.scale) });
            good = good / 3 + 1;
        }
        let first = m.shifted_right(self.scale - 18).to_u64().unwrap_or(0) as f64 / 1e18;
        let mut scale = 17;
        let mut y = Coefficient::from((first.ln() * 1e17) as u64);
        for fixed in scales.into_iter().rev() {
            y = if fixed.scale >= scale {
                y.shifted_left(fixed.scale - scale)
            } else {
                y.shifted_right(scale - fixed.scale)
            };
            scale = fixed.scale;
            let target = m.shifted_right(self.scale - scale);
            y = fixed.halley_step(&y, &target);
        }
        if scale < self.scale { y.shifted_left(self.scale - scale) } else { y }
    }

    /// `y + 2 (m - e^y) / (m + e^y)`
    fn halley_step(self, y: &Coefficient, m: &Coefficient) -> Coefficient {
        let e = self.exp(y);
        let sum = m.plus(&e);
        let part = |difference: Coefficient| self.divide(&difference.plus(&difference), &sum);
        if *m >= e { y.plus(&part(m.minus(&e))) } else { y.minus(&part(e.minus(m)).min(y.clone())) }
    }

    /// `|ln(1 + t)|` from `s = t / (2 + t)`: twice the inverse hyperbolic tangent, for a small `s`.
    pub fn ln_near_one(self, s: &Coefficient) -> Coefficient {
        let square = self.multiply(s, s);
        let mut power = s.clone();
        let mut sum = s.clone();
        let mut n = 3;
        loop {
            power = self.multiply(&power, &square);
            if power.is_zero() {
                break;
            }
            sum = sum.plus(&power.divided_by_u64(n));
            n += 2;
        }
        sum.plus(&sum)
    }
}
