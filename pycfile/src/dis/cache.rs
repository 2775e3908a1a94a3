//! What the entries of an inline cache hold.

use crate::opcode::Opcode;

/// The fields of the instruction's inline cache and their sizes in code units.
fn fields(opcode: Opcode) -> &'static [(&'static str, usize)] {
    match opcode {
        Opcode::LoadGlobal => {
            &[("counter", 1), ("index", 1), ("module_keys_version", 1), ("builtin_keys_version", 1)]
        }
        Opcode::LoadAttr => &[("counter", 1), ("version", 2), ("keys_version", 2), ("descr", 4)],
        Opcode::StoreAttr => &[("counter", 1), ("version", 2), ("index", 1)],
        Opcode::Call => &[("counter", 1), ("func_version", 2)],
        _ if opcode.cache_units() == 1 => &[("counter", 1)],
        _ => &[],
    }
}

/// One text for each code unit of the cache, which `bytes` begins with: the value of the field that begins there.
pub(super) fn describe(opcode: Opcode, bytes: &[u8]) -> Vec<String> {
    let mut texts = Vec::with_capacity(opcode.cache_units());
    for &(name, units) in fields(opcode) {
        let begin = texts.len() * 2;
        let field = bytes.get(begin..).unwrap_or_default();
        let value =
            field.iter().take(units * 2).rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        texts.push(format!("{name}: {value}"));
        texts.resize(texts.len() + units - 1, String::new());
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_fill_the_cache() {
        for opcode in Opcode::ALL {
            let units: usize = fields(*opcode).iter().map(|(_, units)| units).sum();
            assert_eq!(units, opcode.cache_units(), "{}", opcode.name());
        }
    }
}
