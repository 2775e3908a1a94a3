//! Coefficients: unsigned integers of any size whose decimal digits are cheap to reach.
//!
//! Up to 38 digits lie inline, in 128 bits. Longer ones are limbs in base 10^19, lowest first, so that shifting
//! and printing by decimal digits take linear time.

mod divide;
mod limbs;
mod multiply;
#[cfg(test)]
mod tests;
mod text;
mod transform;

use limbs::{BASE, LIMB_DIGITS, divide_limb, divide_wide, power_of_ten, trim};
use std::cmp::Ordering;

/// An unsigned integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coefficient(Form);

/// Each value has one form: a large one has at least three limbs, and the highest is not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// The low and the high half of a number below 10^38. Two words, because a 128-bit one wants more alignment.
    Small(u64, u64),
    Large(Vec<u64>),
}

/// The first power of ten that is not stored inline.
const SMALL_END: u128 = POWERS[SMALL_DIGITS - 1] * 10;
const SMALL_DIGITS: usize = 38;

/// 10^0 to 10^37, and 10^38.
static POWERS: [u128; SMALL_DIGITS + 1] = {
    let mut powers = [1u128; SMALL_DIGITS + 1];
    let mut i = 1;
    while i < powers.len() {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// What digits that are cut off amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    Zero,
    /// Less than half a unit of the last digit that stays.
    BelowHalf,
    /// Half a unit.
    Half,
    /// More than half a unit.
    AboveHalf,
}

impl Coefficient {
    /// 0
    pub const ZERO: Coefficient = Coefficient(Form::Small(0, 0));
    /// 1
    pub const ONE: Coefficient = Coefficient(Form::Small(1, 0));

    /// From limbs in base 10^19, lowest first.
    fn from_limbs(mut limbs: Vec<u64>) -> Coefficient {
        trim(&mut limbs);
        match *limbs.as_slice() {
            [] => Coefficient::ZERO,
            [low] => Coefficient::from(u128::from(low)),
            [low, high] => Coefficient::from(u128::from(high) * u128::from(BASE) + u128::from(low)),
            _ => Coefficient(Form::Large(limbs)),
        }
    }

    /// From limbs that are known beforehand.
    pub fn from_constant(limbs: &[u64]) -> Coefficient {
        Coefficient::from_limbs(limbs.to_vec())
    }

    /// The number, where it is stored inline.
    #[inline]
    pub fn small(&self) -> Option<u128> {
        match self.0 {
            Form::Small(low, high) => Some(u128::from(high) << 64 | u128::from(low)),
            Form::Large(_) => None,
        }
    }

    /// The limbs, in a buffer of the caller's where they are not stored.
    fn limbs<'a>(&'a self, buffer: &'a mut [u64; 2]) -> &'a [u64] {
        match &self.0 {
            Form::Large(limbs) => limbs,
            Form::Small(low, 0) if *low < BASE => {
                buffer[0] = *low;
                &buffer[..usize::from(*low != 0)]
            }
            Form::Small(low, high) => {
                let (quotient, remainder) = divide_wide(u128::from(*high) << 64 | u128::from(*low));
                *buffer = [remainder, quotient];
                &buffer[..]
            }
        }
    }

    /// Whether it is 0.
    #[inline]
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Form::Small(0, 0))
    }

    /// Whether it is odd.
    pub fn is_odd(&self) -> bool {
        match &self.0 {
            Form::Small(low, _) => low & 1 == 1,
            Form::Large(limbs) => limbs[0] & 1 == 1,
        }
    }

    /// The number of decimal digits; 1 for 0.
    #[inline]
    pub fn digits(&self) -> i64 {
        match &self.0 {
            Form::Small(low, high) => small_digits(u128::from(*high) << 64 | u128::from(*low)),
            Form::Large(limbs) => {
                let top = limbs.last().copied().unwrap_or(0);
                ((limbs.len() - 1) * LIMB_DIGITS) as i64 + small_digits(u128::from(top))
            }
        }
    }

    /// The digit of the position 10^`index`.
    pub fn digit(&self, index: i64) -> u8 {
        let Ok(index) = usize::try_from(index) else { return 0 };
        let mut buffer = [0; 2];
        match self.limbs(&mut buffer).get(index / LIMB_DIGITS) {
            Some(limb) => (limb / power_of_ten(index % LIMB_DIGITS) % 10) as u8,
            None => 0,
        }
    }

    /// The last digit.
    pub fn last_digit(&self) -> u8 {
        match &self.0 {
            Form::Small(low, 0) => (low % 10) as u8,
            _ => self.digit(0),
        }
    }

    /// How many zeros it ends with; 0 for 0.
    pub fn trailing_zeros(&self) -> i64 {
        let mut buffer = [0; 2];
        let limbs = self.limbs(&mut buffer);
        let Some(empty) = limbs.iter().position(|limb| *limb != 0) else { return 0 };
        let mut limb = limbs[empty];
        let mut zeros = (empty * LIMB_DIGITS) as i64;
        while limb.is_multiple_of(10) {
            limb /= 10;
            zeros += 1;
        }
        zeros
    }

    /// `self * 10^count`
    pub fn shifted_left(&self, count: i64) -> Coefficient {
        let count = usize::try_from(count).unwrap_or(0);
        if count == 0 || self.is_zero() {
            return self.clone();
        }
        if let Some(small) = self.small()
            && count + small_digits(small) as usize <= SMALL_DIGITS
        {
            return Coefficient::from(small * POWERS[count]);
        }
        let mut buffer = [0; 2];
        let limbs = self.limbs(&mut buffer);
        let (whole, part) = (count / LIMB_DIGITS, count % LIMB_DIGITS);
        let mut result = Vec::with_capacity(whole + limbs.len() + 1);
        result.resize(whole, 0);
        if part == 0 {
            result.extend_from_slice(limbs);
            return Coefficient::from_limbs(result);
        }
        let (factor, divisor) = (power_of_ten(part), power_of_ten(LIMB_DIGITS - part));
        let mut carry = 0;
        for limb in limbs {
            result.push(limb % divisor * factor + carry);
            carry = limb / divisor;
        }
        result.push(carry);
        Coefficient::from_limbs(result)
    }

    /// `self / 10^count`, cut off.
    pub fn shifted_right(&self, count: i64) -> Coefficient {
        let count = usize::try_from(count).unwrap_or(0);
        if count == 0 {
            return self.clone();
        }
        if let Some(small) = self.small() {
            return match POWERS.get(count) {
                Some(power) => Coefficient::from(small / power),
                None => Coefficient::ZERO,
            };
        }
        let mut buffer = [0; 2];
        let limbs = self.limbs(&mut buffer);
        let (whole, part) = (count / LIMB_DIGITS, count % LIMB_DIGITS);
        let Some(rest) = limbs.get(whole..) else { return Coefficient::ZERO };
        if part == 0 {
            return Coefficient::from_limbs(rest.to_vec());
        }
        let (divisor, factor) = (power_of_ten(part), power_of_ten(LIMB_DIGITS - part));
        let mut result = Vec::with_capacity(rest.len());
        for (i, limb) in rest.iter().enumerate() {
            let above = rest.get(i + 1).map_or(0, |above| above % divisor * factor);
            result.push(limb / divisor + above);
        }
        Coefficient::from_limbs(result)
    }

    /// `self / 10^count`, with what is cut off.
    pub fn cut(&self, count: i64) -> (Coefficient, Tail) {
        if let (Some(small), Some(power)) = (self.small(), POWERS.get(count.max(0) as usize)) {
            let (quotient, rest) = match (u64::try_from(small), u64::try_from(*power)) {
                (Ok(small), Ok(power)) => (u128::from(small / power), u128::from(small % power)),
                _ => (small / power, small % power),
            };
            let tail = match rest {
                0 => Tail::Zero,
                _ => match rest.cmp(&(power - rest)) {
                    Ordering::Less => Tail::BelowHalf,
                    Ordering::Equal => Tail::Half,
                    Ordering::Greater => Tail::AboveHalf,
                },
            };
            return (Coefficient::from(quotient), tail);
        }
        (self.shifted_right(count), self.tail(count))
    }

    /// What the lowest `count` digits amount to.
    fn tail(&self, count: i64) -> Tail {
        if count <= 0 || self.is_zero() {
            return Tail::Zero;
        }
        let rest_is_zero = self.trailing_zeros() >= count - 1;
        match self.digit(count - 1) {
            0 if self.trailing_zeros() >= count => Tail::Zero,
            0..5 => Tail::BelowHalf,
            5 if rest_is_zero => Tail::Half,
            _ => Tail::AboveHalf,
        }
    }

    /// The lowest `count` digits.
    pub fn low_digits(&self, count: i64) -> Coefficient {
        if count >= self.digits() {
            return self.clone();
        }
        let count = usize::try_from(count).unwrap_or(0);
        let mut buffer = [0; 2];
        let limbs = self.limbs(&mut buffer);
        let (whole, part) = (count / LIMB_DIGITS, count % LIMB_DIGITS);
        let mut result = limbs[..whole.min(limbs.len())].to_vec();
        if let Some(limb) = limbs.get(whole) {
            result.push(limb % power_of_ten(part));
        }
        Coefficient::from_limbs(result)
    }

    /// The sum.
    pub fn plus(&self, other: &Coefficient) -> Coefficient {
        if let (Some(a), Some(b)) = (self.small(), other.small()) {
            return Coefficient::from(a + b);
        }
        let (mut first, mut second) = ([0; 2], [0; 2]);
        Coefficient::from_limbs(limbs::sum(self.limbs(&mut first), other.limbs(&mut second)))
    }

    /// `self - other`, which must not be more.
    pub fn minus(&self, other: &Coefficient) -> Coefficient {
        if let (Some(a), Some(b)) = (self.small(), other.small()) {
            return Coefficient::from(a.saturating_sub(b));
        }
        let (mut first, mut second) = ([0; 2], [0; 2]);
        let mut result = self.limbs(&mut first).to_vec();
        limbs::subtract(&mut result, other.limbs(&mut second));
        Coefficient::from_limbs(result)
    }

    /// The product.
    pub fn times(&self, other: &Coefficient) -> Coefficient {
        if let (Form::Small(a, 0), Form::Small(b, 0)) = (&self.0, &other.0) {
            return Coefficient::from(u128::from(*a) * u128::from(*b));
        }
        let (mut first, mut second) = ([0; 2], [0; 2]);
        Coefficient::from_limbs(multiply::product(self.limbs(&mut first), other.limbs(&mut second)))
    }

    /// Quotient and remainder. The divisor must not be 0.
    pub fn divided(&self, divisor: &Coefficient) -> (Coefficient, Coefficient) {
        if let (Some(a), Some(b)) = (self.small(), divisor.small())
            && b != 0
        {
            return match (u64::try_from(a), u64::try_from(b)) {
                (Ok(a), Ok(b)) => (u128::from(a / b).into(), u128::from(a % b).into()),
                _ => ((a / b).into(), (a % b).into()),
            };
        }
        let (mut first, mut second) = ([0; 2], [0; 2]);
        let (quotient, remainder) = divide::divide(self.limbs(&mut first), divisor.limbs(&mut second));
        (Coefficient::from_limbs(quotient), Coefficient::from_limbs(remainder))
    }

    /// `self / divisor`, cut off.
    pub fn divided_by_u64(&self, divisor: u64) -> Coefficient {
        if let Some(small) = self.small() {
            return (small / u128::from(divisor)).into();
        }
        let mut buffer = [0; 2];
        let mut limbs = self.limbs(&mut buffer).to_vec();
        divide_limb(&mut limbs, divisor);
        Coefficient::from_limbs(limbs)
    }

    /// The remainder by a word.
    pub fn modulo(&self, divisor: u64) -> u64 {
        let divisor = u128::from(divisor);
        let mut buffer = [0; 2];
        let limbs = self.limbs(&mut buffer);
        let fold = |rest, limb: &u64| (rest * u128::from(BASE) + u128::from(*limb)) % divisor;
        limbs.iter().rev().fold(0, fold) as u64
    }

    /// The square root, cut off.
    ///
    /// Of the upper half of the digits the root gives half of the root's digits; one step of Newton's method gives the rest.
    pub fn square_root(&self) -> Coefficient {
        if let Some(small) = self.small() {
            return small.isqrt().into();
        }
        let half = (self.digits() - 1) / 4;
        let start = self.shifted_right(2 * half).square_root().plus(&Coefficient::ONE).shifted_left(half);
        let mut root = start;
        // From above, the steps go down until they arrive.
        loop {
            let next = root.plus(&self.divided(&root).0).divided_by_u64(2);
            if next >= root {
                return root;
            }
            root = next;
        }
    }

    /// Memory beyond the value itself.
    pub fn size_bytes(&self) -> usize {
        match &self.0 {
            Form::Small(..) => 0,
            Form::Large(limbs) => limbs.capacity() * size_of::<u64>(),
        }
    }

    /// The number, where it fits.
    pub fn to_u64(&self) -> Option<u64> {
        self.small().and_then(|small| u64::try_from(small).ok())
    }
}

/// The number of decimal digits; 1 for 0.
#[inline]
fn small_digits(value: u128) -> i64 {
    // 1233 / 4096 is a little more than log10(2).
    let guess = ((128 - (value | 1).leading_zeros()) * 1233) >> 12;
    i64::from(guess) + i64::from(value >= POWERS[guess as usize] || guess == 0)
}

impl From<u128> for Coefficient {
    #[inline]
    fn from(value: u128) -> Coefficient {
        if value < SMALL_END {
            return Coefficient(Form::Small(value as u64, (value >> 64) as u64));
        }
        let (high, low) = limbs::divide_u128(value);
        Coefficient(Form::Large(vec![
            low,
            (high % u128::from(BASE)) as u64,
            (high / u128::from(BASE)) as u64,
        ]))
    }
}

impl From<u64> for Coefficient {
    fn from(value: u64) -> Coefficient {
        Coefficient(Form::Small(value, 0))
    }
}

impl PartialOrd for Coefficient {
    fn partial_cmp(&self, other: &Coefficient) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Coefficient {
    fn cmp(&self, other: &Coefficient) -> Ordering {
        match (self.small(), other.small()) {
            (Some(a), Some(b)) => a.cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => {
                let (mut first, mut second) = ([0; 2], [0; 2]);
                limbs::compare(self.limbs(&mut first), other.limbs(&mut second))
            }
        }
    }
}
