//! `_json`: the fast half of the module `json`.

mod encoder;
mod scanner;

pub use encoder::Encoder;
pub use scanner::Scanner;

use pvm_vm::object::Value;
use pvm_vm::text::{Kind, StrBuf, StrBuilder, StrRef};
use pvm_vm::types::str::Str;
use pvm_vm::vm::{PyResult, Vm};

/// Appends a string as a JSON literal, in ASCII or not.
fn push_quoted(out: &mut StrBuilder, text: StrRef<'_>, ascii: bool) {
    if let StrRef::Ascii(bytes) = text
        && bytes.iter().all(|b| !matches!(b, 0..0x20 | b'"' | b'\\' | 0x7F))
    {
        out.push(u32::from(b'"'));
        out.push_str(text);
        out.push(u32::from(b'"'));
        return;
    }
    out.push(u32::from(b'"'));
    for c in text.code_points() {
        match c {
            0x22 => out.push_ascii(b"\\\""),
            0x5C => out.push_ascii(b"\\\\"),
            0x08 => out.push_ascii(b"\\b"),
            0x0C => out.push_ascii(b"\\f"),
            0x0A => out.push_ascii(b"\\n"),
            0x0D => out.push_ascii(b"\\r"),
            0x09 => out.push_ascii(b"\\t"),
            0..0x20 => out.push_ascii(format!("\\u{c:04x}").as_bytes()),
            0x20..0x7F => out.push(c),
            0x7F if !ascii => out.push(c),
            0x7F => out.push_ascii(b"\\u007f"),
            _ if !ascii => out.push(c),
            0x80..0x1_0000 => out.push_ascii(format!("\\u{c:04x}").as_bytes()),
            _ => {
                let c = c - 0x1_0000;
                let (high, low) = (0xD800 | c >> 10, 0xDC00 | c & 0x3FF);
                out.push_ascii(format!("\\u{high:04x}\\u{low:04x}").as_bytes());
            }
        }
    }
    out.push(u32::from(b'"'));
}

fn quoted(vm: &mut Vm, value: &Value, ascii: bool) -> PyResult<StrBuf> {
    let Some(text) = value.downcast_ref::<Str>() else {
        let class = value.class().name();
        return Err(vm.type_error(format!("first argument must be a string, not {class}")));
    };
    let text = text.as_ref();
    let kind = if ascii { Kind::Ascii } else { text.kind() };
    let mut out = StrBuilder::with_capacity(kind, text.len() + 2);
    push_quoted(&mut out, text, ascii);
    Ok(out.finish())
}

/// The module.
#[pvm_vm_macros::pymodule(name = "_json", doc = "json speedups\n")]
pub mod json_module {
    use super::*;
    use pvm_vm::object::Ref;
    use pvm_vm::types::init::class_of;
    use pvm_vm::types::module::Module;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let scanner = class_of::<Scanner>(vm)?;
        module.set("make_scanner", scanner.as_value().clone());
        let encoder = class_of::<Encoder>(vm)?;
        module.set("make_encoder", encoder.as_value().clone());
        Ok(())
    }

    /// A string as a JSON literal in ASCII.
    #[pyfunction(sig = "")]
    pub(super) fn encode_basestring_ascii(vm: &mut Vm, string: &Value) -> PyResult<StrBuf> {
        quoted(vm, string, true)
    }

    /// A string as a JSON literal.
    #[pyfunction(sig = "")]
    pub(super) fn encode_basestring(vm: &mut Vm, string: &Value) -> PyResult<StrBuf> {
        quoted(vm, string, false)
    }

    /// The string whose literal goes on at `end`, after the quote, and where it ends.
    #[pyfunction(sig = "")]
    fn scanstring(vm: &mut Vm, string: &Value, end: i64, #[default(true)] strict: bool) -> PyResult {
        scanner::scan_string_function(vm, string, end, strict)
    }
}
