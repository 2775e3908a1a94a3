//! `str.format`, `str.format_map`, `str.__format__`.

use super::exact;
use crate::object::{Ref, Value};
use crate::text::format::FormatSpec;
use crate::text::format::field::{
    Accessor, AutoNumber, Field, First, Template, nested_too_deep, split_name, unknown_conversion,
};
use crate::text::{StrBuilder, StrRef};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;

/// Where replacement fields find their values.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// Positional arguments; `None` for `format_map`.
    pub positional: Option<&'a [Value]>,
    /// Keyword arguments, or the mapping of `format_map`.
    pub keywords: &'a Value,
}

struct Formatter<'a> {
    values: Values<'a>,
    auto: AutoNumber,
}

impl Formatter<'_> {
    /// Appends a filled-in template; `depth` is how deep fields may nest.
    fn fill(&mut self, vm: &mut Vm, text: StrRef<'_>, depth: u32, out: &mut StrBuilder) -> PyResult<()> {
        for piece in Template::new(text) {
            let piece = piece?;
            out.push_str(text.view(piece.literal));
            let Some(field) = piece.field else { continue };
            let value = self.field_value(vm, text, &field)?;
            let value = match field.conversion {
                None => value,
                Some(code) => match char::from_u32(code) {
                    Some('r') => vm.repr(&value)?.into(),
                    Some('s') => vm.str(&value)?.into(),
                    Some('a') => vm.ascii(&value)?.into(),
                    _ => return Err(unknown_conversion(code).into()),
                },
            };
            let spec = if field.spec.is_empty() {
                vm.interp.empty_str().clone()
            } else if field.spec_has_fields {
                if depth == 0 {
                    return Err(nested_too_deep().into());
                }
                let mut spec = StrBuilder::new();
                self.fill(vm, text.view(field.spec), depth - 1, &mut spec)?;
                Str::from_buf(spec.finish())
            } else {
                Str::from_part(text.view(field.spec))
            };
            let formatted = vm.format(&value, &spec)?;
            out.push_str(formatted.as_ref());
        }
        Ok(())
    }

    fn field_value(&mut self, vm: &mut Vm, text: StrRef<'_>, field: &Field) -> PyResult {
        let (first, accessors) = split_name(text, field.name.clone())?;
        let mut value = match self.auto.resolve(first)? {
            First::Index(index) => match self.values.positional {
                None => return Err(vm.value_error("Format string contains positional fields")),
                Some(values) => match values.get(index) {
                    Some(value) => value.clone(),
                    None => {
                        return Err(vm.index_error(format!(
                            "Replacement index {index} out of range for positional args tuple"
                        )));
                    }
                },
            },
            First::Keyword(range) => {
                let name = Str::from_part(text.view(range));
                let key: Value = name.into();
                match self.values.keywords.downcast_ref::<Dict>() {
                    Some(dict) if self.values.positional.is_some() => match dict.get(vm, &key)? {
                        Some(value) => value,
                        None => return Err(vm.key_error(key)),
                    },
                    _ => vm.get_item(self.values.keywords, &key)?,
                }
            }
            First::Next => return Err(vm.system_error("a field without a number")),
        };
        for accessor in accessors {
            value = match accessor? {
                Accessor::Attribute(range) => {
                    let name = vm.interp.intern_ref(&Str::from_part(text.view(range)));
                    vm.get_attr(&value, &name)?
                }
                Accessor::Index(index) => vm.get_item(&value, &Value::from(index))?,
                Accessor::Key(range) => {
                    let key = Str::from_part(text.view(range));
                    vm.get_item(&value, &key.into())?
                }
            };
        }
        Ok(value)
    }
}

/// Fills in a template of `str.format`.
pub fn format_template(vm: &mut Vm, template: &Ref<Str>, values: Values<'_>) -> PyResult<Ref<Str>> {
    let mut formatter = Formatter { values, auto: AutoNumber::default() };
    let text = template.as_ref();
    let mut out = StrBuilder::with_capacity(text.kind(), text.len() + 16);
    formatter.fill(vm, text, 1, &mut out)?;
    Ok(Str::from_buf(out.finish()))
}

#[pymethods(name = "str", part = FORMATTING)]
impl Str {
    /// The string with its replacement fields filled in from the arguments.
    #[method(sig = "")]
    fn format(vm: &mut Vm, this: &Ref<Str>, args: crate::native::Args<'_>) -> PyResult {
        let keywords: Value = if args.names.is_empty() {
            Value::NONE
        } else {
            let dict = Dict::new();
            for (name, value) in args.keywords() {
                dict.set(vm, name.clone(), value.clone())?;
            }
            dict.into()
        };
        let empty;
        let keywords = if keywords.is_none() {
            empty = Dict::new().into();
            &empty
        } else {
            &keywords
        };
        format_template(vm, this, Values { positional: Some(args.pos()), keywords }).map(Value::from)
    }

    /// The string with its replacement fields filled in from a mapping.
    #[method(sig = "")]
    fn format_map(vm: &mut Vm, this: &Ref<Str>, mapping: &Value) -> PyResult {
        format_template(vm, this, Values { positional: None, keywords: mapping }).map(Value::from)
    }

    /// The string laid out by a format specification.
    #[method(name = "__format__", sig = "(format_spec, /)")]
    fn format_spec(vm: &mut Vm, this: &Ref<Str>, format_spec: &Ref<Str>) -> PyResult {
        if format_spec.is_empty() {
            return if this.class().is(&vm.types().str) {
                Ok(this.into())
            } else {
                vm.str(this.as_value()).map(|text| exact(&text).into())
            };
        }
        let spec = FormatSpec::parse_for_str(format_spec.as_ref())?;
        vm.check_memory(spec.width.unwrap_or(0))?;
        Ok(spec.apply_to_str(this.as_ref())?.into())
    }
}
