//! `re.Match`.

use super::pattern::{Pattern, compile_template};
use super::subject::{Subject, Walk};
use super::template::Template;
use pvm_vm::native::Args;
use pvm_vm::object::class::flag::NO_INSTANTIATION;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::generic_alias::GenericAlias;
use pvm_vm::types::init::class_of;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Vm};
use smallvec::SmallVec;
use std::cell::OnceCell;

/// A match.
pub struct Match {
    pattern: Ref<Pattern>,
    /// What was searched.
    object: Value,
    subject: Subject,
    pos: usize,
    endpos: usize,
    last_group: u32,
    /// Beginning and end of the match and of each group; `None` where a group did not take part.
    spans: SmallVec<[Option<(usize, usize)>; 4]>,
    regs: OnceCell<Value>,
}

pvm_vm::payload!(
    Match,
    "re.Match",
    |m, visit| {
        visit(m.pattern.as_value());
        visit(&m.object);
        m.regs.get().iter().for_each(|regs| visit(regs));
    },
    |_m| ()
);

impl Match {
    /// The last match of a walk.
    pub fn of_walk(vm: &mut Vm, pattern: &Ref<Pattern>, walk: &Walk) -> PyResult {
        let made = Match {
            pattern: pattern.clone(),
            object: walk.object.clone(),
            subject: walk.subject.clone(),
            pos: walk.pos,
            endpos: walk.endpos,
            last_group: walk.matcher.last_group,
            spans: (0..=pattern.program.groups).map(|group| walk.group(group)).collect(),
            regs: OnceCell::new(),
        };
        let class = class_of::<Match>(vm)?;
        Ok(Ref::new(made, &class).into())
    }

    fn part(&self, group: usize, default: &Value) -> Value {
        match self.spans.get(group).copied().flatten() {
            Some((start, end)) => self.subject.part(start, end),
            None => default.clone(),
        }
    }

    /// The number of the group that a name or number stands for.
    fn group_number(&self, vm: &mut Vm, group: &Value) -> PyResult<usize> {
        let number = if group.as_int().is_some() || group.class().slots.index.get().is_some() {
            Some(vm.to_index(group)?)
        } else {
            let found = match self.pattern.groupindex.downcast_ref::<Dict>() {
                Some(names) => match names.get(vm, group) {
                    Ok(found) => found,
                    Err(raised) if raised.is(&vm.types().exceptions.type_error) => None,
                    Err(raised) => return Err(raised),
                },
                None => None,
            };
            found.and_then(|number| number.as_small_int())
        };
        match number.and_then(|n| usize::try_from(n).ok()).filter(|n| *n < self.spans.len()) {
            Some(number) => Ok(number),
            None => Err(vm.index_error("no such group")),
        }
    }

    fn span_values(&self, group: usize) -> (i64, i64) {
        match self.spans.get(group).copied().flatten() {
            Some((start, end)) => (start as i64, end as i64),
            None => (-1, -1),
        }
    }

    fn span_of(&self, vm: &mut Vm, group: Option<&Value>) -> PyResult<(i64, i64)> {
        let number = match group {
            Some(group) => self.group_number(vm, group)?,
            None => 0,
        };
        Ok(self.span_values(number))
    }
}

fn pair((start, end): (i64, i64)) -> Value {
    Tuple::new([Value::int(start), Value::int(end)]).into()
}

/// The result of re.match() and re.search().
/// Match objects always have a boolean value of True.
#[pvm_vm_macros::pymethods(name = "Match", module = "re", flags = NO_INSTANTIATION)]
impl Match {
    /// One or more groups, by number or name.
    #[method(sig = "")]
    fn group(vm: &mut Vm, this: &Ref<Match>, args: Args<'_>) -> PyResult {
        match args.values {
            _ if !args.names.is_empty() => Err(vm.type_error("group() takes no keyword arguments")),
            [] => Ok(this.part(0, &Value::NONE)),
            [group] => {
                let number = this.group_number(vm, group)?;
                Ok(this.part(number, &Value::NONE))
            }
            many => {
                let mut parts = Vec::with_capacity(many.len());
                for group in many {
                    let number = this.group_number(vm, group)?;
                    parts.push(this.part(number, &Value::NONE));
                }
                Ok(Tuple::new(parts).into())
            }
        }
    }

    /// All groups.
    #[method(sig = "(default=None)")]
    fn groups(this: &Ref<Match>, default: Value) -> Value {
        Tuple::new((1..this.spans.len()).map(|group| this.part(group, &default)).collect::<Vec<_>>()).into()
    }

    /// All named groups, by name.
    #[method(sig = "(default=None)")]
    fn groupdict(vm: &mut Vm, this: &Ref<Match>, default: Value) -> PyResult {
        let groups = Dict::new();
        if let Some(names) = this.pattern.groupindex.downcast_ref::<Dict>() {
            for (name, number) in names.items() {
                let number =
                    number.as_small_int().and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
                groups.set(vm, name, this.part(number, &default))?;
            }
        }
        Ok(groups.into())
    }

    /// Where a group begins.
    #[method(sig = "(group=0, /)")]
    fn start(vm: &mut Vm, this: &Ref<Match>, #[default(Value::int(0))] group: Value) -> PyResult<i64> {
        this.span_of(vm, Some(&group)).map(|span| span.0)
    }

    /// Where a group ends.
    #[method(sig = "(group=0, /)")]
    fn end(vm: &mut Vm, this: &Ref<Match>, #[default(Value::int(0))] group: Value) -> PyResult<i64> {
        this.span_of(vm, Some(&group)).map(|span| span.1)
    }

    /// Where a group begins and ends.
    #[method(sig = "(group=0, /)")]
    fn span(vm: &mut Vm, this: &Ref<Match>, #[default(Value::int(0))] group: Value) -> PyResult {
        this.span_of(vm, Some(&group)).map(pair)
    }

    /// A template with the groups filled in.
    #[method(sig = "(template)")]
    fn expand(vm: &mut Vm, this: &Ref<Match>, template: &Value) -> PyResult {
        let compiled = compile_template(vm, &this.pattern, template)?;
        match compiled.downcast_ref::<Template>() {
            Some(template) => {
                template.expand(vm, &this.subject, |group| this.spans.get(group).copied().flatten())
            }
            None => vm.call(&compiled, &[this.into()]),
        }
    }

    /// The match itself.
    #[method(name = "__copy__", sig = "()")]
    fn copy(this: &Value) -> Value {
        this.clone()
    }

    /// The match itself.
    #[method(name = "__deepcopy__", sig = "(memo, /)")]
    fn deepcopy(this: &Value, _memo: &Value) -> Value {
        this.clone()
    }

    /// A generic alias.
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(class: &Ref<Class>, item: Value) -> Value {
        GenericAlias::new(class.into(), item).into()
    }

    /// What was searched.
    #[getter]
    fn string(&self) -> Value {
        self.object.clone()
    }

    /// The pattern.
    #[getter]
    fn re(&self) -> Value {
        (&self.pattern).into()
    }

    /// Where the search began.
    #[getter]
    fn pos(&self) -> usize {
        self.pos
    }

    /// Where the search ended.
    #[getter]
    fn endpos(&self) -> usize {
        self.endpos
    }

    /// The number of the group that matched last.
    #[getter]
    fn lastindex(&self) -> Value {
        if self.last_group == 0 { Value::NONE } else { Value::int(i64::from(self.last_group)) }
    }

    /// The name of the group that matched last.
    #[getter]
    fn lastgroup(&self) -> Value {
        let names = self.pattern.indexgroup.downcast_ref::<Tuple>();
        match names.and_then(|names| names.as_slice().get(self.last_group as usize)) {
            Some(name) if self.last_group != 0 => name.clone(),
            _ => Value::NONE,
        }
    }

    /// Beginning and end of the match and of all groups.
    #[getter]
    fn regs(&self) -> Value {
        let make = || {
            let spans = (0..self.spans.len()).map(|group| pair(self.span_values(group)));
            Tuple::new(spans.collect::<Vec<_>>()).into()
        };
        self.regs.get_or_init(make).clone()
    }

    #[slot(getitem)]
    fn getitem_slot(vm: &mut Vm, this: &Ref<Match>, key: &Value) -> PyResult {
        let number = this.group_number(vm, key)?;
        Ok(this.part(number, &Value::NONE))
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Ref<Match>) -> PyResult {
        let text = this.part(0, &Value::NONE);
        let shown = vm.repr(&text)?;
        let (start, end) = this.span_values(0);
        let mut out = pvm_vm::text::StrBuilder::new();
        out.push_utf8(&format!("<re.Match object; span=({start}, {end}), match="));
        out.push_str(shown.as_ref());
        out.push_utf8(">");
        Ok(Str::from_buf(out.finish()).into())
    }
}
