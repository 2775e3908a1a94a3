//! The numeric core against the reference interpreter.

mod reference;

use pvm_vm::number::integer::{ByteOrder, ParseIntError, parse, true_divide};
use pvm_vm::number::{BigInt, ErrorKind, Int, Integer, NumberError};
use reference::{Cases, Random};

fn show_error(error: &NumberError) -> String {
    let class = match error.kind {
        ErrorKind::ZeroDivision => "ZeroDivisionError",
        ErrorKind::Overflow => "OverflowError",
        ErrorKind::Value => "ValueError",
        ErrorKind::Type => "TypeError",
        ErrorKind::Memory => "MemoryError",
    };
    format!("{class}: {error}")
}

fn show_integer(value: &Integer) -> String {
    match value {
        Integer::Small(value) => value.to_string(),
        Integer::Big(value) if Int::Big(value).bit_length() > 64 => {
            let text = Int::Big(value).to_radix(16);
            match text.strip_prefix('-') {
                Some(digits) => format!("-0x{digits}"),
                None => format!("0x{text}"),
            }
        }
        Integer::Big(value) => value.to_string(),
    }
}

fn show<T>(result: Result<T, NumberError>, show_value: impl Fn(&T) -> String) -> String {
    match result {
        Ok(value) => show_value(&value),
        Err(error) => show_error(&error),
    }
}

/// An integer of interesting size and pattern, with the same value as a big integer even where it is small.
fn random_integer(random: &mut Random, max_bits: u64) -> Integer {
    let n_bits = match random.below(4) {
        0 => random.below(8),
        1 => random.below(66),
        2 => random.below(max_bits.min(200)),
        _ => random.below(max_bits),
    };
    let n_bytes = (n_bits / 8 + 1) as usize;
    let mut bytes: Vec<u8> = match random.below(4) {
        0 => vec![0; n_bytes],
        1 => vec![0xff; n_bytes],
        _ => (0..n_bytes).map(|_| random.next() as u8).collect(),
    };
    bytes[n_bytes - 1] &= (1u16 << (n_bits % 8)).wrapping_sub(1) as u8;
    if random.below(3) == 0 {
        bytes[n_bytes - 1] |= 1 << (n_bits % 8);
    }
    let value = Integer::from_bytes(&bytes, ByteOrder::Little, false);
    let value = match random.below(5) {
        0 => value.as_int() + Int::Small(1),
        1 => value.as_int() - Int::Small(1),
        _ => value,
    };
    if random.below(2) == 0 { -value.as_int() } else { value }
}

#[test]
fn integer_arithmetic() {
    let mut random = Random(0x1234_5678);
    let mut cases = Cases::default();
    for round in 0..3000 {
        let (left, right) = (random_integer(&mut random, 700), random_integer(&mut random, 700));
        let (left_big, right_big) = (left.clone().into_big(), right.clone().into_big());
        // The object layer may pass a small value as a big one.
        let a = if round % 3 == 0 { Int::Big(&left_big) } else { left.as_int() };
        let b = if round % 5 == 0 { Int::Big(&right_big) } else { right.as_int() };
        let (x, y) = (show_integer(&left), show_integer(&right));
        let mut integer = |expression: String, value: Integer| cases.add(expression, show_integer(&value));
        integer(format!("{x} + {y}"), a + b);
        integer(format!("{x} - {y}"), a - b);
        integer(format!("({x}) * ({y})"), a * b);
        integer(format!("({x}) * ({x})"), a * a);
        integer(format!("({x}) & ({y})"), a & b);
        integer(format!("({x}) | ({y})"), a | b);
        integer(format!("({x}) ^ ({y})"), a ^ b);
        integer(format!("~({x})"), !a);
        integer(format!("-({x})"), -a);
        integer(format!("abs({x})"), a.abs());
        integer(format!("math.gcd({x}, {y})"), a.gcd(b));
        integer(format!("({x}).bit_length()"), a.bit_length().into());
        integer(format!("({x}).bit_count()"), a.bit_count().into());
        integer(format!("hash({x})"), a.hash().into());
        let mut fallible = |expression: String, value: Result<Integer, NumberError>| {
            cases.add(expression, show(value, show_integer))
        };
        fallible(format!("({x}) // ({y})"), a.floor_div(b));
        fallible(format!("({x}) % ({y})"), a.modulo(b));
        fallible(format!("math.lcm({x}, {y})"), a.lcm(b));
        fallible(format!("math.isqrt({x})"), a.isqrt());
        let count = Integer::Small(random.below(260) as i64 - 10);
        fallible(format!("({x}) << {}", show_integer(&count)), a.shift_left(count.as_int()));
        fallible(format!("({x}) >> {}", show_integer(&count)), a.shift_right(count.as_int()));
        let exponent = Integer::Small(random.below(40) as i64);
        fallible(format!("({x}) ** {}", show_integer(&exponent)), a.pow(exponent.as_int()));
        let modulus = random_integer(&mut random, 300);
        fallible(format!("pow({x}, {y}, {})", show_integer(&modulus)), a.pow_mod(b, modulus.as_int()));
        let divmod = a.divmod(b);
        cases.add(
            format!("divmod({x}, {y})"),
            show(divmod, |(quotient, remainder)| {
                format!("({}, {})", show_integer(quotient), show_integer(remainder))
            }),
        );
        cases.add(
            format!("({x} < {y}, {x} == {y})"),
            format!("({}, {})", if a < b { "True" } else { "False" }, if a == b { "True" } else { "False" }),
        );
    }
    for (x, count) in [("0", "1 << 70"), ("1", "1 << 70"), ("-5", "-1 << 70")] {
        let value = parse(x.as_bytes(), 10, 0).expect("a literal");
        let big = BigInt::from(if count.starts_with('-') { -1 } else { 1 }) << 70;
        cases.add(format!("{x} << ({count})"), show(value.as_int().shift_left(Int::Big(&big)), show_integer));
        cases
            .add(format!("{x} >> ({count})"), show(value.as_int().shift_right(Int::Big(&big)), show_integer));
    }
    cases.check();
}

#[test]
fn integers_and_floats() {
    let mut random = Random(0x9876_5432);
    let mut cases = Cases::default();
    for round in 0..6000 {
        let max_bits = if round % 4 == 0 { 2300 } else { 200 };
        let (left, right) = (random_integer(&mut random, max_bits), random_integer(&mut random, 1200));
        let (a, b) = (left.as_int(), right.as_int());
        let (x, y) = (show_integer(&left), show_integer(&right));
        let pack = |expression: String| {
            format!("int.from_bytes(struct.pack('<d', {expression}), 'little')")
                .replace("struct", "__import__('struct')")
        };
        let show_bits = |result: Result<f64, NumberError>| match result {
            Ok(value) => show_integer(&value.to_bits().into()),
            Err(error) => show_error(&error),
        };
        cases.add(pack(format!("float({x})")), show_bits(a.to_f64()));
        cases.add(pack(format!("({x}) / ({y})")), show_bits(true_divide(a, b)));
        let mut float = f64::from_bits(random.next());
        match round % 3 {
            0 => float = a.to_f64().unwrap_or(float),
            1 => float = a.to_f64().unwrap_or(float) + random.below(3) as f64 / 2.0,
            _ => {}
        }
        let order = |expected| if a.compare_f64(float) == Some(expected) { "True" } else { "False" };
        use std::cmp::Ordering::{Equal, Greater, Less};
        cases.add(
            format!("({x} < F({0}), {x} == F({0}), {x} > F({0}))", float.to_bits()),
            format!("({}, {}, {})", order(Less), order(Equal), order(Greater)),
        );
        cases.add(format!("int(F({}))", float.to_bits()), show(Integer::from_f64(float), show_integer));
    }
    cases.check();
}

#[test]
fn integers_as_text() {
    let mut random = Random(0xfeed_beef);
    let mut cases = Cases::default();
    for round in 0..3000 {
        let max_bits = if round % 50 == 0 { 20_000 } else { 600 };
        let value = random_integer(&mut random, max_bits);
        let x = show_integer(&value);
        cases.add(format!("str({x})"), show(value.as_int().to_decimal(4300), |text| format!("'{text}'")));
        cases.add(format!("format({x}, 'x') + format({x}, 'o') + format({x}, 'b')"), {
            format!(
                "'{}{}{}'",
                value.as_int().to_radix(16),
                value.as_int().to_radix(8),
                value.as_int().to_radix(2)
            )
        });
        let base = random.below(35) as u32 + 2;
        let digits = value.as_int().to_radix(base);
        if digits.len() > 4300 {
            continue;
        }
        cases.add(format!("int('{digits}', {base}) - ({x})"), "0");
        let base = if random.below(3) == 0 { 0 } else { base };
        let mut noisy: String = match random.below(8) {
            0 => format!(" {digits}\t"),
            1 => digits.replace('3', "_"),
            2 => digits.replacen('1', "1_", 2),
            3 => digits.to_uppercase(),
            4 => format!("0x{digits}"),
            5 => format!("0b{digits}"),
            6 => format!("+0o{digits}"),
            _ => format!("00{digits}"),
        };
        if random.below(10) == 0 {
            noisy
                .insert(random.below(noisy.len() as u64) as usize, char::from(b' ' + random.below(90) as u8));
        }
        let noisy = noisy.replace(['\'', '\\'], "~");
        let answer = match parse(noisy.as_bytes(), base, 4300) {
            Ok(value) => show_integer(&value),
            Err(ParseIntError::Invalid) if noisy.len() < 200 => {
                format!(
                    "ValueError: invalid literal for int() with base {base}: '{}'",
                    noisy.replace('\t', "\\t")
                )
            }
            Err(ParseIntError::Invalid) => continue,
            Err(error) => show_error(&error.to_number_error().expect("an excess of digits")),
        };
        cases.add(format!("int('{}', {base})", noisy.replace('\t', "\\t")), answer);
        let length = random.below(40) as usize;
        for (order, name) in [(ByteOrder::Little, "little"), (ByteOrder::Big, "big")] {
            for (signed, flag) in [(true, "True"), (false, "False")] {
                let bytes = value.as_int().to_bytes(length, order, signed);
                if let Ok(bytes) = &bytes
                    && length > 0
                {
                    assert_eq!(Integer::from_bytes(bytes, order, signed), value);
                }
                cases.add(
                    format!("({x}).to_bytes({length}, '{name}', signed={flag}).hex()"),
                    show(bytes, |bytes| {
                        format!("'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
                    }),
                );
            }
        }
    }
    cases.check();
}
