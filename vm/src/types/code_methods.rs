//! Methods of code objects.

use crate::native::{Args, Param, ParamKind, bind};
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::code::Code;
use crate::types::complex::Complex;
use crate::types::list::List;
use crate::types::set::Set;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_pycfile::code::local_kind;
use pvm_pycfile::{CodeObject, Constant, NameList, Text};
use pvm_vm_macros::pymethods;
use std::sync::Arc;

/// The text of a string as code objects store it.
fn stored_text(text: &Str) -> Text {
    Text::from_code_points(text.as_ref().code_points())
}

/// A value as a stored constant, where it is one of the kinds that can be stored.
pub fn value_constant(value: &Value) -> Option<Constant> {
    if value.is_none() {
        return Some(Constant::None);
    }
    if let Some(b) = value.as_bool() {
        return Some(Constant::Bool(b));
    }
    if value.is(&Value::ELLIPSIS) {
        return Some(Constant::Ellipsis);
    }
    if let Some(int) = value.as_int() {
        return Some(match int {
            crate::number::Int::Small(i) => Constant::Int(i),
            crate::number::Int::Big(big) => Constant::BigInt(Arc::new(crate::number::big::to_constant(big))),
        });
    }
    if let Some(f) = value.as_float() {
        return Some(Constant::Float(f));
    }
    if let Some(complex) = value.downcast_ref::<Complex>() {
        return Some(Constant::Complex(complex.re, complex.im));
    }
    if let Some(text) = value.downcast_ref::<Str>() {
        return Some(Constant::Str(stored_text(text)));
    }
    if let Some(bytes) = value.downcast_ref::<Bytes>() {
        return Some(Constant::Bytes(Arc::from(bytes.as_slice())));
    }
    if let Some(code) = value.downcast_ref::<Code>() {
        return Some(Constant::Code(code.object().clone()));
    }
    if let Some(tuple) = value.downcast_ref::<Tuple>() {
        let items: Option<Vec<Constant>> = tuple.as_slice().iter().map(value_constant).collect();
        return Some(Constant::Tuple(Arc::from(items?)));
    }
    if let Some(set) = value.downcast_ref::<Set>() {
        let items: Option<Vec<Constant>> = set.to_vec().iter().map(value_constant).collect();
        return Some(Constant::FrozenSet(Arc::from(items?)));
    }
    None
}

fn position(part: i32) -> Value {
    if part < 0 { Value::NONE } else { Value::from(part) }
}

fn names(values: &[Ref<Str>]) -> Ref<Tuple> {
    Tuple::new(values.iter().map(Value::from).collect::<Vec<_>>())
}

/// The parts of a code object that `code(…)` and `replace(…)` set.
struct Parts {
    object: CodeObject,
    consts: Vec<Value>,
    varnames: Vec<Text>,
    freevars: Vec<Text>,
    cellvars: Vec<Text>,
    nlocals: Option<u32>,
}

const INTEGERS: [&str; 7] = [
    "co_argcount",
    "co_posonlyargcount",
    "co_kwonlyargcount",
    "co_nlocals",
    "co_stacksize",
    "co_flags",
    "co_firstlineno",
];

impl Parts {
    fn of(code: &Code) -> Parts {
        let kind = |bit: u8| {
            let object = code.object();
            let named = object.localsplusnames.iter().zip(object.localspluskinds.iter());
            named.filter(|(_, k)| **k & bit != 0).map(|(name, _)| name.clone()).collect()
        };
        Parts {
            object: (**code.object()).clone(),
            consts: code.consts().to_vec(),
            varnames: kind(local_kind::LOCAL),
            freevars: kind(local_kind::FREE),
            cellvars: kind(local_kind::CELL),
            nlocals: None,
        }
    }

    fn set(&mut self, vm: &mut Vm, name: &str, value: &Value) -> PyResult<()> {
        if INTEGERS.contains(&name) {
            let number = vm.to_i128(value)?;
            let Ok(number) = i32::try_from(number) else {
                return Err(vm.overflow_error("Python int too large to convert to C int"));
            };
            if name == "co_firstlineno" {
                self.object.firstlineno = number;
                return Ok(());
            }
            let Ok(number) = u32::try_from(number) else {
                return Err(vm.value_error(format!("code: {} must not be negative", &name[3..])));
            };
            match name {
                "co_argcount" => self.object.argcount = number,
                "co_posonlyargcount" => self.object.posonlyargcount = number,
                "co_kwonlyargcount" => self.object.kwonlyargcount = number,
                "co_nlocals" => self.nlocals = Some(number),
                "co_stacksize" => self.object.stacksize = number,
                _ => self.object.flags = number,
            }
            return Ok(());
        }
        match name {
            "co_code" => self.object.code = bytes(vm, name, value)?,
            "co_linetable" => self.object.linetable = bytes(vm, name, value)?,
            "co_exceptiontable" => self.object.exceptiontable = bytes(vm, name, value)?,
            "co_consts" => self.consts = tuple(vm, name, value)?.as_slice().to_vec(),
            "co_names" => self.object.names = texts(vm, name, value)?.into(),
            "co_varnames" => self.varnames = texts(vm, name, value)?,
            "co_freevars" => self.freevars = texts(vm, name, value)?,
            "co_cellvars" => self.cellvars = texts(vm, name, value)?,
            "co_filename" => self.object.filename = one_text(vm, name, value)?,
            "co_name" => self.object.name = one_text(vm, name, value)?,
            _ => self.object.qualname = one_text(vm, name, value)?,
        }
        Ok(())
    }

    fn build(mut self, vm: &mut Vm) -> PyResult<Ref<Code>> {
        let object = &mut self.object;
        if !object.code.len().is_multiple_of(2) || object.code.is_empty() {
            return Err(vm.value_error("code: co_code is malformed"));
        }
        if object.posonlyargcount > object.argcount {
            return Err(vm.value_error("code: posonlyargcount must not be greater than argcount"));
        }
        let mut parameters = u64::from(object.argcount) + u64::from(object.kwonlyargcount);
        parameters += u64::from(object.flags & 4 != 0) + u64::from(object.flags & 8 != 0);
        if parameters > self.varnames.len() as u64 {
            return Err(vm.value_error("code: co_varnames is too small"));
        }
        if self.nlocals.is_some_and(|n| n as usize != self.varnames.len()) {
            return Err(vm.value_error("code: co_nlocals != len(co_varnames)"));
        }
        let hidden = |name: &Text, object: &CodeObject| {
            let old = object.localsplusnames.iter().position(|other| other == name);
            old.and_then(|i| object.localspluskinds.get(i)).map_or(0, |kind| kind & local_kind::HIDDEN)
        };
        let mut locals: Vec<(Text, u8)> = Vec::new();
        for name in &self.varnames {
            let cell = if self.cellvars.contains(name) { local_kind::CELL } else { 0 };
            locals.push((name.clone(), local_kind::LOCAL | cell | hidden(name, object)));
        }
        for name in self.cellvars.iter().filter(|name| !self.varnames.contains(name)) {
            locals.push((name.clone(), local_kind::CELL | hidden(name, object)));
        }
        locals.extend(self.freevars.iter().map(|name| (name.clone(), local_kind::FREE)));
        object.localsplusnames = locals.iter().map(|(name, _)| name.clone()).collect();
        object.localspluskinds = locals.iter().map(|(_, kind)| *kind).collect();
        // What cannot be stored is there as a value only.
        object.consts = self.consts.iter().map(|c| value_constant(c).unwrap_or(Constant::None)).collect();
        Ok(Code::with_consts(vm, Arc::new(self.object), self.consts))
    }
}

fn wrong(vm: &mut Vm, name: &str, expected: &str, value: &Value) -> crate::vm::Raised {
    let found = value.class().name();
    vm.type_error(format!("code() argument '{name}' must be {expected}, not {found}"))
}

fn bytes(vm: &mut Vm, name: &str, value: &Value) -> PyResult<Arc<[u8]>> {
    match value.downcast_ref::<Bytes>() {
        Some(bytes) => Ok(Arc::from(bytes.as_slice())),
        None => Err(wrong(vm, name, "bytes", value)),
    }
}

fn tuple(vm: &mut Vm, name: &str, value: &Value) -> PyResult<Ref<Tuple>> {
    match value.downcast_ref::<Tuple>() {
        Some(tuple) => Ok(tuple.clone()),
        None => Err(wrong(vm, name, "tuple", value)),
    }
}

fn one_text(vm: &mut Vm, name: &str, value: &Value) -> PyResult<Text> {
    match value.downcast_ref::<Str>() {
        Some(text) => Ok(stored_text(text)),
        None => Err(wrong(vm, name, "str", value)),
    }
}

fn texts(vm: &mut Vm, name: &str, value: &Value) -> PyResult<Vec<Text>> {
    let tuple = tuple(vm, name, value)?;
    let mut all = Vec::with_capacity(tuple.len());
    for item in tuple.as_slice() {
        match item.downcast_ref::<Str>() {
            Some(text) => all.push(stored_text(text)),
            None => {
                let found = item.class().name();
                return Err(vm.type_error(format!("name tuples must contain only strings, not '{found}'")));
            }
        }
    }
    Ok(all)
}

const fn keyword(name: &'static str) -> Param {
    Param { name, kind: ParamKind::KeywordOnly, required: false }
}

const fn positional(name: &'static str, required: bool) -> Param {
    Param { name, kind: ParamKind::PositionalOnly, required }
}

#[pymethods(name = "code", doc = "Create a code object.  Not for mere mortals.", flags = flag::HAS_WEAKREF)]
impl Code {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, _class: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[
            positional("co_argcount", true),
            positional("co_posonlyargcount", true),
            positional("co_kwonlyargcount", true),
            positional("co_nlocals", true),
            positional("co_stacksize", true),
            positional("co_flags", true),
            positional("co_code", true),
            positional("co_consts", true),
            positional("co_names", true),
            positional("co_varnames", true),
            positional("co_filename", true),
            positional("co_name", true),
            positional("co_qualname", true),
            positional("co_firstlineno", true),
            positional("co_linetable", true),
            positional("co_exceptiontable", true),
            positional("co_freevars", false),
            positional("co_cellvars", false),
        ];
        let (slots, _) = bind::<18, 16, 18>(vm, "code", PARAMS, args)?;
        let empty: Arc<[u8]> = Arc::from([]);
        let none = Text::from_code_points([]);
        let object = CodeObject {
            argcount: 0,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            stacksize: 0,
            flags: 0,
            code: empty.clone(),
            consts: Vec::new(),
            names: NameList::default(),
            localsplusnames: NameList::default(),
            localspluskinds: empty.clone(),
            filename: none.clone(),
            name: none.clone(),
            qualname: none,
            firstlineno: 0,
            linetable: empty.clone(),
            exceptiontable: empty,
        };
        let mut parts = Parts {
            object,
            consts: Vec::new(),
            varnames: Vec::new(),
            freevars: Vec::new(),
            cellvars: Vec::new(),
            nlocals: None,
        };
        for (param, slot) in PARAMS.iter().zip(slots) {
            if let Some(value) = slot {
                parts.set(vm, param.name, value)?;
            }
        }
        Ok(parts.build(vm)?.into())
    }

    /// Return a copy of the code object with new values for the specified fields.
    #[method(
        sig = "(*, co_argcount=-1, co_posonlyargcount=-1, co_kwonlyargcount=-1, co_nlocals=-1, co_stacksize=-1, co_flags=-1, co_firstlineno=-1, co_code=None, co_consts=None, co_names=None, co_varnames=None, co_freevars=None, co_cellvars=None, co_filename=None, co_name=None, co_qualname=None, co_linetable=None, co_exceptiontable=None)"
    )]
    fn replace(vm: &mut Vm, this: &Ref<Code>, args: Args<'_>) -> PyResult<Ref<Code>> {
        const PARAMS: &[Param] = &[
            keyword("co_argcount"),
            keyword("co_posonlyargcount"),
            keyword("co_kwonlyargcount"),
            keyword("co_nlocals"),
            keyword("co_stacksize"),
            keyword("co_flags"),
            keyword("co_firstlineno"),
            keyword("co_code"),
            keyword("co_consts"),
            keyword("co_names"),
            keyword("co_varnames"),
            keyword("co_freevars"),
            keyword("co_cellvars"),
            keyword("co_filename"),
            keyword("co_name"),
            keyword("co_qualname"),
            keyword("co_linetable"),
            keyword("co_exceptiontable"),
        ];
        let (slots, _) = bind::<18, 1, 0>(vm, "replace", PARAMS, args)?;
        let mut parts = Parts::of(this);
        for (param, slot) in PARAMS.iter().zip(slots) {
            if let Some(value) = slot {
                parts.set(vm, param.name, value)?;
            }
        }
        parts.build(vm)
    }

    #[slot(repr)]
    fn repr(this: &Ref<Code>) -> PyResult {
        let id = this.as_value().identity();
        let (name, file) = (&this.name, this.filename());
        let line = this.firstlineno();
        let line = if line != 0 { line } else { -1 };
        Ok(format!("<code object {name} at {id:#x}, file \"{file}\", line {line}>").into())
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<Code>) -> PyResult<i64> {
        let mut hash = this.name.hash();
        let mut mix = |part: i64| hash = hash.wrapping_mul(1_000_003) ^ part;
        mix(this.argcount.into());
        mix(this.posonlyargcount.into());
        mix(this.kwonlyargcount.into());
        mix(this.flags.into());
        mix(this.firstlineno().into());
        mix(this.bytecode().len() as i64);
        for name in this.names().iter().chain(this.localsplusnames()) {
            mix(name.hash());
        }
        for constant in this.consts() {
            mix(vm.hash(constant).unwrap_or(0));
        }
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<Code>(), b.downcast_ref::<Code>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        // The file's name does not count.
        let file = x.object().filename.clone();
        let same = |other: &CodeObject| {
            if *other == **x.object() {
                return true;
            }
            let other = CodeObject { filename: file.clone(), ..other.clone() };
            other == **x.object()
        };
        let mut equal = same(y.object()) && x.consts().len() == y.consts().len();
        for (c, d) in x.consts().iter().zip(y.consts()) {
            // Constants that could not be stored are compared as values.
            equal = equal && (value_constant(c).is_some() || vm.equals(c, d)?);
        }
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    /// Return an iterator over the line numbers of the code's instructions: (start, end, line).
    #[method(sig = "")]
    fn co_lines(vm: &mut Vm, this: &Ref<Code>) -> PyResult {
        let rows = pvm_pycfile::linetable::lines(this.linetable(), this.firstlineno()).map(|range| {
            let line = range.line.map_or(Value::NONE, Value::from);
            Tuple::new([Value::from(range.start_bytes), Value::from(range.end_bytes), line]).into()
        });
        let rows: Value = List::new(rows.collect()).into();
        vm.iter(&rows)
    }

    /// Return an iterator over the source positions of the code's instructions.
    #[method(sig = "")]
    fn co_positions(vm: &mut Vm, this: &Ref<Code>) -> PyResult {
        let mut rows = Vec::new();
        let units = this.bytecode().len() / 2;
        for range in pvm_pycfile::linetable::positions(this.linetable(), this.firstlineno()) {
            let location = range.location;
            for _ in range.start_units..range.end_units {
                if rows.len() >= units {
                    break;
                }
                let parts =
                    [location.lineno, location.end_lineno, location.col_offset, location.end_col_offset];
                rows.push(Tuple::new(parts.map(position)).into());
            }
        }
        let rows: Value = List::new(rows).into();
        vm.iter(&rows)
    }

    #[method(name = "_varname_from_oparg", sig = "(oparg)")]
    fn varname_from_oparg(vm: &mut Vm, this: &Ref<Code>, oparg: usize) -> PyResult<Ref<Str>> {
        match this.localsplusnames().get(oparg) {
            Some(name) => Ok(name.clone()),
            None => Err(vm.index_error("tuple index out of range")),
        }
    }

    #[getter]
    fn co_argcount(this: &Ref<Code>) -> u32 {
        this.argcount
    }

    #[getter]
    fn co_posonlyargcount(this: &Ref<Code>) -> u32 {
        this.posonlyargcount
    }

    #[getter]
    fn co_kwonlyargcount(this: &Ref<Code>) -> u32 {
        this.kwonlyargcount
    }

    #[getter]
    fn co_nlocals(this: &Ref<Code>) -> usize {
        this.locals_of_kind(local_kind::LOCAL).len()
    }

    #[getter]
    fn co_stacksize(this: &Ref<Code>) -> u32 {
        this.stacksize()
    }

    #[getter]
    fn co_flags(this: &Ref<Code>) -> u32 {
        this.flags
    }

    #[getter]
    fn co_code(this: &Ref<Code>) -> Vec<u8> {
        this.bytecode().to_vec()
    }

    #[getter(name = "_co_code_adaptive")]
    fn co_code_adaptive(this: &Ref<Code>) -> Vec<u8> {
        this.bytecode().to_vec()
    }

    #[getter]
    fn co_consts(this: &Ref<Code>) -> Ref<Tuple> {
        Tuple::new(this.consts().to_vec())
    }

    #[getter]
    fn co_names(this: &Ref<Code>) -> Ref<Tuple> {
        names(this.names())
    }

    #[getter]
    fn co_varnames(this: &Ref<Code>) -> Ref<Tuple> {
        Tuple::new(this.locals_of_kind(local_kind::LOCAL))
    }

    #[getter]
    fn co_cellvars(this: &Ref<Code>) -> Ref<Tuple> {
        Tuple::new(this.locals_of_kind(local_kind::CELL))
    }

    #[getter]
    fn co_freevars(this: &Ref<Code>) -> Ref<Tuple> {
        Tuple::new(this.locals_of_kind(local_kind::FREE))
    }

    #[getter]
    fn co_filename(this: &Ref<Code>) -> Ref<Str> {
        this.filename()
    }

    #[getter]
    fn co_name(this: &Ref<Code>) -> Ref<Str> {
        this.name.clone()
    }

    #[getter]
    fn co_qualname(this: &Ref<Code>) -> Ref<Str> {
        this.qualname.clone()
    }

    #[getter]
    fn co_firstlineno(this: &Ref<Code>) -> i32 {
        this.firstlineno()
    }

    #[getter]
    fn co_linetable(this: &Ref<Code>) -> Vec<u8> {
        this.linetable().to_vec()
    }

    #[getter]
    fn co_exceptiontable(this: &Ref<Code>) -> Vec<u8> {
        this.exceptiontable().to_vec()
    }

    /// The line table as it was before Python 3.10.
    #[getter]
    fn co_lnotab(this: &Ref<Code>) -> Vec<u8> {
        let mut table = Vec::new();
        let (mut address, mut line) = (0, i64::from(this.firstlineno()));
        for range in pvm_pycfile::linetable::lines(this.linetable(), this.firstlineno()) {
            let Some(new) = range.line.map(i64::from) else { continue };
            let (mut bytes, mut lines) = (range.start_bytes - address, new - line);
            if lines == 0 {
                continue;
            }
            while bytes > 255 {
                table.extend([255, 0]);
                bytes -= 255;
            }
            while !(-128..=127).contains(&lines) {
                let step = if lines > 0 { 127i8 } else { -128 };
                table.extend([bytes as u8, step as u8]);
                bytes = 0;
                lines -= i64::from(step);
            }
            table.extend([bytes as u8, lines as i8 as u8]);
            address = range.start_bytes;
            line = new;
        }
        table
    }
}
