//! `code` objects. Attributes are in `types/code_methods`.

use crate::exec::prepared::Prepared;
use crate::interp::{self, Interp};
use crate::object::{Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::complex::Complex;
use crate::types::set::Set;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::code::{code_flags, local_kind};
use pvm_pycfile::stored::{StoredCode, StoredConstant, StoredText};
use pvm_pycfile::verify::CodeView;
use pvm_pycfile::{CodeObject, Constant, Location, Text};
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

/// A code object. Its constants as values and the register code are made when they are asked for first: most functions
/// of a program are never called.
pub struct Code {
    origin: Origin,
    parts: OnceCell<Box<Parts>>,
    /// See [`CodeObject::argcount`].
    pub argcount: u32,
    /// See [`CodeObject::posonlyargcount`].
    pub posonlyargcount: u32,
    /// See [`CodeObject::kwonlyargcount`].
    pub kwonlyargcount: u32,
    /// See [`CodeObject::flags`].
    pub flags: u32,
    /// `co_name`
    pub name: Ref<Str>,
    /// `co_qualname`
    pub qualname: Ref<Str>,
    /// `co_filename`
    pub filename: Ref<Str>,
    /// `co_filename`, where the file that it came from has moved since.
    moved: RefCell<Option<Ref<Str>>>,
    prepared: OnceCell<Box<Prepared>>,
}

/// Code as it comes to the virtual machine.
pub enum Source {
    /// What the compiler or a file said.
    Object(Arc<CodeObject>),
    /// What is part of the program, and the name of the file that it is to bear.
    Stored(StoredCode<'static>, Text),
}

impl From<Arc<CodeObject>> for Source {
    fn from(object: Arc<CodeObject>) -> Source {
        Source::Object(object)
    }
}

/// Where a code object's fields are.
enum Origin {
    Object(Arc<CodeObject>),
    Stored {
        code: StoredCode<'static>,
        filename: Text,
        /// The whole, once somebody has asked for it.
        object: OnceCell<Arc<CodeObject>>,
    },
}

/// The parts of a code object that are values.
struct Parts {
    /// `co_consts`
    consts: Vec<Value>,
    /// `co_names`, interned
    names: Vec<Ref<Str>>,
    /// Names of fast locals, cells and free variables, interned.
    localsplusnames: Vec<Ref<Str>>,
}

crate::payload!(
    Code,
    "code",
    |code, visit| {
        code.parts.get().iter().for_each(|parts| parts.consts.iter().for_each(&mut *visit));
        if let Some(prepared) = code.prepared.get() {
            prepared.cached.borrow().iter().for_each(visit);
        }
    },
    |code| {
        // Caches refer to methods, whose classes refer back. Without their guards they are dead anyway.
        if let Some(prepared) = code.prepared.get() {
            prepared.forget_caches();
        }
    }
);

impl Code {
    /// From a compiled module or function. Nested code objects become objects too.
    pub fn new(vm: &mut Vm, source: impl Into<Source>) -> PyResult<Ref<Code>> {
        let source = source.into();
        // Making a set compares its members, which may fail.
        let holds_set = match &source {
            Source::Object(object) => object.consts.iter().any(holds_set),
            Source::Stored(code, _) => code.holds_set(),
        };
        let code = Code::unfinished(vm.interp, source);
        if holds_set {
            let consts = match &code.origin {
                Origin::Object(object) => {
                    object.consts.iter().map(|c| constant_value(vm, c)).collect::<PyResult<Vec<_>>>()
                }
                Origin::Stored { code, filename, .. } => {
                    code.consts().map(|c| stored_value(vm, c, filename)).collect()
                }
            };
            let _ = code.parts.set(Box::new(code.parts_with(consts?)));
        }
        Ok(code)
    }

    /// With constants that may be of kinds that cannot be stored (`code.replace(co_consts=…)`).
    pub fn with_consts(vm: &mut Vm, object: Arc<CodeObject>, consts: Vec<Value>) -> Ref<Code> {
        let code = Code::unfinished(vm.interp, Source::Object(object));
        let _ = code.parts.set(Box::new(code.parts_with(consts)));
        code
    }

    fn unfinished(interp: &Interp, source: Source) -> Ref<Code> {
        let intern = |text: &Text| interp.intern_ref(&Str::from_text(text));
        let code = match source {
            Source::Object(object) => Code {
                parts: OnceCell::new(),
                argcount: object.argcount,
                posonlyargcount: object.posonlyargcount,
                kwonlyargcount: object.kwonlyargcount,
                flags: object.flags,
                name: intern(&object.name),
                qualname: intern(&object.qualname),
                filename: intern(&object.filename),
                moved: RefCell::new(None),
                prepared: OnceCell::new(),
                origin: Origin::Object(object),
            },
            Source::Stored(code, filename) => Code {
                parts: OnceCell::new(),
                argcount: code.argcount(),
                posonlyargcount: code.posonlyargcount(),
                kwonlyargcount: code.kwonlyargcount(),
                flags: code.flags(),
                name: stored_name(interp, code.name()),
                qualname: stored_name(interp, code.qualname()),
                filename: intern(&filename),
                moved: RefCell::new(None),
                prepared: OnceCell::new(),
                origin: Origin::Stored { code, filename, object: OnceCell::new() },
            },
        };
        Ref::new(code, &interp.types().code)
    }

    fn parts_with(&self, consts: Vec<Value>) -> Parts {
        let interp = interp::current();
        let intern = |text: &Text| interp.intern_ref(&Str::from_text(text));
        match &self.origin {
            Origin::Object(object) => Parts {
                consts,
                names: object.names.iter().map(intern).collect(),
                localsplusnames: object.localsplusnames.iter().map(intern).collect(),
            },
            Origin::Stored { code, .. } => Parts {
                consts,
                names: code.names().map(|name| stored_name(interp, name)).collect(),
                localsplusnames: code.localsplusnames().map(|name| stored_name(interp, name)).collect(),
            },
        }
    }

    /// What the compiler or the file said, whole.
    pub fn object(&self) -> &Arc<CodeObject> {
        match &self.origin {
            Origin::Object(object) => object,
            Origin::Stored { code, filename, object } => object.get_or_init(|| Arc::new(code.load(filename))),
        }
    }

    /// A field, from where the code object's fields are.
    #[inline]
    fn field<'a, T>(
        &'a self,
        of_object: impl FnOnce(&'a CodeObject) -> T,
        of_stored: impl FnOnce(StoredCode<'a>) -> T,
    ) -> T {
        match &self.origin {
            Origin::Object(object) => of_object(object),
            Origin::Stored { code, .. } => of_stored(*code),
        }
    }

    /// As the verifier sees it.
    pub fn view(&self) -> CodeView<'_> {
        self.field(CodeView::from, CodeView::from)
    }

    /// See [`CodeObject::code`].
    pub fn bytecode(&self) -> &[u8] {
        self.field(|object| &object.code, StoredCode::code)
    }

    /// See [`CodeObject::stacksize`].
    pub fn stacksize(&self) -> u32 {
        self.field(|object| object.stacksize, StoredCode::stacksize)
    }

    /// See [`CodeObject::localspluskinds`].
    pub fn localspluskinds(&self) -> &[u8] {
        self.field(|object| &object.localspluskinds, StoredCode::localspluskinds)
    }

    /// See [`CodeObject::firstlineno`].
    pub fn firstlineno(&self) -> i32 {
        self.field(|object| object.firstlineno, StoredCode::firstlineno)
    }

    /// See [`CodeObject::linetable`].
    pub fn linetable(&self) -> &[u8] {
        self.field(|object| &object.linetable, StoredCode::linetable)
    }

    /// See [`CodeObject::exceptiontable`].
    pub fn exceptiontable(&self) -> &[u8] {
        self.field(|object| &object.exceptiontable, StoredCode::exceptiontable)
    }

    /// The position of the instruction at an offset in bytes.
    pub fn location_at(&self, offset_bytes: u32) -> Location {
        pvm_pycfile::linetable::location_at(self.linetable(), self.firstlineno(), offset_bytes)
    }

    #[inline]
    fn parts(&self) -> &Parts {
        match self.parts.get() {
            Some(parts) => parts,
            None => self.make_parts(),
        }
    }

    #[cold]
    fn make_parts(&self) -> &Parts {
        let interp = interp::current();
        let consts: Vec<Value> = match &self.origin {
            Origin::Object(object) => object.consts.iter().map(|c| simple_value(interp, c)).collect(),
            Origin::Stored { code, filename, .. } => {
                code.consts().map(|c| stored_simple_value(interp, c, filename)).collect()
            }
        };
        if let Some(moved) = &*self.moved.borrow() {
            move_nested(&consts, moved);
        }
        let parts = Box::new(self.parts_with(consts));
        self.parts.get_or_init(|| parts)
    }

    /// `co_consts`
    #[inline]
    pub fn consts(&self) -> &[Value] {
        &self.parts().consts
    }

    /// `co_names`, interned
    #[inline]
    pub fn names(&self) -> &[Ref<Str>] {
        &self.parts().names
    }

    /// Names of fast locals, cells and free variables, interned.
    #[inline]
    pub fn localsplusnames(&self) -> &[Ref<Str>] {
        &self.parts().localsplusnames
    }

    /// The `__doc__` of functions: the first constant, if it is a string.
    pub fn doc(&self) -> Value {
        let has_doc = self.field(
            |object| matches!(object.consts.first(), Some(Constant::Str(_))),
            |stored| matches!(stored.consts().next(), Some(StoredConstant::Str(_))),
        );
        let doc = if has_doc { self.consts().first().cloned() } else { None };
        doc.unwrap_or(Value::NONE)
    }

    /// The register code, made at the first call. Raises where the code is not sound.
    #[inline(always)]
    pub fn prepared(&self, vm: &mut Vm) -> PyResult<&Prepared> {
        match self.prepared.get() {
            Some(prepared) => Ok(prepared),
            None => self.prepare(vm),
        }
    }

    #[cold]
    fn prepare(&self, vm: &mut Vm) -> PyResult<&Prepared> {
        let prepared = crate::exec::translate::translate(vm, self)?;
        Ok(self.prepared.get_or_init(|| Box::new(prepared)))
    }

    /// `co_filename`
    pub fn filename(&self) -> Ref<Str> {
        self.moved.borrow().as_ref().unwrap_or(&self.filename).clone()
    }

    /// Gives this code object and those nested in it another `co_filename` (a cached file has moved).
    pub fn set_filename(&self, filename: &Ref<Str>) {
        if self.filename().equals(filename) {
            return;
        }
        let old = self.moved.replace(Some(filename.clone()));
        drop(old);
        if let Some(parts) = self.parts.get() {
            move_nested(&parts.consts, filename);
        }
    }

    /// Whether a flag of `co_flags` is set.
    #[inline(always)]
    pub fn has_flag(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// The number of fast locals, cells and free variables.
    pub fn locals_count(&self) -> usize {
        self.localspluskinds().len()
    }

    /// See [`crate::types::function::Function::simple_parameters`].
    pub fn simple_parameters(&self) -> u32 {
        let special = code_flags::VARARGS | code_flags::VARKEYWORDS;
        if self.has_flag(special) || self.kwonlyargcount > 0 || !self.has_flag(code_flags::OPTIMIZED) {
            u32::MAX
        } else {
            self.argcount
        }
    }

    /// Whether calls make a generator, coroutine or asynchronous generator.
    pub fn is_generator(&self) -> bool {
        self.has_flag(code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR)
    }

    /// `co_varnames`, `co_cellvars` or `co_freevars`.
    pub fn locals_of_kind(&self, kind: u8) -> Vec<Value> {
        let kinds = self.localspluskinds().iter();
        let chosen = kinds.zip(self.localsplusnames()).filter(|(k, _)| **k & kind != 0);
        chosen.map(|(_, name)| name.into()).collect()
    }

    /// The number of free variables.
    pub fn free_count(&self) -> usize {
        self.localspluskinds().iter().filter(|k| **k & local_kind::FREE != 0).count()
    }
}

fn move_nested(consts: &[Value], filename: &Ref<Str>) {
    for constant in consts {
        if let Some(code) = constant.downcast_ref::<Code>() {
            code.set_filename(filename);
        }
    }
}

/// Whether a constant, or code in it, is made by [`constant_value`] alone.
fn holds_set(constant: &Constant) -> bool {
    match constant {
        Constant::FrozenSet(_) => true,
        Constant::Tuple(items) => items.iter().any(holds_set),
        Constant::Code(code) => code.consts.iter().any(holds_set),
        _ => false,
    }
}

/// A constant as a value.
pub fn constant_value(vm: &mut Vm, constant: &Constant) -> PyResult {
    Ok(match constant {
        Constant::Tuple(items) => {
            let items = items.iter().map(|c| constant_value(vm, c)).collect::<PyResult<Vec<_>>>()?;
            Tuple::new(items).into()
        }
        Constant::FrozenSet(items) => {
            let items = items.iter().map(|c| constant_value(vm, c)).collect::<PyResult<Vec<_>>>()?;
            Set::frozen(vm, items)?.into()
        }
        Constant::Code(code) => Code::new(vm, code.clone())?.into(),
        simple => simple_value(vm.interp, simple),
    })
}

/// A stored constant as a value.
fn stored_value(vm: &mut Vm, constant: StoredConstant<'static>, filename: &Text) -> PyResult {
    Ok(match constant {
        StoredConstant::Tuple(items) => {
            let items = items.map(|c| stored_value(vm, c, filename)).collect::<PyResult<Vec<_>>>()?;
            Tuple::new(items).into()
        }
        StoredConstant::FrozenSet(items) => {
            let items = items.map(|c| stored_value(vm, c, filename)).collect::<PyResult<Vec<_>>>()?;
            Set::frozen(vm, items)?.into()
        }
        StoredConstant::Code(code) => Code::new(vm, Source::Stored(code, filename.clone()))?.into(),
        simple => stored_simple_value(vm.interp, simple, filename),
    })
}

/// A stored constant that holds no set as a value.
fn stored_simple_value(interp: &Interp, constant: StoredConstant<'static>, filename: &Text) -> Value {
    match constant {
        StoredConstant::Simple(constant) => simple_value(interp, &constant),
        StoredConstant::Str(text) => string_value(interp, text.bytes, || stored_string(text)),
        StoredConstant::Bytes(bytes) => Bytes::new(bytes.to_vec()).into(),
        StoredConstant::Tuple(items) => {
            let items = items.map(|item| stored_simple_value(interp, item, filename));
            Tuple::new(items.collect::<Vec<_>>()).into()
        }
        StoredConstant::FrozenSet(_) => Value::NONE,
        StoredConstant::Code(code) => Code::unfinished(interp, Source::Stored(code, filename.clone())).into(),
    }
}

fn stored_string(text: StoredText<'_>) -> Ref<Str> {
    match std::str::from_utf8(text.bytes) {
        Ok(text) => Str::from_str(text),
        Err(_) => Str::from_text(&text.to_text()),
    }
}

fn stored_name(interp: &Interp, text: StoredText<'_>) -> Ref<Str> {
    interp.intern_ref(&stored_string(text))
}

/// A string constant, whose text is `bytes`. Those that look like identifiers are interned, as CPython interns them.
fn string_value(interp: &Interp, bytes: &[u8], make: impl FnOnce() -> Ref<Str>) -> Value {
    let identifier = bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    if identifier { interp.intern_ref(&make()).into() } else { make().into() }
}

/// A constant that holds no set as a value.
fn simple_value(interp: &Interp, constant: &Constant) -> Value {
    match constant {
        Constant::None | Constant::FrozenSet(_) => Value::NONE,
        Constant::Bool(b) => Value::bool(*b),
        Constant::Ellipsis => Value::ELLIPSIS,
        Constant::Int(i) => Value::int(*i),
        Constant::BigInt(i) => crate::number::big::from_constant(i).into(),
        Constant::Float(f) => Value::float(*f),
        Constant::Complex(re, im) => Complex::new(*re, *im).into(),
        Constant::Str(text) => string_value(interp, text.as_bytes(), || Str::from_text(text)),
        Constant::Bytes(bytes) => Bytes::new(bytes.to_vec()).into(),
        Constant::Tuple(items) => {
            Tuple::new(items.iter().map(|item| simple_value(interp, item)).collect::<Vec<_>>()).into()
        }
        Constant::Code(code) => Code::unfinished(interp, Source::Object(code.clone())).into(),
    }
}

/// A value as a constant of a code object, for code that comes from outside; raises where it cannot be one.
pub fn value_constant(vm: &mut Vm, value: &Value) -> PyResult<Constant> {
    if value.is_none() {
        return Ok(Constant::None);
    }
    if let Some(b) = value.as_bool() {
        return Ok(Constant::Bool(b));
    }
    if value.is(&Value::ELLIPSIS) {
        return Ok(Constant::Ellipsis);
    }
    if let Some(int) = value.as_int() {
        return Ok(match int.to_i64() {
            Some(i) => Constant::Int(i),
            None => Constant::BigInt(Arc::new(crate::number::big::to_constant(&int.to_big()))),
        });
    }
    if let Some(f) = value.as_float() {
        return Ok(Constant::Float(f));
    }
    if let Some(complex) = value.downcast_ref::<Complex>() {
        return Ok(Constant::Complex(complex.re, complex.im));
    }
    if let Some(text) = value.downcast_ref::<Str>() {
        return Ok(Constant::Str(Text::from_code_points(text.as_ref().code_points())));
    }
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return Ok(Constant::Bytes(Arc::from(bytes.as_slice())));
    }
    if let Some(code) = value.downcast_ref::<Code>() {
        return Ok(Constant::Code(code.object().clone()));
    }
    let is_tuple = value.holds::<Tuple>();
    if is_tuple || value.holds::<Set>() {
        let items = vm.collect(value)?;
        let mut constants = Vec::with_capacity(items.len());
        for item in &items {
            constants.push(vm.nested(" in a constant", |vm| value_constant(vm, item))?);
        }
        return Ok(if is_tuple {
            Constant::Tuple(constants.into())
        } else {
            Constant::FrozenSet(constants.into())
        });
    }
    let class = value.class().name();
    Err(vm.type_error(format!("a {class} cannot be a constant of a code object")))
}
