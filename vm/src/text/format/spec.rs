//! Format specifications: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use super::{parse_integer, show_code};
use crate::text::{StrBuf, StrRef, TextError, edit};

/// Where the fill goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`: after the value.
    Left,
    /// `>`: before the value.
    Right,
    /// `=`: between sign and digits.
    AfterSign,
    /// `^`: on both sides.
    Center,
}

impl Align {
    fn from_code(code: u32) -> Option<Align> {
        Some(match char::from_u32(code)? {
            '<' => Align::Left,
            '>' => Align::Right,
            '=' => Align::AfterSign,
            '^' => Align::Center,
            _ => return None,
        })
    }
}

/// What stands for the sign of a number that is not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// `+`: a plus sign.
    Plus,
    /// `-`: nothing.
    Minus,
    /// A space.
    Space,
}

/// What separates groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// `,` every three digits.
    Comma,
    /// `_` every three digits, or four in base 2, 8 and 16.
    Underscore,
}

impl Grouping {
    fn symbol(self) -> char {
        match self {
            Grouping::Comma => ',',
            Grouping::Underscore => '_',
        }
    }
}

/// A parsed format specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// The fill character, a space unless given.
    pub fill: u32,
    /// The alignment, the type's own unless given.
    pub align: Align,
    /// The sign option.
    pub sign: Option<Sign>,
    /// `z`: a negative zero loses its sign.
    pub no_negative_zero: bool,
    /// `#`: the alternate form.
    pub alternate: bool,
    /// The least width.
    pub width: Option<usize>,
    /// Separators between groups of digits.
    pub grouping: Option<Grouping>,
    /// The precision.
    pub precision: Option<usize>,
    /// The presentation type; `None` if not given and the type has no default.
    pub presentation: Option<u32>,
}

impl FormatSpec {
    /// What an empty specification means for values that are aligned like that.
    pub fn plain(align: Align, presentation: Option<char>) -> FormatSpec {
        FormatSpec {
            fill: u32::from(b' '),
            align,
            sign: None,
            no_negative_zero: false,
            alternate: false,
            width: None,
            grouping: None,
            precision: None,
            presentation: presentation.map(u32::from),
        }
    }

    /// Parses a specification for a string.
    pub fn parse_for_str(spec: StrRef<'_>) -> Result<FormatSpec, TextError> {
        FormatSpec::parse(spec, FormatSpec::plain(Align::Left, Some('s')), "str")
    }

    /// Parses a specification for an integer.
    pub fn parse_for_int(spec: StrRef<'_>, type_name: &str) -> Result<FormatSpec, TextError> {
        FormatSpec::parse(spec, FormatSpec::plain(Align::Right, Some('d')), type_name)
    }

    /// Parses a specification for a float or a complex number.
    pub fn parse_for_float(spec: StrRef<'_>, type_name: &str) -> Result<FormatSpec, TextError> {
        FormatSpec::parse(spec, FormatSpec::plain(Align::Right, None), type_name)
    }

    /// Parses a specification, starting from a type's defaults. The type's name is for messages.
    pub fn parse(text: StrRef<'_>, default: FormatSpec, type_name: &str) -> Result<FormatSpec, TextError> {
        let mut spec = default;
        let end = text.len();
        let at = &mut 0usize;
        let align_at = |i: usize| text.get(i).and_then(Align::from_code);
        let eat = |at: &mut usize, wanted: u8| {
            let found = text.get(*at) == Some(u32::from(wanted));
            *at += usize::from(found);
            found
        };

        let mut fill_given = false;
        let mut align_given = false;
        if let (Some(fill), Some(align)) = (text.get(0), align_at(1)) {
            (spec.fill, spec.align) = (fill, align);
            (fill_given, align_given) = (true, true);
            *at = 2;
        } else if let Some(align) = align_at(0) {
            spec.align = align;
            align_given = true;
            *at = 1;
        }
        spec.sign = if eat(at, b'+') {
            Some(Sign::Plus)
        } else if eat(at, b'-') {
            Some(Sign::Minus)
        } else if eat(at, b' ') {
            Some(Sign::Space)
        } else {
            None
        };
        spec.no_negative_zero = eat(at, b'z');
        spec.alternate = eat(at, b'#');
        if !fill_given && eat(at, b'0') {
            spec.fill = u32::from(b'0');
            if !align_given && default.align == Align::Right {
                spec.align = Align::AfterSign;
            }
        }
        spec.width = parse_integer(text, at, end)?;
        let comma = eat(at, b',');
        let underscore = eat(at, b'_');
        if underscore && (comma || text.get(*at) == Some(u32::from(b','))) {
            return Err(TextError::value("Cannot specify both ',' and '_'."));
        }
        spec.grouping = match (comma, underscore) {
            (true, _) => Some(Grouping::Comma),
            (_, true) => Some(Grouping::Underscore),
            _ => None,
        };
        if eat(at, b'.') {
            let precision = parse_integer(text, at, end)?;
            let missing = || TextError::value("Format specifier missing precision");
            spec.precision = Some(precision.ok_or_else(missing)?);
        }
        match end - *at {
            0 => {}
            1 => spec.presentation = text.get(*at),
            _ => {
                return Err(TextError::value(format!(
                    "Invalid format specifier '{text}' for object of type '{type_name}'"
                )));
            }
        }
        spec.check_grouping()?;
        Ok(spec)
    }

    fn check_grouping(&self) -> Result<(), TextError> {
        let Some(grouping) = self.grouping else { return Ok(()) };
        let allowed = match self.presentation.map(char::from_u32) {
            None | Some(Some('d' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0')) => true,
            Some(Some('b' | 'o' | 'x' | 'X')) => grouping == Grouping::Underscore,
            _ => false,
        };
        if allowed {
            return Ok(());
        }
        let code = show_code(self.presentation.unwrap_or(0));
        Err(TextError::value(format!("Cannot specify '{}' with '{code}'.", grouping.symbol())))
    }

    /// The error for a presentation type that a Python type does not have.
    #[cold]
    pub fn unknown_presentation(&self, type_name: &str) -> TextError {
        let code = show_code(self.presentation.unwrap_or(0));
        TextError::value(format!("Unknown format code '{code}' for object of type '{type_name}'"))
    }

    /// How much fill goes before and after something of `len` characters.
    pub fn margins(&self, len: usize) -> (usize, usize) {
        let total = self.width.unwrap_or(0).saturating_sub(len);
        match self.align {
            Align::Right => (total, 0),
            Align::Center => (total / 2, total - total / 2),
            Align::Left | Align::AfterSign => (0, total),
        }
    }

    /// `format(text, spec)`.
    pub fn apply_to_str(&self, text: StrRef<'_>) -> Result<StrBuf, TextError> {
        if self.presentation != Some(u32::from(b's')) {
            return Err(self.unknown_presentation("str"));
        }
        let refuse =
            |what: &str| Err(TextError::value(format!("{what} not allowed in string format specifier")));
        match self.sign {
            Some(Sign::Space) => return refuse("Space"),
            Some(_) => return refuse("Sign"),
            None => {}
        }
        if self.no_negative_zero {
            return refuse("Negative zero coercion (z)");
        }
        if self.alternate {
            return refuse("Alternate form (#)");
        }
        if self.align == Align::AfterSign {
            return refuse("'=' alignment");
        }
        let len = self.precision.unwrap_or(usize::MAX).min(text.len());
        let (left, right) = self.margins(len);
        Ok(edit::pad(text.view(0..len), left, right, self.fill))
    }
}
