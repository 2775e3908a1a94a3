//! Where an argument is not finite: the values of annex G of C99, by the kinds of its two parts.

use std::f64::consts::{FRAC_PI_2 as H, FRAC_PI_4 as Q, PI as P};

use crate::number::complex::Complex;

const I: f64 = f64::INFINITY;
const N: f64 = f64::NAN;
/// Three quarters of pi.
const T: f64 = 0.75 * P;

/// The functions that have a table, in the tables' order.
#[derive(Clone, Copy, Debug)]
pub(super) enum Table {
    Acos,
    Acosh,
    Asinh,
    Atanh,
    Cosh,
    Exp,
    Log,
    Sinh,
    Sqrt,
    Tanh,
    Rect,
}

/// The value of a function for an argument of which a part is not finite.
///
/// Entries for finite arguments, for failures, and for directions that depend on a finite angle are never looked up.
pub(super) fn lookup(table: Table, z: Complex) -> Complex {
    let (re, im) = TABLES[table as usize][kind(z.re)][kind(z.im)];
    Complex::new(re, im)
}

/// The row or column: negative infinity, negative, both zeros, positive, infinity, not a number.
fn kind(x: f64) -> usize {
    match (x.is_nan(), x.is_sign_negative()) {
        (true, _) => 6,
        (_, true) if x.is_infinite() => 0,
        (_, true) if x != 0.0 => 1,
        (_, true) => 2,
        (_, false) if x == 0.0 => 3,
        (_, false) if x.is_finite() => 4,
        _ => 5,
    }
}

/// Rows are the real part's kind, columns the imaginary part's.
#[rustfmt::skip]
static TABLES: [[[(f64, f64); 7]; 7]; 11] = [
    // acos
    [
        [(T, I), (P, I)  , (P, I)  , (P, -I)  , (P, -I)  , (T, -I), (N, I)],
        [(H, I), (N, N)  , (N, N)  , (N, N)   , (N, N)   , (H, -I), (N, N)],
        [(H, I), (N, N)  , (N, N)  , (N, N)   , (N, N)   , (H, -I), (H, N)],
        [(H, I), (N, N)  , (N, N)  , (N, N)   , (N, N)   , (H, -I), (H, N)],
        [(H, I), (N, N)  , (N, N)  , (N, N)   , (N, N)   , (H, -I), (N, N)],
        [(Q, I), (0.0, I), (0.0, I), (0.0, -I), (0.0, -I), (Q, -I), (N, I)],
        [(N, I), (N, N)  , (N, N)  , (N, N)   , (N, N)   , (N, -I), (N, N)],
    ],
    // acosh
    [
        [(I, -T), (I, -P)  , (I, -P)  , (I, P)  , (I, P)  , (I, T), (I, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -Q), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, Q), (I, N)],
        [(I, N) , (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, N), (N, N)],
    ],
    // asinh
    [
        [(-I, -Q), (-I, -0.0), (-I, -0.0), (-I, 0.0), (-I, 0.0), (-I, Q), (-I, N)],
        [(-I, -H), (N, N)    , (N, N)    , (N, N)   , (N, N)   , (-I, H), (N, N)],
        [(-I, -H), (N, N)    , (N, N)    , (N, N)   , (N, N)   , (-I, H), (N, N)],
        [(I, -H) , (N, N)    , (N, N)    , (N, N)   , (N, N)   , (I, H) , (N, N)],
        [(I, -H) , (N, N)    , (N, N)    , (N, N)   , (N, N)   , (I, H) , (N, N)],
        [(I, -Q) , (I, -0.0) , (I, -0.0) , (I, 0.0) , (I, 0.0) , (I, Q) , (I, N)],
        [(I, N)  , (N, N)    , (N, -0.0) , (N, 0.0) , (N, N)   , (I, N) , (N, N)],
    ],
    // atanh
    [
        [(-0.0, -H), (-0.0, -H), (-0.0, -H), (-0.0, H), (-0.0, H), (-0.0, H), (-0.0, N)],
        [(-0.0, -H), (N, N)    , (N, N)    , (N, N)   , (N, N)   , (-0.0, H), (N, N)],
        [(-0.0, -H), (N, N)    , (N, N)    , (N, N)   , (N, N)   , (-0.0, H), (-0.0, N)],
        [(0.0, -H) , (N, N)    , (N, N)    , (N, N)   , (N, N)   , (0.0, H) , (0.0, N)],
        [(0.0, -H) , (N, N)    , (N, N)    , (N, N)   , (N, N)   , (0.0, H) , (N, N)],
        [(0.0, -H) , (0.0, -H) , (0.0, -H) , (0.0, H) , (0.0, H) , (0.0, H) , (0.0, N)],
        [(0.0, -H) , (N, N)    , (N, N)    , (N, N)   , (N, N)   , (0.0, H) , (N, N)],
    ],
    // cosh
    [
        [(N, N), (N, N), (I, 0.0) , (I, -0.0), (N, N), (N, N), (I, N)],
        [(N, N), (N, N), (N, N)   , (N, N)   , (N, N), (N, N), (N, N)],
        [(N, N), (N, N), (N, N)   , (N, N)   , (N, N), (N, N), (N, 0.0)],
        [(N, N), (N, N), (N, N)   , (N, N)   , (N, N), (N, N), (N, 0.0)],
        [(N, N), (N, N), (N, N)   , (N, N)   , (N, N), (N, N), (N, N)],
        [(N, N), (N, N), (I, -0.0), (I, 0.0) , (N, N), (N, N), (I, N)],
        [(N, N), (N, N), (N, 0.0) , (N, 0.0) , (N, N), (N, N), (N, N)],
    ],
    // exp
    [
        [(0.0, 0.0), (N, N), (0.0, -0.0), (0.0, 0.0), (N, N), (0.0, 0.0), (0.0, 0.0)],
        [(N, N)    , (N, N), (N, N)     , (N, N)    , (N, N), (N, N)    , (N, N)],
        [(N, N)    , (N, N), (N, N)     , (N, N)    , (N, N), (N, N)    , (N, N)],
        [(N, N)    , (N, N), (N, N)     , (N, N)    , (N, N), (N, N)    , (N, N)],
        [(N, N)    , (N, N), (N, N)     , (N, N)    , (N, N), (N, N)    , (N, N)],
        [(N, N)    , (N, N), (I, -0.0)  , (I, 0.0)  , (N, N), (N, N)    , (I, N)],
        [(N, N)    , (N, N), (N, -0.0)  , (N, 0.0)  , (N, N), (N, N)    , (N, N)],
    ],
    // log
    [
        [(I, -T), (I, -P)  , (I, -P)  , (I, P)  , (I, P)  , (I, T), (I, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -H), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, H), (N, N)],
        [(I, -Q), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, Q), (I, N)],
        [(I, N) , (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, N), (N, N)],
    ],
    // sinh
    [
        [(N, N), (N, N), (-I, -0.0), (-I, 0.0), (N, N), (N, N), (I, N)],
        [(N, N), (N, N), (N, N)    , (N, N)   , (N, N), (N, N), (N, N)],
        [(N, N), (N, N), (N, N)    , (N, N)   , (N, N), (N, N), (0.0, N)],
        [(N, N), (N, N), (N, N)    , (N, N)   , (N, N), (N, N), (0.0, N)],
        [(N, N), (N, N), (N, N)    , (N, N)   , (N, N), (N, N), (N, N)],
        [(N, N), (N, N), (I, -0.0) , (I, 0.0) , (N, N), (N, N), (I, N)],
        [(N, N), (N, N), (N, -0.0) , (N, 0.0) , (N, N), (N, N), (N, N)],
    ],
    // sqrt
    [
        [(I, -I), (0.0, -I), (0.0, -I), (0.0, I), (0.0, I), (I, I), (N, I)],
        [(I, -I), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, I), (N, N)],
        [(I, -I), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, I), (N, N)],
        [(I, -I), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, I), (N, N)],
        [(I, -I), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, I), (N, N)],
        [(I, -I), (I, -0.0), (I, -0.0), (I, 0.0), (I, 0.0), (I, I), (I, N)],
        [(I, -I), (N, N)   , (N, N)   , (N, N)  , (N, N)  , (I, I), (N, N)],
    ],
    // tanh
    [
        [(-1.0, 0.0), (N, N), (-1.0, -0.0), (-1.0, 0.0), (N, N), (-1.0, 0.0), (-1.0, 0.0)],
        [(N, N)     , (N, N), (N, N)      , (N, N)     , (N, N), (N, N)     , (N, N)],
        [(N, N)     , (N, N), (N, N)      , (N, N)     , (N, N), (N, N)     , (N, N)],
        [(N, N)     , (N, N), (N, N)      , (N, N)     , (N, N), (N, N)     , (N, N)],
        [(N, N)     , (N, N), (N, N)      , (N, N)     , (N, N), (N, N)     , (N, N)],
        [(1.0, 0.0) , (N, N), (1.0, -0.0) , (1.0, 0.0) , (N, N), (1.0, 0.0) , (1.0, 0.0)],
        [(N, N)     , (N, N), (N, -0.0)   , (N, 0.0)   , (N, N), (N, N)     , (N, N)],
    ],
    // rect
    [
        [(N, N)    , (N, N), (-I, 0.0), (-I, -0.0), (N, N), (N, N)    , (I, N)],
        [(N, N)    , (N, N), (N, N)   , (N, N)    , (N, N), (N, N)    , (N, N)],
        [(0.0, 0.0), (N, N), (N, N)   , (N, N)    , (N, N), (0.0, 0.0), (0.0, 0.0)],
        [(0.0, 0.0), (N, N), (N, N)   , (N, N)    , (N, N), (0.0, 0.0), (0.0, 0.0)],
        [(N, N)    , (N, N), (N, N)   , (N, N)    , (N, N), (N, N)    , (N, N)],
        [(N, N)    , (N, N), (I, -0.0), (I, 0.0)  , (N, N), (N, N)    , (I, N)],
        [(N, N)    , (N, N), (N, 0.0) , (N, 0.0)  , (N, N), (N, N)    , (N, N)],
    ],
];
