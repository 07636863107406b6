//! Shapes drawn into masks: pixels are set, and nothing is blended.
//!
//! A line has one pixel in each column if it is flat, and one in each row if it is steep: the nearest
//! to it, and of two that are as near the one on the side of its left end, as in OpenCV.

/// A point in whole pixels: x and y, each within [`FARTHEST`] of 0.
pub type Point = [i64; 2];

/// The farthest coordinate whose products do not overflow.
pub const FARTHEST: i64 = 1 << 29;

/// What is drawn into: rows of pixels, all of them of `width`.
#[derive(Debug)]
pub struct Canvas<'a> {
    pixels: &'a mut [u8],
    width: usize,
    height: usize,
    value: u8,
}

impl<'a> Canvas<'a> {
    /// One that is clear, where shapes get a value.
    ///
    /// # Panics
    /// If `width` is 0.
    #[must_use]
    pub fn clear(pixels: &'a mut [u8], width: usize, value: u8) -> Self {
        pixels.fill(0);
        let height = pixels.len() / width;
        Self {
            pixels,
            width,
            height,
            value,
        }
    }

    /// Fills a polygon: what is inside by the rule of even and odd crossings, and its sides.
    pub fn fill(&mut self, polygon: &[Point]) {
        let mut edges = Vec::new();
        for (a, b) in sides(polygon) {
            self.line(a, b);
            edges.extend(Edge::between(a, b, whole(self.height)));
        }
        edges.sort_unstable_by_key(|edge| edge.top);
        let mut row = edges.first().map_or(0, |edge| edge.top);
        let mut waiting = edges.into_iter().peekable();
        let mut crossed: Vec<Edge> = Vec::new();
        while !crossed.is_empty() || waiting.peek().is_some() {
            crossed.retain(|edge| row < edge.bottom);
            crossed.extend(std::iter::from_fn(|| {
                waiting.next_if(|edge| edge.top <= row)
            }));
            crossed.sort_unstable_by_key(|edge| (edge.floor, edge.rest > 0));
            // Each row has an even number of them.
            for [first, last] in crossed.as_chunks::<2>().0 {
                self.span(row, first.floor + i64::from(first.rest > 0), last.floor);
            }
            crossed.iter_mut().for_each(Edge::step);
            row += 1;
        }
    }

    /// Draws the sides of a polygon. They reach half of `thickness`, rounded up, to either side, and
    /// have round ends; a thickness of 1 is a line of single pixels.
    pub fn outline(&mut self, polygon: &[Point], thickness: i64) {
        for (a, b) in sides(polygon) {
            if thickness <= 1 {
                self.line(a, b);
            } else {
                let reach = thickness / 2 + thickness % 2;
                self.band(a, b, reach);
                self.disc(a, reach);
                self.disc(b, reach);
            }
        }
    }

    /// Draws the pixels whose middles are not farther from a point than a radius.
    pub fn disc(&mut self, [x, y]: Point, radius: i64) {
        let rows = (y - radius).max(0)..=(y + radius).min(whole(self.height) - 1);
        for row in rows {
            let down = row - y;
            let reach = (radius * radius - down * down).isqrt();
            self.span(row, x - reach, x + reach);
        }
    }

    /// Sets pixels of a row, from a column to another one.
    fn span(&mut self, row: i64, first: i64, last: i64) {
        let (Ok(row), Ok(end)) = (usize::try_from(row), usize::try_from(last + 1)) else {
            return;
        };
        let end = end.min(self.width);
        let start = usize::try_from(first.max(0)).unwrap_or(end);
        if row < self.height && start < end {
            self.pixels[row * self.width..][start..end].fill(self.value);
        }
    }

    fn line(&mut self, a: Point, b: Point) {
        let ([x, y], [end_x, end_y]) = if a[0] <= b[0] { (a, b) } else { (b, a) };
        let (across, down) = (end_x - x, end_y - y);
        let (direction, steep) = (down.signum(), down.abs());
        // Only where it may be seen.
        if across >= steep {
            for column in x.max(0)..=end_x.min(whole(self.width) - 1) {
                let row = y + direction * nearest(column - x, steep, across);
                self.span(row, column, column);
            }
        } else {
            let (top, bottom) = (
                y.min(end_y).max(0),
                y.max(end_y).min(whole(self.height) - 1),
            );
            for row in top..=bottom {
                let column = x + nearest((row - y).abs(), across, steep);
                self.span(row, column, column);
            }
        }
    }

    /// The pixels that a rectangle about a line comes within half a pixel of, along their column if
    /// it is flat and along their row if it is steep.
    fn band(&mut self, a: Point, b: Point, reach: i64) {
        let (across, down) = (b[0] - a[0], b[1] - a[1]);
        let length = double(across * across + down * down).sqrt();
        if length == 0.0 {
            return;
        }
        let (across, down) = (double(across), double(down));
        let rim = 0.5 * across.abs().max(down.abs());
        // Bounds of the distances from the line and from its beginning, both times the length.
        let (beside, beyond) = (double(reach) * length + rim, length * length + rim);
        let (low, high) = (a[1].min(b[1]) - reach - 1, a[1].max(b[1]) + reach + 1);
        for row in low.max(0)..=high.min(whole(self.height) - 1) {
            let y = double(row - a[1]);
            let flat = within(down, -beside + y * across, beside + y * across);
            let along = within(across, -rim - y * down, beyond - y * down);
            let (Some(flat), Some(along)) = (flat, along) else {
                continue;
            };
            let first = flat.0.max(along.0).ceil();
            let last = flat.1.min(along.1).floor();
            if first <= last {
                #[expect(clippy::cast_possible_truncation, reason = "clipped, as it should be")]
                let (first, last) = (first.max(-2e9) as i64, last.min(2e9) as i64);
                self.span(row, a[0] + first, a[0] + last);
            }
        }
    }
}

/// Where the side of a polygon crosses a row, and how it goes on.
#[derive(Clone, Copy, Debug)]
struct Edge {
    /// The first row; of the ends of a side the upper one counts.
    top: i64,
    /// The row after the last.
    bottom: i64,
    /// The column on the left of where it crosses the row, or its own.
    floor: i64,
    /// What is left from there, in parts of the rows that the side has.
    rest: i64,
    rows: i64,
    step: i64,
    step_rest: i64,
}

impl Edge {
    /// The part of a side that is in the rows of a canvas.
    fn between(a: Point, b: Point, height: i64) -> Option<Self> {
        let ([x, y], [end_x, end_y]) = if a[1] <= b[1] { (a, b) } else { (b, a) };
        let (rows, across) = (end_y - y, end_x - x);
        let (top, bottom) = (y.max(0), end_y.min(height));
        (top < bottom).then(|| {
            let ahead = across * (top - y);
            Self {
                top,
                bottom,
                floor: x + ahead.div_euclid(rows),
                rest: ahead.rem_euclid(rows),
                rows,
                step: across.div_euclid(rows),
                step_rest: across.rem_euclid(rows),
            }
        })
    }

    /// Goes to the next row.
    fn step(&mut self) {
        self.floor += self.step;
        self.rest += self.step_rest;
        if self.rest >= self.rows {
            self.rest -= self.rows;
            self.floor += 1;
        }
    }
}

/// From each point to the next, and from the last to the first.
fn sides(polygon: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    let next = polygon.iter().cycle().skip(1);
    polygon.iter().copied().zip(next.copied())
}

/// How far a line has risen after some steps, of ties the lesser; it rises by `rise` in `run` steps.
fn nearest(steps: i64, rise: i64, run: i64) -> i64 {
    if run == 0 {
        0
    } else {
        (2 * steps * rise + run - 1) / (2 * run)
    }
}

/// Which numbers, times a factor, are in a range.
fn within(factor: f64, low: f64, high: f64) -> Option<(f64, f64)> {
    if factor == 0.0 {
        return (low <= 0.0 && 0.0 <= high).then_some((f64::NEG_INFINITY, f64::INFINITY));
    }
    let (a, b) = (low / factor, high / factor);
    Some((a.min(b), a.max(b)))
}

#[expect(clippy::cast_precision_loss, reason = "the nearest")]
const fn double(number: i64) -> f64 {
    number as f64
}

/// A side of an image.
fn whole(side: usize) -> i64 {
    i64::try_from(side).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, height: usize, draw: impl Fn(&mut Canvas<'_>)) -> Vec<String> {
        let mut pixels = vec![9; width * height];
        draw(&mut Canvas::clear(&mut pixels, width, 1));
        let shown = |row: &[u8]| {
            row.iter()
                .map(|x| if *x == 0 { '.' } else { '#' })
                .collect()
        };
        pixels.chunks(width).map(shown).collect()
    }

    #[test]
    fn polygons_have_their_sides() {
        let triangle = [[1, 1], [5, 1], [1, 4]];
        let filled = drawn(7, 6, |canvas| canvas.fill(&triangle));
        let wanted = [
            ".......", ".#####.", ".####..", ".###...", ".#.....", ".......",
        ];
        assert_eq!(filled, wanted);
        let outline = drawn(7, 6, |canvas| canvas.outline(&triangle, 1));
        let wanted = [
            ".......", ".#####.", ".#..#..", ".###...", ".#.....", ".......",
        ];
        assert_eq!(outline, wanted);
        let thick = drawn(7, 5, |canvas| canvas.outline(&[[2, 2], [4, 2]], 2));
        let wanted = [".......", "..###..", ".#####.", "..###..", "......."];
        assert_eq!(thick, wanted);
    }

    #[test]
    fn what_is_crossed_twice_is_outside() {
        let bow = [[0, 0], [6, 6], [6, 0], [0, 6]];
        let wanted = [
            "#.....#", "##...##", "###.###", "#######", "###.###", "##...##", "#.....#",
        ];
        assert_eq!(drawn(7, 7, |canvas| canvas.fill(&bow)), wanted);
    }

    #[test]
    fn what_lies_outside_is_not_drawn() {
        let far = FARTHEST;
        let all = [[-far, -far], [far, -far], [far, far], [-far, far]];
        assert_eq!(drawn(3, 2, |canvas| canvas.fill(&all)), ["###", "###"]);
        for thickness in [1, 2, 5] {
            assert_eq!(
                drawn(3, 2, |canvas| canvas.outline(&all, thickness)),
                ["...", "..."]
            );
            let ends = [[-far, 1], [far, 1]];
            let line = drawn(3, 5, |canvas| canvas.outline(&ends, thickness));
            assert_eq!(line[1], "###");
            let diagonal = [[-far, -far], [far, far]];
            let line = drawn(3, 3, |canvas| canvas.outline(&diagonal, thickness));
            assert!(
                (0..3).all(|place| line[place].as_bytes()[place] == b'#'),
                "{line:?}"
            );
        }
        assert_eq!(drawn(2, 2, |canvas| canvas.fill(&[[5, 0]])), ["..", ".."]);
        assert_eq!(drawn(2, 2, |canvas| canvas.fill(&[])), ["..", ".."]);
        assert_eq!(drawn(2, 2, |canvas| canvas.disc([-1, 0], 1)), ["#.", ".."]);
    }

    #[test]
    fn discs_are_round() {
        assert_eq!(drawn(1, 1, |canvas| canvas.disc([0, 0], 0)), ["#"]);
        let wanted = ["..#..", ".###.", "#####", ".###.", "..#.."];
        assert_eq!(drawn(5, 5, |canvas| canvas.disc([2, 2], 2)), wanted);
    }
}
