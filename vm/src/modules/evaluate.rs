//! `compile`, `exec` and `eval`.

use crate::exec;
use crate::host::{CompileMode, CompileRequest, SourceForm};
use crate::object::{Ref, Value};
use crate::types::bytes::Bytes;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::function::Function;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Raised, Vm};
use pvm_pycfile::code::code_flags;

/// `PyCF_ONLY_AST`
const ONLY_AST: u32 = 0x400;
/// `PyCF_DONT_IMPLY_DEDENT`, `PyCF_TYPE_COMMENTS`, `PyCF_ALLOW_TOP_LEVEL_AWAIT`, `PyCF_ALLOW_INCOMPLETE_INPUT`, …
const COMPILE_FLAGS: u32 = 0x200 | 0x400 | 0x1000 | 0x2000 | 0x4000 | 0x100;
/// The features of `__future__`.
pub const FUTURE_FLAGS: u32 = code_flags::FUTURE_DIVISION
    | code_flags::FUTURE_ABSOLUTE_IMPORT
    | code_flags::FUTURE_WITH_STATEMENT
    | code_flags::FUTURE_PRINT_FUNCTION
    | code_flags::FUTURE_UNICODE_LITERALS
    | code_flags::FUTURE_BARRY_AS_BDFL
    | code_flags::FUTURE_GENERATOR_STOP
    | code_flags::FUTURE_ANNOTATIONS;

/// Source text as `compile`, `exec` and `eval` take it: its bytes, and what they are.
pub fn source_bytes(
    vm: &mut Vm,
    source: &Value,
    function: &str,
    what: &str,
) -> PyResult<(Vec<u8>, SourceForm)> {
    if let Some(text) = source.downcast_ref::<Str>() {
        return match text.as_ref().to_utf8() {
            Ok(utf8) => Ok((utf8.into_owned().into_bytes(), SourceForm::Text)),
            Err(position) => Err(vm.surrogate_error(text, position)),
        };
    }
    if let Some(bytes) = source.downcast_ref::<Bytes>() {
        return Ok((bytes.as_slice().to_vec(), SourceForm::Bytes));
    }
    if vm.is_bytes_like(source) {
        return Ok((vm.bytes_of(source)?, SourceForm::Bytes));
    }
    Err(vm.type_error(format!("{function}() arg 1 must be {what}")))
}

/// The error of a source with null bytes.
pub fn null_bytes_error(vm: &mut Vm) -> Raised {
    let message = Str::from_str("source code string cannot contain null bytes");
    // Called, not just made: `msg` is set by `SyntaxError.__init__`.
    vm.new_error_with(&vm.types().exceptions.syntax_error.clone(), &[message.into()])
}

/// Compiles source text.
pub fn compile_source(vm: &mut Vm, request: &CompileRequest<'_>) -> PyResult<Ref<Code>> {
    // Of a script the tokenizer says on which line they are.
    if request.form != SourceForm::Script && request.source.contains(&0) {
        return Err(null_bytes_error(vm));
    }
    let Some(host) = vm.interp.host.get() else { return Err(vm.system_error("no compiler")) };
    let object = host.compile(vm, request)?;
    Code::new(vm, object)
}

/// The future features in force where native code was called from.
fn inherited_flags(vm: &Vm) -> u32 {
    vm.running_function(0).map_or(0, |f| f.code.borrow().flags & FUTURE_FLAGS)
}

/// `compile(source, filename, mode, flags, dont_inherit, optimize, _feature_version)`
pub fn compile(
    vm: &mut Vm,
    source: &Value,
    filename: &Value,
    mode: &str,
    flags: i64,
    dont_inherit: bool,
    optimize: i64,
    feature_version: i32,
) -> PyResult {
    let filename = vm.path_text(filename)?;
    let known = i64::from(COMPILE_FLAGS | FUTURE_FLAGS | 0x8000 | 0x10);
    if flags & !known != 0 {
        return Err(vm.value_error("compile(): unrecognised flags"));
    }
    let mut flags = flags as u32;
    if !dont_inherit {
        flags |= inherited_flags(vm);
    }
    let optimize = match optimize {
        -1 => vm.interp.config.optimize.min(2),
        0..=2 => optimize as u8,
        _ => return Err(vm.value_error("compile(): invalid optimize value")),
    };
    let mode = match mode {
        "exec" => CompileMode::Exec,
        "eval" => CompileMode::Eval,
        "single" => CompileMode::Single,
        "func_type" if flags & ONLY_AST != 0 => CompileMode::FuncType,
        "func_type" => {
            return Err(vm.value_error("compile() mode 'func_type' requires flag PyCF_ONLY_AST"));
        }
        _ if flags & ONLY_AST != 0 => {
            return Err(vm.value_error("compile() mode must be 'exec', 'eval', 'single' or 'func_type'"));
        }
        _ => return Err(vm.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
    };
    let Some(host) = vm.interp.host.get() else { return Err(vm.system_error("no compiler")) };
    if !source.holds::<Str>() && !source.holds::<Bytes>() && source.class().slots.buffer.get().is_none() {
        let request = CompileRequest {
            source: b"",
            form: SourceForm::Bytes,
            filename: &filename,
            mode,
            flags,
            optimize,
            feature_version,
        };
        if source.class().name().as_ref() != "int" && vm.lookup_attr_str(source, "_fields")?.is_some() {
            if flags & ONLY_AST != 0 {
                return Ok(source.clone());
            }
            let object = host.compile_ast(vm, source, &request)?;
            return Ok(Code::new(vm, object)?.into());
        }
    }
    let (bytes, form) = source_bytes(vm, source, "compile", "a string, bytes or AST object")?;
    let request =
        CompileRequest { source: &bytes, form, filename: &filename, mode, flags, optimize, feature_version };
    if flags & ONLY_AST != 0 {
        return host.parse_to_ast(vm, &request);
    }
    Ok(compile_source(vm, &request)?.into())
}

/// Globals and locals of `exec` and `eval`.
fn name_spaces(vm: &mut Vm, function: &str, globals: &Value, locals: &Value) -> PyResult<(Ref<Dict>, Value)> {
    if !locals.is_none() && locals.class().slots.getitem.get().is_none() {
        let found = locals.class().name();
        let text = match function {
            "exec" => format!("locals must be a mapping or None, not {found}"),
            _ => "locals must be a mapping".to_owned(),
        };
        return Err(vm.type_error(text));
    }
    if globals.is_none() {
        let current = vm.current_globals()?;
        let locals = if locals.is_none() { vm.current_locals()? } else { locals.clone() };
        return Ok((current, locals));
    }
    let Some(dict) = globals.downcast_ref::<Dict>().cloned() else {
        let found = globals.class().name();
        return Err(vm.type_error(match function {
            "exec" => format!("exec() globals must be a dict, not {found}"),
            _ if globals.class().slots.getitem.get().is_some() => {
                "globals must be a real dict; try eval(code, {}, mapping)".to_owned()
            }
            _ => "globals must be a dict".to_owned(),
        }));
    };
    let locals = if locals.is_none() { globals.clone() } else { locals.clone() };
    if dict.get_str(&vm.names().dunder_builtins).is_none()
        && let Some(builtins) = vm.interp.builtins.get()
    {
        let builtins: Value = match vm.interp.modules.get().and_then(|m| m.get_str(&vm.names().builtins)) {
            Some(module) => module,
            None => builtins.into(),
        };
        dict.set_str(&vm.names().dunder_builtins, builtins);
    }
    Ok((dict, locals))
}

/// `exec(source, globals, locals, closure)`
pub fn exec_source(
    vm: &mut Vm,
    source: &Value,
    globals: &Value,
    locals: &Value,
    closure: &Value,
) -> PyResult {
    let (globals, locals) = name_spaces(vm, "exec", globals, locals)?;
    if let Some(code) = source.downcast_ref::<Code>().cloned() {
        let free = code.free_count();
        let closure = match closure.downcast_ref::<Tuple>() {
            Some(tuple) if free > 0 && tuple.len() == free => {
                if tuple.as_slice().iter().any(|c| !c.holds::<crate::types::cell::Cell>()) {
                    return Err(
                        vm.type_error(format!("code object requires a closure of exactly length {free}"))
                    );
                }
                Some(tuple.clone())
            }
            _ if free > 0 => {
                return Err(vm.type_error(format!("code object requires a closure of exactly length {free}")));
            }
            _ if !closure.is_none() => {
                return Err(vm.type_error("cannot use a closure with this code object"));
            }
            _ => None,
        };
        let builtins = vm.builtins_of(&globals);
        let function = Function::new(code, &globals, builtins, closure);
        exec::run_function_body(vm, &function, locals)?;
        return Ok(Value::NONE);
    }
    if !closure.is_none() {
        return Err(vm.type_error("closure can only be used when source is a code object"));
    }
    let (bytes, form) = source_bytes(vm, source, "exec", "a string, bytes or code object")?;
    run_text(vm, &bytes, form, CompileMode::Exec, &globals, locals)?;
    Ok(Value::NONE)
}

/// `eval(source, globals, locals)`
pub fn eval_source(vm: &mut Vm, source: &Value, globals: &Value, locals: &Value) -> PyResult {
    let (globals, locals) = name_spaces(vm, "eval", globals, locals)?;
    if let Some(code) = source.downcast_ref::<Code>().cloned() {
        if code.free_count() > 0 {
            return Err(vm.type_error("code object passed to eval() may not contain free variables"));
        }
        return exec::run_code(vm, &code, &globals, locals);
    }
    let (bytes, form) = source_bytes(vm, source, "eval", "a string, bytes or code object")?;
    let start = bytes.iter().position(|b| !matches!(b, b' ' | b'\t')).unwrap_or(bytes.len());
    run_text(vm, &bytes[start..], form, CompileMode::Eval, &globals, locals)
}

fn run_text(
    vm: &mut Vm,
    source: &[u8],
    form: SourceForm,
    mode: CompileMode,
    globals: &Ref<Dict>,
    locals: Value,
) -> PyResult {
    let request = CompileRequest {
        source,
        form,
        filename: "<string>",
        mode,
        flags: inherited_flags(vm),
        optimize: vm.interp.config.optimize.min(2),
        feature_version: -1,
    };
    let code = compile_source(vm, &request)?;
    exec::run_code(vm, &code, globals, locals)
}

impl Vm {
    /// The globals of the running function.
    pub fn current_globals(&mut self) -> PyResult<Ref<Dict>> {
        match self.running_function(0) {
            Some(function) => Ok(function.globals.clone()),
            None => Err(self.system_error("globals and locals cannot be NULL")),
        }
    }

    /// `locals()` of the running function.
    pub fn current_locals(&mut self) -> PyResult {
        match self.frame_object(0) {
            Some(frame) => self.frame_locals(&frame),
            None => Err(self.system_error("frame does not exist")),
        }
    }

    /// A path argument as text: `str`, `bytes` or something with `__fspath__`.
    pub fn path_text(&mut self, path: &Value) -> PyResult<String> {
        if let Some(text) = path.downcast_ref::<Str>() {
            return Ok(text.as_ref().to_string_lossy().into_owned());
        }
        if let Some(bytes) = path.downcast_ref::<Bytes>() {
            return Ok(String::from_utf8_lossy(bytes.as_slice()).into_owned());
        }
        match self.call_special(path, &self.names().dunder_fspath, &[])? {
            Some(text) if text.holds::<Str>() || text.holds::<Bytes>() => self.path_text(&text),
            _ => {
                let found = path.class().name();
                Err(self.type_error(format!("expected str, bytes or os.PathLike object, not {found}")))
            }
        }
    }
}
