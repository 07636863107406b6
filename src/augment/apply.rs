//! Steps taken on pixels.

use super::moving::{Moving, Sampling};
use super::operation::{Operation, Step};
use super::policy::Applied;
use super::{Change, Image};
use crate::codec::{Reason, grow};
use crate::image::filter::sharpen::sharpen;
use crate::image::point::{look_up, table};
use crate::image::raster::Raster;
use crate::image::warp::Affine;
use crate::image::{adjust, levels};
use crate::random::{Identity, Purpose};

/// Changes samples by a policy.
#[derive(Debug)]
pub(super) struct Worker {
    policy: Applied,
    memory: Memory,
}

/// Working memory of what policies do to images, one after the other.
#[derive(Debug, Default)]
pub struct Memory {
    /// What a step writes, in turn with the image.
    other: Vec<u8>,
    /// The image as it was.
    origin: Vec<u8>,
    /// Weighted sums.
    sums: Vec<f32>,
}

/// How pixels lie in a slice.
#[derive(Clone, Copy, Debug)]
struct Form {
    width: usize,
    height: usize,
    channels: usize,
    moving: Moving,
}

impl Form {
    fn raster(self, pixels: &[u8]) -> Raster<'_, u8> {
        Raster::packed(pixels, self.width, self.height, self.channels)
    }
}

impl Worker {
    pub(super) fn new(policy: Applied) -> Self {
        Self {
            policy,
            memory: Memory::default(),
        }
    }
}

impl Change for Worker {
    fn change(
        &mut self,
        image: Image<'_>,
        identity: Identity,
        done: &mut Vec<Step>,
    ) -> Result<(), Reason> {
        self.memory.change(self.policy, image, identity, done)
    }
}

impl Memory {
    /// Changes an image by a policy, and appends to `done` what was done to it. The same identity
    /// gives the same pixels.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn change(
        &mut self,
        Applied { policy, moving }: Applied,
        image: Image<'_>,
        identity: Identity,
        done: &mut Vec<Step>,
    ) -> Result<(), Reason> {
        let Image {
            pixels,
            size,
            channels,
        } = image;
        let first = done.len();
        let mut chance = identity.stream(Purpose::Augment);
        policy.draw(&mut chance, size, done);
        let steps = &done[first..];
        let form = Form {
            width: size.width as usize,
            height: size.height as usize,
            channels,
            moving,
        };
        if steps
            .first()
            .is_some_and(|step| step.operation == Operation::Chain)
        {
            return self.take_chains(pixels, form, steps);
        }
        let other = grow(&mut self.other, pixels.len())?;
        take_all(steps, form, pixels, other);
        Ok(())
    }

    /// Adds up the results of chains, each of its weight, and the image as it was, of the rest.
    fn take_chains(&mut self, pixels: &mut [u8], form: Form, steps: &[Step]) -> Result<(), Reason> {
        let other = grow(&mut self.other, pixels.len())?;
        let origin = grow(&mut self.origin, pixels.len())?;
        origin.copy_from_slice(pixels);
        let chains = || steps.chunk_by(|_, next| next.operation != Operation::Chain);
        let weights = chains().map(|chain| f64::from(chain[0].magnitude));
        #[expect(clippy::cast_possible_truncation, reason = "pixels are weighted in it")]
        let own = (1.0 - weights.sum::<f64>()) as f32;
        self.sums.clear();
        let reserved = self.sums.try_reserve(pixels.len());
        reserved.map_err(|_| Reason::no_memory(4 * pixels.len(), "of sums"))?;
        self.sums
            .extend(origin.iter().map(|byte| f32::from(*byte) * own));
        for chain in chains() {
            pixels.copy_from_slice(origin);
            take_all(&chain[1..], form, pixels, other);
            let weight = chain[0].magnitude;
            for (sum, byte) in self.sums.iter_mut().zip(&*pixels) {
                *sum += f32::from(*byte) * weight;
            }
        }
        for (sum, byte) in self.sums.iter().zip(pixels) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a mean of bytes, without its fraction"
            )]
            {
                *byte = *sum as u8;
            }
        }
        Ok(())
    }
}

/// Takes steps on `pixels`; `other` is as large, and is written over.
fn take_all(steps: &[Step], form: Form, pixels: &mut [u8], other: &mut [u8]) {
    let (mut from, mut to) = (pixels, other);
    let mut is_elsewhere = false;
    let mut left = steps;
    while let [step, after @ ..] = left {
        let together = left.iter().take_while(|step| is_table(**step)).count();
        let has_written = if together > 1 {
            look_up(&composed(&left[..together]), from, to);
            left = &left[together..];
            true
        } else {
            left = after;
            take(*step, form, from, to)
        };
        if has_written {
            std::mem::swap(&mut from, &mut to);
            is_elsewhere = !is_elsewhere;
        }
    }
    if is_elsewhere {
        to.copy_from_slice(from);
    }
}

/// Whether a byte alone decides what becomes of it.
fn is_table(step: Step) -> bool {
    matches!(
        step.operation,
        Operation::Brightness | Operation::Posterize | Operation::Solarize | Operation::Invert
    )
}

/// What several steps that are tables make of each byte.
fn composed(steps: &[Step]) -> [u8; 256] {
    let form = Form {
        width: 256,
        height: 1,
        channels: 1,
        moving: Moving {
            sampling: Sampling::Nearest,
            fill: [0; 3],
        },
    };
    let (mut made, mut other) = (table(|byte| byte), [0; 256]);
    for step in steps {
        if take(*step, form, &made, &mut other) {
            std::mem::swap(&mut made, &mut other);
        }
    }
    made
}

/// Writes what a step makes of pixels, unless that is the same; says whether it did.
fn take(step: Step, form: Form, from: &[u8], to: &mut [u8]) -> bool {
    let Step {
        operation,
        magnitude,
    } = step;
    if operation.is_signed() && magnitude == 0.0 {
        return false;
    }
    let (amount, channels) = (f64::from(magnitude), form.channels);
    let factor = 1.0 + amount;
    match operation {
        Operation::Identity | Operation::Chain => return false,
        Operation::Brightness => adjust::brightness(from, factor, to),
        Operation::Color => adjust::saturation(from, channels, factor, to),
        Operation::Contrast => adjust::contrast(from, channels, factor, to),
        Operation::Sharpness => sharpness(form, factor, from, to),
        Operation::Posterize => return posterize(magnitude, from, to),
        Operation::Solarize => levels::solarize(from, magnitude, to),
        Operation::AutoContrast => levels::autocontrast(from, channels, to),
        Operation::Equalize => levels::equalize(from, channels, to),
        Operation::Invert => levels::invert(from, to),
        Operation::ShearX
        | Operation::ShearY
        | Operation::TranslateX
        | Operation::TranslateY
        | Operation::Rotate => warp(affine(operation, amount), form, from, to),
    }
    true
}

fn posterize(bits: f32, from: &[u8], to: &mut [u8]) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 8"
    )]
    let bits = bits as u32;
    match bits {
        0 => to.fill(0),
        1..8 => levels::posterize(from, bits, to),
        8.. => return false,
    }
    true
}

/// The map of an operation that moves pixels.
fn affine(operation: Operation, amount: f64) -> Affine {
    let degrees = || libm::atan(amount).to_degrees();
    let still = Affine::default();
    let corner = Some((0.0, 0.0));
    match operation {
        Operation::ShearX => Affine {
            shear: (degrees(), 0.0),
            center: corner,
            ..still
        },
        Operation::ShearY => Affine {
            shear: (0.0, degrees()),
            center: corner,
            ..still
        },
        Operation::TranslateX => Affine {
            translate: (amount, 0.0),
            ..still
        },
        Operation::TranslateY => Affine {
            translate: (0.0, amount),
            ..still
        },
        _ => Affine::rotation(amount),
    }
}

fn warp(affine: Affine, form: Form, from: &[u8], to: &mut [u8]) {
    let source = form.raster(from);
    let inverse = affine.inverse((form.width, form.height));
    form.moving.warp(&source, &inverse, to);
}

fn sharpness(form: Form, factor: f64, from: &[u8], to: &mut [u8]) {
    sharpen(&form.raster(from), factor, to);
}

#[cfg(test)]
mod tests {
    use super::super::policy::Policy;
    use super::*;
    use crate::pixel::{Size, Words};
    use crate::random::Stream;

    const MOVING: Moving = Moving {
        sampling: Sampling::Nearest,
        fill: [0; 3],
    };

    const FORM: Form = Form {
        width: 31,
        height: 17,
        channels: 3,
        moving: MOVING,
    };

    fn picture() -> Vec<u8> {
        let mut chance = Stream::new(4, 0, 0, Purpose::Noise);
        let mut draw = || chance.next_u32().to_le_bytes()[0];
        (0..31 * 17 * 3).map(|_| draw()).collect()
    }

    fn step(operation: Operation, magnitude: f32) -> Step {
        Step {
            operation,
            magnitude,
        }
    }

    fn taken(steps: &[Step]) -> Vec<u8> {
        let mut pixels = picture();
        let mut other = vec![7; pixels.len()];
        take_all(steps, FORM, &mut pixels, &mut other);
        pixels
    }

    #[test]
    fn steps_that_are_one_table_do_what_they_do_one_by_one() {
        let steps = [
            step(Operation::Brightness, 0.5),
            step(Operation::Solarize, 200.0),
            step(Operation::Posterize, 5.0),
            step(Operation::Invert, 0.0),
        ];
        let (mut pixels, mut other) = (picture(), picture());
        for step in steps {
            assert!(take(step, FORM, &pixels, &mut other));
            std::mem::swap(&mut pixels, &mut other);
        }
        assert_eq!(taken(&steps), pixels);
    }

    #[test]
    fn what_does_nothing_changes_nothing() {
        for (_, operation) in Operation::WORDS {
            if operation.is_signed() {
                assert_eq!(taken(&[step(*operation, 0.0)]), picture());
            }
        }
        assert_eq!(taken(&[step(Operation::Identity, 0.0)]), picture());
        assert_eq!(taken(&[step(Operation::Posterize, 8.0)]), picture());
        let twice = [step(Operation::Invert, 0.0); 2];
        assert_eq!(taken(&twice), picture());
    }

    #[test]
    fn results_do_not_depend_on_where_they_were_computed() {
        let all = [
            step(Operation::ShearX, -0.2),
            step(Operation::Equalize, 0.0),
            step(Operation::Rotate, 12.0),
            step(Operation::Sharpness, 0.4),
        ];
        for count in 1..=all.len() {
            let (mut pixels, mut other) = (picture(), picture());
            for step in &all[..count] {
                take(*step, FORM, &pixels, &mut other);
                std::mem::swap(&mut pixels, &mut other);
            }
            assert_eq!(taken(&all[..count]), pixels);
        }
    }

    #[test]
    fn chains_without_effect_leave_the_image_but_for_roundings() {
        let mut memory = Memory::default();
        let steps = [
            step(Operation::Chain, 0.25),
            step(Operation::Identity, 0.0),
            step(Operation::Chain, 0.5),
            step(Operation::Invert, 0.0),
            step(Operation::Invert, 0.0),
        ];
        let mut pixels = picture();
        memory.take_chains(&mut pixels, FORM, &steps).unwrap();
        assert_eq!(pixels, picture());
        let negative = [step(Operation::Chain, 1.0), step(Operation::Invert, 0.0)];
        memory.take_chains(&mut pixels, FORM, &negative).unwrap();
        assert_eq!(pixels, taken(&negative[1..]));
    }

    #[test]
    fn one_identity_gives_one_result_whatever_came_before() {
        let policy = Policy::RandAugment {
            num_ops: 3,
            magnitude: 9,
            num_magnitude_bins: 31,
        };
        let policy = Applied::from(policy);
        let change = |worker: &mut Worker, key| {
            let mut pixels = picture();
            let mut done = Vec::new();
            let image = Image {
                pixels: &mut pixels,
                size: Size::new(31, 17),
                channels: 3,
            };
            let identity = Identity {
                seed: 1,
                epoch: 2,
                key,
            };
            worker.change(image, identity, &mut done).unwrap();
            (pixels, done)
        };
        let mut old = Worker::new(policy);
        for key in 0..50 {
            let found = change(&mut old, key);
            assert_eq!(found, change(&mut Worker::new(policy), key));
            assert_eq!(taken(&found.1), found.0);
        }
    }
}
