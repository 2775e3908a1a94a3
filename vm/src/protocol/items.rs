//! Items, lengths and membership.

use crate::object::{Class, Value};
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::vm::{PyResult, Vm};

impl Vm {
    /// `container[key]`
    pub fn get_item(&mut self, container: &Value, key: &Value) -> PyResult {
        if let Some(getitem) = container.class().slots.getitem.get() {
            return getitem(self, container, key);
        }
        if let Some(class) = container.downcast_ref::<Class>() {
            if class.is(&self.types().type_) {
                return Ok(
                    crate::types::generic_alias::GenericAlias::new(container.clone(), key.clone()).into()
                );
            }
            let name = class.name();
            return match self.lookup_attr(container, &self.names().dunder_class_getitem)? {
                Some(method) if !method.is_none() => self.call(&method, std::slice::from_ref(key)),
                _ => Err(self.type_error(format!("type '{name}' is not subscriptable"))),
            };
        }
        let class = container.class().name();
        Err(self.type_error(format!("'{class}' object is not subscriptable")))
    }

    /// `container[key] = value`
    pub fn set_item(&mut self, container: &Value, key: &Value, value: Value) -> PyResult<()> {
        match container.class().slots.setitem.get() {
            Some(setitem) => setitem(self, container, key, Some(value)),
            None => {
                let class = container.class().name();
                Err(self.type_error(format!("'{class}' object does not support item assignment")))
            }
        }
    }

    /// `del container[key]`
    pub fn del_item(&mut self, container: &Value, key: &Value) -> PyResult<()> {
        match container.class().slots.setitem.get() {
            Some(setitem) => setitem(self, container, key, None),
            None => {
                let class = container.class().name();
                Err(self.type_error(format!("'{class}' object doesn't support item deletion")))
            }
        }
    }

    /// `len(value)`
    pub fn length(&mut self, value: &Value) -> PyResult<usize> {
        match value.class().slots.len.get() {
            Some(len) => len(self, value),
            None => {
                let class = value.class().name();
                Err(self.type_error(format!("object of type '{class}' has no len()")))
            }
        }
    }

    /// `item in container`
    pub fn contains(&mut self, container: &Value, item: &Value) -> PyResult<bool> {
        if let Some(contains) = container.class().slots.contains.get() {
            return contains(self, container, item);
        }
        let iterator = match self.iter(container) {
            Ok(iterator) => iterator,
            Err(raised) if raised.is(&self.types().exceptions.type_error) => {
                let class = container.class().name();
                return Err(self.type_error(format!("argument of type '{class}' is not iterable")));
            }
            Err(raised) => return Err(raised),
        };
        while let Some(candidate) = self.next(&iterator)? {
            if self.equals(&candidate, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The length that an iterable says it will have, for reserving memory (`operator.length_hint`).
    pub fn length_hint(&mut self, value: &Value, default: usize) -> PyResult<usize> {
        if let Some(len) = value.class().slots.len.get() {
            return match len(self, value) {
                Err(raised) if raised.is(&self.types().exceptions.type_error) => Ok(default),
                other => other,
            };
        }
        let hint = match self.call_special(value, &self.names().dunder_length_hint, &[]) {
            Ok(Some(hint)) if !hint.is_not_implemented() => hint,
            Ok(_) => return Ok(default),
            Err(raised) if raised.is(&self.types().exceptions.type_error) => return Ok(default),
            Err(raised) => return Err(raised),
        };
        match hint.as_int().map(|i| i.to_i64()) {
            None => {
                let class = hint.class().name();
                Err(self.type_error(format!("__length_hint__ must be an integer, not {class}")))
            }
            Some(Some(n)) if n >= 0 => Ok(n as usize),
            Some(_) => Err(self.value_error("__length_hint__() should return >= 0")),
        }
    }

    /// An index of `sequence[i]`: negative ones count from the end. `None` where it is out of range.
    pub fn sequence_index(&mut self, key: &Value, len: usize) -> PyResult<Option<usize>> {
        let index = self.to_index(key)?;
        let index = if index < 0 { index + len as i64 } else { index };
        Ok(usize::try_from(index).ok().filter(|i| *i < len))
    }

    /// The items of a mapping or, where it has no `keys`, of an iterable of pairs, into a dictionary (`dict.update`).
    pub fn update_dict(&mut self, target: &Dict, source: &Value) -> PyResult<()> {
        if let Some(other) = source.downcast_ref::<Dict>()
            && source.class().is(&self.types().dict)
        {
            let mut position = 0;
            let before = other.changes();
            while let Some((next, key, value, hash)) = other.next_item_hashed(position) {
                target.set_hashed(self, key, hash, value)?;
                position = next;
                if other.changes() != before && !std::ptr::eq(target, &**other) {
                    return Err(self.runtime_error("dict mutated during update"));
                }
            }
            return Ok(());
        }
        let keys = self.lookup_attr(source, &self.names().keys)?;
        let Some(keys) = keys else { return self.update_dict_from_pairs(target, source) };
        let keys = self.call(&keys, &[])?;
        self.for_each(&keys, |vm, key| {
            let value = vm.get_item(source, &key)?;
            target.set(vm, key, value)
        })
    }

    fn update_dict_from_pairs(&mut self, target: &Dict, source: &Value) -> PyResult<()> {
        let mut index = 0;
        self.for_each(source, |vm, pair| {
            let items = match vm.collect(&pair) {
                Err(raised) if raised.is(&vm.types().exceptions.type_error) => {
                    let text =
                        format!("cannot convert dictionary update sequence element #{index} to a sequence");
                    return Err(vm.type_error(text));
                }
                other => other?,
            };
            let [key, value] = &items[..] else {
                let len = items.len();
                let text =
                    format!("dictionary update sequence element #{index} has length {len}; 2 is required");
                return Err(vm.value_error(text));
            };
            index += 1;
            target.set(vm, key.clone(), value.clone())
        })
    }

    /// `list.extend`
    pub fn extend_list(&mut self, list: &List, iterable: &Value) -> PyResult<()> {
        if iterable.class().is(&self.types().list) || iterable.class().is(&self.types().tuple) {
            list.extend(self.collect(iterable)?);
            return Ok(());
        }
        let iterator = self.iter_with_memory(iterable)?;
        while let Some(item) = self.next(&iterator)? {
            list.push(item);
        }
        Ok(())
    }
}
