//! Warnings: the filters, and what happens with a warning. The native half of Python's module `warnings`.

use crate::object::{Class, Ref, Value};
use crate::types::dict::Dict;
use crate::types::exception::Exception;
use crate::types::frame::FrameObject;
use crate::types::generator::Generator;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use std::cell::Cell;
use std::rc::Rc;

/// The state that the module `_warnings` shows.
pub struct Warnings {
    /// `filters`
    pub filters: Ref<List>,
    /// `_onceregistry`
    pub once_registry: Ref<Dict>,
    /// `_defaultaction`
    pub default_action: Ref<Str>,
    /// Changes with the filters, so that registries know that they are out of date.
    pub version: Cell<i64>,
}

/// The interpreter's warning state.
pub fn state(vm: &Vm) -> Rc<Warnings> {
    vm.interp.extension(|| {
        let exceptions = &vm.types().exceptions;
        let filter = |action: &str, category: &Ref<Class>, module: Option<&str>| -> Value {
            let parts: [Value; 5] =
                [action.into(), Value::NONE, category.into(), module.into(), Value::int(0)];
            Tuple::new(parts).into()
        };
        let filters = vec![
            filter("default", &exceptions.deprecation_warning, Some("__main__")),
            filter("ignore", &exceptions.deprecation_warning, None),
            filter("ignore", &exceptions.pending_deprecation_warning, None),
            filter("ignore", &exceptions.import_warning, None),
            filter("ignore", &exceptions.resource_warning, None),
        ];
        Warnings {
            filters: List::new(filters),
            once_registry: Dict::new(),
            default_action: Str::from_str("default"),
            version: Cell::new(0),
        }
    })
}

/// An attribute of the module `warnings`, if that is imported (or `import` is asked for).
fn warnings_attribute(vm: &mut Vm, name: &str, import: bool) -> PyResult<Option<Value>> {
    let loaded = vm.interp.modules.get().and_then(|modules| modules.get_name("warnings"));
    let module = match loaded {
        Some(module) => module,
        None if import => match vm.import_module("warnings") {
            Ok(module) => module,
            Err(raised) if raised.is(&vm.types().exceptions.import_error) => return Ok(None),
            Err(raised) => return Err(raised),
        },
        None => return Ok(None),
    };
    vm.lookup_attr_str(&module, name)
}

/// The class of a warning, from the two arguments of `warn`.
pub fn category_of(vm: &mut Vm, message: &Value, category: &Value) -> PyResult<Ref<Class>> {
    let exceptions = &vm.types().exceptions;
    if message.class().is_subclass(&exceptions.warning) {
        return Ok(message.class().clone());
    }
    if category.is_none() {
        return Ok(exceptions.user_warning.clone());
    }
    match category.downcast_ref::<Class>() {
        Some(class) if class.is_subclass(&exceptions.warning) => Ok(class.clone()),
        _ => {
            let found = category.class().name();
            Err(vm.type_error(format!("category must be a Warning subclass, not '{found}'")))
        }
    }
}

/// Where a warning is reported.
pub struct Place {
    /// File.
    pub filename: Value,
    /// Line.
    pub line: i64,
    /// Module; `None` while modules are torn down.
    pub module: Value,
    /// What was reported before there, a dictionary or `None`.
    pub registry: Value,
}

fn is_internal(frame: &Ref<FrameObject>) -> bool {
    let name = frame.code.filename.to_string();
    name.contains("importlib") && name.contains("_bootstrap")
}

fn is_skipped(frame: &Ref<FrameObject>, prefixes: &[Value]) -> bool {
    prefixes.iter().any(|prefix| {
        prefix.downcast_ref::<Str>().is_some_and(|p| frame.code.filename.as_ref().starts_with(p.as_ref()))
    })
}

/// The place `level` callers up, not counting the import system and files with one of the prefixes.
pub fn place(vm: &mut Vm, level: i64, prefixes: &[Value]) -> PyResult<Place> {
    let mut level = level;
    let mut frame = vm.frame_object(0);
    let plain = level <= 0 || frame.as_ref().is_some_and(is_internal);
    level -= 1;
    while level > 0
        && let Some(current) = frame
    {
        frame = vm.frame_back(&current);
        if !plain {
            while let Some(caller) = frame.take_if(|f| is_internal(f) || is_skipped(f, prefixes)) {
                frame = vm.frame_back(&caller);
            }
        }
        level -= 1;
    }
    let (globals, filename, line) = match frame {
        Some(frame) => {
            let line = vm.frame_line(&frame).unwrap_or(0);
            (frame.globals().clone(), Value::from(&frame.code.filename), i64::from(line))
        }
        None => (vm.interp.sys.get().cloned().unwrap_or_else(Dict::new), "sys".into(), 1),
    };
    let key = vm.intern("__warningregistry__");
    let registry = match globals.get_str(&key) {
        Some(registry) => registry,
        None => {
            let registry: Value = Dict::new().into();
            globals.set_str(&key, registry.clone());
            registry
        }
    };
    let module = match globals.get_str(&vm.names().dunder_name) {
        Some(name) if name.is_none() || name.holds::<Str>() => name,
        _ => "<string>".into(),
    };
    Ok(Place { filename, line, module, registry })
}

/// Whether a registry has a key; with `set`, it has it afterwards.
fn already_warned(vm: &mut Vm, registry: &Ref<Dict>, key: &Value, set: bool) -> PyResult<bool> {
    let version = state(vm).version.get();
    let name = vm.intern("version");
    let known = registry.get_str(&name).and_then(|v| v.as_small_int());
    if known == Some(version) {
        if let Some(warned) = registry.get(vm, key)?
            && vm.truth(&warned)?
        {
            return Ok(true);
        }
    } else {
        registry.clear();
        registry.set_str(&name, version.into());
    }
    if set {
        registry.set(vm, key.clone(), Value::TRUE)?;
    }
    Ok(false)
}

/// Whether a filter's pattern matches.
fn matches(vm: &mut Vm, pattern: &Value, text: &Value) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if pattern.class().is(&vm.types().str) {
        return vm.equals(pattern, text);
    }
    let found = vm.call_method_str(pattern, "match", std::slice::from_ref(text))?;
    vm.truth(&found)
}

/// What the filters say about a warning: the action, and the filter that says it.
fn action_for(
    vm: &mut Vm,
    category: &Ref<Class>,
    text: &Value,
    line: i64,
    module: &Value,
) -> PyResult<(String, Value)> {
    let filters = match warnings_attribute(vm, "filters", false)? {
        Some(filters) => filters,
        None => (&state(vm).filters).into(),
    };
    let Some(filters) = filters.downcast_ref::<List>() else {
        return Err(vm.value_error("_warnings.filters must be a list"));
    };
    let mut index = 0;
    while let Some(item) = filters.get(index) {
        let parts = match item.downcast_ref::<Tuple>().map(|t| t.as_slice()) {
            Some([action, message, category, module, line]) => [action, message, category, module, line],
            _ => return Err(vm.value_error(format!("_warnings.filters item {index} isn't a 5-tuple"))),
        };
        let [action, wanted_message, wanted_category, wanted_module, wanted_line] = parts;
        let Some(action) = action.downcast_ref::<Str>() else {
            let found = action.class().name();
            return Err(vm.type_error(format!("action must be a string, not '{found}'")));
        };
        let wanted_line = vm.to_index(wanted_line)?;
        if matches(vm, wanted_message, text)?
            && vm.is_subclass(category.as_value(), wanted_category)?
            && matches(vm, wanted_module, module)?
            && (wanted_line == 0 || wanted_line == line)
        {
            return Ok((action.to_string(), item.clone()));
        }
        index += 1;
    }
    let default = match warnings_attribute(vm, "defaultaction", false)? {
        Some(action) => match action.downcast_ref::<Str>() {
            Some(action) => action.to_string(),
            None => {
                let found = action.class().name();
                return Err(vm.type_error(format!("_warnings.defaultaction must be a string, not '{found}'")));
            }
        },
        None => state(vm).default_action.to_string(),
    };
    Ok((default, Value::NONE))
}

/// `warnings.warn_explicit`. `source_line` is shown where the file cannot be read.
pub fn warn_explicit(
    vm: &mut Vm,
    category: &Ref<Class>,
    message: &Value,
    place: &Place,
    source_line: Option<Value>,
    source: &Value,
) -> PyResult<()> {
    if place.module.is_none() {
        return Ok(());
    }
    let registry = place.registry.downcast_ref::<Dict>().cloned();
    if registry.is_none() && !place.registry.is_none() {
        return Err(vm.type_error("'registry' must be a dict or None"));
    }
    let is_instance = message.class().is_subclass(&vm.types().exceptions.warning);
    let (text, category, message): (Value, Ref<Class>, Value) = if is_instance {
        (vm.str(message)?.into(), message.class().clone(), message.clone())
    } else {
        let made = vm.call(category.as_value(), std::slice::from_ref(message))?;
        (message.clone(), category.clone(), made)
    };
    let key: Value = Tuple::new([text.clone(), (&category).into(), place.line.into()]).into();
    if let Some(registry) = &registry
        && already_warned(vm, registry, &key, false)?
    {
        return Ok(());
    }
    let (action, filter) = action_for(vm, &category, &text, place.line, &place.module)?;
    match action.as_str() {
        "error" => {
            return Err(match message.downcast::<Exception>() {
                Ok(exception) => Raised(exception),
                Err(_) => vm.type_error("exceptions must derive from BaseException"),
            });
        }
        "ignore" => return Ok(()),
        "always" => {}
        action => {
            if let Some(registry) = &registry {
                registry.set(vm, key, Value::TRUE)?;
            }
            let short: Value = Tuple::new([text.clone(), (&category).into()]).into();
            let warned = match action {
                "once" => {
                    let registry = match &registry {
                        Some(registry) => registry.clone(),
                        None => once_registry(vm)?,
                    };
                    already_warned(vm, &registry, &short, true)?
                }
                "module" => match &registry {
                    Some(registry) => already_warned(vm, registry, &short, true)?,
                    None => false,
                },
                "default" => false,
                other => {
                    let shown: Value = other.into();
                    let (shown, filter) = (vm.repr(&shown)?, vm.repr(&filter)?);
                    let (shown, filter) = (shown.to_string(), filter.to_string());
                    return Err(vm.runtime_error(format!(
                        "Unrecognized action ({shown}) in warnings.filters:\n {filter}"
                    )));
                }
            };
            if warned {
                return Ok(());
            }
        }
    }
    show(vm, &category, &text, message, place, source_line, source)
}

fn once_registry(vm: &mut Vm) -> PyResult<Ref<Dict>> {
    let registry = match warnings_attribute(vm, "onceregistry", false)? {
        Some(registry) => registry,
        None => (&state(vm).once_registry).into(),
    };
    registry.downcast::<Dict>().map_err(|other| {
        let found = other.class().name();
        vm.type_error(format!("_warnings.onceregistry must be a dict, not '{found}'"))
    })
}

fn show(
    vm: &mut Vm,
    category: &Ref<Class>,
    text: &Value,
    message: Value,
    place: &Place,
    source_line: Option<Value>,
    source: &Value,
) -> PyResult<()> {
    let Some(function) = warnings_attribute(vm, "_showwarnmsg", !source.is_none())? else {
        print(vm, category, text, place, source_line);
        return Ok(());
    };
    if !vm.is_callable(&function) {
        return Err(vm.type_error("warnings._showwarnmsg() must be set to a callable"));
    }
    let Some(class) = warnings_attribute(vm, "WarningMessage", false)? else {
        return Err(vm.runtime_error("unable to get warnings.WarningMessage"));
    };
    let args = [
        message,
        category.into(),
        place.filename.clone(),
        place.line.into(),
        Value::NONE,
        Value::NONE,
        source.clone(),
    ];
    let message = vm.call(&class, &args)?;
    vm.call(&function, &[message]).map(drop)
}

/// Prints a warning without the module `warnings`. Nothing is raised: a warning must not break what it warns of.
fn print(vm: &mut Vm, category: &Ref<Class>, text: &Value, place: &Place, source_line: Option<Value>) {
    let shown = |vm: &mut Vm, value: &Value| vm.str(value).map(|s| s.to_string()).unwrap_or_default();
    let (filename, text) = (shown(vm, &place.filename), shown(vm, text));
    let mut out = format!("{filename}:{}: {}: {text}\n", place.line, category.name());
    let line = match source_line {
        Some(line) => Some(shown(vm, &line)),
        None => crate::display::source_line(vm, &filename, place.line),
    };
    if let Some(line) = line.filter(|line| !line.trim().is_empty()) {
        out.push_str(&format!("  {}\n", line.trim()));
    }
    vm.write_stderr(&out);
}

impl Vm {
    /// Warns about the running Python function (`stack_level` 1) or one of its callers. Raises where the filters say so.
    pub fn warn(&mut self, category: &Ref<Class>, message: &str, stack_level: i64) -> PyResult<()> {
        self.warn_value(category, &message.into(), stack_level, &Value::NONE)
    }

    /// [`Vm::warn`] with any message, and the object that the warning is about (for `ResourceWarning`).
    pub fn warn_value(
        &mut self,
        category: &Ref<Class>,
        message: &Value,
        stack_level: i64,
        source: &Value,
    ) -> PyResult<()> {
        let place = place(self, stack_level, &[])?;
        warn_explicit(self, category, message, &place, None, source)
    }

    /// Warns about a line of a file, for the compiler's warnings.
    pub fn warn_at(
        &mut self,
        category: &Ref<Class>,
        message: &str,
        filename: &Ref<Str>,
        line: i64,
    ) -> PyResult<()> {
        let module = module_of_file(&filename.to_string());
        let place = Place { filename: filename.into(), line, module: module.into(), registry: Value::NONE };
        warn_explicit(self, category, &message.into(), &place, None, &Value::NONE)
    }
}

/// The module's name that a file name suggests.
pub fn module_of_file(filename: &str) -> String {
    if filename.is_empty() {
        return "<unknown>".to_owned();
    }
    filename.strip_suffix(".py").unwrap_or(filename).to_owned()
}

/// Warns that a coroutine goes away that nobody has awaited.
pub(crate) fn warn_unawaited_coroutine(vm: &mut Vm, coroutine: &Ref<Generator>) {
    let reported = match warnings_attribute(vm, "_warn_unawaited_coroutine", true) {
        Ok(Some(function)) => vm.call(&function, &[coroutine.into()]).map(|_| true),
        Ok(None) => Ok(false),
        Err(raised) => Err(raised),
    };
    let result = match reported {
        Ok(true) => return,
        Ok(false) => {
            let name = coroutine.qualname.borrow().to_string();
            let category = vm.types().exceptions.runtime_warning.clone();
            vm.warn(&category, &format!("coroutine '{name}' was never awaited"), 1)
        }
        Err(raised) => Err(raised),
    };
    if let Err(raised) = result {
        vm.write_unraisable(raised, None, Some(coroutine.as_value()));
    }
}
