//! Textures: rows of numbers around 0, mostly from -1 to 1, made from noise with a 1/f spectrum.

use super::pyramid::Pyramid;
use crate::random::Stream;

/// What a texture is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Stone, earth, leaves: detail of all sizes, in patches.
    Rough,
    /// The coarse part of it: what is out of focus.
    Soft,
    /// Grass, bark, cloth: drawn out downwards.
    Fibre,
    /// Water, boards, ground that is far away: drawn out to the sides.
    Ripple,
    /// Clouds: coarse, and drawn out to the sides.
    Cloud,
}

/// Columns beyond those of the image: surfaces begin with columns of their own.
pub(super) const SPARE: usize = 32;

/// How strong the octaves of noise are, the finest first.
#[derive(Debug)]
pub(super) struct Spectrum {
    pub(super) fine: Vec<u8>,
    pub(super) coarse: Vec<u8>,
    pub(super) ripple: Vec<u8>,
    pub(super) cloud: Vec<u8>,
}

/// A row of each texture.
#[derive(Debug, Default)]
pub(super) struct Textures {
    fine: Noise,
    coarse: Noise,
    ripple: Noise,
    cloud: Noise,
    /// By [`Kind`].
    rows: [Vec<f32>; 5],
    /// The row of fibres above.
    above: Vec<f32>,
    /// To which side fibres lean, for eight rows each.
    lean: u64,
    made: usize,
}

#[derive(Debug, Default)]
struct Noise {
    pyramid: Pyramid,
    row: Vec<i16>,
}

/// How many columns share a sample of ripples.
const RIPPLE: usize = 8;
/// The same for clouds.
const CLOUD: usize = 4;

const EIGHTHS: [f32; RIPPLE] = [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875];
const QUARTERS: [f32; CLOUD] = [0.0, 0.25, 0.5, 0.75];

/// What a texture of 1 is in noise.
const UNIT: f32 = 1.0 / 256.0;

impl Textures {
    pub(super) fn start(&mut self, stream: &mut Stream, width: usize, spectrum: &Spectrum) {
        let columns = (width + SPARE).next_multiple_of(RIPPLE);
        self.fine.start(stream, columns, &spectrum.fine);
        self.coarse.start(stream, columns, &spectrum.coarse);
        self.ripple
            .start(stream, columns / RIPPLE + 2, &spectrum.ripple);
        self.cloud
            .start(stream, columns / CLOUD + 2, &spectrum.cloud);
        for row in &mut self.rows {
            row.clear();
            row.resize(columns, 0.0);
        }
        self.above.clear();
        self.above.resize(columns + 1, 0.0);
        self.lean = stream.next_u64();
        self.made = 0;
    }

    /// The texture's row, [`SPARE`] columns longer than the image's.
    pub(super) fn row(&self, kind: Kind) -> &[f32] {
        &self.rows[kind as usize]
    }

    /// Goes on to the next row.
    pub(super) fn advance(&mut self) {
        let [rough, soft, fibre, ripple, cloud] = &mut self.rows;
        let (fine, coarse) = (self.fine.advance(), self.coarse.advance());
        for (soft, noise) in soft.iter_mut().zip(coarse) {
            *soft = f32::from(*noise) * UNIT;
        }
        for ((rough, noise), soft) in rough.iter_mut().zip(fine).zip(&*soft) {
            let patch = 0.6 + 0.5 * soft;
            *rough = f32::from(*noise) * UNIT * if patch > 0.1 { patch } else { 0.1 };
        }
        let lean = usize::from(self.lean >> ((self.made >> 3) & 63) & 1 == 1);
        self.above[..fibre.len()].copy_from_slice(fibre);
        for ((fibre, above), rough) in fibre.iter_mut().zip(&self.above[lean..]).zip(&*rough) {
            *fibre = 0.78 * above + 0.5 * rough;
        }
        enlarge(self.ripple.advance(), EIGHTHS, ripple);
        enlarge(self.cloud.advance(), QUARTERS, cloud);
        self.made += 1;
    }
}

impl Noise {
    fn start(&mut self, stream: &mut Stream, columns: usize, strengths: &[u8]) {
        self.pyramid.start(stream, columns, strengths);
        self.row.resize(columns + 2, 0);
    }

    fn advance(&mut self) -> &[i16] {
        self.pyramid.row(&mut self.row);
        &self.row[1..]
    }
}

/// Draws a row out to `BY` times its length.
fn enlarge<const BY: usize>(noise: &[i16], parts: [f32; BY], row: &mut [f32]) {
    for (out, ends) in row.as_chunks_mut::<BY>().0.iter_mut().zip(noise.windows(2)) {
        let [left, right] = [ends[0], ends[1]].map(|end| f32::from(end) * UNIT);
        *out = parts.map(|part| left + (right - left) * part);
    }
}
