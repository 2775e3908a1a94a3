//! Second pass: from how blocks use names to where the names live.
//!
//! The walk goes down with the names that the blocks around bind and declare global, and comes up with the
//! names that are free within. A local name that is free in a block within becomes a cell.

use super::{BlockKind, NameScope, Scope, ScopeId, SymbolTable, symbol_flags::*};
use crate::Result;
use crate::names::{NameId, Names};
use crate::{CompileError, ErrorKind};
use rustc_hash::FxHashSet;

type NameSet = FxHashSet<NameId>;

pub(super) fn analyze(table: &mut SymbolTable) -> Result {
    let around = vec![0; table.names.len()];
    let mut analyzer =
        Analyzer { names: &table.names, scopes: &mut table.scopes, around, changes: Vec::new() };
    analyzer.block(ScopeId::MODULE, None)?;
    Ok(())
}

/// What the blocks around say of a name, in bits.
mod around {
    /// A function around binds it.
    pub const BOUND: u8 = 1;
    /// A block around declares it global.
    pub const GLOBAL: u8 = 2;
    /// It is a type parameter.
    pub const TYPE_PARAM: u8 = 4;
}

struct Analyzer<'t> {
    names: &'t Names,
    scopes: &'t mut [Scope],
    /// By the name's index: the bits of [`around`] as the block sees them that is being analysed.
    around: Vec<u8>,
    /// What was in `around` before it was changed for blocks within, to be put back after them.
    changes: Vec<(NameId, u8)>,
}

impl Analyzer<'_> {
    fn scope(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0 as usize]
    }

    /// Changes what blocks within see.
    fn show(&mut self, name: NameId, bits: u8) {
        let around = &mut self.around[name.index()];
        if *around != bits {
            self.changes.push((name, *around));
            *around = bits;
        }
    }

    /// Analyses a block and all within; returns the names that are free in it, in ascending order.
    fn block(&mut self, id: ScopeId, class: Option<ScopeId>) -> Result<Vec<NameId>> {
        let unchanged = self.changes.len();
        let scope = self.scope(id);
        let is_class = scope.kind == BlockKind::Class;
        let function_like = scope.is_function_like();
        let has_children = !scope.children.is_empty();
        let mut free = Vec::new();
        let mut entries = std::mem::take(&mut scope.symbols.entries);
        let mut uses_unknown = false;
        for (name, flags) in &mut entries {
            let bits = self.around[name.index()];
            let is_bound_here = *flags & DEF_BOUND != 0;
            let place = if *flags & (DEF_GLOBAL | DEF_NONLOCAL) != 0 {
                self.declared(id, *name, *flags, bits)?
            } else if let Some(class) = class.filter(|_| !is_bound_here)
                && let Some(place) = self.in_class(class, *name)
            {
                place
            } else {
                // Which of these it is cannot be predicted.
                const PLACES: [[NameScope; 2]; 2] =
                    [[NameScope::GlobalImplicit, NameScope::Free], [NameScope::Local, NameScope::Local]];
                let is_bound_around = bits & around::BOUND != 0;
                uses_unknown |= !is_bound_here & !is_bound_around & (bits & around::GLOBAL == 0);
                PLACES[usize::from(is_bound_here)][usize::from(is_bound_around)]
            };
            if place == NameScope::Free {
                free.push(*name);
            }
            if has_children {
                self.show(*name, seen_within(bits, *flags, is_class, function_like));
            }
            *flags |= (place as u32) << SCOPE_OFFSET;
        }
        let scope = self.scope(id);
        scope.symbols.entries = entries;
        scope.free |= !free.is_empty() || scope.nested && uses_unknown;
        let own_free = free.len();
        let mut inlined_cells = NameSet::default();
        if has_children {
            if is_class {
                for name in [NameId::CLASS, NameId::CLASSDICT] {
                    self.show(name, self.around[name.index()] | around::BOUND);
                }
            }
            self.children(id, class, &mut free, &mut inlined_cells)?;
            for (name, bits) in self.changes.drain(unchanged..).rev() {
                self.around[name.index()] = bits;
            }
        }

        let mut free_within = free.split_off(own_free);
        free_within.sort_unstable();
        free_within.dedup();
        if function_like {
            self.cells(id, &mut free_within, &inlined_cells);
        } else if is_class {
            let scope = self.scope(id);
            free_within.retain(|name| {
                scope.needs_class_closure |= *name == NameId::CLASS;
                scope.needs_classdict |= *name == NameId::CLASSDICT;
                *name != NameId::CLASS && *name != NameId::CLASSDICT
            });
        }
        self.update_symbols(id, &free_within, &inlined_cells);
        if free.is_empty() {
            return Ok(free_within);
        }
        free.append(&mut free_within);
        free.sort_unstable();
        free.dedup();
        Ok(free)
    }

    /// Analyses the blocks within a block, and appends the names that are free in them.
    fn children(
        &mut self,
        id: ScopeId,
        class: Option<ScopeId>,
        free: &mut Vec<NameId>,
        inlined_cells: &mut NameSet,
    ) -> Result {
        let is_class = self.scope(id).kind == BlockKind::Class;
        for position in 0..self.scope(id).children.len() {
            let child = self.scope(id).children[position];
            let child_scope = &self.scopes[child.0 as usize];
            let inline = child_scope.comprehension.is_some() && !child_scope.generator;
            let child_class = match (child_scope.can_see_class_scope, is_class) {
                (false, _) => None,
                (true, true) => Some(id),
                (true, false) => class,
            };
            let mut child_free = self.block(child, child_class)?;
            if inline {
                self.inline_comprehension(id, child, &mut child_free, inlined_cells);
                self.scope(child).comp_inlined = true;
            }
            free.append(&mut child_free);
            let child_scope = &self.scopes[child.0 as usize];
            if child_scope.free || child_scope.child_free {
                self.scope(id).child_free = true;
            }
        }
        self.splice_inlined_children(id);
        Ok(())
    }

    /// Decides on a name that an annotation scope in a class uses, if the class does. Such a scope sees the class's
    /// namespace and the globals, even where a function around the class binds the name as well.
    #[inline(never)]
    fn in_class(&mut self, class: ScopeId, name: NameId) -> Option<NameScope> {
        let flags = self.scope(class).flags(name);
        if flags & DEF_GLOBAL != 0 {
            Some(NameScope::GlobalExplicit)
        } else if flags & DEF_BOUND != 0 && flags & DEF_NONLOCAL == 0 {
            Some(NameScope::GlobalImplicit)
        } else {
            None
        }
    }

    /// Decides on a name that a `global` or `nonlocal` statement names.
    #[inline(never)]
    fn declared(&mut self, id: ScopeId, name: NameId, flags: u32, bits: u8) -> Result<NameScope> {
        let message = if flags & DEF_GLOBAL != 0 {
            if flags & DEF_NONLOCAL == 0 {
                return Ok(NameScope::GlobalExplicit);
            }
            "name '{}' is nonlocal and global"
        } else if id == ScopeId::MODULE {
            "nonlocal declaration not allowed at module level"
        } else if bits & around::BOUND == 0 {
            "no binding for nonlocal '{}' found"
        } else if bits & around::TYPE_PARAM != 0 {
            "nonlocal binding not allowed for type parameter '{}'"
        } else {
            return Ok(NameScope::Free);
        };
        Err(self.at_directive(id, name, message))
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
        free: &mut Vec<NameId>,
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
                None => self.scope(id).symbols.set(name, flags),
                // What is free in the comprehension and local around it can be simply local, unless a block
                // within the comprehension needs it, or the names around are a class's.
                Some(existing) if existing & DEF_BOUND != 0 => {
                    if self.scope(id).kind != BlockKind::Class
                        && !self.free_in_any_child(comprehension, name)
                        && let Ok(place) = free.binary_search(&name)
                    {
                        free.remove(place);
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
    fn cells(&mut self, id: ScopeId, free: &mut Vec<NameId>, inlined_cells: &NameSet) {
        const SCOPE: u32 = SCOPE_MASK << SCOPE_OFFSET;
        if free.is_empty() && inlined_cells.is_empty() {
            return;
        }
        let mut cells = Vec::new();
        for (name, flags) in &mut self.scope(id).symbols.entries {
            if NameScope::from_flags(*flags) == NameScope::Local
                && (free.binary_search(name).is_ok() || inlined_cells.contains(name))
            {
                *flags = *flags & !SCOPE | (NameScope::Cell as u32) << SCOPE_OFFSET;
                cells.push(*name);
            }
        }
        cells.sort_unstable();
        free.retain(|name| cells.binary_search(name).is_err());
    }

    /// Marks the cells of inlined comprehensions, and adds the names that only pass through the block.
    fn update_symbols(&mut self, id: ScopeId, free: &[NameId], inlined_cells: &NameSet) {
        let Analyzer { scopes, around, .. } = self;
        let scope = &mut scopes[id.0 as usize];
        let sees_class = scope.kind == BlockKind::Class || scope.can_see_class_scope;
        if !inlined_cells.is_empty() {
            for (name, flags) in &mut scope.symbols.entries {
                if inlined_cells.contains(name) {
                    *flags |= DEF_COMP_CELL;
                }
            }
        }
        // CPython walks a set here, in an order that nothing depends on; ours is at least the same every time.
        for name in free {
            match scope.symbols.get(*name) {
                Some(flags) if sees_class => scope.symbols.set(*name, flags | DEF_FREE_CLASS),
                Some(_) => {}
                None if id != ScopeId::MODULE && around[name.index()] & around::BOUND == 0 => {}
                None => scope.symbols.set(*name, (NameScope::Free as u32) << SCOPE_OFFSET),
            }
        }
    }
}

/// What blocks within see of a name that a block uses, given what the block itself sees.
fn seen_within(around: u8, flags: u32, is_class: bool, function_like: bool) -> u8 {
    if flags & DEF_GLOBAL != 0 {
        // What a class binds or declares is not visible in its methods: they see what the class itself sees.
        return if is_class { around } else { around & !around::BOUND | around::GLOBAL };
    }
    if flags & DEF_NONLOCAL != 0 || flags & DEF_BOUND == 0 {
        return around;
    }
    let mut seen = around & !around::TYPE_PARAM;
    if flags & DEF_TYPE_PARAM != 0 {
        seen |= around::TYPE_PARAM;
    }
    if !is_class {
        seen &= !around::GLOBAL;
    }
    if function_like {
        seen |= around::BOUND;
    }
    seen
}
