//! The methods that `bytes` and `bytearray` share. Each gives an object of the type it is called on.

use super::arguments::{Needle, fill_byte};
use crate::native::Optional;
use crate::object::{Class, Ref, Value};
use crate::text::split::{Side, Span};
use crate::text::{StrRef, bytes, clamp_range, search, split};
use crate::types::buffer::BytesLike;
use crate::types::bytearray::ByteArray;
use crate::types::bytes::Bytes;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::str_methods::{LARGE, MAX_LEN, bound};
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::ops::Range;

/// A type that holds bytes.
pub(super) trait Holder: crate::object::Payload {
    /// Reads the bytes; `f` must not run Python code.
    fn read<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R;
    /// A new object of the built-in class.
    fn make(bytes: Vec<u8>) -> Value;
    /// The object itself, where an unchanged copy may be the same.
    fn same(this: &Ref<Self>) -> Value;
}

impl Holder for Bytes {
    #[inline]
    fn read<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        f(self.as_slice())
    }
    fn make(bytes: Vec<u8>) -> Value {
        Bytes::new(bytes).into()
    }
    fn same(this: &Ref<Bytes>) -> Value {
        if this.class().is(&crate::interp::current().types().bytes) {
            this.into()
        } else {
            Bytes::new(this.as_slice()).into()
        }
    }
}

impl Holder for ByteArray {
    #[inline]
    fn read<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        self.with(f)
    }
    fn make(bytes: Vec<u8>) -> Value {
        ByteArray::new(bytes).into()
    }
    fn same(this: &Ref<ByteArray>) -> Value {
        ByteArray::new(this.with(<[u8]>::to_vec)).into()
    }
}

fn range(
    vm: &mut Vm,
    len: usize,
    start: Option<&Value>,
    end: Option<&Value>,
) -> PyResult<Option<Range<usize>>> {
    let start = bound(vm, start)?;
    let end = bound(vm, end)?;
    Ok(clamp_range(start, end, len))
}

fn find<T: Holder>(
    vm: &mut Vm,
    this: &T,
    sub: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    from_right: bool,
) -> PyResult<Option<usize>> {
    let (start, end) = (bound(vm, start)?, bound(vm, end)?);
    let needle = Needle::new(vm, sub)?;
    Ok(needle.with(|needle| {
        this.read(|bytes| {
            let range = clamp_range(start, end, bytes.len())?;
            let part = &bytes[range.clone()];
            let found =
                if from_right { search::rfind_units(part, needle) } else { search::find_units(part, needle) };
            found.map(|at| range.start + at)
        })
    }))
}

fn has_affix<T: Holder>(
    vm: &mut Vm,
    this: &T,
    affix: &Value,
    start: Option<&Value>,
    end: Option<&Value>,
    name: &str,
) -> PyResult<bool> {
    let range = range(vm, this.read(<[u8]>::len), start, end)?;
    let matches = |affix: &BytesLike| {
        affix.with(|affix| {
            this.read(|bytes| {
                let Some(part) = range.clone().and_then(|range| bytes.get(range)) else { return false };
                if name == "startswith" { part.starts_with(affix) } else { part.ends_with(affix) }
            })
        })
    };
    if let Some(affixes) = affix.downcast_ref::<Tuple>() {
        for affix in affixes.as_slice() {
            let affix = vm.bytes_like(affix)?;
            if matches(&affix) {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if !vm.is_bytes_like(affix) {
        let class = affix.class().name();
        return Err(vm.type_error(format!("{name} first arg must be bytes or a tuple of bytes, not {class}")));
    }
    let affix = vm.bytes_like(affix)?;
    Ok(matches(&affix))
}

fn list_of<T: Holder>(this: &T, spans: Vec<Span>) -> Value {
    let parts = this.read(|bytes| spans.into_iter().map(|span| bytes[span].to_vec()).collect::<Vec<_>>());
    List::new(parts.into_iter().map(T::make).collect()).into()
}

fn strip<T: Holder>(vm: &mut Vm, this: &Ref<T>, set: Option<&Value>, side: Side) -> PyResult {
    let set = match set {
        None => None,
        Some(set) => Some(vm.bytes_like(set)?.to_vec()),
    };
    let (part, len) = this.read(|bytes| {
        let span = bytes::strip(bytes, set.as_deref(), side);
        (
            if span.len() == bytes.len() { Vec::new() } else { bytes[span.clone()].to_vec() },
            (span.len(), bytes.len()),
        )
    });
    Ok(if len.0 == len.1 { T::same(this) } else { T::make(part) })
}

fn separator(vm: &mut Vm, value: &Value) -> PyResult<Vec<u8>> {
    let separator = vm.bytes_like(value)?.to_vec();
    if separator.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    Ok(separator)
}

fn partition<T: Holder>(vm: &mut Vm, this: &Ref<T>, sep: &Value, from_right: bool) -> PyResult {
    let separator = separator(vm, sep)?;
    let found = this.read(|bytes| {
        let at = if from_right {
            search::rfind_units(bytes, &separator)
        } else {
            search::find_units(bytes, &separator)
        }?;
        Some((bytes[..at].to_vec(), bytes[at + separator.len()..].to_vec()))
    });
    let empty = || T::make(Vec::new());
    let parts = match found {
        Some((before, after)) => {
            // A bytes object gives the separator itself, a bytearray a copy.
            let middle = if Value::from(this).holds::<Bytes>() { sep.clone() } else { T::make(separator) };
            [T::make(before), middle, T::make(after)]
        }
        None if from_right => [empty(), empty(), T::same(this)],
        None => [T::same(this), empty(), empty()],
    };
    Ok(Tuple::new(parts).into())
}

fn pad<T: Holder>(
    vm: &mut Vm,
    this: &Ref<T>,
    width: i64,
    fill: u8,
    margins: impl FnOnce(usize, usize) -> (usize, usize),
) -> PyResult {
    let len = this.read(<[u8]>::len);
    let width = usize::try_from(width).unwrap_or(0);
    if width <= len {
        return Ok(T::same(this));
    }
    if width > MAX_LEN {
        return Err(vm.memory_error());
    }
    vm.check_memory(width)?;
    let (left, right) = margins(len, width);
    Ok(T::make(this.read(|bytes| bytes::pad(bytes, left, right, fill))))
}

/// `separator.join(iterable)`
fn join(vm: &mut Vm, separator: Vec<u8>, iterable: &Value) -> PyResult<Vec<u8>> {
    let items = if let Some(list) = iterable.downcast_ref::<List>() {
        list.to_vec()
    } else {
        if iterable.class().slots.iter.get().is_none() && iterable.class().slots.getitem.get().is_none() {
            return Err(vm.type_error("can only join an iterable"));
        }
        vm.collect(iterable)?
    };
    let mut parts = Vec::with_capacity(items.len());
    let mut total = 0usize;
    for (index, item) in items.iter().enumerate() {
        if !vm.is_bytes_like(item) {
            let class = item.class().name();
            return Err(
                vm.type_error(format!("sequence item {index}: expected a bytes-like object, {class} found"))
            );
        }
        let part = vm.bytes_like(item)?;
        total += part.len() + separator.len();
        parts.push(part);
    }
    let mut out = Vec::with_capacity(total);
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(&separator);
        }
        part.with(|bytes| out.extend_from_slice(bytes));
    }
    Ok(out)
}

/// `bytes.hex(sep, bytes_per_sep)`
pub fn hex(vm: &mut Vm, bytes: &[u8], sep: Option<&Value>, bytes_per_sep: i64) -> PyResult {
    let separator = match sep {
        None => None,
        Some(sep) => {
            let units: Vec<u32> = if let Some(text) = sep.downcast_ref::<Str>() {
                text.as_ref().code_points().collect()
            } else if let Some(bytes) = sep.downcast_ref::<Bytes>() {
                bytes.as_slice().iter().map(|b| u32::from(*b)).collect()
            } else {
                return Err(vm.type_error("sep must be str or bytes."));
            };
            match units.as_slice() {
                [unit] => match u8::try_from(*unit).ok().filter(u8::is_ascii) {
                    Some(byte) => Some(byte),
                    None => return Err(vm.value_error("sep must be ASCII.")),
                },
                _ => return Err(vm.value_error("sep must be length 1.")),
            }
        }
    };
    Ok(Str::from_ref(StrRef::Ascii(&bytes::hex(bytes, separator, bytes_per_sep))).into())
}

/// A translation table of 256 bytes.
fn table(vm: &mut Vm, value: Option<&Value>) -> PyResult<Option<Box<[u8; 256]>>> {
    let Some(value) = value else { return Ok(None) };
    let bytes = vm.bytes_like(value)?.to_vec();
    match <Box<[u8; 256]>>::try_from(bytes.into_boxed_slice()) {
        Ok(table) => Ok(Some(table)),
        Err(_) => Err(vm.value_error("translation table must be 256 characters long")),
    }
}

/// An object of a class, which may be a subclass of the built-in one.
fn of_class(vm: &mut Vm, class: &Ref<Class>, builtin: &Ref<Class>, made: Value) -> PyResult {
    if class.is(builtin) { Ok(made) } else { vm.call(class.as_value(), &[made]) }
}

macro_rules! shared_methods {
    ($t:ident $name:tt $field:ident) => {
        #[pymethods(name = $name, part = SHARED)]
        impl $t {
            /// The first position of a subsequence or byte within [start:end], or -1.
            #[method(sig = "")]
            fn find(
                vm: &mut Vm,
                this: &Ref<$t>,
                sub: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<i64> {
                Ok(find(vm, &**this, sub, start, end, false)?.map_or(-1, |at| at as i64))
            }

            /// The last position of a subsequence or byte within [start:end], or -1.
            #[method(sig = "")]
            fn rfind(
                vm: &mut Vm,
                this: &Ref<$t>,
                sub: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<i64> {
                Ok(find(vm, &**this, sub, start, end, true)?.map_or(-1, |at| at as i64))
            }

            /// The first position of a subsequence or byte within [start:end]; an error where there is none.
            #[method(sig = "")]
            fn index(
                vm: &mut Vm,
                this: &Ref<$t>,
                sub: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<usize> {
                find(vm, &**this, sub, start, end, false)?
                    .ok_or_else(|| vm.value_error("subsection not found"))
            }

            /// The last position of a subsequence or byte within [start:end]; an error where there is none.
            #[method(sig = "")]
            fn rindex(
                vm: &mut Vm,
                this: &Ref<$t>,
                sub: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<usize> {
                find(vm, &**this, sub, start, end, true)?
                    .ok_or_else(|| vm.value_error("subsection not found"))
            }

            /// How often a subsequence or byte occurs within [start:end] without overlaps.
            #[method(sig = "")]
            fn count(
                vm: &mut Vm,
                this: &Ref<$t>,
                sub: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<usize> {
                let (start, end) = (bound(vm, start)?, bound(vm, end)?);
                let needle = Needle::new(vm, sub)?;
                Ok(needle.with(|needle| {
                    this.read(|bytes| {
                        clamp_range(start, end, bytes.len())
                            .map_or(0, |range| search::count_units(&bytes[range], needle, usize::MAX))
                    })
                }))
            }

            /// Whether the bytes within [start:end] begin with a prefix or with one of a tuple of them.
            #[method(sig = "")]
            fn startswith(
                vm: &mut Vm,
                this: &Ref<$t>,
                prefix: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<bool> {
                has_affix(vm, &**this, prefix, start, end, "startswith")
            }

            /// Whether the bytes within [start:end] end with a suffix or with one of a tuple of them.
            #[method(sig = "")]
            fn endswith(
                vm: &mut Vm,
                this: &Ref<$t>,
                suffix: &Value,
                start: Option<&Value>,
                end: Option<&Value>,
            ) -> PyResult<bool> {
                has_affix(vm, &**this, suffix, start, end, "endswith")
            }

            /// A copy with `old` replaced by `new`, at most `count` times unless that is negative.
            #[method(sig = "(old, new, count=-1, /)")]
            fn replace(vm: &mut Vm, this: &Ref<$t>, old: &Value, new: &Value, count: isize) -> PyResult {
                let (old, new) = (vm.bytes_like(old)?.to_vec(), vm.bytes_like(new)?.to_vec());
                let most = this
                    .read(<[u8]>::len)
                    .saturating_add(1)
                    .min(usize::try_from(count).unwrap_or(usize::MAX));
                if most.saturating_mul(new.len()) >= LARGE {
                    let found = this.read(|bytes| search::count_units(bytes, &old, most));
                    vm.check_memory(found.min(most).saturating_mul(new.len()))?;
                }
                let replaced =
                    this.read(|bytes| bytes::replace(bytes, &old, &new, usize::try_from(count).ok()));
                Ok(match replaced {
                    Some(bytes) => <$t>::make(bytes),
                    None => <$t>::same(this),
                })
            }

            /// A copy without the prefix, if it has it.
            #[method(sig = "(prefix, /)")]
            fn removeprefix(vm: &mut Vm, this: &Ref<$t>, prefix: &Value) -> PyResult {
                let prefix = vm.bytes_like(prefix)?.to_vec();
                let rest = this.read(|bytes| bytes.strip_prefix(&*prefix).map(<[u8]>::to_vec));
                Ok(match rest {
                    Some(rest) if !prefix.is_empty() => <$t>::make(rest),
                    _ => <$t>::same(this),
                })
            }

            /// A copy without the suffix, if it has it.
            #[method(sig = "(suffix, /)")]
            fn removesuffix(vm: &mut Vm, this: &Ref<$t>, suffix: &Value) -> PyResult {
                let suffix = vm.bytes_like(suffix)?.to_vec();
                let rest = this.read(|bytes| bytes.strip_suffix(&*suffix).map(<[u8]>::to_vec));
                Ok(match rest {
                    Some(rest) if !suffix.is_empty() => <$t>::make(rest),
                    _ => <$t>::same(this),
                })
            }

            /// The parts between separators, at most `maxsplit` of them split off from the left.
            #[method(sig = "(sep=None, maxsplit=-1)")]
            fn split(vm: &mut Vm, this: &Ref<$t>, sep: Option<&Value>, maxsplit: isize) -> PyResult {
                let max = usize::try_from(maxsplit).ok();
                let spans = match sep {
                    None => this.read(|bytes| bytes::split_space(bytes, max)),
                    Some(sep) => {
                        let separator = separator(vm, sep)?;
                        this.read(|bytes| split::split_units(bytes, &separator, max))
                    }
                };
                Ok(list_of(&**this, spans))
            }

            /// The parts between separators, at most `maxsplit` of them split off from the right.
            #[method(sig = "(sep=None, maxsplit=-1)")]
            fn rsplit(vm: &mut Vm, this: &Ref<$t>, sep: Option<&Value>, maxsplit: isize) -> PyResult {
                let max = usize::try_from(maxsplit).ok();
                let spans = match sep {
                    None => this.read(|bytes| bytes::rsplit_space(bytes, max)),
                    Some(sep) => {
                        let separator = separator(vm, sep)?;
                        this.read(|bytes| split::rsplit_units(bytes, &separator, max))
                    }
                };
                Ok(list_of(&**this, spans))
            }

            /// The lines, with their ends if wanted.
            #[method(sig = "(keepends=False)")]
            fn splitlines(this: &Ref<$t>, keepends: bool) -> Value {
                let spans = this.read(|bytes| bytes::split_lines(bytes, keepends));
                list_of(&**this, spans)
            }

            /// A copy without white space, or without given bytes, at both ends.
            #[method(sig = "(bytes=None, /)")]
            fn strip(vm: &mut Vm, this: &Ref<$t>, bytes: Option<&Value>) -> PyResult {
                strip(vm, this, bytes, Side::Both)
            }

            /// A copy without white space, or without given bytes, at the beginning.
            #[method(sig = "(bytes=None, /)")]
            fn lstrip(vm: &mut Vm, this: &Ref<$t>, bytes: Option<&Value>) -> PyResult {
                strip(vm, this, bytes, Side::Left)
            }

            /// A copy without white space, or without given bytes, at the end.
            #[method(sig = "(bytes=None, /)")]
            fn rstrip(vm: &mut Vm, this: &Ref<$t>, bytes: Option<&Value>) -> PyResult {
                strip(vm, this, bytes, Side::Right)
            }

            /// What comes before the first separator, the separator, and what comes after it.
            #[method(sig = "(sep, /)")]
            fn partition(vm: &mut Vm, this: &Ref<$t>, sep: &Value) -> PyResult {
                partition(vm, this, sep, false)
            }

            /// What comes before the last separator, the separator, and what comes after it.
            #[method(sig = "(sep, /)")]
            fn rpartition(vm: &mut Vm, this: &Ref<$t>, sep: &Value) -> PyResult {
                partition(vm, this, sep, true)
            }

            /// The bytes of an iterable's items, with these between them.
            #[method(sig = "(iterable_of_bytes, /)")]
            fn join(vm: &mut Vm, this: &Ref<$t>, iterable_of_bytes: &Value) -> PyResult {
                join(vm, this.read(<[u8]>::to_vec), iterable_of_bytes).map(<$t>::make)
            }

            /// The bytes in the middle of a field of the given width.
            #[method(sig = "(width, fillchar=b' ', /)")]
            fn center(vm: &mut Vm, this: &Ref<$t>, width: i64, fillchar: Option<&Value>) -> PyResult {
                let fill = fill_byte(vm, fillchar, "center")?;
                pad(vm, this, width, fill, crate::text::edit::center_margins)
            }

            /// The bytes at the left of a field of the given width.
            #[method(sig = "(width, fillchar=b' ', /)")]
            fn ljust(vm: &mut Vm, this: &Ref<$t>, width: i64, fillchar: Option<&Value>) -> PyResult {
                let fill = fill_byte(vm, fillchar, "ljust")?;
                pad(vm, this, width, fill, |len, width| (0, width - len))
            }

            /// The bytes at the right of a field of the given width.
            #[method(sig = "(width, fillchar=b' ', /)")]
            fn rjust(vm: &mut Vm, this: &Ref<$t>, width: i64, fillchar: Option<&Value>) -> PyResult {
                let fill = fill_byte(vm, fillchar, "rjust")?;
                pad(vm, this, width, fill, |len, width| (width - len, 0))
            }

            /// The bytes with zeros after their sign, up to the given width.
            #[method(sig = "(width, /)")]
            fn zfill(vm: &mut Vm, this: &Ref<$t>, width: i64) -> PyResult {
                let width = usize::try_from(width).unwrap_or(0);
                if width > MAX_LEN {
                    return Err(vm.memory_error());
                }
                if width <= this.read(<[u8]>::len) {
                    return Ok(<$t>::same(this));
                }
                vm.check_memory(width)?;
                Ok(<$t>::make(this.read(|bytes| bytes::zfill(bytes, width))))
            }

            /// A copy with tabs replaced by spaces up to the next multiple of `tabsize` columns.
            #[method(sig = "(tabsize=8)")]
            fn expandtabs(vm: &mut Vm, this: &Ref<$t>, tabsize: i32) -> PyResult {
                let tab_size = usize::try_from(tabsize).unwrap_or(0);
                match this.read(|bytes| bytes::expand_tabs(bytes, tab_size, MAX_LEN)) {
                    Some(bytes) => Ok(<$t>::make(bytes)),
                    None => Err(vm.overflow_error("result too long")),
                }
            }

            /// A copy in which each byte is replaced by the table's, and some bytes are left out.
            #[method(sig = "(table, /, delete=b'')")]
            fn translate(
                vm: &mut Vm,
                this: &Ref<$t>,
                table_: Option<&Value>,
                delete: Optional<&Value>,
            ) -> PyResult {
                let table = table(vm, table_)?;
                let delete = match delete.present() {
                    Some(delete) => vm.bytes_like(delete)?.to_vec(),
                    None => Vec::new(),
                };
                Ok(<$t>::make(this.read(|bytes| bytes::translate(bytes, table.as_deref(), &delete))))
            }

            /// A table for `translate` that replaces each byte of one object by that of another at the same place.
            #[staticmethod(sig = "(frm, to, /)")]
            fn maketrans(vm: &mut Vm, frm: &Value, to: &Value) -> PyResult {
                let (from, to) = (vm.bytes_like(frm)?.to_vec(), vm.bytes_like(to)?.to_vec());
                if from.len() != to.len() {
                    return Err(vm.value_error("maketrans arguments must have same length"));
                }
                let mut table: Vec<u8> = (0..=255).collect();
                for (from, to) in from.iter().zip(&to) {
                    table[usize::from(*from)] = *to;
                }
                Ok(Bytes::new(table).into())
            }

            /// The bytes as hexadecimal digits, with separators if wanted.
            #[method(sig = "")]
            fn hex(vm: &mut Vm, this: &Ref<$t>, args: crate::native::Args<'_>) -> PyResult {
                let (sep, bytes_per_sep) = hex_arguments(vm, args)?;
                let bytes = this.read(<[u8]>::to_vec);
                hex(vm, &bytes, sep, bytes_per_sep)
            }

            /// The bytes that hexadecimal digits stand for; spaces between pairs are skipped.
            #[classmethod(sig = "(string, /)")]
            fn fromhex(vm: &mut Vm, class: &Ref<Class>, string: &Ref<Str>) -> PyResult {
                match bytes::from_hex(string.as_ref()) {
                    Ok(bytes) => of_class(vm, class, &vm.types().$field, <$t>::make(bytes)),
                    Err(position) => Err(vm.value_error(format!(
                        "non-hexadecimal number found in fromhex() arg at position {position}"
                    ))),
                }
            }

            /// The text that the bytes stand for in an encoding.
            #[method(sig = "(encoding='utf-8', errors='strict')")]
            fn decode(
                vm: &mut Vm,
                this: &Ref<$t>,
                encoding: Optional<&Ref<Str>>,
                errors: Optional<&Ref<Str>>,
            ) -> PyResult {
                crate::types::str_codecs::decode(vm, this.as_value(), encoding.present(), errors.present())
                    .map(Value::from)
            }

            /// A copy in lower case.
            #[method(sig = "")]
            fn lower(this: &Ref<$t>) -> Value {
                <$t>::make(this.read(<[u8]>::to_ascii_lowercase))
            }

            /// A copy in upper case.
            #[method(sig = "")]
            fn upper(this: &Ref<$t>) -> Value {
                <$t>::make(this.read(<[u8]>::to_ascii_uppercase))
            }

            /// A copy in which each word begins in upper case and goes on in lower case.
            #[method(sig = "")]
            fn title(this: &Ref<$t>) -> Value {
                <$t>::make(this.read(bytes::title))
            }

            /// A copy that begins in upper case and goes on in lower case.
            #[method(sig = "")]
            fn capitalize(this: &Ref<$t>) -> Value {
                <$t>::make(this.read(bytes::capitalize))
            }

            /// A copy with upper and lower case exchanged.
            #[method(sig = "")]
            fn swapcase(this: &Ref<$t>) -> Value {
                <$t>::make(this.read(bytes::swapcase))
            }

            /// Whether all bytes are ASCII letters or digits, and there is one.
            #[method(sig = "")]
            fn isalnum(this: &Ref<$t>) -> bool {
                this.read(bytes::is_alnum)
            }

            /// Whether all bytes are ASCII letters, and there is one.
            #[method(sig = "")]
            fn isalpha(this: &Ref<$t>) -> bool {
                this.read(bytes::is_alpha)
            }

            /// Whether all bytes are ASCII.
            #[method(sig = "")]
            fn isascii(this: &Ref<$t>) -> bool {
                this.read(<[u8]>::is_ascii)
            }

            /// Whether all bytes are ASCII digits, and there is one.
            #[method(sig = "")]
            fn isdigit(this: &Ref<$t>) -> bool {
                this.read(bytes::is_digit)
            }

            /// Whether all letters are in lower case, and there is one.
            #[method(sig = "")]
            fn islower(this: &Ref<$t>) -> bool {
                this.read(bytes::is_lower)
            }

            /// Whether all bytes are white space, and there is one.
            #[method(sig = "")]
            fn isspace(this: &Ref<$t>) -> bool {
                this.read(bytes::is_space)
            }

            /// Whether all words begin in upper case and go on in lower case, and there is one.
            #[method(sig = "")]
            fn istitle(this: &Ref<$t>) -> bool {
                this.read(bytes::is_title)
            }

            /// Whether all letters are in upper case, and there is one.
            #[method(sig = "")]
            fn isupper(this: &Ref<$t>) -> bool {
                this.read(bytes::is_upper)
            }
        }
    };
}

shared_methods!(Bytes "bytes" bytes);
shared_methods!(ByteArray "bytearray" bytearray);

/// The arguments of `hex()`.
pub(crate) fn hex_arguments<'a>(
    vm: &mut Vm,
    args: crate::native::Args<'a>,
) -> PyResult<(Option<&'a Value>, i64)> {
    use crate::native::{Param, ParamKind, bind};
    const PARAMS: &[Param] = &[
        Param { name: "sep", kind: ParamKind::Positional, required: false },
        Param { name: "bytes_per_sep", kind: ParamKind::Positional, required: false },
    ];
    let ([sep, group], _) = bind::<2, 0, 2>(vm, "hex", PARAMS, args)?;
    let group = match group {
        Some(group) => i64::from(<i32 as crate::native::FromValue>::from_value(vm, group)?),
        None => 1,
    };
    Ok((sep, group))
}
