//! `str`: letter case, padding, and questions about characters.

use super::{MAX_LEN, exact};
use crate::object::{Ref, Value};
use crate::text::{StrRef, case, classify, edit};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

macro_rules! fill_character {
    ($vm:ident, $fill:ident) => {
        match $fill {
            None => u32::from(b' '),
            Some(value) => match value.downcast_ref::<Str>() {
                Some(text) => match (text.len(), text.as_ref().get(0)) {
                    (1, Some(code)) => code,
                    _ => {
                        return Err($vm.type_error("The fill character must be exactly one character long"));
                    }
                },
                None => {
                    let class = value.class().name();
                    return Err($vm
                        .type_error(format!("The fill character must be a unicode character, not {class}")));
                }
            },
        }
    };
}

/// A width argument; `None` where it changes nothing.
fn width(vm: &mut Vm, this: &Ref<Str>, width: i64) -> PyResult<Option<usize>> {
    match usize::try_from(width) {
        Ok(width) if width > this.len() && width > MAX_LEN => {
            Err(vm.overflow_error("padded string is too long"))
        }
        Ok(width) if width > this.len() => {
            vm.check_memory(width)?;
            Ok(Some(width))
        }
        _ => Ok(None),
    }
}

#[pymethods(name = "str", part = CASING)]
impl Str {
    /// A copy in lower case.
    #[method(sig = "()")]
    fn lower(this: &Ref<Str>) -> Value {
        case::lower(this.as_ref()).into()
    }

    /// A copy in upper case.
    #[method(sig = "()")]
    fn upper(this: &Ref<Str>) -> Value {
        case::upper(this.as_ref()).into()
    }

    /// A copy in which each word begins in title case and goes on in lower case.
    #[method(sig = "()")]
    fn title(this: &Ref<Str>) -> Value {
        case::title(this.as_ref()).into()
    }

    /// A copy whose first character is in title case and the rest in lower case.
    #[method(sig = "()")]
    fn capitalize(this: &Ref<Str>) -> Value {
        case::capitalize(this.as_ref()).into()
    }

    /// A copy with upper and lower case exchanged.
    #[method(sig = "()")]
    fn swapcase(this: &Ref<Str>) -> Value {
        case::swapcase(this.as_ref()).into()
    }

    /// A copy for comparisons that ignore case.
    #[method(sig = "()")]
    fn casefold(this: &Ref<Str>) -> Value {
        case::casefold(this.as_ref()).into()
    }

    /// The string in the middle of a field of the given width.
    #[method(sig = "(width, fillchar=' ', /)")]
    fn center(vm: &mut Vm, this: &Ref<Str>, width_: i64, fill: Option<&Value>) -> PyResult {
        let fill = fill_character!(vm, fill);
        Ok(match width(vm, this, width_)? {
            Some(width) => edit::center(this.as_ref(), width, fill).into(),
            None => exact(this).into(),
        })
    }

    /// The string at the left of a field of the given width.
    #[method(sig = "(width, fillchar=' ', /)")]
    fn ljust(vm: &mut Vm, this: &Ref<Str>, width_: i64, fill: Option<&Value>) -> PyResult {
        let fill = fill_character!(vm, fill);
        Ok(match width(vm, this, width_)? {
            Some(width) => edit::ljust(this.as_ref(), width, fill).into(),
            None => exact(this).into(),
        })
    }

    /// The string at the right of a field of the given width.
    #[method(sig = "(width, fillchar=' ', /)")]
    fn rjust(vm: &mut Vm, this: &Ref<Str>, width_: i64, fill: Option<&Value>) -> PyResult {
        let fill = fill_character!(vm, fill);
        Ok(match width(vm, this, width_)? {
            Some(width) => edit::rjust(this.as_ref(), width, fill).into(),
            None => exact(this).into(),
        })
    }

    /// The string with zeros after its sign, up to the given width.
    #[method(sig = "(width, /)")]
    fn zfill(vm: &mut Vm, this: &Ref<Str>, width_: i64) -> PyResult {
        Ok(match width(vm, this, width_)? {
            Some(width) => edit::zfill(this.as_ref(), width).into(),
            None => exact(this).into(),
        })
    }

    /// A copy with tabs replaced by spaces up to the next multiple of `tabsize` columns.
    #[method(sig = "(tabsize=8)")]
    fn expandtabs(vm: &mut Vm, this: &Ref<Str>, tabsize: i32) -> PyResult {
        if this.as_ref().find_code(9).is_none() {
            return Ok(exact(this).into());
        }
        let tab_size = usize::try_from(tabsize).unwrap_or(0);
        match edit::expand_tabs(this.as_ref(), tab_size, MAX_LEN) {
            Some(text) => Ok(text.into()),
            None => Err(vm.overflow_error("new string is too long")),
        }
    }

    /// Whether all characters are letters or digits, and there is one.
    #[method(sig = "()")]
    fn isalnum(this: &Ref<Str>) -> bool {
        classify::is_alnum(this.as_ref())
    }

    /// Whether all characters are letters, and there is one.
    #[method(sig = "()")]
    fn isalpha(this: &Ref<Str>) -> bool {
        classify::is_alpha(this.as_ref())
    }

    /// Whether all characters are ASCII.
    #[method(sig = "()")]
    fn isascii(this: &Ref<Str>) -> bool {
        matches!(this.as_ref(), StrRef::Ascii(_))
    }

    /// Whether all characters are decimal digits, and there is one.
    #[method(sig = "()")]
    fn isdecimal(this: &Ref<Str>) -> bool {
        classify::is_decimal(this.as_ref())
    }

    /// Whether all characters are digits, and there is one.
    #[method(sig = "()")]
    fn isdigit(this: &Ref<Str>) -> bool {
        classify::is_digit(this.as_ref())
    }

    /// Whether the string is a valid name.
    #[method(sig = "()")]
    fn isidentifier(this: &Ref<Str>) -> bool {
        classify::is_identifier(this.as_ref())
    }

    /// Whether all cased characters are in lower case, and there is one.
    #[method(sig = "()")]
    fn islower(this: &Ref<Str>) -> bool {
        classify::is_lower(this.as_ref())
    }

    /// Whether all characters have a numeric value, and there is one.
    #[method(sig = "()")]
    fn isnumeric(this: &Ref<Str>) -> bool {
        classify::is_numeric(this.as_ref())
    }

    /// Whether `repr` shows all characters as they are.
    #[method(sig = "()")]
    fn isprintable(this: &Ref<Str>) -> bool {
        classify::is_printable(this.as_ref())
    }

    /// Whether all characters are white space, and there is one.
    #[method(sig = "()")]
    fn isspace(this: &Ref<Str>) -> bool {
        classify::is_space(this.as_ref())
    }

    /// Whether all words are in title case, and there is one.
    #[method(sig = "()")]
    fn istitle(this: &Ref<Str>) -> bool {
        classify::is_title(this.as_ref())
    }

    /// Whether all cased characters are in upper case, and there is one.
    #[method(sig = "()")]
    fn isupper(this: &Ref<Str>) -> bool {
        classify::is_upper(this.as_ref())
    }
}
