//! Objects that are more than one shape.

use super::super::canvas::{Rgb, mix, times};
use super::super::object::Shape;
use super::super::texture::Kind;
use super::builder::Builder;
use super::palette::{EARTHS, GLASS, LEAVES, PAINTS, PETALS};

const WALL: Shape = Shape::Slab {
    taper: 0.0,
    round: false,
};

impl Builder<'_> {
    /// A stone, or a fruit.
    pub(super) fn stone(&mut self, at: [f32; 2], half: f32, colours: &[Rgb], strength: f32) {
        let [x, y] = at;
        let near = self.near(y);
        let half = [half, half * self.rng.between(0.6, 1.0)];
        let colour = self.colour(colours);
        let surface = self.surface(colour, near, Kind::Rough, strength);
        self.shadow(x, y, half[0], near);
        let wobble = self.rng.between(0.0, 0.35);
        let at = [x, y - 0.8 * half[1]];
        self.blob(at, half, wobble, near, surface);
        if strength < 0.2 && half[0] > 6.0 {
            self.shine(at, half, near);
        }
    }

    /// A tree, or a bush if it has no trunk: balls of leaves, lit as the crown is that they make
    /// up.
    pub(super) fn tree(&mut self, at: [f32; 2], half: f32, trunk: f32) {
        let [x, y] = at;
        let near = self.near(y);
        self.shadow(x, y, half, near);
        if trunk > 0.0 {
            self.trunk(at, half, trunk);
        }
        let leaf = self.colour(&LEAVES);
        let middle = [x, y - half * (0.8 + 1.2 * trunk)];
        let count = if half < 3.0 {
            1
        } else if half < 12.0 {
            6
        } else {
            12 + self.rng.below(16)
        };
        for number in 0..count {
            self.leaves(middle, half, leaf, near, number == 0);
        }
    }

    fn trunk(&mut self, [x, y]: [f32; 2], half: f32, trunk: f32) {
        let near = self.near(y);
        let bark = self.colour(&EARTHS);
        let bark = self.surface(times(bark, 0.7), near, Kind::Fibre, 0.25);
        let tall = 0.5 * half * (1.0 + trunk);
        let round = Shape::Slab {
            taper: 0.5,
            round: true,
        };
        self.push(round, [x, y - tall], [0.09 * half, tall], near, bark);
    }

    fn leaves(&mut self, middle: [f32; 2], half: f32, leaf: Rgb, near: f32, first: bool) {
        let [u, v] = if first {
            [0.0; 2]
        } else {
            [self.rng.between(-0.8, 0.8), self.rng.between(-0.8, 0.8)]
        };
        if u * u + v * v > 0.8 {
            return;
        }
        let size = half
            * if first {
                0.75
            } else {
                self.rng.between(0.2, 0.45)
            };
        let bright = 0.8 + 0.4 * self.lit(u, v) + self.rng.between(-0.1, 0.1);
        let surface = self.surface(times(leaf, bright), near, Kind::Rough, 0.55);
        self.blob(
            [middle[0] + u * half, middle[1] + v * half],
            [1.1 * size, size],
            0.5,
            near,
            surface,
        );
    }

    /// A house, or a box: two walls, with windows if they are large enough to be seen.
    pub(super) fn house(&mut self, at: [f32; 2], half: f32, tall: f32, windows: bool) {
        let [x, y] = at;
        let near = self.near(y);
        let wall = self.colour(&PAINTS);
        let paint = self.surface(wall, near, Kind::Rough, 0.08);
        let dark = self.surface(times(wall, 0.55), near, Kind::Rough, 0.08);
        let deep = 0.5 * half * self.rng.between(0.2, 0.8);
        let side = self.dark_side();
        self.shadow(x + side * deep, y, 1.3 * half, near);
        self.push(
            WALL,
            [x + side * (half + deep), y - 0.5 * tall],
            [deep, 0.49 * tall],
            near,
            dark,
        );
        self.push(WALL, [x, y - 0.5 * tall], [half, 0.5 * tall], near, paint);
        if windows {
            self.windows(at, half, tall, near);
        }
    }

    /// A roof on a house.
    pub(super) fn roof(&mut self, at: [f32; 2], half: f32) {
        let [x, y] = at;
        let near = self.near(y);
        let tall = half * self.rng.between(0.2, 0.6);
        let tiles = self.colour(&PAINTS[..2]);
        let tiles = self.surface(times(tiles, 0.7), near, Kind::Ripple, 0.2);
        let shape = Shape::Slab {
            taper: self.rng.between(0.4, 1.0),
            round: false,
        };
        self.push(shape, [x, y - tall], [1.15 * half, tall], near, tiles);
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a few"
    )]
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    fn windows(&mut self, at: [f32; 2], half: f32, tall: f32, near: f32) {
        let [x, y] = at;
        let step = self.rng.between(0.025, 0.07) * self.side * (0.2 + near);
        let (columns, rows) = ((2.0 * half / step) as usize, (tall / (1.3 * step)) as usize);
        if step < 4.0 || columns * rows > 200 {
            return;
        }
        let glass = self.rng.pick(&GLASS);
        let [wide, high] = [2.0 * half / columns as f32, tall / rows as f32];
        for window in 0..columns * rows {
            let bright = self.rng.between(0.6, 1.4);
            let pane = self.surface(times(glass, bright), near, Kind::Soft, 0.2);
            let [column, row] = [window % columns, window / columns].map(|n| n as f32 + 0.5);
            let at = [x - half + column * wide, y - tall + row * high];
            self.push(WALL, at, [0.28 * wide, 0.3 * high], near, pane);
        }
    }

    /// A cup, a pot, a bottle: a round body that is open at its top.
    pub(super) fn jar(&mut self, at: [f32; 2], half: f32) {
        let [x, y] = at;
        let near = self.near(y);
        let colour = self.colour(&PAINTS);
        let kind = self.rng.pick(&[Kind::Rough, Kind::Fibre, Kind::Ripple]);
        let paint = self.surface(colour, near, kind, 0.1);
        let tall = half * self.rng.between(1.4, 4.0);
        let taper = self.rng.between(-0.35, 0.5);
        self.shadow(x, y, half, near);
        // Its foot and its rim are seen from above.
        self.blob([x, y], [half, 0.22 * half], 0.0, near, paint);
        self.push(
            Shape::Slab { taper, round: true },
            [x, y - 0.5 * tall],
            [half, 0.5 * tall],
            near,
            paint,
        );
        self.rim([x, y - tall], half * (1.0 - taper), near, colour);
        self.shine([x, y - 0.5 * tall], [half, 0.5 * tall], near);
    }

    fn rim(&mut self, at: [f32; 2], half: f32, near: f32, colour: Rgb) {
        let [rim, inside] = [1.15, 0.45].map(|bright| times(colour, bright));
        let [rim, inside] = [
            self.surface(rim, near, Kind::Soft, 0.0),
            self.surface(inside, near, Kind::Soft, 0.1),
        ];
        self.blob(at, [half, 0.25 * half], 0.0, near, rim);
        self.blob(at, [0.9 * half, 0.2 * half], 0.0, near, inside);
    }

    /// What a flower stands on.
    pub(super) fn stem(&mut self, at: [f32; 2], tall: f32) {
        let [x, y] = at;
        let near = self.near(y);
        let green = self.colour(&LEAVES);
        let green = self.surface(green, near, Kind::Fibre, 0.2);
        self.shadow(x, y, 0.2 * tall, near);
        let shape = Shape::Slab {
            taper: 0.3,
            round: true,
        };
        self.push(
            shape,
            [x, y - 0.5 * tall],
            [0.035 * tall, 0.5 * tall],
            near,
            green,
        );
    }

    /// A flower: petals that follow each other by the golden angle, the outer ones first.
    pub(super) fn flower(&mut self, at: [f32; 2], half: f32, near: f32) {
        let petal = self.colour(&PETALS);
        let heart = mix(petal, self.rng.pick(&EARTHS), 0.6);
        let count = 30 + self.rng.below(70);
        let part = 1.0 / f32::from(u8::try_from(count).unwrap_or(u8::MAX));
        let mut turned = [1.0, 0.0];
        let mut out = 1.0_f32;
        for _ in 0..count {
            let [c, s] = turned;
            turned = [c * GOLDEN[0] - s * GOLDEN[1], c * GOLDEN[1] + s * GOLDEN[0]];
            let r = out.sqrt();
            let bright = 0.85 + 0.2 * self.lit(c, s) * r + self.rng.between(-0.06, 0.06);
            let surface = self.surface(times(mix(heart, petal, r), bright), near, Kind::Fibre, 0.1);
            let size = half * (0.1 + 0.22 * r);
            let [c, s] = [c, s].map(|x| x * r * half * 0.85);
            self.blob([at[0] + c, at[1] + s], [size, size], 0.15, near, surface);
            out -= part;
        }
    }
}

/// Cosine and sine of the golden angle.
const GOLDEN: [f32; 2] = [-0.737_368_9, 0.675_490_3];
