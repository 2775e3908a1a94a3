//! From objects of the classes in `_ast` to the compiler's tree.

use super::objects::string_parts;
use super::positions::{Lines, Position};
use pvm_parser::Literals;
use pvm_parser::ast::{self, text_size::TextRange};
use pvm_vm::object::{Class, Value};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::complex::Complex;
use pvm_vm::types::list::List;
use pvm_vm::types::module::Module;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};
use rustc_hash::FxHashMap;

/// How deep a tree may be, whatever the recursion limit: what the vm allows native calls.
const NODE_DEPTH: usize = 1500;

/// A tree for the compiler.
#[derive(Debug)]
pub struct Tree {
    /// The tree.
    pub module: ast::Mod,
    /// The strings that it cannot hold.
    pub literals: Literals,
    /// What its ranges refer to.
    pub line_starts: Vec<u32>,
}

/// Reads a tree of objects.
pub fn read(vm: &mut Vm, root: &Value) -> PyResult<Tree> {
    let module = vm.import_module("_ast")?;
    let mut classes = FxHashMap::default();
    if let Some(module) = module.downcast_ref::<Module>() {
        for name in std::iter::once("AST").chain(super::node_names()) {
            if let Some(class) = module.get(name) {
                classes.insert(class.identity(), name);
            }
        }
    }
    let mut reader = Reader { vm, classes, lines: Lines::default(), literals: Literals::default(), depth: 0 };
    reader.survey(root)?;
    reader.lines.finish();
    let module = ast::Mod::read(&mut reader, root)?;
    Ok(Tree { module, literals: reader.literals, line_starts: reader.lines.into_starts() })
}

pub(super) struct Reader<'v> {
    vm: &'v mut Vm,
    /// The names of the node classes, by identity.
    classes: FxHashMap<u64, &'static str>,
    lines: Lines,
    literals: Literals,
    /// How many nodes lie around what is surveyed.
    depth: usize,
}

/// What can stand in a field.
trait Read: Sized {
    /// The name that errors use.
    const KIND: &'static str;

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self>;
}

impl Reader<'_> {
    /// The name of the node class of an object: that of its nearest base that is one.
    fn class(&self, node: &Value) -> Option<&'static str> {
        let bases = node.class().mro();
        bases.iter().find_map(|class| self.classes.get(&class.as_value().identity()).copied())
    }

    fn unexpected(&mut self, kind: &str, value: &Value) -> Raised {
        // What has a position is asked for it first.
        if super::has_position(kind) {
            for name in ["lineno", "col_offset"] {
                match self.vm.lookup_attr_str(value, name) {
                    Ok(Some(_)) => {}
                    Ok(None) => {
                        return self.vm.type_error(format!("required field \"{name}\" missing from {kind}"));
                    }
                    Err(raised) => return raised,
                }
            }
        }
        match self.vm.repr(value) {
            Ok(found) => self.vm.type_error(format!("expected some sort of {kind}, but got {found}")),
            Err(raised) => raised,
        }
    }

    /// Finds out how long the lines must be.
    fn survey(&mut self, value: &Value) -> PyResult<()> {
        if let Some(list) = value.downcast_ref::<List>() {
            let mut at = 0;
            // Reading attributes may run code that changes the list.
            while let Some(item) = list.get(at) {
                self.survey(&item)?;
                at += 1;
            }
            return Ok(());
        }
        let Some(class) = self.class(value) else { return Ok(()) };
        // Nodes may contain themselves. What is read after this is no deeper, unless it is made up while it is read.
        if self.depth >= NODE_DEPTH.max(self.vm.recursion_limit) {
            let text = format!("maximum recursion depth exceeded while traversing '{class}' node");
            return Err(self.vm.recursion_error(text));
        }
        self.vm.check_native_stack(" during compilation")?;
        self.depth += 1;
        if super::has_position(class) {
            let position = self.position(value, class)?;
            self.lines.add(position);
        }
        for name in super::field_names(class) {
            if let Some(field) = self.vm.lookup_attr_str(value, name)? {
                self.survey(&field)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn position(&mut self, node: &Value, class: &str) -> PyResult<Position> {
        let lineno = self.attribute(node, "lineno")?;
        let col_offset = self.attribute(node, "col_offset")?;
        let (Some(lineno), Some(col_offset)) = (lineno, col_offset) else {
            let missing = if lineno.is_none() { "lineno" } else { "col_offset" };
            return Err(self.vm.type_error(format!(
                "required field \"{missing}\" missing from {}",
                super::base_name(class)
            )));
        };
        let end_lineno = self.attribute(node, "end_lineno")?.unwrap_or(lineno);
        let end_col_offset = self.attribute(node, "end_col_offset")?.unwrap_or(col_offset);
        if lineno > end_lineno {
            return Err(self
                .vm
                .value_error(format!("AST node line range ({lineno}, {end_lineno}) is not valid")));
        }
        if lineno < 0 && end_lineno != lineno || col_offset < 0 && col_offset != end_col_offset {
            return Err(self.vm.value_error(format!(
                "AST node column range ({col_offset}, {end_col_offset}) for line range ({lineno}, {end_lineno}) is not valid"
            )));
        }
        if lineno == end_lineno && col_offset > end_col_offset {
            return Err(self.vm.value_error(format!(
                "line {lineno}, column {col_offset}-{end_col_offset} is not a valid range"
            )));
        }
        Ok(Position { lineno, col_offset, end_lineno, end_col_offset })
    }

    fn attribute(&mut self, node: &Value, name: &str) -> PyResult<Option<i64>> {
        match self.vm.lookup_attr_str(node, name)? {
            Some(value) if !value.is_none() => self.int(&value).map(Some),
            _ => Ok(None),
        }
    }

    fn int(&mut self, value: &Value) -> PyResult<i64> {
        match value.as_int().map(|int| int.to_i64()) {
            Some(Some(int)) if i32::try_from(int).is_ok() => Ok(int),
            Some(_) => Err(self.vm.overflow_error("Python int too large to convert to C int")),
            None => {
                let found = self.vm.repr(value)?;
                Err(self.vm.value_error(format!("invalid integer value: {found}")))
            }
        }
    }

    fn range(&mut self, node: &Value, class: &str) -> PyResult<TextRange> {
        let position = self.position(node, class)?;
        Ok(self.lines.range(position))
    }

    fn field(&mut self, node: &Value, class: &str, name: &str) -> PyResult {
        match self.vm.lookup_attr_str(node, name)? {
            Some(value) => Ok(value),
            None => Err(self.vm.type_error(format!("required field \"{name}\" missing from {class}"))),
        }
    }

    fn one<T: Read>(&mut self, node: &Value, class: &str, name: &str) -> PyResult<T> {
        let value = self.field(node, class, name)?;
        if value.is_none() && T::KIND != "constant" {
            return Err(self.vm.value_error(format!("field '{name}' is required for {class}")));
        }
        T::read(self, &value)
    }

    fn boxed<T: Read>(&mut self, node: &Value, class: &str, name: &str) -> PyResult<Box<T>> {
        self.one(node, class, name).map(Box::new)
    }

    fn optional<T: Read>(&mut self, node: &Value, name: &str) -> PyResult<Option<T>> {
        match self.vm.lookup_attr_str(node, name)? {
            Some(value) if !value.is_none() => T::read(self, &value).map(Some),
            _ => Ok(None),
        }
    }

    fn optional_boxed<T: Read>(&mut self, node: &Value, name: &str) -> PyResult<Option<Box<T>>> {
        Ok(self.optional(node, name)?.map(Box::new))
    }

    fn list<T: Read>(&mut self, node: &Value, class: &str, name: &str) -> PyResult<Vec<T>> {
        self.optional_items(node, class, name)?
            .into_iter()
            .map(|item| match item {
                Some(item) => Ok(item),
                None => {
                    let what = if T::KIND == "stmt" { "statement" } else { "expression" };
                    Err(self.vm.value_error(format!("None disallowed in {what} list")))
                }
            })
            .collect()
    }

    fn optional_items<T: Read>(&mut self, node: &Value, class: &str, name: &str) -> PyResult<Vec<Option<T>>> {
        // A list that is not there is empty.
        let Some(value) = self.vm.lookup_attr_str(node, name)? else { return Ok(Vec::new()) };
        let Some(list) = value.downcast_ref::<List>() else {
            let found = value.class().name();
            return Err(self
                .vm
                .type_error(format!("{class} field \"{name}\" must be a list, not a {found}")));
        };
        let len = list.len();
        let mut items = Vec::with_capacity(len);
        while let Some(item) = list.get(items.len()) {
            items.push(if item.is_none() { None } else { Some(T::read(self, &item)?) });
            if list.len() != len {
                let text = format!("{class} field \"{name}\" changed size during iteration");
                return Err(self.vm.runtime_error(text));
            }
        }
        Ok(items)
    }
}

impl Read for ast::Identifier {
    const KIND: &'static str = "identifier";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        match value.downcast_ref::<Str>() {
            Some(name) => Ok(ast::Identifier::new(name.as_ref().to_string_lossy())),
            None => Err(reader.vm.type_error("AST identifier must be of type str")),
        }
    }
}

impl Read for String {
    const KIND: &'static str = "string";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        match value.downcast_ref::<Str>() {
            Some(text) => Ok(text.as_ref().to_string_lossy().into_owned()),
            None => Err(reader.vm.type_error("AST string must be of type str")),
        }
    }
}

impl Read for i64 {
    const KIND: &'static str = "int";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        reader.int(value)
    }
}

impl Read for ast::Constant {
    const KIND: &'static str = "constant";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        if value.is_none() {
            return Ok(ast::Constant::None);
        }
        if let Some(value) = value.as_bool() {
            return Ok(ast::Constant::Bool(value));
        }
        if value.is(&Value::ELLIPSIS) {
            return Ok(ast::Constant::Ellipsis);
        }
        // Instances of subclasses would lose what they add.
        let types = reader.vm.types();
        let exact: [&pvm_vm::object::Ref<Class>; 6] =
            [&types.int, &types.float, &types.complex, &types.str, &types.bytes, &types.tuple];
        let class = value.class();
        if exact.iter().any(|known| class.as_value().is(known.as_value())) {
            if let Some(int) = value.as_int() {
                let big = match int.to_i64() {
                    Some(small) => small.into(),
                    None => pvm_vm::number::big::to_constant(&int.to_big()),
                };
                return Ok(ast::Constant::Int(big));
            }
            if let Some(float) = value.as_float() {
                return Ok(ast::Constant::Float(float));
            }
            if let Some(complex) = value.downcast_ref::<Complex>() {
                return Ok(ast::Constant::Complex { real: complex.re, imag: complex.im });
            }
            if let Some(text) = value.downcast_ref::<Str>() {
                return Ok(ast::Constant::Str(string_parts(text).0));
            }
            if let Some(bytes) = value.downcast_ref::<Bytes>() {
                return Ok(ast::Constant::Bytes(bytes.as_slice().to_vec()));
            }
            if let Some(tuple) = value.downcast_ref::<Tuple>() {
                let items = tuple.as_slice().iter().map(|item| ast::Constant::read(reader, item));
                return Ok(ast::Constant::Tuple(items.collect::<PyResult<_>>()?));
            }
        }
        let found = class.name();
        Err(reader.vm.type_error(format!("got an invalid type in Constant: {found}")))
    }
}

/// Nodes without fields.
macro_rules! read_plain {
    ($type:ident, $kind:literal, $($name:ident)*) => {
        impl Read for ast::$type {
            const KIND: &'static str = $kind;

            fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
                match reader.class(value) {
                    $(Some(stringify!($name)) => Ok(ast::$type::$name),)*
                    _ => Err(reader.unexpected($kind, value)),
                }
            }
        }
    };
}

read_plain!(ExprContext, "expr_context", Load Store Del);
read_plain!(BoolOp, "boolop", And Or);
read_plain!(Operator, "operator", Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv);
read_plain!(UnaryOp, "unaryop", Invert Not UAdd USub);
read_plain!(CmpOp, "cmpop", Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn);

/// How a field is read.
macro_rules! read_field {
    ($r:ident, $v:ident, $class:literal, one $name:literal) => {
        $r.one($v, $class, $name)?
    };
    ($r:ident, $v:ident, $class:literal, boxed $name:literal) => {
        $r.boxed($v, $class, $name)?
    };
    ($r:ident, $v:ident, $class:literal, opt $name:literal) => {
        $r.optional($v, $name)?
    };
    ($r:ident, $v:ident, $class:literal, optbox $name:literal) => {
        $r.optional_boxed($v, $name)?
    };
    ($r:ident, $v:ident, $class:literal, list $name:literal) => {
        $r.list($v, $class, $name)?
    };
    ($r:ident, $v:ident, $class:literal, optlist $name:literal) => {
        $r.optional_items($v, $class, $name)?
    };
    ($r:ident, $v:ident, $class:literal, flag $name:literal) => {
        $r.one::<i64>($v, $class, $name)? != 0
    };
}

/// Nodes of one kind: the variants, their structures, and their fields.
macro_rules! read_nodes {
    ($type:ident, $kind:literal, $($class:ident $struct:ident { $($field:ident: $how:ident $name:literal),* })*) => {
        impl Read for ast::$type {
            const KIND: &'static str = $kind;

            fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
                reader.vm.check_native_stack(concat!(" while traversing '", $kind, "' node"))?;
                let Some(class) = reader.class(value) else { return Err(reader.unexpected($kind, value)) };
                match class {
                    $(stringify!($class) => {
                        let range = reader.range(value, class)?;
                        let node = ast::$struct {
                            $($field: read_node_field!(reader, value, $class, $how $name),)*
                            range,
                        };
                        Ok(ast::$type::$class(node))
                    })*
                    _ => Err(reader.unexpected($kind, value)),
                }
            }
        }
    };
}

/// As `read_field`, with the class as an identifier.
macro_rules! read_node_field {
    ($r:ident, $v:ident, $class:ident, one $name:literal) => {
        $r.one($v, stringify!($class), $name)?
    };
    ($r:ident, $v:ident, $class:ident, boxed $name:literal) => {
        $r.boxed($v, stringify!($class), $name)?
    };
    ($r:ident, $v:ident, $class:ident, opt $name:literal) => {
        $r.optional($v, $name)?
    };
    ($r:ident, $v:ident, $class:ident, optbox $name:literal) => {
        $r.optional_boxed($v, $name)?
    };
    ($r:ident, $v:ident, $class:ident, list $name:literal) => {
        $r.list($v, stringify!($class), $name)?
    };
    ($r:ident, $v:ident, $class:ident, optlist $name:literal) => {
        $r.optional_items($v, stringify!($class), $name)?
    };
    ($r:ident, $v:ident, $class:ident, flag $name:literal) => {
        $r.one::<i64>($v, stringify!($class), $name)? != 0
    };
    ($r:ident, $v:ident, $class:ident, level $name:literal) => {
        $r.level($v)?
    };
    ($r:ident, $v:ident, $class:ident, conversion $name:literal) => {
        $r.conversion($v)?
    };
    ($r:ident, $v:ident, $class:ident, value $name:literal) => {
        $r.constant_value($v)?
    };
}

read_nodes!(Stmt, "stmt",
    FunctionDef StmtFunctionDef {
        name: one "name", args: boxed "args", body: list "body", decorator_list: list "decorator_list",
        returns: optbox "returns", type_comment: opt "type_comment", type_params: list "type_params"
    }
    AsyncFunctionDef StmtAsyncFunctionDef {
        name: one "name", args: boxed "args", body: list "body", decorator_list: list "decorator_list",
        returns: optbox "returns", type_comment: opt "type_comment", type_params: list "type_params"
    }
    ClassDef StmtClassDef {
        name: one "name", bases: list "bases", keywords: list "keywords", body: list "body",
        decorator_list: list "decorator_list", type_params: list "type_params"
    }
    Return StmtReturn { value: optbox "value" }
    Delete StmtDelete { targets: list "targets" }
    Assign StmtAssign { targets: list "targets", value: boxed "value", type_comment: opt "type_comment" }
    TypeAlias StmtTypeAlias { name: boxed "name", type_params: list "type_params", value: boxed "value" }
    AugAssign StmtAugAssign { target: boxed "target", op: one "op", value: boxed "value" }
    AnnAssign StmtAnnAssign {
        target: boxed "target", annotation: boxed "annotation", value: optbox "value", simple: flag "simple"
    }
    For StmtFor {
        target: boxed "target", iter: boxed "iter", body: list "body", orelse: list "orelse",
        type_comment: opt "type_comment"
    }
    AsyncFor StmtAsyncFor {
        target: boxed "target", iter: boxed "iter", body: list "body", orelse: list "orelse",
        type_comment: opt "type_comment"
    }
    While StmtWhile { test: boxed "test", body: list "body", orelse: list "orelse" }
    If StmtIf { test: boxed "test", body: list "body", orelse: list "orelse" }
    With StmtWith { items: list "items", body: list "body", type_comment: opt "type_comment" }
    AsyncWith StmtAsyncWith { items: list "items", body: list "body", type_comment: opt "type_comment" }
    Match StmtMatch { subject: boxed "subject", cases: list "cases" }
    Raise StmtRaise { exc: optbox "exc", cause: optbox "cause" }
    Try StmtTry { body: list "body", handlers: list "handlers", orelse: list "orelse", finalbody: list "finalbody" }
    TryStar StmtTryStar {
        body: list "body", handlers: list "handlers", orelse: list "orelse", finalbody: list "finalbody"
    }
    Assert StmtAssert { test: boxed "test", msg: optbox "msg" }
    Import StmtImport { names: list "names" }
    ImportFrom StmtImportFrom { module: opt "module", names: list "names", level: level "level" }
    Global StmtGlobal { names: list "names" }
    Nonlocal StmtNonlocal { names: list "names" }
    Expr StmtExpr { value: boxed "value" }
    Pass StmtPass {}
    Break StmtBreak {}
    Continue StmtContinue {}
);

read_nodes!(Expr, "expr",
    BoolOp ExprBoolOp { op: one "op", values: list "values" }
    NamedExpr ExprNamedExpr { target: boxed "target", value: boxed "value" }
    BinOp ExprBinOp { left: boxed "left", op: one "op", right: boxed "right" }
    UnaryOp ExprUnaryOp { op: one "op", operand: boxed "operand" }
    Lambda ExprLambda { args: boxed "args", body: boxed "body" }
    IfExp ExprIfExp { test: boxed "test", body: boxed "body", orelse: boxed "orelse" }
    Dict ExprDict { keys: optlist "keys", values: list "values" }
    Set ExprSet { elts: list "elts" }
    ListComp ExprListComp { elt: boxed "elt", generators: list "generators" }
    SetComp ExprSetComp { elt: boxed "elt", generators: list "generators" }
    DictComp ExprDictComp { key: boxed "key", value: boxed "value", generators: list "generators" }
    GeneratorExp ExprGeneratorExp { elt: boxed "elt", generators: list "generators" }
    Await ExprAwait { value: boxed "value" }
    Yield ExprYield { value: optbox "value" }
    YieldFrom ExprYieldFrom { value: boxed "value" }
    Compare ExprCompare { left: boxed "left", ops: list "ops", comparators: list "comparators" }
    Call ExprCall { func: boxed "func", args: list "args", keywords: list "keywords" }
    FormattedValue ExprFormattedValue {
        value: boxed "value", conversion: conversion "conversion", format_spec: optbox "format_spec"
    }
    JoinedStr ExprJoinedStr { values: list "values" }
    Constant ExprConstant { value: value "value", kind: opt "kind" }
    Attribute ExprAttribute { value: boxed "value", attr: one "attr", ctx: one "ctx" }
    Subscript ExprSubscript { value: boxed "value", slice: boxed "slice", ctx: one "ctx" }
    Starred ExprStarred { value: boxed "value", ctx: one "ctx" }
    Name ExprName { id: one "id", ctx: one "ctx" }
    List ExprList { elts: list "elts", ctx: one "ctx" }
    Tuple ExprTuple { elts: list "elts", ctx: one "ctx" }
    Slice ExprSlice { lower: optbox "lower", upper: optbox "upper", step: optbox "step" }
);

read_nodes!(Pattern, "pattern",
    MatchValue PatternMatchValue { value: boxed "value" }
    MatchSingleton PatternMatchSingleton { value: one "value" }
    MatchSequence PatternMatchSequence { patterns: list "patterns" }
    MatchMapping PatternMatchMapping { keys: list "keys", patterns: list "patterns", rest: opt "rest" }
    MatchClass PatternMatchClass {
        cls: boxed "cls", patterns: list "patterns", kwd_attrs: list "kwd_attrs", kwd_patterns: list "kwd_patterns"
    }
    MatchStar PatternMatchStar { name: opt "name" }
    MatchAs PatternMatchAs { pattern: optbox "pattern", name: opt "name" }
    MatchOr PatternMatchOr { patterns: list "patterns" }
);

read_nodes!(TypeParam, "type_param",
    TypeVar TypeParamTypeVar { name: one "name", bound: optbox "bound" }
    ParamSpec TypeParamParamSpec { name: one "name" }
    TypeVarTuple TypeParamTypeVarTuple { name: one "name" }
);

read_nodes!(ExceptHandler, "excepthandler",
    ExceptHandler ExceptHandlerExceptHandler { type_: optbox "type", name: opt "name", body: list "body" }
);

impl Reader<'_> {
    fn level(&mut self, node: &Value) -> PyResult<Option<ast::Int>> {
        match self.optional::<i64>(node, "level")? {
            None => Ok(None),
            Some(level) => match u32::try_from(level) {
                Ok(level) => Ok(Some(ast::Int::new(level))),
                Err(_) => Err(self.vm.value_error("Negative ImportFrom level")),
            },
        }
    }

    fn conversion(&mut self, node: &Value) -> PyResult<ast::ConversionFlag> {
        match self.one::<i64>(node, "FormattedValue", "conversion")? {
            -1 => Ok(ast::ConversionFlag::None),
            115 => Ok(ast::ConversionFlag::Str),
            114 => Ok(ast::ConversionFlag::Repr),
            97 => Ok(ast::ConversionFlag::Ascii),
            other => Err(self.vm.system_error(format!("Unrecognized conversion character {other}"))),
        }
    }

    /// The value of a `Constant`. A string that the tree cannot hold goes to the literals.
    fn constant_value(&mut self, node: &Value) -> PyResult<ast::Constant> {
        let value = self.field(node, "Constant", "value")?;
        if let Some(text) = value.downcast_ref::<Str>()
            && let (_, Some(exact)) = string_parts(text)
        {
            let range = self.range(node, "Constant")?;
            self.literals.insert(range, exact);
        }
        ast::Constant::read(self, &value)
    }

    fn expect(&mut self, class: &'static str, value: &Value) -> PyResult<()> {
        if self.class(value) == Some(class) { Ok(()) } else { Err(self.unexpected(class, value)) }
    }
}

/// Nodes whose kind has one class.
macro_rules! read_single {
    ($type:ident, $class:literal, $r:ident, $v:ident, $node:expr) => {
        impl Read for ast::$type {
            const KIND: &'static str = $class;

            fn read($r: &mut Reader<'_>, $v: &Value) -> PyResult<Self> {
                $r.expect($class, $v)?;
                Ok($node)
            }
        }
    };
}

read_single!(
    Comprehension,
    "comprehension",
    r,
    v,
    ast::Comprehension {
        target: read_field!(r, v, "comprehension", one "target"),
        iter: read_field!(r, v, "comprehension", one "iter"),
        ifs: read_field!(r, v, "comprehension", list "ifs"),
        is_async: read_field!(r, v, "comprehension", flag "is_async"),
        range: Default::default(),
    }
);

read_single!(
    Arg,
    "arg",
    r,
    v,
    ast::Arg {
        range: r.range(v, "arg")?,
        arg: read_field!(r, v, "arg", one "arg"),
        annotation: read_field!(r, v, "arg", optbox "annotation"),
        type_comment: read_field!(r, v, "arg", opt "type_comment"),
    }
);

read_single!(
    Keyword,
    "keyword",
    r,
    v,
    ast::Keyword {
        range: r.range(v, "keyword")?,
        arg: read_field!(r, v, "keyword", opt "arg"),
        value: read_field!(r, v, "keyword", one "value"),
    }
);

read_single!(
    Alias,
    "alias",
    r,
    v,
    ast::Alias {
        range: r.range(v, "alias")?,
        name: read_field!(r, v, "alias", one "name"),
        asname: read_field!(r, v, "alias", opt "asname"),
    }
);

read_single!(
    WithItem,
    "withitem",
    r,
    v,
    ast::WithItem {
        context_expr: read_field!(r, v, "withitem", one "context_expr"),
        optional_vars: read_field!(r, v, "withitem", optbox "optional_vars"),
        range: Default::default(),
    }
);

read_single!(
    MatchCase,
    "match_case",
    r,
    v,
    ast::MatchCase {
        pattern: read_field!(r, v, "match_case", one "pattern"),
        guard: read_field!(r, v, "match_case", optbox "guard"),
        body: read_field!(r, v, "match_case", list "body"),
        range: Default::default(),
    }
);

impl Read for ast::TypeIgnore {
    const KIND: &'static str = "type_ignore";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        reader.expect("TypeIgnore", value)?;
        let lineno = reader.one::<i64>(value, "TypeIgnore", "lineno")?;
        let node = ast::TypeIgnoreTypeIgnore {
            lineno: ast::Int::new(u32::try_from(lineno).unwrap_or(0)),
            tag: reader.one(value, "TypeIgnore", "tag")?,
            range: Default::default(),
        };
        Ok(ast::TypeIgnore::TypeIgnore(node))
    }
}

impl Read for ast::Arguments {
    const KIND: &'static str = "arguments";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        reader.expect("arguments", value)?;
        let posonlyargs: Vec<ast::Arg> = reader.list(value, "arguments", "posonlyargs")?;
        let args: Vec<ast::Arg> = reader.list(value, "arguments", "args")?;
        let vararg = reader.optional_boxed(value, "vararg")?;
        let kwonlyargs: Vec<ast::Arg> = reader.list(value, "arguments", "kwonlyargs")?;
        let kw_defaults: Vec<Option<ast::Expr>> = reader.optional_items(value, "arguments", "kw_defaults")?;
        let kwarg = reader.optional_boxed(value, "kwarg")?;
        let defaults: Vec<ast::Expr> = reader.list(value, "arguments", "defaults")?;
        let Some(without) = (posonlyargs.len() + args.len()).checked_sub(defaults.len()) else {
            return Err(reader.vm.value_error("more positional defaults than args on arguments"));
        };
        if kw_defaults.len() != kwonlyargs.len() {
            let text = "length of kwonlyargs is not the same as kw_defaults on arguments";
            return Err(reader.vm.value_error(text));
        }
        let mut defaults =
            std::iter::repeat_with(|| None).take(without).chain(defaults.into_iter().map(Some));
        let mut with_default = |def: ast::Arg| {
            let default = defaults.next().flatten().map(Box::new);
            ast::ArgWithDefault { def, default, range: Default::default() }
        };
        let posonlyargs = posonlyargs.into_iter().map(&mut with_default).collect();
        let args = args.into_iter().map(&mut with_default).collect();
        let kwonlyargs = kwonlyargs.into_iter().zip(kw_defaults).map(|(def, default)| ast::ArgWithDefault {
            def,
            default: default.map(Box::new),
            range: Default::default(),
        });
        Ok(ast::Arguments {
            posonlyargs,
            args,
            vararg,
            kwonlyargs: kwonlyargs.collect(),
            kwarg,
            range: Default::default(),
        })
    }
}

impl Read for ast::Mod {
    const KIND: &'static str = "mod";

    fn read(reader: &mut Reader<'_>, value: &Value) -> PyResult<Self> {
        Ok(match reader.class(value) {
            Some("Module") => ast::ModModule {
                body: reader.list(value, "Module", "body")?,
                type_ignores: reader.list(value, "Module", "type_ignores")?,
                range: Default::default(),
            }
            .into(),
            Some("Interactive") => ast::ModInteractive {
                body: reader.list(value, "Interactive", "body")?,
                range: Default::default(),
            }
            .into(),
            Some("Expression") => ast::ModExpression {
                body: reader.boxed(value, "Expression", "body")?,
                range: Default::default(),
            }
            .into(),
            Some("FunctionType") => ast::ModFunctionType {
                argtypes: reader.list(value, "FunctionType", "argtypes")?,
                returns: reader.boxed(value, "FunctionType", "returns")?,
                range: Default::default(),
            }
            .into(),
            _ => return Err(reader.unexpected("mod", value)),
        })
    }
}
