//! How the samples of a batch are mixed: each with the one before it, the first with the last, as
//! torchvision's `MixUp` and `CutMix` do.

use std::ops::Range;

use half::{bf16, f16};

use super::distribution::beta;
use super::policy::{Refused, refused_alpha};
use crate::error::{Error, Result};
use crate::pixel::{Dtype, Layout, Size, words};
use crate::random::{Purpose, Stream};

/// A way of mixing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Weighted sums of whole images (Zhang et al., 2018).
    MixUp,
    /// A rectangle of the other image (Yun et al., 2019).
    CutMix,
}

words!(Kind: "mixup" MixUp, "cutmix" CutMix);

/// The ways of mixing that a batch has one of, each as likely, and the parameter of the
/// distribution that each draws shares from.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixing(Vec<(Kind, f64)>);

/// How the samples of a batch are mixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixed {
    /// The way.
    pub kind: Kind,
    /// The share of each sample itself in it; the rest is of the one before. With
    /// [`Kind::MixUp`], a multiple of 2^-16; with [`Kind::CutMix`], the share of the pixels.
    pub share: f64,
    /// With [`Kind::CutMix`], what is of the one before: left, top, right and bottom in pixels.
    pub area: Option<[u32; 4]>,
}

/// What the images of a batch are like in memory.
#[derive(Clone, Copy, Debug)]
pub struct Images {
    /// Type of the elements.
    pub dtype: Dtype,
    /// Order of the axes.
    pub layout: Layout,
    /// Columns and rows.
    pub size: Size,
    /// Channels.
    pub channels: usize,
}

/// Shares are multiples of one part in so many, so that bytes are mixed in whole numbers.
const PARTS: u32 = 1 << 16;

impl Mixing {
    /// One of `ways` for each batch.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is none, or a parameter is not valid.
    pub fn new(ways: Vec<(Kind, f64)>) -> Result<Self> {
        if ways.is_empty() {
            return Err(Error::argument("mix", "()", "at least one way of mixing"));
        }
        for (kind, alpha) in &ways {
            if let Some(Refused { allowed, .. }) = refused_alpha(*alpha) {
                let given = format!("{kind:?}(alpha={alpha})");
                return Err(Error::argument("mix", given, format!("alpha is {allowed}")));
            }
        }
        Ok(Self(ways))
    }

    /// How the batch of images of `size` is mixed that begins at `position` of an epoch.
    #[must_use]
    pub fn draw(&self, seed: u64, epoch: u32, position: u64, size: Size) -> Mixed {
        let mut chance = Stream::new(seed, epoch, position, Purpose::Mix);
        let way = usize::try_from(chance.below(self.0.len() as u64)).unwrap_or(0);
        let (kind, alpha) = self.0[way];
        let share = beta(&mut chance, alpha);
        match kind {
            Kind::MixUp => Mixed::by_share(share),
            Kind::CutMix => Mixed::by_area(cut(&mut chance, share, size), size),
        }
    }
}

/// A rectangle with its centre anywhere, of a share of 1 - `share` of the area where it is not cut
/// off by an edge.
fn cut(chance: &mut Stream, share: f64, size: Size) -> [u32; 4] {
    let half = 0.5 * (1.0 - share).sqrt();
    let mut along = |side: u32| {
        let centre = u32::try_from(chance.below(u64::from(side))).unwrap_or(0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "half of a side at most"
        )]
        let half = (half * f64::from(side)) as u32;
        (centre.saturating_sub(half), (centre + half).min(side))
    };
    let ((left, right), (top, bottom)) = (along(size.width), along(size.height));
    [left, top, right, bottom]
}

impl Mixed {
    /// Weighted sums, in which each sample itself has the nearest share that there is to this one.
    #[must_use]
    pub fn by_share(share: f64) -> Self {
        Self {
            kind: Kind::MixUp,
            share: (share * f64::from(PARTS)).round_ties_even() / f64::from(PARTS),
            area: None,
        }
    }

    /// Left, top, right and bottom of what images of `size` have of the other one.
    #[must_use]
    pub fn by_area(area: [u32; 4], size: Size) -> Self {
        let [left, top, right, bottom] = area.map(f64::from);
        let part = (right - left) * (bottom - top);
        Self {
            kind: Kind::CutMix,
            share: 1.0 - part / (f64::from(size.width) * f64::from(size.height)),
            area: Some(area),
        }
    }

    /// Mixes the labels of a batch, `classes` for each sample.
    pub fn mix_labels(&self, labels: &mut [f32], classes: usize) {
        let (own, other) = self.weights();
        roll(labels, classes, |a, b| a * own + b * other);
    }

    /// Mixes the images of a batch, which begin at a boundary of their elements.
    ///
    /// # Panics
    /// If they do not.
    pub fn mix_images(&self, images: &mut [u8], form: Images) {
        match self.area {
            Some(area) => paste(images, area, form),
            None => self.sum(form.dtype, Batch(images, form.elements())),
        }
    }

    /// Mixes an image with another one, both of which begin at a boundary of their elements.
    ///
    /// # Panics
    /// If they do not, or are not of this form.
    pub fn mix_pair(&self, own: &mut [u8], other: &[u8], form: Images) {
        match self.area {
            Some(area) => spans(area, form).for_each(|span| {
                own[span.clone()].copy_from_slice(&other[span]);
            }),
            None => self.sum(form.dtype, Pair(own, other)),
        }
    }

    fn sum(&self, dtype: Dtype, elements: impl Elements) {
        let (own, other) = self.weights();
        match dtype {
            Dtype::Uint8 => {
                let own = self.parts();
                let sum = |a: u8, b: u8| u32::from(a) * own + u32::from(b) * (PARTS - own);
                #[expect(clippy::cast_possible_truncation, reason = "a mean of bytes")]
                let mean = |a, b| ((sum(a, b) + PARTS / 2) >> 16) as u8;
                elements.each(mean);
            }
            Dtype::Float16 => elements.each(|a, b| half_of::<f16>(a, b, (own, other))),
            Dtype::Bfloat16 => elements.each(|a, b| half_of::<bf16>(a, b, (own, other))),
            _ => elements.each(|a: f32, b| a * own + b * other),
        }
    }

    /// The shares of a sample and of the other one.
    #[expect(clippy::cast_possible_truncation, reason = "in single precision")]
    fn weights(&self) -> (f32, f32) {
        (self.share as f32, (1.0 - self.share) as f32)
    }

    /// The share of a sample in [`PARTS`].
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of them"
    )]
    fn parts(&self) -> u32 {
        (self.share * f64::from(PARTS)) as u32
    }
}

impl Images {
    fn elements(&self) -> usize {
        self.size.width as usize * self.size.height as usize * self.channels
    }
}

/// Elements that are mixed, each with another one.
trait Elements {
    /// Replaces each by `mean` of it and of the other one.
    fn each<T: bytemuck::Pod + Default>(self, mean: impl Fn(T, T) -> T);
}

/// The images of a batch, of so many elements each.
struct Batch<'a>(&'a mut [u8], usize);

impl Elements for Batch<'_> {
    fn each<T: bytemuck::Pod + Default>(self, mean: impl Fn(T, T) -> T) {
        roll(bytemuck::cast_slice_mut(self.0), self.1, mean);
    }
}

/// An image and another one.
struct Pair<'a>(&'a mut [u8], &'a [u8]);

impl Elements for Pair<'_> {
    fn each<T: bytemuck::Pod + Default>(self, mean: impl Fn(T, T) -> T) {
        let own: &mut [T] = bytemuck::cast_slice_mut(self.0);
        let other: &[T] = bytemuck::cast_slice(self.1);
        for (own, other) in own.iter_mut().zip(other) {
            *own = mean(*own, *other);
        }
    }
}

/// The weighted sum of two numbers of 16 bits.
fn half_of<T: Half>(a: u16, b: u16, (own, other): (f32, f32)) -> u16 {
    T::narrow(T::widen(a) * own + T::widen(b) * other)
}

trait Half {
    fn widen(bits: u16) -> f32;
    fn narrow(value: f32) -> u16;
}

impl Half for f16 {
    fn widen(bits: u16) -> f32 {
        Self::from_bits(bits).to_f32()
    }

    fn narrow(value: f32) -> u16 {
        Self::from_f32(value).to_bits()
    }
}

impl Half for bf16 {
    fn widen(bits: u16) -> f32 {
        Self::from_bits(bits).to_f32()
    }

    fn narrow(value: f32) -> u16 {
        Self::from_f32(value).to_bits()
    }
}

/// Elements of each sample that are mixed at a time: they stay in the caches while all samples have
/// their turn.
const BLOCK: usize = 4096;

/// Replaces each element by `mean` of it and of the one of the sample before, the first sample's by
/// that with the last one's. Samples have `len` elements.
fn roll<T: Copy + Default>(batch: &mut [T], len: usize, mean: impl Fn(T, T) -> T) {
    let samples = batch.len().checked_div(len).unwrap_or(0);
    let Some(last) = samples.checked_sub(1) else {
        return;
    };
    let mut kept = [T::default(); BLOCK];
    let mut start = 0;
    while start < len {
        let block = BLOCK.min(len - start);
        let kept = &mut kept[..block];
        kept.copy_from_slice(&batch[last * len + start..][..block]);
        for sample in (1..samples).rev() {
            let (before, own) = batch.split_at_mut(sample * len);
            let before = &before[(sample - 1) * len + start..][..block];
            let own = &mut own[start..][..block];
            own.iter_mut()
                .zip(before)
                .for_each(|(a, b)| *a = mean(*a, *b));
        }
        let own = &mut batch[start..][..block];
        own.iter_mut()
            .zip(&*kept)
            .for_each(|(a, b)| *a = mean(*a, *b));
        start += block;
    }
}

/// Replaces the pixels of an area by those of the sample before, in the first sample by the last
/// one's.
fn paste(images: &mut [u8], area: [u32; 4], form: Images) {
    let len = form.elements() * form.dtype.bytes();
    let samples = images.len().checked_div(len).unwrap_or(0);
    for Range { start, end } in spans(area, form) {
        let span = end - start;
        // Samples but for the first take from the one before, the last one first; what the first
        // takes is exchanged from sample to sample.
        for sample in (1..samples).rev() {
            let (before, own) = images.split_at_mut(sample * len);
            let before = &mut before[(sample - 1) * len + start..][..span];
            own[start..][..span].swap_with_slice(before);
        }
    }
}

/// The bytes of an area in an image: a stretch for each row of each plane.
fn spans([left, top, right, bottom]: [u32; 4], form: Images) -> impl Iterator<Item = Range<usize>> {
    let bytes = form.dtype.bytes();
    let (width, height) = (form.size.width as usize, form.size.height as usize);
    // Bytes of a pixel, planes of a sample.
    let (pixel, planes) = match form.layout {
        Layout::Nhwc => (form.channels * bytes, 1),
        Layout::Nchw => (bytes, form.channels),
    };
    let [left, right, top, bottom] = [left, right, top, bottom].map(|edge| edge as usize);
    let rows =
        (0..planes).flat_map(move |plane| (top..bottom).map(move |row| plane * height + row));
    rows.map(move |row| (row * width + left) * pixel..(row * width + right) * pixel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surface(dtype: Dtype, layout: Layout) -> Images {
        Images {
            dtype,
            layout,
            size: Size::new(40, 50),
            channels: 3,
        }
    }

    fn images(samples: usize) -> Vec<u8> {
        let mut all = vec![0; samples * 6000];
        let mut chance = Stream::new(9, 0, 0, Purpose::Noise);
        all.fill_with(|| chance.next_u32().to_le_bytes()[0]);
        all
    }

    fn mixed(kind: Kind, seed: u64) -> Mixed {
        let mixing = Mixing::new(vec![(kind, 1.0)]).unwrap();
        mixing.draw(seed, 0, 0, Size::new(40, 50))
    }

    #[test]
    fn each_sample_is_mixed_with_the_one_before() {
        for (samples, seed) in [(1usize, 1), (2, 2), (3, 3), (7, 4)] {
            let how = mixed(Kind::MixUp, seed);
            let before = images(samples);
            let mut after = before.clone();
            how.mix_images(&mut after, surface(Dtype::Uint8, Layout::Nhwc));
            for (place, byte) in after.iter().enumerate() {
                let (sample, element) = (place / 6000, place % 6000);
                let other = before[(sample + samples - 1) % samples * 6000 + element];
                let exact =
                    how.share * f64::from(before[place]) + (1.0 - how.share) * f64::from(other);
                assert!((f64::from(*byte) - exact).abs() <= 0.5, "{byte} {exact}");
            }
            if samples == 1 {
                assert_eq!(before, after);
            }
        }
    }

    #[test]
    fn a_pair_is_mixed_as_in_a_batch_of_two() {
        for (kind, dtype, layout) in [
            (Kind::MixUp, Dtype::Uint8, Layout::Nhwc),
            (Kind::MixUp, Dtype::Float32, Layout::Nhwc),
            (Kind::MixUp, Dtype::Float16, Layout::Nchw),
            (Kind::CutMix, Dtype::Uint8, Layout::Nhwc),
            (Kind::CutMix, Dtype::Float32, Layout::Nchw),
        ] {
            let form = surface(dtype, layout);
            let how = mixed(kind, 6);
            let values: Vec<f32> = images(2).iter().map(|byte| f32::from(*byte)).collect();
            let all: &[u8] = bytemuck::cast_slice(&values);
            let mut batch = all[..2 * 6000 * dtype.bytes()].to_vec();
            let (first, second) = batch.split_at(6000 * dtype.bytes());
            let (other, mut own) = (first.to_vec(), second.to_vec());
            how.mix_pair(&mut own, &other, form);
            how.mix_images(&mut batch, form);
            assert_eq!(own, batch[6000 * dtype.bytes()..], "{kind:?} {dtype:?}");
        }
    }

    #[test]
    fn floats_are_weighted_sums() {
        let how = mixed(Kind::MixUp, 8);
        let before: Vec<f32> = images(3)
            .iter()
            .map(|byte| f32::from(*byte) / 255.0)
            .collect();
        let mut after = before.clone();
        let bytes = bytemuck::cast_slice_mut(&mut after);
        how.mix_images(bytes, surface(Dtype::Float32, Layout::Nchw));
        let (own, other) = how.weights();
        for (place, value) in after.iter().enumerate() {
            let before = [before[place], before[(place + 12_000) % 18_000]];
            assert_eq!(
                value.to_bits(),
                (before[0] * own + before[1] * other).to_bits()
            );
        }
    }

    #[test]
    fn a_rectangle_is_of_the_sample_before() {
        for (samples, seed) in [(1usize, 1), (2, 2), (3, 3), (7, 4)] {
            for layout in [Layout::Nhwc, Layout::Nchw] {
                let how = mixed(Kind::CutMix, seed);
                let [left, top, right, bottom] = how.area.unwrap().map(|edge| edge as usize);
                let before = images(samples);
                let mut after = before.clone();
                how.mix_images(&mut after, surface(Dtype::Uint8, layout));
                for (place, byte) in after.iter().enumerate() {
                    let (sample, element) = (place / 6000, place % 6000);
                    let pixel = match layout {
                        Layout::Nhwc => element / 3,
                        Layout::Nchw => element % 2000,
                    };
                    let inside = (left..right).contains(&(pixel % 40))
                        && (top..bottom).contains(&(pixel / 40));
                    let from = if inside { sample + samples - 1 } else { sample };
                    assert_eq!(*byte, before[from % samples * 6000 + element]);
                }
            }
        }
    }

    #[test]
    fn labels_have_the_shares_of_the_images() {
        let how = mixed(Kind::CutMix, 5);
        let [left, top, right, bottom] = how.area.unwrap();
        let part = f64::from((right - left) * (bottom - top)) / 2000.0;
        assert!((how.share - (1.0 - part)).abs() < 1e-12);
        let mut labels = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        how.mix_labels(&mut labels, 3);
        let (own, other) = how.weights();
        let expected = [own, 0.0, other, other, own, 0.0, 0.0, other, own];
        assert_eq!(labels.map(f32::to_bits), expected.map(f32::to_bits));
    }

    #[test]
    fn ways_are_as_likely() {
        let mixing = Mixing::new(vec![(Kind::MixUp, 0.2), (Kind::CutMix, 1.0)]).unwrap();
        let is_cut = |position| {
            let drawn = mixing.draw(1, 0, position, Size::new(8, 8));
            usize::from(drawn.kind == Kind::CutMix)
        };
        let cuts: usize = (0..4000).map(is_cut).sum();
        assert!(cuts.abs_diff(2000) < 150, "{cuts}");
        assert!(Mixing::new(Vec::new()).is_err());
        assert!(Mixing::new(vec![(Kind::MixUp, f64::NAN)]).is_err());
    }
}
