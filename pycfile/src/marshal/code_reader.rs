//! Bytes to code objects.

use super::{Builder, CodeParts, ErrorKind, MarshalError, Reader};
use crate::code::{CodeObject, Constant};
use crate::names::NameList;
use crate::text::Text;
use num_bigint::BigInt;
use std::sync::Arc;

/// Reads the code object of a module: what follows a `.pyc`'s header. Bytes behind it are ignored, as
/// CPython ignores them. The code is not verified yet, see [`crate::verify`].
pub fn load_code(data: &[u8]) -> Result<Arc<CodeObject>, MarshalError> {
    read_code(data, Constants { filename: None })
}

/// As [`load_code`], for code that is to bear another `co_filename` than was stored.
pub fn load_code_as(data: &[u8], filename: &Text) -> Result<Arc<CodeObject>, MarshalError> {
    read_code(data, Constants { filename: Some(filename.clone()) })
}

fn read_code(data: &[u8], constants: Constants) -> Result<Arc<CodeObject>, MarshalError> {
    match Reader::new(data, constants).read()? {
        Constant::Code(code) => Ok(code),
        _ => Err(MarshalError::new(ErrorKind::Type, "Non-code object")),
    }
}

/// Reads any object that a constant pool can hold.
pub fn load_constant(data: &[u8]) -> Result<Constant, MarshalError> {
    Reader::new(data, Constants { filename: None }).read()
}

/// Builds constants; refuses what cannot be one.
struct Constants {
    /// The `co_filename` of all code, if not the stored one.
    filename: Option<Text>,
}

impl Builder for Constants {
    type Value = Constant;
    type Error = MarshalError;

    fn none(&mut self) -> Constant {
        Constant::None
    }

    fn bool(&mut self, value: bool) -> Constant {
        Constant::Bool(value)
    }

    fn ellipsis(&mut self) -> Constant {
        Constant::Ellipsis
    }

    fn stop_iteration(&mut self) -> Result<Constant, MarshalError> {
        Err(not_a_constant("StopIteration"))
    }

    fn int(&mut self, value: i64) -> Constant {
        Constant::Int(value)
    }

    fn big_int(&mut self, value: BigInt) -> Constant {
        Constant::BigInt(Arc::new(value))
    }

    fn float(&mut self, value: f64) -> Constant {
        Constant::Float(value)
    }

    fn complex(&mut self, real: f64, imag: f64) -> Constant {
        Constant::Complex(real, imag)
    }

    fn bytes(&mut self, value: &[u8]) -> Constant {
        Constant::Bytes(Arc::from(value))
    }

    fn str(&mut self, wtf8: &[u8], _ascii: bool, interned: bool) -> Constant {
        if interned && let Ok(name) = std::str::from_utf8(wtf8) {
            return Constant::Str(Text::identifier(name));
        }
        // The reader has checked it.
        Constant::Str(Text::from_wtf8(wtf8).unwrap_or_else(|| Text::from("")))
    }

    fn tuple(&mut self, _: Option<Constant>, items: Vec<Constant>) -> Result<Constant, MarshalError> {
        Ok(Constant::Tuple(items.into()))
    }

    fn frozenset(&mut self, items: Vec<Constant>) -> Result<Constant, MarshalError> {
        Ok(Constant::FrozenSet(items.into()))
    }

    fn begin_list(&mut self, _len: usize) -> Result<Constant, MarshalError> {
        Err(not_a_constant("list"))
    }

    fn list_push(&mut self, _: &Constant, _: Constant) -> Result<(), MarshalError> {
        Err(not_a_constant("list"))
    }

    fn begin_set(&mut self) -> Result<Constant, MarshalError> {
        Err(not_a_constant("set"))
    }

    fn set_add(&mut self, _: &Constant, _: Constant) -> Result<(), MarshalError> {
        Err(not_a_constant("set"))
    }

    fn begin_dict(&mut self) -> Result<Constant, MarshalError> {
        Err(not_a_constant("dict"))
    }

    fn dict_insert(&mut self, _: &Constant, _: Constant, _: Constant) -> Result<(), MarshalError> {
        Err(not_a_constant("dict"))
    }

    fn code(&mut self, parts: Box<CodeParts<Constant>>) -> Result<Constant, MarshalError> {
        let mut parts = *parts;
        if let Some(filename) = &self.filename {
            parts.filename = Constant::Str(filename.clone());
        }
        code_object(parts).map(|code| Constant::Code(Arc::new(code)))
    }
}

#[cold]
fn not_a_constant(what: &str) -> MarshalError {
    MarshalError::new(ErrorKind::Type, format!("a code object cannot hold a {what}"))
}

/// Checks the fields' types and ranges.
fn code_object(parts: CodeParts<Constant>) -> Result<CodeObject, MarshalError> {
    let count =
        |value: i32| u32::try_from(value).map_err(|_| MarshalError::value("code: a count is negative"));
    let Constant::Tuple(consts) = parts.consts else {
        return Err(wrong_type("consts", "a tuple"));
    };
    Ok(CodeObject {
        argcount: count(parts.argcount)?,
        posonlyargcount: count(parts.posonlyargcount)?,
        kwonlyargcount: count(parts.kwonlyargcount)?,
        stacksize: count(parts.stacksize)?,
        flags: count(parts.flags)?,
        code: bytes("code", parts.code)?,
        consts: consts.to_vec(),
        names: texts("names", parts.names)?,
        localsplusnames: texts("localsplusnames", parts.localsplusnames)?,
        localspluskinds: bytes("localspluskinds", parts.localspluskinds)?,
        filename: text("filename", parts.filename)?,
        name: text("name", parts.name)?,
        qualname: text("qualname", parts.qualname)?,
        firstlineno: parts.firstlineno,
        linetable: bytes("linetable", parts.linetable)?,
        exceptiontable: bytes("exceptiontable", parts.exceptiontable)?,
    })
}

#[cold]
fn wrong_type(field: &str, expected: &str) -> MarshalError {
    MarshalError::new(ErrorKind::Type, format!("code: {field} must be {expected}"))
}

fn bytes(field: &str, value: Constant) -> Result<Arc<[u8]>, MarshalError> {
    match value {
        Constant::Bytes(bytes) => Ok(bytes),
        _ => Err(wrong_type(field, "bytes")),
    }
}

fn text(field: &str, value: Constant) -> Result<Text, MarshalError> {
    match value {
        Constant::Str(text) => Ok(text),
        _ => Err(wrong_type(field, "a string")),
    }
}

fn texts(field: &str, value: Constant) -> Result<NameList, MarshalError> {
    let Constant::Tuple(items) = value else {
        return Err(wrong_type(field, "a tuple"));
    };
    items.iter().map(|item| text(field, item.clone())).collect()
}
