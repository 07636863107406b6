//! The kinds of scene there are.

use super::super::backdrop::{Backdrop, Ground};
use super::super::canvas::{Rgb, mix, times};
use super::super::object::Shape;
use super::super::rng::Rng;
use super::super::texture::Kind;
use super::builder::Builder;
use super::palette::{EARTHS, LEAVES, PAINTS, WATERS};
use crate::random::{Purpose, Stream};

/// What kind of scene an image shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum View {
    Landscape,
    Town,
    /// Objects on a table.
    Table,
    /// Stones or plants, seen from above.
    Floor,
}

/// The scenes of ten images.
const TEN: [View; 10] = {
    use View::{Floor, Landscape, Table, Town};
    [
        Landscape, Landscape, Landscape, Landscape, Town, Town, Table, Table, Floor, Floor,
    ]
};

impl View {
    /// That of image `number` of `seed`. Ten that follow each other have them all, in an order of
    /// their own: so a few images have the mean of many, and those of a class are not all alike.
    pub(in super::super) fn of(seed: u64, number: u64) -> Self {
        let ten = TEN.len() as u64;
        let mut rng = Rng::new(&mut Stream::new(seed, 1, number / ten, Purpose::Scene));
        let mut views = TEN;
        for last in (1..views.len()).rev() {
            views.swap(last, rng.below(last + 1));
        }
        let place = usize::try_from(number % ten).unwrap_or_default();
        views[place]
    }
}

impl Builder<'_> {
    pub(super) fn view(&mut self, view: View) -> Backdrop {
        match view {
            View::Landscape => self.landscape(),
            View::Town => self.town(),
            View::Table => self.table(),
            View::Floor => self.floor(),
        }
    }

    fn landscape(&mut self) -> Backdrop {
        self.horizon = self.high * self.rng.between(0.25, 0.65);
        self.hazy = self.rng.between(0.2, 0.8);
        self.blur = self.rng.between(0.0002, 0.001);
        let sky = self.sky();
        let count = 1 + self.rng.below(4);
        let ridges = self.ridges(count, &sky);
        let (ground, trees) = match self.rng.below(10) {
            0..=4 => (
                self.ground(&LEAVES, Kind::Fibre, [0.3, 0.12]),
                self.rng.between(0.3, 1.0),
            ),
            5 | 6 => (self.ground(&WATERS, Kind::Ripple, [0.25, 0.25]), 0.0),
            _ => (
                self.ground(&EARTHS, Kind::Rough, [0.35, 0.12]),
                self.rng.between(0.0, 0.8),
            ),
        };
        self.growth(&ground, trees);
        Backdrop {
            sky,
            ridges,
            ground,
        }
    }

    /// What a landscape has on its ground: trees, or on water a few stones.
    fn growth(&mut self, ground: &Ground, trees: f32) {
        let count = if trees > 0.0 {
            15 + self.rng.below(100)
        } else {
            self.rng.below(20)
        };
        if trees > 0.0 {
            self.fields(ground);
        }
        for _ in 0..count {
            let [x, y, size] = self.place(0.03, 0.4);
            if self.rng.chance(trees) {
                let trunk = if self.rng.chance(0.6) {
                    self.rng.between(0.3, 1.0)
                } else {
                    0.0
                };
                self.tree([x, y], size, trunk);
            } else {
                self.stone([x, y], 0.4 * size, &EARTHS, 0.3);
            }
        }
    }

    /// Patches of other ground.
    fn fields(&mut self, ground: &Ground) {
        for _ in 0..self.rng.below(8) {
            let [x, y, size] = self.place(0.1, 0.9);
            let other = self.colour(&EARTHS);
            let colour = mix(ground.near, other, self.rng.between(0.2, 0.8));
            let surface = self.surface(times(colour, 0.8), self.near(y), Kind::Rough, 0.25);
            let flat = 0.05 + 0.12 * self.near(y);
            self.push(Shape::Flat, [x, y], [size, flat * size], 0.0, surface);
            self.last(|field| field.edge = 0.2 * size);
        }
    }

    fn town(&mut self) -> Backdrop {
        self.horizon = self.high * self.rng.between(0.4, 0.7);
        self.hazy = self.rng.between(0.2, 0.7);
        self.blur = self.rng.between(0.0002, 0.001);
        let sky = self.sky();
        let ridges = self.ridges(1, &sky);
        let ground = self.ground(&EARTHS, Kind::Rough, [0.15, 0.1]);
        self.fields(&ground);
        for _ in 0..8 + self.rng.below(16) {
            self.building();
        }
        for _ in 0..self.rng.below(14) {
            let [x, y, size] = self.place(0.04, 0.15);
            self.tree([x, y], size, 0.6);
        }
        Backdrop {
            sky,
            ridges,
            ground,
        }
    }

    /// A house in a town, with a roof if it is wide.
    fn building(&mut self) {
        let y = self.horizon + (self.high - self.horizon) * self.rng.between(0.04, 0.6);
        let x = self.rng.between(-0.05, 1.05) * self.wide;
        let size = self.side * (0.2 + 0.8 * self.near(y));
        let half = size * self.rng.between(0.08, 0.25);
        let tall = size * self.rng.between(0.15, 0.9);
        self.house([x, y], half, tall, true);
        if tall < 2.0 * half {
            self.roof([x, y - tall], half);
        }
    }

    fn table(&mut self) -> Backdrop {
        self.horizon = self.high * self.rng.between(0.25, 0.6);
        self.focus = self.rng.between(0.4, 0.8);
        self.blur = self.rng.between(0.004, 0.02);
        let wall = self.colour(&PAINTS);
        let mut sky = self.sky();
        (sky.high, sky.low, sky.cloud) = (wall, times(wall, 0.8), times(wall, 1.2));
        sky.dense = 0.25;
        sky.glow.strength = self.rng.between(0.2, 1.0);
        self.haze = wall;
        let kind = self.rng.pick(&[Kind::Ripple, Kind::Rough, Kind::Fibre]);
        let ground = self.ground(&EARTHS, kind, [0.12, 0.06]);
        self.bokeh(wall);
        let flowers = self.rng.chance(0.4);
        for _ in 0..3 + self.rng.below(14) {
            self.utensil(flowers);
        }
        Backdrop {
            sky,
            ridges: Vec::new(),
            ground,
        }
    }

    /// Something on a table.
    fn utensil(&mut self, flowers: bool) {
        let [x, y, size] = self.place(0.12, 0.6);
        match self.rng.below(4) {
            0 => self.house([x, y], 0.4 * size, 0.7 * size, false),
            1 => self.jar([x, y], 0.45 * size),
            2 if flowers => {
                self.stem([x, y], size);
                let near = self.near(y);
                self.flower([x, y - size], 0.5 * size, near);
            }
            _ => self.stone([x, y], 0.6 * size, &PAINTS, 0.12),
        }
    }

    /// Objects so far out of focus that only their colours are left.
    fn bokeh(&mut self, wall: Rgb) {
        let colours = [0; 3].map(|_| {
            if self.rng.chance(0.5) {
                self.colour(&LEAVES)
            } else {
                self.colour(&PAINTS)
            }
        });
        for _ in 0..self.rng.below(60) {
            let at = [
                self.rng.unit() * self.wide,
                self.rng.between(-0.1, 1.0) * self.horizon,
            ];
            let half = self.side * self.rng.size(0.05, 0.35);
            let colour = mix(wall, self.rng.pick(&colours), self.rng.between(0.2, 0.9));
            let surface = self.surface(colour, 0.1, Kind::Soft, 0.1);
            let half = [half, half * self.rng.between(0.6, 1.6)];
            self.blob(at, half, 0.3, 0.1, surface);
            let edge = half[0] * self.rng.between(0.3, 1.2);
            self.last(|blob| {
                blob.near = 0.0;
                blob.edge = edge;
            });
        }
    }

    /// Seen from above: stones or plants of all sizes.
    fn floor(&mut self) -> Backdrop {
        self.horizon = -self.high * self.rng.between(0.3, 3.0);
        self.focus = self.rng.between(0.5, 0.9);
        self.blur = self.rng.between(0.001, 0.01);
        let sky = self.sky();
        let stones = self.rng.chance(0.5);
        let (colours, kind) = if stones {
            (&EARTHS, Kind::Rough)
        } else {
            (&LEAVES, Kind::Fibre)
        };
        let ground = self.ground(colours, kind, [0.3, 0.0]);
        for _ in 0..100 + self.rng.below(700) {
            let x = self.rng.between(-0.05, 1.05) * self.wide;
            let y = self.rng.between(-0.05, 1.1) * self.high;
            let half = self.rng.size(0.015, 0.25) * self.side * self.near(y);
            if half >= 1.5 {
                self.scatter([x, y], half, stones);
            }
        }
        Backdrop {
            sky,
            ridges: Vec::new(),
            ground,
        }
    }

    /// A stone or a plant on the ground.
    fn scatter(&mut self, at: [f32; 2], half: f32, stones: bool) {
        match self.rng.below(10) {
            _ if stones => self.stone(at, half, &EARTHS, 0.3),
            0..=6 => self.tree(at, 0.7 * half, 0.0),
            7 => {
                let near = self.near(at[1]);
                self.flower(at, 0.5 * half, near);
            }
            _ => self.stone(at, 0.5 * half, &PAINTS, 0.2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_images_show_all_there_is_and_tens_differ() {
        let tens: Vec<Vec<View>> = (0..50)
            .map(|ten| {
                (10 * ten..10 * ten + 10)
                    .map(|number| View::of(7, number))
                    .collect()
            })
            .collect();
        for views in &tens {
            for view in TEN {
                let count = |of: &[View]| of.iter().filter(|other| **other == view).count();
                assert_eq!(count(views), count(&TEN));
            }
        }
        let places = tens
            .iter()
            .filter(|views| views[0] == View::Landscape)
            .count();
        assert!(
            (10..30).contains(&places),
            "{places} of 50 tens begin with a landscape"
        );
        assert_ne!(
            tens[0],
            (0..10)
                .map(|number| View::of(8, number))
                .collect::<Vec<_>>()
        );
    }
}
