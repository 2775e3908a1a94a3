//! Floats as decimal text: the conversions behind `repr`, `format`, f-strings and `%`.
//!
//! Digits are exact at any precision: a float's decimal expansion is finite, and what lies past its end is zeros.

use std::fmt::{self, Write};

use smallvec::SmallVec;

/// A conversion, with its precision where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatFormat {
    /// `'e'`: one digit, the point, so many more digits, and an exponent.
    Exponent(usize),
    /// `'f'`: so many digits after the point.
    Fixed(usize),
    /// `'g'`: so many significant digits; with an exponent where that is shorter.
    General(usize),
    /// `'%'`: the value times 100 as [`FloatFormat::Fixed`], and a percent sign.
    Percent(usize),
    /// `'r'`: the shortest digits that read back as the same float.
    Repr,
}

/// How a conversion is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FloatOptions {
    /// Always a point, and no trailing zeros removed: the flag `#`.
    pub alternate: bool,
    /// `.0` after a result that would look like an integer.
    pub add_point_zero: bool,
    /// A plus sign before what is not negative.
    pub always_sign: bool,
    /// Upper-case letters.
    pub upper_case: bool,
}

/// The significant digits of a magnitude, without trailing zeros (zero is the digit 0), and where the point belongs:
/// the value is `0.DIGITS * 10**point`.
struct Decimal {
    digits: SmallVec<[u8; 32]>,
    point: i32,
}

/// Collects the digits of a number that Rust writes, and its exponent.
#[derive(Default)]
struct DecimalWriter {
    digits: SmallVec<[u8; 32]>,
    n_before_point: Option<usize>,
    exponent: Option<(bool, i32)>,
}

impl Write for DecimalWriter {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            match (byte, &mut self.exponent) {
                (b'.', _) => self.n_before_point = Some(self.digits.len()),
                (b'e', _) => {
                    self.n_before_point.get_or_insert(self.digits.len());
                    self.exponent = Some((false, 0));
                }
                (b'-', Some((negative, _))) => *negative = true,
                (b'+', Some(_)) => {}
                (digit, Some((_, exponent))) => *exponent = *exponent * 10 + i32::from(digit - b'0'),
                (digit, None) => self.digits.push(digit),
            }
        }
        Ok(())
    }
}

impl DecimalWriter {
    fn finish(mut self) -> Decimal {
        let exponent =
            self.exponent.map_or(0, |(negative, exponent)| if negative { -exponent } else { exponent });
        let mut point = self.n_before_point.unwrap_or(self.digits.len()) as i32 + exponent;
        let n_zeros = self.digits.iter().take_while(|&&digit| digit == b'0').count();
        if n_zeros == self.digits.len() {
            return Decimal { digits: SmallVec::from_slice(b"0"), point: 1 };
        }
        if n_zeros > 0 {
            self.digits.drain(..n_zeros);
            point -= n_zeros as i32;
        }
        while self.digits.last() == Some(&b'0') {
            self.digits.pop();
        }
        Decimal { digits: self.digits, point }
    }
}

/// More significant digits than any float has.
const MAX_SIGNIFICANT: usize = 800;
/// More digits after the point than any float has.
const MAX_FRACTION: usize = 1100;

impl Decimal {
    fn write(arguments: fmt::Arguments<'_>) -> Self {
        let mut writer = DecimalWriter::default();
        // The writer itself never fails.
        let _ = writer.write_fmt(arguments);
        writer.finish()
    }

    fn shortest(magnitude: f64) -> Self {
        // About five times as fast as the standard library's `{:e}`, and of two shortest texts that are equally near it
        // takes the even one, as Python does.
        let mut writer = DecimalWriter::default();
        let _ = writer.write_str(zmij::Buffer::new().format_finite(magnitude));
        writer.finish()
    }

    fn significant(magnitude: f64, n_digits: usize) -> Self {
        Self::write(format_args!("{magnitude:.*e}", n_digits.clamp(1, MAX_SIGNIFICANT) - 1))
    }

    fn fixed(magnitude: f64, n_fraction: usize) -> Self {
        Self::write(format_args!("{magnitude:.*}", n_fraction.min(MAX_FRACTION)))
    }

    /// The digit at a place counted from the first significant one.
    fn digit(&self, place: i64) -> u8 {
        usize::try_from(place).ok().and_then(|place| self.digits.get(place)).copied().unwrap_or(b'0')
    }
}

/// Formats a float as CPython's `PyOS_double_to_string` does.
pub fn format_float(value: f64, format: FloatFormat, options: FloatOptions) -> String {
    let percent = matches!(format, FloatFormat::Percent(_));
    let value = if percent { value * 100.0 } else { value };
    let mut text = String::with_capacity(24);
    if value.is_sign_negative() && !value.is_nan() {
        text.push('-');
    } else if options.always_sign {
        text.push('+');
    }
    if value.is_finite() {
        write_finite(&mut text, value.abs(), format, options);
    } else {
        text.push_str(if value.is_nan() { "nan" } else { "inf" });
    }
    if percent {
        text.push('%');
    }
    if options.upper_case {
        text.make_ascii_uppercase();
    }
    text
}

fn write_finite(text: &mut String, magnitude: f64, format: FloatFormat, options: FloatOptions) {
    let (decimal, use_exponent, precision) = match format {
        FloatFormat::Exponent(precision) => {
            (Decimal::significant(magnitude, precision.saturating_add(1)), true, precision.saturating_add(1))
        }
        FloatFormat::Fixed(precision) | FloatFormat::Percent(precision) => {
            (Decimal::fixed(magnitude, precision), false, precision)
        }
        FloatFormat::General(precision) => {
            let precision = precision.max(1);
            let decimal = Decimal::significant(magnitude, precision);
            // With `.0` to be added, a result may not fill the precision.
            let last = precision.saturating_sub(usize::from(options.add_point_zero));
            let use_exponent =
                decimal.point <= -4 || i64::from(decimal.point) > i64::try_from(last).unwrap_or(i64::MAX);
            (decimal, use_exponent, precision)
        }
        FloatFormat::Repr => {
            let decimal = Decimal::shortest(magnitude);
            let use_exponent = decimal.point <= -4 || decimal.point > 16;
            (decimal, use_exponent, 0)
        }
    };
    let n_digits = decimal.digits.len() as i64;
    let precision = i64::try_from(precision).unwrap_or(i64::MAX / 2);
    // Places are counted from the first significant digit; those outside the digits are zeros.
    let point = if use_exponent { 1 } else { i64::from(decimal.point) };
    let end = match format {
        FloatFormat::Exponent(_) => precision,
        FloatFormat::Fixed(_) | FloatFormat::Percent(_) => point.saturating_add(precision),
        FloatFormat::General(_) if options.alternate => precision,
        FloatFormat::General(_) | FloatFormat::Repr => n_digits,
    };
    let start = if point <= 0 { point - 1 } else { 0 };
    let end = end.max(if !use_exponent && options.add_point_zero { point + 1 } else { point });
    for place in start..point {
        text.push(char::from(decimal.digit(place)));
    }
    if end > point || options.alternate {
        text.push('.');
    }
    for place in point..end {
        text.push(char::from(decimal.digit(place)));
    }
    if use_exponent {
        // Writing to a string never fails.
        let _ = write!(text, "e{:+03}", decimal.point - 1);
    }
}
