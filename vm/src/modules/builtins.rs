//! The module `builtins`: functions. Classes and constants are added at start-up.

use crate::native::{Args, Optional};
use crate::object::slots::CompareOp;
use crate::object::{Ref, Value};
use crate::protocol::numbers::BinaryOp;
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::str::Str;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;

/// The declaration.
pub use builtins_module::MODULE;

/// `builtins`
#[pymodule(
    name = "builtins",
    doc = "Built-in functions, types, exceptions, and other objects.\n\nThis module provides direct access to all 'built-in'\nidentifiers of Python; for example, builtins.len is\nthe full name for the built-in function len().\n\nThis module is not usually accessed explicitly by most\napplications, but can be useful in modules that provide\nobjects with the same name as a builtin and a definition\nof their own under that name."
)]
pub mod builtins_module {
    use super::*;

    #[pyfunction(sig = "")]
    fn __build_class__(vm: &mut Vm, args: Args<'_>) -> PyResult {
        crate::modules::build_class::build_class(vm, args)
    }

    #[pyfunction(sig = "(name, globals=None, locals=None, fromlist=(), level=0)")]
    fn __import__(
        vm: &mut Vm,
        name: &Value,
        globals: Option<Value>,
        locals: Option<Value>,
        fromlist: Option<Value>,
        #[default(0)] level: i64,
    ) -> PyResult {
        let _ = locals;
        let Some(name) = name.downcast_ref::<Str>() else {
            let found = name.class().name();
            return Err(vm.type_error(format!("module name must be a string, not {found}")));
        };
        let name = vm.interp.intern_ref(name);
        let globals = globals.unwrap_or(Value::NONE);
        crate::modules::import::import(vm, &name, &globals, &fromlist.unwrap_or(Value::NONE), level)
    }

    /// Return the absolute value of the argument.
    #[pyfunction(sig = "(x, /)")]
    fn abs(vm: &mut Vm, x: &Value) -> PyResult {
        let slot = x.class().slots.absolute.get();
        vm.unary(slot, "abs()", x)
    }

    #[pyfunction(sig = "(async_iterable, /)")]
    fn aiter(vm: &mut Vm, async_iterable: &Value) -> PyResult {
        let Some(aiter) = async_iterable.class().slots.aiter.get() else {
            let class = async_iterable.class().name();
            return Err(vm.type_error(format!("'{class}' object is not an async iterable")));
        };
        let iterator = aiter(vm, async_iterable)?;
        if iterator.class().slots.anext.get().is_none() {
            let class = iterator.class().name();
            return Err(vm.type_error(format!("aiter() returned not an async iterator of type '{class}'")));
        }
        Ok(iterator)
    }

    #[pyfunction(sig = "(aiterator, default=<unrepresentable>, /)")]
    fn anext(vm: &mut Vm, aiterator: &Value, default: Optional<Value>) -> PyResult {
        let Some(anext) = aiterator.class().slots.anext.get() else {
            let class = aiterator.class().name();
            return Err(vm.type_error(format!("'{class}' object is not an async iterator")));
        };
        let awaitable = anext(vm, aiterator)?;
        match default {
            Optional::Missing => Ok(awaitable),
            Optional::Present(default) => {
                crate::types::generator_methods::AnextAwaitable::create(vm, awaitable, default)
            }
        }
    }

    #[pyfunction(sig = "(iterable, /)")]
    fn all(vm: &mut Vm, iterable: &Value) -> PyResult<bool> {
        let iterator = vm.iter(iterable)?;
        while let Some(item) = vm.next(&iterator)? {
            if !vm.truth(&item)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[pyfunction(sig = "(iterable, /)")]
    fn any(vm: &mut Vm, iterable: &Value) -> PyResult<bool> {
        let iterator = vm.iter(iterable)?;
        while let Some(item) = vm.next(&iterator)? {
            if vm.truth(&item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    #[pyfunction(sig = "(obj, /)")]
    fn ascii(vm: &mut Vm, obj: &Value) -> PyResult<Ref<Str>> {
        vm.ascii(obj)
    }

    fn in_base(vm: &mut Vm, number: &Value, base: u32, prefix: &str) -> PyResult<String> {
        let index = vm.index(number)?;
        let Some(int) = index.as_int() else { return Ok(String::new()) };
        let digits = int.to_radix(base);
        Ok(match digits.strip_prefix('-') {
            Some(digits) => format!("-{prefix}{digits}"),
            None => format!("{prefix}{digits}"),
        })
    }

    #[pyfunction(sig = "(number, /)")]
    fn bin(vm: &mut Vm, number: &Value) -> PyResult<String> {
        in_base(vm, number, 2, "0b")
    }

    #[pyfunction(sig = "(number, /)")]
    fn oct(vm: &mut Vm, number: &Value) -> PyResult<String> {
        in_base(vm, number, 8, "0o")
    }

    #[pyfunction(sig = "(number, /)")]
    fn hex(vm: &mut Vm, number: &Value) -> PyResult<String> {
        in_base(vm, number, 16, "0x")
    }

    #[pyfunction(sig = "(*args, **kws)")]
    fn breakpoint(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let hook = vm.interp.sys.get().and_then(|s| s.get_name("breakpointhook"));
        match hook {
            Some(hook) => vm.call_args(&hook, args),
            None => Err(vm.runtime_error("lost sys.breakpointhook")),
        }
    }

    #[pyfunction(sig = "(obj, /)")]
    fn callable(vm: &mut Vm, obj: &Value) -> bool {
        vm.is_callable(obj)
    }

    #[pyfunction(sig = "(i, /)")]
    fn chr(vm: &mut Vm, i: &Value) -> PyResult<Ref<Str>> {
        let code = vm.to_i128(i)?;
        if i32::try_from(code).is_err() {
            return Err(vm.overflow_error("Python int too large to convert to C int"));
        }
        match u32::try_from(code).ok().filter(|c| *c < 0x11_0000) {
            Some(code) => Ok(Str::from_code_point(code)),
            None => Err(vm.value_error("chr() arg not in range(0x110000)")),
        }
    }

    #[pyfunction(sig = "(c, /)")]
    fn ord(vm: &mut Vm, c: &Value) -> PyResult<u32> {
        let found = if let Some(text) = c.downcast_ref::<Str>() {
            match (text.len(), text.as_ref().get(0)) {
                (1, Some(code)) => return Ok(code),
                (n, _) => n,
            }
        } else if let Some(bytes) = c.downcast_ref::<crate::types::bytes::Bytes>() {
            match bytes.as_slice() {
                [byte] => return Ok(u32::from(*byte)),
                more => more.len(),
            }
        } else if let Some(buffer) = c.class().slots.buffer.get() {
            let buffer = buffer(vm, c)?;
            let data = buffer.to_vec();
            match data[..] {
                [byte] => return Ok(u32::from(byte)),
                _ => data.len(),
            }
        } else {
            let class = c.class().name();
            return Err(vm.type_error(format!("ord() expected string of length 1, but {class} found")));
        };
        Err(vm.type_error(format!("ord() expected a character, but string of length {found} found")))
    }

    #[pyfunction(
        sig = "(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)"
    )]
    fn compile(
        vm: &mut Vm,
        source: &Value,
        filename: &Value,
        mode: String,
        flags: i64,
        dont_inherit: bool,
        optimize: i64,
        _feature_version: i32,
    ) -> PyResult {
        let version = _feature_version;
        crate::modules::evaluate::compile(vm, source, filename, &mode, flags, dont_inherit, optimize, version)
    }

    #[pyfunction(sig = "(source, globals=None, locals=None, /, *, closure=None)")]
    fn exec(
        vm: &mut Vm,
        source: &Value,
        globals: Option<Value>,
        locals: Option<Value>,
        closure: Option<Value>,
    ) -> PyResult {
        let [globals, locals, closure] = [globals, locals, closure].map(|v| v.unwrap_or(Value::NONE));
        crate::modules::evaluate::exec_source(vm, source, &globals, &locals, &closure)
    }

    #[pyfunction(sig = "(source, globals=None, locals=None, /)")]
    fn eval(vm: &mut Vm, source: &Value, globals: Option<Value>, locals: Option<Value>) -> PyResult {
        let [globals, locals] = [globals, locals].map(|v| v.unwrap_or(Value::NONE));
        crate::modules::evaluate::eval_source(vm, source, &globals, &locals)
    }

    #[pyfunction(sig = "(obj, name, /)")]
    fn delattr(vm: &mut Vm, obj: &Value, name: &Value) -> PyResult<()> {
        let name = attribute_name(vm, name)?;
        vm.del_attr(obj, &name)
    }

    fn attribute_name(vm: &mut Vm, name: &Value) -> PyResult<Ref<Str>> {
        match name.downcast_ref::<Str>() {
            Some(name) => Ok(vm.interp.intern_ref(name)),
            None => {
                let found = name.class().name();
                Err(vm.type_error(format!("attribute name must be string, not '{found}'")))
            }
        }
    }

    #[pyfunction(sig = "(obj, name, value, /)")]
    fn setattr(vm: &mut Vm, obj: &Value, name: &Value, value: Value) -> PyResult<()> {
        let name = attribute_name(vm, name)?;
        vm.set_attr(obj, &name, value)
    }

    #[pyfunction(sig = "(obj, name, /)")]
    fn hasattr(vm: &mut Vm, obj: &Value, name: &Value) -> PyResult<bool> {
        let name = attribute_name(vm, name)?;
        Ok(vm.lookup_attr(obj, &name)?.is_some())
    }

    #[pyfunction(sig = "")]
    fn getattr(vm: &mut Vm, obj: &Value, name: &Value, default: Optional<Value>) -> PyResult {
        let name = attribute_name(vm, name)?;
        match default {
            Optional::Missing => vm.get_attr(obj, &name),
            Optional::Present(default) => Ok(vm.lookup_attr(obj, &name)?.unwrap_or(default)),
        }
    }

    #[pyfunction(sig = "")]
    fn dir(vm: &mut Vm, obj: Optional<Value>) -> PyResult {
        let names = match obj {
            Optional::Missing => {
                let locals = vm.current_locals()?;
                vm.call_method_str(&locals, "keys", &[])?
            }
            Optional::Present(obj) => match vm.call_special(&obj, &vm.names().dunder_dir, &[])? {
                Some(names) => names,
                None => return Err(vm.type_error("object does not provide __dir__")),
            },
        };
        let list = List::new(vm.collect(&names)?);
        vm.call_method_str(list.as_value(), "sort", &[])?;
        Ok(list.into())
    }

    #[pyfunction(sig = "(x, y, /)")]
    fn divmod(vm: &mut Vm, x: &Value, y: &Value) -> PyResult {
        let (left, right) = (x.class().slots.divmod.get(), y.class().slots.divmod.get());
        let swap = !x.class().is(y.class()) && y.class().is_subclass(x.class());
        let order = if swap { [right, left] } else { [left, right] };
        for slot in order.into_iter().flatten() {
            let result = slot(vm, x, y)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        let (left, right) = (x.class().name(), y.class().name());
        Err(vm.type_error(format!("unsupported operand type(s) for divmod(): '{left}' and '{right}'")))
    }

    #[pyfunction(sig = "(value, format_spec='', /)")]
    fn format(vm: &mut Vm, value: &Value, format_spec: Optional<Value>) -> PyResult<Ref<Str>> {
        let spec = match &format_spec {
            Optional::Missing => vm.names().empty.clone(),
            Optional::Present(spec) => match spec.downcast_ref::<Str>() {
                Some(spec) => spec.clone(),
                None => {
                    let found = spec.class().name();
                    return Err(vm.type_error(format!("format() argument 2 must be str, not {found}")));
                }
            },
        };
        vm.format(value, &spec)
    }

    #[pyfunction(sig = "()")]
    fn globals(vm: &mut Vm) -> PyResult<Ref<Dict>> {
        vm.current_globals()
    }

    #[pyfunction(sig = "()")]
    fn locals(vm: &mut Vm) -> PyResult {
        vm.current_locals()
    }

    #[pyfunction(sig = "")]
    fn vars(vm: &mut Vm, object: Optional<Value>) -> PyResult {
        match object {
            Optional::Missing => vm.current_locals(),
            Optional::Present(object) => match vm.lookup_attr(&object, &vm.names().dunder_dict)? {
                Some(dict) => Ok(dict),
                None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
            },
        }
    }

    #[pyfunction(sig = "(obj, /)")]
    fn hash(vm: &mut Vm, obj: &Value) -> PyResult<i64> {
        vm.hash(obj)
    }

    #[pyfunction(sig = "(obj, /)")]
    fn id(obj: &Value) -> Value {
        crate::types::int::Int::from_i128(i128::from(obj.identity()))
    }

    #[pyfunction(sig = "(prompt='', /)")]
    fn input(vm: &mut Vm, prompt: Optional<Value>) -> PyResult {
        crate::modules::console::input(
            vm,
            match prompt {
                Optional::Missing => None,
                Optional::Present(prompt) => Some(prompt),
            },
        )
    }

    #[pyfunction(sig = "(obj, class_or_tuple, /)")]
    fn isinstance(vm: &mut Vm, obj: &Value, class_or_tuple: &Value) -> PyResult<bool> {
        vm.is_instance(obj, class_or_tuple)
    }

    #[pyfunction(sig = "(cls, class_or_tuple, /)")]
    fn issubclass(vm: &mut Vm, cls: &Value, class_or_tuple: &Value) -> PyResult<bool> {
        vm.is_subclass(cls, class_or_tuple)
    }

    #[pyfunction(sig = "")]
    fn iter(vm: &mut Vm, object: &Value, sentinel: Optional<Value>) -> PyResult {
        match sentinel {
            Optional::Missing => vm.iter(object),
            Optional::Present(sentinel) => {
                if !vm.is_callable(object) {
                    return Err(vm.type_error("iter(v, w): v must be callable"));
                }
                let parts = std::cell::RefCell::new(Some((object.clone(), sentinel)));
                let iterator = crate::types::iterators::CallableIterator { parts };
                Ok(Ref::new(iterator, &vm.types().callable_iterator).into())
            }
        }
    }

    #[pyfunction(sig = "")]
    fn next(vm: &mut Vm, iterator: &Value, default: Optional<Value>) -> PyResult {
        if iterator.class().slots.next.get().is_none() {
            let class = iterator.class().name();
            return Err(vm.type_error(format!("'{class}' object is not an iterator")));
        }
        match default {
            // The value of the `StopIteration` belongs to the caller.
            Optional::Missing => crate::types::generator_methods::next_with_value(vm, iterator),
            Optional::Present(default) => Ok(vm.next(iterator)?.unwrap_or(default)),
        }
    }

    #[pyfunction(sig = "(obj, /)")]
    fn len(vm: &mut Vm, obj: &Value) -> PyResult<usize> {
        vm.length(obj)
    }

    fn extreme(vm: &mut Vm, args: Args<'_>, name: &str, op: CompareOp) -> PyResult {
        let (mut key, mut default) = (None, None);
        for (keyword, value) in args.keywords() {
            match keyword.downcast_ref::<Str>().map(|k| k.to_string()).as_deref() {
                Some("key") => key = (!value.is_none()).then(|| value.clone()),
                Some("default") => default = Some(value.clone()),
                other => {
                    let other = other.unwrap_or_default();
                    let text = format!("{name}() got an unexpected keyword argument '{other}'");
                    return Err(vm.type_error(text));
                }
            }
        }
        let items = match args.pos() {
            [] => return Err(vm.type_error(format!("{name} expected at least 1 argument, got 0"))),
            [iterable] => vm.iter(iterable)?,
            more => {
                if default.is_some() {
                    let text =
                        format!("Cannot specify a default for {name}() with multiple positional arguments");
                    return Err(vm.type_error(text));
                }
                let tuple: Value = crate::types::tuple::Tuple::new(more.to_vec()).into();
                vm.iter(&tuple)?
            }
        };
        let mut best: Option<(Value, Value)> = None;
        while let Some(item) = vm.next(&items)? {
            let rank = match &key {
                Some(key) => vm.call(key, std::slice::from_ref(&item))?,
                None => item.clone(),
            };
            let better = match &best {
                Some((_, known)) => vm.compare_bool(&rank, known, op)?,
                None => true,
            };
            if better {
                best = Some((item, rank));
            }
        }
        match (best, default) {
            (Some((item, _)), _) => Ok(item),
            (None, Some(default)) => Ok(default),
            (None, None) => Err(vm.value_error(format!("{name}() iterable argument is empty"))),
        }
    }

    #[pyfunction(sig = "")]
    fn max(vm: &mut Vm, args: Args<'_>) -> PyResult {
        extreme(vm, args, "max", CompareOp::Gt)
    }

    #[pyfunction(sig = "")]
    fn min(vm: &mut Vm, args: Args<'_>) -> PyResult {
        extreme(vm, args, "min", CompareOp::Lt)
    }

    #[pyfunction(sig = "(base, exp, mod=None)")]
    fn pow(vm: &mut Vm, base: &Value, exp: &Value, r#mod: Option<Value>) -> PyResult {
        vm.power(base, exp, &r#mod.unwrap_or(Value::NONE))
    }

    #[pyfunction(sig = "(*args, sep=' ', end='\\n', file=None, flush=False)")]
    fn print(
        vm: &mut Vm,
        args: &[Value],
        sep: Option<Value>,
        end: Option<Value>,
        file: Option<Value>,
        flush: bool,
    ) -> PyResult<()> {
        crate::modules::console::print(vm, args, sep, end, file, flush)
    }

    #[pyfunction(sig = "(obj, /)")]
    fn repr(vm: &mut Vm, obj: &Value) -> PyResult<Ref<Str>> {
        vm.repr(obj)
    }

    #[pyfunction(sig = "(number, ndigits=None)")]
    fn round(vm: &mut Vm, number: &Value, ndigits: Option<Value>) -> PyResult {
        let args: &[Value] = match &ndigits {
            Some(ndigits) => std::slice::from_ref(ndigits),
            None => &[],
        };
        match vm.call_special(number, &vm.names().dunder_round, args)? {
            Some(result) => Ok(result),
            None => {
                let class = number.class().name();
                Err(vm.type_error(format!("type {class} doesn't define __round__ method")))
            }
        }
    }

    #[pyfunction(sig = "(iterable, /, *, key=None, reverse=False)")]
    fn sorted(vm: &mut Vm, args: Args<'_>) -> PyResult {
        let [iterable] = args.pos() else {
            let given = args.pos().len();
            return Err(vm.type_error(format!("sorted expected 1 argument, got {given}")));
        };
        let list = List::new(vm.collect(iterable)?);
        let sort = vm.get_attr_str(list.as_value(), "sort")?;
        vm.call_args(&sort, args.rest())?;
        Ok(list.into())
    }

    #[pyfunction(sig = "(iterable, /, start=0)")]
    fn sum(vm: &mut Vm, iterable: &Value, start: Optional<Value>) -> PyResult {
        let mut total = match start {
            Optional::Missing => Value::int(0),
            Optional::Present(start) => {
                let advice = if start.holds::<Str>() {
                    Some("sum() can't sum strings [use ''.join(seq) instead]")
                } else if start.holds::<crate::types::bytes::Bytes>() {
                    Some("sum() can't sum bytes [use b''.join(seq) instead]")
                } else {
                    None
                };
                if let Some(advice) = advice {
                    return Err(vm.type_error(advice));
                }
                start
            }
        };
        let iterator = vm.iter(iterable)?;
        let mut floats: Option<crate::number::math::CompensatedSum> = None;
        while let Some(item) = vm.next(&iterator)? {
            if let Some(sum) = &mut floats {
                if let Some(f) = item.as_tagged_float() {
                    sum.add(f);
                    continue;
                }
                if let Some(i) = item.as_small_int() {
                    sum.add(i as f64);
                    continue;
                }
                total = floats.take().map_or(Value::int(0), |sum| Value::float(sum.finish()));
            } else if let Some(sum) = total.add_small_ints(&item) {
                total = sum;
                continue;
            }
            if let (Some(f), true) = (total.as_tagged_float(), item.is_tagged_float() || item.is_small_int())
            {
                let mut sum = crate::number::math::CompensatedSum::new(f);
                sum.add(item.as_tagged_float().unwrap_or_else(|| item.as_small_int().unwrap_or(0) as f64));
                floats = Some(sum);
                continue;
            }
            total = vm.binary(BinaryOp::Add, &total, &item)?;
        }
        Ok(match floats {
            Some(sum) => Value::float(sum.finish()),
            None => total,
        })
    }

    fn init(vm: &mut Vm, module: &Ref<crate::types::module::Module>) -> PyResult<()> {
        let types = vm.types();
        let classes = [
            &types.object,
            &types.type_,
            &types.int,
            &types.bool,
            &types.float,
            &types.complex,
            &types.str,
            &types.bytes,
            &types.tuple,
            &types.list,
            &types.dict,
            &types.set,
            &types.frozenset,
            &types.range,
            &types.slice,
            &types.super_,
            &types.property,
            &types.classmethod,
            &types.staticmethod,
        ];
        for class in classes {
            module.set(&class.name(), class);
        }
        for (name, class) in crate::types::exception_methods::exceptions(vm) {
            module.set(name, class);
        }
        let iterators = [
            ("enumerate", &types.enumerate),
            ("filter", &types.filter),
            ("map", &types.map),
            ("zip", &types.zip),
            ("reversed", &types.reversed),
            ("bytearray", &types.bytearray),
            ("memoryview", &types.memoryview),
        ];
        for (name, class) in iterators {
            module.set(name, class);
        }
        module.set("EnvironmentError", &types.exceptions.os_error);
        module.set("IOError", &types.exceptions.os_error);
        module.set("None", Value::NONE);
        module.set("True", Value::TRUE);
        module.set("False", Value::FALSE);
        module.set("Ellipsis", Value::ELLIPSIS);
        module.set("NotImplemented", Value::NOT_IMPLEMENTED);
        module.set("__debug__", Value::bool(vm.interp.config.optimize == 0));
        Ok(())
    }
}
