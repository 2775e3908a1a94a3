//! Methods of `types.GenericAlias` (PEP 585), and the substitution of type parameters that it shares with unions.

use crate::interp;
use crate::native::Args;
use crate::object::class::flag;
use crate::object::slots::CompareOp;
use crate::object::{Class, Ref, Value};
use crate::types::generic_alias::GenericAlias;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::{Cell, RefCell};

/// Attributes of the alias itself; all others are the origin's.
const OWN: [&str; 9] = [
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
];

/// Attributes that are never looked up on the origin.
const BLOCKED: [&str; 3] = ["__bases__", "__copy__", "__deepcopy__"];

/// A type as it is shown inside an alias or a union.
pub fn show_item(vm: &mut Vm, item: &Value) -> PyResult<String> {
    if item.is(&Value::ELLIPSIS) {
        return Ok("...".into());
    }
    let names = vm.names();
    let parametrised = vm.lookup_attr(item, &names.dunder_origin)?.is_some()
        && vm.lookup_attr(item, &vm.intern("__args__"))?.is_some();
    if !parametrised
        && let Some(qualname) = vm.lookup_attr(item, &names.dunder_qualname)?
        && let Some(module) = vm.lookup_attr(item, &names.dunder_module)?
        && !module.is_none()
    {
        let qualname = vm.str(&qualname)?.to_string();
        let module = vm.str(&module)?;
        return Ok(if module.equals(&names.builtins) { qualname } else { format!("{module}.{qualname}") });
    }
    Ok(vm.repr(item)?.to_string())
}

fn show_argument(vm: &mut Vm, item: &Value) -> PyResult<String> {
    let Some(list) = item.downcast_ref::<List>() else { return show_item(vm, item) };
    let mut parts = Vec::new();
    for item in list.to_vec() {
        parts.push(show_item(vm, &item)?);
    }
    Ok(format!("[{}]", parts.join(", ")))
}

/// `__parameters__` of something with these arguments: the type variables in them, each once.
pub fn parameters_of(vm: &mut Vm, args: &[Value]) -> PyResult<Ref<Tuple>> {
    let names = vm.names();
    let mut found: Vec<Value> = Vec::new();
    let add = |found: &mut Vec<Value>, value: &Value| {
        if !found.iter().any(|other| other.is(value)) {
            found.push(value.clone());
        }
    };
    for arg in args {
        if arg.holds::<Class>() {
            continue;
        }
        if vm.lookup_attr(arg, &names.dunder_typing_subst)?.is_some() {
            add(&mut found, arg);
        } else if let Some(inner) = vm.lookup_attr(arg, &names.dunder_parameters)?
            && let Some(inner) = inner.downcast_ref::<Tuple>()
        {
            inner.as_slice().iter().for_each(|value| add(&mut found, value));
        }
    }
    Ok(Tuple::new(found))
}

fn as_items(value: &Value) -> Vec<Value> {
    match value.downcast_ref::<Tuple>() {
        Some(tuple) => tuple.as_slice().to_vec(),
        None => vec![value.clone()],
    }
}

/// `*tuple[int, str]` among the arguments counts as its items.
fn unpack(vm: &mut Vm, item: &Value) -> PyResult<Vec<Value>> {
    let mut unpacked = Vec::new();
    for item in as_items(item) {
        if !item.holds::<Class>()
            && let Some(inner) = vm.lookup_attr_str(&item, "__typing_unpacked_tuple_args__")?
            && let Some(inner) = inner.downcast_ref::<Tuple>()
            && !inner.as_slice().last().is_some_and(|last| last.is(&Value::ELLIPSIS))
        {
            unpacked.extend(inner.as_slice().iter().cloned());
            continue;
        }
        unpacked.push(item);
    }
    Ok(unpacked)
}

/// The arguments of `this[item]`: `args` with its type parameters replaced.
pub fn substitute(
    vm: &mut Vm,
    this: &Value,
    args: &[Value],
    parameters: &Ref<Tuple>,
    item: &Value,
) -> PyResult<Vec<Value>> {
    let parameters = parameters.as_slice();
    if parameters.is_empty() {
        let shown = vm.repr(this)?;
        return Err(vm.type_error(format!("{shown} is not a generic class")));
    }
    let mut items = unpack(vm, item)?;
    for parameter in parameters {
        if let Some(prepare) = vm.lookup_attr_str(parameter, "__typing_prepare_subst__")?
            && !prepare.is_none()
        {
            let prepared = vm.call(&prepare, &[this.clone(), Tuple::new(items).into()])?;
            items = as_items(&prepared);
        }
    }
    if items.len() != parameters.len() {
        let much = if items.len() > parameters.len() { "many" } else { "few" };
        let shown = vm.repr(this)?;
        let (actual, expected) = (items.len(), parameters.len());
        return Err(
            vm.type_error(format!("Too {much} arguments for {shown}; actual {actual}, expected {expected}"))
        );
    }
    let mut new = Vec::with_capacity(args.len());
    for arg in args {
        if arg.holds::<Class>() {
            new.push(arg.clone());
            continue;
        }
        let unpacked = match vm.lookup_attr_str(arg, "__typing_is_unpacked_typevartuple__")? {
            Some(flag) => vm.truth(&flag)?,
            None => false,
        };
        let name = vm.names().dunder_typing_subst.clone();
        let replaced = match vm.lookup_attr(arg, &name)? {
            Some(subst) => match parameters.iter().position(|p| p.is(arg)) {
                Some(i) => vm.call(&subst, std::slice::from_ref(&items[i]))?,
                None => arg.clone(),
            },
            None => substitute_inside(vm, arg, parameters, &items)?,
        };
        match replaced.downcast_ref::<Tuple>() {
            Some(tuple) if unpacked => new.extend(tuple.as_slice().iter().cloned()),
            _ => new.push(replaced),
        }
    }
    Ok(new)
}

fn substitute_inside(vm: &mut Vm, object: &Value, parameters: &[Value], items: &[Value]) -> PyResult {
    let name = vm.names().dunder_parameters.clone();
    let Some(own) = vm.lookup_attr(object, &name)? else { return Ok(object.clone()) };
    let Some(own) = own.downcast_ref::<Tuple>().filter(|own| !own.is_empty()) else {
        return Ok(object.clone());
    };
    let mut arguments = Vec::with_capacity(own.len());
    for parameter in own.as_slice() {
        let Some(i) = parameters.iter().position(|p| p.is(parameter)) else {
            arguments.push(parameter.clone());
            continue;
        };
        // A type variable tuple stands for several.
        match items[i].downcast_ref::<Tuple>() {
            Some(several) if parameter.class().slots.iter.get().is_some() => {
                arguments.extend(several.as_slice().iter().cloned());
            }
            _ => arguments.push(items[i].clone()),
        }
    }
    let arguments = Tuple::new(arguments).into();
    vm.nested("", |vm| vm.get_item(object, &arguments))
}

impl GenericAlias {
    fn parameters(&self, vm: &mut Vm) -> PyResult<Ref<Tuple>> {
        if let Some(known) = &*self.parameters.borrow() {
            return Ok(known.clone());
        }
        let found = parameters_of(vm, self.args.as_slice())?;
        *self.parameters.borrow_mut() = Some(found.clone());
        Ok(found)
    }
}

#[pymethods(
    name = "GenericAlias",
    module = "types",
    doc = "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).",
    flags = flag::BASE_TYPE | flag::HAS_WEAKREF
)]
impl GenericAlias {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        if !args.names.is_empty() {
            return Err(vm.type_error("GenericAlias() takes no keyword arguments"));
        }
        let [origin, arguments] = args.values else {
            return Err(
                vm.type_error(format!("GenericAlias expected 2 arguments, got {}", args.values.len()))
            );
        };
        let arguments = Tuple::new(as_items(arguments));
        let alias = GenericAlias {
            origin: origin.clone(),
            args: arguments,
            parameters: RefCell::new(None),
            starred: false,
        };
        Ok(Ref::new(alias, class).into())
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Ref<GenericAlias>) -> PyResult {
        let origin = show_item(vm, &this.origin)?;
        let mut parts = Vec::new();
        for arg in this.args.as_slice() {
            parts.push(show_argument(vm, arg)?);
        }
        let inner = if parts.is_empty() { "()".to_string() } else { parts.join(", ") };
        let star = if this.starred { "*" } else { "" };
        Ok(format!("{star}{origin}[{inner}]").into())
    }

    #[slot(hash)]
    fn hash(vm: &mut Vm, this: &Ref<GenericAlias>) -> PyResult<i64> {
        vm.check_native_stack("")?;
        let hash = vm.hash(&this.origin)? ^ vm.hash(this.args.as_value())?;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare(vm: &mut Vm, a: &Value, b: &Value, op: CompareOp) -> PyResult {
        let (Some(x), Some(y)) = (a.downcast_ref::<GenericAlias>(), b.downcast_ref::<GenericAlias>()) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = x.starred == y.starred
            && vm.equals(&x.origin, &y.origin)?
            && vm.equals(x.args.as_value(), y.args.as_value())?;
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(call)]
    fn call(vm: &mut Vm, this: &Ref<GenericAlias>, args: Args<'_>) -> PyResult {
        let object = vm.call_args(&this.origin, args)?;
        let name = vm.names().dunder_orig_class.clone();
        let exceptions = &vm.types().exceptions;
        match vm.set_attr(&object, &name, this.into()) {
            Err(raised) if !raised.is(&exceptions.attribute_error) && !raised.is(&exceptions.type_error) => {
                Err(raised)
            }
            _ => Ok(object),
        }
    }

    #[slot(getattro)]
    fn getattro(vm: &mut Vm, this: &Value, name: &Ref<Str>) -> PyResult {
        let text = name.as_ref();
        if let Some(alias) = this.downcast_ref::<GenericAlias>()
            && !OWN.iter().chain(&BLOCKED).any(|own| text.equals_str(own))
        {
            vm.check_native_stack("")?;
            return vm.get_attr(&alias.origin, name);
        }
        crate::protocol::attributes::generic_get_attr(vm, this, name)
    }

    #[slot(getitem)]
    fn getitem(vm: &mut Vm, this: &Ref<GenericAlias>, item: &Value) -> PyResult {
        let parameters = this.parameters(vm)?;
        let args = substitute(vm, this.as_value(), this.args.as_slice(), &parameters, item)?;
        let alias = GenericAlias {
            origin: this.origin.clone(),
            args: Tuple::new(args),
            parameters: RefCell::new(None),
            starred: this.starred,
        };
        Ok(Ref::new(alias, &vm.types().generic_alias).into())
    }

    #[slot(or)]
    fn or(vm: &mut Vm, a: &Value, b: &Value) -> PyResult {
        crate::types::union_type::or(vm, a, b)
    }

    #[slot(iter)]
    fn iter(vm: &mut Vm, this: &Ref<GenericAlias>) -> PyResult {
        let iterator =
            GenericAliasIterator { alias: RefCell::new(Some(this.clone())), done: Cell::new(false) };
        Ok(Ref::new(iterator, &vm.types().generic_alias_iterator).into())
    }

    #[getter(name = "__origin__")]
    fn origin_attribute(this: &Ref<GenericAlias>) -> Value {
        this.origin.clone()
    }

    #[getter(name = "__args__")]
    fn args_attribute(this: &Ref<GenericAlias>) -> Ref<Tuple> {
        this.args.clone()
    }

    #[getter(name = "__parameters__")]
    fn parameters_attribute(vm: &mut Vm, this: &Ref<GenericAlias>) -> PyResult<Ref<Tuple>> {
        this.parameters(vm)
    }

    #[getter(name = "__unpacked__")]
    fn unpacked(this: &Ref<GenericAlias>) -> bool {
        this.starred
    }

    #[getter(name = "__typing_unpacked_tuple_args__")]
    fn unpacked_tuple_args(this: &Ref<GenericAlias>) -> Value {
        let tuple = interp::current().types().tuple.as_value();
        if this.starred && this.origin.is(tuple) { this.args.clone().into() } else { Value::NONE }
    }

    #[method(name = "__mro_entries__", sig = "")]
    fn mro_entries(this: &Ref<GenericAlias>, _bases: &Value) -> Ref<Tuple> {
        Tuple::new([this.origin.clone()])
    }

    #[method(name = "__instancecheck__", sig = "")]
    fn instancecheck(vm: &mut Vm, _this: &Ref<GenericAlias>, _object: &Value) -> PyResult {
        Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }

    #[method(name = "__subclasscheck__", sig = "")]
    fn subclasscheck(vm: &mut Vm, _this: &Ref<GenericAlias>, _class: &Value) -> PyResult {
        Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }

    #[method(name = "__reduce__", sig = "")]
    fn reduce(vm: &mut Vm, this: &Ref<GenericAlias>) -> PyResult<Value> {
        if this.starred {
            let next = vm.builtin("next")?;
            let plain: Value = GenericAlias::new(this.origin.clone(), this.args.clone().into()).into();
            let iterator = vm.iter(&plain)?;
            let args: Value = Tuple::new([iterator]).into();
            return Ok(Tuple::new([next, args]).into());
        }
        let args: Value = Tuple::new([this.origin.clone(), this.args.clone().into()]).into();
        Ok(Tuple::new([this.class().into(), args]).into())
    }

    #[method(name = "__dir__", sig = "")]
    fn dir(vm: &mut Vm, this: &Ref<GenericAlias>) -> PyResult<Value> {
        let found = vm.call_method_str(&this.origin, "__dir__", &[]);
        let mut names = match found {
            Ok(found) => vm.collect(&found)?,
            // A class's own `__dir__` needs an instance.
            Err(_) => {
                let all = crate::types::dict::Dict::new();
                crate::types::type_object::merge_class_dict(vm, &all, &this.origin)?;
                all.keys()
            }
        };
        for own in OWN {
            let name: Value = Str::from_str(own).into();
            if !vm.contains(&List::new(names.clone()).into(), &name)? {
                names.push(name);
            }
        }
        Ok(List::new(names).into())
    }
}

/// Yields the starred alias, once (`*tuple[int]`).
pub struct GenericAliasIterator {
    alias: RefCell<Option<Ref<GenericAlias>>>,
    done: Cell<bool>,
}

crate::payload!(
    GenericAliasIterator,
    "generic_alias_iterator",
    |i, visit| i.alias.borrow().iter().for_each(|a| visit(a.as_value())),
    |i| drop(i.alias.take())
);

#[pymethods(name = "generic_alias_iterator", flags = flag::NO_INSTANTIATION)]
impl GenericAliasIterator {
    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(vm: &mut Vm, this: &Ref<GenericAliasIterator>) -> PyResult<Option<Value>> {
        if this.done.replace(true) {
            return Ok(None);
        }
        let Some(alias) = this.alias.take() else { return Ok(None) };
        let starred = GenericAlias {
            origin: alias.origin.clone(),
            args: alias.args.clone(),
            parameters: RefCell::new(None),
            starred: true,
        };
        Ok(Some(Ref::new(starred, &vm.types().generic_alias).into()))
    }
}
