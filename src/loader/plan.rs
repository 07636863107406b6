//! What was asked for, checked against itself and the data, in the form the workers use: nothing in
//! it can contradict.

use std::sync::Arc;

use super::config::{Config, Labels, OnError, Sampling};
use super::geometry::Rule;
use crate::codec::{Backend, Tally};
use crate::dataset::{ByClass, Dataset};
use crate::engine::MOST_WORKERS;
use crate::error::{Error, Result, counted};
use crate::pixel::{Channels, Conversion, Dtype, Fit, Interpolation, Layout, Linear, Size};
use crate::sampler::{Order, Schedule};

/// Everything a worker needs to know.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub(super) struct Plan {
    pub(super) rule: Rule,
    pub(super) interpolation: Interpolation,
    pub(super) flip: bool,
    pub(super) layout: Layout,
    pub(super) channels: Channels,
    pub(super) conversion: Conversion,
    pub(super) fill: [u8; 3],
    pub(super) labels: Labels,
    /// Length of a one-hot label.
    pub(super) num_classes: usize,
    pub(super) seed: u64,
    pub(super) exact: bool,
    pub(super) backend: Backend,
    /// What decoded the JPEGs so far.
    pub(super) tally: Arc<Tally>,
    pub(super) exif: bool,
    pub(super) max_pixels: u64,
    pub(super) on_error: OnError,
    pub(super) order: Order,
    pub(super) schedule: Schedule,
    pub(super) endless: bool,
    /// Each sample in memory of its own.
    pub(super) singles: bool,
    /// A list of pictures rather than one array.
    pub(super) ragged: bool,
}

impl Plan {
    /// Checks what can be checked without the data.
    pub(super) fn check(config: &Config) -> Result<()> {
        check(config)
    }

    /// The plan for a configuration that passed [`Plan::check`].
    pub(super) fn new(config: &Config, data: &dyn Dataset) -> Result<Self> {
        let order = order(config, data)?;
        let global = (config.batch_size as u64).saturating_mul(config.shard.1 as u64);
        let schedule = Schedule {
            // What is drawn with replacement has no end that a batch could be cut short by.
            len: if order.with_replacement() {
                data.len()
                    .checked_next_multiple_of(global)
                    .unwrap_or(u64::MAX)
            } else {
                data.len()
            },
            batch_size: config.batch_size as u64,
            rank: config.shard.0 as u64,
            world: config.shard.1 as u64,
            last_batch: config.last_batch,
        };
        if schedule.steps_from(0) == 0 {
            let (most, samples) = (
                data.len() / config.shard.1 as u64,
                counted(data.len(), "sample"),
            );
            let each = match config.shard.1 {
                1 => String::new(),
                world => format!(" for each of {world} ranks"),
            };
            let allowed = format!(
                "at most {most}{each} with last_batch=\"drop\": the data set has {samples}"
            );
            return Err(Error::argument("batch_size", config.batch_size, allowed));
        }
        Ok(Self {
            rule: Rule {
                fit: config.fit,
                size: config.size,
                resize_short: config.resize_short,
                scale: config.scale,
                ratio: config.ratio,
            },
            interpolation: config.interpolation,
            flip: config.flip,
            layout: config.layout,
            channels: config.channels,
            conversion: conversion(config)?,
            fill: config.fill,
            labels: config.labels,
            // Asked for where it matters alone: to know it may take reading all labels.
            num_classes: if config.labels == Labels::OneHot {
                data.classes()?.len()
            } else {
                0
            },
            seed: config.seed,
            exact: config.exact || always_exact(config),
            backend: config.decoder,
            tally: Arc::default(),
            exif: config.exif,
            max_pixels: config.max_pixels,
            on_error: config.on_error,
            endless: config.repeat || order.with_replacement(),
            order,
            schedule,
            singles: config.ragged || config.size.is_none(),
            ragged: config.ragged,
        })
    }

    /// Bytes of a sample of `size`.
    pub(super) fn image_bytes(&self, size: Size) -> usize {
        size.width as usize
            * size.height as usize
            * self.channels.count()
            * self.conversion.dtype().bytes()
    }
}

fn check(config: &Config) -> Result<()> {
    let positive = |name, value: usize| match value {
        0 => Err(Error::argument(name, value, "at least 1")),
        _ => Ok(()),
    };
    positive("batch_size", config.batch_size)?;
    positive("prefetch", config.prefetch)?;
    positive("workers", config.workers.unwrap_or(1))?;
    if let Some(workers) = config.workers.filter(|workers| *workers > MOST_WORKERS) {
        return Err(Error::argument(
            "workers",
            workers,
            format!("at most {MOST_WORKERS}"),
        ));
    }
    check_size(config)?;
    check_crop(config)?;
    check_values(config)?;
    let (rank, world) = config.shard;
    if rank >= world {
        return Err(Error::argument(
            "shard",
            format!("({rank}, {world})"),
            "(rank, world) with 0 <= rank < world",
        ));
    }
    if let Some((_, fraction)) = config.split
        && !(fraction > 0.0 && fraction < 1.0)
    {
        return Err(Error::argument(
            "split",
            fraction,
            "a fraction between 0 and 1",
        ));
    }
    if config.weights.is_some() && config.sampling == Sampling::Balanced {
        return Err(Error::argument(
            "weights",
            "given",
            "not together with sampling=\"balanced\"",
        ));
    }
    if config.max_pixels == 0 {
        return Err(Error::argument("max_pixels", 0, "at least 1"));
    }
    Ok(())
}

/// Larger sides are an oversight, and products of sizes must not overflow.
const LARGEST_SIDE: u32 = 65_535;

fn check_size(config: &Config) -> Result<()> {
    match config.size {
        Some(size)
            if size.width == 0
                || size.height == 0
                || size.width.max(size.height) > LARGEST_SIDE =>
        {
            let Size { width, height } = size;
            let given = if width == height {
                width.to_string()
            } else {
                format!("({height}, {width})")
            };
            Err(Error::argument(
                "size",
                given,
                format!("sides between 1 and {LARGEST_SIDE}"),
            ))
        }
        None if config.batch_size > 1 && !config.ragged => Err(Error::argument(
            "size",
            "None",
            "only with batch_size=1 or ragged=True: pictures differ in size",
        )),
        None if config.fit != Fit::Stretch => Err(Error::argument(
            "size",
            "None",
            "only with fit=\"stretch\": pictures keep their own size",
        )),
        _ => Ok(()),
    }
}

fn check_crop(config: &Config) -> Result<()> {
    if let Some(short) = config.resize_short {
        let longest = config.size.map_or(0, |size| size.width.max(size.height));
        if config.fit != Fit::Crop {
            return Err(Error::argument(
                "resize_short",
                short,
                "only with fit=\"crop\"",
            ));
        }
        if short < longest || short > LARGEST_SIDE {
            return Err(Error::argument(
                "resize_short",
                short,
                format!("between the crop's size, {longest}, and {LARGEST_SIDE}"),
            ));
        }
    }
    let pair = |(low, high): (f64, f64)| format!("({low}, {high})");
    let (low, high) = config.scale;
    if !(low > 0.0 && low <= high && high <= 1.0) {
        return Err(Error::argument(
            "scale",
            pair(config.scale),
            "shares of the area, 0 < low <= high <= 1",
        ));
    }
    let (low, high) = config.ratio;
    if !(low > 0.0 && low <= high && high.is_finite()) {
        return Err(Error::argument(
            "ratio",
            pair(config.ratio),
            "aspect ratios, 0 < low <= high",
        ));
    }
    Ok(())
}

fn check_values(config: &Config) -> Result<()> {
    if let Some(rescale) = config.rescale {
        if config.dtype != Dtype::Float32 || config.mean.is_some() || config.std.is_some() {
            return Err(Error::argument(
                "rescale",
                rescale,
                "only with dtype float32, and without mean and std",
            ));
        }
        if !rescale.is_finite() {
            return Err(Error::argument("rescale", rescale, "a finite number"));
        }
    }
    for (name, values) in [("mean", config.mean), ("std", config.std)] {
        let Some(values) = values else { continue };
        if config.dtype == Dtype::Uint8 {
            return Err(Error::argument(
                name,
                format!("{values:?}"),
                "only with a float dtype",
            ));
        }
        let lowest = if name == "std" {
            f64::MIN_POSITIVE
        } else {
            0.0
        };
        if !values.iter().all(|v| (lowest..=1.0).contains(v)) {
            let hint = "one number per channel in 0..1 (of x / 255), std above 0";
            return Err(Error::argument(name, format!("{values:?}"), hint));
        }
    }
    Ok(())
}

/// Where the fast way is not as good as it should be: a picture that keeps its size is wanted as
/// other decoders give it; `nearest` and `floor` take single samples, and `area` cuts between them,
/// so neither evens out what planes and scaled decoding do.
fn always_exact(config: &Config) -> bool {
    let by_sample = matches!(
        config.interpolation,
        Interpolation::Nearest | Interpolation::Floor | Interpolation::Area
    );
    config.size.is_none() || by_sample
}

fn order(config: &Config, data: &dyn Dataset) -> Result<Order> {
    if config.sampling == Sampling::Balanced {
        let ByClass { ranges, samples } = data.by_class()?;
        let classes: Vec<_> = ranges
            .iter()
            .filter(|range| !range.is_empty())
            .cloned()
            .collect();
        if classes.is_empty() {
            return Err(Error::argument(
                "sampling",
                "\"balanced\"",
                "not where no sample has a label that can be read",
            ));
        }
        return Ok(Order::Balanced { classes, samples });
    }
    match &config.weights {
        Some(weights) => weighted(weights, data),
        None if config.shuffle => Ok(Order::Shuffled),
        None => Ok(Order::Sorted),
    }
}

/// Running sums of the weight of each sample. A class's weight is that of each of its samples.
fn weighted(weights: &[f64], data: &dyn Dataset) -> Result<Order> {
    let samples = data.len();
    let by_class = if weights.len() as u64 == samples {
        None
    } else {
        Some(data.by_class()?)
    };
    let shown = format!(
        "{:?}{}",
        &weights[..weights.len().min(5)],
        if weights.len() > 5 { " and more" } else { "" }
    );
    if let Some(classes) = by_class
        .as_ref()
        .map(|by_class| by_class.ranges.len())
        .filter(|n| *n != weights.len())
    {
        let (samples, classes) = (counted(samples, "sample"), counted(classes as u64, "class"));
        let allowed = format!("one weight for each of {samples}, or for each of {classes}");
        return Err(Error::argument(
            "weights",
            counted(weights.len() as u64, "number"),
            allowed,
        ));
    }
    if !weights.iter().all(|w| w.is_finite() && *w >= 0.0) || !weights.iter().any(|w| *w > 0.0) {
        return Err(Error::argument(
            "weights",
            shown,
            "finite numbers, none negative, not all zero",
        ));
    }
    let mut sums = by_class.map_or_else(
        || weights.to_vec(),
        |by_class| of_samples(weights, &by_class, samples),
    );
    let mut sum = 0.0;
    for weight in &mut sums {
        sum += *weight;
        *weight = sum;
    }
    if sum <= 0.0 || !f64::is_finite(sum) {
        return Err(Error::argument(
            "weights",
            shown,
            "not zero for every class that has samples, and a finite sum",
        ));
    }
    Ok(Order::Weighted(sums))
}

/// The weight of each sample, given those of the classes.
fn of_samples(weights: &[f64], by_class: &ByClass, samples: u64) -> Vec<f64> {
    let mut each = vec![0.0; usize::try_from(samples).unwrap_or(usize::MAX)];
    for (weight, places) in weights.iter().zip(&*by_class.ranges) {
        for place in places.clone() {
            each[usize::try_from(by_class.sample(place)).unwrap_or(usize::MAX)] = *weight;
        }
    }
    each
}

fn conversion(config: &Config) -> Result<Conversion> {
    let linear = match config.rescale {
        Some(rescale) => Linear::scaling(rescale),
        None => Linear::normalizing(
            config.mean.unwrap_or([0.0; 3]),
            config.std.unwrap_or([1.0; 3]),
        ),
    };
    Conversion::new(config.dtype, linear).ok_or_else(|| {
        let given = format!("{:?}", config.dtype);
        Error::argument("dtype", given, "uint8, float32, float16 or bfloat16")
    })
}
