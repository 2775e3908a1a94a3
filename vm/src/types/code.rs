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
use pvm_pycfile::{CodeObject, Constant};
use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

/// A code object. Its constants as values and the register code are made when they are asked for first: most functions
/// of a program are never called.
pub struct Code {
    /// What the compiler or the file said.
    pub object: Arc<CodeObject>,
    parts: OnceCell<Box<Parts>>,
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
    pub fn new(vm: &mut Vm, object: Arc<CodeObject>) -> PyResult<Ref<Code>> {
        // Making a set compares its members, which may fail.
        if object.consts.iter().any(holds_set) {
            let consts = object.consts.iter().map(|c| constant_value(vm, c)).collect::<PyResult<Vec<_>>>()?;
            return Ok(Code::with_consts(vm, object, consts));
        }
        Ok(Code::unfinished(vm.interp, object))
    }

    /// With constants that may be of kinds that cannot be stored (`code.replace(co_consts=…)`).
    pub fn with_consts(vm: &mut Vm, object: Arc<CodeObject>, consts: Vec<Value>) -> Ref<Code> {
        let code = Code::unfinished(vm.interp, object);
        let _ = code.parts.set(Box::new(code.parts_with(consts)));
        code
    }

    fn unfinished(interp: &Interp, object: Arc<CodeObject>) -> Ref<Code> {
        let intern = |text: &pvm_pycfile::Text| interp.intern_ref(&Str::from_text(text));
        let code = Code {
            parts: OnceCell::new(),
            name: intern(&object.name),
            qualname: intern(&object.qualname),
            filename: intern(&object.filename),
            moved: RefCell::new(None),
            prepared: OnceCell::new(),
            object,
        };
        Ref::new(code, &interp.types().code)
    }

    fn parts_with(&self, consts: Vec<Value>) -> Parts {
        let interp = interp::current();
        let intern = |text: &pvm_pycfile::Text| interp.intern_ref(&Str::from_text(text));
        Parts {
            consts,
            names: self.object.names.iter().map(intern).collect(),
            localsplusnames: self.object.localsplusnames.iter().map(intern).collect(),
        }
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
        let consts: Vec<Value> = self.object.consts.iter().map(|c| simple_value(interp, c)).collect();
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
        match self.object.consts.first() {
            Some(Constant::Str(_)) => self.consts().first().cloned().unwrap_or(Value::NONE),
            _ => Value::NONE,
        }
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
        self.object.flags & flag != 0
    }

    /// The number of fast locals, cells and free variables.
    pub fn locals_count(&self) -> usize {
        self.object.localsplusnames.len()
    }

    /// See [`crate::types::function::Function::simple_parameters`].
    pub fn simple_parameters(&self) -> u32 {
        let special = code_flags::VARARGS | code_flags::VARKEYWORDS;
        if self.has_flag(special) || self.object.kwonlyargcount > 0 || !self.has_flag(code_flags::OPTIMIZED) {
            u32::MAX
        } else {
            self.object.argcount
        }
    }

    /// Whether calls make a generator, coroutine or asynchronous generator.
    pub fn is_generator(&self) -> bool {
        self.has_flag(code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR)
    }

    /// `co_varnames`, `co_cellvars` or `co_freevars`.
    pub fn locals_of_kind(&self, kind: u8) -> Vec<Value> {
        let kinds = self.object.localspluskinds.iter();
        let chosen = kinds.zip(self.localsplusnames()).filter(|(k, _)| **k & kind != 0);
        chosen.map(|(_, name)| name.into()).collect()
    }

    /// The number of free variables.
    pub fn free_count(&self) -> usize {
        self.object.localspluskinds.iter().filter(|k| **k & local_kind::FREE != 0).count()
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

/// A constant as a value. Strings that look like identifiers are interned, as CPython interns them.
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
        Constant::Str(text) => {
            let string = Str::from_text(text);
            let identifier = text.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
            if identifier { interp.intern_ref(&string).into() } else { string.into() }
        }
        Constant::Bytes(bytes) => Bytes::new(bytes.to_vec()).into(),
        Constant::Tuple(items) => {
            Tuple::new(items.iter().map(|item| simple_value(interp, item)).collect::<Vec<_>>()).into()
        }
        Constant::Code(code) => Code::unfinished(interp, code.clone()).into(),
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
        return Ok(Constant::Str(pvm_pycfile::Text::from_code_points(text.as_ref().code_points())));
    }
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return Ok(Constant::Bytes(Arc::from(bytes.as_slice())));
    }
    if let Some(code) = value.downcast_ref::<Code>() {
        return Ok(Constant::Code(code.object.clone()));
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
