//! `itemgetter`, `attrgetter`, `methodcaller`

use pvm_vm::native::Args;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// The only argument of a call.
fn only<'a>(vm: &mut Vm, name: &str, args: Args<'a>) -> PyResult<&'a Value> {
    vm.no_keywords(name, args)?;
    vm.check_positional(name, args.pos().len(), 1, 1)?;
    match args.pos().first() {
        Some(value) => Ok(value),
        None => Err(vm.type_error("an argument is missing")),
    }
}

/// `itemgetter(*items)`
pub struct ItemGetter {
    items: Ref<Tuple>,
}

pvm_vm::payload!(ItemGetter, "operator.itemgetter", |g, visit| visit(g.items.as_value()), |_g| ());

#[pymethods(
    name = "itemgetter",
    module = "operator",
    doc = "Return a callable object that fetches the given item(s) from its operand.\n\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])"
)]
impl ItemGetter {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords("itemgetter", args)?;
        vm.check_positional("itemgetter", args.pos().len(), 1, usize::MAX)?;
        Ok(Ref::new(ItemGetter { items: Tuple::new(args.pos().to_vec()) }, cls).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<ItemGetter>, args: Args<'_>) -> PyResult {
        let object = only(vm, "itemgetter", args)?;
        if let [item] = this.items.as_slice() {
            return vm.get_item(object, item);
        }
        let mut found = Vec::with_capacity(this.items.len());
        for item in this.items.as_slice() {
            found.push(vm.get_item(object, item)?);
        }
        Ok(Tuple::new(found).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<ItemGetter>) -> PyResult {
        repr(vm, "operator.itemgetter", this.as_value(), this.items.as_slice(), &[])
    }

    /// Return state information for pickling
    #[method(sig = "")]
    fn __reduce__(this: &Ref<ItemGetter>) -> Value {
        Tuple::new([this.class().into(), this.items.clone().into()]).into()
    }
}

/// `name(args, key=value)`
fn repr(vm: &mut Vm, name: &str, this: &Value, args: &[Value], keywords: &[(Value, Value)]) -> PyResult {
    let shown = vm.repr_guard(this, |vm| {
        let mut parts = Vec::new();
        for arg in args {
            parts.push(vm.repr(arg)?.to_string());
        }
        for (key, value) in keywords {
            let (key, value) = (vm.str(key)?, vm.repr(value)?);
            parts.push(format!("{key}={value}"));
        }
        Ok(parts.join(", "))
    })?;
    Ok(format!("{name}({})", shown.unwrap_or_else(|| "...".to_owned())).into())
}

/// `attrgetter(*names)`
pub struct AttrGetter {
    names: Ref<Tuple>,
    /// The parts of each name, interned.
    paths: Vec<Vec<Ref<Str>>>,
}

pvm_vm::payload!(AttrGetter, "operator.attrgetter", |g, visit| visit(g.names.as_value()), |_g| ());

fn follow(vm: &mut Vm, object: &Value, path: &[Ref<Str>]) -> PyResult {
    let mut found = object.clone();
    for name in path {
        found = vm.get_attr(&found, name)?;
    }
    Ok(found)
}

#[pymethods(
    name = "attrgetter",
    module = "operator",
    doc = "Return a callable object that fetches the given attribute(s) from its operand.\n\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last)."
)]
impl AttrGetter {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        vm.no_keywords("attrgetter", args)?;
        vm.check_positional("attrgetter", args.pos().len(), 1, usize::MAX)?;
        let mut paths = Vec::with_capacity(args.pos().len());
        for name in args.pos() {
            let Some(text) = name.downcast_ref::<Str>() else {
                return Err(vm.type_error("attribute name must be a string"));
            };
            let mut path = Vec::new();
            let mut start = 0;
            let whole = text.as_ref();
            let ends =
                (0..whole.len()).filter(|i| whole.get(*i) == Some(u32::from(b'.'))).chain([whole.len()]);
            for end in ends {
                let part = Str::from_buf(whole.slice(start..end));
                path.push(vm.interp.intern_ref(&part));
                start = end + 1;
            }
            paths.push(path);
        }
        Ok(Ref::new(AttrGetter { names: Tuple::new(args.pos().to_vec()), paths }, cls).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<AttrGetter>, args: Args<'_>) -> PyResult {
        let object = only(vm, "attrgetter", args)?;
        if let [path] = &this.paths[..] {
            return follow(vm, object, path);
        }
        let mut found = Vec::with_capacity(this.paths.len());
        for path in &this.paths {
            found.push(follow(vm, object, path)?);
        }
        Ok(Tuple::new(found).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<AttrGetter>) -> PyResult {
        repr(vm, "operator.attrgetter", this.as_value(), this.names.as_slice(), &[])
    }

    /// Return state information for pickling
    #[method(sig = "")]
    fn __reduce__(this: &Ref<AttrGetter>) -> Value {
        Tuple::new([this.class().into(), this.names.clone().into()]).into()
    }
}

/// `methodcaller(name, *args, **kwargs)`
pub struct MethodCaller {
    name: Ref<Str>,
    args: Vec<Value>,
    keywords: Vec<(Value, Value)>,
}

pvm_vm::payload!(
    MethodCaller,
    "operator.methodcaller",
    |m, visit| {
        m.args.iter().for_each(&mut *visit);
        m.keywords.iter().for_each(|(_, v)| visit(v));
    },
    |_m| ()
);

#[pymethods(
    name = "methodcaller",
    module = "operator",
    doc = "Return a callable object that calls the given method on its operand.\n\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1)."
)]
impl MethodCaller {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let [name, rest @ ..] = args.pos() else {
            return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
        };
        let Some(name) = name.downcast_ref::<Str>() else {
            return Err(vm.type_error("method name must be a string"));
        };
        let name = vm.interp.intern_ref(name);
        let keywords = args.keywords().map(|(k, v)| (k.clone(), v.clone())).collect();
        Ok(Ref::new(MethodCaller { name, args: rest.to_vec(), keywords }, cls).into())
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<MethodCaller>, args: Args<'_>) -> PyResult {
        let object = only(vm, "methodcaller", args)?;
        if this.keywords.is_empty() {
            return vm.call_method(object, &this.name, &this.args);
        }
        let method = vm.get_attr(object, &this.name)?;
        vm.call_with_keywords(&method, &this.args, &this.keywords)
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<MethodCaller>) -> PyResult {
        let mut args = vec![Value::from(&this.name)];
        args.extend(this.args.iter().cloned());
        repr(vm, "operator.methodcaller", this.as_value(), &args, &this.keywords)
    }

    /// Return state information for pickling
    #[method(sig = "")]
    fn __reduce__(vm: &mut Vm, this: &Ref<MethodCaller>) -> PyResult {
        let mut args = vec![Value::from(&this.name)];
        args.extend(this.args.iter().cloned());
        let class: Value = this.class().into();
        if this.keywords.is_empty() {
            return Ok(Tuple::new([class, Tuple::new(args).into()]).into());
        }
        let import = pvm_vm::types::container_support::builtin(vm, "__import__")?;
        let functools = vm.call(&import, &["functools".into()])?;
        let partial = vm.get_attr_str(&functools, "partial")?;
        let maker = vm.call_with_keywords(&partial, &[class, args[0].clone()], &this.keywords)?;
        Ok(Tuple::new([maker, Tuple::new(this.args.clone()).into()]).into())
    }
}
