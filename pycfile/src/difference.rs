//! Where two code objects differ.

use crate::code::{CodeObject, Constant, Location};
use crate::dis;
use crate::instruction::{Instruction, instructions};
use crate::linetable::PositionRange;
use crate::opcode::ArgKind;
use crate::repr;
use std::fmt;

/// The first place in which two code objects differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The qualified name of the code object.
    pub qualname: String,
    /// The source line, if it is about an instruction that has one.
    pub line: Option<i32>,
    /// The offset in bytes, if it is about an instruction.
    pub offset_bytes: Option<u32>,
    /// The field: an attribute of code objects, without `co_`.
    pub field: &'static str,
    /// What the first has.
    pub first: String,
    /// What the second has.
    pub second: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.qualname)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(offset) = self.offset_bytes {
            write!(f, ", offset {offset}")?;
        }
        write!(f, ": {}: {} instead of {}", self.field, self.first, self.second)
    }
}

/// The first place in which two code objects differ, in the order in which people read them: a function's
/// instructions, then what else it consists of, then the functions in it. `None` where they are equal.
pub fn first_difference(first: &CodeObject, second: &CodeObject) -> Option<Difference> {
    // A work list, so that nesting does not matter.
    let mut pairs = vec![(first, second)];
    while let Some((first, second)) = pairs.pop() {
        if first == second {
            continue;
        }
        if let Some(difference) = shallow(first, second) {
            return Some(difference);
        }
        let nested = first.consts.iter().zip(&second.consts).rev();
        pairs.extend(nested.filter_map(|pair| match pair {
            (Constant::Code(first), Constant::Code(second)) => Some((&**first, &**second)),
            _ => None,
        }));
    }
    None
}

/// Compares all but the nested code objects.
fn shallow(first: &CodeObject, second: &CodeObject) -> Option<Difference> {
    let make = |field, a: String, b: String| {
        Some(Difference {
            qualname: first.qualname.to_string_lossy(),
            line: None,
            offset_bytes: None,
            field,
            first: a,
            second: b,
        })
    };
    let texts = [
        ("name", &first.name, &second.name),
        ("qualname", &first.qualname, &second.qualname),
        ("filename", &first.filename, &second.filename),
    ];
    for (field, a, b) in texts {
        if a != b {
            return make(field, repr::str(a), repr::str(b));
        }
    }
    if let Some(difference) = instruction(first, second) {
        return Some(difference);
    }
    let numbers = [
        ("firstlineno", i64::from(first.firstlineno), i64::from(second.firstlineno)),
        ("argcount", first.argcount.into(), second.argcount.into()),
        ("posonlyargcount", first.posonlyargcount.into(), second.posonlyargcount.into()),
        ("kwonlyargcount", first.kwonlyargcount.into(), second.kwonlyargcount.into()),
        ("flags", first.flags.into(), second.flags.into()),
        ("stacksize", first.stacksize.into(), second.stacksize.into()),
    ];
    for (field, a, b) in numbers {
        if a != b {
            return make(field, a.to_string(), b.to_string());
        }
    }
    let names = [
        ("names", &first.names, &second.names),
        ("localsplusnames", &first.localsplusnames, &second.localsplusnames),
    ];
    for (field, a, b) in names {
        if a != b {
            return make(field, format!("{a:?}"), format!("{b:?}"));
        }
    }
    for (a, b) in first.consts.iter().zip(&second.consts) {
        if !is_same(a, b) {
            return make("consts", repr::constant(a), repr::constant(b));
        }
    }
    if first.consts.len() != second.consts.len() {
        return make("consts", first.consts.len().to_string(), second.consts.len().to_string());
    }
    if let Some(difference) = position(first, second) {
        return Some(difference);
    }
    let tables = [
        ("linetable", &first.linetable, &second.linetable),
        ("exceptiontable", &first.exceptiontable, &second.exceptiontable),
        ("localspluskinds", &first.localspluskinds, &second.localspluskinds),
    ];
    for (field, a, b) in tables {
        if a != b {
            return make(field, repr::bytes(a), repr::bytes(b));
        }
    }
    None
}

/// The first place in the code that is of another position in the source.
fn position(first: &CodeObject, second: &CodeObject) -> Option<Difference> {
    let (a, b) = first.positions().zip(second.positions()).find(|(a, b)| a != b)?;
    let show =
        |at: Location| format!("{}:{}-{}:{}", at.lineno, at.col_offset, at.end_lineno, at.end_col_offset);
    let of = |range: PositionRange| {
        format!("{} for {} code units", show(range.location), range.end_units - range.start_units)
    };
    Some(Difference {
        qualname: first.qualname.to_string_lossy(),
        line: (a.location.lineno > 0).then_some(a.location.lineno),
        offset_bytes: Some(a.start_units * 2),
        field: "linetable",
        first: of(a),
        second: of(b),
    })
}

/// The first instruction that differs, in itself or in what its oparg stands for.
fn instruction(first: &CodeObject, second: &CodeObject) -> Option<Difference> {
    let (mut ours, mut theirs) = (instructions(&first.code), instructions(&second.code));
    loop {
        let pair = (ours.next(), theirs.next());
        let same = match pair {
            (None, None) => break,
            (Some(a), Some(b)) => a == b && is_same_argument(first, second, a),
            _ => false,
        };
        if !same {
            let (a, b) = (pair.0.map(|a| describe(first, a)), pair.1.map(|b| describe(second, b)));
            let offset = pair.0.or(pair.1).map(|instruction| instruction.offset_bytes)?;
            let line = first.location_at(offset).lineno;
            let end = || "the end".to_owned();
            return Some(Difference {
                qualname: first.qualname.to_string_lossy(),
                line: (line > 0).then_some(line),
                offset_bytes: Some(offset),
                field: "code",
                first: a.unwrap_or_else(end),
                second: b.unwrap_or_else(end),
            });
        }
    }
    // Only what inline caches hold is left.
    (first.code != second.code).then(|| Difference {
        qualname: first.qualname.to_string_lossy(),
        line: None,
        offset_bytes: first.code.iter().zip(&*second.code).position(|(a, b)| a != b).map(|at| at as u32),
        field: "code",
        first: "an inline cache that is not empty".to_owned(),
        second: "an empty one".to_owned(),
    })
}

/// Whether the same instruction has an argument of the same meaning in both.
fn is_same_argument(first: &CodeObject, second: &CodeObject, instruction: Instruction) -> bool {
    if instruction.opcode.is_some_and(|opcode| opcode.arg_kind() == ArgKind::Const) {
        let index = instruction.oparg as usize;
        return match (first.consts.get(index), second.consts.get(index)) {
            (Some(a), Some(b)) => is_same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
    }
    dis::describe_argument(first, instruction) == dis::describe_argument(second, instruction)
}

/// Equality of constants, but for code, which is compared by itself, and the order of sets.
fn is_same(a: &Constant, b: &Constant) -> bool {
    match (a, b) {
        (Constant::Code(_), Constant::Code(_)) => true,
        (Constant::Tuple(a), Constant::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| is_same(a, b))
        }
        (Constant::FrozenSet(a), Constant::FrozenSet(b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| is_same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn describe(code: &CodeObject, instruction: Instruction) -> String {
    let name =
        instruction.opcode.map_or_else(|| format!("<{}>", instruction.number), |op| op.name().to_owned());
    let is_code = matches!(
        code.consts.get(instruction.oparg as usize),
        Some(Constant::Code(_)) if instruction.opcode == Some(crate::Opcode::LoadConst)
    );
    let argument = if is_code { String::new() } else { dis::describe_argument(code, instruction) };
    match (instruction.opcode.is_some_and(crate::Opcode::has_arg), argument.as_str()) {
        (false, _) => name,
        (true, "") => format!("{name} {}", instruction.oparg),
        (true, argument) => format!("{name} {} ({argument})", instruction.oparg),
    }
}
