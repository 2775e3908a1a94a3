//! `Decimal.__format__`: the format specification mini-language as `_decimal` has it.

use super::arithmetic::{Env, Kind, Number};
use super::coefficient::{Coefficient, Tail};
use super::context;
use pvm_vm::object::Value;
use pvm_vm::text::StrBuf;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::{PyResult, Vm};

/// A parsed specification.
struct Spec {
    fill: u32,
    /// `<`, `>`, `^`, `=`, or `z` for zeros behind the sign.
    align: u8,
    sign: u8,
    no_negative_zero: bool,
    width: usize,
    precision: Option<i64>,
    presentation: u8,
    separators: Option<Separators>,
    /// `n`: the locale's separators.
    locale: bool,
}

/// What stands between digits.
struct Separators {
    point: String,
    thousands: String,
    /// Group sizes from the right; the last one repeats, 127 ends grouping.
    grouping: Vec<u8>,
}

fn is_align(code: Option<&u32>) -> Option<u8> {
    match code.and_then(|code| u8::try_from(*code).ok()) {
        Some(align @ (b'<' | b'>' | b'=' | b'^')) => Some(align),
        _ => None,
    }
}

/// Parses a specification; `None` where it is not valid.
fn parse(codes: &[u32], capitals: bool) -> Option<Spec> {
    let mut spec = Spec {
        fill: u32::from(b' '),
        align: b'>',
        sign: b'-',
        no_negative_zero: false,
        width: 0,
        precision: None,
        presentation: if capitals { b'G' } else { b'g' },
        separators: None,
        locale: false,
    };
    let mut at = 0;
    let mut aligned = true;
    if let Some(align) = is_align(codes.get(1)) {
        (spec.fill, spec.align) = (codes[0], align);
        at = 2;
    } else if let Some(align) = is_align(codes.first()) {
        spec.align = align;
        at = 1;
    } else {
        aligned = false;
    }
    let byte = |at: usize| codes.get(at).and_then(|code| u8::try_from(*code).ok());
    if let Some(sign @ (b'+' | b'-' | b' ')) = byte(at) {
        spec.sign = sign;
        at += 1;
    }
    if byte(at) == Some(b'z') {
        spec.no_negative_zero = true;
        at += 1;
    }
    if byte(at) == Some(b'0') {
        if aligned {
            return None;
        }
        (spec.fill, spec.align) = (u32::from(b'0'), b'z');
        at += 1;
    }
    let number = |at: &mut usize| {
        let mut value: Option<i64> = None;
        while let Some(digit @ b'0'..=b'9') = byte(*at) {
            value = Some(value.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit - b'0'))?);
            *at += 1;
        }
        Some(value)
    };
    if byte(at) == Some(b'0') {
        return None;
    }
    spec.width = usize::try_from(number(&mut at)?.unwrap_or(0)).ok()?;
    if byte(at) == Some(b',') {
        spec.separators = Some(Separators { point: ".".into(), thousands: ",".into(), grouping: vec![3] });
        at += 1;
    }
    if byte(at) == Some(b'.') {
        at += 1;
        spec.precision = Some(number(&mut at)??);
    }
    match byte(at) {
        Some(presentation @ (b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'%')) => {
            spec.presentation = presentation;
            at += 1;
        }
        Some(presentation @ (b'n' | b'N')) if spec.separators.is_none() => {
            spec.presentation = if presentation == b'n' { b'g' } else { b'G' };
            spec.locale = true;
            at += 1;
        }
        _ => {}
    }
    (at == codes.len()).then_some(spec)
}

/// The separators of the process's locale.
fn locale_separators(vm: &mut Vm) -> PyResult<Separators> {
    let module = vm.import_module("_locale")?;
    let conventions = vm.call_method_str(&module, "localeconv", &[])?;
    let text = |vm: &mut Vm, name: &str| -> PyResult<String> {
        let value = vm.get_item(&conventions, &name.into())?;
        Ok(vm.str(&value)?.to_string())
    };
    let (point, thousands) = (text(vm, "decimal_point")?, text(vm, "thousands_sep")?);
    let groups = vm.get_item(&conventions, &"grouping".into())?;
    let groups = groups.downcast_ref::<List>().map(|list| list.to_vec()).unwrap_or_default();
    let size = |value: &Value| value.as_small_int().and_then(|size| u8::try_from(size).ok());
    let grouping = groups.iter().filter_map(size).filter(|size| *size != 0).collect();
    Ok(Separators { point, thousands, grouping })
}

/// Separators that the caller gives in place of the locale's.
fn overridden(vm: &mut Vm, given: &Value, separators: &mut Separators) -> PyResult<()> {
    let Some(dict) = given.downcast_ref::<Dict>().cloned() else {
        return Err(vm.type_error("optional argument must be a dict"));
    };
    for name in ["decimal_point", "thousands_sep", "grouping"] {
        let Some(value) = dict.get_name(name) else { continue };
        let Some(text) = value.downcast_ref::<Str>() else {
            return Err(vm.type_error("format override must be a str"));
        };
        match name {
            "decimal_point" => separators.point = text.to_string(),
            "thousands_sep" => separators.thousands = text.to_string(),
            _ => {
                let sizes = text.as_ref().code_points();
                let sizes = sizes.take_while(|size| *size != 0);
                separators.grouping = sizes.map(|size| u8::try_from(size).unwrap_or(255)).collect();
            }
        }
    }
    let fits = |text: &str| text.len() <= 4;
    if separators.point.is_empty()
        || !fits(&separators.point)
        || !fits(&separators.thousands)
        || separators.grouping.iter().any(|size| *size > 127)
    {
        return Err(vm.value_error("invalid override dict"));
    }
    Ok(())
}

/// `Decimal.__format__`
pub fn format(vm: &mut Vm, number: &Number, spec: &Value, given: Option<Value>) -> PyResult {
    let Some(text) = spec.downcast_ref::<Str>() else {
        return Err(vm.type_error("format arg must be str"));
    };
    let codes: Vec<u32> = text.as_ref().code_points().collect();
    let context = context::current(vm)?;
    let Some(mut spec) = parse(&codes, context.capitals()) else {
        return Err(vm.value_error("invalid format string"));
    };
    if spec.locale {
        spec.separators = Some(locale_separators(vm)?);
    }
    if let Some(given) = given {
        let plain = || Separators { point: ".".into(), thousands: String::new(), grouping: Vec::new() };
        let mut separators = spec.separators.take().unwrap_or_else(plain);
        overridden(vm, &given, &mut separators)?;
        spec.separators = Some(separators);
    }
    let env = context.env();
    const LONGEST: i64 = 1 << 30;
    let digits = layout_digits(number, &spec);
    if digits > LONGEST || spec.width as u64 > LONGEST as u64 {
        return Err(vm.value_error("format specification exceeds internal limits of _decimal"));
    }
    Ok(spec.apply(number, &env).into())
}

/// About how many digits the formatted number has.
fn layout_digits(number: &Number, spec: &Spec) -> i64 {
    if number.is_special() {
        return 0;
    }
    let precision = spec.precision.unwrap_or(0);
    let whole = match spec.presentation {
        b'f' | b'F' | b'%' => number.exponent.saturating_abs(),
        _ => 0,
    };
    whole.saturating_add(precision).saturating_add(number.digits())
}

/// The digits of a number before and behind the point, and its exponent.
struct Parts {
    whole: String,
    fraction: String,
    exponent: i64,
}

impl Spec {
    fn apply(&self, number: &Number, env: &Env) -> StrBuf {
        let mut number = number.clone();
        if number.is_special() {
            let mut body = special_text(&number);
            if self.presentation == b'%' {
                body.push('%');
            }
            return self.pad(number.negative, body, true);
        }
        let kind = self.presentation.to_ascii_lowercase();
        if kind == b'%' {
            number.exponent += 2;
        }
        let was_zero = number.is_zero();
        self.round(&mut number, kind, env);
        // CPython does not see what `F` rounds to zero.
        let is_zero = if self.presentation == b'F' { was_zero } else { number.is_zero() };
        let negative = number.negative && !(self.no_negative_zero && is_zero);
        let parts = self.split(&number, kind);
        let mut tail = String::new();
        if !parts.fraction.is_empty() {
            tail.push_str(self.separators.as_ref().map_or(".", |separators| &separators.point));
            tail.push_str(&parts.fraction);
        }
        if kind == b'e' || parts.exponent != 0 {
            let letter = if self.presentation.is_ascii_uppercase() { 'E' } else { 'e' };
            tail.push_str(&format!("{letter}{:+}", parts.exponent));
        }
        if kind == b'%' {
            tail.push('%');
        }
        let width = match self.align {
            b'z' => {
                let sign = usize::from(self.sign_text(negative).is_some());
                self.width.saturating_sub(sign + tail.chars().count())
            }
            _ => 0,
        };
        let body = self.grouped(&parts.whole, width) + &tail;
        self.pad(negative, body, false)
    }

    /// Rounds to the precision.
    fn round(&self, number: &mut Number, kind: u8, env: &Env) {
        let Some(precision) = self.precision else {
            if kind != b'e' && kind != b'g' && number.is_zero() && number.exponent > 0 {
                number.exponent = 0;
            }
            return;
        };
        match kind {
            b'f' | b'%' => rescale(number, -precision, env),
            b'e' => to_digits(number, precision + 1, env),
            _ => {
                let precision = precision.max(1);
                if number.digits() > precision {
                    to_digits(number, precision, env);
                }
            }
        }
    }

    /// Places the point.
    fn split(&self, number: &Number, kind: u8) -> Parts {
        let digits = String::from_utf8(number.coefficient.to_digits()).unwrap_or_default();
        let len = digits.len() as i64;
        let left = number.exponent + len;
        let point = match kind {
            b'e' if number.is_zero() => 1 - self.precision.unwrap_or(0),
            b'e' => 1,
            b'g' if number.exponent <= 0 && left > -6 => left,
            b'g' => 1,
            _ => left,
        };
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let (whole, fraction) = if point < 0 {
            ("0".to_owned(), zeros(-point) + &digits)
        } else if point > len {
            (digits + &zeros(point - len), String::new())
        } else {
            let (whole, fraction) = digits.split_at(point as usize);
            (if whole.is_empty() { "0" } else { whole }.to_owned(), fraction.to_owned())
        };
        Parts { whole, fraction, exponent: left - point }
    }

    /// The digits before the point with separators, and with zeros in front up to a width.
    fn grouped(&self, digits: &str, width: usize) -> String {
        let plain = |digits: &str| format!("{digits:0>width$}");
        let Some(separators) = &self.separators else { return plain(digits) };
        if separators.thousands.is_empty() || separators.grouping.is_empty() {
            return plain(digits);
        }
        let separator_width = separators.thousands.chars().count();
        let mut sizes = separators.grouping.iter().copied();
        let mut size = sizes.next().unwrap_or(127);
        let (mut rest, mut left) = (digits, width);
        let mut groups: Vec<String> = Vec::new();
        loop {
            let unlimited = size == 127 || size == 0;
            let wanted = if unlimited { usize::MAX } else { usize::from(size) };
            // Zeros are added only where digits or width are left.
            let take = wanted.min(rest.len().max(left).max(1));
            let from = rest.len().saturating_sub(take);
            groups.push(format!("{:0>take$}", &rest[from..]));
            rest = &rest[..from];
            left = left.saturating_sub(take);
            if rest.is_empty() && left == 0 {
                break;
            }
            left = left.saturating_sub(separator_width);
            size = sizes.next().unwrap_or(size);
        }
        groups.reverse();
        groups.join(&separators.thousands)
    }

    fn sign_text(&self, negative: bool) -> Option<char> {
        match (negative, self.sign) {
            (true, _) => Some('-'),
            (false, b'+') => Some('+'),
            (false, b' ') => Some(' '),
            _ => None,
        }
    }

    /// Adds sign and fill.
    fn pad(&self, negative: bool, body: String, special: bool) -> StrBuf {
        let sign: String = self.sign_text(negative).into_iter().collect();
        let missing = self.width.saturating_sub(sign.len() + body.chars().count());
        // Zeros in front would make a special value look like a number.
        let (fill, align) = match self.align {
            b'z' if special => (u32::from(b' '), b'>'),
            b'z' => (self.fill, b'='),
            align => (self.fill, align),
        };
        let (before, between, after) = match align {
            b'<' => (0, 0, missing),
            b'^' => (missing / 2, 0, missing - missing / 2),
            b'=' => (0, missing, 0),
            _ => (missing, 0, 0),
        };
        let fill = |count| std::iter::repeat_n(fill, count);
        let codes = |text: String| text.chars().map(u32::from).collect::<Vec<_>>();
        StrBuf::from_code_points(
            fill(before).chain(codes(sign)).chain(fill(between)).chain(codes(body)).chain(fill(after)),
        )
    }
}

fn special_text(number: &Number) -> String {
    number.with_sign(false).to_text(true)
}

/// Rounds to an exponent, whatever the precision.
fn rescale(number: &mut Number, exponent: i64, env: &Env) {
    let shift = number.exponent - exponent;
    number.exponent = exponent;
    if number.is_zero() {
        return;
    }
    if shift >= 0 {
        number.coefficient = number.coefficient.shifted_left(shift);
        return;
    }
    let (coefficient, tail) = number.coefficient.cut(-shift);
    let up = tail != Tail::Zero && env.rounding.goes_up(number.negative, &coefficient, tail);
    number.coefficient = if up { coefficient.plus(&Coefficient::ONE) } else { coefficient };
}

/// Rounds to a number of digits, or adds zeros.
fn to_digits(number: &mut Number, digits: i64, env: &Env) {
    if number.kind != Kind::Finite || number.is_zero() {
        return;
    }
    rescale(number, number.adjusted() + 1 - digits, env);
    // A carry makes one digit more.
    if number.digits() > digits {
        rescale(number, number.adjusted() + 1 - digits, env);
    }
}
