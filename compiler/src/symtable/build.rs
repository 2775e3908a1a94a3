//! First pass: walks the tree and records how each block uses names.

mod uses;

use super::{BlockKey, BlockKind, ComprehensionKind, Scope, ScopeId, SymbolTable, Symbols, symbol_flags::*};
use crate::fold::{self, Folder};
use crate::lines::Lines;
use crate::names::{NameId, Names};
use crate::{CompileError, ErrorKind, RECURSION_MESSAGE, Result, syntax_error};
use pvm_parser::Literals;
use pvm_parser::uses::{Body, Contents, Use, Uses, is_display};
use pvm_pycfile::Location;
use rustc_hash::FxHashMap;
use rustpython_ast::{
    self as ast, Expr, ExprContext, Mod, Pattern, Ranged, Stmt, TypeParam,
    text_size::{TextRange, TextSize},
};
use uses::{in_doubt, is_simple, start_of_body, start_with};

/// How deep statements and expressions may nest together: what CPython 3.12.1 allows before it raises
/// `RecursionError`.
const RECURSION_LIMIT: u32 = 2996;

/// With a folder, each statement is folded after it has been walked, if there was something to fold in it. (That makes
/// no difference to the table but for `__debug__`, which is no name then.)
///
/// With `by_uses`, most statements are not walked: what the parser noted of their names is enough. Then an error means
/// no more than that the walk has to be done without.
pub(super) fn build(
    module: &mut Mod,
    literals: &Literals,
    lines: &Lines<'_>,
    future_annotations: bool,
    folder: Option<&mut Folder<'_>>,
    by_uses: bool,
) -> Result<SymbolTable> {
    let uses = literals.names().filter(|_| by_uses).map(|names| &names.uses);
    let mut builder = Builder {
        names: Names::new(literals),
        literals,
        // Few sources have more blocks.
        scopes: Vec::with_capacity((16 + lines.count() / 8).min(512)),
        blocks: FxHashMap::with_capacity_and_hasher(64, Default::default()),
        stack: Vec::with_capacity(16),
        positions: Vec::new(),
        class: None,
        lines,
        future_annotations,
        folds: folder.is_some(),
        foldable: false,
        folder,
        depth: 0,
        max_depth: 0,
        uses: uses.map_or(&[], Uses::names),
        contents: uses.map_or(&[], Uses::statements),
        bodies: uses.map_or(&[], Uses::bodies),
        out_of_order: 0,
    };
    builder.note_new_names();
    builder.set_folds(builder.folds);
    let start = Location { lineno: 0, end_lineno: 0, col_offset: 0, end_col_offset: 0 };
    builder.enter_at(NameId::TOP, BlockKind::Module, None, start);
    match module {
        Mod::Module(module) => {
            builder.body(&mut module.body)?;
            builder.catch_up(TextSize::new(u32::MAX))?;
        }
        Mod::Interactive(module) => {
            builder.statements(&mut module.body)?;
            builder.catch_up(TextSize::new(u32::MAX))?;
        }
        Mod::Expression(module) => {
            builder.expression(&module.body)?;
            if let Some(folder) = &mut builder.folder {
                folder.expression(&mut module.body)?;
            }
        }
        Mod::FunctionType(_) => {
            let message = "this compiler does not handle FunctionTypes";
            return Err(CompileError::without_location(ErrorKind::Value, message).into());
        }
    }
    Ok(SymbolTable { names: builder.names, scopes: builder.scopes, blocks: builder.blocks })
}

/// No block has this id.
const NO_SCOPE: ScopeId = ScopeId(u32::MAX);

/// Nor this one, which stands for the block of names that are not looked up by their number alone: the class that mangles
/// private names may change within a block, and `super` and `__debug__` are more than names.
const SPECIAL: ScopeId = ScopeId(u32::MAX - 1);

struct Builder<'a, 'f> {
    names: Names,
    literals: &'a Literals,
    scopes: Vec<Scope>,
    blocks: FxHashMap<BlockKey, ScopeId>,
    /// The blocks around and the current one, which is last.
    stack: Vec<ScopeId>,
    /// By a name's index: the block that used the name last, and the name's position among its symbols.
    positions: Vec<(ScopeId, u32)>,
    /// The class whose name mangles private names.
    class: Option<NameId>,
    lines: &'a Lines<'a>,
    future_annotations: bool,
    folder: Option<&'a mut Folder<'f>>,
    /// Whether what is walked will be folded.
    folds: bool,
    /// Whether there is something to fold in the statement.
    foldable: bool,
    depth: u32,
    max_depth: u32,
    /// The names of the source from the place on that the walk has come to.
    uses: &'a [Use],
    /// What the simple statements from there on hold.
    contents: &'a [Contents],
    /// The bodies of functions and classes from there on.
    bodies: &'a [Body],
    /// Not zero where statements are walked in another order than CPython's.
    out_of_order: u32,
}

impl Builder<'_, '_> {
    /// Has a place in `positions` for each name.
    #[inline(never)]
    fn note_new_names(&mut self) {
        let new = self.names.all().skip(self.positions.len());
        let starts: Vec<_> = new.map(|name| (self.start_position(name), 0)).collect();
        self.positions.extend(starts);
    }

    /// Which block has used a name, at the beginning.
    fn start_position(&self, name: NameId) -> ScopeId {
        let is_special = self.names.is_private(name) | (name == NameId::SUPER) | (name == NameId::DEBUG);
        [NO_SCOPE, SPECIAL][usize::from(is_special)]
    }

    fn set_folds(&mut self, folds: bool) {
        self.folds = folds;
        self.max_depth = if folds { fold::MAX_DEPTH } else { RECURSION_LIMIT };
    }

    fn current(&mut self) -> &mut Scope {
        let id = self.stack.last().copied().unwrap_or(ScopeId::MODULE);
        &mut self.scopes[id.0 as usize]
    }

    fn enter(&mut self, name: NameId, kind: BlockKind, key: Option<BlockKey>, node: &impl Ranged) {
        let location = self.lines.of(node);
        self.enter_at(name, kind, key, location);
    }

    fn enter_at(&mut self, name: NameId, kind: BlockKind, key: Option<BlockKey>, location: Location) {
        let id = ScopeId(self.scopes.len() as u32);
        let mut nested = false;
        let mut comp_iter_expr = 0;
        if let Some(around) = self.stack.last() {
            let around = &mut self.scopes[around.0 as usize];
            nested = around.nested || around.is_function_like();
            // Assignment expressions are not allowed in a comprehension's iterable, blocks within included.
            comp_iter_expr = around.comp_iter_expr;
            // Annotation blocks are never compiled, so they are nobody's children.
            if kind != BlockKind::Annotation {
                if around.children.is_empty() {
                    around.children.reserve(16);
                }
                around.children.push(id);
            }
        }
        self.scopes.push(Scope {
            name,
            kind,
            symbols: Symbols::default(),
            children: Vec::new(),
            directives: Vec::new(),
            comprehension: None,
            nested,
            free: false,
            child_free: false,
            generator: false,
            coroutine: false,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            needs_class_closure: false,
            needs_classdict: false,
            comp_inlined: false,
            can_see_class_scope: false,
            comp_iter_target: false,
            comp_iter_expr,
            location,
        });
        self.stack.push(id);
        if let Some(key) = key {
            self.blocks.insert(key, id);
        }
    }

    fn exit(&mut self) {
        self.stack.pop();
    }

    #[cold]
    fn error<T>(&self, message: impl Into<String>, range: TextRange) -> Result<T> {
        Err(syntax_error(message, self.lines.range(range)))
    }

    #[inline]
    fn deeper(&mut self) -> Result {
        self.depth += 1;
        if self.depth > self.max_depth { Err(too_deep()) } else { Ok(()) }
    }

    /// The id of a name in an expression.
    #[inline]
    fn id_of(&mut self, name: &ast::ExprName) -> NameId {
        self.names.id_of(self.literals, &name.id, name.range.end())
    }

    fn add(&mut self, name: &str, flag: u32, range: TextRange) -> Result {
        let name = self.names.intern(name);
        self.add_id(name, flag, range)
    }

    fn add_id(&mut self, name: NameId, flag: u32, range: TextRange) -> Result {
        let id = self.stack.last().copied().unwrap_or(ScopeId::MODULE);
        self.add_to(id, name, flag, range)
    }

    #[inline]
    fn add_to(&mut self, id: ScopeId, name: NameId, flag: u32, range: TextRange) -> Result {
        // Most uses are plain ones and follow others in the same block.
        if flag & (DEF_PARAM | DEF_TYPE_PARAM | DEF_GLOBAL) == 0
            && let Some((known_in, position)) = self.positions.get(name.index())
            && *known_in == id
        {
            let scope = &mut self.scopes[id.0 as usize];
            if !scope.comp_iter_target {
                *scope.symbols.flags_at(*position as usize) |= flag;
                return Ok(());
            }
        }
        self.add_any(id, name, flag, range)
    }

    #[inline(never)]
    fn add_any(&mut self, id: ScopeId, name: NameId, flag: u32, range: TextRange) -> Result {
        let mangled = self.names.mangle(self.class, name);
        if mangled.index() >= self.positions.len() {
            self.note_new_names();
        }
        let scope = &mut self.scopes[id.0 as usize];
        let position = scope.symbols.position_or_insert(mangled);
        let known = &mut self.positions[mangled.index()];
        if known.0 != SPECIAL {
            *known = (id, position as u32);
        }
        let flags = scope.symbols.flags_at(position);
        let known = *flags;
        *flags = known | flag;
        if flag & (DEF_PARAM | DEF_TYPE_PARAM | DEF_GLOBAL) == 0 && !scope.comp_iter_target {
            return Ok(());
        }
        self.add_special(id, (name, mangled), known, flag, range)
    }

    /// What else is to do for a use that has been recorded. `known` are the flags that the symbol had before.
    fn add_special(
        &mut self,
        id: ScopeId,
        (name, mangled): (NameId, NameId),
        known: u32,
        flag: u32,
        range: TextRange,
    ) -> Result {
        if flag & known & DEF_PARAM != 0 {
            let message = format!("duplicate argument '{}' in function definition", self.names.str(name));
            return self.error(message, range);
        }
        if flag & known & DEF_TYPE_PARAM != 0 {
            return self.error(format!("duplicate type parameter '{}'", self.names.str(name)), range);
        }
        let scope = &mut self.scopes[id.0 as usize];
        if scope.comp_iter_target {
            // An iteration variable: it must not be the target of an assignment expression as well.
            if (known | flag) & (DEF_GLOBAL | DEF_NONLOCAL) != 0 {
                let message = format!(
                    "comprehension inner loop cannot rebind assignment expression target '{}'",
                    self.names.str(name)
                );
                return self.error(message, range);
            }
            *scope.symbols.entry(mangled) |= DEF_COMP_ITER;
        }
        if flag & DEF_GLOBAL != 0 {
            let module = &mut self.scopes[0].symbols;
            let flags = module.get(mangled).unwrap_or(0) | flag;
            module.set(mangled, flags);
        }
        Ok(())
    }

    fn flags_of(&mut self, name: NameId) -> u32 {
        let mangled = self.names.mangle(self.class, name);
        self.current().flags(mangled)
    }

    fn record_directive(&mut self, name: NameId, range: TextRange) {
        let mangled = self.names.mangle(self.class, name);
        let location = self.lines.range(range);
        self.current().directives.push((mangled, location));
    }

    /// A body whose first statement may be a docstring.
    fn body(&mut self, body: &mut [Stmt]) -> Result {
        let had_docstring = fold::has_docstring(body);
        self.statements(body)?;
        if self.folder.is_some() && !had_docstring {
            fold::guard_docstring(body);
        }
        Ok(())
    }

    fn statements(&mut self, statements: &mut [Stmt]) -> Result {
        for statement in statements {
            if is_simple(statement) {
                self.simple_statement(statement)?;
            } else {
                self.statement(statement)?;
            }
        }
        Ok(())
    }

    fn expressions<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) -> Result {
        expressions.into_iter().try_for_each(|expression| self.expression(expression))
    }

    fn statement(&mut self, statement: &mut Stmt) -> Result {
        self.deeper()?;
        let around = std::mem::take(&mut self.foldable);
        match statement {
            Stmt::FunctionDef(def) => self.function(FunctionParts {
                key: BlockKey::node(def),
                type_params_key: BlockKey::type_params(def),
                range: def.range,
                name: &def.name,
                args: &def.args,
                body: &mut def.body,
                decorators: &def.decorator_list,
                returns: def.returns.as_deref(),
                type_params: &def.type_params,
                is_async: false,
            })?,
            Stmt::AsyncFunctionDef(def) => self.function(FunctionParts {
                key: BlockKey::node(def),
                type_params_key: BlockKey::type_params(def),
                range: def.range,
                name: &def.name,
                args: &def.args,
                body: &mut def.body,
                decorators: &def.decorator_list,
                returns: def.returns.as_deref(),
                type_params: &def.type_params,
                is_async: true,
            })?,
            Stmt::ClassDef(def) => self.class(def)?,
            Stmt::TypeAlias(alias) => self.type_alias(alias)?,
            Stmt::Return(ret) => {
                if let Some(value) = &ret.value {
                    self.expression(value)?;
                    self.current().returns_value = true;
                }
            }
            Stmt::Delete(delete) => self.expressions(&delete.targets)?,
            Stmt::Assign(assign) => {
                self.expressions(&assign.targets)?;
                self.expression(&assign.value)?;
            }
            Stmt::AnnAssign(assign) => self.annotated_assignment(assign)?,
            Stmt::AugAssign(assign) => {
                self.expression(&assign.target)?;
                self.expression(&assign.value)?;
            }
            Stmt::For(node) => {
                self.foldable |= self.contents.is_empty() && is_display(&node.iter);
                self.head([&*node.target, &*node.iter])?;
                self.statements(&mut node.body)?;
                self.statements(&mut node.orelse)?;
            }
            Stmt::AsyncFor(node) => {
                self.head([&*node.target, &*node.iter])?;
                self.statements(&mut node.body)?;
                self.statements(&mut node.orelse)?;
            }
            Stmt::While(node) => {
                self.head([&*node.test])?;
                self.statements(&mut node.body)?;
                self.statements(&mut node.orelse)?;
            }
            Stmt::If(node) => {
                self.head([&*node.test])?;
                self.statements(&mut node.body)?;
                self.statements(&mut node.orelse)?;
            }
            Stmt::Match(node) => self.match_(node)?,
            Stmt::Raise(raise) => {
                if let Some(exc) = &raise.exc {
                    self.expression(exc)?;
                    self.expressions(raise.cause.as_deref())?;
                }
            }
            Stmt::Try(node) => {
                self.try_(&mut node.body, &mut node.handlers, &mut node.orelse, &mut node.finalbody)?;
            }
            Stmt::TryStar(node) => {
                self.try_(&mut node.body, &mut node.handlers, &mut node.orelse, &mut node.finalbody)?;
            }
            Stmt::Assert(assert) => {
                self.expression(&assert.test)?;
                self.expressions(assert.msg.as_deref())?;
            }
            Stmt::Import(import) => import.names.iter().try_for_each(|alias| self.alias(alias))?,
            Stmt::ImportFrom(import) => import.names.iter().try_for_each(|alias| self.alias(alias))?,
            Stmt::Global(global) => self.declaration(&global.names, DEF_GLOBAL, global.range)?,
            Stmt::Nonlocal(nonlocal) => self.declaration(&nonlocal.names, DEF_NONLOCAL, nonlocal.range)?,
            Stmt::Expr(expression) => self.expression(&expression.value)?,
            Stmt::Pass(_) | Stmt::Break(_) | Stmt::Continue(_) => {}
            Stmt::With(with) => self.with(&with.items, &mut with.body)?,
            Stmt::AsyncWith(with) => self.with(&with.items, &mut with.body)?,
        }
        if self.foldable
            && let Some(folder) = &mut self.folder
        {
            folder.statement(statement, self.depth)?;
        }
        self.foldable = around;
        self.depth -= 1;
        Ok(())
    }

    fn with(&mut self, items: &[ast::WithItem], body: &mut [Stmt]) -> Result {
        for item in items {
            self.head([&item.context_expr])?;
            self.head(item.optional_vars.as_deref())?;
        }
        self.statements(body)
    }

    fn try_(
        &mut self,
        body: &mut [Stmt],
        handlers: &mut [ast::ExceptHandler],
        orelse: &mut [Stmt],
        finalbody: &mut [Stmt],
    ) -> Result {
        self.statements(body)?;
        // CPython 3.12.1 looks at the `else` clause before the handlers. Noted names come in the order of the source, and the
        // difference matters to declarations and behind generic classes alone.
        let is_out_of_order = !self.contents.is_empty() && !orelse.is_empty();
        if !is_out_of_order {
            self.statements(orelse)?;
        }
        self.out_of_order += u32::from(is_out_of_order);
        for ast::ExceptHandler::ExceptHandler(handler) in handlers {
            self.head(handler.type_.as_deref())?;
            if let Some(name) = &handler.name {
                self.add(name, DEF_LOCAL, handler.range)?;
            }
            self.statements(&mut handler.body)?;
        }
        if is_out_of_order {
            self.statements(orelse)?;
        }
        self.out_of_order -= u32::from(is_out_of_order);
        self.statements(finalbody)
    }

    fn alias(&mut self, alias: &ast::Alias) -> Result {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        if name == "*" {
            if self.current().kind != BlockKind::Module {
                return self.error("import * only allowed at module level", alias.range);
            }
            return Ok(());
        }
        let bound = name.split_once('.').map_or(name, |(package, _)| package);
        self.add(bound, DEF_IMPORT, alias.range)
    }

    /// A `global` or `nonlocal` statement.
    fn declaration(&mut self, names: &[ast::Identifier], flag: u32, range: TextRange) -> Result {
        if self.out_of_order > 0 {
            return Err(in_doubt());
        }
        for name in names {
            let id = self.names.intern(name);
            let known = self.flags_of(id);
            if known & (DEF_PARAM | DEF_LOCAL | USE | DEF_ANNOT) != 0 {
                let what = if flag == DEF_GLOBAL { "global" } else { "nonlocal" };
                let message = if known & DEF_PARAM != 0 {
                    format!("name '{name}' is parameter and {what}")
                } else if known & USE != 0 {
                    format!("name '{name}' is used prior to {what} declaration")
                } else if known & DEF_ANNOT != 0 {
                    format!("annotated name '{name}' can't be {what}")
                } else {
                    format!("name '{name}' is assigned to before {what} declaration")
                };
                return self.error(message, range);
            }
            self.add_id(id, flag, range)?;
            self.record_directive(id, range);
        }
        Ok(())
    }

    fn annotated_assignment(&mut self, assign: &ast::StmtAnnAssign) -> Result {
        if let Expr::Name(name) = &*assign.target {
            let id = self.id_of(name);
            let known = self.flags_of(id);
            let in_module = self.stack.len() == 1;
            if known & (DEF_GLOBAL | DEF_NONLOCAL) != 0 && !in_module && assign.simple {
                let what = if known & DEF_GLOBAL != 0 { "global" } else { "nonlocal" };
                return self
                    .error(format!("annotated name '{}' can't be {what}", self.names.str(id)), assign.range);
            }
            if assign.simple {
                self.add_id(id, DEF_ANNOT | DEF_LOCAL, name.range)?;
            }
            if assign.value.is_some() {
                self.add_id(id, DEF_LOCAL, name.range)?;
            }
        } else {
            self.expression(&assign.target)?;
        }
        self.annotation(&assign.annotation)?;
        self.expressions(assign.value.as_deref())
    }

    fn function(&mut self, def: FunctionParts<'_>) -> Result {
        let name = self.names.intern(def.name);
        self.add_id(name, DEF_LOCAL, def.range)?;
        let body = self.next_body();
        if !body.head.is_unusual && def.type_params.is_empty() && !self.future_annotations {
            self.foldable |= body.head.is_foldable;
            self.catch_up(body.start)?;
        } else {
            self.catch_up(start_with(def.decorators, def.range))?;
            self.function_head(name, &def)?;
            self.skip(body.start);
        }
        let location = self.lines.range(def.range);
        self.enter_at(name, BlockKind::Function, Some(def.key), location);
        self.current().coroutine = def.is_async;
        self.parameters(def.args)?;
        if body.n_usual > 0 {
            self.contents = self.contents.get(body.n_usual as usize..).unwrap_or_default();
            self.current().returns_value = body.returns_value;
        } else {
            self.body(def.body)?;
        }
        self.catch_up(def.range.end())?;
        self.exit();
        if !def.type_params.is_empty() {
            self.exit();
        }
        Ok(())
    }

    /// What belongs to the block around a function, and the block of its type parameters, which stays the current one.
    fn function_head(&mut self, name: NameId, def: &FunctionParts<'_>) -> Result {
        self.defaults(def.args)?;
        self.expressions(def.decorators)?;
        if !def.type_params.is_empty() {
            let has_kwdefaults = def.args.kwonlyargs.iter().any(|arg| arg.default.is_some());
            self.enter_type_params(name, def.type_params_key, def.range)?;
            // CPython's parser always makes a list of defaults, if an empty one.
            self.add_id(NameId::DOT_DEFAULTS, DEF_PARAM, def.range)?;
            if has_kwdefaults {
                self.add_id(NameId::DOT_KWDEFAULTS, DEF_PARAM, def.range)?;
            }
            self.type_params(def.type_params)?;
        }
        self.annotations(def)
    }

    fn defaults(&mut self, args: &ast::Arguments) -> Result {
        self.expressions(args.defaults())?;
        self.expressions(args.kwonlyargs.iter().filter_map(|arg| arg.default.as_deref()))
    }

    fn annotations(&mut self, def: &FunctionParts<'_>) -> Result {
        let args = def.args;
        let folds = self.folds;
        if self.future_annotations {
            let location = self.lines.range(def.range);
            self.enter_at(NameId::ANNOTATION_BLOCK, BlockKind::Annotation, None, location);
            self.set_folds(false);
        }
        for arg in args.posonlyargs.iter().chain(&args.args) {
            self.expressions(arg.def.annotation.as_deref())?;
        }
        for arg in args.vararg.iter().chain(&args.kwarg) {
            self.expressions(arg.annotation.as_deref())?;
        }
        for arg in &args.kwonlyargs {
            self.expressions(arg.def.annotation.as_deref())?;
        }
        if self.future_annotations {
            self.set_folds(folds);
            self.exit();
        }
        def.returns.map_or(Ok(()), |returns| self.annotation(returns))
    }

    fn annotation(&mut self, annotation: &Expr) -> Result {
        if !self.future_annotations {
            return self.expression(annotation);
        }
        self.enter(NameId::ANNOTATION_BLOCK, BlockKind::Annotation, None, annotation);
        let folds = self.folds;
        self.set_folds(false);
        self.expression(annotation)?;
        self.set_folds(folds);
        self.exit();
        Ok(())
    }

    fn parameters(&mut self, args: &ast::Arguments) -> Result {
        for arg in args.posonlyargs.iter().chain(&args.args).chain(&args.kwonlyargs) {
            self.add(&arg.def.arg, DEF_PARAM, arg.def.range)?;
        }
        if let Some(arg) = &args.vararg {
            self.add(&arg.arg, DEF_PARAM, arg.range)?;
            self.current().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add(&arg.arg, DEF_PARAM, arg.range)?;
            self.current().varkeywords = true;
        }
        Ok(())
    }

    fn class(&mut self, def: &mut ast::StmtClassDef) -> Result {
        let name = self.names.intern(&def.name);
        self.add_id(name, DEF_LOCAL, def.range)?;
        let generic = !def.type_params.is_empty();
        let body = self.next_body();
        if !body.head.is_unusual && !generic {
            self.foldable |= body.head.is_foldable;
            self.catch_up(body.start)?;
        } else {
            self.catch_up(start_with(&def.decorator_list, def.range))?;
            self.class_head(name, def)?;
            self.skip(body.start);
        }
        self.enter(name, BlockKind::Class, Some(BlockKey::node(def)), def);
        let around = self.class.replace(name);
        if generic {
            self.add_id(NameId::TYPE_PARAMS, DEF_LOCAL, def.range)?;
            self.add_id(NameId::DOT_TYPE_PARAMS, USE, def.range)?;
        }
        self.body(&mut def.body)?;
        self.catch_up(def.range.end())?;
        self.class = around;
        self.exit();
        if generic {
            self.exit();
        }
        Ok(())
    }

    /// What belongs to the block around a class, and the block of its type parameters, which stays the current one.
    fn class_head(&mut self, name: NameId, def: &ast::StmtClassDef) -> Result {
        self.expressions(&def.decorator_list)?;
        if !def.type_params.is_empty() {
            self.enter_type_params(name, BlockKey::type_params(def), def.range)?;
            // Set when the tuple of type parameters is made, used when the bases are.
            self.add_id(NameId::DOT_TYPE_PARAMS, DEF_LOCAL, def.range)?;
            self.add_id(NameId::DOT_TYPE_PARAMS, USE, def.range)?;
            // CPython 3.12 never takes this back: private names after a generic class are mangled with its name.
            self.class = Some(name);
            if self.out_of_order > 0 {
                return Err(in_doubt());
            }
            self.add_id(NameId::DOT_GENERIC_BASE, DEF_LOCAL, def.range)?;
            self.add_id(NameId::DOT_GENERIC_BASE, USE, def.range)?;
            self.type_params(&def.type_params)?;
        }
        self.expressions(&def.bases)?;
        self.keywords(&def.keywords)
    }

    fn keywords(&mut self, keywords: &[ast::Keyword]) -> Result {
        keywords.iter().try_for_each(|keyword| self.expression(&keyword.value))
    }

    fn type_alias(&mut self, alias: &ast::StmtTypeAlias) -> Result {
        self.expression(&alias.name)?;
        let Expr::Name(target) = &*alias.name else {
            return Err(CompileError::without_location(
                ErrorKind::System,
                "the target of a type alias must be a name",
            )
            .into());
        };
        let name = self.id_of(target);
        let in_class = self.current().kind == BlockKind::Class;
        let generic = !alias.type_params.is_empty();
        if generic {
            self.enter_type_params(name, BlockKey::type_params(alias), alias.range)?;
            self.type_params(&alias.type_params)?;
        }
        self.enter(name, BlockKind::TypeAlias, Some(BlockKey::node(alias)), alias);
        self.enter_class_view(in_class, alias.value.range())?;
        self.expression(&alias.value)?;
        self.exit();
        if generic {
            self.exit();
        }
        Ok(())
    }

    /// Lets the current annotation scope look names up in the class around it.
    fn enter_class_view(&mut self, in_class: bool, range: TextRange) -> Result {
        self.current().can_see_class_scope = in_class;
        if in_class { self.add_id(NameId::CLASSDICT, USE, range) } else { Ok(()) }
    }

    fn enter_type_params(&mut self, name: NameId, key: BlockKey, range: TextRange) -> Result {
        let in_class = self.current().kind == BlockKind::Class;
        let location = self.lines.range(range);
        self.enter_at(name, BlockKind::TypeParam, Some(key), location);
        self.enter_class_view(in_class, range)
    }

    fn type_params(&mut self, params: &[TypeParam]) -> Result {
        // Folding does not count parameters.
        let uncounted = u32::from(self.folds);
        self.max_depth += uncounted;
        for param in params {
            self.deeper()?;
            match param {
                TypeParam::TypeVar(var) => {
                    let name = self.names.intern(&var.name);
                    self.add_id(name, DEF_TYPE_PARAM | DEF_LOCAL, var.range)?;
                    if let Some(bound) = &var.bound {
                        let in_class = self.current().can_see_class_scope;
                        self.enter(name, BlockKind::TypeVarBound, Some(BlockKey::node(var)), var);
                        self.enter_class_view(in_class, bound.range())?;
                        self.expression(bound)?;
                        self.exit();
                    }
                }
                TypeParam::TypeVarTuple(var) => {
                    self.add(&var.name, DEF_TYPE_PARAM | DEF_LOCAL, var.range)?;
                }
                TypeParam::ParamSpec(var) => self.add(&var.name, DEF_TYPE_PARAM | DEF_LOCAL, var.range)?,
            }
            self.depth -= 1;
        }
        self.max_depth -= uncounted;
        Ok(())
    }

    fn match_(&mut self, node: &mut ast::StmtMatch) -> Result {
        self.catch_up(node.range.start())?;
        self.expression(&node.subject)?;
        self.skip(node.subject.range().end());
        for case in &mut node.cases {
            self.catch_up(case.pattern.range().start())?;
            self.pattern(&case.pattern)?;
            self.expressions(case.guard.as_deref())?;
            self.skip(start_of_body(&case.body));
            self.statements(&mut case.body)?;
        }
        Ok(())
    }

    fn patterns(&mut self, patterns: &[Pattern]) -> Result {
        patterns.iter().try_for_each(|pattern| self.pattern(pattern))
    }

    fn pattern(&mut self, pattern: &Pattern) -> Result {
        self.deeper()?;
        match pattern {
            Pattern::MatchValue(value) => self.expression(&value.value)?,
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(sequence) => self.patterns(&sequence.patterns)?,
            Pattern::MatchStar(star) => {
                if let Some(name) = &star.name {
                    self.add(name, DEF_LOCAL, star.range)?;
                }
            }
            Pattern::MatchMapping(mapping) => {
                self.expressions(&mapping.keys)?;
                self.patterns(&mapping.patterns)?;
                if let Some(rest) = &mapping.rest {
                    self.add(rest, DEF_LOCAL, mapping.range)?;
                }
            }
            Pattern::MatchClass(class) => {
                self.expression(&class.cls)?;
                self.patterns(&class.patterns)?;
                self.patterns(&class.kwd_patterns)?;
            }
            Pattern::MatchAs(node) => {
                if let Some(pattern) = &node.pattern {
                    self.pattern(pattern)?;
                }
                if let Some(name) = &node.name {
                    self.add(name, DEF_LOCAL, node.range)?;
                }
            }
            Pattern::MatchOr(or) => self.patterns(&or.patterns)?,
        }
        self.depth -= 1;
        Ok(())
    }

    #[inline]
    fn expression(&mut self, expression: &Expr) -> Result {
        // The two leaves that nearly all expressions end in need no count of their depth unless it is at its end.
        match expression {
            Expr::Constant(_) if self.depth < self.max_depth => Ok(()),
            Expr::Name(name) if self.depth < self.max_depth => self.name(name),
            _ => self.other_expression(expression),
        }
    }

    #[inline(never)]
    fn other_expression(&mut self, expression: &Expr) -> Result {
        self.deeper()?;
        match expression {
            Expr::Name(name) => self.name(name)?,
            Expr::Constant(_) => {}
            Expr::Attribute(attribute) => self.expression(&attribute.value)?,
            Expr::Call(call) => {
                self.expression(&call.func)?;
                self.expressions(&call.args)?;
                self.keywords(&call.keywords)?;
            }
            Expr::NamedExpr(named) => self.named_expression(named)?,
            Expr::BoolOp(op) => self.expressions(&op.values)?,
            Expr::BinOp(op) => {
                self.foldable |= op.left.is_constant_expr();
                self.expressions([&*op.left, &*op.right])?;
            }
            Expr::UnaryOp(op) => {
                self.foldable |= matches!(*op.operand, Expr::Constant(_) | Expr::Compare(_));
                self.expression(&op.operand)?;
            }
            Expr::Lambda(lambda) => self.lambda(lambda)?,
            Expr::IfExp(node) => self.expressions([&*node.test, &*node.body, &*node.orelse])?,
            Expr::Dict(dict) => {
                self.expressions(dict.keys.iter().flatten())?;
                self.expressions(&dict.values)?;
            }
            Expr::Set(set) => self.expressions(&set.elts)?,
            Expr::GeneratorExp(node) => self.comprehension(
                BlockKey::node(&*node.elt),
                ComprehensionKind::Generator,
                node.range,
                &node.generators,
                &node.elt,
                None,
            )?,
            Expr::ListComp(node) => self.comprehension(
                BlockKey::node(&*node.elt),
                ComprehensionKind::List,
                node.range,
                &node.generators,
                &node.elt,
                None,
            )?,
            Expr::SetComp(node) => self.comprehension(
                BlockKey::node(&*node.elt),
                ComprehensionKind::Set,
                node.range,
                &node.generators,
                &node.elt,
                None,
            )?,
            Expr::DictComp(node) => self.comprehension(
                BlockKey::node(&*node.key),
                ComprehensionKind::Dict,
                node.range,
                &node.generators,
                &node.key,
                Some(&node.value),
            )?,
            Expr::Yield(node) => {
                self.forbid_in_annotation("yield expression", node.range)?;
                self.expressions(node.value.as_deref())?;
                self.current().generator = true;
                self.forbid_yield_in_comprehension(node.range)?;
            }
            Expr::YieldFrom(node) => {
                self.forbid_in_annotation("yield expression", node.range)?;
                self.expression(&node.value)?;
                self.current().generator = true;
                self.forbid_yield_in_comprehension(node.range)?;
            }
            Expr::Await(node) => {
                self.forbid_in_annotation("await expression", node.range)?;
                self.expression(&node.value)?;
                self.current().coroutine = true;
            }
            Expr::Compare(compare) => {
                self.foldable |= compare.comparators.last().is_some_and(is_display);
                self.expression(&compare.left)?;
                self.expressions(&compare.comparators)?;
            }
            Expr::FormattedValue(value) => {
                self.expression(&value.value)?;
                self.expressions(value.format_spec.as_deref())?;
            }
            Expr::JoinedStr(string) => self.expressions(&string.values)?,
            Expr::Subscript(subscript) => {
                self.foldable |= subscript.value.is_constant_expr();
                self.expressions([&*subscript.value, &*subscript.slice])?;
            }
            Expr::Starred(starred) => self.expression(&starred.value)?,
            Expr::Slice(slice) => {
                self.expressions(slice.lower.as_deref())?;
                self.expressions(slice.upper.as_deref())?;
                self.expressions(slice.step.as_deref())?;
            }
            Expr::List(list) => self.expressions(&list.elts)?,
            Expr::Tuple(tuple) => {
                self.foldable |= tuple.elts.first().is_none_or(Expr::is_constant_expr);
                self.expressions(&tuple.elts)?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    #[inline(never)]
    fn name(&mut self, name: &ast::ExprName) -> Result {
        let load = name.ctx == ExprContext::Load;
        let id = self.id_of(name);
        if id == NameId::DEBUG && load && self.folds {
            self.foldable = true;
            return Ok(());
        }
        self.add_id(id, if load { USE } else { DEF_LOCAL }, name.range)?;
        // `super()` needs the class.
        if load && id == NameId::SUPER && self.current().is_function_like() {
            self.add_id(NameId::CLASS, USE, name.range)?;
        }
        Ok(())
    }

    fn lambda(&mut self, lambda: &ast::ExprLambda) -> Result {
        if self.current().can_see_class_scope {
            let message = "Cannot use lambda in annotation scope within class scope";
            return self.error(message, lambda.range);
        }
        self.defaults(&lambda.args)?;
        self.enter(NameId::LAMBDA_BLOCK, BlockKind::Function, Some(BlockKey::node(&*lambda.body)), lambda);
        self.parameters(&lambda.args)?;
        self.expression(&lambda.body)?;
        self.exit();
        Ok(())
    }

    fn comprehension(
        &mut self,
        key: BlockKey,
        kind: ComprehensionKind,
        range: TextRange,
        generators: &[ast::Comprehension],
        element: &Expr,
        value: Option<&Expr>,
    ) -> Result {
        if self.current().can_see_class_scope {
            let message = "Cannot use comprehension in annotation scope within class scope";
            return self.error(message, range);
        }
        self.foldable |= generators.iter().any(|generator| is_display(&generator.iter));
        let Some((outermost, inner)) = generators.split_first() else {
            return Err(
                CompileError::without_location(ErrorKind::Value, "comprehension with no generators").into()
            );
        };
        // The outermost iterable belongs to the block around.
        self.current().comp_iter_expr += 1;
        self.expression(&outermost.iter)?;
        self.current().comp_iter_expr -= 1;
        let name = match kind {
            ComprehensionKind::List => NameId::LISTCOMP_BLOCK,
            ComprehensionKind::Dict => NameId::DICTCOMP_BLOCK,
            ComprehensionKind::Set => NameId::SETCOMP_BLOCK,
            ComprehensionKind::Generator => NameId::GENEXPR_BLOCK,
        };
        let location = self.lines.range(range);
        self.enter_at(name, BlockKind::Function, Some(key), location);
        let scope = self.current();
        scope.comprehension = Some(kind);
        scope.coroutine = outermost.is_async;
        self.add_id(NameId::DOT_ZERO, DEF_PARAM, range)?;
        self.comprehension_target(&outermost.target)?;
        self.expressions(&outermost.ifs)?;
        for generator in inner {
            self.comprehension_target(&generator.target)?;
            self.current().comp_iter_expr += 1;
            self.expression(&generator.iter)?;
            self.current().comp_iter_expr -= 1;
            self.expressions(&generator.ifs)?;
            self.current().coroutine |= generator.is_async;
        }
        self.expressions(value)?;
        self.expression(element)?;
        let is_generator = kind == ComprehensionKind::Generator;
        let scope = self.current();
        scope.generator = is_generator;
        let is_async = scope.coroutine && !is_generator;
        self.exit();
        self.current().coroutine |= is_async;
        Ok(())
    }

    fn comprehension_target(&mut self, target: &Expr) -> Result {
        self.current().comp_iter_target = true;
        self.expression(target)?;
        self.current().comp_iter_target = false;
        Ok(())
    }

    fn named_expression(&mut self, named: &ast::ExprNamedExpr) -> Result {
        self.forbid_in_annotation("named expression", named.range)?;
        if self.current().comp_iter_expr > 0 {
            let message = "assignment expression cannot be used in a comprehension iterable expression";
            return self.error(message, named.range);
        }
        if self.current().comprehension.is_some()
            && let Expr::Name(target) = &*named.target
        {
            self.bind_outside_comprehension(target)?;
        }
        self.expressions([&*named.value, &*named.target])
    }

    /// The target of an assignment expression in a comprehension is bound in the block around it.
    fn bind_outside_comprehension(&mut self, target: &ast::ExprName) -> Result {
        let name = self.id_of(target);
        let range = target.range;
        for position in (0..self.stack.len()).rev() {
            let id = self.stack[position];
            let scope = &self.scopes[id.0 as usize];
            let flags = scope.flags(name);
            if scope.comprehension.is_some() {
                if flags & DEF_COMP_ITER != 0 && flags & DEF_LOCAL != 0 {
                    let message = format!(
                        "assignment expression cannot rebind comprehension iteration variable '{}'",
                        self.names.str(name)
                    );
                    return self.error(message, range);
                }
                continue;
            }
            let forbidden_in = match scope.kind {
                BlockKind::Function => {
                    let flag = if flags & DEF_GLOBAL != 0 { DEF_GLOBAL } else { DEF_NONLOCAL };
                    self.add_id(name, flag, range)?;
                    self.record_directive(name, range);
                    return self.add_to(id, name, DEF_LOCAL, range);
                }
                BlockKind::Module => {
                    self.add_id(name, DEF_GLOBAL, range)?;
                    self.record_directive(name, range);
                    return self.add_to(id, name, DEF_GLOBAL, range);
                }
                BlockKind::Class => "cannot be used in a class body",
                BlockKind::TypeParam => "cannot be used within the definition of a generic",
                BlockKind::TypeAlias => "cannot be used in a type alias",
                BlockKind::TypeVarBound => "cannot be used in a TypeVar bound",
                BlockKind::Annotation => continue,
            };
            let message = format!("assignment expression within a comprehension {forbidden_in}");
            return self.error(message, range);
        }
        Ok(())
    }

    fn forbid_in_annotation(&mut self, what: &str, range: TextRange) -> Result {
        let place = match self.current().kind {
            BlockKind::Annotation => "an annotation",
            BlockKind::TypeVarBound => "a TypeVar bound",
            BlockKind::TypeAlias => "a type alias",
            BlockKind::TypeParam => "the definition of a generic",
            BlockKind::Function | BlockKind::Class | BlockKind::Module => return Ok(()),
        };
        self.error(format!("{what} cannot be used within {place}"), range)
    }

    fn forbid_yield_in_comprehension(&mut self, range: TextRange) -> Result {
        let what = match self.current().comprehension {
            None => return Ok(()),
            Some(ComprehensionKind::List) => "list comprehension",
            Some(ComprehensionKind::Dict) => "dict comprehension",
            Some(ComprehensionKind::Set) => "set comprehension",
            Some(ComprehensionKind::Generator) => "generator expression",
        };
        self.error(format!("'yield' inside {what}"), range)
    }
}

#[cold]
fn too_deep() -> Box<CompileError> {
    CompileError::without_location(ErrorKind::Recursion, RECURSION_MESSAGE).into()
}

/// What `def` and `async def` have in common.
struct FunctionParts<'a> {
    key: BlockKey,
    type_params_key: BlockKey,
    range: TextRange,
    name: &'a str,
    args: &'a ast::Arguments,
    body: &'a mut [Stmt],
    decorators: &'a [Expr],
    returns: Option<&'a Expr>,
    type_params: &'a [TypeParam],
    is_async: bool,
}
