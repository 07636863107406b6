//! Images of scenes that were never there, which cost what photographs cost, in bytes and in time
//! to decode.
//!
//! What makes a photograph cost what it does, at any quality, is what it shows: smooth shading,
//! edges at all sizes, texture on some objects and not on others, and parts that are out of focus.
//! These images show the same. A scene ([`scene`]) is a landscape, a town, objects on a table,
//! or the ground from above. It has a light, a distance that is in focus, a sky or a wall, ridges
//! and ground ([`backdrop`]), and objects that hide each other ([`object`]), whose sizes have no
//! scale: each octave of sizes covers as much area as any other (Lee, Mumford, Huang: *Occlusion
//! models for natural images*, IJCV 2001). Their textures ([`texture`]) come from noise with a 1/f
//! spectrum ([`pyramid`]). Last, a film adds grain and a curve ([`film`]).
//!
//! Sizes of objects are parts of the image's, those of textures are in pixels. So the smaller of
//! two images has more detail for each pixel, as a photograph has that was made smaller, and no
//! number here depends on the size otherwise.
//!
//! An image is the same on every machine: noise is made of integers, and all else of additions,
//! multiplications, divisions and square roots of 32-bit numbers in a fixed order, which IEEE 754
//! rounds in one way only. A row is made of the one before it: memory is in proportion to the
//! width, plus some thousands of objects.

mod backdrop;
mod canvas;
mod film;
mod object;
mod pyramid;
mod rng;
mod scene;
mod texture;

use crate::pixel::Size;
use crate::random::{Purpose, Stream};
use backdrop::Backdrop;
use canvas::Canvas;
use film::Film;
use object::{Objects, WOBBLES};
use rng::{Rng, fractal};
use scene::{Scene, View};

/// An image, row by row. It keeps its memory for the next one.
#[derive(Debug, Default)]
pub(super) struct Natural {
    taken: Option<(Backdrop, Film)>,
    objects: Objects,
    /// The line by which outlines wobble.
    wobbles: Vec<f32>,
    canvas: Canvas,
    rows: u16,
}

impl Natural {
    /// Begins image `number` of `seed`.
    pub(super) fn start(&mut self, seed: u64, number: u64, size: Size) {
        let mut stream = Stream::new(seed, 0, number, Purpose::Scene);
        let mut rng = Rng::new(&mut stream);
        let scene = Scene::new(&mut rng, View::of(seed, number), size);
        let width = size.width as usize;
        self.canvas.start(width);
        self.canvas
            .textures
            .start(&mut stream, width, &scene.spectrum);
        self.objects.start(scene.objects);
        self.wobbles = fractal(&mut rng, WOBBLES, 64.0, 0.55);
        let film = Film::new(&mut rng, &mut stream, size, scene.grain);
        self.taken = Some((scene.backdrop, film));
        self.rows = 0;
    }

    /// Fills `out` with the next row.
    pub(super) fn row(&mut self, out: &mut [u8]) {
        let Some((backdrop, film)) = &mut self.taken else {
            return;
        };
        let y = f32::from(self.rows) + 0.5;
        self.canvas.textures.advance();
        backdrop.paint(y, &mut self.canvas);
        self.objects.paint(y, &self.wobbles, &mut self.canvas);
        film.develop(y, &self.canvas, out);
        self.rows = self.rows.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No index is out of bounds, whatever the shape.
    #[test]
    fn the_longest_rows_and_columns_can_be_painted() {
        let mut natural = Natural::default();
        for (width, height) in [(65_535, 3), (3, 65_535), (1, 1), (8, 900)] {
            for number in 0..12 {
                natural.start(1, number, Size::new(width, height));
                let mut row = vec![0; 3 * width as usize];
                for _ in 0..height.min(2000) {
                    natural.row(&mut row);
                }
                // Film has no black.
                assert!(
                    row.iter().all(|level| *level > 0),
                    "{width}x{height}, {number}"
                );
            }
        }
    }

    /// What a scene takes in memory does not grow with the image.
    #[test]
    fn scenes_have_some_thousands_of_objects() {
        for side in [64, 1000, 20_000] {
            let most = (0..200).map(|number| {
                let mut stream = Stream::new(3, 0, number, Purpose::Scene);
                Scene::new(
                    &mut Rng::new(&mut stream),
                    View::of(3, number),
                    Size::new(side, side / 2),
                )
                .objects
                .len()
            });
            let most = most.max().unwrap_or_default();
            assert!(
                (500..20_000).contains(&most),
                "{most} objects in {side} columns"
            );
        }
    }
}
