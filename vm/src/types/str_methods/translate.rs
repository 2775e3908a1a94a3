//! `str.translate` and `str.maketrans`.

use super::exact;
use crate::object::{Ref, Value};
use crate::text::{MAX_CODE_POINT, StrBuilder, StrRef};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// What a table says about a character.
enum Entry {
    Keep,
    Delete,
    Code(u32),
    Text(Ref<Str>),
}

fn look_up(vm: &mut Vm, table: &Value, code: u32) -> PyResult<Entry> {
    let found = match vm.get_item(table, &Value::int(i64::from(code))) {
        Ok(found) => found,
        Err(raised) if raised.is(&vm.types().exceptions.lookup_error) => return Ok(Entry::Keep),
        Err(raised) => return Err(raised),
    };
    if found.is_none() {
        return Ok(Entry::Delete);
    }
    if let Some(int) = found.as_int() {
        return match int.to_i64().and_then(|i| u32::try_from(i).ok()).filter(|c| *c <= MAX_CODE_POINT) {
            Some(code) => Ok(Entry::Code(code)),
            None => {
                Err(vm.value_error(format!("character mapping must be in range(0x{:x})", MAX_CODE_POINT + 1)))
            }
        };
    }
    match found.downcast::<Str>() {
        Ok(text) => Ok(Entry::Text(text)),
        Err(_) => Err(vm.type_error("character mapping must return integer, None or str")),
    }
}

fn translate(vm: &mut Vm, this: &Ref<Str>, table: &Value) -> PyResult {
    let text = this.as_ref();
    let mut out = StrBuilder::with_capacity(text.kind(), text.len());
    // ASCII characters are looked up once.
    let mut known: [Option<Entry>; 128] = [const { None }; 128];
    let mut changed = false;
    for code in text.code_points() {
        let other;
        let entry = match known.get_mut(code as usize) {
            Some(known) => match known {
                Some(entry) => &*entry,
                none => &*none.insert(look_up(vm, table, code)?),
            },
            None => {
                other = look_up(vm, table, code)?;
                &other
            }
        };
        match entry {
            Entry::Keep => out.push(code),
            Entry::Delete => changed = true,
            Entry::Code(new) => {
                changed = true;
                out.push(*new);
            }
            Entry::Text(new) => {
                changed = true;
                out.push_str(new.as_ref());
            }
        }
    }
    Ok(if changed { out.finish().into() } else { exact(this).into() })
}

fn table_of_dict(vm: &mut Vm, source: &Value) -> PyResult {
    let Some(source) = source.downcast_ref::<Dict>() else {
        return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
    };
    let table = Dict::new();
    for (key, value) in source.items() {
        if let Some(text) = key.downcast_ref::<Str>() {
            let code = match (text.len(), text.as_ref().get(0)) {
                (1, Some(code)) => code,
                _ => return Err(vm.value_error("string keys in translate table must be of length 1")),
            };
            table.set(vm, Value::int(i64::from(code)), value)?;
        } else if key.as_int().is_some() {
            table.set(vm, key, value)?;
        } else {
            return Err(vm.type_error("keys in translate table must be strings or integers"));
        }
    }
    Ok(table.into())
}

#[pymethods(name = "str", part = TRANSLATING)]
impl Str {
    /// A copy in which each character is replaced by what a table has for it.
    #[method(sig = "(table, /)")]
    fn translate(vm: &mut Vm, this: &Ref<Str>, table: &Value) -> PyResult {
        translate(vm, this, table)
    }

    /// A table for `translate`, from a dict, or from characters, what replaces them, and what is deleted.
    #[staticmethod(sig = "")]
    fn maketrans(vm: &mut Vm, x: &Value, y: Option<&Ref<Str>>, z: Option<&Ref<Str>>) -> PyResult {
        let Some(y) = y else { return table_of_dict(vm, x) };
        let Some(x) = x.downcast_ref::<Str>() else {
            return Err(
                vm.type_error("first maketrans argument must be a string if there is a second argument")
            );
        };
        if x.len() != y.len() {
            return Err(vm.value_error("the first two maketrans arguments must have equal length"));
        }
        let table = Dict::new();
        for (from, to) in x.as_ref().code_points().zip(y.as_ref().code_points()) {
            table.set(vm, Value::int(i64::from(from)), Value::int(i64::from(to)))?;
        }
        for code in z.map_or(StrRef::EMPTY, |z| z.as_ref()).code_points() {
            table.set(vm, Value::int(i64::from(code)), Value::NONE)?;
        }
        Ok(table.into())
    }
}
