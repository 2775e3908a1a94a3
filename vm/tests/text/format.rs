//! Format specifications, `str.format` templates, the `%` operator.

use pvm_vm::text::format::field::{Accessor, First, Template, split_name};
use pvm_vm::text::format::number::IntPresentation;
use pvm_vm::text::format::percent::{Flavor, Piece, Request, Template as PercentTemplate};
use pvm_vm::text::format::{FormatSpec, Locale};
use pvm_vm::text::{ErrorKind, StrBuf, StrBuilder, StrRef, TextError};

use crate::support::{Bytes, Cases, Random, Raw, Show};

fn error(error: &TextError) -> String {
    let class = match error.kind {
        ErrorKind::Value => "ValueError",
        ErrorKind::Type => "TypeError",
        ErrorKind::Overflow => "OverflowError",
        ErrorKind::Index => "IndexError",
        ErrorKind::Memory => "MemoryError",
    };
    format!("{class}: {}", error.message.show())
}

fn answer<T: Show>(result: Result<T, TextError>) -> Raw {
    Raw(result.map_or_else(|e| error(&e), |value| value.show()))
}

fn radix(mut value: u64, base: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit((value % u64::from(base)) as u32, base).expect("digit"));
        value /= u64::from(base);
        if value == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

fn format_int(value: i64, spec: StrRef<'_>) -> Result<StrBuf, TextError> {
    let spec = FormatSpec::parse_for_int(spec, "int")?;
    match spec.int_presentation("int")? {
        IntPresentation::Character => spec.apply_to_character(Some(value)),
        IntPresentation::Digits(base) => {
            let digits = radix(value.unsigned_abs(), base);
            spec.apply_to_digits(value < 0, digits.as_bytes(), &Locale::default())
        }
        IntPresentation::Float => spec.apply_to_float(value as f64, "int", &Locale::default()),
    }
}

/// A specification that is mostly valid.
fn random_spec(random: &mut Random) -> StrBuf {
    let mut out = StrBuilder::new();
    let mut maybe = |one_in: usize, choices: &[&str]| {
        if random.below(one_in) == 0 {
            out.push_utf8(random.pick::<&str>(choices));
        }
    };
    maybe(2, &["<", ">", "=", "^", "*<", "0>", "0=", "é^", "\u{1f600}=", "{<"]);
    maybe(3, &["+", "-", " "]);
    maybe(8, &["z"]);
    maybe(5, &["#"]);
    maybe(4, &["0"]);
    maybe(2, &["1", "5", "12", "20", "33", "\u{661}\u{662}"]);
    maybe(4, &[",", "_", "_", ",_", "_,", ",,"]);
    maybe(3, &[".0", ".1", ".3", ".10", ".25", "."]);
    maybe(
        1,
        &[
            "",
            "s",
            "d",
            "n",
            "b",
            "o",
            "x",
            "X",
            "c",
            "e",
            "E",
            "f",
            "F",
            "g",
            "G",
            "%",
            "d",
            "f",
            "g",
            "",
            "r",
            "é",
            "\u{1f600}",
            "ff",
        ],
    );
    maybe(40, &["99999999999999999999"]);
    out.finish()
}

#[test]
fn specifications() {
    let mut random = Random::new(10);
    let mut cases = Cases::default();
    let locale = Locale::default();
    for _ in 0..12_000 {
        let owned = random_spec(&mut random);
        let spec = owned.as_ref();
        let s = spec.show();
        let text = random.text(6);
        let ours = if spec.is_empty() {
            Ok(text.clone())
        } else {
            FormatSpec::parse_for_str(spec).and_then(|spec| spec.apply_to_str(text.as_ref()))
        };
        cases.add(format!("format({}, {s})", text.show()), answer(ours));
        let shift = random.below(60);
        let value = random.below(usize::MAX) as i64 >> shift;
        let value = if random.below(2) == 0 { value } else { -value };
        if !spec.is_empty() {
            cases.add(format!("format({value}, {s})"), answer(format_int(value, spec)));
        }
        let float = match random.below(8) {
            0 => 0.0,
            1 => -0.0,
            2 => f64::INFINITY,
            3 => f64::NAN,
            4 => -f64::INFINITY,
            5 => value as f64,
            6 => value as f64 / 1000.0,
            _ => f64::from_bits(random.below(usize::MAX) as u64),
        };
        let float = if float.is_nan() { f64::NAN } else { float };
        let f = format!("float('{float:e}')").replace("NaN", "nan");
        let ours = FormatSpec::parse_for_float(spec, "float")
            .and_then(|spec| spec.apply_to_float(float, "float", &locale));
        cases.add(format!("format({f}, {s})"), answer(ours));
        let real = *random.pick(&[0.0, -0.0, 1.5, -2.0, f64::INFINITY]);
        let ours = FormatSpec::parse_for_float(spec, "complex")
            .and_then(|spec| spec.apply_to_complex(real, float, &locale));
        cases.add(format!("format(complex(float('{real:e}'), {f}), {s})"), answer(ours));
    }
    cases.check();
}

#[test]
fn templates() {
    let mut random = Random::new(11);
    let mut cases = Cases::default();
    for _ in 0..8000 {
        let mut out = StrBuilder::new();
        for _ in 0..random.below(10) {
            out.push_utf8(random.pick::<&str>(&[
                "a",
                "{",
                "}",
                "{",
                "}",
                "{{",
                "}}",
                "!",
                ":",
                "[",
                "]",
                ".",
                "0",
                "1",
                "é",
                "{}",
                "{0}",
                "{a.b[c]}",
                "r",
                "!r",
                "!s:",
                ":>{w}",
                "[1]",
                "[",
                "[x]",
                ".y",
                "\u{1f600}",
            ]));
        }
        let owned = out.finish();
        let text = owned.as_ref();
        let show = |range: &std::ops::Range<usize>| text.slice(range.clone()).show();
        let ours: Result<Vec<Raw>, TextError> = Template::new(text)
            .map(|piece| {
                let piece = piece?;
                let literal = show(&piece.literal);
                Ok(Raw(match piece.field {
                    None => format!("({literal}, None, None, None)"),
                    Some(field) => {
                        let conversion = field.conversion.map(StrBuf::from_code_point).show();
                        format!("({literal}, {}, {}, {conversion})", show(&field.name), show(&field.spec))
                    }
                }))
            })
            .collect();
        cases.add(format!("list(__import__('_string').formatter_parser({}))", text.show()), answer(ours));
        let ours = split_name(text, 0..text.len()).and_then(|(first, accessors)| {
            let first = match first {
                First::Index(index) => index.show(),
                First::Keyword(name) => show(&name),
                First::Next => "''".to_owned(),
            };
            let steps: Result<Vec<Raw>, TextError> = accessors
                .map(|step| {
                    Ok(Raw(match step? {
                        Accessor::Attribute(name) => format!("(True, {})", show(&name)),
                        Accessor::Index(index) => format!("(False, {index})"),
                        Accessor::Key(key) => format!("(False, {})", show(&key)),
                    }))
                })
                .collect();
            Ok(Raw(format!("({first}, {})", steps?.show())))
        });
        let split = format!("__import__('_string').formatter_field_name_split({})", text.show());
        cases.add(format!("(lambda first, rest: (first, list(rest)))(*{split})"), answer(ours));
    }
    cases.check();
}

/// Formats with every argument the same number, which is also what `*` takes.
fn percent(text: StrRef<'_>, flavor: Flavor, number: i64) -> Result<StrBuf, TextError> {
    let mut out = StrBuilder::new();
    let mut template = PercentTemplate::new(text, flavor);
    while let Some(piece) = template.next_piece(|request| match request {
        Request::Mapping | Request::Key(_) => Err(TextError::type_error("format requires a mapping")),
        Request::Width | Request::Precision => Ok(number as isize),
    })? {
        let conversion = match piece {
            Piece::Literal(range) => {
                out.push_str(text.view(range));
                continue;
            }
            Piece::Conversion(conversion) => conversion,
        };
        let shown = number.to_string();
        let shown = StrRef::Ascii(shown.as_bytes());
        match (conversion.letter(), conversion.base()) {
            (_, Some(base)) => {
                let digits = radix(number.unsigned_abs(), base);
                out.push_str(conversion.apply_to_digits(number < 0, &digits)?.as_ref());
            }
            (Some('e' | 'E' | 'f' | 'F' | 'g' | 'G'), _) => {
                out.push_str(conversion.apply_to_float(number as f64).as_ref());
            }
            (Some('r' | 'a'), _) => out.push_str(conversion.apply_to_str(shown).as_ref()),
            (Some('s'), _) if flavor == Flavor::Text => out.push_str(conversion.apply_to_str(shown).as_ref()),
            (Some('s'), _) => {
                return Err(TextError::type_error(
                    "%b requires a bytes-like object, or an object that implements __bytes__, not 'int'",
                ));
            }
            (Some('c'), _) if (0..256).contains(&number) => {
                let character = StrBuf::from_code_point(number as u32);
                out.push_str(conversion.apply_to_character(character.as_ref()).as_ref());
            }
            (Some('c'), _) => {
                return Err(TextError::overflow(match flavor {
                    Flavor::Text => "%c arg not in range(0x110000)",
                    Flavor::Bytes => "%c arg not in range(256)",
                }));
            }
            _ => return Err(template.unsupported(&conversion)),
        }
    }
    Ok(out.finish())
}

#[test]
fn percent_operator() {
    let mut random = Random::new(12);
    let mut cases = Cases::default();
    for _ in 0..15_000 {
        let mut out = StrBuilder::new();
        for _ in 0..1 + random.below(2) {
            let mut push = |one_in: usize, choices: &[&str]| {
                if random.below(one_in) == 0 {
                    out.push_utf8(random.pick::<&str>(choices));
                }
            };
            push(3, &["a", "é", "x%%y", "%5%"]);
            push(1, &["%"]);
            push(30, &["(a)", "(a(b)c)", "("]);
            push(2, &["-", "+", " ", "#", "0", "#0", "-0", "+0", "0#+-"]);
            push(2, &["1", "7", "12", "30", "*", "99999999999999999999"]);
            push(3, &[".", ".0", ".3", ".12", ".*", ".99999999999"]);
            push(9, &["l", "h", "L", "ll"]);
            push(
                1,
                &[
                    "d", "i", "u", "o", "x", "X", "e", "E", "f", "F", "g", "G", "r", "a", "s", "c", "", "y",
                    "é", "\n",
                ],
            );
        }
        let owned = out.finish();
        let text = owned.as_ref();
        let number = *random.pick(&[0, 1, -1, 65, 255, -255, 10, 7, -12]);
        let apply = |template: &str| format!("apply({template}, {number})");
        cases.add(apply(&text.show()), answer(percent(text, Flavor::Text, number)));
        if let Ok(latin) = text.code_points().map(u8::try_from).collect::<Result<Vec<u8>, _>>() {
            let ours = percent(text, Flavor::Bytes, number)
                .map(|out| Bytes(out.as_ref().code_points().map(|code| code as u8).collect()));
            cases.add(apply(&Bytes(latin).show()), answer(ours));
        }
    }
    cases.check_with(
        "def apply(template, number):\n    for n in range(9):\n        try: return template % ((number,) * n)\n        \
         except TypeError as error:\n            if 'not enough' not in str(error): raise\n",
    );
}
