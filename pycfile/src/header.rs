//! The 16 bytes before the code in a `.pyc` (PEP 552).

use std::fmt;

/// The magic number of Python 3.12's bytecode.
pub const MAGIC: u16 = 3531;

/// The size of a header, in bytes.
pub const SIZE: usize = 16;

/// The first four bytes of each `.pyc` of Python 3.12.
pub const MAGIC_BYTES: [u8; 4] = magic_bytes(MAGIC);

const fn magic_bytes(magic: u16) -> [u8; 4] {
    let [low, high] = magic.to_le_bytes();
    [low, high, b'\r', b'\n']
}

/// What a `.pyc` says of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalidation {
    /// Valid for a source of this modification time (seconds, low 32 bits) and size (low 32 bits).
    Timestamp {
        /// Seconds since 1970, modulo 2³².
        mtime: u32,
        /// Bytes, modulo 2³².
        size: u32,
    },
    /// Valid for a source of this hash, which is compared when the module is imported.
    CheckedHash([u8; 8]),
    /// Valid for a source of this hash, which whoever changes the source promises to keep right.
    UncheckedHash([u8; 8]),
}

/// Why the start of a file is not a header of Python 3.12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// The magic number is of another version, or of no `.pyc`.
    Magic([u8; 4]),
    /// Fewer than 16 bytes.
    Truncated(usize),
    /// Unknown flags are set.
    Flags(u32),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeaderError::Magic(bytes) => match python_version(*bytes) {
                Some(version) => write!(f, "bad magic number: bytecode of Python {version}, not 3.12"),
                None => write!(f, "bad magic number: {}", crate::repr::bytes(bytes)),
            },
            HeaderError::Truncated(_) => f.write_str("reached EOF while reading pyc header"),
            HeaderError::Flags(flags) => write!(f, "invalid flags 0x{flags:x}"),
        }
    }
}

impl std::error::Error for HeaderError {}

impl Invalidation {
    /// Reads a header; what follows its [`SIZE`] bytes is the code.
    pub fn parse(data: &[u8]) -> Result<Invalidation, HeaderError> {
        let word = |at: usize| -> Result<[u8; 4], HeaderError> {
            let bytes = data.get(at..at + 4).ok_or(HeaderError::Truncated(data.len()))?;
            bytes.try_into().map_err(|_| HeaderError::Truncated(data.len()))
        };
        let magic = word(0)?;
        if magic != MAGIC_BYTES {
            return Err(HeaderError::Magic(magic));
        }
        let (flags, first, second) = (u32::from_le_bytes(word(4)?), word(8)?, word(12)?);
        let hash = || {
            let mut hash = [0; 8];
            hash[..4].copy_from_slice(&first);
            hash[4..].copy_from_slice(&second);
            hash
        };
        match flags {
            0 => Ok(Invalidation::Timestamp {
                mtime: u32::from_le_bytes(first),
                size: u32::from_le_bytes(second),
            }),
            0b01 => Ok(Invalidation::UncheckedHash(hash())),
            0b11 => Ok(Invalidation::CheckedHash(hash())),
            _ => Err(HeaderError::Flags(flags)),
        }
    }

    /// The header's bytes.
    pub fn to_bytes(self) -> [u8; SIZE] {
        let (flags, rest) = match self {
            Invalidation::Timestamp { mtime, size } => {
                let mut rest = [0; 8];
                rest[..4].copy_from_slice(&mtime.to_le_bytes());
                rest[4..].copy_from_slice(&size.to_le_bytes());
                (0u32, rest)
            }
            Invalidation::UncheckedHash(hash) => (0b01, hash),
            Invalidation::CheckedHash(hash) => (0b11, hash),
        };
        let mut bytes = [0; SIZE];
        bytes[..4].copy_from_slice(&MAGIC_BYTES);
        bytes[4..8].copy_from_slice(&flags.to_le_bytes());
        bytes[8..].copy_from_slice(&rest);
        bytes
    }
}

/// The Python version that writes this magic number, for those since 3.0 that were released.
pub fn python_version(magic: [u8; 4]) -> Option<&'static str> {
    if magic[2..] != *b"\r\n" {
        return None;
    }
    Some(match u16::from_le_bytes([magic[0], magic[1]]) {
        3000..=3131 => "3.0",
        3140..=3151 => "3.1",
        3160..=3180 => "3.2",
        3190..=3230 => "3.3",
        3250..=3310 => "3.4",
        3320..=3351 => "3.5",
        3360..=3379 => "3.6",
        3390..=3399 => "3.7",
        3400..=3419 => "3.8",
        3420..=3429 => "3.9",
        3430..=3449 => "3.10",
        3450..=3499 => "3.11",
        3500..=3549 => "3.12",
        3550..=3599 => "3.13",
        3600..=3649 => "3.14",
        3650..=3699 => "3.15",
        62211 => "2.7",
        62161 => "2.6",
        62131 => "2.5",
        _ => return None,
    })
}

/// `_imp.source_hash`: the hash of a source file's bytes that a hash-based `.pyc` of Python 3.12 holds.
pub fn source_hash(source: &[u8]) -> [u8; 8] {
    siphash13(u64::from(u32::from_le_bytes(MAGIC_BYTES)), 0, source).to_le_bytes()
}

/// SipHash with one round a block and three at the end.
fn siphash13(key0: u64, key1: u64, data: &[u8]) -> u64 {
    let mut v = [
        key0 ^ 0x736f_6d65_7073_6575,
        key1 ^ 0x646f_7261_6e64_6f6d,
        key0 ^ 0x6c79_6765_6e65_7261,
        key1 ^ 0x7465_6462_7974_6573,
    ];
    let (blocks, tail) = data.as_chunks::<8>();
    for block in blocks {
        let word = u64::from_le_bytes(*block);
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    last[7] = data.len() as u8;
    let word = u64::from_le_bytes(last);
    v[3] ^= word;
    round(&mut v);
    v[0] ^= word;
    v[2] ^= 0xFF;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn round(v: &mut [u64; 4]) {
    v[0] = v[0].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(13) ^ v[0];
    v[0] = v[0].rotate_left(32);
    v[2] = v[2].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(16) ^ v[2];
    v[0] = v[0].wrapping_add(v[3]);
    v[3] = v[3].rotate_left(21) ^ v[0];
    v[2] = v[2].wrapping_add(v[1]);
    v[1] = v[1].rotate_left(17) ^ v[2];
    v[2] = v[2].rotate_left(32);
}
