//! The means to set a scene up: light, distance, focus, and objects one by one.

use super::super::canvas::{Rgb, Surface, times};
use super::super::object::{Object, Shape};
use super::super::rng::{Rng, clamp, pixels};
use super::super::texture::{Kind, SPARE};
use crate::pixel::Size;

/// A scene as far as it is set up.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    pub(super) rng: &'a mut Rng,
    pub(super) columns: usize,
    pub(super) wide: f32,
    pub(super) high: f32,
    /// The side of a square of as many pixels: what sizes are parts of.
    pub(super) side: f32,
    /// Where light comes from: to the right, down, and out of the image.
    sun: [f32; 3],
    /// Its colour, and that of the light in shadows.
    warm: Rgb,
    cool: Rgb,
    /// The row in which the ground is infinitely far away.
    pub(super) horizon: f32,
    /// What far objects fade to, and how much they do.
    pub(super) haze: Rgb,
    pub(super) hazy: f32,
    /// Pixels that an edge in focus is spread over.
    sharp: f32,
    /// How near objects are in focus, and how far others are out of it.
    pub(super) focus: f32,
    pub(super) blur: f32,
    /// How strong textures are.
    pub(super) busy: f32,
    pub(super) objects: Vec<Object>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(rng: &'a mut Rng, size: Size, sharp: f32) -> Self {
        let (wide, high) = (pixels(size.width), pixels(size.height));
        let warmth = rng.between(-0.03, 0.12);
        Self {
            columns: size.width as usize,
            wide,
            high,
            side: (wide * high).sqrt(),
            sun: sun(rng),
            warm: [1.0 + warmth, 1.0, 1.0 - 1.2 * warmth],
            cool: [1.0 - 0.8 * warmth, 1.0, 1.0 + warmth],
            horizon: 0.0,
            haze: [0.7; 3],
            hazy: 0.0,
            sharp,
            focus: 0.5,
            blur: 0.0,
            busy: rng.between(0.7, 2.2),
            objects: Vec::new(),
            rng,
        }
    }

    /// How near what stands in a row of the ground is: 0 at the horizon, 1 at the lower end of the
    /// image.
    pub(super) fn near(&self, y: f32) -> f32 {
        let near = (y - self.horizon) / (self.high - self.horizon);
        if near > 0.03 { near } else { 0.03 }
    }

    /// Pixels of an edge at a distance.
    pub(super) fn edge(&self, near: f32) -> f32 {
        let off = 1.0 - self.focus / near;
        let off = if off < 0.0 { -off } else { off };
        self.sharp + self.blur * self.side * if off < 2.5 { off } else { 2.5 }
    }

    /// A place on the ground: column, row, and how large something between two sizes is there.
    pub(super) fn place(&mut self, least: f32, most: f32) -> [f32; 3] {
        let y = self.horizon + (self.high - self.horizon) * self.rng.between(0.05, 1.08);
        let size = self.rng.size(least, most) * self.side * (0.15 + 0.85 * self.near(y));
        [self.rng.between(-0.05, 1.05) * self.wide, y, size]
    }

    pub(super) fn colour(&mut self, of: &[Rgb]) -> Rgb {
        let bright = self.rng.between(0.75, 1.25);
        self.rng
            .pick(of)
            .map(|part| part * bright * self.rng.between(0.92, 1.08))
    }

    pub(super) fn surface(&mut self, colour: Rgb, near: f32, kind: Kind, strength: f32) -> Surface {
        let far = 1.0 - if near < 1.0 { near } else { 1.0 };
        let clear = 1.0 - clamp(self.hazy * far * far);
        let shade = [0, 1, 2]
            .map(|i| 0.45 * clear * colour[i] * self.cool[i] + (1.0 - clear) * self.haze[i]);
        let lit = [0, 1, 2].map(|i| 0.8 * clear * colour[i] * self.warm[i]);
        let (kind, strength) = if self.edge(near) > 4.0 {
            (Kind::Soft, 0.5 * strength)
        } else {
            (kind, strength)
        };
        Surface {
            shade,
            lit,
            kind,
            strength: strength * self.busy * clear,
            offset: self.rng.below(SPARE),
        }
    }

    pub(super) fn push(
        &mut self,
        shape: Shape,
        at: [f32; 2],
        half: [f32; 2],
        near: f32,
        surface: Surface,
    ) {
        let object = Object {
            shape,
            at,
            half,
            lean: 0.0,
            edge: self.edge(near),
            surface,
            sun: self.sun,
            cover: 1.0,
            near,
        };
        self.objects.push(object);
    }

    pub(super) fn blob(
        &mut self,
        at: [f32; 2],
        half: [f32; 2],
        wobble: f32,
        near: f32,
        surface: Surface,
    ) {
        let part = self.rng.below(512);
        self.push(Shape::Blob { wobble, part }, at, half, near, surface);
    }

    /// Changes the object that was added last.
    pub(super) fn last(&mut self, change: impl FnOnce(&mut Object)) {
        self.objects.last_mut().map(change);
    }

    /// The shadow of something on the ground.
    pub(super) fn shadow(&mut self, x: f32, y: f32, half: f32, near: f32) {
        let x = x - 0.6 * self.sun[0] * half;
        let surface = Surface {
            shade: [0.0; 3],
            lit: [0.0; 3],
            kind: Kind::Soft,
            strength: 0.0,
            offset: 0,
        };
        self.push(
            Shape::Shadow,
            [x, y],
            [1.3 * half, 0.36 * half],
            near,
            surface,
        );
        self.last(|shadow| {
            shadow.cover = 0.7;
            // Its rows are those of the disc with its edge.
            shadow.edge = 0.5 * half;
        });
    }

    /// Light that a smooth body throws back.
    pub(super) fn shine(&mut self, at: [f32; 2], half: [f32; 2], near: f32) {
        let [right, down, _] = self.sun;
        let white = Surface {
            shade: times(self.warm, 0.95),
            lit: [0.0; 3],
            kind: Kind::Soft,
            strength: 0.0,
            offset: 0,
        };
        let at = [
            at[0] + 0.45 * right * half[0],
            at[1] + 0.45 * down * half[1],
        ];
        self.blob(at, half.map(|half| 0.2 * half), 0.0, near, white);
        let cover = self.rng.between(0.1, 0.8);
        let least = 0.25 * half[1];
        self.last(|shine| {
            shine.cover = cover;
            shine.edge = if shine.edge > least {
                shine.edge
            } else {
                least
            };
        });
    }

    /// How much light what is turned that way gets, to the right and down.
    pub(super) fn lit(&self, right: f32, down: f32) -> f32 {
        right * self.sun[0] + down * self.sun[1]
    }

    /// The side that is in the shade: 1 for the right one.
    pub(super) fn dark_side(&self) -> f32 {
        if self.sun[0] > 0.0 { -1.0 } else { 1.0 }
    }
}

fn sun(rng: &mut Rng) -> [f32; 3] {
    let [x, y, z] = [
        rng.between(-1.0, 1.0),
        rng.between(-0.9, -0.2),
        rng.between(0.3, 0.8),
    ];
    let one = 1.0 / (x * x + y * y + z * z).sqrt();
    [x * one, y * one, z * one]
}
