//! `UnicodeEncodeError`, `UnicodeDecodeError` and `UnicodeTranslateError`.

use super::base::{base_init, base_new};
use super::{add_members, member};
use crate::native::{Args, GetSetDef};
use crate::object::{Class, Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::exception::{Exception, field};
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// `UnicodeEncodeError`
pub struct UnicodeEncodeError;
/// `UnicodeDecodeError`
pub struct UnicodeDecodeError;
/// `UnicodeTranslateError`
pub struct UnicodeTranslateError;

static MEMBERS: [GetSetDef; 5] = [
    member::<{ field::ENCODING }>("encoding", "exception encoding"),
    member::<{ field::OBJECT }>("object", "exception object"),
    position::<{ field::START }>("start", "exception start"),
    position::<{ field::END }>("end", "exception end"),
    member::<{ field::REASON }>("reason", "exception reason"),
];

/// A position in the text, which is always a number.
const fn position<const FIELD: usize>(name: &'static str, doc: &'static str) -> GetSetDef {
    fn get<const FIELD: usize>(_vm: &mut Vm, this: &Value) -> PyResult {
        let found = this.downcast_ref::<Exception>().and_then(|e| e.get(FIELD));
        Ok(found.unwrap_or(Value::int(0)))
    }
    fn set<const FIELD: usize>(vm: &mut Vm, this: &Value, value: Option<Value>) -> PyResult<()> {
        let Some(value) = value else {
            return Err(vm.type_error("can't delete numeric/char attribute"));
        };
        if value.as_int().is_none() {
            return Err(vm.type_error("an integer is required"));
        }
        let number = vm.to_index(&value)?;
        if let Some(exception) = this.downcast_ref::<Exception>() {
            exception.set(FIELD, number.into());
        }
        Ok(())
    }
    GetSetDef { name, get: Some(get::<FIELD>), set: Some(set::<FIELD>), doc }
}

fn check_count(vm: &mut Vm, args: &[Value], wanted: usize) -> PyResult<()> {
    if args.len() == wanted {
        return Ok(());
    }
    let given = args.len();
    Err(vm.type_error(format!("function takes exactly {wanted} arguments ({given} given)")))
}

fn check_str(vm: &mut Vm, args: &[Value], position: usize) -> PyResult<()> {
    if args[position].holds::<Str>() {
        return Ok(());
    }
    let found = if args[position].is_none() { "None".into() } else { args[position].class().name() };
    Err(vm.type_error(format!("argument {} must be str, not {found}", position + 1)))
}

/// Sets the five fields; `encoding` is missing for translations.
fn set_fields(this: &Ref<Exception>, encoding: Option<&Value>, rest: &[Value], positions: [i64; 2]) {
    this.set(field::ENCODING, encoding.cloned().unwrap_or(Value::UNBOUND));
    this.set(field::OBJECT, rest[0].clone());
    this.set(field::START, positions[0].into());
    this.set(field::END, positions[1].into());
    this.set(field::REASON, rest[3].clone());
}

/// The text of a position or of a range, as both kinds of message end.
fn push_place(text: &mut crate::text::StrBuilder, start: i64, end: i64) {
    if end == start.wrapping_add(1) {
        text.push_utf8(&format!(" in position {start}: "));
    } else {
        text.push_utf8(&format!(" in position {start}-{}: ", end.wrapping_sub(1)));
    }
}

fn number(this: &Ref<Exception>, field: usize) -> i64 {
    this.get(field).and_then(|v| v.as_small_int()).unwrap_or(0)
}

/// The character at a position, as the messages show it.
fn shown_character(object: &Value, at: i64) -> Option<String> {
    let text = object.downcast_ref::<Str>()?;
    let code = text.as_ref().get(usize::try_from(at).ok()?)?;
    Some(match code {
        0..0x100 => format!("\\x{code:02x}"),
        0x100..0x1_0000 => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    })
}

/// `str()` of any of the three: `kind` is what the codec could not do.
fn describe(vm: &mut Vm, this: &Ref<Exception>, kind: &str) -> PyResult {
    let Some(object) = this.get(field::OBJECT) else { return Ok((&vm.names().empty).into()) };
    let reason = vm.str(&this.get(field::REASON).unwrap_or(Value::NONE))?;
    let encoding = vm.str(&this.get(field::ENCODING).unwrap_or(Value::NONE))?;
    let (start, end) = (number(this, field::START), number(this, field::END));
    let mut text = crate::text::StrBuilder::new();
    if kind != "translate" {
        text.push('\''.into());
        text.push_str(encoding.as_ref());
        text.push_utf8("' codec ");
    }
    text.push_utf8(&format!("can't {kind} "));
    let single = (start >= 0 && end == start.wrapping_add(1)).then_some(start);
    let byte = single.and_then(|at| {
        let bytes = object.downcast_ref::<Bytes>()?;
        bytes.as_slice().get(at as usize).copied()
    });
    let character = single.and_then(|at| shown_character(&object, at));
    let one = match (byte, character) {
        (Some(byte), _) => {
            text.push_utf8(&format!("byte 0x{byte:02x}"));
            true
        }
        (None, Some(character)) => {
            text.push_utf8(&format!("character '{character}'"));
            true
        }
        (None, None) => {
            text.push_utf8(if kind == "decode" { "bytes" } else { "characters" });
            false
        }
    };
    if one {
        push_place(&mut text, start, end);
    } else {
        text.push_utf8(&format!(" in position {start}-{}: ", end.wrapping_sub(1)));
    }
    text.push_str(reason.as_ref());
    Ok(text.finish().into())
}

#[pymethods(
    name = "UnicodeEncodeError",
    payload = Exception,
    doc = "Unicode encoding error.",
    extend = extend
)]
impl UnicodeEncodeError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), args)?;
        let args = args.pos();
        check_count(vm, args, 5)?;
        check_str(vm, args, 0)?;
        check_str(vm, args, 1)?;
        let positions = [vm.to_index(&args[2])?, vm.to_index(&args[3])?];
        check_str(vm, args, 4)?;
        set_fields(this, Some(&args[0]), &args[1..], positions);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        describe(vm, this, "encode")
    }
}

#[pymethods(
    name = "UnicodeDecodeError",
    payload = Exception,
    doc = "Unicode decoding error.",
    extend = extend
)]
impl UnicodeDecodeError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), args)?;
        let args = args.pos();
        check_count(vm, args, 5)?;
        check_str(vm, args, 0)?;
        let positions = [vm.to_index(&args[2])?, vm.to_index(&args[3])?];
        check_str(vm, args, 4)?;
        let object = bytes_of(vm, &args[1])?;
        let rest = [object, args[2].clone(), args[3].clone(), args[4].clone()];
        set_fields(this, Some(&args[0]), &rest, positions);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        describe(vm, this, "decode")
    }
}

/// The object's bytes as `bytes`.
fn bytes_of(vm: &mut Vm, object: &Value) -> PyResult {
    if object.holds::<Bytes>() {
        return Ok(object.clone());
    }
    let Some(export) = object.class().slots.buffer.get() else {
        let found = object.class().name();
        return Err(vm.type_error(format!("a bytes-like object is required, not '{found}'")));
    };
    let buffer = export(vm, object)?;
    let mut copy = Vec::new();
    buffer.memory.read(&mut |bytes| copy = bytes.to_vec());
    Ok(copy.into())
}

#[pymethods(
    name = "UnicodeTranslateError",
    payload = Exception,
    doc = "Unicode translation error.",
    extend = extend
)]
impl UnicodeTranslateError {
    #[slot(init)]
    fn init(vm: &mut Vm, this: &Ref<Exception>, args: Args<'_>) -> PyResult<()> {
        base_init(vm, this.as_value(), args)?;
        let args = args.pos();
        check_count(vm, args, 4)?;
        check_str(vm, args, 0)?;
        let positions = [vm.to_index(&args[1])?, vm.to_index(&args[2])?];
        check_str(vm, args, 3)?;
        set_fields(this, None, args, positions);
        Ok(())
    }

    #[slot(str)]
    fn str(vm: &mut Vm, this: &Ref<Exception>) -> PyResult {
        describe(vm, this, "translate")
    }
}

fn extend(_vm: &mut Vm, class: &Ref<Class>) -> PyResult<()> {
    class.slots.new.set(Some(base_new));
    add_members(class, &MEMBERS);
    Ok(())
}
