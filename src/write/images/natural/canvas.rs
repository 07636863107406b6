//! A row of colours, and how it is painted on.
//!
//! Loops over plain slices of 32-bit numbers, which the compiler turns into vector code everywhere.
//! Each operation is exact to the last bit on every processor, and none is fused with another.

use std::ops::Range;

use super::rng::{clamp, smooth};
use super::texture::{Kind, SPARE, Textures};

/// Red, green and blue; 1 is white.
pub(super) type Rgb = [f32; 3];

/// What something looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    /// Its colour in the shade.
    pub(super) shade: Rgb,
    /// What full light adds to that.
    pub(super) lit: Rgb,
    pub(super) kind: Kind,
    /// How strong the texture is.
    pub(super) strength: f32,
    /// The column of the texture that is seen in the image's first one.
    pub(super) offset: usize,
}

/// Light along a row of a surface that is flat, or round: `u` is 0 in its middle and 1 at its side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Light {
    pub(super) middle: f32,
    /// What `u` is a column from the middle.
    pub(super) scale: f32,
    pub(super) flat: f32,
    /// Comes with `u`,
    pub(super) across: f32,
    /// and with the root of what `u`'s square leaves of `bulge`.
    pub(super) front: f32,
    pub(super) bulge: f32,
}

/// Columns from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) ends: [f32; 2],
    /// How many columns an end is spread over.
    pub(super) edge: f32,
    /// How much is covered of what lies behind.
    pub(super) cover: f32,
}

/// A row of a disc whose edge is out of focus: `r` is 0 in its middle, and 1 where half of the edge
/// is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Disc {
    pub(super) middle: f32,
    /// What `r` is a column from the middle, in the middle's row; the square of what it is in this
    /// row.
    pub(super) scale: f32,
    pub(super) down: f32,
    /// One over how much of `r` the edge is spread over.
    pub(super) sharp: f32,
    pub(super) cover: f32,
}

/// The row of pixels that is being painted.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    /// The middle of each column.
    pub(super) columns: Vec<f32>,
    /// Red, green and blue.
    pub(super) planes: [Vec<f32>; 3],
    /// A row of each texture.
    pub(super) textures: Textures,
}

impl Canvas {
    pub(super) fn start(&mut self, width: usize) {
        self.columns.clear();
        self.columns
            .extend(std::iter::successors(Some(0.5), |x| Some(x + 1.0)).take(width));
        for plane in &mut self.planes {
            plane.resize(width, 0.0);
        }
    }

    /// Paints a span, blending only its ends.
    pub(super) fn span(&mut self, span: &Span, light: &Light, surface: &Surface) {
        let [a, b, c, d] = self.parts(span);
        let whole = *span;
        let cover = move |x| whole.at(x);
        if b < c && span.cover >= 1.0 {
            self.blend(a..b, cover, light, surface);
            self.fill(b..c, light, surface);
            self.blend(c..d, cover, light, surface);
        } else {
            self.blend(a..d, cover, light, surface);
        }
    }

    /// Paints a disc, blending only its edge.
    pub(super) fn disc(&mut self, disc: &Disc, light: &Light, surface: &Surface) {
        let disc = *disc;
        let cover = move |x| disc.at(x);
        let Range { start: a, end: d } = self.reach(&disc);
        let inside = 1.0 - 0.5 / disc.sharp;
        let inside = inside * inside - disc.down;
        if disc.cover >= 1.0 && inside > 0.0 {
            let half = inside.sqrt() / disc.scale;
            let b = self.column(disc.middle - half + 1.0).clamp(a, d);
            let c = self.column(disc.middle + half).clamp(b, d);
            self.blend(a..b, cover, light, surface);
            self.fill(b..c, light, surface);
            self.blend(c..d, cover, light, surface);
        } else {
            self.blend(a..d, cover, light, surface);
        }
    }

    /// Darkens what a disc covers.
    pub(super) fn shadow(&mut self, disc: &Disc) {
        let disc = *disc;
        let range = self.reach(&disc);
        let [red, green, blue] = self
            .planes
            .each_mut()
            .map(|plane| &mut plane[range.clone()]);
        for (((x, red), green), blue) in self.columns[range].iter().zip(red).zip(green).zip(blue) {
            let left = 1.0 - disc.at(*x);
            *red *= left;
            *green *= left;
            *blue *= left;
        }
    }

    /// The columns where a span fades in, is all there, fades out, and is gone.
    fn parts(&self, span: &Span) -> [usize; 4] {
        let half = 0.5 * span.edge;
        let [left, right] = span.ends;
        let a = self.column(left - half);
        let d = self.column(right + half + 1.0).max(a);
        let b = self.column(left + half + 1.0).clamp(a, d);
        let c = self.column(right - half).clamp(a, d);
        [a, b, c, d]
    }

    fn reach(&self, disc: &Disc) -> Range<usize> {
        let half = (1.0 + 0.5 / disc.sharp) / disc.scale;
        let from = self.column(disc.middle - half);
        from..self.column(disc.middle + half + 1.0).max(from)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is outside is taken to the end"
    )]
    #[inline]
    fn column(&self, x: f32) -> usize {
        (x as usize).min(self.columns.len())
    }

    fn fill(&mut self, range: Range<usize>, light: &Light, surface: &Surface) {
        let (light, surface) = (*light, *surface);
        self.each(range, &surface, |x, texture, [red, green, blue]| {
            [*red, *green, *blue] = surface.at(light.at(x), texture);
        });
    }

    fn blend(
        &mut self,
        range: Range<usize>,
        cover: impl Fn(f32) -> f32,
        light: &Light,
        surface: &Surface,
    ) {
        let (light, surface) = (*light, *surface);
        self.each(range, &surface, |x, texture, [red, green, blue]| {
            let cover = cover(x);
            let [r, g, b] = surface.at(light.at(x), texture);
            *red += cover * (r - *red);
            *green += cover * (g - *green);
            *blue += cover * (b - *blue);
        });
    }

    /// Changes the pixel of each column of a range, which `change` gets with the column's middle
    /// and the texture of the surface there.
    #[inline]
    fn each(
        &mut self,
        range: Range<usize>,
        surface: &Surface,
        change: impl Fn(f32, f32, [&mut f32; 3]),
    ) {
        let texture = &self.textures.row(surface.kind)[range.start + surface.offset % SPARE..];
        let planes = self.planes.each_mut();
        let [red, green, blue] = planes.map(|plane| &mut plane[range.clone()]);
        let columns = self.columns[range].iter().zip(texture);
        for ((((x, texture), red), green), blue) in columns.zip(red).zip(green).zip(blue) {
            change(*x, *texture, [red, green, blue]);
        }
    }
}

impl Surface {
    #[inline]
    fn at(&self, light: f32, texture: f32) -> Rgb {
        let texture = 1.0 + self.strength * texture;
        let texture = if texture > 0.15 { texture } else { 0.15 };
        let ([r, g, b], [lit_r, lit_g, lit_b]) = (self.shade, self.lit);
        [
            (r + lit_r * light) * texture,
            (g + lit_g * light) * texture,
            (b + lit_b * light) * texture,
        ]
    }
}

impl Light {
    #[inline]
    fn at(&self, x: f32) -> f32 {
        let u = (x - self.middle) * self.scale;
        let bulge = self.bulge - u * u;
        let bulge = if bulge > 0.0 { bulge } else { 0.0 };
        let light = self.flat + self.across * u + self.front * bulge.sqrt();
        if light > 0.0 { light } else { 0.0 }
    }
}

impl Span {
    #[inline]
    fn at(&self, x: f32) -> f32 {
        let left = clamp((x - self.ends[0]) / self.edge + 0.5);
        let right = clamp((self.ends[1] - x) / self.edge + 0.5);
        self.cover * left * right
    }
}

impl Disc {
    #[inline]
    fn at(&self, x: f32) -> f32 {
        let u = (x - self.middle) * self.scale;
        let r = (u * u + self.down).sqrt();
        self.cover * smooth((1.0 - r) * self.sharp + 0.5)
    }
}

/// What lies between two colours.
pub(super) fn mix(a: Rgb, b: Rgb, part: f32) -> Rgb {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * part)
}

/// A colour, brighter or darker.
pub(super) fn times(colour: Rgb, by: f32) -> Rgb {
    colour.map(|x| x * by)
}
