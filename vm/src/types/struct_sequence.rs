//! Named tuples of native modules (`sys.version_info`, `os.stat_result`): CPython's `structseq`.
//!
//! Fields beyond the visible ones are attributes only; they lie in the slots that `__slots__` would use.

use crate::native::Args;
use crate::object::class::flag;
use crate::object::{Class, Ref, Value, attributes};
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// The declaration of a class of named tuples.
pub struct StructSequence {
    /// `__module__`
    pub module: &'static str,
    /// `__name__`
    pub name: &'static str,
    /// `__doc__`
    pub doc: &'static str,
    /// Names of all fields; an empty one has no attribute.
    pub fields: &'static [&'static str],
    /// How many fields the tuple shows.
    pub visible: usize,
    /// Whether Python code may call the class.
    pub instantiable: bool,
}

/// Reads one field.
pub struct Field {
    index: usize,
    visible: usize,
    name: &'static str,
}

crate::payload!(Field, "member_descriptor");

impl StructSequence {
    /// Makes the class.
    pub fn class(&'static self, vm: &mut Vm) -> PyResult<Ref<Class>> {
        let types = vm.types();
        let class = super::native_class::<Tuple>(self.name, &types.tuple, &types.type_);
        class.set_flags(flag::SEQUENCE, true);
        let extra = self.fields.len() - self.visible;
        if extra > 0 {
            class.set_flags(flag::HAS_ATTRIBUTES, true);
            class.set_reserved_slots(extra as u32);
        }
        let attributes = class.attributes();
        attributes.set_name("__doc__", self.doc);
        attributes.set_name("__module__", self.module);
        let unnamed = self.fields.iter().filter(|f| f.is_empty()).count();
        attributes.set_name("n_fields", self.fields.len());
        attributes.set_name("n_sequence_fields", self.visible);
        attributes.set_name("n_unnamed_fields", unnamed);
        let named: Vec<Value> =
            self.fields[..self.visible].iter().filter(|f| !f.is_empty()).map(|f| (*f).into()).collect();
        attributes.set_name("__match_args__", Tuple::new(named));
        let field_class = super::init::class_of_with::<Field>(vm, "member_descriptor", |class| {
            class.slots.descr_get.set(Some(get_field));
            class.slots.descr_set.set(Some(|vm, _, _, _| {
                let class = &vm.types().exceptions.attribute_error;
                Err(vm.new_error(class, "readonly attribute"))
            }));
        });
        for (index, name) in self.fields.iter().enumerate() {
            if !name.is_empty() {
                let field = Field { index, visible: self.visible, name };
                attributes.set_name(name, Ref::new(field, &field_class));
            }
        }
        class.slots.repr.set(Some(repr));
        if self.instantiable {
            class.slots.new.set(Some(new));
        } else {
            class.set_flags(flag::NO_INSTANTIATION, true);
        }
        super::init::finish(&class);
        let method = crate::types::function::MethodDescriptor { def: &REDUCE, owner: class.clone() };
        class.attributes().set_name("__reduce__", Ref::new(method, &vm.types().method_descriptor));
        class.modified();
        Ok(class)
    }
}

/// `__reduce__`
static REDUCE: crate::native::FunctionDef = crate::native::FunctionDef {
    name: "__reduce__",
    kind: crate::native::MethodKind::Method,
    function: |vm, args| {
        let Some(this) = args.values.first().and_then(|v| v.downcast_ref::<Tuple>()) else {
            return Err(vm.type_error("__reduce__ needs a tuple"));
        };
        let class: Value = this.class().into();
        let visible: Value = Tuple::new(this.as_slice().to_vec()).into();
        let dict = super::dict::Dict::new();
        Ok(Tuple::new([class, Tuple::new([visible, dict.into()]).into()]).into())
    },
    signature: crate::native::Signature { text: "", params: &[] },
    doc: "",
};

/// An instance: all fields in order; missing ones at the end are `None`.
pub fn instance(class: &Ref<Class>, values: Vec<Value>) -> Ref<Tuple> {
    let extra = class.reserved_slots() as usize;
    let visible =
        class.attributes().get_name("n_sequence_fields").and_then(|v| v.as_small_int()).unwrap_or(0) as usize;
    let mut values = values;
    values.resize_with(visible + extra, || Value::NONE);
    let rest = values.split_off(visible);
    let tuple = Tuple::with_class(values.into_iter(), class);
    for (slot, value) in rest.into_iter().enumerate() {
        drop(attributes::replace_slot(tuple.as_value(), slot as u32, value));
    }
    tuple
}

fn get_field(vm: &mut Vm, descriptor: &Value, object: Option<&Value>, _owner: &Value) -> PyResult {
    let (Some(field), Some(object)) = (descriptor.downcast_ref::<Field>(), object) else {
        return Ok(descriptor.clone());
    };
    let value = match object.downcast_ref::<Tuple>() {
        Some(tuple) if field.index < field.visible => tuple.as_slice().get(field.index).cloned(),
        Some(_) => attributes::get_slot(object, (field.index - field.visible) as u32),
        None => None,
    };
    match value {
        Some(value) => Ok(value),
        None => Err(vm.type_error(format!("descriptor '{}' does not apply to this object", field.name))),
    }
}

/// Makes an instance from a sequence, as the class does when called.
pub fn new(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
    let [sequence, rest @ ..] = args.pos() else {
        let name = class.name();
        return Err(vm.type_error(format!("{name}() missing required argument 'sequence' (pos 1)")));
    };
    let values = vm.collect(sequence)?;
    let visible =
        class.attributes().get_name("n_sequence_fields").and_then(|v| v.as_small_int()).unwrap_or(0) as usize;
    let all = visible + class.reserved_slots() as usize;
    let (name, given) = (full_name(class), values.len());
    if given < visible {
        let least = if all > visible { "an at least " } else { "a " };
        return Err(
            vm.type_error(format!("{name}() takes {least}{visible}-sequence ({given}-sequence given)"))
        );
    }
    if given > all {
        let most = if all > visible { "an at most " } else { "a " };
        return Err(vm.type_error(format!("{name}() takes {most}{all}-sequence ({given}-sequence given)")));
    }
    let _ = rest;
    Ok(instance(class, values).into())
}

fn full_name(class: &Ref<Class>) -> String {
    match class
        .attributes()
        .get_name("__module__")
        .and_then(|m| m.downcast_ref::<Str>().map(|m| m.to_string()))
    {
        Some(module) if module != "builtins" => format!("{module}.{}", class.name()),
        _ => class.name().to_string(),
    }
}

fn repr(vm: &mut Vm, this: &Value) -> PyResult {
    let Some(tuple) = this.downcast_ref::<Tuple>() else { return Ok("".into()) };
    let class = tuple.class().clone();
    // Unnamed fields go by the names that follow, as CPython shows them.
    let attributes = class.attributes().items();
    let names: Vec<Value> =
        attributes.into_iter().filter(|(_, v)| v.holds::<Field>()).map(|(name, _)| name).collect();
    let mut parts = Vec::new();
    for (name, value) in names.iter().zip(tuple.as_slice()) {
        let (name, value) = (vm.str(name)?, vm.repr(value)?);
        parts.push(format!("{name}={value}"));
    }
    Ok(format!("{}({})", full_name(&class), parts.join(", ")).into())
}
