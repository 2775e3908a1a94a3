//! The state of a hash of any kind.

use super::blake2::{Blake2b, Blake2s};
use sha2::Digest;
use sha3::digest::{ExtendableOutput, Update, XofReader};

macro_rules! states {
    ($($variant:ident($t:ty) = $name:literal, $digest:literal, $block:literal;)*) => {
        /// A hash under way.
        #[derive(Clone)]
        #[allow(missing_docs, reason = "the variants are the algorithms' names")]
        pub enum State {
            $($variant($t),)*
            Shake128(sha3::Shake128),
            Shake256(sha3::Shake256),
            Blake2b(Blake2b, usize),
            Blake2s(Blake2s, usize),
        }

        impl State {
            /// Adds data.
            pub fn update(&mut self, data: &[u8]) {
                match self {
                    $(State::$variant(state) => Digest::update(state, data),)*
                    State::Shake128(state) => Update::update(state, data),
                    State::Shake256(state) => Update::update(state, data),
                    State::Blake2b(state, _) => state.update(data),
                    State::Blake2s(state, _) => state.update(data),
                }
            }

            /// The hash; `length` matters where it can be chosen.
            pub fn finish(self, length: usize) -> Vec<u8> {
                match self {
                    $(State::$variant(state) => state.finalize().to_vec(),)*
                    State::Shake128(state) => {
                        let mut out = vec![0; length];
                        state.finalize_xof().read(&mut out);
                        out
                    }
                    State::Shake256(state) => {
                        let mut out = vec![0; length];
                        state.finalize_xof().read(&mut out);
                        out
                    }
                    State::Blake2b(state, _) => state.finish(),
                    State::Blake2s(state, _) => state.finish(),
                }
            }

            /// `name`
            pub fn name(&self) -> &'static str {
                match self {
                    $(State::$variant(_) => $name,)*
                    State::Shake128(_) => "shake_128",
                    State::Shake256(_) => "shake_256",
                    State::Blake2b(..) => "blake2b",
                    State::Blake2s(..) => "blake2s",
                }
            }

            /// `digest_size`
            pub fn digest_size(&self) -> usize {
                match self {
                    $(State::$variant(_) => $digest,)*
                    State::Shake128(_) | State::Shake256(_) => 0,
                    State::Blake2b(_, size) | State::Blake2s(_, size) => *size,
                }
            }

            /// `block_size`
            pub fn block_size(&self) -> usize {
                match self {
                    $(State::$variant(_) => $block,)*
                    State::Shake128(_) => 168,
                    State::Shake256(_) => 136,
                    State::Blake2b(..) => Blake2b::BLOCK,
                    State::Blake2s(..) => Blake2s::BLOCK,
                }
            }
        }
    };
}

states! {
    Md5(md5::Md5) = "md5", 16, 64;
    Sha1(sha1::Sha1) = "sha1", 20, 64;
    Sha224(sha2::Sha224) = "sha224", 28, 64;
    Sha256(sha2::Sha256) = "sha256", 32, 64;
    Sha384(sha2::Sha384) = "sha384", 48, 128;
    Sha512(sha2::Sha512) = "sha512", 64, 128;
    Sha3_224(sha3::Sha3_224) = "sha3_224", 28, 144;
    Sha3_256(sha3::Sha3_256) = "sha3_256", 32, 136;
    Sha3_384(sha3::Sha3_384) = "sha3_384", 48, 104;
    Sha3_512(sha3::Sha3_512) = "sha3_512", 64, 72;
}
