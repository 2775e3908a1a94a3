//! The machine that runs a pickle's instructions.

use super::input::Input;
use super::opcode::*;
use super::unpickler::Unpickler;
use super::{State, unpickling_error};
use pvm_vm::number::Integer;
use pvm_vm::number::integer::ByteOrder;
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value, attributes};
use pvm_vm::text::StrBuf;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::list::List;
use pvm_vm::types::memoryview::MemoryView;
use pvm_vm::types::set::Set;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Raised, Vm};

/// A pickle that is being read.
pub struct Load<'a> {
    unpickler: &'a Ref<Unpickler>,
    input: Input,
    stack: Vec<Value>,
    /// Lengths of the stack at the marks.
    marks: Vec<usize>,
}

/// Whether a pickle goes on.
enum Step {
    Next,
    Stop(Value),
}

impl<'a> Load<'a> {
    /// At the beginning of a pickle.
    pub fn new(unpickler: &'a Ref<Unpickler>, input: Input) -> Load<'a> {
        Load { unpickler, input, stack: Vec::new(), marks: Vec::new() }
    }

    /// Runs to the end; the object, and the input behind the pickle.
    pub fn run(mut self, vm: &mut Vm) -> (PyResult, Input) {
        self.unpickler.protocol.set(0);
        let result = loop {
            match self.step(vm) {
                Ok(Step::Next) => {}
                Ok(Step::Stop(value)) => break Ok(value),
                Err(raised) => break Err(raised),
            }
        };
        let finished = self.input.finish(vm);
        (result.and_then(|value| finished.map(|()| value)), self.input)
    }

    fn step(&mut self, vm: &mut Vm) -> PyResult<Step> {
        let opcode = self.input.opcode(vm)?;
        match opcode {
            STOP => return self.pop(vm).map(Step::Stop),
            PROTO => self.protocol(vm)?,
            FRAME => {
                let len = u64::from_le_bytes(self.input.array(vm)?);
                self.input.frame(vm, len)?;
            }
            MARK => self.marks.push(self.stack.len()),
            POP => self.discard(vm)?,
            POP_MARK => drop(self.pop_mark(vm)?),
            DUP => {
                let top = self.top(vm)?;
                self.stack.push(top);
            }
            NONE => self.stack.push(Value::NONE),
            NEWTRUE => self.stack.push(Value::TRUE),
            NEWFALSE => self.stack.push(Value::FALSE),
            BININT => {
                let int = i32::from_le_bytes(self.input.array(vm)?);
                self.stack.push(int.into());
            }
            BININT1 => {
                let int = self.input.byte(vm)?;
                self.stack.push(int.into());
            }
            BININT2 => {
                let int = u16::from_le_bytes(self.input.array(vm)?);
                self.stack.push(int.into());
            }
            BINFLOAT => {
                let float = f64::from_be_bytes(self.input.array(vm)?);
                self.stack.push(Value::float(float));
            }
            INT | LONG | FLOAT | STRING | UNICODE | PERSID | GLOBAL | INST | GET | PUT => {
                let line = self.input.line(vm)?;
                self.line_instruction(vm, opcode, line)?;
            }
            SHORT_BINUNICODE | BINUNICODE | BINUNICODE8 => {
                let len = self.length(vm, opcode)?;
                let bytes = self.input.take(vm, len)?;
                let text = decode_utf8(vm, bytes)?;
                self.stack.push(text);
            }
            LONG1 | LONG4 | SHORT_BINSTRING | BINSTRING | SHORT_BINBYTES | BINBYTES | BINBYTES8
            | BYTEARRAY8 => {
                self.counted_instruction(vm, opcode)?;
            }
            EMPTY_TUPLE => self.stack.push(Tuple::new([]).into()),
            TUPLE1 | TUPLE2 | TUPLE3 => {
                let items = self.pop_many(vm, usize::from(opcode - TUPLE1) + 1)?;
                self.stack.push(Tuple::new(items).into());
            }
            EMPTY_LIST => self.stack.push(List::new(Vec::new()).into()),
            EMPTY_DICT => self.stack.push(Dict::new().into()),
            EMPTY_SET => self.stack.push(Set::new().into()),
            TUPLE | LIST | DICT | FROZENSET | APPENDS | SETITEMS | ADDITEMS | OBJ => {
                let items = self.pop_mark(vm)?;
                self.marked_instruction(vm, opcode, items)?;
            }
            APPEND => {
                let item = self.pop(vm)?;
                self.append(vm, vec![item])?;
            }
            SETITEM => {
                let pair = self.pop_many(vm, 2)?;
                self.set_items(vm, pair)?;
            }
            BINGET | LONG_BINGET | BINPUT | LONG_BINPUT => {
                let index = match opcode {
                    BINGET | BINPUT => usize::from(self.input.byte(vm)?),
                    _ => u32::from_le_bytes(self.input.array(vm)?) as usize,
                };
                if matches!(opcode, BINGET | LONG_BINGET) {
                    self.get(vm, index)?
                } else {
                    self.put(vm, index)?
                }
            }
            MEMOIZE => {
                let top = self.top(vm)?;
                let index = self.unpickler.memo.borrow().len();
                self.remember(index, top);
            }
            BINPERSID => {
                let function = Unpickler::persistent_load(self.unpickler, vm)?;
                let id = self.pop(vm)?;
                let object = vm.call(&function, &[id])?;
                self.stack.push(object);
            }
            STACK_GLOBAL => self.stack_global(vm)?,
            EXT1 => {
                let code = i64::from(self.input.byte(vm)?);
                self.extension(vm, code)?;
            }
            EXT2 => {
                let code = i64::from(u16::from_le_bytes(self.input.array(vm)?));
                self.extension(vm, code)?;
            }
            EXT4 => {
                let code = i64::from(i32::from_le_bytes(self.input.array(vm)?));
                self.extension(vm, code)?;
            }
            REDUCE => self.reduce(vm)?,
            NEWOBJ => self.new_object(vm, false)?,
            NEWOBJ_EX => self.new_object(vm, true)?,
            BUILD => self.build(vm)?,
            NEXT_BUFFER => {
                let buffer = self.unpickler.next_buffer(vm)?;
                self.stack.push(buffer);
            }
            READONLY_BUFFER => self.readonly(vm)?,
            _ => return Err(invalid_opcode(vm, opcode)),
        }
        Ok(Step::Next)
    }

    fn protocol(&mut self, vm: &mut Vm) -> PyResult<()> {
        let protocol = self.input.byte(vm)?;
        if i64::from(protocol) > HIGHEST_PROTOCOL {
            return Err(vm.value_error(format!("unsupported pickle protocol: {protocol}")));
        }
        self.unpickler.protocol.set(protocol);
        Ok(())
    }

    /// Where the part of the stack begins that instructions may take from.
    fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn underflow(&self, vm: &mut Vm) -> Raised {
        unpickling_error(
            vm,
            if self.marks.is_empty() { "unpickling stack underflow" } else { "unexpected MARK found" },
        )
    }

    #[inline]
    fn pop(&mut self, vm: &mut Vm) -> PyResult {
        if self.stack.len() > self.fence()
            && let Some(value) = self.stack.pop()
        {
            return Ok(value);
        }
        Err(self.underflow(vm))
    }

    #[inline]
    fn top(&mut self, vm: &mut Vm) -> PyResult {
        if self.stack.len() > self.fence()
            && let Some(value) = self.stack.last()
        {
            return Ok(value.clone());
        }
        Err(self.underflow(vm))
    }

    fn pop_many(&mut self, vm: &mut Vm, count: usize) -> PyResult<Vec<Value>> {
        match self.stack.len().checked_sub(count).filter(|start| *start >= self.fence()) {
            Some(start) => Ok(self.stack.split_off(start)),
            None => Err(self.underflow(vm)),
        }
    }

    fn pop_mark(&mut self, vm: &mut Vm) -> PyResult<Vec<Value>> {
        match self.marks.pop() {
            Some(mark) => Ok(self.stack.split_off(mark.min(self.stack.len()))),
            None => Err(unpickling_error(vm, "could not find MARK")),
        }
    }

    /// `POP` takes off a mark, too.
    fn discard(&mut self, vm: &mut Vm) -> PyResult<()> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        match self.stack.pop() {
            Some(_) => Ok(()),
            None => Err(self.underflow(vm)),
        }
    }

    fn get(&mut self, vm: &mut Vm, index: usize) -> PyResult<()> {
        let found = self.unpickler.memo.borrow().get(&index).cloned();
        match found {
            Some(value) => {
                self.stack.push(value);
                Ok(())
            }
            None => Err(unpickling_error(vm, format!("Memo value not found at index {index}"))),
        }
    }

    fn put(&mut self, vm: &mut Vm, index: usize) -> PyResult<()> {
        let top = self.top(vm)?;
        self.remember(index, top);
        Ok(())
    }

    fn remember(&self, index: usize, value: Value) {
        let old = self.unpickler.memo.borrow_mut().insert(index, value);
        drop(old);
    }

    /// The length that an instruction gives in one byte, four or eight.
    fn length(&mut self, vm: &mut Vm, opcode: u8) -> PyResult<usize> {
        match opcode {
            SHORT_BINUNICODE | SHORT_BINBYTES | SHORT_BINSTRING | LONG1 => {
                Ok(usize::from(self.input.byte(vm)?))
            }
            BINUNICODE | BINBYTES => Ok(u32::from_le_bytes(self.input.array(vm)?) as usize),
            LONG4 | BINSTRING => {
                let len = i32::from_le_bytes(self.input.array(vm)?);
                usize::try_from(len).map_err(|_| {
                    let what = if opcode == LONG4 { "LONG" } else { "BINSTRING" };
                    unpickling_error(vm, format!("{what} pickle has negative byte count"))
                })
            }
            _ => {
                let len = u64::from_le_bytes(self.input.array(vm)?);
                usize::try_from(len).ok().filter(|len| *len <= isize::MAX as usize).ok_or_else(|| {
                    let name = match opcode {
                        BINUNICODE8 => "BINUNICODE",
                        BYTEARRAY8 => "BYTEARRAY8",
                        _ => "BINBYTES",
                    };
                    vm.overflow_error(format!(
                        "{name} exceeds system's maximum size of 9223372036854775807 bytes"
                    ))
                })
            }
        }
    }

    fn counted_instruction(&mut self, vm: &mut Vm, opcode: u8) -> PyResult<()> {
        let len = self.length(vm, opcode)?;
        let value = match opcode {
            BYTEARRAY8 => self.input.read_into(vm, len)?,
            LONG1 | LONG4 => Integer::from_bytes(self.input.take(vm, len)?, ByteOrder::Little, true).into(),
            SHORT_BINSTRING | BINSTRING => {
                let bytes = self.input.take(vm, len)?.to_vec();
                self.decode(vm, bytes)?
            }
            _ => Bytes::new(self.input.take(vm, len)?).into(),
        };
        self.stack.push(value);
        Ok(())
    }

    /// A string of Python 2.
    fn decode(&mut self, vm: &mut Vm, bytes: Vec<u8>) -> PyResult {
        let (encoding, errors) =
            (self.unpickler.encoding.borrow().clone(), self.unpickler.errors.borrow().clone());
        let bytes: Value = Bytes::new(bytes).into();
        let as_bytes = encoding.downcast_ref::<Str>().is_some_and(|name| name.as_ref().equals_str("bytes"));
        if as_bytes {
            return Ok(bytes);
        }
        vm.call_method_str(&bytes, "decode", &[encoding, errors])
    }

    fn line_instruction(&mut self, vm: &mut Vm, opcode: u8, line: Vec<u8>) -> PyResult<()> {
        let value = match opcode {
            INT if line == b"00" => Value::FALSE,
            INT if line == b"01" => Value::TRUE,
            INT | LONG => {
                let digits = line.strip_suffix(b"L").filter(|_| opcode == LONG).unwrap_or(&line);
                let class = vm.types().int.as_value().clone();
                let text = StrBuf::from_latin1(digits.to_vec());
                match vm.call(&class, &[text.into(), Value::int(if opcode == INT { 0 } else { 10 })]) {
                    Ok(int) => int,
                    Err(raised) if opcode == INT && raised.is(&vm.types().exceptions.value_error) => {
                        return Err(vm.value_error("could not convert string to int"));
                    }
                    Err(raised) => return Err(raised),
                }
            }
            FLOAT => match pvm_vm::number::float::parse(&line) {
                Some(float) => Value::float(float),
                None => return Err(vm.value_error("could not convert string to float")),
            },
            STRING => self.quoted_string(vm, &line)?,
            UNICODE => {
                let bytes: Value = Bytes::new(line).into();
                vm.call_method_str(&bytes, "decode", &["raw-unicode-escape".into()])?
            }
            PERSID => match std::str::from_utf8(&line).ok().filter(|line| line.is_ascii()) {
                Some(id) => {
                    let function = Unpickler::persistent_load(self.unpickler, vm)?;
                    vm.call(&function, &[id.into()])?
                }
                None => {
                    let message = "persistent IDs in protocol 0 must be ASCII strings";
                    return Err(unpickling_error(vm, message));
                }
            },
            GLOBAL => {
                let name = self.input.line(vm)?;
                let (module, name) = (decode_utf8(vm, &line)?, decode_utf8(vm, &name)?);
                Unpickler::global(self.unpickler, vm, &module, &name)?
            }
            INST => {
                let name = self.input.line(vm)?;
                let args = self.pop_mark(vm)?;
                let (module, name) = (decode_utf8(vm, &line)?, decode_utf8(vm, &name)?);
                let class = Unpickler::global(self.unpickler, vm, &module, &name)?;
                instantiate(vm, &class, args)?
            }
            _ => return self.text_memo(vm, opcode, &line),
        };
        self.stack.push(value);
        Ok(())
    }

    /// `GET` and `PUT` with their number as text.
    fn text_memo(&mut self, vm: &mut Vm, opcode: u8, line: &[u8]) -> PyResult<()> {
        if opcode == PUT {
            self.top(vm)?;
        }
        let class = vm.types().int.as_value().clone();
        let text = StrBuf::from_latin1(line.to_vec());
        let index = vm.call(&class, &[text.into()])?;
        match (usize::try_from(vm.to_index(&index)?), opcode) {
            (Ok(index), GET) => self.get(vm, index),
            (Ok(index), _) => self.put(vm, index),
            (Err(_), GET) => Err(unpickling_error(vm, "negative GET argument")),
            (Err(_), _) => Err(vm.value_error("negative PUT argument")),
        }
    }

    fn quoted_string(&mut self, vm: &mut Vm, line: &[u8]) -> PyResult {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let inner = match line {
            [b'\'', inner @ .., b'\''] | [b'"', inner @ .., b'"'] => inner,
            _ => return Err(unpickling_error(vm, "the STRING opcode argument must be quoted")),
        };
        let codecs = vm.import_module("_codecs")?;
        let decoded = vm.call_method_str(&codecs, "escape_decode", &[Bytes::new(inner).into()])?;
        let bytes = decoded.downcast_ref::<Tuple>().and_then(|pair| pair.as_slice().first().cloned());
        let bytes = vm.bytes_of(&bytes.unwrap_or(Value::NONE))?;
        self.decode(vm, bytes)
    }

    fn marked_instruction(&mut self, vm: &mut Vm, opcode: u8, items: Vec<Value>) -> PyResult<()> {
        let value = match opcode {
            TUPLE => Tuple::new(items).into(),
            LIST => List::new(items).into(),
            DICT => {
                let dict = Dict::new();
                if !items.len().is_multiple_of(2) {
                    return Err(unpickling_error(vm, "odd number of items for DICT"));
                }
                for pair in items.chunks_exact(2) {
                    dict.set(vm, pair[0].clone(), pair[1].clone())?;
                }
                dict.into()
            }
            FROZENSET => Set::frozen(vm, items)?.into(),
            APPENDS => return self.append(vm, items),
            SETITEMS => return self.set_items(vm, items),
            ADDITEMS => return self.add_items(vm, items),
            _ => {
                let mut items = items.into_iter();
                let Some(class) = items.next() else { return Err(self.underflow(vm)) };
                instantiate(vm, &class, items.collect())?
            }
        };
        self.stack.push(value);
        Ok(())
    }

    fn append(&mut self, vm: &mut Vm, items: Vec<Value>) -> PyResult<()> {
        let target = self.top(vm)?;
        if let Some(list) = target.downcast_ref::<List>()
            && list.class().is(&vm.types().list)
        {
            list.extend(items);
            return Ok(());
        }
        if items.len() != 1
            && let Some(extend) = vm.lookup_attr_str(&target, "extend")?
        {
            return vm.call(&extend, &[List::new(items).into()]).map(drop);
        }
        let append = vm.get_attr_str(&target, "append")?;
        items.into_iter().try_for_each(|item| vm.call(&append, &[item]).map(drop))
    }

    fn set_items(&mut self, vm: &mut Vm, items: Vec<Value>) -> PyResult<()> {
        let target = self.top(vm)?;
        if !items.len().is_multiple_of(2) {
            return Err(unpickling_error(vm, "odd number of items for SETITEMS"));
        }
        let exact = target.downcast_ref::<Dict>().filter(|dict| dict.class().is(&vm.types().dict)).cloned();
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            match &exact {
                Some(dict) => dict.set(vm, key, value)?,
                None => vm.set_item(&target, &key, value)?,
            }
        }
        Ok(())
    }

    fn add_items(&mut self, vm: &mut Vm, items: Vec<Value>) -> PyResult<()> {
        let target = self.top(vm)?;
        if let Some(set) = target.downcast_ref::<Set>()
            && !target.class().is_subclass(&vm.types().frozenset)
        {
            let set = set.clone();
            return items.into_iter().try_for_each(|item| set.add(vm, item));
        }
        let add = vm.get_attr_str(&target, "add")?;
        items.into_iter().try_for_each(|item| vm.call(&add, &[item]).map(drop))
    }

    fn stack_global(&mut self, vm: &mut Vm) -> PyResult<()> {
        let names = self.pop_many(vm, 2)?;
        let [module, name] = names.as_slice() else { return Err(self.underflow(vm)) };
        if !module.holds::<Str>() || !name.holds::<Str>() {
            return Err(unpickling_error(vm, "STACK_GLOBAL requires str"));
        }
        let found = Unpickler::global(self.unpickler, vm, module, name)?;
        self.stack.push(found);
        Ok(())
    }

    /// An object by the code that `copyreg` has for it.
    fn extension(&mut self, vm: &mut Vm, code: i64) -> PyResult<()> {
        let state = State::get(vm)?;
        let (cache, inverted) = (state.extension_cache.clone(), state.inverted_registry.clone());
        let key = Value::int(code);
        if let Some(found) = cache.get(vm, &key)? {
            self.stack.push(found);
            return Ok(());
        }
        let Some(names) = inverted.get(vm, &key)? else {
            return Err(if code <= 0 {
                unpickling_error(vm, "EXT specifies code <= 0")
            } else {
                vm.value_error(format!("unregistered extension code {code}"))
            });
        };
        let names = names.downcast_ref::<Tuple>().map(|names| names.as_slice().to_vec());
        let Some([module, name]) = names.as_deref() else {
            let message = format!("_inverted_registry[{code}] isn't a 2-tuple of strings");
            return Err(vm.value_error(message));
        };
        let found = Unpickler::global(self.unpickler, vm, module, name)?;
        cache.set(vm, key, found.clone())?;
        self.stack.push(found);
        Ok(())
    }

    fn reduce(&mut self, vm: &mut Vm) -> PyResult<()> {
        let parts = self.pop_many(vm, 2)?;
        let [function, args] = parts.as_slice() else { return Err(self.underflow(vm)) };
        let args = match args.downcast_ref::<Tuple>() {
            Some(args) => args.clone(),
            None => {
                let class = args.class().name();
                return Err(vm.type_error(format!("argument list must be a tuple, not {class}")));
            }
        };
        let result = vm.call(function, args.as_slice())?;
        self.stack.push(result);
        Ok(())
    }

    fn new_object(&mut self, vm: &mut Vm, with_keywords: bool) -> PyResult<()> {
        let name = if with_keywords { "NEWOBJ_EX" } else { "NEWOBJ" };
        let parts = self.pop_many(vm, if with_keywords { 3 } else { 2 })?;
        let (class, args) = (&parts[0], &parts[1]);
        let Some(class) = class.downcast_ref::<Class>() else {
            let found = class.class().name();
            let message = format!("{name} class argument must be a type, not {found}");
            return Err(unpickling_error(vm, message));
        };
        if class.slots.new.get().is_none() {
            let message = format!("{name} class argument '{}' doesn't have __new__", class.name());
            return Err(unpickling_error(vm, message));
        }
        let Some(args) = args.downcast_ref::<Tuple>() else {
            let found = args.class().name();
            return Err(unpickling_error(vm, format!("{name} args argument must be a tuple, not {found}")));
        };
        let keywords = match parts.get(2) {
            None => Vec::new(),
            Some(keywords) => match keywords.downcast_ref::<Dict>() {
                Some(keywords) => keywords.items(),
                None => {
                    let found = keywords.class().name();
                    let message = format!("{name} kwargs argument must be a dict, not {found}");
                    return Err(unpickling_error(vm, message));
                }
            },
        };
        let new = vm.get_attr_str(class.as_value(), "__new__")?;
        let mut all = vec![class.as_value().clone()];
        all.extend_from_slice(args.as_slice());
        let object = vm.call_with_keywords(&new, &all, &keywords)?;
        self.stack.push(object);
        Ok(())
    }

    /// Gives an object its state.
    fn build(&mut self, vm: &mut Vm) -> PyResult<()> {
        let state = self.pop(vm)?;
        let object = self.top(vm)?;
        if let Some(set_state) = vm.lookup_attr_str(&object, "__setstate__")? {
            return vm.call(&set_state, &[state]).map(drop);
        }
        let pair = state.downcast_ref::<Tuple>().map(|pair| pair.as_slice().to_vec());
        let (state, slots) = match pair.as_deref() {
            Some([state, slots]) => (state.clone(), slots.clone()),
            _ => (state, Value::NONE),
        };
        if !state.is_none() {
            let Some(state) = state.downcast_ref::<Dict>() else {
                return Err(unpickling_error(vm, "state is not a dictionary"));
            };
            set_attributes(vm, &object, &state.items())?;
        }
        if !slots.is_none() {
            let Some(slots) = slots.downcast_ref::<Dict>() else {
                return Err(unpickling_error(vm, "slot state is not a dictionary"));
            };
            for (name, value) in slots.items() {
                let setattr = vm.builtin("setattr")?;
                vm.call(&setattr, &[object.clone(), name, value])?;
            }
        }
        Ok(())
    }

    fn readonly(&mut self, vm: &mut Vm) -> PyResult<()> {
        let object = self.top(vm)?;
        let mut view = vm.buffer(&object)?;
        if view.readonly {
            return Ok(());
        }
        view.readonly = true;
        self.pop(vm)?;
        self.stack.push(MemoryView::new(view).into());
        Ok(())
    }
}

/// Stores a state's items in the instance, past `__setattr__`.
fn set_attributes(vm: &mut Vm, object: &Value, items: &[(Value, Value)]) -> PyResult<()> {
    let plain = object.class().has(flag::HEAP | flag::HAS_DICT)
        && object.class().has_dict()
        && items.iter().all(|(name, _)| name.class().is(&vm.types().str));
    if plain {
        for (name, value) in items {
            let Some(name) = name.downcast_ref::<Str>() else { continue };
            let name = vm.interp.intern_ref(name);
            if !attributes::set(object, &name, value.clone()) {
                return Err(vm.type_error("the object has no dictionary"));
            }
        }
        return Ok(());
    }
    let dict = vm.get_attr_str(object, "__dict__")?;
    for (name, value) in items {
        let name = match name.downcast_ref::<Str>() {
            Some(text) if text.class().is(&vm.types().str) => vm.interp.intern_ref(text).into(),
            _ => name.clone(),
        };
        vm.set_item(&dict, &name, value.clone())?;
    }
    Ok(())
}

/// A call of a class as `INST` and `OBJ` make it.
fn instantiate(vm: &mut Vm, class: &Value, args: Vec<Value>) -> PyResult {
    // Old pickles make instances without arguments that do not run `__init__`.
    if args.is_empty() && class.holds::<Class>() && vm.lookup_attr_str(class, "__getinitargs__")?.is_none() {
        return vm.call_method_str(class, "__new__", std::slice::from_ref(class));
    }
    vm.call(class, &args)
}

/// Text in UTF-8 that may have lone surrogates.
fn decode_utf8(vm: &mut Vm, bytes: &[u8]) -> PyResult {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Str::from_str(text).into());
    }
    let bytes: Value = Bytes::new(bytes).into();
    vm.call_method_str(&bytes, "decode", &["utf-8".into(), "surrogatepass".into()])
}

#[cold]
fn invalid_opcode(vm: &mut Vm, opcode: u8) -> Raised {
    let shown = match opcode {
        0x20..=0x7e if !matches!(opcode, b'\'' | b'\\') => (opcode as char).to_string(),
        _ => format!("\\x{opcode:02x}"),
    };
    unpickling_error(vm, format!("invalid load key, '{shown}'."))
}
