//! Things: shapes with light on them, and with edges as sharp as a lens draws them.

use super::canvas::{Canvas, Disc, Light, Span, Surface, times};
use super::dice::clamp;
use super::texture::Textures;

/// What a thing is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A ball, a stone, leaves. By how much its outline wobbles, and which part of the line of
    /// wobbles it follows.
    Blob { wobble: f32, part: usize },
    /// A wall or a trunk: by how much narrower it is at its top, and whether it is round.
    Slab { taper: f32, round: bool },
    /// What lies on the ground, and is lit as it is: a puddle, a path.
    Flat,
    /// Darkens what is there.
    Shadow,
}

/// One thing in an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) shape: Shape,
    /// Column and row of its middle.
    pub(super) at: [f32; 2],
    /// Half of its width and height.
    pub(super) half: [f32; 2],
    /// Columns that it moves to the right for each row.
    pub(super) lean: f32,
    /// Pixels that its edge is spread over.
    pub(super) edge: f32,
    pub(super) surface: Surface,
    /// Where light comes from: to the right, down, and out of the image.
    pub(super) sun: [f32; 3],
    /// How much it hides of what lies behind, or darkens.
    pub(super) cover: f32,
    /// The nearer are painted later.
    pub(super) near: f32,
}

/// Samples of the line of wobbles.
pub(super) const WOBBLES: usize = 512;

/// Pixels of the widest edge that is drawn as that of a span; a wider one is round.
const SHARP: f32 = 2.5;

impl Thing {
    /// The first row in which it may be seen, and the last.
    fn rows(&self) -> [f32; 2] {
        let reach = self.half[1] + self.edge;
        [self.at[1] - reach, self.at[1] + reach]
    }

    fn paint(&self, y: f32, wobbles: &[f32], canvas: &mut Canvas, textures: &Textures) {
        let v = (y - self.at[1]) / self.half[1];
        let middle = self.at[0] + self.lean * (y - self.at[1]);
        match self.shape {
            Shape::Blob { wobble, part } => {
                let wide =
                    [0, WOBBLES / 2].map(|turn| 1.0 + wobble * look_up(wobbles, part + turn, v));
                self.blob(v, middle, wide, canvas, textures);
            }
            Shape::Slab { taper, round } => self.slab(v, middle, taper, round, canvas, textures),
            Shape::Flat => {
                let light = Light {
                    middle,
                    scale: 0.0,
                    flat: 1.0,
                    across: 0.0,
                    front: 0.0,
                    bulge: 0.0,
                };
                canvas.disc(
                    &self.disc(v, middle, self.half[0], 4.0),
                    &light,
                    &self.surface,
                    textures,
                );
            }
            Shape::Shadow => canvas.shadow(&self.disc(v, middle, self.half[0], 1.6)),
        }
    }

    fn blob(&self, v: f32, middle: f32, wide: [f32; 2], canvas: &mut Canvas, textures: &Textures) {
        let bulge = 1.0 - v * v;
        // Less of the sky's light reaches what is turned down.
        let surface = Surface {
            shade: times(self.surface.shade, 1.0 - 0.35 * v),
            ..self.surface
        };
        let [right, down, out] = self.sun;
        let half = self.half[0];
        let light = Light {
            middle,
            scale: 1.0 / half,
            flat: down * v,
            across: right,
            front: out,
            bulge,
        };
        if self.edge > SHARP {
            let soft = self.soft(v, middle, wide);
            canvas.disc(&soft, &light, &surface, textures);
        } else if bulge > 0.0 {
            let sharp = self.sharp(v, middle, wide, half * bulge.sqrt());
            canvas.span(&sharp, &light, &surface, textures);
        }
    }

    /// A row of a blob whose edge is wide.
    fn soft(&self, v: f32, middle: f32, wide: [f32; 2]) -> Disc {
        let half = self.half[0];
        let (middle, half) = (
            middle + 0.5 * half * (wide[1] - wide[0]),
            0.5 * half * (wide[0] + wide[1]),
        );
        let small = if half < self.half[1] {
            half
        } else {
            self.half[1]
        };
        self.disc(v, middle, half, small / self.edge)
    }

    /// A row of a blob whose edge is narrow; half of it is `chord` long.
    fn sharp(&self, v: f32, middle: f32, wide: [f32; 2], chord: f32) -> Span {
        let half = self.half[0];
        // The flatter an outline, the longer its edge lies in a row.
        let slope = half * half * v / (self.half[1] * chord);
        let edge = self.edge * (1.0 + slope * slope).sqrt();
        Span {
            ends: [middle - chord * wide[0], middle + chord * wide[1]],
            edge: if edge < 2.0 * half { edge } else { 2.0 * half },
            cover: self.cover,
        }
    }

    fn slab(
        &self,
        v: f32,
        middle: f32,
        taper: f32,
        round: bool,
        canvas: &mut Canvas,
        textures: &Textures,
    ) {
        let inside = self.half[1] * (1.0 - if v < 0.0 { -v } else { v });
        let cover = self.cover * clamp(inside / self.edge + 0.5);
        let half = self.half[0] * (1.0 - 0.5 * taper * (1.0 - v));
        let half = if half > 0.1 { half } else { 0.1 };
        let [right, _, out] = self.sun;
        let (flat, across, front) = if round {
            (0.0, right, out)
        } else {
            (out - 0.08 * v, 0.08, 0.0)
        };
        let light = Light {
            middle,
            scale: 1.0 / half,
            flat,
            across,
            front,
            bulge: 1.0,
        };
        let ends = [middle - half, middle + half];
        canvas.span(
            &Span {
                ends,
                edge: self.edge,
                cover,
            },
            &light,
            &self.surface,
            textures,
        );
    }

    fn disc(&self, v: f32, middle: f32, half: f32, sharp: f32) -> Disc {
        let sharp = if sharp > 0.5 { sharp } else { 0.5 };
        Disc {
            middle,
            scale: 1.0 / half,
            down: v * v,
            sharp,
            cover: self.cover,
        }
    }
}

/// The wobble of an outline at a height from -1 to 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "0 to 128"
)]
fn look_up(wobbles: &[f32], part: usize, v: f32) -> f32 {
    let at = 128.0 * clamp(0.5 + 0.5 * v);
    let whole = at as usize;
    let [a, b] = [0, 1].map(|next| wobbles[(part + whole + next) % WOBBLES]);
    a + (b - a) * (at - whole as f32)
}

/// The things in an image, and which of them a row meets.
#[derive(Debug, Default)]
pub(super) struct Things {
    all: Vec<Thing>,
    /// Their numbers, the farthest first: their ranks.
    ranks: Vec<usize>,
    /// First rows and ranks of those that rows have not come to, the lowest first.
    coming: Vec<(f32, usize)>,
    /// Ranks of those that rows are at, the farthest first.
    here: Vec<usize>,
}

impl Things {
    /// Takes the things of an image; of two that are as near, the first is painted first.
    pub(super) fn start(&mut self, things: Vec<Thing>) {
        let Self {
            all,
            ranks,
            coming,
            here,
        } = self;
        *all = things;
        here.clear();
        ranks.clear();
        ranks.extend(0..all.len());
        ranks.sort_by(|a, b| all[*a].near.total_cmp(&all[*b].near));
        coming.clear();
        coming.extend(
            ranks
                .iter()
                .enumerate()
                .map(|(rank, thing)| (all[*thing].rows()[0], rank)),
        );
        coming.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    }

    /// Paints what is in row `y`; rows come from the top down.
    pub(super) fn paint(
        &mut self,
        y: f32,
        wobbles: &[f32],
        canvas: &mut Canvas,
        textures: &Textures,
    ) {
        let Self {
            all,
            ranks,
            coming,
            here,
        } = self;
        while let Some((_, next)) = coming.pop_if(|(first, _)| *first <= y) {
            here.insert(here.partition_point(|other| *other < next), next);
        }
        here.retain(|rank| all[ranks[*rank]].rows()[1] > y);
        for rank in here {
            all[ranks[*rank]].paint(y, wobbles, canvas, textures);
        }
    }
}
