//! Second pass: from how blocks use names to where the names live.
//!
//! The walk goes down with the names that the blocks around bind and declare global, and comes up with the
//! names that are free within. A local name that is free in a block within becomes a cell.

use super::{BlockKind, NameScope, Scope, ScopeId, SymbolTable, symbol_flags::*};
use crate::Result;
use crate::names::{NameId, Names};
use crate::{CompileError, ErrorKind};
use rustc_hash::FxHashSet;
use std::borrow::Cow;

type NameSet = FxHashSet<NameId>;

pub(super) fn analyze(table: &mut SymbolTable) -> Result {
    let mut analyzer = Analyzer { names: &table.names, scopes: &mut table.scopes };
    let (global, type_params) = (NameSet::default(), NameSet::default());
    let around =
        Around { bound: None, global: Cow::Borrowed(&global), type_params: Cow::Borrowed(&type_params) };
    analyzer.block(ScopeId::MODULE, around, None)?;
    Ok(())
}

/// The names that a block sees of the blocks around it. What it changes in them, only blocks within see.
struct Around<'a> {
    /// Names bound in functions around; none at all for a module.
    bound: Option<Cow<'a, NameSet>>,
    /// Names declared global.
    global: Cow<'a, NameSet>,
    /// Type parameters.
    type_params: Cow<'a, NameSet>,
}

/// Takes a name out of a set, which is copied only if the name is there.
fn discard(set: &mut Cow<'_, NameSet>, name: NameId) {
    if set.contains(&name) {
        set.to_mut().remove(&name);
    }
}

struct Analyzer<'t> {
    names: &'t Names,
    scopes: &'t mut [Scope],
}

impl Analyzer<'_> {
    fn scope(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// Analyses a block and all within; returns the names that are free in it.
    fn block(&mut self, id: ScopeId, mut around: Around<'_>, class: Option<ScopeId>) -> Result<NameSet> {
        let scope = self.scope(id);
        let is_class = scope.kind == BlockKind::Class;
        let function_like = scope.is_function_like();
        let has_children = !scope.children.is_empty();
        let count = scope.symbols.entries.len();
        let mut free_here = NameSet::default();

        // What a class binds is not visible in its methods: they see what the class itself sees.
        let mut bound_within = NameSet::default();
        let mut global_within = NameSet::default();
        if is_class && has_children {
            bound_within.extend(around.bound.iter().flat_map(|bound| bound.iter()));
            global_within.extend(around.global.iter());
        }
        let mut scopes = Vec::with_capacity(count);
        for position in 0..count {
            let (name, flags) = self.scope(id).symbols.entries[position];
            scopes.push(self.name(id, name, flags, &mut around, &mut free_here, class)?);
        }
        if is_class {
            bound_within.extend([NameId::CLASS, NameId::CLASSDICT]);
        } else if has_children {
            if function_like {
                let entries = &self.scope(id).symbols.entries;
                let local = entries.iter().zip(&scopes).filter(|(_, scope)| **scope == NameScope::Local);
                bound_within.extend(local.map(|(entry, _)| entry.0));
            }
            bound_within.extend(around.bound.iter().flat_map(|bound| bound.iter()));
            global_within.extend(around.global.iter());
        }

        let mut free_within = NameSet::default();
        let mut inlined_cells = NameSet::default();
        for position in 0..self.scope(id).children.len() {
            let child = self.scope(id).children[position];
            let child_scope = &self.scopes[child.0 as usize];
            let inline = child_scope.comprehension.is_some() && !child_scope.generator;
            let child_class = match (child_scope.can_see_class_scope, is_class) {
                (false, _) => None,
                (true, true) => Some(id),
                (true, false) => class,
            };
            let around_child = Around {
                bound: Some(Cow::Borrowed(&bound_within)),
                global: Cow::Borrowed(&global_within),
                type_params: Cow::Borrowed(&around.type_params),
            };
            let mut child_free = self.block(child, around_child, child_class)?;
            if inline {
                self.inline_comprehension(id, child, &mut scopes, &mut child_free, &mut inlined_cells);
                self.scope(child).comp_inlined = true;
            }
            free_within.extend(child_free);
            let child_scope = &self.scopes[child.0 as usize];
            if child_scope.free || child_scope.child_free {
                self.scope(id).child_free = true;
            }
        }
        self.splice_inlined_children(id);

        if function_like {
            self.cells(id, &mut scopes, &mut free_within, &inlined_cells);
        } else if is_class {
            let scope = self.scope(id);
            scope.needs_class_closure |= free_within.remove(&NameId::CLASS);
            scope.needs_classdict |= free_within.remove(&NameId::CLASSDICT);
        }
        self.update_symbols(id, &scopes, around.bound.as_deref(), &free_within, &inlined_cells);
        free_here.extend(free_within);
        Ok(free_here)
    }

    /// Decides on one name of a block.
    fn name(
        &mut self,
        id: ScopeId,
        name: NameId,
        flags: u32,
        around: &mut Around<'_>,
        free: &mut NameSet,
        class: Option<ScopeId>,
    ) -> Result<NameScope> {
        if flags & DEF_GLOBAL != 0 {
            if flags & DEF_NONLOCAL != 0 {
                return Err(self.at_directive(id, name, "name '{}' is nonlocal and global"));
            }
            around.global.to_mut().insert(name);
            if let Some(bound) = &mut around.bound {
                discard(bound, name);
            }
            return Ok(NameScope::GlobalExplicit);
        }
        if flags & DEF_NONLOCAL != 0 {
            let message = match &around.bound {
                None => "nonlocal declaration not allowed at module level",
                Some(bound) if !bound.contains(&name) => "no binding for nonlocal '{}' found",
                Some(_) if around.type_params.contains(&name) => {
                    "nonlocal binding not allowed for type parameter '{}'"
                }
                Some(_) => {
                    self.scope(id).free = true;
                    free.insert(name);
                    return Ok(NameScope::Free);
                }
            };
            return Err(self.at_directive(id, name, message));
        }
        if flags & DEF_BOUND != 0 {
            discard(&mut around.global, name);
            if flags & DEF_TYPE_PARAM != 0 {
                around.type_params.to_mut().insert(name);
            } else {
                discard(&mut around.type_params, name);
            }
            return Ok(NameScope::Local);
        }
        // An annotation scope in a class sees the class's namespace and the globals, even where a function around
        // the class binds the name as well.
        if let Some(class) = class {
            let class_flags = self.scope(class).flags(name);
            if class_flags & DEF_GLOBAL != 0 {
                return Ok(NameScope::GlobalExplicit);
            }
            if class_flags & DEF_BOUND != 0 && class_flags & DEF_NONLOCAL == 0 {
                return Ok(NameScope::GlobalImplicit);
            }
        }
        if around.bound.as_ref().is_some_and(|bound| bound.contains(&name)) {
            self.scope(id).free = true;
            free.insert(name);
            return Ok(NameScope::Free);
        }
        if !around.global.contains(&name) && self.scope(id).nested {
            self.scope(id).free = true;
        }
        Ok(NameScope::GlobalImplicit)
    }

    /// A `SyntaxError` at the `global` or `nonlocal` statement that names `name`.
    #[cold]
    fn at_directive(&mut self, id: ScopeId, name: NameId, message: &str) -> Box<CompileError> {
        let message = message.replace("{}", self.names.str(name));
        match self.scope(id).directives.iter().find(|directive| directive.0 == name) {
            Some((_, location)) => CompileError::syntax(message, *location).into(),
            None => CompileError::without_location(
                ErrorKind::System,
                "BUG: internal directive bookkeeping broken",
            )
            .into(),
        }
    }

    /// Merges the names of a comprehension that will be inlined into the block around it.
    fn inline_comprehension(
        &mut self,
        id: ScopeId,
        comprehension: ScopeId,
        scopes: &mut Vec<NameScope>,
        free: &mut NameSet,
        inlined_cells: &mut NameSet,
    ) {
        for position in 0..self.scope(comprehension).symbols.entries.len() {
            let (name, flags) = self.scope(comprehension).symbols.entries[position];
            if flags & DEF_PARAM != 0 {
                continue;
            }
            let scope = NameScope::from_flags(flags);
            let only_flags = flags & ((1 << SCOPE_OFFSET) - 1);
            if scope == NameScope::Cell || only_flags & DEF_COMP_CELL != 0 {
                inlined_cells.insert(name);
            }
            match self.scope(id).symbols.get(name) {
                None => {
                    self.scope(id).symbols.set(name, only_flags);
                    scopes.push(scope);
                }
                // What is free in the comprehension and local around it can be simply local, unless a block
                // within the comprehension needs it, or the names around are a class's.
                Some(existing) if existing & DEF_BOUND != 0 => {
                    if self.scope(id).kind != BlockKind::Class && !self.free_in_any_child(comprehension, name)
                    {
                        free.remove(&name);
                    }
                }
                Some(_) => {}
            }
        }
    }

    fn free_in_any_child(&self, id: ScopeId, name: NameId) -> bool {
        let children = &self.scopes[id.0 as usize].children;
        children.iter().any(|child| self.scopes[child.0 as usize].scope_of(name) == NameScope::Free)
    }

    /// Puts the children of inlined comprehensions in the place of these.
    fn splice_inlined_children(&mut self, id: ScopeId) {
        let children = &self.scopes[id.0 as usize].children;
        let inlined = |child: &ScopeId| self.scopes[child.0 as usize].comp_inlined;
        if !children.iter().any(inlined) {
            return;
        }
        let mut spliced = Vec::with_capacity(children.len());
        for child in children {
            if inlined(child) {
                spliced.extend_from_slice(&self.scopes[child.0 as usize].children);
            } else {
                spliced.push(*child);
            }
        }
        self.scope(id).children = spliced;
    }

    /// Makes cells of the locals that are free within.
    fn cells(&mut self, id: ScopeId, scopes: &mut [NameScope], free: &mut NameSet, inlined_cells: &NameSet) {
        for (scope, (name, _)) in scopes.iter_mut().zip(&self.scope(id).symbols.entries) {
            if *scope == NameScope::Local && (free.contains(name) || inlined_cells.contains(name)) {
                *scope = NameScope::Cell;
                free.remove(name);
            }
        }
    }

    /// Writes the decisions into the block's symbols, and adds the names that only pass through it.
    fn update_symbols(
        &mut self,
        id: ScopeId,
        scopes: &[NameScope],
        bound: Option<&NameSet>,
        free: &NameSet,
        inlined_cells: &NameSet,
    ) {
        let scope = self.scope(id);
        let sees_class = scope.kind == BlockKind::Class || scope.can_see_class_scope;
        for ((name, flags), name_scope) in scope.symbols.entries.iter_mut().zip(scopes) {
            if inlined_cells.contains(name) {
                *flags |= DEF_COMP_CELL;
            }
            *flags |= (*name_scope as u32) << SCOPE_OFFSET;
        }
        // CPython walks a set here, in an order that nothing depends on; ours is at least the same every time.
        let mut free: Vec<NameId> = free.iter().copied().collect();
        free.sort_unstable();
        for name in free {
            match scope.symbols.get(name) {
                Some(flags) if sees_class => scope.symbols.set(name, flags | DEF_FREE_CLASS),
                Some(_) => {}
                None if bound.is_some_and(|bound| !bound.contains(&name)) => {}
                None => scope.symbols.set(name, (NameScope::Free as u32) << SCOPE_OFFSET),
            }
        }
    }
}
