//! `product`, `permutations`, `combinations`, `combinations_with_replacement`

use crate::support::params;
use pvm_vm::native::{Args, bind, present};
use pvm_vm::object::class::flag;
use pvm_vm::object::{Class, Ref, Value};
use pvm_vm::types::str::Str;
use pvm_vm::types::tuple::Tuple;
use pvm_vm::{PyResult, Vm};
use pvm_vm_macros::pymethods;
use std::cell::RefCell;

/// How far an arrangement has come.
enum State {
    Fresh,
    Running,
    Over,
}

/// Indices into pools, and what comes next.
struct Progress {
    indices: Vec<usize>,
    /// Of `permutations` only.
    cycles: Vec<usize>,
    state: State,
}

fn progress(indices: Vec<usize>, cycles: Vec<usize>, possible: bool) -> RefCell<Progress> {
    let state = if possible { State::Fresh } else { State::Over };
    RefCell::new(Progress { indices, cycles, state })
}

fn pick(pool: &[Value], indices: &[usize]) -> Value {
    Tuple::new(indices.iter().map(|i| pool[*i].clone()).collect::<Vec<_>>()).into()
}

/// `product(*iterables, repeat=1)`
pub struct Product {
    pools: Vec<Ref<Tuple>>,
    progress: RefCell<Progress>,
}

pvm_vm::payload!(
    Product,
    "itertools.product",
    |p, visit| p.pools.iter().for_each(|pool| visit(pool.as_value())),
    |_p| ()
);

#[pymethods(
    name = "product",
    module = "itertools",
    doc = "product(*iterables, repeat=1) --> product object\n\nCartesian product of input iterables.  Equivalent to nested for-loops.\n\nFor example, product(A, B) returns the same as:  ((x,y) for x in A for y in B).\nThe leftmost iterators are in the outermost for-loop, so the output tuples\ncycle in a manner similar to an odometer (with the rightmost element changing\non every iteration).\n\nTo compute the product of an iterable with itself, specify the number\nof repetitions with the optional repeat keyword argument. For example,\nproduct(A, repeat=4) means the same as product(A, A, A, A).\n\nproduct('ab', range(3)) --> ('a',0) ('a',1) ('a',2) ('b',0) ('b',1) ('b',2)\nproduct((0,1), (0,1), (0,1)) --> (0,0,0) (0,0,1) (0,1,0) (0,1,1) (1,0,0) ...",
    flags = flag::BASE_TYPE
)]
impl Product {
    #[slot(new)]
    fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
        let mut repeat = 1;
        for (name, value) in args.keywords() {
            match name.downcast_ref::<Str>() {
                Some(name) if name.as_ref().equals_str("repeat") => repeat = vm.to_index(value)?,
                _ => {
                    let shown = vm.str(name)?;
                    return Err(
                        vm.type_error(format!("'{shown}' is an invalid keyword argument for product()"))
                    );
                }
            }
        }
        let Ok(repeat) = usize::try_from(repeat) else {
            return Err(vm.value_error("repeat argument cannot be negative"));
        };
        let once = args.pos().len();
        let Some(total) = once.checked_mul(repeat).filter(|n| *n < isize::MAX as usize / 16) else {
            return Err(vm.overflow_error("repeat argument too large"));
        };
        let mut pools: Vec<Ref<Tuple>> = Vec::new();
        for iterable in if repeat == 0 { &[] } else { args.pos() } {
            pools.push(vm.to_tuple(iterable)?);
        }
        if pools.try_reserve(total).is_err() {
            return Err(vm.memory_error());
        }
        for i in pools.len()..total {
            pools.push(pools[i - once].clone());
        }
        let possible = pools.iter().all(|p| !p.is_empty());
        let progress = progress(vec![0; pools.len()], Vec::new(), possible);
        Ok(Ref::new(Product { pools, progress }, cls).into())
    }

    #[slot(iter)]
    fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
        Ok(this.clone())
    }

    #[slot(next)]
    fn next(this: &Ref<Product>) -> PyResult<Option<Value>> {
        let mut guard = this.progress.borrow_mut();
        let progress = &mut *guard;
        match progress.state {
            State::Over => return Ok(None),
            State::Fresh => progress.state = State::Running,
            State::Running => {
                let mut advanced = false;
                for (index, pool) in progress.indices.iter_mut().zip(&this.pools).rev() {
                    *index += 1;
                    if *index < pool.len() {
                        advanced = true;
                        break;
                    }
                    *index = 0;
                }
                if !advanced {
                    progress.state = State::Over;
                    return Ok(None);
                }
            }
        }
        let items: Vec<Value> =
            progress.indices.iter().zip(&this.pools).map(|(i, pool)| pool.as_slice()[*i].clone()).collect();
        drop(guard);
        Ok(Some(Tuple::new(items).into()))
    }

    #[method(sig = "")]
    fn __sizeof__(this: &Ref<Product>) -> usize {
        56 + 8 * this.pools.len()
    }
}

/// A pool and the length of arrangements.
fn pool_and_length(
    vm: &mut Vm,
    name: &'static str,
    args: Args<'_>,
    required: bool,
) -> PyResult<(Ref<Tuple>, Option<usize>)> {
    let ([iterable, r], _) = if required {
        bind::<2, 2, 2>(vm, name, params![("iterable", Positional, true), ("r", Positional, true)], args)?
    } else {
        bind::<2, 1, 2>(vm, name, params![("iterable", Positional, true), ("r", Positional, false)], args)?
    };
    let iterable = present(vm, iterable)?;
    let pool = vm.to_tuple(iterable)?;
    let Some(r) = r.filter(|r| required || !r.is_none()) else { return Ok((pool, None)) };
    if !required && r.as_int().is_none() {
        return Err(vm.type_error("Expected int as r"));
    }
    let r = vm.to_index(r)?;
    match usize::try_from(r) {
        Ok(r) => Ok((pool, Some(r))),
        Err(_) => Err(vm.value_error("r must be non-negative")),
    }
}

macro_rules! arrangement_class {
    ($name:ident, $python:tt, $doc:tt, $required:literal, |$n:ident, $r:ident| $start:expr, |$size:ident, $p:ident| $advance:expr) => {
        #[doc = concat!("`", $python, "(iterable, r)`")]
        pub struct $name {
            pool: Ref<Tuple>,
            length: usize,
            progress: RefCell<Progress>,
        }

        pvm_vm::payload!($name, $python, |c, visit| visit(c.pool.as_value()), |_c| ());

        #[pymethods(name = $python, module = "itertools", doc = $doc, flags = flag::BASE_TYPE)]
        impl $name {
            #[slot(new)]
            fn new_slot(vm: &mut Vm, cls: &Ref<Class>, args: Args<'_>) -> PyResult {
                let (pool, length) = pool_and_length(vm, $python, args, $required)?;
                let $n = pool.len();
                let $r = length.unwrap_or($n);
                if $r > isize::MAX as usize / 16 {
                    return Err(vm.memory_error());
                }
                let progress = $start;
                let length = $r;
                Ok(Ref::new($name { pool, length, progress }, cls).into())
            }

            #[slot(iter)]
            fn iter(_vm: &mut Vm, this: &Value) -> PyResult {
                Ok(this.clone())
            }

            #[slot(next)]
            fn next(this: &Ref<$name>) -> PyResult<Option<Value>> {
                let mut guard = this.progress.borrow_mut();
                let progress = &mut *guard;
                match progress.state {
                    State::Over => return Ok(None),
                    State::Fresh => progress.state = State::Running,
                    State::Running => {
                        let ($size, $p) = (this.pool.len(), &mut *progress);
                        let advanced: bool = $advance;
                        if !advanced {
                            progress.state = State::Over;
                            return Ok(None);
                        }
                    }
                }
                let length = this.length.min(progress.indices.len());
                Ok(Some(pick(this.pool.as_slice(), &progress.indices[..length])))
            }

            #[method(sig = "")]
            fn __sizeof__(this: &Ref<$name>) -> usize {
                56 + 8 * this.length
            }
        }
    };
}

arrangement_class!(
    Combinations,
    "combinations",
    "Return successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)",
    true,
    |n, r| progress(if r <= n { (0..r).collect() } else { Vec::new() }, Vec::new(), r <= n),
    |n, p| {
        let r = p.indices.len();
        match (0..r).rev().find(|i| p.indices[*i] != i + n - r) {
            None => false,
            Some(i) => {
                p.indices[i] += 1;
                for j in i + 1..r {
                    p.indices[j] = p.indices[j - 1] + 1;
                }
                true
            }
        }
    }
);

arrangement_class!(
    CombinationsWithReplacement,
    "combinations_with_replacement",
    "Return successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> (\'A\',\'A\'), (\'A\',\'B\'), (\'A\',\'C\'), (\'B\',\'B\'), (\'B\',\'C\'), (\'C\',\'C\')",
    true,
    |n, r| {
        let possible = n > 0 || r == 0;
        progress(if possible { vec![0; r] } else { Vec::new() }, Vec::new(), possible)
    },
    |n, p| {
        let r = p.indices.len();
        match (0..r).rev().find(|i| p.indices[*i] + 1 != n) {
            None => false,
            Some(i) => {
                let next = p.indices[i] + 1;
                p.indices[i..].fill(next);
                true
            }
        }
    }
);

arrangement_class!(
    Permutations,
    "permutations",
    "Return successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)",
    false,
    |n, r| {
        let possible = r <= n;
        let cycles = if possible { (0..r).map(|i| n - i).collect() } else { Vec::new() };
        progress(if possible { (0..n).collect() } else { Vec::new() }, cycles, possible)
    },
    |n, p| {
        let mut advanced = false;
        for i in (0..p.cycles.len()).rev() {
            p.cycles[i] -= 1;
            if p.cycles[i] == 0 {
                p.indices[i..].rotate_left(1);
                p.cycles[i] = n - i;
            } else {
                let j = n - p.cycles[i];
                p.indices.swap(i, j);
                advanced = true;
                break;
            }
        }
        advanced
    }
);
