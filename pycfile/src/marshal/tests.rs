use super::*;
use crate::code::{CodeObject, Constant};
use crate::names::{ModuleNames, NameList};
use crate::text::Text;
use std::sync::Arc;

fn code(consts: Vec<Constant>, names: Vec<Text>) -> CodeObject {
    CodeObject {
        argcount: 0,
        posonlyargcount: 0,
        kwonlyargcount: 0,
        stacksize: 0,
        flags: 0,
        code: Arc::from([]),
        consts,
        names: names.into(),
        localsplusnames: NameList::default(),
        localspluskinds: Arc::from([]),
        filename: Text::from("file"),
        name: Text::from("name"),
        qualname: Text::from("name"),
        firstlineno: 1,
        linetable: Arc::from([]),
        exceptiontable: Arc::from([]),
    }
}

fn dump(code: &CodeObject) -> Vec<u8> {
    let bytes = dump_code(code).expect("is shallow");
    let mut appended = b"before".to_vec();
    append_compiled(&mut appended, code, &[]).expect("is shallow");
    assert_eq!(appended, [b"before", &bytes[..]].concat());
    bytes
}

fn position(bytes: &[u8], part: &[u8]) -> usize {
    bytes.windows(part.len()).position(|window| window == part).expect("is there")
}

fn round_trip(constant: Constant) {
    let bytes = dump_constant(&constant).expect("is shallow");
    assert_eq!(load_constant(&bytes).expect("was just written"), constant);
}

#[test]
fn integers_of_every_size_round_trip() {
    for shift in 0..200u32 {
        for delta in -2i32..=2 {
            for sign in [1, -1] {
                let value: num_bigint::BigInt = (num_bigint::BigInt::from(1) << shift) * sign + delta;
                round_trip(match i64::try_from(&value) {
                    Ok(value) => Constant::Int(value),
                    Err(_) => Constant::BigInt(value.into()),
                });
            }
        }
    }
}

#[test]
fn hostile_sizes_are_refused() {
    for data in [&b"(\xff\xff\xff\x7f"[..], b"s\xff\xff\xff\x7f", b"l\xff\xff\xff\x7f", b">\xff\xff\xff\x7f"]
    {
        let error = load_constant(data).expect_err("there is no such data");
        assert_eq!(error.kind, ErrorKind::Eof, "{error}");
    }
    assert_eq!(load_constant(b"(\xff\xff\xff\xff").expect_err("negative").kind, ErrorKind::Value);
    assert_eq!(load_constant(b"?").expect_err("unknown").message, "bad marshal data (unknown type code)");
    assert_eq!(
        load_constant(b"r\0\0\0\0").expect_err("none").message,
        "bad marshal data (invalid reference)"
    );
}

#[test]
fn nesting_is_bounded() {
    let mut data = b")\x01".repeat(100_000);
    data.push(b'N');
    assert_eq!(load_constant(&data).expect_err("too deep").message, "recursion limit exceeded");
}

#[test]
fn sets_are_sorted_by_flags_that_come_later() {
    let [low, high] = [1.5f64, 2.5].map(|value| (Constant::Float(value), value.to_le_bytes()));
    let set = Constant::FrozenSet(Arc::from([high.0.clone(), low.0.clone()]));
    let alone = dump(&code(vec![set.clone()], Vec::new()));
    assert!(position(&alone, &high.1) < position(&alone, &low.1));
    let user = Constant::Code(Arc::new(code(vec![high.0], Vec::new())));
    let shared = dump(&code(vec![set, user], Vec::new()));
    assert!(position(&shared, &low.1) < position(&shared, &high.1));
}

#[test]
fn characters_are_interned_by_names_that_come_later() {
    let character = Text::from("\u{e9}");
    let user = code(Vec::new(), vec![character.clone()]);
    let consts = vec![Constant::Str(character), Constant::Code(Arc::new(user))];
    let alone = dump(&code(consts[..1].to_vec(), Vec::new()));
    position(&alone, b"\xf5\x02\0\0\0\xc3\xa9");
    let named = dump(&code(consts, Vec::new()));
    position(&named, b"\xf4\x02\0\0\0\xc3\xa9");
}

#[test]
fn names_that_are_written_in_vain_are_taken_back() {
    let module = ModuleNames::default();
    module.complete(["\u{e9}t", "other"].map(Text::from).to_vec());
    let of_names = |numbers: &[u32], consts| CodeObject {
        names: NameList::numbered(numbers.to_vec(), &module),
        ..code(consts, Vec::new())
    };
    // Equal to the first name, but not the object that the name is.
    let literal = Constant::Tuple(Arc::from([Constant::Str(Text::from("\u{e9}t"))]));
    let users = [&[0][..], &[1, 0], &[1, 0]].map(|numbers| of_names(numbers, vec![Constant::None]));
    let users = users.map(|user| Constant::Code(Arc::new(user)));
    let root = of_names(&[], [vec![literal], users.to_vec()].concat());
    let mut bytes = Vec::new();
    append_compiled(&mut bytes, &root, module.as_slice()).expect("is shallow");
    assert_eq!(*load_code(&bytes).expect("was just written"), root);
    let count = |part: &[u8]| bytes.windows(part.len()).filter(|window| *window == part).count();
    // Both kinds of string, and the names of one user.
    assert_eq!((count(b"\xc3\xa9t"), count(b"\xda\x05other")), (2, 1));
}

#[test]
fn nothing_is_written_of_what_is_too_deep() {
    let nest = |inner, _| Constant::Tuple(Arc::from([inner]));
    let deep = code(vec![(0..MAX_DEPTH).fold(Constant::None, nest)], Vec::new());
    let mut bytes = b"before".to_vec();
    let error = append_compiled(&mut bytes, &deep, &[]).expect_err("is too deep");
    assert_eq!((error.kind, &bytes[..]), (ErrorKind::Value, &b"before"[..]));
}
