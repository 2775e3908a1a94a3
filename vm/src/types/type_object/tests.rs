//! Classes made through `type(…)`, without any Python code.

use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

fn make(
    vm: &mut Vm,
    name: &str,
    bases: &[&Ref<Class>],
    attributes: &[(&str, Value)],
) -> PyResult<Ref<Class>> {
    let namespace = Dict::new();
    for (key, value) in attributes {
        namespace.set_name(key, value.clone());
    }
    let bases: Vec<Value> = bases.iter().map(|base| (*base).into()).collect();
    let type_class: Value = (&vm.types().type_).into();
    let class = vm.call(&type_class, &[name.into(), Tuple::new(bases).into(), namespace.into()])?;
    Ok(class.downcast::<Class>().expect("type() makes a class"))
}

fn message(vm: &mut Vm, result: PyResult<impl Sized>) -> String {
    let raised = result.err().expect("it raises");
    let args = raised.0.args.borrow().clone();
    let text = args.as_slice().first().map_or(Ok(vm.names().empty.clone()), |first| vm.str(first));
    format!("{}: {}", raised.class().name(), text.map(|s| s.to_string()).unwrap_or_default())
}

fn text(vm: &mut Vm, value: &Value) -> String {
    vm.repr(value).map(|s| s.to_string()).unwrap_or_else(|raised| message(vm, Err::<(), _>(raised)))
}

#[test]
fn orders_conflicts_and_layouts() {
    crate::interpreter::tests::with_vm(|vm| {
        let object = vm.types().object.clone();
        let a = make(vm, "A", &[&object], &[]).unwrap();
        let b = make(vm, "B", &[&a], &[]).unwrap();
        let c = make(vm, "C", &[&a], &[]).unwrap();
        let d = make(vm, "D", &[&b, &c], &[]).unwrap();
        let names: Vec<String> = d.mro().iter().map(|class| class.name().to_string()).collect();
        assert_eq!(names, ["D", "B", "C", "A", "object"]);
        let conflict = make(vm, "E", &[&a, &b], &[]);
        assert_eq!(
            message(vm, conflict),
            "TypeError: Cannot create a consistent method resolution\norder (MRO) for bases A, B"
        );
        let twice = make(vm, "E", &[&a, &a], &[]);
        assert_eq!(message(vm, twice), "TypeError: duplicate base class A");
        let (list, dict) = (vm.types().list.clone(), vm.types().dict.clone());
        let layouts = make(vm, "E", &[&list, &dict], &[]);
        assert_eq!(message(vm, layouts), "TypeError: multiple bases have instance lay-out conflict");
        let bool_class = vm.types().bool.clone();
        let closed = make(vm, "E", &[&bool_class], &[]);
        assert_eq!(message(vm, closed), "TypeError: type 'bool' is not an acceptable base type");
        assert_eq!(a.subclasses().len(), 2);
        drop(d);
        crate::gc::collect(vm, 2);
        assert_eq!(b.subclasses().len(), 0);
    });
}

#[test]
fn instances_attributes_and_slots() {
    crate::interpreter::tests::with_vm(|vm| {
        let object = vm.types().object.clone();
        let slots: Value = Tuple::new([Value::from("x"), Value::from("__dict__")]).into();
        let class = make(vm, "S", &[&object], &[("__slots__", slots), ("y", Value::int(5))]).unwrap();
        let instance = vm.call(class.as_value(), &[]).unwrap();
        let missing = vm.get_attr_str(&instance, "x");
        assert_eq!(message(vm, missing), "AttributeError: 'S' object has no attribute 'x'");
        vm.set_attr_str(&instance, "x", 1i64).unwrap();
        vm.set_attr_str(&instance, "z", 2i64).unwrap();
        assert_eq!(vm.get_attr_str(&instance, "x").unwrap().as_small_int(), Some(1));
        assert_eq!(vm.get_attr_str(&instance, "y").unwrap().as_small_int(), Some(5));
        let dict = vm.get_attr_str(&instance, "__dict__").unwrap();
        assert_eq!(dict.downcast_ref::<Dict>().unwrap().len(), 1);
        vm.set_attr_str(class.as_value(), "y", 6i64).unwrap();
        assert_eq!(vm.get_attr_str(&instance, "y").unwrap().as_small_int(), Some(6));
        let member = vm.get_attr_str(class.as_value(), "x").unwrap();
        assert_eq!(text(vm, &member), "<member 'x' of 'S' objects>");

        let only = make(vm, "T", &[&object], &[("__slots__", Value::from("x"))]).unwrap();
        let instance = vm.call(only.as_value(), &[]).unwrap();
        let refused = vm.set_attr_str(&instance, "other", 1i64);
        assert_eq!(message(vm, refused), "AttributeError: 'T' object has no attribute 'other'");
        let refused = vm.call(only.as_value(), &[Value::NONE]);
        assert_eq!(message(vm, refused), "TypeError: T() takes no arguments");
        let clash = make(vm, "U", &[&object], &[("__slots__", Value::from("x")), ("x", Value::NONE)]);
        assert!(message(vm, clash).ends_with(" in __slots__ conflicts with class variable"));
    });
}

#[test]
fn native_slots_are_methods_and_special_methods_are_slots() {
    crate::interpreter::tests::with_vm(|vm| {
        let object = vm.types().object.clone();
        let wrapper = vm.get_attr_str(object.as_value(), "__repr__").unwrap();
        assert_eq!(text(vm, &wrapper), "<slot wrapper '__repr__' of 'object' objects>");
        let new = vm.get_attr_str(object.as_value(), "__new__").unwrap();
        assert!(text(vm, &new).starts_with("<built-in method __new__ of type object at 0x"));
        let getattribute = vm.get_attr_str(object.as_value(), "__getattribute__").unwrap();
        // A native callable as a special method.
        let class = make(vm, "R", &[&object], &[]).unwrap();
        let instance = vm.call(class.as_value(), &[]).unwrap();
        let type_method = vm.get_attr_str(vm.types().type_.as_value(), "__repr__").unwrap();
        let bound = vm.call_method_str(&type_method, "__get__", &[class.as_value().clone()]).unwrap();
        vm.set_attr_str(class.as_value(), "__str__", bound).unwrap();
        let shown = vm.str(&instance).unwrap().to_string();
        assert_eq!(shown, text(vm, class.as_value()));
        let name = vm.intern("__class__");
        let found = vm.call(&getattribute, &[instance.clone(), Value::from(name)]).unwrap();
        assert!(found.is(class.as_value()));
        vm.set_attr_str(class.as_value(), "__hash__", Value::NONE).unwrap();
        let refused = vm.hash(&instance);
        assert_eq!(message(vm, refused), "TypeError: unhashable type: 'R'");
        let refused = vm.set_attr_str(vm.types().int.as_value(), "x", Value::NONE);
        assert!(message(vm, refused).ends_with(" attribute of immutable type 'int'"));
        let wrong = vm.call(&wrapper, &[]);
        assert_eq!(
            message(vm, wrong),
            "TypeError: descriptor '__repr__' of 'object' object needs an argument"
        );
        let qualname = vm.get_attr_str(&wrapper, "__qualname__").unwrap();
        assert_eq!(qualname.downcast_ref::<Str>().unwrap().to_string(), "object.__repr__");
    });
}
