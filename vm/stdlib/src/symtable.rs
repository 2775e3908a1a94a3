//! `_symtable`: the compiler's symbol tables.

use pvm_compiler::symtable::{BlockKind, NameScope, Scope, ScopeId, SymbolTable, symbol_flags};
use pvm_vm::host::{CompileMode, CompileRequest};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::{pymethods, pymodule};

/// One block.
pub struct Entry {
    name: Value,
    symbols: Value,
    varnames: Value,
    children: Value,
    kind: BlockKind,
    nested: bool,
    lineno: i64,
}

pvm_vm::payload!(
    Entry,
    "symtable entry",
    |e, visit| [&e.name, &e.symbols, &e.varnames, &e.children].into_iter().for_each(visit),
    |_e| ()
);

#[pymethods(name = "symtable entry", module = "builtins")]
impl Entry {
    #[getter]
    fn id(this: &Ref<Entry>) -> i64 {
        this.as_value().identity() as i64
    }

    #[getter]
    fn name(this: &Ref<Entry>) -> Value {
        this.name.clone()
    }

    #[getter]
    fn symbols(this: &Ref<Entry>) -> Value {
        this.symbols.clone()
    }

    #[getter]
    fn varnames(this: &Ref<Entry>) -> Value {
        this.varnames.clone()
    }

    #[getter]
    fn children(this: &Ref<Entry>) -> Value {
        this.children.clone()
    }

    #[getter]
    fn nested(this: &Ref<Entry>) -> i64 {
        i64::from(this.nested)
    }

    #[getter(name = "type")]
    fn kind(this: &Ref<Entry>) -> i64 {
        this.kind as i64
    }

    #[getter]
    fn lineno(this: &Ref<Entry>) -> i64 {
        this.lineno
    }

    #[slot(repr)]
    fn repr(vm: &mut Vm, this: &Value) -> PyResult {
        let Some(entry) = this.downcast_ref::<Entry>() else { return Ok(Value::NONE) };
        let name = vm.str(&entry.name)?;
        Ok(format!("<symtable entry {name}({}), line {}>", this.identity(), entry.lineno).into())
    }
}

/// A table as Python sees it: the entry of the module.
pub fn table(vm: &mut Vm, table: &SymbolTable) -> PyResult {
    entry(vm, table, ScopeId::MODULE)
}

fn entry(vm: &mut Vm, table: &SymbolTable, id: ScopeId) -> PyResult {
    vm.nested(" while building the symbol table", |vm| {
        let scope: &Scope = table.scope(id);
        let text = |vm: &mut Vm, name| -> Value { vm.intern(table.names.str(name)).into() };
        let symbols = Dict::new();
        for (name, flags) in scope.symbols.entries() {
            let name = text(vm, *name);
            symbols.set(vm, name, Value::int(i64::from(*flags)))?;
        }
        let children = scope.children.iter().map(|child| entry(vm, table, *child));
        let children = children.collect::<PyResult<Vec<_>>>()?;
        let entry = Entry {
            name: text(vm, scope.name),
            symbols: symbols.into(),
            varnames: List::new(scope.parameters().map(|name| text(vm, name)).collect()).into(),
            children: List::new(children).into(),
            kind: scope.kind,
            nested: scope.nested,
            lineno: i64::from(scope.location.lineno),
        };
        Ok(Ref::new(entry, &class_of::<Entry>(vm)?).into())
    })
}

/// `_symtable`
#[pymodule(name = "_symtable", doc = "")]
pub mod symtable_module {
    use super::*;

    /// Return symbol and scope dictionaries used internally by compiler.
    #[pyfunction(sig = "(source, filename, startstr, /)")]
    fn symtable(vm: &mut Vm, source: &Value, filename: &Value, startstr: String) -> PyResult {
        let mode = match startstr.as_str() {
            "exec" => CompileMode::Exec,
            "eval" => CompileMode::Eval,
            "single" => CompileMode::Single,
            _ => {
                let text = "symtable() arg 3 must be 'exec' or 'eval' or 'single'";
                return Err(vm.value_error(text));
            }
        };
        let filename = crate::system::fspath(vm, filename)?;
        let filename = vm.str(&filename)?.to_string();
        let (bytes, form) =
            pvm_vm::modules::evaluate::source_bytes(vm, source, "symtable", "string or bytes")?;
        if bytes.contains(&0) {
            return Err(pvm_vm::modules::evaluate::null_bytes_error(vm));
        }
        let request = CompileRequest {
            source: &bytes,
            form,
            filename: &filename,
            mode,
            flags: 0,
            optimize: 0,
            feature_version: -1,
        };
        let Some(host) = vm.interp.host.get() else { return Err(vm.system_error("no compiler")) };
        host.symbol_table(vm, &request)
    }

    fn init(_vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        let numbers = [
            ("USE", symbol_flags::USE),
            ("DEF_GLOBAL", symbol_flags::DEF_GLOBAL),
            ("DEF_NONLOCAL", symbol_flags::DEF_NONLOCAL),
            ("DEF_LOCAL", symbol_flags::DEF_LOCAL),
            ("DEF_PARAM", symbol_flags::DEF_PARAM),
            // Not a flag that blocks have any more.
            ("DEF_FREE", symbol_flags::DEF_FREE_CLASS >> 1),
            ("DEF_FREE_CLASS", symbol_flags::DEF_FREE_CLASS),
            ("DEF_IMPORT", symbol_flags::DEF_IMPORT),
            ("DEF_BOUND", symbol_flags::DEF_BOUND),
            ("DEF_ANNOT", symbol_flags::DEF_ANNOT),
            ("SCOPE_OFF", symbol_flags::SCOPE_OFFSET),
            ("SCOPE_MASK", symbol_flags::SCOPE_MASK),
            ("TYPE_FUNCTION", BlockKind::Function as u32),
            ("TYPE_CLASS", BlockKind::Class as u32),
            ("TYPE_MODULE", BlockKind::Module as u32),
            ("TYPE_ANNOTATION", BlockKind::Annotation as u32),
            ("TYPE_TYPE_VAR_BOUND", BlockKind::TypeVarBound as u32),
            ("TYPE_TYPE_ALIAS", BlockKind::TypeAlias as u32),
            ("TYPE_TYPE_PARAM", BlockKind::TypeParam as u32),
            ("LOCAL", NameScope::Local as u32),
            ("GLOBAL_EXPLICIT", NameScope::GlobalExplicit as u32),
            ("GLOBAL_IMPLICIT", NameScope::GlobalImplicit as u32),
            ("FREE", NameScope::Free as u32),
            ("CELL", NameScope::Cell as u32),
        ];
        for (name, number) in numbers {
            module.set(name, Value::from(number));
        }
        Ok(())
    }
}
