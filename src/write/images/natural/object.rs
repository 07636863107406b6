//! Objects: shapes with light on them, and with edges as sharp as a lens draws them.

use super::canvas::{Canvas, Disc, Light, Span, Surface, times};
use super::rng::clamp;

/// What an object is.
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

/// One object in an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
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

impl Object {
    /// The first row in which it may be seen, and the last.
    fn rows(&self) -> [f32; 2] {
        let reach = self.half[1] + self.edge;
        [self.at[1] - reach, self.at[1] + reach]
    }

    fn paint(&self, y: f32, wobbles: &[f32], canvas: &mut Canvas) {
        let row = Row {
            v: (y - self.at[1]) / self.half[1],
            middle: self.at[0] + self.lean * (y - self.at[1]),
        };
        match self.shape {
            Shape::Blob { wobble, part } => {
                let wide = [0, WOBBLES / 2]
                    .map(|turn| 1.0 + wobble * look_up(wobbles, part + turn, row.v));
                self.blob(row, wide, canvas);
            }
            Shape::Slab { taper, round } => self.slab(row, taper, round, canvas),
            Shape::Flat => {
                let light = Light {
                    middle: row.middle,
                    flat: 1.0,
                    ..Light::default()
                };
                canvas.disc(&self.disc(row, self.half[0], 4.0), &light, &self.surface);
            }
            Shape::Shadow => canvas.shadow(&self.disc(row, self.half[0], 1.6)),
        }
    }

    fn blob(&self, row: Row, wide: [f32; 2], canvas: &mut Canvas) {
        let Row { v, middle } = row;
        let bulge = 1.0 - v * v;
        // Less of the sky's light reaches what is turned down.
        let surface = Surface {
            shade: times(self.surface.shade, 1.0 - 0.35 * v),
            ..self.surface
        };
        let [right, down, out] = self.sun;
        let light = Light {
            middle,
            scale: 1.0 / self.half[0],
            flat: down * v,
            across: right,
            front: out,
            bulge,
        };
        if self.edge > SHARP {
            canvas.disc(&self.soft(row, wide), &light, &surface);
        } else if bulge > 0.0 {
            canvas.span(&self.outline(row, bulge, wide), &light, &surface);
        }
    }

    /// A row of a blob that is out of focus.
    fn soft(&self, Row { v, middle }: Row, wide: [f32; 2]) -> Disc {
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
        self.disc(Row { v, middle }, half, small / self.edge)
    }

    /// A row of a blob that is in focus.
    fn outline(&self, Row { v, middle }: Row, bulge: f32, wide: [f32; 2]) -> Span {
        let half = self.half[0];
        let chord = half * bulge.sqrt();
        // The flatter an outline, the longer its edge lies in a row.
        let slope = half * half * v / (self.half[1] * chord);
        let edge = self.edge * (1.0 + slope * slope).sqrt();
        Span {
            ends: [middle - chord * wide[0], middle + chord * wide[1]],
            edge: if edge < 2.0 * half { edge } else { 2.0 * half },
            cover: self.cover,
        }
    }

    fn slab(&self, Row { v, middle }: Row, taper: f32, round: bool, canvas: &mut Canvas) {
        let inside = self.half[1] * (1.0 - if v < 0.0 { -v } else { v });
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
        let span = Span {
            ends: [middle - half, middle + half],
            edge: self.edge,
            cover: self.cover * clamp(inside / self.edge + 0.5),
        };
        canvas.span(&span, &light, &self.surface);
    }

    fn disc(&self, Row { v, middle }: Row, half: f32, sharp: f32) -> Disc {
        Disc {
            middle,
            scale: 1.0 / half,
            down: v * v,
            sharp: if sharp > 0.5 { sharp } else { 0.5 },
            cover: self.cover,
        }
    }
}

/// A row of an object: its height, from -1 at the object's top to 1, and its middle column.
#[derive(Clone, Copy)]
struct Row {
    v: f32,
    middle: f32,
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

/// The objects in an image, and which of them a row meets.
#[derive(Debug, Default)]
pub(super) struct Objects {
    all: Vec<Object>,
    /// Their numbers, the farthest first: their ranks.
    ranks: Vec<usize>,
    /// First rows and ranks of those that rows have not come to, the lowest first.
    coming: Vec<(f32, usize)>,
    /// Ranks of those that rows are at, the farthest first.
    here: Vec<usize>,
}

impl Objects {
    /// Takes the objects of an image; of two that are as near, the first is painted first.
    pub(super) fn start(&mut self, objects: Vec<Object>) {
        let Self {
            all,
            ranks,
            coming,
            here,
        } = self;
        *all = objects;
        here.clear();
        ranks.clear();
        ranks.extend(0..all.len());
        ranks.sort_by(|a, b| all[*a].near.total_cmp(&all[*b].near));
        coming.clear();
        coming.extend(
            ranks
                .iter()
                .enumerate()
                .map(|(rank, object)| (all[*object].rows()[0], rank)),
        );
        coming.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
    }

    /// Paints what is in row `y`; rows come from the top down.
    pub(super) fn paint(&mut self, y: f32, wobbles: &[f32], canvas: &mut Canvas) {
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
            all[ranks[*rank]].paint(y, wobbles, canvas);
        }
    }
}
