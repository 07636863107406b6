//! Things with edges: leaves that cover each other, of all sizes, row by row.
//!
//! The dead-leaves model of pictures (Matheron 1968; Lee, Mumford, Huang: *Occlusion models for natural images*, IJCV
//! 2001): what is seen is made of opaque things of every size, each in front of others, and where their sizes have no
//! scale the statistics of edges are those of photographs. Here every octave of sizes has a grid of its own, with at most
//! one leaf rooted in each cell, and smaller ones lie on larger ones. A leaf reaches less than a cell up and down, so a
//! row meets those of three rows of cells only, which are made when the picture gets there.

use crate::random::{Bytes, Stream};

/// What is seen at a pixel: brightness, 0 to 255; how strong the texture is, 0 to [`STRONGEST`]; and red and blue as parts
/// of brightness, 1024 for as much as green.
pub(super) type Look = [i16; 4];

/// What leaves of a picture have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Pixels of the largest and the smallest cells.
    pub(super) cells: (u32, u32),
    /// How many of 256 cells have a leaf.
    pub(super) crowd: u8,
    /// The look of the picture, from which the leaves' differ.
    pub(super) look: Look,
    /// By how much they differ at most; texture does so by a factor, and has no part in it.
    pub(super) spread: Look,
}

/// The leaves of a picture.
#[derive(Debug, Default)]
pub(super) struct Leaves {
    octaves: Vec<Octave>,
    row: i32,
}

#[derive(Debug)]
struct Octave {
    cell: i32,
    chance: Bytes,
    style: Style,
    /// Cells of a row, one at each end outside of the picture among them.
    across: u64,
    /// The leaves of three rows of cells.
    rows: [Vec<Leaf>; 3],
}

/// A shape of one look: an ellipse or a quadrangle.
#[derive(Clone, Copy, Debug)]
struct Leaf {
    shape: Shape,
    x: i32,
    y: i32,
    half_height: i32,
    look: Look,
    /// It lies on what has at least so strong a texture, and behind what is smoother.
    on: i16,
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Its width to both sides of its middle, which moves to the right by `lean` columns for each 256 rows.
    Ellipse { half_width: i32, lean: i32 },
    /// What four lines leave: two to the left of it, and two to the right.
    Quadrangle { left: [Line; 2], right: [Line; 2] },
}

/// A line, by the column where it crosses the row of a leaf's middle, and how far it goes to the right for each row, both
/// in 256ths.
#[derive(Clone, Copy, Debug)]
struct Line {
    at: i32,
    slope: i32,
}

impl Leaves {
    /// Begins the leaves of a picture of `width` pixels.
    pub(super) fn start(&mut self, stream: &mut Stream, width: u32, style: &Style) {
        self.octaves.clear();
        self.row = -1;
        let mut cell = style.cells.0;
        while cell >= style.cells.1 {
            self.octaves.push(Octave::new(stream, width, cell, style));
            cell /= 2;
        }
    }

    /// Paints the next row, which is the one above the picture at first, on what is there.
    pub(super) fn row(&mut self, out: &mut [Look]) {
        for octave in &mut self.octaves {
            octave.paint(self.row, out);
        }
        self.row += 1;
    }
}

impl Octave {
    fn new(stream: &mut Stream, width: u32, cell: u32, style: &Style) -> Self {
        let across = u64::from(width.div_ceil(cell)) + 2;
        let mut octave = Self {
            cell: cell.cast_signed(),
            chance: Bytes::new(stream),
            style: *style,
            across,
            rows: Default::default(),
        };
        for row in -2..=0 {
            octave.turn(row);
        }
        octave
    }

    /// Makes the leaves of a row of cells, in place of the oldest.
    fn turn(&mut self, row: i32) {
        self.rows.rotate_left(1);
        let mut leaves = std::mem::take(&mut self.rows[2]);
        leaves.clear();
        let first = u64::from((row + 2).cast_unsigned()) * self.across;
        leaves.extend((0..self.across).filter_map(|column| {
            let draws = [0, 1, 2, 3].map(|word| self.chance.word(4 * (first + column) + word));
            let x = i32::try_from(column).unwrap_or(i32::MAX) - 1;
            Leaf::new(draws, x * self.cell, row * self.cell, self.cell, &self.style)
        }));
        self.rows[2] = leaves;
    }

    fn paint(&mut self, y: i32, out: &mut [Look]) {
        // The row of cells below this one is made when the first of its leaves may be met.
        if y >= 0 && y % self.cell == 0 {
            self.turn(y / self.cell + 1);
        }
        let end = i32::try_from(out.len()).unwrap_or(i32::MAX);
        for leaf in self.rows.iter().flatten() {
            let Some((left, right)) = leaf.span(y) else { continue };
            // Column -1 is the first of the row.
            let [left, right] = [left, right].map(|x| (x + 1).clamp(0, end).unsigned_abs() as usize);
            for look in &mut out[left..right.max(left)] {
                if look[1] >= leaf.on {
                    *look = leaf.look;
                }
            }
        }
    }
}

impl Leaf {
    /// The leaf rooted in the cell at (`left`, `top`), if there is one.
    fn new(draws: [u64; 4], left: i32, top: i32, cell: i32, style: &Style) -> Option<Self> {
        let mut bytes = draws.map(u64::to_le_bytes).into_iter().flatten();
        let mut draw = || i32::from(bytes.next().unwrap_or_default());
        if draw() >= i32::from(style.crowd) {
            return None;
        }
        let part = |of: i32, draw: i32| of * draw / 256;
        let (x, y) = (left + part(cell, draw()), top + part(cell, draw()));
        // A quarter of a cell at least, a whole one at most, the smaller the likelier.
        let mut half = || (cell / 4 + part(3 * cell / 4, part(draw(), draw()))).min(cell - 1);
        let (half_width, half_height) = (half(), half());
        let (half_height, shape) = match draw() % 2 {
            0 => (half_height, Shape::Ellipse { half_width: half_width * 5 / 4, lean: 2 * draw() - 255 }),
            _ => (cell - 1, Shape::quadrangle(draw(), [half_width, half_height], [draw() - 128, draw() - 128])),
        };
        let mut strength = || part(4 * i32::from(style.look[1]), STRENGTHS[(draw() >> 5).unsigned_abs() as usize]);
        let (on, strength) = (strength(), strength());
        // Nearer to the picture's is likelier.
        let mut about = |i: usize| i32::from(style.look[i]) + part(i32::from(style.spread[i]), draw() + draw() - 255);
        let bound = |value: i32, most: i32| i16::try_from(value.clamp(0, most)).unwrap_or_default();
        let look = [bound(about(0), 255), bound(strength, STRONGEST), bound(about(2), 1800), bound(about(3), 1800)];
        Some(Self { shape, x, y, half_height, look, on: bound(on, STRONGEST) })
    }

    /// The columns that it covers in row `y`, the last one not included.
    fn span(&self, y: i32) -> Option<(i32, i32)> {
        let row = y - self.y;
        if row.abs() > self.half_height {
            return None;
        }
        let (left, right) = match self.shape {
            Shape::Ellipse { half_width, lean } => {
                let (middle, half) = ((lean * row) >> 8, self.half_chord(half_width, row));
                (middle - half, middle + half)
            }
            Shape::Quadrangle { left, right } => {
                let (left, right) = (left.map(|line| line.column(row)), right.map(|line| line.column(row)));
                (left[0].max(left[1]), right[0].min(right[1]))
            }
        };
        (left < right).then_some((self.x + left, self.x + right))
    }

    /// Half of an ellipse's width in a row: by Pythagoras, with four more bits than the result.
    fn half_chord(&self, half_width: i32, row: i32) -> i32 {
        let [height, width, row] = [self.half_height, half_width, row].map(|x| u64::from(x.unsigned_abs()));
        let chord = ((height * height - row * row) << 8).isqrt() * width;
        i32::try_from(chord / (height.max(1) << 4)).unwrap_or(i32::MAX)
    }
}

impl Shape {
    /// A rectangle of half those sides, turned, its opposite sides askew.
    fn quadrangle(turn: i32, half: [i32; 2], askew: [i32; 2]) -> Self {
        let turn = (turn & 7).unsigned_abs() as usize;
        // The first direction points to the right, the second, square to it, to the left.
        Self::Quadrangle {
            left: [Line::new(turn, -half[0], askew[0]), Line::new(turn + 8, half[1], askew[1])],
            right: [Line::new(turn, half[0], askew[1]), Line::new(turn + 8, -half[1], askew[0])],
        }
    }
}

impl Line {
    /// The line square to a direction, at a distance from the middle.
    fn new(direction: usize, distance: i32, askew: i32) -> Self {
        let (x, y) = DIRECTIONS[direction];
        // Where x * column + y * row = 256 * distance.
        let at = (i64::from(distance) << 16) / i64::from(x);
        Self { at: i32::try_from(at).unwrap_or_default(), slope: -256 * (y + askew / 8) / x }
    }

    fn column(self, row: i32) -> i32 {
        (self.at + self.slope * row) >> 8
    }
}

/// Strengths of a leaf's texture, in 64ths of the picture's: eight that are equally likely.
const STRENGTHS: [i32; 8] = [16, 32, 48, 60, 72, 84, 96, 112];

/// The strongest texture: 16 times that is the largest number of 16 bits that is divided by 16.
const STRONGEST: i32 = 2047;

/// Sixteen directions of half a turn, times 256, none of them upright. Eight further is square to each of the first.
#[rustfmt::skip]
const DIRECTIONS: [(i32, i32); 16] = [
    (255, 25), (245, 74), (226, 121), (198, 162), (162, 198), (121, 226), (74, 245), (25, 255),
    (-25, 255), (-74, 245), (-121, 226), (-162, 198), (-198, 162), (-226, 121), (-245, 74), (-255, 25),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The widest picture, and the largest leaves there can be: no step overflows, which it would say here.
    #[test]
    fn the_largest_leaves_can_be_painted() {
        let mut stream = Stream::new(1, 0, 0, crate::random::Purpose::Scene);
        let style = Style { cells: (40_940, 40_940), crowd: 255, look: [128, 900, 1024, 1024], spread: [255; 4] };
        let mut octave = Octave::new(&mut stream, 65_535, 40_940, &style);
        let mut row = vec![[0, 2047, 0, 0]; 65_537];
        for y in [-1, 0, 1, 40_939, 40_940, 65_535] {
            octave.paint(y, &mut row);
        }
        assert!(row.iter().any(|look| look[0] > 0));
    }

    /// The rows of cells that are at hand are all that a row of pixels can meet.
    #[test]
    fn leaves_reach_less_than_a_cell_up_and_down() {
        let style = Style { cells: (16, 16), crowd: 255, look: [128, 900, 1024, 1024], spread: [255; 4] };
        for number in 0..2000 {
            let draws = [0, 1, 2, 3].map(|word| crate::random::mix(4 * number + word) & !0xff);
            let leaf = Leaf::new(draws, 32, 48, 16, &style).expect("no cell is empty");
            assert!((32..48).contains(&leaf.x) && (48..64).contains(&leaf.y));
            let rows: Vec<i32> = (0..128).filter(|y| leaf.span(*y).is_some()).collect();
            assert!(rows.iter().all(|y| (32..80).contains(y)), "{leaf:?} is seen in {rows:?}");
        }
    }
}
