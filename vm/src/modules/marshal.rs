//! The module `marshal`, over the format layer of `pvm-pycfile`.

use crate::object::{Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::code::{Code, constant_value, value_constant};
use crate::types::complex::Complex;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_pycfile::marshal::{Builder, CodeParts, ErrorKind, MarshalError, Reader, Writer};
use pvm_pycfile::{CodeObject, Constant, NameList};
use pvm_vm_macros::pymodule;
use std::sync::Arc;

/// The declaration.
pub use marshal_module::MODULE;

/// The newest version of the format.
const VERSION: i64 = 4;
/// How deep `dumps` follows containers.
const MAX_DEPTH: usize = 2000;

/// `marshal`
#[pymodule(
    name = "marshal",
    doc = "This module contains functions that can read and write Python values in\na binary format. The format is specific to Python, but independent of\nmachine architecture issues."
)]
pub mod marshal_module {
    use super::*;

    #[pyfunction(sig = "(value, version=4, /)")]
    fn dumps(vm: &mut Vm, value: &Value, #[default(VERSION)] version: i64) -> PyResult<Vec<u8>> {
        super::dump(vm, value, version)
    }

    #[pyfunction(sig = "(value, file, version=4, /)")]
    fn dump(vm: &mut Vm, value: &Value, file: &Value, #[default(VERSION)] version: i64) -> PyResult {
        let data = super::dump(vm, value, version)?;
        vm.call_method_str(file, "write", &[data.into()])
    }

    #[pyfunction(sig = "(bytes, /)")]
    fn loads(vm: &mut Vm, bytes: &Value) -> PyResult {
        let (data, form) = crate::modules::evaluate::source_bytes(vm, bytes, "loads", "a bytes-like object")?;
        if form == crate::host::SourceForm::Text {
            return Err(vm.type_error("a bytes-like object is required, not 'str'"));
        }
        super::load(vm, &data).map(|(value, _)| value)
    }

    #[pyfunction(sig = "(file, /)")]
    fn load(vm: &mut Vm, file: &Value) -> PyResult {
        // What follows the value must stay in the file, so it is read whole and positioned again.
        let data = vm.call_method_str(file, "read", &[])?;
        let Some(bytes) = data.downcast_ref::<Bytes>().cloned() else {
            let found = data.class().name();
            return Err(vm.type_error(format!("file.read() returned not bytes but {found}")));
        };
        let (value, used) = super::load(vm, bytes.as_slice())?;
        let left = bytes.as_slice().len() - used;
        if left > 0 {
            vm.call_method_str(file, "seek", &[Value::int(-(left as i64)), Value::int(1)])?;
        }
        Ok(value)
    }

    fn init(_vm: &mut Vm, module: &Ref<crate::types::module::Module>) -> PyResult<()> {
        module.set("version", VERSION);
        Ok(())
    }
}

struct ValueBuilder<'a> {
    vm: &'a mut Vm,
}

/// What reading can end in.
enum LoadError {
    Format(MarshalError),
    Raised(Raised),
}

impl From<MarshalError> for LoadError {
    fn from(error: MarshalError) -> Self {
        LoadError::Format(error)
    }
}

impl From<Raised> for LoadError {
    fn from(raised: Raised) -> Self {
        LoadError::Raised(raised)
    }
}

impl Builder for ValueBuilder<'_> {
    type Value = Value;
    type Error = LoadError;

    fn none(&mut self) -> Value {
        Value::NONE
    }
    fn bool(&mut self, value: bool) -> Value {
        Value::bool(value)
    }
    fn ellipsis(&mut self) -> Value {
        Value::ELLIPSIS
    }
    fn stop_iteration(&mut self) -> Result<Value, LoadError> {
        Ok((&self.vm.types().exceptions.stop_iteration).into())
    }
    fn int(&mut self, value: i64) -> Value {
        Value::int(value)
    }
    fn big_int(&mut self, value: num_bigint::BigInt) -> Value {
        crate::number::big::from_constant(&value).into()
    }
    fn float(&mut self, value: f64) -> Value {
        Value::float(value)
    }
    fn complex(&mut self, real: f64, imag: f64) -> Value {
        Complex::new(real, imag).into()
    }
    fn bytes(&mut self, value: &[u8]) -> Value {
        value.into()
    }
    fn str(&mut self, wtf8: &[u8], _ascii: bool, interned: bool) -> Value {
        let string = match crate::text::StrBuf::from_wtf8(wtf8) {
            Some(text) => Str::from_buf(text),
            None => Str::from_str(&String::from_utf8_lossy(wtf8)),
        };
        if interned { self.vm.interp.intern_ref(&string).into() } else { string.into() }
    }
    fn tuple(&mut self, _begun: Option<Value>, items: Vec<Value>) -> Result<Value, LoadError> {
        Ok(Tuple::new(items).into())
    }
    fn frozenset(&mut self, items: Vec<Value>) -> Result<Value, LoadError> {
        Ok(Set::frozen(self.vm, items)?.into())
    }
    fn begin_list(&mut self, _len: usize) -> Result<Value, LoadError> {
        Ok(List::new(Vec::new()).into())
    }
    fn list_push(&mut self, list: &Value, item: Value) -> Result<(), LoadError> {
        if let Some(list) = list.downcast_ref::<List>() {
            list.push(item);
        }
        Ok(())
    }
    fn begin_set(&mut self) -> Result<Value, LoadError> {
        Ok(Set::new().into())
    }
    fn set_add(&mut self, set: &Value, item: Value) -> Result<(), LoadError> {
        if let Some(set) = set.downcast_ref::<Set>() {
            set.add(self.vm, item)?;
        }
        Ok(())
    }
    fn begin_dict(&mut self) -> Result<Value, LoadError> {
        Ok(Dict::new().into())
    }
    fn dict_insert(&mut self, dict: &Value, key: Value, value: Value) -> Result<(), LoadError> {
        if let Some(dict) = dict.downcast_ref::<Dict>() {
            dict.set(self.vm, key, value)?;
        }
        Ok(())
    }
    fn code(&mut self, parts: Box<CodeParts<Value>>) -> Result<Value, LoadError> {
        let object = code_object(self.vm, &parts)?;
        Ok(Code::new(self.vm, Arc::new(object))?.into())
    }
}

fn code_object(vm: &mut Vm, parts: &CodeParts<Value>) -> PyResult<CodeObject> {
    let text = |vm: &mut Vm, value: &Value| match value_constant(vm, value)? {
        Constant::Str(text) => Ok(text),
        _ => Err(vm.type_error("code: a name is not a string")),
    };
    let texts = |vm: &mut Vm, value: &Value| -> PyResult<NameList> {
        let items = vm.to_tuple(value)?;
        items.as_slice().iter().map(|v| text(vm, v)).collect()
    };
    let bytes = |vm: &mut Vm, value: &Value| -> PyResult<Arc<[u8]>> {
        match value.downcast_ref::<Bytes>() {
            Some(bytes) => Ok(Arc::from(bytes.as_slice())),
            None => Err(vm.type_error("code: a table is not bytes")),
        }
    };
    let consts = vm.to_tuple(&parts.consts)?;
    let consts = consts.as_slice().iter().map(|v| value_constant(vm, v)).collect::<PyResult<_>>()?;
    Ok(CodeObject {
        argcount: parts.argcount.max(0) as u32,
        posonlyargcount: parts.posonlyargcount.max(0) as u32,
        kwonlyargcount: parts.kwonlyargcount.max(0) as u32,
        stacksize: parts.stacksize.max(0) as u32,
        flags: parts.flags as u32,
        code: bytes(vm, &parts.code)?,
        consts,
        names: texts(vm, &parts.names)?,
        localsplusnames: texts(vm, &parts.localsplusnames)?,
        localspluskinds: bytes(vm, &parts.localspluskinds)?,
        filename: text(vm, &parts.filename)?,
        name: text(vm, &parts.name)?,
        qualname: text(vm, &parts.qualname)?,
        firstlineno: parts.firstlineno,
        linetable: bytes(vm, &parts.linetable)?,
        exceptiontable: bytes(vm, &parts.exceptiontable)?,
    })
}

/// Reads one value; also how many bytes it took.
pub fn load(vm: &mut Vm, data: &[u8]) -> PyResult<(Value, usize)> {
    // The usual case, a module's code, without values in between.
    if data.first().is_some_and(|b| b & 0x7F == b'c')
        && let Ok(code) = pvm_pycfile::marshal::load_code(data)
    {
        return Ok((Code::new(vm, code)?.into(), data.len()));
    }
    let mut reader = Reader::new(data, ValueBuilder { vm });
    let result = reader.read();
    let position = reader.position();
    match result {
        Ok(value) => Ok((value, position)),
        Err(LoadError::Raised(raised)) => Err(raised),
        Err(LoadError::Format(error)) => Err(format_error(vm, &error)),
    }
}

fn format_error(vm: &mut Vm, error: &MarshalError) -> Raised {
    let text = error.to_string();
    match error.kind {
        ErrorKind::Eof => vm.eof_error(text),
        ErrorKind::Type => vm.type_error(text),
        _ => vm.value_error(text),
    }
}

/// Writes a value.
pub fn dump(vm: &mut Vm, value: &Value, version: i64) -> PyResult<Vec<u8>> {
    if let Some(code) = value.downcast_ref::<Code>().filter(|_| version == VERSION) {
        return match pvm_pycfile::marshal::dump_code(code.object()) {
            Ok(data) => Ok(data),
            Err(error) => Err(format_error(vm, &error)),
        };
    }
    let mut writer = Writer::new(u32::try_from(version).unwrap_or(0));
    write(vm, &mut writer, value, 0)?;
    Ok(writer.into_bytes())
}

fn write(vm: &mut Vm, writer: &mut Writer, value: &Value, depth: usize) -> PyResult<()> {
    if depth > MAX_DEPTH {
        return Err(vm.value_error("object too deeply nested to marshal"));
    }
    if value.is_none() {
        writer.none();
        return Ok(());
    }
    if let Some(b) = value.as_bool() {
        writer.bool(b);
        return Ok(());
    }
    if value.is(&Value::ELLIPSIS) {
        writer.ellipsis();
        return Ok(());
    }
    if value.is(vm.types().exceptions.stop_iteration.as_value()) {
        writer.stop_iteration();
        return Ok(());
    }
    let shared = value.header().filter(|h| h.count() > 1).map(|_| value.identity());
    let identity = if value.is_object() { shared } else { None };
    if writer.reference(identity) {
        return Ok(());
    }
    let types = vm.types();
    let class = value.class();
    if class.is(&types.int) {
        match value.as_int().and_then(|i| i.to_i64()) {
            Some(i) => writer.int(i),
            None => {
                if let Some(int) = value.as_int() {
                    writer.big_int(&crate::number::big::to_constant(&int.to_big()));
                }
            }
        }
    } else if let Some(f) = value.as_float().filter(|_| class.is(&types.float)) {
        writer.float(f);
    } else if let Some(complex) = value.downcast_ref::<Complex>() {
        writer.complex(complex.re, complex.im);
    } else if let Some(bytes) = value.downcast_ref::<Bytes>() {
        writer.bytes(bytes.as_slice());
    } else if let Some(text) = value.downcast_ref::<Str>().filter(|s| s.class().is(&types.str)) {
        writer.str(&text.as_ref().to_wtf8(), text.is_interned());
    } else if let Some(tuple) = value.downcast_ref::<Tuple>().filter(|t| t.class().is(&types.tuple)) {
        writer.tuple(tuple.len());
        for item in tuple.as_slice() {
            write(vm, writer, item, depth + 1)?;
        }
    } else if let Some(list) = value.downcast_ref::<List>().filter(|l| l.class().is(&types.list)) {
        let items = list.to_vec();
        writer.list(items.len());
        for item in &items {
            write(vm, writer, item, depth + 1)?;
        }
    } else if let Some(dict) = value.downcast_ref::<Dict>().filter(|d| d.class().is(&types.dict)) {
        writer.dict();
        for (key, value) in dict.items() {
            write(vm, writer, &key, depth + 1)?;
            write(vm, writer, &value, depth + 1)?;
        }
        writer.null();
    } else if class.is(&types.set) || class.is(&types.frozenset) {
        let items = vm.collect(value)?;
        let mut keyed = Vec::with_capacity(items.len());
        for item in items {
            keyed.push((dump(vm, &item, i64::from(writer.version()))?, item));
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        if class.is(&types.set) {
            writer.set(keyed.len())
        } else {
            writer.frozenset(keyed.len())
        }
        for (_, item) in &keyed {
            write(vm, writer, item, depth + 1)?;
        }
    } else if let Some(code) = value.downcast_ref::<Code>() {
        write_code(vm, writer, code, depth)?;
    } else if let Some(buffer) = class.slots.buffer.get() {
        let data = buffer(vm, value)?.to_vec();
        writer.bytes(&data);
    } else {
        return Err(vm.value_error("unmarshallable object"));
    }
    Ok(())
}

/// Writes a code object that lies within a container: its fields are objects of the same stream as what is around it.
fn write_code(vm: &mut Vm, writer: &mut Writer, code: &Code, depth: usize) -> PyResult<()> {
    let object = code.object();
    writer.code();
    for number in
        [object.argcount, object.posonlyargcount, object.kwonlyargcount, object.stacksize, object.flags]
    {
        writer.field(number as i32);
    }
    let texts = |names: &[Ref<Str>]| -> Value {
        Tuple::new(names.iter().map(|name| name.clone().into()).collect::<Vec<Value>>()).into()
    };
    let before_the_line: [Value; 8] = [
        (&*object.code).into(),
        Tuple::new(code.consts().to_vec()).into(),
        texts(code.names()),
        texts(code.localsplusnames()),
        (&*object.localspluskinds).into(),
        code.filename().into(),
        constant_value(vm, &Constant::Str(object.name.clone()))?,
        constant_value(vm, &Constant::Str(object.qualname.clone()))?,
    ];
    for field in &before_the_line {
        write(vm, writer, field, depth + 1)?;
    }
    writer.field(object.firstlineno);
    for table in [&object.linetable, &object.exceptiontable] {
        write(vm, writer, &(&**table).into(), depth + 1)?;
    }
    Ok(())
}
