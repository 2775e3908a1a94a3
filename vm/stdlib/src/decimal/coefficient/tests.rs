//! Coefficients against another library's integers, on both sides of every switch of algorithm.

use super::{Coefficient, Tail};
use num_bigint::BigUint;

/// Numbers that look random; the same ones in each run.
struct Digits(u64);

impl Digits {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// A number of so many digits, with runs of nines and zeros, where carries go far.
    fn number(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 40);
        text.push(char::from(b'1' + (self.next() % 9) as u8));
        while text.len() < digits {
            let run = 1 + self.next() as usize % 40;
            match self.next() % 4 {
                0 => text.extend(std::iter::repeat_n('9', run)),
                1 => text.extend(std::iter::repeat_n('0', run)),
                _ => text.push_str(&self.next().to_string()),
            }
        }
        text.truncate(digits);
        text
    }
}

fn ours(text: &str) -> Coefficient {
    Coefficient::from_digits(text.as_bytes())
}

fn theirs(text: &str) -> BigUint {
    BigUint::parse_bytes(text.as_bytes(), 10).unwrap_or_default()
}

fn shown(coefficient: &Coefficient) -> String {
    String::from_utf8(coefficient.to_digits()).unwrap_or_default()
}

const LENGTHS: [usize; 12] = [1, 9, 18, 19, 20, 37, 38, 39, 57, 200, 1600, 3300];

fn pairs() -> Vec<(String, String)> {
    let mut digits = Digits(7);
    let mut pairs = Vec::new();
    for a in LENGTHS {
        for b in LENGTHS {
            pairs.push((digits.number(a), digits.number(b)));
        }
    }
    pairs
}

#[test]
fn digits_come_back() {
    for (text, _) in pairs() {
        assert_eq!(shown(&ours(&text)), text);
        assert_eq!(ours(&text).digits(), text.len() as i64);
    }
    assert_eq!(shown(&Coefficient::ZERO), "0");
}

#[test]
fn sums_differences_and_order() {
    for (a, b) in pairs() {
        let (x, y, p, q) = (ours(&a), ours(&b), theirs(&a), theirs(&b));
        assert_eq!(shown(&x.plus(&y)), (&p + &q).to_string());
        assert_eq!(x.cmp(&y), p.cmp(&q));
        if p >= q {
            assert_eq!(shown(&x.minus(&y)), (&p - &q).to_string());
        }
    }
}

#[test]
fn products_and_quotients() {
    for (a, b) in pairs() {
        let (x, y, p, q) = (ours(&a), ours(&b), theirs(&a), theirs(&b));
        let product = x.times(&y);
        assert_eq!(shown(&product), (&p * &q).to_string());
        let (quotient, remainder) = x.divided(&y);
        assert_eq!((shown(&quotient), shown(&remainder)), ((&p / &q).to_string(), (&p % &q).to_string()));
        let (quotient, remainder) = product.minus(&Coefficient::ONE).divided(&y);
        assert_eq!(quotient.times(&y).plus(&remainder).plus(&Coefficient::ONE), product);
        assert!(remainder < y);
    }
}

#[test]
fn products_by_transform() {
    let mut digits = Digits(11);
    let (a, b) = (digits.number(40_000), digits.number(25_000));
    let (x, y) = (ours(&a), ours(&b));
    let product = x.times(&y);
    assert_eq!(shown(&product), (theirs(&a) * theirs(&b)).to_string());
    assert_eq!(product.divided(&y), (x, Coefficient::ZERO));
    // (10^n - 1)^2 + 2 (10^n - 1) + 1 is 10^2n.
    let nines = Coefficient::ONE.shifted_left(30_000).minus(&Coefficient::ONE);
    let sum = nines.times(&nines).plus(&nines).plus(&nines).plus(&Coefficient::ONE);
    assert_eq!(sum, Coefficient::ONE.shifted_left(60_000));
}

#[test]
fn square_roots() {
    for (a, _) in pairs() {
        assert_eq!(shown(&ours(&a).square_root()), theirs(&a).sqrt().to_string());
    }
}

#[test]
fn shifts_by_decimal_digits() {
    let mut digits = Digits(5);
    for len in LENGTHS {
        let text = digits.number(len);
        for count in [0, 1, 18, 19, 20, 38, 39, 100] {
            let x = ours(&text);
            let left = x.shifted_left(count as i64);
            assert_eq!(shown(&left), format!("{text}{}", "0".repeat(count)));
            assert_eq!(left.shifted_right(count as i64), x);
            let kept = text.get(..len.saturating_sub(count)).filter(|kept| !kept.is_empty());
            assert_eq!(shown(&x.shifted_right(count as i64)), kept.unwrap_or("0"));
            let low = text.get(len.saturating_sub(count)..).unwrap_or("").trim_start_matches('0');
            assert_eq!(x.low_digits(count as i64), ours(low));
        }
    }
}

#[test]
fn what_is_cut_off() {
    for (text, count, kept, tail) in [
        ("1250", 2, "12", Tail::Half),
        ("1249", 2, "12", Tail::BelowHalf),
        ("1251", 2, "12", Tail::AboveHalf),
        ("1200", 2, "12", Tail::Zero),
        ("5", 1, "0", Tail::Half),
        ("5", 2, "0", Tail::BelowHalf),
        ("99", 60, "0", Tail::BelowHalf),
    ] {
        let zeros = "0".repeat(40);
        let (short, short_tail) = ours(text).cut(count);
        assert_eq!((shown(&short), short_tail), (kept.to_owned(), tail), "{text}");
        let long = ours(&format!("{text}{zeros}"));
        let (long, long_tail) = long.cut(count + 40);
        assert_eq!((shown(&long), long_tail), (kept.to_owned(), tail), "{text} and zeros");
    }
}
