//! What an image shows: drawn at its start, all at once.

mod backdrop;
mod builder;
mod palette;
mod parts;
mod views;

use super::backdrop::Backdrop;
use super::object::Object;
use super::rng::{Rng, clamp, pixels};
use super::texture::Spectrum;
use crate::pixel::Size;
use builder::Builder;
pub(super) use views::View;

/// All that an image is made of.
#[derive(Debug)]
pub(super) struct Scene {
    pub(super) backdrop: Backdrop,
    pub(super) objects: Vec<Object>,
    pub(super) spectrum: Spectrum,
    /// How strong the film's grain is.
    pub(super) grain: f32,
}

impl Scene {
    pub(super) fn new(rng: &mut Rng, view: View, size: Size) -> Self {
        let full = fullness(size);
        let mut builder = Builder::new(rng, size, between(SHARP.edge, FULL.edge, full));
        let backdrop = builder.view(view);
        let grain = between(SHARP.grain, FULL.grain, full);
        Self {
            backdrop,
            objects: builder.objects,
            spectrum: spectrum(size),
            grain,
        }
    }
}

/// How sharp images of a size are: over how many pixels an edge in focus is spread, how strong
/// the three finest octaves of textures are, and how strong grain is.
struct Sharpness {
    side: u32,
    edge: f32,
    grain: f32,
    fine: [f32; 3],
}

/// Photographs that were made smaller, up to so many pixels a side. Chosen, as the next, so that
/// JPEGs of quality 50 to 92 have the bytes a pixel of the photographs of `benches/photos.py`
/// (`benches/results`).
const SHARP: Sharpness = Sharpness {
    side: 400,
    edge: 1.3,
    grain: 0.025,
    fine: [128.0, 180.0, 155.0],
};
/// Photographs as the camera took them, from so many pixels a side.
const FULL: Sharpness = Sharpness {
    side: 1700,
    edge: 2.4,
    grain: 0.036,
    fine: [62.0, 82.0, 100.0],
};

/// Strengths of the other octaves of textures.
const REST: [u8; 2] = [115, 90];

/// Where a size lies from [`SHARP`] to [`FULL`], 0 to 1, by its logarithm.
fn fullness(size: Size) -> f32 {
    let square = u32::try_from(size.pixels().isqrt())
        .unwrap_or(u32::MAX)
        .max(1);
    let [here, sharp, full] = [square, SHARP.side, FULL.side].map(logarithm);
    clamp((here - sharp) / (full - sharp))
}

/// The logarithm to base 2, straight between powers of 2: the same on every machine.
fn logarithm(x: u32) -> f32 {
    let whole = x.ilog2();
    pixels(whole) + pixels(x) / pixels(1 << whole) - 1.0
}

fn between(from: f32, to: f32, part: f32) -> f32 {
    from + (to - from) * part
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "strengths have 8 bits"
)]
fn spectrum(size: Size) -> Spectrum {
    let octaves = (size.width.max(size.height).ilog2() as usize)
        .saturating_sub(1)
        .max(3);
    let strengths = |of: &dyn Fn(usize) -> u8| (0..octaves).map(of).collect();
    let full = fullness(size);
    let fine = [0, 1, 2].map(|octave| between(SHARP.fine[octave], FULL.fine[octave], full) as u8);
    Spectrum {
        fine: strengths(&|octave| {
            fine.get(octave)
                .copied()
                .unwrap_or(REST[usize::from(octave > 3)])
        }),
        coarse: strengths(&|octave| if octave < 2 { 0 } else { 110 }),
        ripple: strengths(&|octave| [140, 110, 80, 60].get(octave).copied().unwrap_or(0)),
        cloud: strengths(&|octave| [0, 10, 25, 45, 70, 110].get(octave).copied().unwrap_or(130)),
    }
}
