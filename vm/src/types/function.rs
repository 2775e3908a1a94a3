//! Functions: those written in Python, those written in Rust, and both bound to an instance. Attributes are in
//! `types/function_methods`.

use crate::exec::prepared::Prepared;
use crate::interp;
use crate::native::{FunctionDef, MethodKind};
use crate::object::{Class, Ref, Value};
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;

/// A function written in Python.
pub struct Function {
    /// `__code__`
    pub code: RefCell<Ref<Code>>,
    /// `__globals__`
    pub globals: Ref<Dict>,
    /// `__builtins__`: where names are looked up after the globals.
    pub builtins: Ref<Dict>,
    /// `__closure__`
    pub closure: Option<Ref<Tuple>>,
    /// `__defaults__`
    pub defaults: RefCell<Option<Ref<Tuple>>>,
    /// `__kwdefaults__`
    pub kwdefaults: RefCell<Option<Ref<Dict>>>,
    /// `__name__`
    pub name: RefCell<Ref<Str>>,
    /// `__qualname__`
    pub qualname: RefCell<Ref<Str>>,
    /// `__doc__`
    pub doc: RefCell<Value>,
    /// `__module__`
    pub module: RefCell<Value>,
    /// `__annotations__`: a dictionary, or the tuple that it will be made from; `UNBOUND` for none.
    pub annotations: RefCell<Value>,
    /// `__type_params__`
    pub type_params: RefCell<Option<Ref<Tuple>>>,
    /// Positional parameters where the call needs nothing but them (no `*`, `**`, keyword-only parameters and no
    /// generator), so that arguments can stay where they are; else `u32::MAX`.
    pub simple_parameters: Cell<u32>,
    /// The code's register form, after the first call. Whoever changes `code` takes it out.
    pub(crate) prepared: Cell<Option<NonNull<Prepared>>>,
}

crate::payload!(
    Function,
    "function",
    |f, visit| {
        visit(f.code.borrow().as_value());
        visit(f.globals.as_value());
        visit(f.builtins.as_value());
        f.closure.iter().for_each(|c| visit(c.as_value()));
        f.defaults.borrow().iter().for_each(|d| visit(d.as_value()));
        f.kwdefaults.borrow().iter().for_each(|d| visit(d.as_value()));
        visit(&f.doc.borrow());
        visit(&f.module.borrow());
        visit(&f.annotations.borrow());
        f.type_params.borrow().iter().for_each(|p| visit(p.as_value()));
    },
    |f| {
        let old = (
            f.defaults.take(),
            f.kwdefaults.take(),
            f.doc.replace(Value::NONE),
            f.module.replace(Value::NONE),
        );
        let more = (f.annotations.replace(Value::UNBOUND), f.type_params.take());
        drop((old, more));
    }
);

impl Function {
    /// `__code__`
    #[inline(always)]
    pub(crate) fn current_code(&self) -> Ref<Code> {
        match self.code.try_borrow() {
            Ok(code) => Ref::clone(&code),
            // Nobody holds on to the cell while it is changed.
            Err(_) => unreachable!("the code is changed in one step"),
        }
    }

    /// A function of `code`, as `MAKE_FUNCTION` and `types.FunctionType` make it.
    pub fn new(
        code: Ref<Code>,
        globals: &Ref<Dict>,
        builtins: Ref<Dict>,
        closure: Option<Ref<Tuple>>,
    ) -> Ref<Function> {
        let interp = interp::current();
        let names = interp.names();
        let module = globals.get_str(&names.dunder_name).unwrap_or(Value::NONE);
        let doc = match code.consts.first() {
            Some(first) if first.holds::<Str>() => first.clone(),
            _ => Value::NONE,
        };
        let function = Function {
            globals: globals.clone(),
            builtins,
            closure,
            defaults: RefCell::new(None),
            kwdefaults: RefCell::new(None),
            name: RefCell::new(code.name.clone()),
            qualname: RefCell::new(code.qualname.clone()),
            doc: RefCell::new(doc),
            module: RefCell::new(module),
            annotations: RefCell::new(Value::UNBOUND),
            type_params: RefCell::new(None),
            simple_parameters: Cell::new(code.simple_parameters()),
            prepared: Cell::new(None),
            code: RefCell::new(code),
        };
        Ref::new(function, &interp.types().function)
    }
}

/// A callable bound to its first argument.
pub struct BoundMethod {
    /// `__func__`
    pub function: Value,
    /// `__self__`
    pub instance: Value,
}

crate::payload!(
    BoundMethod,
    "method",
    |m, visit| {
        visit(&m.function);
        visit(&m.instance);
    },
    |_m| ()
);

impl BoundMethod {
    /// Binds.
    pub fn new(function: Value, instance: Value) -> Ref<BoundMethod> {
        Ref::new(BoundMethod { function, instance }, &interp::current().types().method)
    }
}

/// A function written in Rust: a module's, or a method bound to an instance or a class.
pub struct NativeFunction {
    /// Its declaration.
    pub def: &'static FunctionDef,
    /// `__self__`: the first argument of methods; of a module's functions, the module (which is not passed).
    pub instance: Value,
    /// `__module__`
    pub module: RefCell<Value>,
}

crate::payload!(
    NativeFunction,
    "builtin_function_or_method",
    |f, visit| {
        visit(&f.instance);
        visit(&f.module.borrow());
    },
    |_f| ()
);

impl NativeFunction {
    /// A module's function, or a bound method.
    pub fn new(def: &'static FunctionDef, instance: Value, module: Value) -> Ref<NativeFunction> {
        let function = NativeFunction { def, instance, module: RefCell::new(module) };
        Ref::new(function, &interp::current().types().native_function)
    }

    /// Whether calls pass `instance` as first argument.
    #[inline(always)]
    pub fn passes_instance(&self) -> bool {
        matches!(self.def.kind, MethodKind::Method | MethodKind::ClassMethod)
    }
}

/// A native method as the attribute of its class (`method_descriptor`, `classmethod_descriptor`).
pub struct MethodDescriptor {
    /// Its declaration.
    pub def: &'static FunctionDef,
    /// The class that it was declared in.
    pub owner: Ref<Class>,
}

crate::payload!(MethodDescriptor, "method_descriptor", |m, visit| visit(m.owner.as_value()), |_m| ());
