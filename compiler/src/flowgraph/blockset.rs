//! Choosing some of the blocks. Which ones cannot be predicted, so that is no branch.

use super::graph::BlockId;

/// Some of the blocks.
#[derive(Debug, Default)]
pub(super) struct BlockSet {
    /// A bit for each block.
    words: Vec<u64>,
}

impl BlockSet {
    /// Drops all blocks.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    /// Whether a block is in the set.
    pub fn has(&self, id: BlockId) -> bool {
        self.words.get(id.index() / 64).is_some_and(|word| word >> (id.index() % 64) & 1 != 0)
    }

    /// Whether the set has no blocks.
    pub fn is_empty(&self) -> bool {
        self.words.iter().fold(0, |all, word| all | word) == 0
    }

    /// Says of the next 64 blocks which belong to the set.
    #[inline]
    pub fn push_word(&mut self, members: u64) {
        self.words.push(members);
    }

    /// Adds a block if it belongs to the set. Whether it does cannot be predicted, so that is no branch.
    #[inline]
    pub fn offer(&mut self, id: BlockId, belongs: bool) {
        let (word, bit) = (id.index() / 64, id.index() % 64);
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= u64::from(belongs) << bit;
    }

    /// Adds a block.
    pub fn insert(&mut self, id: BlockId) {
        self.offer(id, true);
    }

    /// The first block of the set that was made no sooner than the one of this index.
    #[inline]
    pub fn first_from(&self, index: usize) -> Option<BlockId> {
        let mut word = index / 64;
        let mut rest = self.words.get(word)? & u64::MAX << (index % 64);
        while rest == 0 {
            word += 1;
            rest = *self.words.get(word)?;
        }
        Some(BlockId::new(word * 64 + rest.trailing_zeros() as usize))
    }

    /// The blocks in the order in which they were made.
    pub fn iter(&self) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(self.first_from(0), |id| self.first_from(id.index() + 1))
    }
}

/// Puts a block, or whatever it is, on a stack if it belongs there. Whether it does cannot be predicted, so that is no branch.
#[inline]
pub(super) fn push_if<T: Copy>(belongs: bool, stack: &mut Vec<T>, item: T) {
    stack.push(item);
    stack.truncate(stack.len() - usize::from(!belongs));
}
