//! `_ast`: the classes of syntax tree nodes. Trees of them come from `compile(…, PyCF_ONLY_AST)` ([`tree`]), and can be
//! compiled ([`read_as`]).

mod objects;
mod positions;
mod reader;
mod validate;

pub use objects::tree;
pub use reader::Tree;

use pvm_vm::native::{Args, FunctionDef, MethodKind, Signature};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::function::MethodDescriptor;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymodule;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// One node class a line: name, base, fields, attributes, fields and attributes that are `None` unless set.
const NODES: &str = include_str!("ast_nodes.txt");

/// `_ast`
#[pymodule(name = "_ast", doc = "")]
pub mod ast_module {
    use super::*;

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        module.set("PyCF_ALLOW_TOP_LEVEL_AWAIT", 0x2000);
        module.set("PyCF_ONLY_AST", 0x400);
        module.set("PyCF_TYPE_COMMENTS", 0x1000);
        let object: Value = (&vm.types().object).into();
        let root = class(vm, "AST", object, "", "", "")?;
        if let Some(class) = root.downcast_ref::<pvm_vm::Class>() {
            for def in [&INIT, &REDUCE] {
                let method = MethodDescriptor { def, owner: class.clone() };
                let method: Value = Ref::new(method, &vm.types().method_descriptor).into();
                vm.set_attr_str(&root, def.name, method)?;
            }
        }
        module.set("AST", root);
        for line in NODES.lines() {
            let [name, base, fields, attributes, optional] = parts(line);
            let base = module.get(base).unwrap_or(Value::NONE);
            let made = class(vm, name, base, fields, attributes, optional)?;
            module.set(name, made);
        }
        Ok(())
    }
}

/// Reads a tree of objects, whose root must be of a class and which must be one that can be compiled.
pub fn read_as(vm: &mut Vm, root: &Value, expected: &str) -> PyResult<Tree> {
    let class = vm.import_module("_ast")?;
    let class = vm.get_attr_str(&class, expected)?;
    if !vm.is_instance(root, &class)? {
        let found = root.class().name();
        return Err(vm.type_error(format!("expected {expected} node, got {found}")));
    }
    let tree = reader::read(vm, root)?;
    validate::module(&tree.module).map_err(|invalid| match invalid {
        validate::Invalid::Value(text) => vm.value_error(text),
        validate::Invalid::Type(text) => vm.type_error(text),
    })?;
    Ok(tree)
}

/// The parts of a line of [`NODES`].
fn parts(line: &str) -> [&str; 5] {
    let mut parts = line.split(':');
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// The names of the node classes.
fn node_names() -> impl Iterator<Item = &'static str> {
    NODES.lines().map(|line| parts(line)[0])
}

fn line_of(class: &str) -> Option<[&'static str; 5]> {
    static LINES: OnceLock<FxHashMap<&str, [&str; 5]>> = OnceLock::new();
    let lines = LINES.get_or_init(|| NODES.lines().map(parts).map(|parts| (parts[0], parts)).collect());
    lines.get(class).copied()
}

/// The fields of a node class.
fn field_names(class: &str) -> impl Iterator<Item = &'static str> {
    line_of(class).map_or("", |parts| parts[2]).split_whitespace()
}

/// What a node class derives from; for a class of which there are no others of the kind, its own name.
fn base_name(class: &str) -> &str {
    match line_of(class) {
        Some([_, base, ..]) if base != "AST" => base,
        _ => class,
    }
}

/// Whether nodes of a class say where they are.
fn has_position(class: &str) -> bool {
    let own = |class: &str| line_of(class).is_some_and(|parts| !parts[3].is_empty());
    own(class) || own(base_name(class))
}

fn names(text: &str) -> Value {
    Tuple::new(text.split_whitespace().map(Value::from).collect::<Vec<_>>()).into()
}

fn class(vm: &mut Vm, name: &str, base: Value, fields: &str, attributes: &str, optional: &str) -> PyResult {
    let namespace = Dict::new();
    namespace.set_name("__module__", "ast");
    namespace.set_name("_fields", names(fields));
    namespace.set_name("__match_args__", names(fields));
    if !attributes.is_empty() || name == "AST" {
        namespace.set_name("_attributes", names(attributes));
    }
    for field in optional.split_whitespace() {
        namespace.set_name(field, Value::NONE);
    }
    let type_: Value = (&vm.types().type_).into();
    vm.call(&type_, &[name.into(), Tuple::new([base]).into(), namespace.into()])
}

/// `AST.__init__`
static INIT: FunctionDef = FunctionDef {
    name: "__init__",
    kind: MethodKind::Method,
    function: init_node,
    signature: Signature { text: "", params: &[] },
    doc: "",
};

/// `AST.__reduce__`
static REDUCE: FunctionDef = FunctionDef {
    name: "__reduce__",
    kind: MethodKind::Method,
    function: reduce_node,
    signature: Signature { text: "", params: &[] },
    doc: "",
};

fn fields_of(vm: &mut Vm, node: &Value) -> PyResult<Vec<Value>> {
    let class: Value = node.class().into();
    match vm.lookup_attr_str(&class, "_fields")? {
        Some(fields) => vm.collect(&fields),
        None => Ok(Vec::new()),
    }
}

fn init_node(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let Some(node) = args.values.first() else { return Err(vm.type_error("__init__ needs a node")) };
    let fields = fields_of(vm, node)?;
    let rest = args.rest();
    let given = rest.pos();
    if given.len() > fields.len() {
        let (name, most) = (node.class().name(), fields.len());
        let plural = if most == 1 { "" } else { "s" };
        return Err(
            vm.type_error(format!("{name} constructor takes at most {most} positional argument{plural}"))
        );
    }
    for (field, value) in fields.iter().zip(given) {
        if let Some(name) = field.downcast_ref::<Str>() {
            let name = vm.interp.intern_ref(name);
            vm.set_attr(node, &name, value.clone())?;
        }
    }
    for (key, value) in rest.keywords() {
        let Some(name) = key.downcast_ref::<Str>() else { continue };
        let taken =
            fields.iter().take(given.len()).any(|f| f.downcast_ref::<Str>().is_some_and(|f| f.equals(name)));
        if taken {
            let class = node.class().name();
            return Err(vm.type_error(format!("{class} got multiple values for argument '{name}'")));
        }
        let name = vm.interp.intern_ref(name);
        vm.set_attr(node, &name, value.clone())?;
    }
    Ok(Value::NONE)
}

fn reduce_node(vm: &mut Vm, args: Args<'_>) -> PyResult {
    let Some(node) = args.values.first() else { return Err(vm.type_error("__reduce__ needs a node")) };
    let class: Value = node.class().into();
    let state = Dict::new();
    for (name, value) in pvm_vm::object::attributes::snapshot(node).unwrap_or_default() {
        state.set(vm, name, value)?;
    }
    Ok(Tuple::new([class, vm.names().empty_tuple.clone().into(), state.into()]).into())
}
