//! Calls.

use crate::native::Args;
use crate::object::slots::GetAttrFn;
use crate::object::{Class, Ref, Value};
use crate::types::function::{BoundMethod, Function, NativeFunction};
use crate::types::str::Str;
use crate::vm::{PyResult, Raised, Vm};
use smallvec::SmallVec;

impl Vm {
    /// `callable(*args)`
    #[inline]
    pub fn call(&mut self, callable: &Value, args: &[Value]) -> PyResult {
        self.call_args(callable, Args::positional(args))
    }

    /// A call with any arguments.
    pub fn call_args(&mut self, callable: &Value, args: Args<'_>) -> PyResult {
        let Some(header) = callable.header() else { return Err(self.not_callable(callable)) };
        let (class, types) = (header.class(), self.types());
        if class.is(&types.function)
            && let Some(function) = callable.downcast_ref::<Function>()
        {
            return crate::exec::call_function(self, function, args);
        }
        if class.is(&types.native_function)
            && let Some(native) = callable.downcast_ref::<NativeFunction>()
        {
            return self.call_native(native, args);
        }
        if class.is(&types.method)
            && let Some(method) = callable.downcast_ref::<BoundMethod>()
        {
            if method.function.holds::<BoundMethod>() {
                return self.call_method_of_method(method, args);
            }
            self.check_native_stack(" while calling a Python object")?;
            let mut buffer = SmallVec::new();
            let args = args.with_first(&method.instance, &mut buffer);
            return self.call_args(&method.function, args);
        }
        match class.slots.call.get() {
            Some(call) => self.nested(" while calling a Python object", |vm| call(vm, callable, args)),
            None => Err(self.not_callable(callable)),
        }
    }

    #[cold]
    fn not_callable(&mut self, value: &Value) -> Raised {
        let class = value.class().name();
        self.type_error(format!("'{class}' object is not callable"))
    }

    /// Calls a bound method whose function is one too: without recursion, and with one copy of the arguments.
    fn call_method_of_method(&mut self, method: &Ref<BoundMethod>, args: Args<'_>) -> PyResult {
        let mut innermost = method;
        let mut values = vec![method.instance.clone()];
        while let Some(inner) = innermost.function.downcast_ref::<BoundMethod>() {
            values.push(inner.instance.clone());
            innermost = inner;
        }
        let function = innermost.function.clone();
        values.reverse();
        values.extend(args.values.iter().cloned());
        self.call_args(&function, Args { values: &values, names: args.names })
    }

    /// Calls a native function object.
    #[inline]
    pub fn call_native(&mut self, native: &Ref<NativeFunction>, args: Args<'_>) -> PyResult {
        if native.passes_instance() {
            let mut buffer = SmallVec::new();
            let args = args.with_first(&native.instance, &mut buffer);
            return self.nested(" while calling a Python object", |vm| (native.def.function)(vm, args));
        }
        self.nested(" while calling a Python object", |vm| (native.def.function)(vm, args))
    }

    /// `callable(*args, **kwargs)` with the keywords as pairs.
    pub fn call_with_keywords(
        &mut self,
        callable: &Value,
        args: &[Value],
        keywords: &[(Value, Value)],
    ) -> PyResult {
        let values: Vec<Value> =
            args.iter().cloned().chain(keywords.iter().map(|(_, v)| v.clone())).collect();
        let names: Vec<Value> = keywords.iter().map(|(k, _)| k.clone()).collect();
        self.call_args(callable, Args { values: &values, names: &names })
    }

    /// `object.name(*args)`. The name must be interned.
    pub fn call_method(&mut self, object: &Value, name: &Ref<Str>, args: &[Value]) -> PyResult {
        let (function, unbound) = self.get_method(object, name)?;
        if !unbound {
            return self.call(&function, args);
        }
        let mut all: SmallVec<[Value; 8]> = SmallVec::with_capacity(args.len() + 1);
        all.push(object.clone());
        all.extend(args.iter().cloned());
        self.call(&function, &all)
    }

    /// [`Vm::call_method`] for a name known here.
    pub fn call_method_str(&mut self, object: &Value, name: &str, args: &[Value]) -> PyResult {
        let name = self.intern(name);
        self.call_method(object, &name, args)
    }

    /// Calls a special method of the object's class; `None` where it has none.
    pub fn call_special(
        &mut self,
        object: &Value,
        name: &Ref<Str>,
        args: &[Value],
    ) -> PyResult<Option<Value>> {
        let class = object.class().clone();
        let Some(found) = class.lookup(name) else { return Ok(None) };
        if found.class().has(crate::object::class::flag::METHOD_DESCRIPTOR) {
            let mut all: SmallVec<[Value; 8]> = SmallVec::with_capacity(args.len() + 1);
            all.push(object.clone());
            all.extend(args.iter().cloned());
            return self.call(&found, &all).map(Some);
        }
        match found.class().slots.descr_get.get() {
            Some(get) => {
                let bound = get(self, &found, Some(object), class.as_value())?;
                self.call(&bound, args).map(Some)
            }
            None => self.call(&found, args).map(Some),
        }
    }

    /// `callable(x)`
    pub fn is_callable(&self, value: &Value) -> bool {
        value.class().slots.call.get().is_some()
    }

    /// `isinstance(object, class)` for a class, by the method resolution order alone.
    pub fn is_exact_instance(&self, object: &Value, class: &Ref<Class>) -> bool {
        object.class().is_subclass(class)
    }

    /// `isinstance(object, classinfo)` with all its rules.
    pub fn is_instance(&mut self, object: &Value, classinfo: &Value) -> PyResult<bool> {
        if object.class().as_value().is(classinfo) {
            return Ok(true);
        }
        if let Some(quick) = self.quick_instance(object, classinfo) {
            return Ok(quick);
        }
        if let Some(tuple) = classinfo.downcast_ref::<crate::types::tuple::Tuple>() {
            let mut all = Some(false);
            for class in tuple.as_slice() {
                match self.quick_instance(object, class) {
                    Some(true) => return Ok(true),
                    Some(false) => {}
                    None => {
                        all = None;
                        break;
                    }
                }
            }
            if let Some(answer) = all {
                return Ok(answer);
            }
        }
        self.nested(" in __instancecheck__", |vm| vm.check_class(object, classinfo, true))
    }

    /// The answer for a class whose metaclass is `type` where `__class__` cannot say something else.
    fn quick_instance(&self, object: &Value, classinfo: &Value) -> Option<bool> {
        classinfo.header().filter(|h| h.class().is(&self.types().type_))?;
        let class = classinfo.downcast_ref::<Class>()?;
        let own = object.class();
        if own.is_subclass(class) {
            return Some(true);
        }
        let generic: GetAttrFn = crate::protocol::attributes::generic_get_attr;
        let name = &self.names().dunder_class;
        let honest = own.slots.getattro.get().is_some_and(|f| std::ptr::fn_addr_eq(f, generic))
            && own.lookup(name)?.is(&self.types().object.lookup(name)?);
        honest.then_some(false)
    }

    /// `issubclass(class, classinfo)` with all its rules.
    pub fn is_subclass(&mut self, class: &Value, classinfo: &Value) -> PyResult<bool> {
        self.nested(" in __subclasscheck__", |vm| vm.check_class(class, classinfo, false))
    }

    fn check_class(&mut self, object: &Value, classinfo: &Value, instance: bool) -> PyResult<bool> {
        if instance && object.class().as_value().is(classinfo) {
            return Ok(true);
        }
        if classinfo.class().is(&self.types().type_) {
            return if instance {
                self.recursive_is_instance(object, classinfo)
            } else {
                self.recursive_is_subclass(object, classinfo)
            };
        }
        if let Some(tuple) = classinfo.downcast_ref::<crate::types::tuple::Tuple>().cloned() {
            for item in tuple.as_slice() {
                if if instance { self.is_instance(object, item)? } else { self.is_subclass(object, item)? } {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        let names = self.names();
        let special = if instance { &names.dunder_instancecheck } else { &names.dunder_subclasscheck };
        if let Some(answer) = self.call_special(classinfo, special, std::slice::from_ref(object))? {
            return self.truth(&answer);
        }
        if instance {
            self.recursive_is_instance(object, classinfo)
        } else {
            self.recursive_is_subclass(object, classinfo)
        }
    }

    /// `type.__instancecheck__`
    pub fn recursive_is_instance(&mut self, object: &Value, classinfo: &Value) -> PyResult<bool> {
        let names = self.names();
        if let Some(class) = classinfo.downcast_ref::<Class>() {
            if object.class().is_subclass(class) {
                return Ok(true);
            }
            let class = class.clone();
            return Ok(match self.lookup_attr(object, &names.dunder_class)? {
                Some(claimed) => claimed.downcast_ref::<Class>().is_some_and(|c| c.is_subclass(&class)),
                None => false,
            });
        }
        self.check_bases(classinfo, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
        match self.lookup_attr(object, &names.dunder_class)? {
            Some(claimed) => self.abstract_is_subclass(&claimed, classinfo),
            None => Ok(false),
        }
    }

    /// `type.__subclasscheck__`
    pub fn recursive_is_subclass(&mut self, class: &Value, classinfo: &Value) -> PyResult<bool> {
        if let (Some(class), Some(base)) = (class.downcast_ref::<Class>(), classinfo.downcast_ref::<Class>())
        {
            return Ok(class.is_subclass(base));
        }
        self.check_bases(class, "issubclass() arg 1 must be a class")?;
        self.check_bases(classinfo, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
        self.abstract_is_subclass(class, classinfo)
    }

    fn check_bases(&mut self, class: &Value, message: &str) -> PyResult<()> {
        if class.holds::<Class>() {
            return Ok(());
        }
        match self.abstract_bases(class)? {
            Some(_) => Ok(()),
            None => Err(self.type_error(message)),
        }
    }

    fn abstract_bases(&mut self, class: &Value) -> PyResult<Option<Vec<Value>>> {
        let bases = self.lookup_attr(class, &self.names().dunder_bases)?;
        Ok(bases.and_then(|b| b.downcast_ref::<crate::types::tuple::Tuple>().map(|t| t.as_slice().to_vec())))
    }

    fn abstract_is_subclass(&mut self, class: &Value, base: &Value) -> PyResult<bool> {
        if class.is(base) {
            return Ok(true);
        }
        let Some(bases) = self.abstract_bases(class)? else { return Ok(false) };
        for candidate in bases {
            if self.nested(" in __issubclass__", |vm| vm.abstract_is_subclass(&candidate, base))? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
