//! The storage unit of one string kind.

/// An element of a string's storage: `u8`, `u16` or `u32`.
pub trait Unit: Copy + Ord + Default + std::fmt::Debug + 'static {
    /// The largest code point this unit can hold.
    const MAX_CODE: u32;
    /// How many units fill eight bytes.
    const PER_U64: usize;
    /// The code point.
    fn code(self) -> u32;
    /// The unit for a code point, or `None` if it is too large.
    fn try_from_code(code: u32) -> Option<Self>;
    /// The unit for a code point known to fit; others are truncated.
    fn from_code(code: u32) -> Self;
    /// The units as bytes, if that is what they are.
    #[inline(always)]
    fn as_bytes(_units: &[Self]) -> Option<&[u8]> {
        None
    }
    /// The first position of `unit`.
    fn position(units: &[Self], unit: Self) -> Option<usize>;
    /// The last position of `unit`.
    fn rposition(units: &[Self], unit: Self) -> Option<usize>;
    /// The bitwise or of all code points, which tells the kind they need.
    #[inline]
    fn code_union(units: &[Self]) -> u32 {
        units.iter().fold(0, |union, unit| union | unit.code())
    }
    /// At most eight bytes of units as a little-endian number.
    #[inline]
    fn pack_u64(units: &[Self]) -> u64 {
        let bits = 64 / Self::PER_U64;
        units.iter().rev().fold(0, |packed, unit| (packed << (bits % 64)) | u64::from(unit.code()))
    }
    /// First position of `needle` (two or more units) in `hay`.
    fn find(hay: &[Self], needle: &[Self]) -> Option<usize> {
        super::search::find_generic(hay, needle)
    }
    /// Last position of `needle` (two or more units) in `hay`.
    fn rfind(hay: &[Self], needle: &[Self]) -> Option<usize> {
        super::search::rfind_generic(hay, needle)
    }
}

impl Unit for u8 {
    const MAX_CODE: u32 = 0xFF;
    const PER_U64: usize = 8;
    #[inline(always)]
    fn as_bytes(units: &[u8]) -> Option<&[u8]> {
        Some(units)
    }
    #[inline]
    fn code(self) -> u32 {
        u32::from(self)
    }
    #[inline]
    fn try_from_code(code: u32) -> Option<u8> {
        u8::try_from(code).ok()
    }
    #[inline]
    fn from_code(code: u32) -> u8 {
        code as u8
    }
    #[inline]
    fn position(units: &[u8], unit: u8) -> Option<usize> {
        memchr::memchr(unit, units)
    }
    #[inline]
    fn rposition(units: &[u8], unit: u8) -> Option<usize> {
        memchr::memrchr(unit, units)
    }
    #[inline]
    fn code_union(units: &[u8]) -> u32 {
        // 0x80 and 0x7F stand for "some" of their class; callers only ask for the kind.
        if units.is_ascii() { 0x7F } else { 0xFF }
    }
    #[inline]
    fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
        memchr::memmem::find(hay, needle)
    }
    #[inline]
    fn rfind(hay: &[u8], needle: &[u8]) -> Option<usize> {
        memchr::memmem::rfind(hay, needle)
    }
}

macro_rules! wide_unit {
    ($ty:ty, $max:expr, $per_u64:expr) => {
        impl Unit for $ty {
            const MAX_CODE: u32 = $max;
            const PER_U64: usize = $per_u64;
            #[inline]
            fn code(self) -> u32 {
                u32::from(self)
            }
            #[inline]
            fn try_from_code(code: u32) -> Option<$ty> {
                <$ty>::try_from(code).ok()
            }
            #[inline]
            fn from_code(code: u32) -> $ty {
                code as $ty
            }
            #[inline]
            fn position(units: &[$ty], unit: $ty) -> Option<usize> {
                // Blocks without early exit, which the compiler turns into vector instructions.
                let mut base = 0;
                for block in units.chunks(16) {
                    if block.iter().fold(false, |hit, &u| hit | (u == unit)) {
                        return block.iter().position(|&u| u == unit).map(|i| base + i);
                    }
                    base += block.len();
                }
                None
            }
            #[inline]
            fn rposition(units: &[$ty], unit: $ty) -> Option<usize> {
                units.iter().rposition(|&u| u == unit)
            }
        }
    };
}
wide_unit!(u16, 0xFFFF, 4);
wide_unit!(u32, super::MAX_CODE_POINT, 2);
