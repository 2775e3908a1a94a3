//! `itertools`: endless iterators here, [`sequence`] for those that pass items through, [`combinatoric`] for those that
//! arrange them.

mod combinatoric;
mod endless;
mod grouping;
mod sequence;

/// The module.
#[pvm_vm_macros::pymodule(
    name = "itertools",
    doc = "Functional tools for creating and using iterators.\n\nInfinite iterators:\ncount(start=0, step=1) --> start, start+step, start+2*step, ...\ncycle(p) --> p0, p1, ... plast, p0, p1, ...\nrepeat(elem [,n]) --> elem, elem, elem, ... endlessly or up to n times\n\nIterators terminating on the shortest input sequence:\naccumulate(p[, func]) --> p0, p0+p1, p0+p1+p2\nbatched(p, n) --> [p0, p1, ..., p_n-1], [p_n, p_n+1, ..., p_2n-1], ...\nchain(p, q, ...) --> p0, p1, ... plast, q0, q1, ...\nchain.from_iterable([p, q, ...]) --> p0, p1, ... plast, q0, q1, ...\ncompress(data, selectors) --> (d[0] if s[0]), (d[1] if s[1]), ...\ndropwhile(predicate, seq) --> seq[n], seq[n+1], starting when predicate fails\ngroupby(iterable[, keyfunc]) --> sub-iterators grouped by value of keyfunc(v)\nfilterfalse(predicate, seq) --> elements of seq where pred(elem) is False\nislice(seq, [start,] stop [, step]) --> elements from\n       seq[start:stop:step]\npairwise(s) --> (s[0],s[1]), (s[1],s[2]), (s[2], s[3]), ...\nstarmap(fun, seq) --> fun(*seq[0]), fun(*seq[1]), ...\ntee(it, n=2) --> (it1, it2 , ... itn) splits one iterator into n\ntakewhile(predicate, seq) --> seq[0], seq[1], until predicate fails\nzip_longest(p, q, ...) --> (p[0], q[0]), (p[1], q[1]), ...\n\nCombinatoric generators:\nproduct(p, q, ... [repeat=1]) --> cartesian product\npermutations(p[, r])\ncombinations(p, r)\ncombinations_with_replacement(p, r)\n"
)]
pub mod itertools_module {
    use super::{combinatoric, endless, grouping, sequence};
    use crate::support::add_class;
    use pvm_vm::object::{Ref, Value};
    use pvm_vm::types::module::Module;
    use pvm_vm::types::tuple::Tuple;
    use pvm_vm::{PyResult, Vm};

    /// Returns a tuple of n independent iterators.
    #[pyfunction(sig = "(iterable, n=2, /)")]
    fn tee(vm: &mut Vm, iterable: &Value, n: i64) -> PyResult {
        let Ok(n) = usize::try_from(n) else { return Err(vm.value_error("n must be >= 0")) };
        if n == 0 {
            return Ok(vm.names().empty_tuple.clone().into());
        }
        let first = grouping::tee_of(vm, iterable)?;
        let mut copies = vec![first.clone().into()];
        for _ in 1..n {
            copies.push(grouping::Tee::copy(vm, &first)?);
        }
        Ok(Tuple::new(copies).into())
    }

    fn init(vm: &mut Vm, module: &Ref<Module>) -> PyResult<()> {
        add_class::<endless::Count>(vm, module, "count")?;
        add_class::<endless::Cycle>(vm, module, "cycle")?;
        add_class::<endless::Repeat>(vm, module, "repeat")?;
        add_class::<sequence::Accumulate>(vm, module, "accumulate")?;
        add_class::<sequence::Batched>(vm, module, "batched")?;
        add_class::<sequence::Chain>(vm, module, "chain")?;
        add_class::<sequence::Compress>(vm, module, "compress")?;
        add_class::<sequence::DropWhile>(vm, module, "dropwhile")?;
        add_class::<sequence::TakeWhile>(vm, module, "takewhile")?;
        add_class::<sequence::FilterFalse>(vm, module, "filterfalse")?;
        add_class::<sequence::ISlice>(vm, module, "islice")?;
        add_class::<sequence::Pairwise>(vm, module, "pairwise")?;
        add_class::<sequence::StarMap>(vm, module, "starmap")?;
        add_class::<grouping::ZipLongest>(vm, module, "zip_longest")?;
        add_class::<grouping::GroupBy>(vm, module, "groupby")?;
        add_class::<grouping::Group>(vm, module, "_grouper")?;
        add_class::<grouping::Tee>(vm, module, "_tee")?;
        add_class::<combinatoric::Product>(vm, module, "product")?;
        add_class::<combinatoric::Permutations>(vm, module, "permutations")?;
        add_class::<combinatoric::Combinations>(vm, module, "combinations")?;
        add_class::<combinatoric::CombinationsWithReplacement>(vm, module, "combinations_with_replacement")?;
        Ok(())
    }
}
