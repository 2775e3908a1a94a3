//! BLAKE2 (RFC 7693), with the parameters that `hashlib.blake2b` takes.

/// The parameter block: all that makes hashes of the same data differ.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// Bytes of the result.
    pub digest_size: u8,
    /// The key.
    pub key: Vec<u8>,
    /// `salt`
    pub salt: Vec<u8>,
    /// `person`
    pub person: Vec<u8>,
    /// `fanout`
    pub fanout: u8,
    /// `depth`
    pub depth: u8,
    /// `leaf_size`
    pub leaf_size: u32,
    /// `node_offset`
    pub node_offset: u64,
    /// `node_depth`
    pub node_depth: u8,
    /// `inner_size`
    pub inner_size: u8,
    /// `last_node`
    pub last_node: bool,
}

const SIGMA: [[u8; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

macro_rules! blake2 {
    ($name:ident, $word:ty, $wide:ty, $rounds:literal, $block:literal, $rotations:expr, $iv:expr) => {
        #[doc = concat!("The state of ", stringify!($name), ".")]
        #[derive(Clone)]
        pub struct $name {
            h: [$word; 8],
            count: $wide,
            buffer: Vec<u8>,
            digest_size: usize,
            last_node: bool,
        }

        impl $name {
            /// Bytes a block.
            pub const BLOCK: usize = $block;
            const WORD: usize = size_of::<$word>();

            /// A fresh state.
            pub fn new(p: &Parameters) -> $name {
                let mut block = vec![p.digest_size, p.key.len() as u8, p.fanout, p.depth];
                block.extend(p.leaf_size.to_le_bytes());
                // The offset has eight bytes in the large variant and six in the small one.
                block.extend(&p.node_offset.to_le_bytes()[..if Self::WORD == 8 { 8 } else { 6 }]);
                block.extend([p.node_depth, p.inner_size]);
                block.resize(Self::WORD * 4, 0);
                block.extend(&p.salt);
                block.resize(Self::WORD * 6, 0);
                block.extend(&p.person);
                block.resize(Self::WORD * 8, 0);
                let mut h: [$word; 8] = $iv;
                for (word, bytes) in h.iter_mut().zip(block.chunks_exact(Self::WORD)) {
                    let mut little = [0; size_of::<$word>()];
                    little.copy_from_slice(bytes);
                    *word ^= <$word>::from_le_bytes(little);
                }
                let mut state = $name {
                    h,
                    count: 0,
                    buffer: Vec::new(),
                    digest_size: p.digest_size as usize,
                    last_node: p.last_node,
                };
                if !p.key.is_empty() {
                    let mut key = p.key.clone();
                    key.resize(Self::BLOCK, 0);
                    state.update(&key);
                }
                state
            }

            /// Adds data. The last block stays in the buffer.
            pub fn update(&mut self, mut data: &[u8]) {
                while !data.is_empty() {
                    if self.buffer.len() == Self::BLOCK {
                        self.count += Self::BLOCK as $wide;
                        let block = std::mem::take(&mut self.buffer);
                        self.compress(&block, false);
                    }
                    let take = (Self::BLOCK - self.buffer.len()).min(data.len());
                    self.buffer.extend_from_slice(&data[..take]);
                    data = &data[take..];
                }
            }

            /// The hash.
            pub fn finish(mut self) -> Vec<u8> {
                self.count += self.buffer.len() as $wide;
                let mut block = std::mem::take(&mut self.buffer);
                block.resize(Self::BLOCK, 0);
                self.compress(&block, true);
                let mut bytes: Vec<u8> = self.h.iter().flat_map(|w| w.to_le_bytes()).collect();
                bytes.truncate(self.digest_size);
                bytes
            }

            fn compress(&mut self, block: &[u8], last: bool) {
                let mut m: [$word; 16] = [0; 16];
                for (word, bytes) in m.iter_mut().zip(block.chunks_exact(Self::WORD)) {
                    let mut little = [0; size_of::<$word>()];
                    little.copy_from_slice(bytes);
                    *word = <$word>::from_le_bytes(little);
                }
                let iv: [$word; 8] = $iv;
                let mut v: [$word; 16] = [0; 16];
                v[..8].copy_from_slice(&self.h);
                v[8..].copy_from_slice(&iv);
                v[12] ^= self.count as $word;
                v[13] ^= (self.count >> (8 * Self::WORD)) as $word;
                if last {
                    v[14] = !v[14];
                    if self.last_node {
                        v[15] = !v[15];
                    }
                }
                let rotations: [u32; 4] = $rotations;
                let mut mix = |a: usize, b: usize, c: usize, d: usize, x: $word, y: $word| {
                    v[a] = v[a].wrapping_add(v[b]).wrapping_add(x);
                    v[d] = (v[d] ^ v[a]).rotate_right(rotations[0]);
                    v[c] = v[c].wrapping_add(v[d]);
                    v[b] = (v[b] ^ v[c]).rotate_right(rotations[1]);
                    v[a] = v[a].wrapping_add(v[b]).wrapping_add(y);
                    v[d] = (v[d] ^ v[a]).rotate_right(rotations[2]);
                    v[c] = v[c].wrapping_add(v[d]);
                    v[b] = (v[b] ^ v[c]).rotate_right(rotations[3]);
                };
                for round in 0..$rounds {
                    let s = SIGMA[round % 10].map(|i| m[i as usize]);
                    mix(0, 4, 8, 12, s[0], s[1]);
                    mix(1, 5, 9, 13, s[2], s[3]);
                    mix(2, 6, 10, 14, s[4], s[5]);
                    mix(3, 7, 11, 15, s[6], s[7]);
                    mix(0, 5, 10, 15, s[8], s[9]);
                    mix(1, 6, 11, 12, s[10], s[11]);
                    mix(2, 7, 8, 13, s[12], s[13]);
                    mix(3, 4, 9, 14, s[14], s[15]);
                }
                for i in 0..8 {
                    self.h[i] ^= v[i] ^ v[i + 8];
                }
            }
        }
    };
}

blake2!(
    Blake2b,
    u64,
    u128,
    12,
    128,
    [32, 24, 16, 63],
    [
        0x6a09_e667_f3bc_c908,
        0xbb67_ae85_84ca_a73b,
        0x3c6e_f372_fe94_f82b,
        0xa54f_f53a_5f1d_36f1,
        0x510e_527f_ade6_82d1,
        0x9b05_688c_2b3e_6c1f,
        0x1f83_d9ab_fb41_bd6b,
        0x5be0_cd19_137e_2179,
    ]
);
blake2!(
    Blake2s,
    u32,
    u64,
    10,
    64,
    [16, 12, 8, 7],
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,]
);
