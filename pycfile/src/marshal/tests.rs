use super::*;
use crate::code::Constant;

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
