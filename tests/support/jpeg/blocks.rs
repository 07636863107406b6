//! Quantised coefficients: like those of images, and like those of none.

use super::Random;

/// The coefficients of a block, in zigzag order.
pub(crate) type Block = [i32; 64];

/// What the coefficients are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A gradient with some noise and edges, transformed and quantised.
    Smooth,
    /// A few small coefficients, mostly low ones, as in photographs.
    Sparse,
    /// Blocks of the other kinds side by side, but for `Wrapping`.
    Mixed,
    /// All coefficients, small.
    Dense,
    /// The first coefficient alone.
    Flat,
    /// No coefficient at all.
    Empty,
    /// Any coefficients that eight-bit samples could have, and others that they could not.
    Extreme,
    /// Up to 15 bits, and a first coefficient that drifts beyond 16: arithmetic in 16 bits wraps.
    Wrapping,
}

/// How large coefficients may be for the Huffman tables in use to have a code for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Of a difference between first coefficients.
    pub(crate) dc: i32,
    /// Of the other coefficients.
    pub(crate) ac: i32,
}

/// The blocks of a component, `across` times `down`.
pub(crate) fn plane(
    content: Content,
    (across, down): (usize, usize),
    quant: &[u16; 64],
    limits: Limits,
    random: &mut Random,
) -> Vec<Block> {
    if content == Content::Smooth {
        return Gradient::random(random).blocks(across, down, quant, limits, random);
    }
    let mut dc = 0;
    let mut out = Vec::with_capacity(across * down);
    for _ in 0..across * down {
        let kind = if content == Content::Mixed {
            random.pick(&MIXED)
        } else {
            content
        };
        let mut block = [0; 64];
        fill(&mut block, kind, random);
        for ac in &mut block[1..] {
            *ac = (*ac).clamp(-limits.ac, limits.ac);
        }
        dc = first(dc, kind, limits, random);
        block[0] = dc;
        out.push(block);
    }
    out
}

const MIXED: [Content; 6] = [
    Content::Sparse,
    Content::Sparse,
    Content::Dense,
    Content::Flat,
    Content::Empty,
    Content::Extreme,
];

fn fill(block: &mut Block, kind: Content, random: &mut Random) {
    match kind {
        Content::Sparse | Content::Smooth | Content::Mixed => sparse(block, random),
        Content::Dense => block[1..]
            .iter_mut()
            .for_each(|c| *c = random.between(-3, 3)),
        Content::Extreme | Content::Wrapping => extreme(block, random),
        Content::Flat | Content::Empty => {}
    }
}

/// Coefficients get rarer and smaller towards the high frequencies.
fn sparse(block: &mut Block, random: &mut Random) {
    let busy = 1 + random.below(12);
    for (k, coefficient) in block.iter_mut().enumerate().skip(1) {
        if random.below(3 + k as u32) < busy {
            let most = (60 / k as i32).max(1);
            *coefficient = random.between(-most, most);
        }
    }
}

/// Any number of coefficients of any size.
fn extreme(block: &mut Block, random: &mut Random) {
    let often = 1 + random.below(64);
    for coefficient in &mut block[1..] {
        if random.once_in(often) {
            let most = (1 << random.between(1, 15)) - 1;
            *coefficient = if random.once_in(2) {
                most
            } else {
                random.between(-most, most)
            };
        }
    }
}

/// The first coefficient of the next block.
fn first(before: i32, kind: Content, limits: Limits, random: &mut Random) -> i32 {
    let wanted = match kind {
        Content::Empty => before,
        Content::Extreme => random.between(-1024, 1023),
        Content::Wrapping => return before + random.between(-limits.dc, limits.dc),
        _ => (before + random.between(-40, 40)).clamp(-1024, 1023),
    };
    before + (wanted - before).clamp(-limits.dc, limits.dc)
}

/// A smooth plane of samples, with noise over it.
#[derive(Clone, Copy, Debug)]
struct Gradient {
    start: f64,
    slope: (f64, f64),
    noise: u32,
    edge: usize,
}

impl Gradient {
    fn random(random: &mut Random) -> Self {
        let mut slope = || f64::from(random.between(-300, 300)) / 100.0;
        let slope = (slope(), slope());
        Self {
            start: f64::from(random.between(0, 255)),
            slope,
            noise: random.pick(&[0, 1, 4, 40]),
            edge: 3 + random.index(60),
        }
    }

    fn sample(&self, x: usize, y: usize, random: &mut Random) -> f64 {
        let (across, down) = (f64::from(x as u32), f64::from(y as u32));
        let ramp = (self.start + self.slope.0 * across + self.slope.1 * down).rem_euclid(512.0);
        let edge = if (x / self.edge + y / self.edge).is_multiple_of(2) {
            30.0
        } else {
            0.0
        };
        let noise = if self.noise == 0 {
            0.0
        } else {
            f64::from(random.below(self.noise))
        };
        (ramp.min(512.0 - ramp) + edge + noise).min(255.0) - 128.0
    }

    fn blocks(
        &self,
        across: usize,
        down: usize,
        quant: &[u16; 64],
        limits: Limits,
        random: &mut Random,
    ) -> Vec<Block> {
        let waves = waves();
        let mut before = 0;
        let mut out = Vec::with_capacity(across * down);
        for i in 0..across * down {
            let (left, top) = (i % across * 8, i / across * 8);
            let samples = std::array::from_fn(|j| self.sample(left + j % 8, top + j / 8, random));
            let frequencies = transform(&samples, &waves);
            let mut block = std::array::from_fn(|k| {
                let value = (frequencies[ZIGZAG[k]] / f64::from(quant[k])).round() as i32;
                value.clamp(-limits.ac, limits.ac)
            });
            block[0] = before + (block[0] - before).clamp(-limits.dc, limits.dc);
            before = block[0];
            out.push(block);
        }
        out
    }
}

/// Where the coefficients of a file stand in a block: along the antidiagonals, there and back.
#[rustfmt::skip]
pub(crate) const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46,
    53, 60, 61, 54, 47, 55,
    62, 63,
];

/// Cosines of the transform: by frequency, then by sample.
fn waves() -> [[f64; 8]; 8] {
    std::array::from_fn(|u| {
        let scale = if u == 0 { 0.125f64.sqrt() } else { 0.5 };
        std::array::from_fn(|x| {
            scale
                * ((2.0 * f64::from(x as u32) + 1.0) * f64::from(u as u32) * std::f64::consts::PI
                    / 16.0)
                    .cos()
        })
    })
}

/// The forward transform, as its formula has it.
fn transform(samples: &[f64; 64], waves: &[[f64; 8]; 8]) -> [f64; 64] {
    let rows: [f64; 64] = std::array::from_fn(|i| {
        (0..8)
            .map(|x| samples[i / 8 * 8 + x] * waves[i % 8][x])
            .sum()
    });
    std::array::from_fn(|i| (0..8).map(|y| rows[y * 8 + i % 8] * waves[i / 8][y]).sum())
}
