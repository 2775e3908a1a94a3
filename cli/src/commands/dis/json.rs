//! `pvm dis --format json`: the facts of a listing, for machines.

use pvm_pycfile::{CodeObject, Constant, Location, dis, repr};
use serde_json::{Value, json};

/// A code object and those nested in it, as one value each; `parent` is the position of the one that holds it.
pub(super) fn describe(code: &CodeObject, options: dis::Options) -> String {
    let mut out = String::from("[");
    let mut rest = vec![(code.clone(), None)];
    let mut n = 0;
    while let Some((code, parent)) = rest.pop() {
        if n > 0 {
            out.push(',');
        }
        out += "\n ";
        out += &code_value(&code, parent, options).to_string();
        let nested = code.consts.iter().rev().filter_map(|constant| match constant {
            Constant::Code(code) => Some((CodeObject::clone(code), Some(n))),
            _ => None,
        });
        rest.extend(nested);
        n += 1;
    }
    out += "\n]\n";
    out
}

fn code_value(code: &CodeObject, parent: Option<usize>, options: dis::Options) -> Value {
    let texts = |texts: &pvm_pycfile::NameList| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({
        "name": code.name.to_string(),
        "qualname": code.qualname.to_string(),
        "filename": code.filename.to_string(),
        "firstlineno": code.firstlineno,
        "parent": parent,
        "argcount": code.argcount,
        "posonlyargcount": code.posonlyargcount,
        "kwonlyargcount": code.kwonlyargcount,
        "stacksize": code.stacksize,
        "flags": code.flags,
        "consts": code.consts.iter().map(repr::constant).collect::<Vec<_>>(),
        "names": texts(&code.names),
        "localsplusnames": texts(&code.localsplusnames),
        "localspluskinds": code.localspluskinds.to_vec(),
        "instructions": dis::lines(code, options).iter().map(line_value).collect::<Vec<_>>(),
        "exception_table": code.handlers().map(|handler| json!({
            "start": u64::from(handler.start_units) * 2,
            "end": u64::from(handler.end_units) * 2,
            "target": u64::from(handler.target_units) * 2,
            "depth": handler.depth_slots,
            "lasti": handler.push_lasti,
        })).collect::<Vec<_>>(),
    })
}

fn line_value(line: &dis::Line) -> Value {
    let mut value = json!({
        "offset": line.instruction.offset_bytes,
        "opcode": line.instruction.number,
        "opname": line.name,
        "arg": line.arg,
        "argrepr": line.argrepr,
        "starts_line": line.starts_line,
        "is_jump_target": line.is_jump_target,
    });
    if line.location != Location::NONE {
        let part = |n: i32| (n >= 0).then_some(n);
        let at = line.location;
        value["positions"] = json!({
            "lineno": part(at.lineno),
            "end_lineno": part(at.end_lineno),
            "col_offset": part(at.col_offset),
            "end_col_offset": part(at.end_col_offset),
        });
    }
    value
}
