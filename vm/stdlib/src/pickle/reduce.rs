//! Pickling of objects by what `__reduce_ex__` and its like give.

use super::opcode::*;
use super::pickler::Dump;
use super::pickling_error;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};

impl Dump<'_> {
    /// What an object reduces to; `None` for a class, which is written by name.
    pub fn reduce(&mut self, vm: &mut Vm, object: &Value, class: &Ref<Class>) -> PyResult<Option<Value>> {
        let key = class.as_value();
        let function = match self.table.clone() {
            None => self.registered.clone().get(vm, key)?,
            Some(table) => match table.downcast_ref::<Dict>() {
                Some(table) => table.clone().get(vm, key)?,
                None => match vm.get_item(&table, key) {
                    Ok(function) => Some(function),
                    Err(raised) if raised.is(&vm.types().exceptions.key_error) => None,
                    Err(raised) => return Err(raised),
                },
            },
        };
        if let Some(function) = function {
            return vm.call(&function, std::slice::from_ref(object)).map(Some);
        }
        if class.is_subclass(&vm.types().type_) {
            return Ok(None);
        }
        if let Some(reduce) = vm.lookup_attr_str(object, "__reduce_ex__")? {
            return vm.call(&reduce, &[self.protocol.into()]).map(Some);
        }
        if let Some(reduce) = vm.lookup_attr_str(object, "__reduce__")? {
            return vm.call(&reduce, &[]).map(Some);
        }
        let (name, shown) = (class.name(), vm.repr(object)?);
        Err(pickling_error(vm, format!("can't pickle '{name}' object: {shown}")))
    }

    /// Writes what an object reduces to, and memoizes the object.
    pub fn save_reduced(&mut self, vm: &mut Vm, object: &Value, reduced: &Value) -> PyResult<()> {
        if let Some(name) = reduced.downcast_ref::<Str>() {
            return self.save_global(vm, object, Some(name.clone()));
        }
        match reduced.downcast_ref::<Tuple>() {
            Some(parts) => self.save_parts(vm, parts.as_slice(), Some(object)),
            None => Err(pickling_error(vm, "__reduce__ must return a string or tuple")),
        }
    }

    /// Writes a function, its arguments, and what is done to the result.
    pub fn save_parts(&mut self, vm: &mut Vm, parts: &[Value], object: Option<&Value>) -> PyResult<()> {
        if !(2..=6).contains(&parts.len()) {
            return Err(pickling_error(vm, "tuple returned by __reduce__ must contain 2 through 6 elements"));
        }
        let optional = |index: usize| parts.get(index).filter(|part| !part.is_none());
        let (function, args) = (&parts[0], &parts[1]);
        if !vm.is_callable(function) {
            return Err(pickling_error(
                vm,
                "first item of the tuple returned by __reduce__ must be callable",
            ));
        }
        let Some(args) = args.downcast_ref::<Tuple>().cloned() else {
            return Err(pickling_error(
                vm,
                "second item of the tuple returned by __reduce__ must be a tuple",
            ));
        };
        for (index, place) in [(3, "fourth"), (4, "fifth")] {
            if let Some(part) = optional(index)
                && part.class().slots.next.get().is_none()
            {
                let class = part.class().name();
                return Err(pickling_error(
                    vm,
                    format!(
                        "{place} element of the tuple returned by __reduce__ must be an iterator, not {class}"
                    ),
                ));
            }
        }
        if let Some(setter) = optional(5)
            && !vm.is_callable(setter)
        {
            let class = setter.class().name();
            return Err(pickling_error(
                vm,
                format!("sixth element of the tuple returned by __reduce__ must be a function, not {class}"),
            ));
        }
        self.save_call(vm, function, &args, object)?;
        if let Some(object) = object {
            match self.known(object) {
                // The object contains itself: it is there already.
                Some(index) => {
                    self.out.op(POP);
                    self.get(index);
                }
                None => self.memoize(object),
            }
        }
        if let Some(items) = optional(3) {
            self.save_appends(vm, items)?;
        }
        if let Some(items) = optional(4) {
            self.save_items(vm, items)?;
        }
        let Some(state) = optional(2) else { return Ok(()) };
        match (optional(5), object) {
            (Some(setter), Some(object)) => {
                self.save(vm, setter, true)?;
                self.save(vm, object, true)?;
                self.save(vm, state, true)?;
                self.out.put(&[TUPLE2, REDUCE, POP]);
            }
            _ => {
                self.save(vm, state, true)?;
                self.out.op(BUILD);
            }
        }
        Ok(())
    }

    /// Writes a call, with an instruction of its own for `__newobj__` and `__newobj_ex__`.
    fn save_call(
        &mut self,
        vm: &mut Vm,
        function: &Value,
        args: &Ref<Tuple>,
        object: Option<&Value>,
    ) -> PyResult<()> {
        let name = if self.protocol >= 2 { vm.lookup_attr_str(function, "__name__")? } else { None };
        let name = name.as_ref().and_then(|name| name.downcast_ref::<Str>());
        let is = |wanted: &str| name.is_some_and(|name| name.as_ref().equals_str(wanted));
        if is("__newobj_ex__") {
            return self.save_new_with_keywords(vm, args, object);
        }
        if is("__newobj__") {
            let [class, rest @ ..] = args.as_slice() else {
                return Err(pickling_error(vm, "__newobj__ arglist is empty"));
            };
            if vm.lookup_attr_str(class, "__new__")?.is_none() {
                return Err(pickling_error(vm, "args[0] from __newobj__ args has no __new__"));
            }
            self.check_class(vm, class, object, "__newobj__")?;
            self.save(vm, class, true)?;
            let rest: Value = Tuple::new(rest.to_vec()).into();
            self.save(vm, &rest, true)?;
            self.out.op(NEWOBJ);
            return Ok(());
        }
        self.save(vm, function, true)?;
        self.save(vm, args.as_value(), true)?;
        self.out.op(REDUCE);
        Ok(())
    }

    fn save_new_with_keywords(
        &mut self,
        vm: &mut Vm,
        args: &Ref<Tuple>,
        object: Option<&Value>,
    ) -> PyResult<()> {
        let [class, positional, keywords] = args.as_slice() else {
            let len = args.len();
            return Err(pickling_error(
                vm,
                format!("length of the NEWOBJ_EX argument tuple must be exactly 3, not {len}"),
            ));
        };
        let wrong = |vm: &mut Vm, place: &str, wanted: &str, found: &Value| {
            let found = found.class().name();
            Err(pickling_error(
                vm,
                format!("{place} item from NEWOBJ_EX argument tuple must be a {wanted}, not {found}"),
            ))
        };
        if !class.holds::<Class>() {
            return wrong(vm, "first", "class", class);
        }
        let Some(tuple) = positional.downcast_ref::<Tuple>().cloned() else {
            return wrong(vm, "second", "tuple", positional);
        };
        let Some(dict) = keywords.downcast_ref::<Dict>().cloned() else {
            return wrong(vm, "third", "dict", keywords);
        };
        self.check_class(vm, class, object, "__newobj_ex__")?;
        if self.protocol >= 4 {
            for part in args.as_slice() {
                self.save(vm, part, true)?;
            }
            self.out.op(NEWOBJ_EX);
            return Ok(());
        }
        // Older protocols have no keywords: a partial call has.
        let functools = vm.import_module("functools")?;
        let partial = vm.get_attr_str(&functools, "partial")?;
        let mut all = vec![vm.get_attr_str(class, "__new__")?, class.clone()];
        all.extend_from_slice(tuple.as_slice());
        let call = vm.call_with_keywords(&partial, &all, &dict.items())?;
        self.save(vm, &call, true)?;
        self.save(vm, &Tuple::new([]).into(), true)?;
        self.out.op(REDUCE);
        Ok(())
    }

    fn check_class(
        &mut self,
        vm: &mut Vm,
        class: &Value,
        object: Option<&Value>,
        function: &str,
    ) -> PyResult<()> {
        let Some(object) = object else { return Ok(()) };
        let own = vm.get_attr_str(object, "__class__")?;
        if own.is(class) {
            return Ok(());
        }
        Err(pickling_error(vm, format!("args[0] from {function} args has the wrong class")))
    }
}
