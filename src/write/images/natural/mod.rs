//! Pictures that cost what photographs cost, in bytes and in time to decode.
//!
//! They have what photographs have: opaque things of all sizes with soft edges ([`leaves`]), a texture with a 1/f
//! spectrum that is strong on some of them and weak on others, and light and hue that change slowly over the whole
//! ([`pyramid`]); colours that vary far less than brightness; and less detail for each pixel the more pixels there are,
//! down to a floor. Some pictures are smooth and some are busy, some dark and some bright.
//!
//! Every number here is an integer, and every step is exact, so a picture is the same on every machine. A row is made of
//! the few before it: memory is in proportion to the width, and all of it stays in the processor's caches.

mod leaves;
mod light;
mod pyramid;
mod scene;

use crate::pixel::Size;
use crate::random::{Purpose, Stream};
use leaves::{Leaves, Look};
use light::Light;
use pyramid::Pyramid;
use scene::Scene;

/// A picture, row by row. It keeps its memory for the next one.
#[derive(Debug, Default)]
pub(super) struct Natural {
    leaves: Leaves,
    background: Look,
    /// Three rows of looks, the newest last; with a pixel more at each end, like all rows that follow.
    looks: [Vec<Look>; 3],
    /// Texture, light and hue.
    noises: [Noise; 3],
    light: Light,
}

#[derive(Debug, Default)]
struct Noise {
    pyramid: Pyramid,
    row: Vec<i16>,
}

impl Natural {
    /// Begins picture `number` of `seed`.
    pub(super) fn start(&mut self, seed: u64, number: u64, size: Size) {
        let mut stream = Stream::new(seed, 0, number, Purpose::Scene);
        let scene = Scene::new(&mut stream, size);
        let width = size.width as usize;
        self.background = scene.style.look;
        self.leaves.start(&mut stream, size.width, &scene.style);
        for row in &mut self.looks {
            row.clear();
            row.resize(width + 2, self.background);
        }
        for (noise, octaves) in self.noises.iter_mut().zip([&scene.texture, &scene.light, &scene.hue]) {
            noise.pyramid.start(&mut stream, width, octaves);
            noise.row.resize(width + 2, 0);
            // The row above the picture, which only looks need.
            noise.pyramid.row(&mut noise.row);
        }
        self.turn();
        self.turn();
    }

    /// Fills `out` with the next row.
    pub(super) fn row(&mut self, out: &mut [u8]) {
        self.turn();
        for noise in &mut self.noises {
            noise.pyramid.row(&mut noise.row);
        }
        self.light.row(&self.looks, self.noises.each_ref().map(|noise| &noise.row[1..]), out);
    }

    /// Makes the next row of looks: the one below the row that is wanted.
    fn turn(&mut self) {
        self.looks.rotate_left(1);
        self.looks[2].fill(self.background);
        self.leaves.row(&mut self.looks[2]);
    }
}
