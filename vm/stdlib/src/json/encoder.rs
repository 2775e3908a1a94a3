//! Writing JSON.

use super::push_quoted;
use pvm_vm::native::{Args, Param, ParamKind, bind};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::StrBuilder;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::function::NativeFunction;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Vm};

/// How strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    Ascii,
    Any,
    Custom,
}

/// What `json.encoder.JSONEncoder` asks for: writes an object in one go.
pub struct Encoder {
    markers: Value,
    default: Value,
    encoder: Value,
    indent: Value,
    key_separator: Value,
    item_separator: Value,
    sort_keys: bool,
    skip_keys: bool,
    allow_nan: bool,
    quoting: Quoting,
}

pvm_vm::payload!(
    Encoder,
    "_json.Encoder",
    |e, visit| {
        visit(&e.markers);
        visit(&e.default);
        visit(&e.encoder);
        visit(&e.indent);
        visit(&e.key_separator);
        visit(&e.item_separator);
    },
    |_e| ()
);

const fn param(name: &'static str) -> Param {
    Param { name, kind: ParamKind::Positional, required: true }
}

/// Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)
#[pvm_vm_macros::pymethods(name = "Encoder", module = "_json", flags = pvm_vm::object::class::flag::BASE_TYPE)]
impl Encoder {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[
            param("markers"),
            param("default"),
            param("encoder"),
            param("indent"),
            param("key_separator"),
            param("item_separator"),
            param("sort_keys"),
            param("skipkeys"),
            param("allow_nan"),
        ];
        let (slots, _) = bind::<9, 9, 9>(vm, "make_encoder", PARAMS, args)?;
        let get = |i: usize| slots[i].cloned().unwrap_or(Value::NONE);
        let markers = get(0);
        if !markers.is_none() && !markers.holds::<Dict>() {
            let class = markers.class().name();
            return Err(vm.type_error(format!("make_encoder() argument 1 must be dict or None, not {class}")));
        }
        for (position, value) in [(5, get(4)), (6, get(5))] {
            if !value.holds::<Str>() {
                let class = value.class().name();
                return Err(
                    vm.type_error(format!("make_encoder() argument {position} must be str, not {class}"))
                );
            }
        }
        let encoder = get(2);
        let quoting = match encoder.downcast_ref::<NativeFunction>().map(|f| f.def.name) {
            Some("encode_basestring_ascii") => Quoting::Ascii,
            Some("encode_basestring") => Quoting::Any,
            _ => Quoting::Custom,
        };
        let made = Encoder {
            markers,
            default: get(1),
            encoder,
            indent: get(3),
            key_separator: get(4),
            item_separator: get(5),
            sort_keys: vm.truth(&get(6))?,
            skip_keys: vm.truth(&get(7))?,
            allow_nan: vm.truth(&get(8))?,
            quoting,
        };
        Ok(Ref::new(made, class).into())
    }

    #[slot(call)]
    fn call_slot(vm: &mut Vm, this: &Ref<Encoder>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[param("obj"), param("_current_indent_level")];
        let ([object, _], _) = bind::<2, 2, 2>(vm, "_iterencode", PARAMS, args)?;
        let Some(object) = object else { return Ok(Value::NONE) };
        let mut out = StrBuilder::new();
        this.object(vm, object, &mut out)?;
        Ok(Tuple::new([out.finish().into()]).into())
    }

    #[getter]
    fn markers(&self) -> Value {
        self.markers.clone()
    }

    #[getter]
    fn default(&self) -> Value {
        self.default.clone()
    }

    #[getter]
    fn encoder(&self) -> Value {
        self.encoder.clone()
    }

    #[getter]
    fn indent(&self) -> Value {
        self.indent.clone()
    }

    #[getter]
    fn key_separator(&self) -> Value {
        self.key_separator.clone()
    }

    #[getter]
    fn item_separator(&self) -> Value {
        self.item_separator.clone()
    }

    #[getter]
    fn sort_keys(&self) -> bool {
        self.sort_keys
    }

    #[getter]
    fn skipkeys(&self) -> bool {
        self.skip_keys
    }
}

fn push(out: &mut StrBuilder, value: &Value) {
    if let Some(text) = value.downcast_ref::<Str>() {
        out.push_str(text.as_ref());
    }
}

impl Encoder {
    fn string(&self, vm: &mut Vm, value: &Value, text: &Ref<Str>, out: &mut StrBuilder) -> PyResult<()> {
        match self.quoting {
            Quoting::Ascii => push_quoted(out, text.as_ref(), true),
            Quoting::Any => push_quoted(out, text.as_ref(), false),
            Quoting::Custom => {
                let encoded = vm.call(&self.encoder, std::slice::from_ref(value))?;
                if !encoded.holds::<Str>() {
                    let class = encoded.class().name();
                    return Err(vm.type_error(format!("encoder() must return a string, not {class}")));
                }
                push(out, &encoded);
            }
        }
        Ok(())
    }

    fn float(&self, vm: &mut Vm, float: f64, out: &mut StrBuilder) -> PyResult<()> {
        if float.is_finite() {
            let shown = vm.repr(&Value::float(float))?;
            out.push_str(shown.as_ref());
            return Ok(());
        }
        if !self.allow_nan {
            let shown = vm.repr(&Value::float(float))?;
            return Err(vm.value_error(format!("Out of range float values are not JSON compliant: {shown}")));
        }
        out.push_utf8(if float.is_nan() {
            "NaN"
        } else if float > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
        Ok(())
    }

    fn integer(vm: &mut Vm, value: &Value, out: &mut StrBuilder) -> PyResult<()> {
        let Some(int) = value.as_int() else { return Ok(()) };
        match int.to_i64() {
            Some(i) => out.push_utf8(&i.to_string()),
            None => {
                let exact: Value = int.to_owned().into();
                let shown = vm.repr(&exact)?;
                out.push_str(shown.as_ref());
            }
        }
        Ok(())
    }

    fn object(&self, vm: &mut Vm, value: &Value, out: &mut StrBuilder) -> PyResult<()> {
        if value.is_none() {
            out.push_utf8("null");
            return Ok(());
        }
        if let Some(bool) = value.as_bool() {
            out.push_utf8(if bool { "true" } else { "false" });
            return Ok(());
        }
        if let Some(text) = value.downcast_ref::<Str>() {
            return self.string(vm, value, text, out);
        }
        if value.as_int().is_some() {
            return Encoder::integer(vm, value, out);
        }
        if let Some(float) = value.as_float() {
            return self.float(vm, float, out);
        }
        if value.holds::<List>() || value.holds::<Tuple>() {
            return vm.nested(" while encoding a JSON object", |vm| self.sequence(vm, value, out));
        }
        if value.holds::<Dict>() {
            return vm.nested(" while encoding a JSON object", |vm| self.mapping(vm, value, out));
        }
        let key = self.enter(vm, value)?;
        let replaced = vm.call(&self.default, std::slice::from_ref(value))?;
        vm.nested(" while encoding a JSON object", |vm| self.object(vm, &replaced, out))?;
        self.leave(vm, key)
    }

    /// Notes that an object is being written; an error where it is already.
    fn enter(&self, vm: &mut Vm, value: &Value) -> PyResult<Option<Value>> {
        let Some(markers) = self.markers.downcast_ref::<Dict>() else { return Ok(None) };
        let key = Value::from(value.identity());
        if markers.contains(vm, &key)? {
            return Err(vm.value_error("Circular reference detected"));
        }
        markers.set(vm, key.clone(), value.clone())?;
        Ok(Some(key))
    }

    fn leave(&self, vm: &mut Vm, key: Option<Value>) -> PyResult<()> {
        if let (Some(key), Some(markers)) = (key, self.markers.downcast_ref::<Dict>()) {
            let old = markers.remove(vm, &key)?;
            drop(old);
        }
        Ok(())
    }

    fn sequence(&self, vm: &mut Vm, value: &Value, out: &mut StrBuilder) -> PyResult<()> {
        let items = match value.downcast_ref::<Tuple>() {
            Some(tuple) => tuple.as_slice().to_vec(),
            None => value.downcast_ref::<List>().map(|list| list.to_vec()).unwrap_or_default(),
        };
        if items.is_empty() {
            out.push_utf8("[]");
            return Ok(());
        }
        let key = self.enter(vm, value)?;
        out.push(u32::from(b'['));
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                push(out, &self.item_separator);
            }
            self.object(vm, item, out)?;
        }
        out.push(u32::from(b']'));
        self.leave(vm, key)
    }

    fn items(&self, vm: &mut Vm, value: &Value) -> PyResult<Vec<(Value, Value)>> {
        let mut items = match value.downcast_ref::<Dict>() {
            Some(dict) if value.class().is(&vm.types().dict) => dict.items(),
            _ => {
                let view = vm.call_method_str(value, "items", &[])?;
                let mut items = Vec::new();
                for pair in vm.collect(&view)? {
                    match pair.downcast_ref::<Tuple>().map(|t| t.as_slice()) {
                        Some([key, value]) => items.push((key.clone(), value.clone())),
                        _ => return Err(vm.value_error("items must return 2-tuples")),
                    }
                }
                items
            }
        };
        if !self.sort_keys {
            return Ok(items);
        }
        if items.iter().all(|(key, _)| key.class().is(&vm.types().str)) {
            items.sort_by(|(a, _), (b, _)| match (a.downcast_ref::<Str>(), b.downcast_ref::<Str>()) {
                (Some(a), Some(b)) => a.as_ref().compare(b.as_ref()),
                _ => std::cmp::Ordering::Equal,
            });
            return Ok(items);
        }
        let pairs = items.into_iter().map(|(key, value)| Tuple::new([key, value]).into());
        let list: Value = List::new(pairs.collect()).into();
        vm.call_method_str(&list, "sort", &[])?;
        let sorted = vm.collect(&list)?;
        let pair = |pair: &Value| match pair.downcast_ref::<Tuple>().map(|t| t.as_slice()) {
            Some([key, value]) => Some((key.clone(), value.clone())),
            _ => None,
        };
        Ok(sorted.iter().filter_map(pair).collect())
    }

    fn mapping(&self, vm: &mut Vm, value: &Value, out: &mut StrBuilder) -> PyResult<()> {
        if value.downcast_ref::<Dict>().is_some_and(|dict| dict.is_empty()) {
            out.push_utf8("{}");
            return Ok(());
        }
        let marker = self.enter(vm, value)?;
        out.push(u32::from(b'{'));
        let mut first = true;
        for (key, item) in self.items(vm, value)? {
            let mut shown = StrBuilder::new();
            let name: Value = if key.holds::<Str>() {
                key.clone()
            } else {
                if let Some(float) = key.as_float() {
                    self.float(vm, float, &mut shown)?;
                } else if let Some(bool) = key.as_bool() {
                    shown.push_utf8(if bool { "true" } else { "false" });
                } else if key.is_none() {
                    shown.push_utf8("null");
                } else if key.as_int().is_some() {
                    Encoder::integer(vm, &key, &mut shown)?;
                } else if self.skip_keys {
                    continue;
                } else {
                    let class = key.class().name();
                    return Err(
                        vm.type_error(format!("keys must be str, int, float, bool or None, not {class}"))
                    );
                }
                shown.finish().into()
            };
            if !first {
                push(out, &self.item_separator);
            }
            first = false;
            if let Some(text) = name.downcast_ref::<Str>() {
                self.string(vm, &name, text, out)?;
            }
            push(out, &self.key_separator);
            self.object(vm, &item, out)?;
        }
        out.push(u32::from(b'}'));
        self.leave(vm, marker)
    }
}
