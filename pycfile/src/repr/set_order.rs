//! The order in which CPython iterates a set, where it does not depend on the process's hash seed.
//!
//! Source: CPython 3.12 `Objects/setobject.c`.

use crate::code::Constant;

const MIN_SIZE: usize = 8;
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

/// The positions of `items` in iteration order, when they were added in the given order; `None` where the hash
/// of one depends on the process.
pub(super) fn iteration_order(items: &[Constant]) -> Option<Vec<usize>> {
    let hashes = items.iter().map(hash).collect::<Option<Vec<u64>>>()?;
    let mut table: Vec<Option<usize>> = vec![None; MIN_SIZE];
    for used in 1..=hashes.len() {
        insert(&mut table, &hashes, used - 1);
        if used * 5 >= (table.len() - 1) * 3 {
            let wanted = if used > 50_000 { used * 2 } else { used * 4 };
            let mut size = MIN_SIZE;
            while size <= wanted {
                size *= 2;
            }
            let old = std::mem::replace(&mut table, vec![None; size]);
            for item in old.into_iter().flatten() {
                insert(&mut table, &hashes, item);
            }
        }
    }
    Some(table.into_iter().flatten().collect())
}

fn insert(table: &mut [Option<usize>], hashes: &[u64], item: usize) {
    let mask = table.len() - 1;
    let mut perturb = hashes[item];
    let mut i = hashes[item] as usize & mask;
    loop {
        let probes = if i + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
        if let Some(free) = table[i..=i + probes].iter_mut().find(|entry| entry.is_none()) {
            *free = Some(item);
            return;
        }
        perturb >>= PERTURB_SHIFT;
        i = i.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
    }
}

/// Python's hash of a constant.
fn hash(constant: &Constant) -> Option<u64> {
    const MODULUS: i64 = (1 << 61) - 1;
    let hash = match constant {
        Constant::Bool(value) => i64::from(*value),
        Constant::Int(value) => value % MODULUS,
        Constant::None => 0xFCA8_6420,
        _ => return None,
    };
    Some(if hash == -1 { -2i64 as u64 } else { hash as u64 })
}
