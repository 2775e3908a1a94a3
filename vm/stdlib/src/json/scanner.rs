//! Reading JSON.

use pvm_vm::native::{Args, Param, ParamKind, bind};
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::text::{StrBuilder, StrRef, Unit};
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::vm::{PyResult, Raised, Vm};
use rustc_hash::FxHashMap;

/// What `json.decoder.JSONDecoder` asks for: reads the value at a position.
pub struct Scanner {
    strict: bool,
    object_hook: Value,
    object_pairs_hook: Value,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
}

pvm_vm::payload!(
    Scanner,
    "_json.Scanner",
    |s, visit| {
        visit(&s.object_hook);
        visit(&s.object_pairs_hook);
        visit(&s.parse_float);
        visit(&s.parse_int);
        visit(&s.parse_constant);
    },
    |_s| ()
);

/// JSON scanner object.
#[pvm_vm_macros::pymethods(name = "Scanner", module = "_json", flags = pvm_vm::object::class::flag::BASE_TYPE)]
impl Scanner {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, class: &Ref<Class>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[Param { name: "context", kind: ParamKind::Positional, required: true }];
        let ([context], _) = bind::<1, 1, 1>(vm, "make_scanner", PARAMS, args)?;
        let Some(context) = context else { return Ok(Value::NONE) };
        let strict = vm.get_attr_str(context, "strict")?;
        let made = Scanner {
            strict: vm.truth(&strict)?,
            object_hook: vm.get_attr_str(context, "object_hook")?,
            object_pairs_hook: vm.get_attr_str(context, "object_pairs_hook")?,
            parse_float: vm.get_attr_str(context, "parse_float")?,
            parse_int: vm.get_attr_str(context, "parse_int")?,
            parse_constant: vm.get_attr_str(context, "parse_constant")?,
        };
        Ok(Ref::new(made, class).into())
    }

    #[slot(call)]
    fn call_slot(vm: &mut Vm, this: &Ref<Scanner>, args: Args<'_>) -> PyResult {
        const PARAMS: &[Param] = &[
            Param { name: "string", kind: ParamKind::Positional, required: true },
            Param { name: "idx", kind: ParamKind::Positional, required: true },
        ];
        let ([string, index], _) = bind::<2, 2, 2>(vm, "scan_once", PARAMS, args)?;
        let (Some(string), Some(index)) = (string, index) else { return Ok(Value::NONE) };
        let Some(text) = string.downcast_ref::<Str>() else {
            let class = string.class().name();
            return Err(vm.type_error(format!("first argument must be a string, not {class}")));
        };
        let index = vm.to_index(index)?;
        let Ok(index) = usize::try_from(index) else {
            return Err(vm.value_error("idx cannot be negative"));
        };
        macro_rules! scan {
            ($units:expr) => {
                Scan { scanner: this, string: text, units: $units, keys: FxHashMap::default() }
                    .value(vm, index)?
            };
        }
        let (value, end) = match text.as_ref() {
            StrRef::Ascii(units) | StrRef::Latin1(units) => scan!(units),
            StrRef::Ucs2(units) => scan!(units),
            StrRef::Ucs4(units) => scan!(units),
        };
        Ok(Tuple::new([value, end.into()]).into())
    }

    #[getter]
    fn strict(&self) -> bool {
        self.strict
    }

    #[getter]
    fn object_hook(&self) -> Value {
        self.object_hook.clone()
    }

    #[getter]
    fn object_pairs_hook(&self) -> Value {
        self.object_pairs_hook.clone()
    }

    #[getter]
    fn parse_float(&self) -> Value {
        self.parse_float.clone()
    }

    #[getter]
    fn parse_int(&self) -> Value {
        self.parse_int.clone()
    }

    #[getter]
    fn parse_constant(&self) -> Value {
        self.parse_constant.clone()
    }
}

/// A `json.decoder.JSONDecodeError`.
#[cold]
fn decode_error(vm: &mut Vm, message: &str, string: &Ref<Str>, position: usize) -> Raised {
    let make = |vm: &mut Vm| {
        let import = vm.interp.builtins.get().and_then(|b| b.get_name("__import__"));
        let import = import.ok_or_else(|| vm.runtime_error("builtins.__import__ is missing"))?;
        let names = Tuple::new(["JSONDecodeError".into()]);
        let module = vm.call(&import, &["json.decoder".into(), Value::NONE, Value::NONE, names.into()])?;
        let class = vm.get_attr_str(&module, "JSONDecodeError")?;
        vm.call(&class, &[message.into(), string.into(), position.into()])
    };
    match make(vm) {
        Ok(error) => match error.downcast::<pvm_vm::types::exception::Exception>() {
            Ok(error) => Raised(error),
            Err(_) => vm.value_error(message),
        },
        Err(raised) => raised,
    }
}

/// `_json.scanstring`
pub fn scan_string_function(vm: &mut Vm, string: &Value, end: i64, strict: bool) -> PyResult {
    let Some(text) = string.downcast_ref::<Str>() else {
        let class = string.class().name();
        return Err(vm.type_error(format!("first argument must be a string, not {class}")));
    };
    let Some(start) = usize::try_from(end).ok().filter(|end| *end <= text.len()) else {
        return Err(vm.value_error("end is out of bounds"));
    };
    let (value, end) = match text.as_ref() {
        StrRef::Ascii(units) | StrRef::Latin1(units) => scan_string(vm, text, units, start, strict)?,
        StrRef::Ucs2(units) => scan_string(vm, text, units, start, strict)?,
        StrRef::Ucs4(units) => scan_string(vm, text, units, start, strict)?,
    };
    Ok(Tuple::new([value.into(), end.into()]).into())
}

fn hex4<T: Unit>(units: &[T]) -> Option<u32> {
    let mut code = 0;
    for unit in units.get(..4)? {
        code = code << 4 | char::from_u32(unit.code())?.to_digit(16)?;
    }
    Some(code)
}

/// The string whose literal goes on at `start`, after the quote, and the position after it.
fn scan_string<T: Unit>(
    vm: &mut Vm,
    string: &Ref<Str>,
    units: &[T],
    start: usize,
    strict: bool,
) -> PyResult<(Ref<Str>, usize)> {
    let begin = start.saturating_sub(1);
    let text = string.as_ref();
    let mut out: Option<StrBuilder> = None;
    let mut at = start;
    loop {
        let rest = units.get(at..).unwrap_or(&[]);
        let plain = rest.iter().take_while(|u| !matches!(u.code(), 0x22 | 0x5C | 0..0x20)).count();
        let mut next = at + plain;
        while !strict && units.get(next).is_some_and(|u| u.code() < 0x20) {
            let rest = &units[next + 1..];
            next += 1 + rest.iter().take_while(|u| !matches!(u.code(), 0x22 | 0x5C | 0..0x20)).count();
        }
        match units.get(next).map(|u| u.code()) {
            Some(0x22) => {
                let value = match out {
                    None => Str::from_part(text.view(at..next)),
                    Some(mut out) => {
                        out.push_str(text.view(at..next));
                        Str::from_buf(out.finish())
                    }
                };
                return Ok((value, next + 1));
            }
            Some(0x5C) => {}
            Some(_) => return Err(decode_error(vm, "Invalid control character at", string, next)),
            None => return Err(decode_error(vm, "Unterminated string starting at", string, begin)),
        }
        let out = out.get_or_insert_with(StrBuilder::new);
        out.push_str(text.view(at..next));
        let escape = next + 1;
        let code = match units.get(escape).map(|u| u.code()) {
            None => return Err(decode_error(vm, "Unterminated string starting at", string, begin)),
            Some(c) => match char::from_u32(c) {
                Some('"') => 0x22,
                Some('\\') => 0x5C,
                Some('/') => 0x2F,
                Some('b') => 0x08,
                Some('f') => 0x0C,
                Some('n') => 0x0A,
                Some('r') => 0x0D,
                Some('t') => 0x09,
                Some('u') => {
                    let digits = escape + 1;
                    if digits + 4 >= units.len() {
                        return Err(decode_error(vm, "Invalid \\uXXXX escape", string, digits - 1));
                    }
                    let Some(mut code) = hex4(&units[digits..]) else {
                        return Err(decode_error(vm, "Invalid \\uXXXX escape", string, digits - 1));
                    };
                    at = digits + 4;
                    if (0xD800..0xDC00).contains(&code)
                        && at + 6 < units.len()
                        && units[at].code() == 0x5C
                        && units[at + 1].code() == u32::from(b'u')
                    {
                        match hex4(&units[at + 2..]) {
                            Some(low @ 0xDC00..0xE000) => {
                                code = 0x1_0000 + ((code - 0xD800) << 10 | (low - 0xDC00));
                                at += 6;
                            }
                            Some(_) => {}
                            None => {
                                return Err(decode_error(vm, "Invalid \\uXXXX escape", string, at + 1));
                            }
                        }
                    }
                    out.push(code);
                    continue;
                }
                _ => return Err(decode_error(vm, "Invalid \\escape", string, escape - 1)),
            },
        };
        out.push(code);
        at = escape + 1;
    }
}

/// One call of a scanner.
struct Scan<'a, T> {
    scanner: &'a Scanner,
    string: &'a Ref<Str>,
    units: &'a [T],
    /// Keys that have occurred, which are shared.
    keys: FxHashMap<StrKey, Ref<Str>>,
}

/// A string by its text.
struct StrKey(Ref<Str>);

impl PartialEq for StrKey {
    fn eq(&self, other: &StrKey) -> bool {
        self.0.equals(&other.0)
    }
}

impl Eq for StrKey {}

impl std::hash::Hash for StrKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_i64(self.0.hash());
    }
}

impl<T: Unit> Scan<'_, T> {
    fn code(&self, at: usize) -> Option<u32> {
        self.units.get(at).map(|u| u.code())
    }

    fn skip_space(&self, at: usize) -> usize {
        let rest = self.units.get(at..).unwrap_or(&[]);
        at + rest.iter().take_while(|u| matches!(u.code(), 0x20 | 9 | 10 | 13)).count()
    }

    fn follows(&self, at: usize, word: &str) -> bool {
        let rest = self.units.get(at..).unwrap_or(&[]);
        rest.len() >= word.len() && rest.iter().zip(word.bytes()).all(|(u, b)| u.code() == u32::from(b))
    }

    /// The value at a position, and where it ends.
    fn value(&mut self, vm: &mut Vm, at: usize) -> PyResult<(Value, usize)> {
        let constant = match self.code(at).and_then(char::from_u32) {
            Some('"') => {
                let (text, end) = scan_string(vm, self.string, self.units, at + 1, self.scanner.strict)?;
                return Ok((text.into(), end));
            }
            Some('{') => {
                return vm.nested(" while decoding a JSON object from a unicode string", |vm| {
                    self.object(vm, at + 1)
                });
            }
            Some('[') => {
                return vm.nested(" while decoding a JSON array from a unicode string", |vm| {
                    self.array(vm, at + 1)
                });
            }
            Some('n') if self.follows(at, "null") => return Ok((Value::NONE, at + 4)),
            Some('t') if self.follows(at, "true") => return Ok((Value::TRUE, at + 4)),
            Some('f') if self.follows(at, "false") => return Ok((Value::FALSE, at + 5)),
            Some('N') if self.follows(at, "NaN") => "NaN",
            Some('I') if self.follows(at, "Infinity") => "Infinity",
            Some('-') if self.follows(at, "-Infinity") => "-Infinity",
            _ => return self.number(vm, at),
        };
        let value = vm.call(&self.scanner.parse_constant, &[constant.into()])?;
        Ok((value, at + constant.len()))
    }

    fn digits(&self, at: usize) -> usize {
        let rest = self.units.get(at..).unwrap_or(&[]);
        rest.iter().take_while(|u| matches!(u.code(), 0x30..=0x39)).count()
    }

    fn number(&mut self, vm: &mut Vm, start: usize) -> PyResult<(Value, usize)> {
        let stop = |vm: &mut Vm| vm.stop_iteration(start.into());
        let mut at = start;
        if self.code(at) == Some(u32::from(b'-')) {
            at += 1;
        }
        let whole = self.digits(at);
        if whole == 0 {
            return Err(stop(vm));
        }
        // A leading zero stands alone.
        at += if self.code(at) == Some(u32::from(b'0')) { 1 } else { whole };
        let mut is_float = false;
        if self.code(at) == Some(u32::from(b'.')) {
            let fraction = self.digits(at + 1);
            if fraction > 0 {
                is_float = true;
                at += 1 + fraction;
            }
        }
        if matches!(self.code(at), Some(0x65 | 0x45)) {
            let sign = usize::from(matches!(self.code(at + 1), Some(0x2B | 0x2D)));
            let exponent = self.digits(at + 1 + sign);
            if exponent > 0 {
                is_float = true;
                at += 1 + sign + exponent;
            }
        }
        let text: String =
            self.units[start..at].iter().map(|u| char::from_u32(u.code()).unwrap_or('0')).collect();
        let types = vm.types();
        if is_float {
            if self.scanner.parse_float.is(types.float.as_value())
                && let Ok(float) = text.parse::<f64>()
            {
                return Ok((Value::float(float), at));
            }
            let value = vm.call(&self.scanner.parse_float, &[text.into()])?;
            return Ok((value, at));
        }
        if self.scanner.parse_int.is(types.int.as_value())
            && text.len() <= 19
            && let Ok(int) = text.parse::<i64>()
        {
            return Ok((Value::int(int), at));
        }
        let value = vm.call(&self.scanner.parse_int, &[text.into()])?;
        Ok((value, at))
    }

    fn array(&mut self, vm: &mut Vm, start: usize) -> PyResult<(Value, usize)> {
        let mut items = Vec::new();
        let mut at = self.skip_space(start);
        if self.code(at) == Some(u32::from(b']')) {
            return Ok((List::new(items).into(), at + 1));
        }
        loop {
            let (value, end) = self.value(vm, at)?;
            items.push(value);
            at = self.skip_space(end);
            match self.code(at) {
                Some(0x5D) => return Ok((List::new(items).into(), at + 1)),
                Some(0x2C) => at = self.skip_space(at + 1),
                _ => return Err(decode_error(vm, "Expecting ',' delimiter", self.string, at)),
            }
        }
    }

    fn object(&mut self, vm: &mut Vm, start: usize) -> PyResult<(Value, usize)> {
        let pairs_hook = !self.scanner.object_pairs_hook.is_none();
        let mut pairs = Vec::new();
        let dict = Dict::new();
        let mut at = self.skip_space(start);
        if self.code(at) == Some(u32::from(b'}')) {
            at += 1;
        } else {
            loop {
                if self.code(at) != Some(0x22) {
                    let message = "Expecting property name enclosed in double quotes";
                    return Err(decode_error(vm, message, self.string, at));
                }
                let (key, end) = scan_string(vm, self.string, self.units, at + 1, self.scanner.strict)?;
                let key = match self.keys.get(&StrKey(key.clone())) {
                    Some(known) => known.clone(),
                    None => {
                        self.keys.insert(StrKey(key.clone()), key.clone());
                        key
                    }
                };
                at = self.skip_space(end);
                if self.code(at) != Some(u32::from(b':')) {
                    return Err(decode_error(vm, "Expecting ':' delimiter", self.string, at));
                }
                at = self.skip_space(at + 1);
                let (value, end) = self.value(vm, at)?;
                if pairs_hook {
                    pairs.push(Tuple::new([key.into(), value]).into());
                } else {
                    dict.set_str(&key, value);
                }
                at = self.skip_space(end);
                match self.code(at) {
                    Some(0x7D) => {
                        at += 1;
                        break;
                    }
                    Some(0x2C) => at = self.skip_space(at + 1),
                    _ => return Err(decode_error(vm, "Expecting ',' delimiter", self.string, at)),
                }
            }
        }
        if pairs_hook {
            let value = vm.call(&self.scanner.object_pairs_hook, &[List::new(pairs).into()])?;
            return Ok((value, at));
        }
        if !self.scanner.object_hook.is_none() {
            let value = vm.call(&self.scanner.object_hook, &[dict.into()])?;
            return Ok((value, at));
        }
        Ok((dict.into(), at))
    }
}
