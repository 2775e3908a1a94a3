//! Pickling of the built-in types.

use super::buffer::PickleBuffer;
use super::opcode::*;
use super::pickler::Dump;
use super::pickling_error;
use pvm_vm::number::{Int, integer::ByteOrder};
use pvm_vm::object::{Ref, Value};
use pvm_vm::types::bytearray::ByteArray;
use pvm_vm::types::bytes::Bytes;
use pvm_vm::types::dict::Dict;
use pvm_vm::types::function::Function;
use pvm_vm::types::list::List;
use pvm_vm::types::set::Set;
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{Class, PyResult, Vm};

/// Items that one instruction adds at once.
const BATCH: usize = 1000;
/// How deep containers may nest before a pickler without a memo looks for cycles.
const FAST_NESTING: usize = 50;

impl Dump<'_> {
    /// Writes an object.
    pub fn save(&mut self, vm: &mut Vm, object: &Value, persistent: bool) -> PyResult<()> {
        self.out.boundary(vm)?;
        if persistent && self.persistent_id.is_some() && self.save_persistent(vm, object)? {
            return Ok(());
        }
        if self.save_atom(object) {
            return Ok(());
        }
        if let Some(index) = self.known(object) {
            self.get(index);
            return Ok(());
        }
        vm.nested(" while pickling an object", |vm| self.save_object(vm, object))
    }

    /// Writes a persistent reference, if the object has one.
    fn save_persistent(&mut self, vm: &mut Vm, object: &Value) -> PyResult<bool> {
        let Some(function) = self.persistent_id.clone() else { return Ok(false) };
        let id = vm.call(&function, std::slice::from_ref(object))?;
        if id.is_none() {
            return Ok(false);
        }
        if self.bin() {
            self.save(vm, &id, false)?;
            self.out.op(BINPERSID);
            return Ok(true);
        }
        let text = vm.str(&id)?;
        let Some(ascii) = text.as_ref().as_ascii_str() else {
            return Err(pickling_error(vm, "persistent IDs in protocol 0 must be ASCII strings"));
        };
        self.out.put(format!("P{ascii}\n").as_bytes());
        Ok(true)
    }

    /// Writes what is never in the memo.
    fn save_atom(&mut self, object: &Value) -> bool {
        if let Some(int) = object.as_small_int() {
            self.save_int(Int::Small(int));
        } else if object.is_none() {
            self.out.op(NONE);
        } else if let Some(bool) = object.as_bool() {
            match (self.protocol >= 2, bool) {
                (true, true) => self.out.op(NEWTRUE),
                (true, false) => self.out.op(NEWFALSE),
                (false, true) => self.out.put(b"I01\n"),
                (false, false) => self.out.put(b"I00\n"),
            }
        } else {
            let types = pvm_vm::interp::current().types();
            let class = object.class();
            match (object.as_int(), object.as_float()) {
                (Some(int), _) if class.is(&types.int) => self.save_int(int),
                (_, Some(float)) if class.is(&types.float) => self.save_float(float),
                _ => return false,
            }
        }
        true
    }

    fn save_int(&mut self, int: Int<'_>) {
        let small = int.to_i64();
        let fits = small.and_then(|small| i32::try_from(small).ok());
        if self.bin()
            && let Some(int) = fits
        {
            let [a, b, c, d] = int.to_le_bytes();
            return match int {
                0..=0xff => self.out.put(&[BININT1, a]),
                0x100..=0xffff => self.out.put(&[BININT2, a, b]),
                _ => self.out.put(&[BININT, a, b, c, d]),
            };
        }
        if self.protocol < 2 {
            let text = int.to_radix(10);
            let text = if fits.is_some() { format!("I{text}\n") } else { format!("L{text}L\n") };
            return self.out.put(text.as_bytes());
        }
        // In two's complement, with one bit for the sign.
        let most = int.bit_length() as usize / 8 + 1;
        let mut bytes = int.to_bytes(most, ByteOrder::Little, true).unwrap_or_default();
        // The sign may need no byte of its own.
        if int.is_negative()
            && let [.., before, 0xff] = *bytes
            && before & 0x80 != 0
        {
            bytes.pop();
        }
        match u8::try_from(bytes.len()) {
            Ok(len) => self.out.put(&[LONG1, len]),
            Err(_) => {
                self.out.op(LONG4);
                self.out.put(&(bytes.len() as i32).to_le_bytes());
            }
        }
        self.out.put(&bytes);
    }

    fn save_float(&mut self, float: f64) {
        if self.bin() {
            self.out.op(BINFLOAT);
            self.out.put(&float.to_be_bytes());
        } else {
            self.out.put(format!("F{}\n", pvm_vm::number::float::repr(float)).as_bytes());
        }
    }

    fn save_object(&mut self, vm: &mut Vm, object: &Value) -> PyResult<()> {
        let types = vm.types();
        let class = object.class().clone();
        if class.is(&types.str) {
            if let Some(text) = object.downcast_ref::<Str>() {
                return self.save_str(vm, text);
            }
        } else if class.is(&types.bytes) {
            if let Some(bytes) = object.downcast_ref::<Bytes>() {
                return self.save_bytes(vm, bytes);
            }
        } else if class.is(&types.dict) {
            if let Some(dict) = object.downcast_ref::<Dict>() {
                return self.guarded(vm, object, |this, vm| this.save_dict(vm, dict));
            }
        } else if class.is(&types.list) {
            if let Some(list) = object.downcast_ref::<List>() {
                return self.guarded(vm, object, |this, vm| this.save_list(vm, list));
            }
        } else if class.is(&types.tuple) {
            if let Some(tuple) = object.downcast_ref::<Tuple>() {
                return self.save_tuple(vm, tuple);
            }
        } else if class.is(&types.set) || class.is(&types.frozenset) {
            if let Some(set) = object.downcast_ref::<Set>() {
                return self.save_set(vm, set, class.is(&types.frozenset));
            }
        } else if class.is(&types.bytearray)
            && let Some(array) = object.downcast_ref::<ByteArray>()
        {
            return self.save_bytearray(vm, array);
        } else if let Some(buffer) = object.downcast_ref::<PickleBuffer>() {
            return self.save_buffer(vm, buffer);
        }
        self.save_by_reduction(vm, object, &class)
    }

    /// Classes and functions by name, others by what they reduce to.
    fn save_by_reduction(&mut self, vm: &mut Vm, object: &Value, class: &Ref<Class>) -> PyResult<()> {
        if let Some(reducer) = self.reducer.clone() {
            let reduced = vm.call(&reducer, std::slice::from_ref(object))?;
            if !reduced.is_not_implemented() {
                return self.save_reduced(vm, object, &reduced);
            }
        }
        if class.is(&vm.types().type_) {
            return self.save_type(vm, object);
        }
        if object.holds::<Function>() {
            return self.save_global(vm, object, None);
        }
        let reduced = self.reduce(vm, object, class)?;
        match reduced {
            Some(reduced) => self.save_reduced(vm, object, &reduced),
            None => self.save_global(vm, object, None),
        }
    }

    /// Where the memo is off, a deep container that contains itself is an error.
    fn guarded(
        &mut self,
        vm: &mut Vm,
        object: &Value,
        save: impl FnOnce(&mut Self, &mut Vm) -> PyResult<()>,
    ) -> PyResult<()> {
        if !self.pickler.fast.get() {
            return save(self, vm);
        }
        let id = object.identity();
        if self.fast_active.len() >= FAST_NESTING && self.fast_active.contains(&id) {
            let class = object.class().name();
            return Err(vm.value_error(format!(
                "fast mode: can't pickle cyclic objects including object type {class} at {id:#x}"
            )));
        }
        self.fast_active.push(id);
        let result = save(self, vm);
        self.fast_active.pop();
        result
    }

    fn save_str(&mut self, vm: &mut Vm, text: &Ref<Str>) -> PyResult<()> {
        if self.bin() {
            match text.as_ref().as_ascii() {
                Some(ascii) => self.save_encoded(vm, ascii)?,
                None => self.save_encoded(vm, &text.as_ref().to_wtf8())?,
            }
        } else {
            let line = raw_unicode_escape(text);
            self.out.op(UNICODE);
            self.out.put(&line);
            self.out.put(b"\n");
        }
        self.memoize(text.as_value());
        Ok(())
    }

    fn save_encoded(&mut self, vm: &mut Vm, bytes: &[u8]) -> PyResult<()> {
        let codes = [SHORT_BINUNICODE, BINUNICODE, BINUNICODE8];
        let short = self.protocol >= 4;
        self.save_long(vm, codes, short, "string", bytes, None)
    }

    /// Bytes with the instruction for their length: one byte of length, four, eight.
    fn save_long(
        &mut self,
        vm: &mut Vm,
        codes: [u8; 3],
        short: bool,
        what: &str,
        bytes: &[u8],
        object: Option<&Value>,
    ) -> PyResult<()> {
        let len = bytes.len();
        if let Ok(len) = u8::try_from(len)
            && short
        {
            self.out.put(&[codes[0], len]);
            self.out.put(bytes);
            return Ok(());
        }
        let mut header = [0; 9];
        header[1..].copy_from_slice(&(len as u64).to_le_bytes());
        let used = match u32::try_from(len) {
            Ok(_) => {
                header[0] = codes[1];
                5
            }
            Err(_) if self.protocol >= 4 => {
                header[0] = codes[2];
                9
            }
            Err(_) => {
                return Err(vm.overflow_error(format!("cannot serialize a {what} larger than 4 GiB")));
            }
        };
        self.out.put_long(vm, &header[..used], bytes, object)
    }

    fn save_bytes(&mut self, vm: &mut Vm, bytes: &Ref<Bytes>) -> PyResult<()> {
        let object = bytes.as_value();
        if self.protocol < 3 {
            // Python 2 has no such type: by way of text.
            let reduced: Value = if bytes.as_slice().is_empty() {
                let class = vm.types().bytes.as_value().clone();
                Tuple::new([class, Tuple::new([]).into()]).into()
            } else {
                let codecs = vm.import_module("codecs")?;
                let encode = vm.get_attr_str(&codecs, "encode")?;
                let text = pvm_vm::text::StrBuf::from_latin1(bytes.as_slice().to_vec());
                Tuple::new([encode, Tuple::new([text.into(), "latin1".into()]).into()]).into()
            };
            return self.save_reduced(vm, object, &reduced);
        }
        let codes = [SHORT_BINBYTES, BINBYTES, BINBYTES8];
        self.save_long(vm, codes, true, "bytes object", bytes.as_slice(), Some(object))?;
        self.memoize(object);
        Ok(())
    }

    fn save_bytearray(&mut self, vm: &mut Vm, array: &Ref<ByteArray>) -> PyResult<()> {
        let bytes = array.with(<[u8]>::to_vec);
        if self.protocol < 5 {
            let class = vm.types().bytearray.as_value().clone();
            let args = if bytes.is_empty() { Tuple::new([]) } else { Tuple::new([Bytes::new(bytes).into()]) };
            let reduced: Value = Tuple::new([class, args.into()]).into();
            return self.save_reduced(vm, array.as_value(), &reduced);
        }
        self.save_bytearray_data(vm, &bytes, array.as_value())
    }

    fn save_bytearray_data(&mut self, vm: &mut Vm, bytes: &[u8], object: &Value) -> PyResult<()> {
        let mut header = [BYTEARRAY8; 9];
        header[1..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.out.put_long(vm, &header, bytes, None)?;
        self.memoize(object);
        Ok(())
    }

    fn save_buffer(&mut self, vm: &mut Vm, buffer: &Ref<PickleBuffer>) -> PyResult<()> {
        if self.protocol < 5 {
            return Err(pickling_error(vm, "PickleBuffer can only pickled with protocol >= 5"));
        }
        let view = buffer.view(vm)?;
        if !view.is_c_contiguous() && !view.is_fortran_contiguous() {
            return Err(pickling_error(
                vm,
                "PickleBuffer can not be pickled when pointing to a non-contiguous buffer",
            ));
        }
        let in_band = match self.callback.clone() {
            None => true,
            Some(callback) => {
                let answer = vm.call(&callback, &[buffer.into()])?;
                vm.truth(&answer)?
            }
        };
        if !in_band {
            self.out.op(NEXT_BUFFER);
            if view.readonly {
                self.out.op(READONLY_BUFFER);
            }
            return Ok(());
        }
        let bytes = super::buffer::raw_bytes(&view);
        if view.readonly {
            let codes = [SHORT_BINBYTES, BINBYTES, BINBYTES8];
            self.save_long(vm, codes, true, "bytes object", &bytes, None)?;
            self.memoize(buffer.as_value());
            return Ok(());
        }
        self.save_bytearray_data(vm, &bytes, buffer.as_value())
    }

    fn save_tuple(&mut self, vm: &mut Vm, tuple: &Ref<Tuple>) -> PyResult<()> {
        let object = tuple.as_value();
        let items = tuple.as_slice();
        if items.is_empty() {
            if self.bin() {
                self.out.op(EMPTY_TUPLE)
            } else {
                self.out.put(&[MARK, TUPLE])
            }
            return Ok(());
        }
        let short = items.len() <= 3 && self.protocol >= 2;
        if !short {
            self.out.op(MARK);
        }
        for item in items {
            self.save(vm, item, true)?;
        }
        if let Some(index) = self.known(object) {
            // The tuple contains itself: its items are thrown away again.
            if !short && self.bin() {
                self.out.op(POP_MARK);
            } else {
                let extra = usize::from(!short);
                (0..items.len() + extra).for_each(|_| self.out.op(POP));
            }
            self.get(index);
            return Ok(());
        }
        self.out.op(match items.len() {
            len if short => [TUPLE1, TUPLE2, TUPLE3][len - 1],
            _ => TUPLE,
        });
        self.memoize(object);
        Ok(())
    }

    fn save_list(&mut self, vm: &mut Vm, list: &Ref<List>) -> PyResult<()> {
        if self.bin() {
            self.out.op(EMPTY_LIST)
        } else {
            self.out.put(&[MARK, LIST])
        }
        self.memoize(list.as_value());
        if !self.bin() || list.len() == 1 {
            let mut index = 0;
            while let Some(item) = list.get(index) {
                self.save(vm, &item, true)?;
                self.out.op(APPEND);
                index += 1;
            }
            return Ok(());
        }
        let mut index = 0;
        while index < list.len() {
            self.out.op(MARK);
            let end = index + BATCH;
            while index < end
                && let Some(item) = list.get(index)
            {
                self.save(vm, &item, true)?;
                index += 1;
            }
            self.out.op(APPENDS);
        }
        Ok(())
    }

    fn save_dict(&mut self, vm: &mut Vm, dict: &Ref<Dict>) -> PyResult<()> {
        if self.bin() {
            self.out.op(EMPTY_DICT)
        } else {
            self.out.put(&[MARK, DICT])
        }
        self.memoize(dict.as_value());
        let len = dict.len();
        let mut position = 0;
        let (mut batch, single) = (0, !self.bin() || len == 1);
        while let Some((next, key, value)) = dict.next_item(position) {
            if !single && batch == 0 {
                self.out.op(MARK);
            }
            self.save(vm, &key, true)?;
            self.save(vm, &value, true)?;
            if single {
                self.out.op(SETITEM);
            } else {
                batch += 1;
                if batch == BATCH {
                    self.out.op(SETITEMS);
                    batch = 0;
                }
            }
            if dict.len() != len {
                return Err(vm.runtime_error("dictionary changed size during iteration"));
            }
            position = next;
        }
        if batch > 0 {
            self.out.op(SETITEMS);
        }
        Ok(())
    }

    fn save_set(&mut self, vm: &mut Vm, set: &Ref<Set>, frozen: bool) -> PyResult<()> {
        let object = set.as_value();
        if self.protocol < 4 {
            let class = object.class().as_value().clone();
            let items: Value = List::new(set.to_vec()).into();
            let reduced: Value = Tuple::new([class, Tuple::new([items]).into()]).into();
            return self.save_reduced(vm, object, &reduced);
        }
        let items = set.to_vec();
        if frozen {
            self.out.op(MARK);
            for item in &items {
                self.save(vm, item, true)?;
            }
            if let Some(index) = self.known(object) {
                self.out.op(POP_MARK);
                self.get(index);
                return Ok(());
            }
            self.out.op(FROZENSET);
            self.memoize(object);
            return Ok(());
        }
        self.out.op(EMPTY_SET);
        self.memoize(object);
        for batch in items.chunks(BATCH) {
            self.out.op(MARK);
            for item in batch {
                self.save(vm, item, true)?;
                if set.len() != items.len() {
                    return Err(vm.runtime_error("set changed size during iteration"));
                }
            }
            self.out.op(ADDITEMS);
        }
        Ok(())
    }

    /// Adds the items of an iterator to the list-like object on the stack.
    pub fn save_appends(&mut self, vm: &mut Vm, iterator: &Value) -> PyResult<()> {
        self.save_batches(vm, iterator, APPEND, APPENDS, |this, vm, item| this.save(vm, item, true))
    }

    /// Adds the pairs of an iterator to the dictionary-like object on the stack.
    pub fn save_items(&mut self, vm: &mut Vm, iterator: &Value) -> PyResult<()> {
        self.save_batches(vm, iterator, SETITEM, SETITEMS, |this, vm, item| {
            let pair = item.downcast_ref::<Tuple>().filter(|pair| pair.len() == 2).cloned();
            let Some(pair) = pair else {
                return Err(vm.type_error("dict items iterator must return 2-tuples"));
            };
            pair.as_slice().iter().try_for_each(|part| this.save(vm, part, true))
        })
    }

    fn save_batches(
        &mut self,
        vm: &mut Vm,
        iterator: &Value,
        one: u8,
        many: u8,
        mut save: impl FnMut(&mut Self, &mut Vm, &Value) -> PyResult<()>,
    ) -> PyResult<()> {
        if !self.bin() {
            while let Some(item) = vm.next(iterator)? {
                save(self, vm, &item)?;
                self.out.op(one);
            }
            return Ok(());
        }
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH
                && let Some(item) = vm.next(iterator)?
            {
                batch.push(item);
            }
            match batch.as_slice() {
                [] => return Ok(()),
                [item] => {
                    save(self, vm, item)?;
                    self.out.op(one);
                }
                items => {
                    self.out.op(MARK);
                    for item in items {
                        save(self, vm, item)?;
                    }
                    self.out.op(many);
                }
            }
            if batch.len() < BATCH {
                return Ok(());
            }
        }
    }
}

/// Text in Latin-1 with escapes, among them for what would end the line.
fn raw_unicode_escape(text: &Ref<Str>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for code in text.as_ref().code_points() {
        match code {
            0x5c | 0 | 0x0a | 0x0d | 0x1a | 0x100..=0xffff => {
                out.extend_from_slice(format!("\\u{code:04x}").as_bytes());
            }
            0x10000.. => out.extend_from_slice(format!("\\U{code:08x}").as_bytes()),
            _ => out.push(code as u8),
        }
    }
    out
}
