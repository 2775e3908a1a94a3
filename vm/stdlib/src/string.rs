//! `_string`: how templates of `str.format` are taken apart, for `string.Formatter`.

/// The module.
#[pvm_vm_macros::pymodule(name = "_string")]
pub mod string_module {
    use pvm_vm::object::class::flag::NO_INSTANTIATION;
    use pvm_vm::object::{Ref, Value};
    use pvm_vm::text::format::field::{Accessor, First, Template, split_name};
    use pvm_vm::text::{StrBuf, StrRef};
    use pvm_vm::types::init::class_of;
    use pvm_vm::types::str::Str;
    use pvm_vm::types::tuple::Tuple;
    use pvm_vm::vm::{PyResult, Raised, Vm};
    use std::cell::RefCell;
    use std::collections::VecDeque;

    /// What is left of a template that was taken apart.
    pub struct Parts {
        parts: RefCell<VecDeque<Value>>,
        /// What is wrong with the template after the parts.
        error: RefCell<Option<pvm_vm::text::TextError>>,
    }

    pvm_vm::payload!(Parts, "formatteriterator", |p, visit| p.parts.borrow().iter().for_each(visit), |p| {
        drop(p.parts.take())
    });

    /// Yields the parts of a template.
    #[pvm_vm_macros::pymethods(name = "formatteriterator", flags = NO_INSTANTIATION)]
    impl Parts {
        #[slot(iter)]
        fn iter_slot(_vm: &mut Vm, this: &Value) -> PyResult {
            Ok(this.clone())
        }

        #[slot(next)]
        fn next_slot(_vm: &mut Vm, this: &Ref<Parts>) -> PyResult<Option<Value>> {
            let next = this.parts.borrow_mut().pop_front();
            if next.is_some() {
                return Ok(next);
            }
            match this.error.take() {
                Some(error) => Err(Raised::from(error)),
                None => Ok(None),
            }
        }
    }

    /// Splits a template into (literal, field name, specification, conversion).
    #[pyfunction(sig = "")]
    fn formatter_parser(vm: &mut Vm, template: &Value) -> PyResult {
        let Some(template) = template.downcast_ref::<Str>() else {
            let class = template.class().name();
            return Err(vm.type_error(format!("expected str, got {class}")));
        };
        let text = template.as_ref();
        let part = |range| Value::from(Str::from_part(text.view(range)));
        let mut parts = VecDeque::new();
        let mut error = None;
        for piece in Template::new(text) {
            match piece {
                Ok(piece) => {
                    let literal = part(piece.literal);
                    let [name, spec, conversion] = match piece.field {
                        Some(field) => {
                            let conversion = match field.conversion {
                                Some(code) => StrBuf::from_code_point(code).into(),
                                None => Value::NONE,
                            };
                            [part(field.name), part(field.spec), conversion]
                        }
                        None => [Value::NONE, Value::NONE, Value::NONE],
                    };
                    parts.push_back(Tuple::new([literal, name, spec, conversion]).into());
                }
                Err(found) => {
                    error = Some(found);
                    break;
                }
            }
        }
        let class = class_of::<Parts>(vm)?;
        let made = Parts { parts: RefCell::new(parts), error: RefCell::new(error) };
        Ok(Ref::new(made, &class).into())
    }

    /// Splits a field name into its first part and an iterator over the rest.
    #[pyfunction(sig = "")]
    fn formatter_field_name_split(vm: &mut Vm, name: &Value) -> PyResult {
        let Some(name) = name.downcast_ref::<Str>() else {
            let class = name.class().name();
            return Err(vm.type_error(format!("expected str, got {class}")));
        };
        let text: StrRef<'_> = name.as_ref();
        let part = |range| Value::from(Str::from_part(text.view(range)));
        let (first, accessors) = split_name(text, 0..text.len())?;
        let first = match first {
            First::Index(index) => Value::from(index),
            First::Keyword(range) => part(range),
            First::Next => vm.interp.empty_str().into(),
        };
        let mut parts = VecDeque::new();
        let mut error = None;
        for accessor in accessors {
            let (is_attribute, value) = match accessor {
                Ok(Accessor::Attribute(range)) => (true, part(range)),
                Ok(Accessor::Index(index)) => (false, Value::from(index)),
                Ok(Accessor::Key(range)) => (false, part(range)),
                Err(found) => {
                    error = Some(found);
                    break;
                }
            };
            parts.push_back(Tuple::new([Value::bool(is_attribute), value]).into());
        }
        let class = class_of::<Parts>(vm)?;
        let made = Parts { parts: RefCell::new(parts), error: RefCell::new(error) };
        Ok(Tuple::new([first, Ref::new(made, &class).into()]).into())
    }
}
