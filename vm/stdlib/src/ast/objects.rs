//! From the parser's tree to objects of the classes in `_ast`.

use pvm_parser::Parsed;
use pvm_parser::ast::Constant;
use pvm_parser::ast::text_size::TextRange;
use pvm_parser::reflect::{Node, Value as Field};
use pvm_vm::object::Value;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::complex::Complex;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use rustc_hash::FxHashMap;

/// The tree as Python sees it.
pub fn tree(vm: &mut Vm, parsed: &Parsed) -> PyResult {
    let module = vm.import_module("_ast")?;
    Objects { module, parsed, singletons: FxHashMap::default() }.node(vm, Node::Mod(&parsed.module))
}

struct Objects<'a> {
    module: Value,
    parsed: &'a Parsed,
    /// Nodes without fields, such as `Load()`: one of each is enough.
    singletons: FxHashMap<&'static str, Value>,
}

impl Objects<'_> {
    fn new_node(&self, vm: &mut Vm, class: &'static str) -> PyResult {
        let class = match self.module.downcast_ref::<Module>().and_then(|module| module.get(class)) {
            Some(class) => class,
            None => vm.get_attr_str(&self.module, class)?,
        };
        vm.call(&class, &[])
    }

    fn node(&mut self, vm: &mut Vm, node: Node<'_>) -> PyResult {
        vm.nested(" during ast construction", |vm| {
            let view = node.view();
            let object = self.new_node(vm, view.class)?;
            for (name, field) in &view.fields {
                let value = self.field(vm, field, view.range)?;
                vm.set_attr_str(&object, name, value)?;
            }
            if let Some(range) = view.range {
                let (lineno, col_offset) = self.parsed.line_and_column(range.start().to_u32());
                let (end_lineno, end_col_offset) = self.parsed.line_and_column(range.end().to_u32());
                let attributes = [
                    ("lineno", lineno),
                    ("col_offset", col_offset),
                    ("end_lineno", end_lineno),
                    ("end_col_offset", end_col_offset),
                ];
                for (name, number) in attributes {
                    vm.set_attr_str(&object, name, Value::from(number))?;
                }
            }
            Ok(object)
        })
    }

    fn field(&mut self, vm: &mut Vm, field: &Field<'_>, range: Option<TextRange>) -> PyResult {
        Ok(match field {
            Field::Absent => Value::NONE,
            Field::Identifier(name) => vm.intern(name).into(),
            Field::String(text) => (*text).into(),
            Field::Int(number) => Value::int(*number),
            Field::Constant(constant) => self.constant(constant, range),
            Field::Singleton(class) => self.singleton(vm, class)?,
            Field::Node(node) => self.node(vm, *node)?,
            Field::Nodes(nodes) => {
                let mut items = Vec::with_capacity(nodes.len());
                for node in nodes {
                    items.push(match node {
                        Some(node) => self.node(vm, *node)?,
                        None => Value::NONE,
                    });
                }
                List::new(items).into()
            }
            Field::Identifiers(names) => {
                List::new(names.iter().map(|name| vm.intern(name.as_str()).into()).collect()).into()
            }
            Field::Singletons(classes) => {
                let items = classes.iter().map(|class| self.singleton(vm, class));
                List::new(items.collect::<PyResult<Vec<_>>>()?).into()
            }
        })
    }

    fn singleton(&mut self, vm: &mut Vm, class: &'static str) -> PyResult {
        if let Some(known) = self.singletons.get(class) {
            return Ok(known.clone());
        }
        let made = self.new_node(vm, class)?;
        self.singletons.insert(class, made.clone());
        Ok(made)
    }

    fn constant(&self, constant: &Constant, range: Option<TextRange>) -> Value {
        match constant {
            Constant::None => Value::NONE,
            Constant::Bool(value) => Value::bool(*value),
            Constant::Ellipsis => Value::ELLIPSIS,
            Constant::Str(text) => {
                let surrogates = range.and_then(|range| self.parsed.literals.get(range));
                let whole = surrogates.and_then(pvm_vm::text::StrBuf::from_wtf8);
                whole.map_or_else(|| text.as_str().into(), Value::from)
            }
            Constant::Bytes(bytes) => Bytes::new(bytes.clone()).into(),
            Constant::Int(value) => match i64::try_from(value) {
                Ok(small) => Value::int(small),
                Err(_) => pvm_vm::number::big::from_constant(value).into(),
            },
            Constant::Float(value) => Value::float(*value),
            Constant::Complex { real, imag } => Complex::new(*real, *imag).into(),
            Constant::Tuple(items) => {
                Tuple::new(items.iter().map(|item| self.constant(item, None)).collect::<Vec<_>>()).into()
            }
        }
    }
}

/// A string constant of the tree: its UTF-8 and, where it holds lone surrogates, its exact WTF-8.
pub(super) fn string_parts(text: &Str) -> (String, Option<Vec<u8>>) {
    let exact = text.as_ref();
    match exact.to_utf8() {
        Ok(utf8) => (utf8.into_owned(), None),
        Err(_) => (exact.to_string_lossy().into_owned(), Some(exact.to_wtf8())),
    }
}
