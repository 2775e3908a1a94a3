//! `ast.dump`: a tree as text.

use rustpython_ast::text_size::TextRange;

use crate::parsed::Parsed;
use crate::reflect::{Node, Value, View};
use crate::repr;

/// The arguments of `ast.dump`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DumpOptions {
    /// `include_attributes`: the positions.
    pub include_attributes: bool,
    /// `indent`: one line if `None`.
    pub indent: Option<usize>,
}

/// The text that `ast.dump` gives for a tree. (`python -m ast -a` prints it with attributes and an indent of 3.)
pub fn dump(parsed: &Parsed, options: DumpOptions) -> String {
    let mut dumper = Dumper { parsed, options, out: String::new() };
    crate::on_stack_for(parsed.depth(), || {
        dumper.node(Node::Mod(&parsed.module).view(), 0);
        dumper.out
    })
}

struct Dumper<'a> {
    parsed: &'a Parsed,
    options: DumpOptions,
    out: String,
}

impl Value<'_> {
    /// Whether the value is shown without a line break before it, if all others of its node are.
    fn is_simple(&self) -> bool {
        match self {
            Value::Node(_) => false,
            Value::Nodes(nodes) => nodes.is_empty(),
            Value::Identifiers(names) => names.is_empty(),
            Value::Singletons(names) => names.is_empty(),
            _ => true,
        }
    }
}

impl Dumper<'_> {
    fn node(&mut self, view: View<'_>, level: usize) {
        let level = level + 1;
        let attributes = view.range.filter(|_| self.options.include_attributes);
        let present = |value: &Value<'_>| !matches!(value, Value::Absent);
        let n_fields = view.fields.iter().filter(|(_, value)| present(value)).count();
        let is_inline = self.options.indent.is_none()
            || (attributes.is_none()
                && n_fields <= 3
                && view.fields.iter().all(|(_, value)| value.is_simple()));
        self.out.push_str(view.class);
        self.out.push('(');
        let mut is_first = true;
        for (name, value) in &view.fields {
            if present(value) {
                self.separate(is_first, is_inline, level);
                is_first = false;
                self.out.push_str(name);
                self.out.push('=');
                self.value(value, view.range, level);
            }
        }
        if let Some(range) = attributes {
            let (lineno, col_offset) = self.parsed.line_and_column(range.start().to_u32());
            let (end_lineno, end_col_offset) = self.parsed.line_and_column(range.end().to_u32());
            let attributes = [
                ("lineno=", lineno),
                ("col_offset=", col_offset),
                ("end_lineno=", end_lineno),
                ("end_col_offset=", end_col_offset),
            ];
            for (name, number) in attributes {
                self.separate(is_first, is_inline, level);
                is_first = false;
                self.out.push_str(name);
                self.out.push_str(&number.to_string());
            }
        }
        self.out.push(')');
    }

    fn separate(&mut self, is_first: bool, is_inline: bool, level: usize) {
        if !is_first {
            self.out.push(',');
        }
        if is_inline {
            if !is_first {
                self.out.push(' ');
            }
        } else if let Some(indent) = self.options.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', indent * level));
        }
    }

    fn value(&mut self, value: &Value<'_>, range: Option<TextRange>, level: usize) {
        match value {
            Value::Absent => self.out.push_str("None"),
            Value::Identifier(text) | Value::String(text) => repr::write_str(&mut self.out, text),
            Value::Int(number) => self.out.push_str(&number.to_string()),
            Value::Constant(constant) => {
                let wtf8 = range.and_then(|range| self.parsed.literals.get(range));
                repr::write_constant(&mut self.out, constant, wtf8);
            }
            Value::Singleton(class) => self.singleton(class),
            Value::Node(node) => self.node(node.view(), level),
            Value::Nodes(nodes) => self.list(nodes, level, |this, node, level| match node {
                Some(node) => this.node(node.view(), level),
                None => this.out.push_str("None"),
            }),
            Value::Identifiers(names) => {
                self.list(names, level, |this, name, _| repr::write_str(&mut this.out, name))
            }
            Value::Singletons(classes) => self.list(classes, level, |this, class, _| this.singleton(class)),
        }
    }

    fn singleton(&mut self, class: &str) {
        self.out.push_str(class);
        self.out.push_str("()");
    }

    fn list<T>(&mut self, items: &[T], level: usize, write: impl Fn(&mut Self, &T, usize)) {
        let level = level + 1;
        self.out.push('[');
        for (index, item) in items.iter().enumerate() {
            self.separate(index == 0, self.options.indent.is_none(), level);
            write(self, item, level);
        }
        self.out.push(']');
    }
}
