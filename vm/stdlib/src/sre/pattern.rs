//! `re.Pattern`.

use super::matches::Match;
use super::program::Program;
use super::scanner::{MatchIterator, Scanner};
use super::subject::{Mode, Subject, Walk};
use super::template::Template;
use super::translate::translate;
use pvm_vm::object::class::flag;
use pvm_vm::object::slots::CompareOp;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::{StrBuilder, StrRef};
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::generic_alias::GenericAlias;
use pvm_vm::types::init::class_of;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Vm};
use std::rc::Rc;

/// A compiled pattern.
pub struct Pattern {
    /// What was compiled.
    pub pattern: Value,
    /// Its flags.
    pub flags: i64,
    /// Whether it is one of bytes; `None` where it matches both.
    pub is_bytes: Option<bool>,
    /// Group numbers by name.
    pub groupindex: Value,
    /// Group names by number.
    pub indexgroup: Value,
    /// What the engine runs.
    pub program: Rc<Program>,
    code: Box<[u32]>,
}

pvm_vm::payload!(
    Pattern,
    "re.Pattern",
    |p, visit| {
        visit(&p.pattern);
        visit(&p.groupindex);
        visit(&p.indexgroup);
    },
    |_p| ()
);

/// What replaces matches.
enum Filter {
    Literal(Value),
    Template(Ref<Template>),
    Callable(Value),
}

/// The parts of a result, which are put together at the end.
enum Parts {
    Text(StrBuilder),
    Bytes(Vec<u8>),
}

impl Parts {
    fn push(&mut self, vm: &mut Vm, subject: &Subject, start: usize, end: usize) -> PyResult<()> {
        match (self, subject) {
            (Parts::Text(out), Subject::Str(text)) => out.push_str(text.as_ref().view(start..end)),
            (Parts::Bytes(out), Subject::Bytes(bytes)) => {
                out.extend_from_slice(bytes.as_slice().get(start..end).unwrap_or(&[]));
            }
            _ => return Err(vm.system_error("a subject of another kind")),
        }
        Ok(())
    }

    fn push_value(&mut self, vm: &mut Vm, value: &Value, index: usize) -> PyResult<()> {
        match self {
            Parts::Text(out) => match value.downcast_ref::<Str>() {
                Some(text) => out.push_str(text.as_ref()),
                None => {
                    let class = value.class().name();
                    return Err(
                        vm.type_error(format!("sequence item {index}: expected str instance, {class} found"))
                    );
                }
            },
            Parts::Bytes(out) => {
                if !vm.is_bytes_like(value) {
                    let class = value.class().name();
                    return Err(vm.type_error(format!(
                        "sequence item {index}: expected a bytes-like object, {class} found"
                    )));
                }
                out.extend(vm.bytes_of(value)?);
            }
        }
        Ok(())
    }

    fn finish(self) -> Value {
        match self {
            Parts::Text(out) => out.finish().into(),
            Parts::Bytes(out) => Bytes::new(out).into(),
        }
    }
}

impl Pattern {
    /// `_sre.compile`
    pub fn compile(
        vm: &mut Vm,
        pattern: &Value,
        flags: i64,
        code: &Value,
        groups: i64,
        groupindex: &Value,
        indexgroup: &Value,
    ) -> PyResult {
        let items = match code.downcast_ref::<List>() {
            Some(list) => list.to_vec(),
            None => {
                let class = code.class().name();
                return Err(vm.type_error(format!("compile() argument 'code' must be list, not {class}")));
            }
        };
        let mut words = Vec::with_capacity(items.len());
        for item in &items {
            let word = item.as_int().and_then(|i| i.to_i64());
            match word.map(u32::try_from) {
                Some(Ok(word)) => words.push(word),
                _ => {
                    vm.index(item)?;
                    return Err(vm.overflow_error("regular expression code size limit exceeded"));
                }
            }
        }
        let groups = usize::try_from(groups).unwrap_or(0);
        let program = if groups <= words.len() { translate(&words, groups) } else { None };
        let Some(program) = program else { return Err(vm.runtime_error("invalid SRE code")) };
        let is_bytes = if pattern.is_none() { None } else { Some(!pattern.holds::<Str>()) };
        let made = Pattern {
            pattern: pattern.clone(),
            flags,
            is_bytes,
            groupindex: groupindex.clone(),
            indexgroup: indexgroup.clone(),
            program: Rc::new(program),
            code: words.into(),
        };
        let class = class_of::<Pattern>(vm)?;
        Ok(Ref::new(made, &class).into())
    }

    fn once(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64, mode: Mode) -> PyResult {
        let mut walk = Walk::new(vm, this, string, pos, endpos)?;
        if walk.next(vm, &this.program, mode)? { Match::of_walk(vm, this, &walk) } else { Ok(Value::NONE) }
    }

    fn substitute(
        vm: &mut Vm,
        this: &Ref<Pattern>,
        replacement: &Value,
        string: &Value,
        count: i64,
    ) -> PyResult<(Value, usize)> {
        let filter = Pattern::filter(vm, this, replacement)?;
        let mut walk = Walk::new(vm, this, string, 0, i64::MAX)?;
        let mut parts = match &walk.subject {
            Subject::Str(text) => Parts::Text(StrBuilder::with_capacity(text.as_ref().kind(), text.len())),
            Subject::Bytes(bytes) => Parts::Bytes(Vec::with_capacity(bytes.as_slice().len())),
        };
        let limit = if count == 0 { usize::MAX } else { usize::try_from(count).unwrap_or(0) };
        let (mut copied, mut done, mut items) = (0, 0, 0);
        while done < limit && walk.next(vm, &this.program, Mode::Search)? {
            let (start, end) = (walk.matcher.start, walk.matcher.end);
            if copied < start {
                parts.push(vm, &walk.subject, copied, start)?;
                items += 1;
            }
            match &filter {
                Filter::Literal(value) => parts.push_value(vm, value, items)?,
                Filter::Template(template) => {
                    if let (Parts::Text(out), Subject::Str(text)) = (&mut parts, &walk.subject) {
                        template.append_text(text.as_ref(), |group| walk.group(group), out);
                    } else {
                        let value = template.expand(vm, &walk.subject, |group| walk.group(group))?;
                        parts.push_value(vm, &value, items)?;
                    }
                }
                Filter::Callable(callable) => {
                    let found = Match::of_walk(vm, this, &walk)?;
                    let value = vm.call(callable, &[found])?;
                    if !value.is_none() {
                        parts.push_value(vm, &value, items)?;
                    }
                }
            }
            items += 1;
            copied = end;
            done += 1;
        }
        if done == 0 {
            return Ok((walk.subject.part(0, walk.subject.len()), 0));
        }
        parts.push(vm, &walk.subject, copied, walk.subject.len())?;
        Ok((parts.finish(), done))
    }

    fn filter(vm: &mut Vm, this: &Ref<Pattern>, replacement: &Value) -> PyResult<Filter> {
        if vm.is_callable(replacement) {
            return Ok(Filter::Callable(replacement.clone()));
        }
        let literal = if let Some(text) = replacement.downcast_ref::<Str>() {
            text.as_ref().find_code(u32::from(b'\\')).is_none()
        } else if vm.is_bytes_like(replacement) {
            let bytes = vm.bytes_like(replacement)?;
            bytes.with(|bytes| memchr::memchr(b'\\', bytes).is_none())
        } else {
            false
        };
        if literal {
            return Ok(Filter::Literal(replacement.clone()));
        }
        let compiled = compile_template(vm, this, replacement)?;
        match compiled.downcast::<Template>() {
            Ok(template) => Ok(match template.as_literal() {
                Some(literal) => Filter::Literal(literal),
                None => Filter::Template(template),
            }),
            Err(other) => Ok(Filter::Callable(other)),
        }
    }
}

/// `re._compile_template(pattern, replacement)`
pub fn compile_template(vm: &mut Vm, pattern: &Ref<Pattern>, replacement: &Value) -> PyResult {
    let Some(import) = vm.interp.builtins.get().and_then(|builtins| builtins.get_name("__import__")) else {
        return Err(vm.runtime_error("builtins.__import__ is missing"));
    };
    let re = vm.call(&import, &["re".into()])?;
    vm.call_method_str(&re, "_compile_template", &[pattern.into(), replacement.clone()])
}

/// Compiled regular expression object.
#[pvm_vm_macros::pymethods(name = "Pattern", module = "re", flags = flag::NO_INSTANTIATION | flag::HAS_WEAKREF)]
impl Pattern {
    /// A match at the beginning of a string, or None.
    #[method(name = "match", sig = "(string, pos=0, endpos=sys.maxsize)")]
    fn match_(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64) -> PyResult {
        Pattern::once(vm, this, string, pos, endpos, Mode::Match)
    }

    /// A match of a whole string, or None.
    #[method(sig = "(string, pos=0, endpos=sys.maxsize)")]
    fn fullmatch(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64) -> PyResult {
        Pattern::once(vm, this, string, pos, endpos, Mode::FullMatch)
    }

    /// The first match in a string, or None.
    #[method(sig = "(string, pos=0, endpos=sys.maxsize)")]
    fn search(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64) -> PyResult {
        Pattern::once(vm, this, string, pos, endpos, Mode::Search)
    }

    /// All matches in a string: their groups, or their texts where there are no groups.
    #[method(sig = "(string, pos=0, endpos=sys.maxsize)")]
    fn findall(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64) -> PyResult {
        let mut walk = Walk::new(vm, this, string, pos, endpos)?;
        let mut found = Vec::new();
        let groups = this.program.groups;
        while walk.next(vm, &this.program, Mode::Search)? {
            let part = |group| match walk.group(group) {
                Some((start, end)) => walk.subject.part(start, end),
                None => walk.subject.part(0, 0),
            };
            found.push(match groups {
                0 => part(0),
                1 => part(1),
                _ => Tuple::new((1..=groups).map(part).collect::<Vec<_>>()).into(),
            });
        }
        Ok(List::new(found).into())
    }

    /// An iterator over the matches in a string.
    #[method(sig = "(string, pos=0, endpos=sys.maxsize)")]
    fn finditer(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64) -> PyResult {
        let walk = Walk::new(vm, this, string, pos, endpos)?;
        MatchIterator::make(vm, this, walk)
    }

    /// A scanner, which matches or searches again and again.
    #[method(sig = "(string, pos=0, endpos=sys.maxsize)")]
    fn scanner(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, pos: i64, endpos: i64) -> PyResult {
        let walk = Walk::new(vm, this, string, pos, endpos)?;
        Scanner::make(vm, this, walk)
    }

    /// The parts of a string between matches.
    #[method(sig = "(string, maxsplit=0)")]
    fn split(vm: &mut Vm, this: &Ref<Pattern>, string: &Value, maxsplit: i64) -> PyResult {
        let mut walk = Walk::new(vm, this, string, 0, i64::MAX)?;
        let limit = if maxsplit == 0 { usize::MAX } else { usize::try_from(maxsplit).unwrap_or(0) };
        let mut parts = Vec::new();
        let (mut copied, mut done) = (0, 0);
        while done < limit && walk.next(vm, &this.program, Mode::Search)? {
            parts.push(walk.subject.part(copied, walk.matcher.start));
            for group in 1..=this.program.groups {
                parts.push(
                    walk.group(group).map_or(Value::NONE, |(start, end)| walk.subject.part(start, end)),
                );
            }
            copied = walk.matcher.end;
            done += 1;
        }
        parts.push(walk.subject.part(copied, walk.subject.len()));
        Ok(List::new(parts).into())
    }

    /// A string with matches replaced.
    #[method(sig = "(repl, string, count=0)")]
    fn sub(vm: &mut Vm, this: &Ref<Pattern>, repl: &Value, string: &Value, count: i64) -> PyResult {
        Pattern::substitute(vm, this, repl, string, count).map(|(text, _)| text)
    }

    /// A string with matches replaced, and how many there were.
    #[method(sig = "(repl, string, count=0)")]
    fn subn(vm: &mut Vm, this: &Ref<Pattern>, repl: &Value, string: &Value, count: i64) -> PyResult {
        let (text, done) = Pattern::substitute(vm, this, repl, string, count)?;
        Ok(Tuple::new([text, done.into()]).into())
    }

    /// The pattern itself.
    #[method(name = "__copy__", sig = "()")]
    fn copy(this: &Value) -> Value {
        this.clone()
    }

    /// The pattern itself.
    #[method(name = "__deepcopy__", sig = "(memo, /)")]
    fn deepcopy(this: &Value, _memo: &Value) -> Value {
        this.clone()
    }

    /// A generic alias.
    #[classmethod(name = "__class_getitem__", sig = "")]
    fn class_getitem(class: &Ref<Class>, item: Value) -> Value {
        GenericAlias::new(class.into(), item).into()
    }

    /// What was compiled.
    #[getter]
    fn pattern(&self) -> Value {
        self.pattern.clone()
    }

    /// The flags.
    #[getter]
    fn flags(&self) -> i64 {
        self.flags
    }

    /// The number of groups.
    #[getter]
    fn groups(&self) -> usize {
        self.program.groups
    }

    /// Group numbers by name.
    #[getter]
    fn groupindex(&self) -> Value {
        pvm_vm::types::mapping_proxy::MappingProxy::new(self.groupindex.clone()).into()
    }

    #[slot(hash)]
    fn hash_slot(vm: &mut Vm, this: &Ref<Pattern>) -> PyResult<i64> {
        let mut hash = vm.hash(&this.pattern)?;
        for word in &this.code {
            hash = hash.wrapping_mul(1_000_003) ^ i64::from(*word);
        }
        hash ^= this.flags ^ this.program.groups as i64;
        Ok(if hash == -1 { -2 } else { hash })
    }

    #[slot(richcompare)]
    fn compare_slot(vm: &mut Vm, this: &Ref<Pattern>, other: &Value, op: CompareOp) -> PyResult {
        let Some(other) = other.downcast_ref::<Pattern>() else { return Ok(Value::NOT_IMPLEMENTED) };
        if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Ok(Value::NOT_IMPLEMENTED);
        }
        let equal = this.is(other)
            || (this.flags == other.flags
                && this.is_bytes == other.is_bytes
                && this.code == other.code
                && vm.equals(&this.pattern, &other.pattern)?);
        Ok(Value::bool(equal == (op == CompareOp::Eq)))
    }

    #[slot(repr)]
    fn repr_slot(vm: &mut Vm, this: &Ref<Pattern>) -> PyResult {
        const NAMES: [(i64, &str); 9] = [
            (1, "re.TEMPLATE"),
            (2, "re.IGNORECASE"),
            (4, "re.LOCALE"),
            (8, "re.MULTILINE"),
            (16, "re.DOTALL"),
            (32, "re.UNICODE"),
            (64, "re.VERBOSE"),
            (128, "re.DEBUG"),
            (256, "re.ASCII"),
        ];
        let mut flags = this.flags;
        // Strings are Unicode unless they say otherwise.
        if this.is_bytes == Some(false) && flags & (4 | 32 | 256) == 32 {
            flags &= !32;
        }
        let shown = vm.repr(&this.pattern)?;
        let mut out = StrBuilder::new();
        out.push_utf8("re.compile(");
        out.push_str(shown.as_ref().view(0..200));
        let mut names = Vec::new();
        for (bit, name) in NAMES {
            if flags & bit != 0 {
                names.push(name.to_owned());
                flags &= !bit;
            }
        }
        if flags != 0 {
            names.push(format!("0x{flags:x}"));
        }
        if !names.is_empty() {
            out.push_utf8(", ");
            out.push_utf8(&names.join("|"));
        }
        out.push_str(StrRef::Ascii(b")"));
        Ok(out.finish().into())
    }
}
