//! Sorting: a stable merge sort that finds runs (timsort), as CPython's `listobject.c` describes it in `listsort.txt`.
//!
//! Comparisons may run any Python code: raise, be inconsistent, or change the list. So the items are taken out
//! of the list while they are sorted, what is sorted are indices into them, and a failure leaves every index in place.

use crate::object::slots::CompareOp;
use crate::object::{Ref, Value};
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::vm::{PyResult, Vm};

/// `list.sort`
pub fn sort_list(vm: &mut Vm, list: &Ref<List>, key: Option<&Value>, reverse: bool) -> PyResult<()> {
    let items = list.take();
    let (items, result) = sort_values(vm, items, key, reverse);
    // The emptied list owns no memory unless something was put into it meanwhile.
    let touched = list.with_mut(|now| now.capacity() != 0);
    let meanwhile = list.set(items);
    drop(meanwhile);
    result?;
    if touched {
        return Err(vm.value_error("list modified during sort"));
    }
    Ok(())
}

/// Sorts values; gives all of them back also where a comparison fails.
pub fn sort_values(
    vm: &mut Vm,
    mut items: Vec<Value>,
    key: Option<&Value>,
    reverse: bool,
) -> (Vec<Value>, PyResult<()>) {
    if u32::try_from(items.len()).is_err() {
        let error = vm.memory_error();
        return (items, Err(error));
    }
    let keys = match key {
        None => None,
        Some(key) => {
            let mut keys = Vec::with_capacity(items.len());
            for item in &items {
                match vm.call(key, std::slice::from_ref(item)) {
                    Ok(value) => keys.push(value),
                    Err(raised) => return (items, Err(raised)),
                }
            }
            Some(keys)
        }
    };
    let mut order: Vec<u32> = (0..items.len() as u32).collect();
    // Sorting the reverse of the reverse keeps equal items in their order.
    if reverse {
        order.reverse();
    }
    let result = match order_values(vm, keys.as_deref().unwrap_or(&items), &mut order) {
        Ok(()) => {
            if reverse {
                order.reverse();
            }
            Ok(())
        }
        Err(raised) => {
            if reverse {
                order.reverse();
            }
            Err(raised)
        }
    };
    let mut slots: Vec<Value> = Vec::with_capacity(items.len());
    for index in order {
        // Each index comes once, so nothing that was moved out is moved again.
        let value = items.get_mut(index as usize).map(|slot| std::mem::replace(slot, Value::UNBOUND));
        slots.push(value.unwrap_or(Value::NONE));
    }
    drop(items);
    drop(keys);
    (slots, result)
}

/// Sorts indices by the values that they stand for.
fn order_values(vm: &mut Vm, keys: &[Value], order: &mut [u32]) -> PyResult<()> {
    if order.len() < 2 {
        return Ok(());
    }
    if let Some(ints) = keys.iter().map(Value::as_small_int).collect::<Option<Vec<i64>>>() {
        order.sort_by_key(|i| ints[*i as usize]);
        return Ok(());
    }
    let float = |value: &Value| value.as_tagged_float().filter(|f| !f.is_nan());
    if let Some(floats) = keys.iter().map(float).collect::<Option<Vec<f64>>>() {
        order.sort_by(|a, b| {
            let (x, y) = (floats[*a as usize], floats[*b as usize]);
            x.partial_cmp(&y).unwrap_or(std::cmp::Ordering::Equal)
        });
        return Ok(());
    }
    let str_class = vm.types().str.clone();
    let text = |value: &Value| value.downcast_ref::<Str>().filter(|s| s.class().is(&str_class)).cloned();
    if let Some(texts) = keys.iter().map(text).collect::<Option<Vec<Ref<Str>>>>() {
        order.sort_by(|a, b| texts[*a as usize].as_ref().compare(texts[*b as usize].as_ref()));
        return Ok(());
    }
    let tuples = keys
        .iter()
        .all(|k| k.class().is(&vm.types().tuple) && k.downcast_ref::<Tuple>().is_some_and(|t| !t.is_empty()));
    let less: Less = if tuples { tuple_less } else { value_less };
    Sorter { vm, keys, order, less, min_gallop: MIN_GALLOP, runs: Vec::new() }.sort()
}

type Less = fn(&mut Vm, &Value, &Value) -> PyResult<bool>;

fn value_less(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<bool> {
    vm.compare_bool(a, b, CompareOp::Lt)
}

/// Tuples that are not empty: mostly the first items decide.
fn tuple_less(vm: &mut Vm, a: &Value, b: &Value) -> PyResult<bool> {
    let (Some(x), Some(y)) = (a.downcast_ref::<Tuple>(), b.downcast_ref::<Tuple>()) else {
        return value_less(vm, a, b);
    };
    let (x, y) = (x.as_slice(), y.as_slice());
    for (i, j) in x.iter().zip(y) {
        if !vm.equals(i, j)? {
            return vm.compare_bool(i, j, CompareOp::Lt);
        }
    }
    Ok(x.len() < y.len())
}

const MIN_GALLOP: usize = 7;

/// A sorted stretch that waits to be merged.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    /// Depth in the tree of merges of the border after it.
    power: u32,
}

struct Sorter<'a> {
    vm: &'a mut Vm,
    keys: &'a [Value],
    order: &'a mut [u32],
    less: Less,
    min_gallop: usize,
    runs: Vec<Run>,
}

impl Sorter<'_> {
    /// Whether the value that `a` stands for is less than that of `b`.
    fn less(&mut self, a: u32, b: u32) -> PyResult<bool> {
        (self.less)(self.vm, &self.keys[a as usize], &self.keys[b as usize])
    }

    fn sort(mut self) -> PyResult<()> {
        let n = self.order.len();
        let min_run = min_run(n);
        let mut start = 0;
        while start < n {
            let mut len = self.count_run(start)?;
            if len < min_run {
                let forced = min_run.min(n - start);
                self.binary_sort(start, start + forced, start + len)?;
                len = forced;
            }
            self.found_new_run(start, len)?;
            self.runs.push(Run { start, len, power: 0 });
            start += len;
        }
        while self.runs.len() > 1 {
            let mut at = self.runs.len() - 2;
            if at > 0 && self.runs[at - 1].len < self.runs[at + 1].len {
                at -= 1;
            }
            self.merge_at(at)?;
        }
        Ok(())
    }

    /// The length of the run at `start`; a descending one is reversed.
    fn count_run(&mut self, start: usize) -> PyResult<usize> {
        let n = self.order.len();
        if start + 1 == n {
            return Ok(1);
        }
        let mut end = start + 2;
        let descending = self.less(self.order[start + 1], self.order[start])?;
        while end < n && self.less(self.order[end], self.order[end - 1])? == descending {
            end += 1;
        }
        if descending {
            self.order[start..end].reverse();
        }
        Ok(end - start)
    }

    /// Sorts `low..high` by insertion, where `low..sorted` is sorted already.
    fn binary_sort(&mut self, low: usize, high: usize, sorted: usize) -> PyResult<()> {
        for at in sorted.max(low + 1)..high {
            let pivot = self.order[at];
            let (mut left, mut right) = (low, at);
            while left < right {
                let middle = left + (right - left) / 2;
                if self.less(pivot, self.order[middle])? {
                    right = middle;
                } else {
                    left = middle + 1;
                }
            }
            self.order.copy_within(left..at, left + 1);
            self.order[left] = pivot;
        }
        Ok(())
    }

    /// Merges waiting runs as powersort says, before a run of this place and length is added.
    fn found_new_run(&mut self, start: usize, len: usize) -> PyResult<()> {
        let Some(last) = self.runs.last().copied() else { return Ok(()) };
        let power = power(last.start, last.len, len, self.order.len());
        debug_assert_eq!(last.start + last.len, start);
        while self.runs.len() > 1 && self.runs[self.runs.len() - 2].power > power {
            self.merge_at(self.runs.len() - 2)?;
        }
        if let Some(last) = self.runs.last_mut() {
            last.power = power;
        }
        Ok(())
    }

    /// Merges the runs `at` and `at + 1`.
    fn merge_at(&mut self, at: usize) -> PyResult<()> {
        let (a, b) = (self.runs[at], self.runs[at + 1]);
        self.runs[at].len = a.len + b.len;
        self.runs.remove(at + 1);
        // What is in place already at both ends stays there.
        let first_b = self.order[b.start];
        let skip = self.gallop_right(first_b, Place::Order(a.start), a.len, 0)?;
        let (start_a, len_a) = (a.start + skip, a.len - skip);
        if len_a == 0 {
            return Ok(());
        }
        let last_a = self.order[start_a + len_a - 1];
        let len_b = self.gallop_left(last_a, Place::Order(b.start), b.len, b.len - 1)?;
        if len_b == 0 {
            return Ok(());
        }
        if len_a <= len_b {
            self.merge_low(start_a, len_a, b.start, len_b)
        } else {
            self.merge_high(start_a, len_a, b.start, len_b)
        }
    }

    fn at(&self, place: &Place<'_>, index: usize) -> u32 {
        match place {
            Place::Order(start) => self.order[start + index],
            Place::Copy(copy) => copy[index],
        }
    }

    /// Where `key` belongs in the run, left of equal values; the search starts at `hint`.
    fn gallop_left(&mut self, key: u32, run: Place<'_>, n: usize, hint: usize) -> PyResult<usize> {
        let (mut last, mut offset) = (0usize, 1usize);
        let (mut low, mut high);
        if self.less(self.at(&run, hint), key)? {
            let max = n - hint;
            while offset < max && self.less(self.at(&run, hint + offset), key)? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            offset = offset.min(max);
            (low, high) = (hint + last + 1, hint + offset);
        } else {
            let max = hint + 1;
            while offset < max && !self.less(self.at(&run, hint - offset), key)? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            offset = offset.min(max);
            (low, high) = (hint + 1 - offset, hint - last);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.less(self.at(&run, middle), key)? {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(high)
    }

    /// Where `key` belongs in the run, right of equal values; the search starts at `hint`.
    fn gallop_right(&mut self, key: u32, run: Place<'_>, n: usize, hint: usize) -> PyResult<usize> {
        let (mut last, mut offset) = (0usize, 1usize);
        let (mut low, mut high);
        if self.less(key, self.at(&run, hint))? {
            let max = hint + 1;
            while offset < max && self.less(key, self.at(&run, hint - offset))? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            offset = offset.min(max);
            (low, high) = (hint + 1 - offset, hint - last);
        } else {
            let max = n - hint;
            while offset < max && !self.less(key, self.at(&run, hint + offset))? {
                last = offset;
                offset = (offset << 1) + 1;
            }
            offset = offset.min(max);
            (low, high) = (hint + last + 1, hint + offset);
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.less(key, self.at(&run, middle))? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(high)
    }

    /// Merges two runs from the left; the first is the shorter one. Its smallest is greater than the second's, and its
    /// largest greater than all of the second.
    fn merge_low(&mut self, a: usize, len_a: usize, b: usize, len_b: usize) -> PyResult<()> {
        let copy = self.order[a..a + len_a].to_vec();
        let mut state = Merge { from_copy: 0, from_run: b, to: a, end_copy: len_a, end_run: b + len_b };
        let result = self.merge_low_steps(&copy, &mut state);
        // What is left of the copy fills the gap, after success as after failure.
        let left = state.end_copy - state.from_copy;
        if result.as_ref().is_ok_and(|tail_first| *tail_first) {
            // One of the copy is left, and it is the greatest of all.
            let rest = state.from_run..state.end_run;
            let count = rest.len();
            self.order.copy_within(rest, state.to);
            state.to += count;
        }
        self.order[state.to..state.to + left].copy_from_slice(&copy[state.from_copy..state.end_copy]);
        result.map(drop)
    }

    /// Whether the rest of the second run goes before the one item left of the copy.
    fn merge_low_steps(&mut self, copy: &[u32], s: &mut Merge) -> PyResult<bool> {
        s.take_run(self.order);
        if s.run_is_empty() {
            return Ok(false);
        }
        if s.copy_left() == 1 {
            return Ok(true);
        }
        let mut min_gallop = self.min_gallop;
        loop {
            let (mut count_a, mut count_b) = (0, 0);
            loop {
                if self.less(self.order[s.from_run], copy[s.from_copy])? {
                    s.take_run(self.order);
                    count_b += 1;
                    count_a = 0;
                    if s.run_is_empty() {
                        return Ok(false);
                    }
                    if count_b >= min_gallop {
                        break;
                    }
                } else {
                    s.take_copy(self.order, copy);
                    count_a += 1;
                    count_b = 0;
                    if s.copy_left() == 1 {
                        return Ok(true);
                    }
                    if count_a >= min_gallop {
                        break;
                    }
                }
            }
            min_gallop += 1;
            loop {
                min_gallop -= usize::from(min_gallop > 1);
                self.min_gallop = min_gallop;
                let key = self.order[s.from_run];
                count_a = self.gallop_right(key, Place::Copy(&copy[s.from_copy..]), s.copy_left(), 0)?;
                for _ in 0..count_a {
                    s.take_copy(self.order, copy);
                }
                // An inconsistent comparison can use up the copy.
                match s.copy_left() {
                    0 => return Ok(false),
                    1 => return Ok(true),
                    _ => {}
                }
                s.take_run(self.order);
                if s.run_is_empty() {
                    return Ok(false);
                }
                let left = s.end_run - s.from_run;
                count_b = self.gallop_left(copy[s.from_copy], Place::Order(s.from_run), left, 0)?;
                for _ in 0..count_b {
                    s.take_run(self.order);
                }
                if s.run_is_empty() {
                    return Ok(false);
                }
                s.take_copy(self.order, copy);
                if s.copy_left() == 1 {
                    return Ok(true);
                }
                if count_a < MIN_GALLOP && count_b < MIN_GALLOP {
                    break;
                }
            }
            min_gallop += 1;
            self.min_gallop = min_gallop;
        }
    }

    /// Merges two runs from the right; the second is the shorter one.
    fn merge_high(&mut self, a: usize, len_a: usize, b: usize, len_b: usize) -> PyResult<()> {
        let copy = self.order[b..b + len_b].to_vec();
        let mut state =
            Merge { from_copy: 0, from_run: a, to: b + len_b, end_copy: len_b, end_run: a + len_a };
        let result = self.merge_high_steps(&copy, &mut state);
        if result.as_ref().is_ok_and(|head_first| *head_first) {
            // One of the copy is left, and it is the least of all.
            let rest = state.from_run..state.end_run;
            let count = rest.len();
            self.order.copy_within(rest, state.to - count);
            state.to -= count;
        }
        let left = state.end_copy;
        self.order[state.to - left..state.to].copy_from_slice(&copy[..left]);
        result.map(drop)
    }

    /// Whether the rest of the first run goes behind the one item left of the copy.
    fn merge_high_steps(&mut self, copy: &[u32], s: &mut Merge) -> PyResult<bool> {
        s.take_run_back(self.order);
        if s.run_is_empty() {
            return Ok(false);
        }
        if s.end_copy == 1 {
            return Ok(true);
        }
        let mut min_gallop = self.min_gallop;
        loop {
            let (mut count_a, mut count_b) = (0, 0);
            loop {
                if self.less(copy[s.end_copy - 1], self.order[s.end_run - 1])? {
                    s.take_run_back(self.order);
                    count_a += 1;
                    count_b = 0;
                    if s.run_is_empty() {
                        return Ok(false);
                    }
                    if count_a >= min_gallop {
                        break;
                    }
                } else {
                    s.take_copy_back(self.order, copy);
                    count_b += 1;
                    count_a = 0;
                    if s.end_copy == 1 {
                        return Ok(true);
                    }
                    if count_b >= min_gallop {
                        break;
                    }
                }
            }
            min_gallop += 1;
            loop {
                min_gallop -= usize::from(min_gallop > 1);
                self.min_gallop = min_gallop;
                let left = s.end_run - s.from_run;
                let keep =
                    self.gallop_right(copy[s.end_copy - 1], Place::Order(s.from_run), left, left - 1)?;
                count_a = left - keep;
                for _ in 0..count_a {
                    s.take_run_back(self.order);
                }
                if s.run_is_empty() {
                    return Ok(false);
                }
                s.take_copy_back(self.order, copy);
                if s.end_copy == 1 {
                    return Ok(true);
                }
                let key = self.order[s.end_run - 1];
                let keep = self.gallop_left(key, Place::Copy(copy), s.end_copy, s.end_copy - 1)?;
                count_b = s.end_copy - keep;
                for _ in 0..count_b {
                    s.take_copy_back(self.order, copy);
                }
                match s.end_copy {
                    0 => return Ok(false),
                    1 => return Ok(true),
                    _ => {}
                }
                s.take_run_back(self.order);
                if s.run_is_empty() {
                    return Ok(false);
                }
                if count_a < MIN_GALLOP && count_b < MIN_GALLOP {
                    break;
                }
            }
            min_gallop += 1;
            self.min_gallop = min_gallop;
        }
    }
}

/// Where a run lies.
enum Place<'a> {
    /// In the order itself, from this index.
    Order(usize),
    /// In a copy.
    Copy(&'a [u32]),
}

/// How far a merge has come: what is left of the copied run and of the other, and where the next item goes.
struct Merge {
    from_copy: usize,
    end_copy: usize,
    from_run: usize,
    end_run: usize,
    to: usize,
}

impl Merge {
    fn run_is_empty(&self) -> bool {
        self.from_run == self.end_run
    }

    fn copy_left(&self) -> usize {
        self.end_copy - self.from_copy
    }

    fn take_run(&mut self, order: &mut [u32]) {
        order[self.to] = order[self.from_run];
        self.to += 1;
        self.from_run += 1;
    }

    fn take_copy(&mut self, order: &mut [u32], copy: &[u32]) {
        order[self.to] = copy[self.from_copy];
        self.to += 1;
        self.from_copy += 1;
    }

    fn take_run_back(&mut self, order: &mut [u32]) {
        self.to -= 1;
        self.end_run -= 1;
        order[self.to] = order[self.end_run];
    }

    fn take_copy_back(&mut self, order: &mut [u32], copy: &[u32]) {
        self.to -= 1;
        self.end_copy -= 1;
        order[self.to] = copy[self.end_copy];
    }
}

/// The least length of a run: between 32 and 64, so that the number of runs is close to a power of two.
fn min_run(mut n: usize) -> usize {
    let mut odd = 0;
    while n >= 64 {
        odd |= n & 1;
        n >>= 1;
    }
    n + odd
}

/// The power of the border between two neighbouring runs: the depth at which powersort merges them.
fn power(start: usize, len_a: usize, len_b: usize, n: usize) -> u32 {
    let mut result = 0;
    let mut a = 2 * start + len_a;
    let mut b = a + len_a + len_b;
    loop {
        result += 1;
        if a >= n {
            a -= n;
            b -= n;
        } else if b >= n {
            break;
        }
        a <<= 1;
        b <<= 1;
    }
    result
}
