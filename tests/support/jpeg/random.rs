//! Choices: from a seed, or from the bytes that a fuzzer turns.

/// A sequence of choices (splitmix64).
#[derive(Clone, Debug)]
pub(crate) struct Random<'a> {
    input: &'a [u8],
    state: u64,
}

impl Random<'static> {
    /// The choices of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            input: &[],
            state: seed,
        }
    }
}

impl<'a> Random<'a> {
    /// Choices that are read from `input`, one or two bytes each, so that a fuzzer reaches every
    /// one of them by itself; when it is used up, those of seed 0.
    pub(crate) fn steered(input: &'a [u8]) -> Self {
        Self { input, state: 0 }
    }

    /// Any number.
    pub(crate) fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        let taken = self.input.len().min(if end <= 256 { 1 } else { 3 });
        if taken == 0 {
            return ((u128::from(self.number()) * u128::from(end)) >> 64) as u32;
        }
        let (head, rest) = self.input.split_at(taken);
        self.input = rest;
        head.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)) % end
    }

    /// A number from `low` to `high`, both possible.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1) as u32) as i32
    }

    /// An index below `len`.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u32) as usize
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        // The last value, not 0: input of zeros is then the plainest file.
        self.below(times) == times - 1
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.index(among.len())]
    }

    /// `len` bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.below(256) as u8).collect()
    }

    /// Any order of `items`.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.index(i + 1));
        }
    }
}
