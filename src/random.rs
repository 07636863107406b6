//! Random numbers without state: everything drawn is a pure function of (seed, epoch, index,
//! purpose).
//!
//! Three tools, all of constant memory and random access, which is what makes batches independent
//! of the number of workers and resuming a matter of two numbers:
//!
//! * [`Stream`]: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: *Parallel random numbers: as easy as 1,
//!   2, 3*, SC 2011), keyed by the seed, with epoch, index and purpose in the counter. Two streams
//!   share no block.
//! * [`Permutation`]: the order of an epoch, by the swap-or-not shuffle (Hoang, Morris, Rogaway:
//!   *An enciphering scheme based on a card shuffle*, CRYPTO 2012). It permutes any number of
//!   items, not only powers of two, evaluates one position in [`ROUNDS`] short steps, and needs no
//!   table.
//! * [`Bytes`]: random bytes by the million, for images. Each is a `SplitMix64` generator of its
//!   own (Steele, Lea, Flood: *Fast splittable pseudorandom number generators*, OOPSLA 2014), whose
//!   start and increment a [`Stream`] draws: a word is one multiplication and one [`mix`] of its
//!   position, five times as fast as Philox.

/// What a stream of numbers is for; different purposes never share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// The order of an epoch.
    Order = 1,
    /// The box of a random crop.
    Crop = 2,
    /// Whether a sample is mirrored.
    Flip = 3,
    /// Which sample is drawn when sampling with replacement.
    Draw = 4,
    /// Which sample stands in for one that cannot be read.
    Replace = 5,
    /// Which side of a split a sample falls on.
    Split = 6,
    /// The pixels of an image of noise.
    Noise = 7,
    /// What is to be seen in an image that resembles a photograph.
    Scene = 8,
    /// What a node of a graph draws.
    Graph = 9,
    /// How the pixels of a sample are changed.
    Augment = 10,
    /// How the samples of a batch are mixed.
    Mix = 11,
}

/// 64 random bits, fixed by seed, index and an identity, such as the [`hash_bytes`] of a name.
#[must_use]
pub fn keyed(seed: u64, index: u64, identity: u64) -> u64 {
    let counter = [low(index), high(index), low(identity), high(identity)];
    let block = philox(counter, [low(seed), high(seed)]);
    u64::from(block[0]) | u64::from(block[1]) << 32
}

/// What a sample's random numbers depend on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity {
    /// The seed of the run.
    pub seed: u64,
    /// The epoch.
    pub epoch: u32,
    /// The sample.
    pub key: u64,
}

impl Identity {
    /// The sample's numbers for a purpose.
    #[must_use]
    pub fn stream(&self, purpose: Purpose) -> Stream {
        Stream::new(self.seed, self.epoch, self.key, purpose)
    }
}

/// A stream of random numbers, fixed by (seed, epoch, index, purpose).
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 2],
    counter: [u32; 4],
    block: [u32; 4],
    used: usize,
}

impl Stream {
    /// The stream of `purpose` for sample `index` in `epoch`.
    #[must_use]
    pub fn new(seed: u64, epoch: u32, index: u64, purpose: Purpose) -> Self {
        let counter = [low(index), high(index), epoch, (purpose as u32) << 24];
        Self {
            key: [low(seed), high(seed)],
            counter,
            block: [0; 4],
            used: 4,
        }
    }

    /// The stream of a seed alone.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        Self::new(seed, 0, 0, Purpose::Graph)
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            self.block = philox(self.counter, self.key);
            self.counter[3] = self.counter[3].wrapping_add(1);
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) | u64::from(self.next_u32()) << 32
    }

    /// Uniform in `0..n`, without bias (Lemire 2019: multiply, reject the short remainder). Returns
    /// 0 for `n == 0`.
    pub fn below(&mut self, n: u64) -> u64 {
        let wide = |x: u64| u128::from(x) * u128::from(n);
        let mut product = wide(self.next_u64());
        if low_half(product) < n {
            let reject = n.wrapping_neg() % n.max(1);
            while low_half(product) < reject {
                product = wide(self.next_u64());
            }
        }
        (product >> 64) as u64
    }

    /// Uniform in `[0, 1)`, a multiple of 2^-53.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit a double exactly")]
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `[low, high)`.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A number of the standard normal distribution: Box and Muller's transform (1958).
    pub fn normal(&mut self) -> f64 {
        // In (0, 1], so that the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.unit()));
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }
}

/// Random bytes, each a function of its position.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    start: u64,
    increment: u64,
}

impl Bytes {
    /// The bytes that a stream's next numbers choose.
    #[must_use]
    pub fn new(stream: &mut Stream) -> Self {
        let start = stream.next_u64();
        // Odd, so that no word comes twice; and with bits that change often, or neighbouring words
        // would be alike (the rule of the paper: at least 24 pairs of unequal neighbours).
        let mut increment = stream.next_u64() | 1;
        while (increment ^ increment >> 1).count_ones() < 24 {
            increment = stream.next_u64() | 1;
        }
        Self { start, increment }
    }

    /// The eight bytes at `8 * position`.
    #[must_use]
    pub fn word(&self, position: u64) -> u64 {
        mix(self
            .start
            .wrapping_add(self.increment.wrapping_mul(position)))
    }

    /// Fills `out` with the words from `position` on.
    #[expect(
        clippy::inline_always,
        reason = "it is compiled for the caller's processor"
    )]
    #[inline(always)]
    pub(crate) fn words(&self, position: u64, out: &mut [u64]) {
        let mut state = self
            .start
            .wrapping_add(self.increment.wrapping_mul(position));
        for word in out {
            *word = mix(state);
            state = state.wrapping_add(self.increment);
        }
    }

    /// Fills `out` with the bytes from `8 * position` on.
    pub fn fill(&self, position: u64, out: &mut [u8]) {
        let mut state = self
            .start
            .wrapping_add(self.increment.wrapping_mul(position));
        let mut words = out.chunks_exact_mut(8);
        for word in &mut words {
            word.copy_from_slice(&mix(state).to_le_bytes());
            state = state.wrapping_add(self.increment);
        }
        let rest = words.into_remainder();
        rest.copy_from_slice(&mix(state).to_le_bytes()[..rest.len()]);
    }
}

/// Rounds of the swap-or-not shuffle. Hoang, Morris and Rogaway's bound needs about 6 log2(n):
/// enough for n = 2^16 in theory; in practice far fewer mix well, and the tests look at the
/// distribution for small and large n.
pub const ROUNDS: usize = 96;

/// A permutation of `0..len`, fixed by (seed, epoch); any position can be asked for by itself.
#[derive(Clone, Debug)]
pub struct Permutation {
    len: u64,
    rounds: [Round; ROUNDS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Round {
    pivot: u64,
    key: u64,
}

impl Permutation {
    /// The permutation of `0..len` for `epoch`.
    #[must_use]
    pub fn new(seed: u64, epoch: u32, len: u64) -> Self {
        let mut stream = Stream::new(seed, epoch, 0, Purpose::Order);
        let rounds = std::array::from_fn(|_| Round {
            pivot: stream.below(len),
            key: stream.next_u64(),
        });
        Self { len, rounds }
    }

    /// Where position `position` goes.
    ///
    /// # Panics
    /// If `position` is not below the length.
    #[must_use]
    pub fn at(&self, position: u64) -> u64 {
        assert!(
            position < self.len,
            "position {position} of a permutation of {}",
            self.len
        );
        self.rounds.iter().fold(position, |x, round| {
            let partner = if round.pivot >= x {
                round.pivot - x
            } else {
                round.pivot + self.len - x
            };
            if coin(x.max(partner), round.key) {
                partner
            } else {
                x
            }
        })
    }
}

/// One fair bit from a pair that both partners agree on.
fn coin(x: u64, key: u64) -> bool {
    let product =
        u128::from(x ^ key) * u128::from((key | 1) ^ 0x9e37_79b9_7f4a_7c15_u64.rotate_left(17));
    mix(low_half(product) ^ (product >> 64) as u64) >> 63 == 1
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): every output bit depends on every input
/// bit.
#[must_use]
#[inline]
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 64 bits that depend on every byte: FNV-1a, finished by [`mix`]. For stable identities of names,
/// not for secrets.
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    mix(bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    }))
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let a = u64::from(counter[0]) * 0xd251_1f53;
        let b = u64::from(counter[2]) * 0xcd9e_8d57;
        counter = [
            high(b) ^ counter[1] ^ key[0],
            low(b),
            high(a) ^ counter[3] ^ key[1],
            low(a),
        ];
        key = [
            key[0].wrapping_add(0x9e37_79b9),
            key[1].wrapping_add(0xbb67_ae85),
        ];
    }
    counter
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low(x: u64) -> u32 {
    x as u32
}

const fn high(x: u64) -> u32 {
    (x >> 32) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
const fn low_half(x: u128) -> u64 {
    x as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Known answers published with Random123 (`kat_vectors`, philox4x32 10).
    #[test]
    fn philox_gives_the_published_answers() {
        assert_eq!(
            philox([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox([!0; 4], [!0; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        assert_eq!(
            philox(pi, [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn streams_of_other_keys_differ() {
        let draw =
            |seed, epoch, index, purpose| Stream::new(seed, epoch, index, purpose).next_u64();
        let base = draw(1, 2, 3, Purpose::Crop);
        for other in [
            draw(2, 2, 3, Purpose::Crop),
            draw(1, 3, 3, Purpose::Crop),
            draw(1, 2, 4, Purpose::Crop),
            draw(1, 2, 3, Purpose::Flip),
        ] {
            assert_ne!(base, other);
        }
    }

    proptest! {
        #[test]
        fn a_permutation_reaches_every_place_once(seed: u64, epoch: u32, len in 1u64..3000) {
            let order = Permutation::new(seed, epoch, len);
            let mut seen = vec![false; usize::try_from(len).unwrap()];
            for position in 0..len {
                let place = &mut seen[usize::try_from(order.at(position)).unwrap()];
                prop_assert!(!*place);
                *place = true;
            }
        }

        #[test]
        fn below_stays_below(seed: u64, n in 1u64..) {
            let mut stream = Stream::new(seed, 0, 0, Purpose::Draw);
            for _ in 0..50 {
                prop_assert!(stream.below(n) < n);
            }
        }
    }

    /// Each of the 24 orders of four items is as likely as another: chi-square over 24,000 seeds,
    /// 23 degrees of freedom, 49.7 is the 0.1 % bound.
    #[test]
    fn small_permutations_are_uniform() {
        let mut counts = std::collections::HashMap::new();
        for seed in 0..24_000u64 {
            let order = Permutation::new(seed, 0, 4);
            *counts
                .entry([0, 1, 2, 3].map(|p| order.at(p)))
                .or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let chi: f64 = counts
            .values()
            .map(|&c| (f64::from(c) - 1000.0).powi(2) / 1000.0)
            .sum();
        assert!(chi < 49.7, "chi-square {chi}");
    }

    /// Where a position goes is uniform, and neighbours do not stay neighbours.
    #[test]
    fn large_permutations_spread() {
        let len = 1_281_167;
        let mut buckets = [0u32; 64];
        let mut close = 0;
        for epoch in 0..64 {
            let order = Permutation::new(7, epoch, len);
            for position in (0..len).step_by(1283) {
                let (a, b) = (order.at(position), order.at((position + 1) % len));
                buckets[usize::try_from(a * 64 / len).unwrap()] += 1;
                close += u32::from(a.abs_diff(b) < 64);
            }
        }
        let mean = f64::from(buckets.iter().sum::<u32>()) / 64.0;
        let chi: f64 = buckets
            .iter()
            .map(|&c| (f64::from(c) - mean).powi(2) / mean)
            .sum();
        assert!(chi < 106.0, "chi-square {chi} with 63 degrees of freedom");
        assert!(
            close < 30,
            "{close} of 63,936 pairs of neighbours stayed within 64 places"
        );
    }

    fn bytes(seed: u64, index: u64) -> Bytes {
        Bytes::new(&mut Stream::new(seed, 0, index, Purpose::Noise))
    }

    #[test]
    fn bytes_are_functions_of_their_position() {
        let noise = bytes(3, 5);
        let mut all = [0; 61];
        noise.fill(0, &mut all);
        for position in 0..8u64 {
            let from = usize::try_from(8 * position).unwrap();
            let mut part = vec![0; 61 - from];
            noise.fill(position, &mut part);
            assert_eq!(part, all[from..]);
            let mut words = [0; 3];
            noise.words(position, &mut words);
            assert_eq!(words, [0, 1, 2].map(|next| noise.word(position + next)));
            let word = words[0].to_le_bytes();
            assert!(all[from..].iter().zip(word).all(|(byte, of)| *byte == of));
        }
    }

    /// Each of the eight places of a word takes each of the 256 values as often as any other:
    /// chi-square with 255 degrees of freedom has its 0.01 % bound at 347.
    #[test]
    fn bytes_are_uniform() {
        const LEN: usize = 1 << 21;
        let mut all = vec![0; LEN];
        for seed in 0..4 {
            bytes(seed, 0).fill(0, &mut all);
            for place in 0..8 {
                let mut counts = [0u32; 256];
                all.iter()
                    .skip(place)
                    .step_by(8)
                    .for_each(|byte| counts[usize::from(*byte)] += 1);
                let mean = f64::from(u32::try_from(LEN / 8 / 256).unwrap());
                let chi: f64 = counts
                    .iter()
                    .map(|&count| (f64::from(count) - mean).powi(2) / mean)
                    .sum();
                assert!(chi < 347.0, "seed {seed}, place {place}: chi-square {chi}");
            }
        }
    }

    /// Sums of products of bytes, their mean taken away, some places apart: channels, pixels,
    /// words, rows. Of n products of independent bytes the sum is normal, with a deviation of
    /// sqrt(n) times their variance, 5461.25.
    #[test]
    fn bytes_do_not_depend_on_each_other() {
        const LEN: u32 = 1 << 20;
        let mut all = vec![0; LEN as usize];
        let mut other = all.clone();
        let sum = |a: &[u8], b: &[u8]| -> f64 {
            a.iter()
                .zip(b)
                .map(|(a, b)| (f64::from(*a) - 127.5) * (f64::from(*b) - 127.5))
                .sum()
        };
        let bound = 4.5 * f64::from(LEN).sqrt() * 5461.25;
        for seed in 0..4 {
            bytes(seed, 0).fill(0, &mut all);
            for apart in [1, 2, 3, 6, 8, 16, 24, 64, 3 * 1920, 4096] {
                let sum = sum(&all, &all[apart..]);
                assert!(
                    sum.abs() < bound,
                    "seed {seed}, {apart} apart: {sum} of {bound}"
                );
            }
            for neighbour in [bytes(seed + 1, 0), bytes(seed, 1)] {
                neighbour.fill(0, &mut other);
                let sum = sum(&all, &other);
                assert!(sum.abs() < bound, "beside seed {seed}: {sum} of {bound}");
            }
        }
    }
}
