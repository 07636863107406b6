//! What was asked for, checked against itself and the data, in the form the workers use: it is free
//! of contradictions.

use super::config::{Config, Labels, Sampling};
use super::gpu::Delivery;
use crate::augment::Mixing;
use crate::dataset::{ByClass, Dataset};
use crate::engine::{OnError, check_batching, check_shard};
use crate::error::{Error, Result, counted};
use crate::sampler::{Order, Schedule};
use crate::tensor::Device;
use crate::transform::Recipe;

/// Everything a worker needs to know.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) recipe: Recipe,
    /// What is left to do on a GPU; nothing where batches stay on the CPU.
    pub(super) delivery: Option<Delivery>,
    pub(super) mix: Option<Mixing>,
    pub(super) labels: Labels,
    /// Length of a one-hot label.
    pub(super) num_classes: usize,
    pub(super) seed: u64,
    pub(super) on_error: OnError,
    pub(super) order: Order,
    pub(super) schedule: Schedule,
    pub(super) endless: bool,
    /// A list of images rather than one array.
    pub(super) ragged: bool,
}

impl Plan {
    /// Checks what can be checked without the data.
    pub(super) fn check(config: &Config) -> Result<()> {
        check_batches(config)?;
        Recipe::new(&config.image)?;
        check_mix(config)?;
        check_samples(config)
    }

    /// The plan for a configuration that passed [`Plan::check`].
    pub(super) fn new(config: &Config, data: &dyn Dataset) -> Result<Self> {
        let order = order(config, data)?;
        let (recipe, delivery) = delivered(Recipe::new(&config.image)?, config);
        // A mixed label has shares of several classes.
        let labels = if config.mix.is_some() {
            Labels::OneHot
        } else {
            config.labels
        };
        // Asked for where it matters alone: to know it may take reading all labels.
        let num_classes = if labels == Labels::OneHot {
            data.classes()?.len()
        } else {
            0
        };
        if config.mix.is_some() && num_classes < 2 {
            let allowed = "only where there are two classes or more: labels are mixed, too";
            return Err(Error::argument("mix", "...", allowed));
        }
        Ok(Self {
            recipe,
            delivery,
            labels,
            num_classes,
            mix: config.mix.clone(),
            seed: config.seed,
            on_error: config.on_error,
            schedule: schedule(config, data, order.with_replacement())?,
            endless: config.repeat || order.with_replacement(),
            order,
            ragged: config.ragged,
        })
    }
}

/// What workers make of images, and what is left to a GPU: the bus is slow, and bytes are the
/// smallest form of a batch.
fn delivered(recipe: Recipe, config: &Config) -> (Recipe, Option<Delivery>) {
    let (Device::Cuda(ordinal), Some(size)) = (config.device, recipe.size()) else {
        return (recipe, None);
    };
    let images = recipe.field(size);
    let (recipe, deferred) = recipe.deferred();
    let delivery = Delivery {
        ordinal,
        deferred,
        route: config.route,
        images,
    };
    (recipe, Some(delivery))
}

fn schedule(config: &Config, data: &dyn Dataset, with_replacement: bool) -> Result<Schedule> {
    let (rank, world) = config.shard;
    let global = (config.batch_size as u64).saturating_mul(world as u64);
    let len = data.len();
    let schedule = Schedule {
        // What is drawn with replacement has no end that a batch could be cut short by.
        len: if with_replacement {
            len.checked_next_multiple_of(global).unwrap_or(u64::MAX)
        } else {
            len
        },
        batch_size: config.batch_size as u64,
        rank: rank as u64,
        world: world as u64,
        last_batch: config.last_batch,
    };
    if schedule.steps_from(0) > 0 {
        return Ok(schedule);
    }
    let each = match world {
        1 => String::new(),
        world => format!(" for each of {world} ranks"),
    };
    let (most, samples) = (len / world as u64, counted(len, "sample"));
    let allowed =
        format!("at most {most}{each} with last_batch=\"drop\": the dataset has {samples}");
    Err(Error::argument("batch_size", config.batch_size, allowed))
}

fn check_batches(config: &Config) -> Result<()> {
    check_batching(config.batch_size, config.prefetch, config.workers)?;
    if config.device != Device::Cpu && (config.ragged || config.image.size.is_none()) {
        let (name, value) = if config.ragged {
            ("ragged", "True")
        } else {
            ("size", "None")
        };
        let allowed = "only with device=\"cpu\": on a GPU, images of a batch have one size";
        return Err(Error::argument(name, value, allowed));
    }
    if config.image.size.is_none() && config.batch_size > 1 && !config.ragged {
        return Err(Error::argument(
            "size",
            "None",
            "only with batch_size=1 or ragged=True: images differ in size",
        ));
    }
    Ok(())
}

fn check_mix(config: &Config) -> Result<()> {
    let refuse = |argument, value, allowed| Err(Error::argument(argument, value, allowed));
    if config.mix.is_none() {
        Ok(())
    } else if config.labels == Labels::None {
        let allowed = "only without mix: images are mixed together with their labels";
        refuse("labels", "None", allowed)
    } else if config.ragged {
        let allowed = "only without mix: images that are mixed have one size";
        refuse("ragged", "True", allowed)
    } else if config.image.size.is_none() {
        let allowed = "only without mix: images that are mixed have one size";
        refuse("size", "None", allowed)
    } else {
        Ok(())
    }
}

fn check_samples(config: &Config) -> Result<()> {
    check_shard(config.shard)?;
    if let Some((_, fraction)) = config.split
        && !(fraction > 0.0 && fraction < 1.0)
    {
        let allowed = "a fraction between 0 and 1";
        return Err(Error::argument("split", fraction, allowed));
    }
    if config.weights.is_some() && config.sampling == Sampling::Balanced {
        let allowed = "not together with sampling=\"balanced\"";
        return Err(Error::argument("weights", "given", allowed));
    }
    Ok(())
}

fn order(config: &Config, data: &dyn Dataset) -> Result<Order> {
    match &config.weights {
        _ if config.sampling == Sampling::Balanced => balanced(data),
        Some(weights) => weighted(weights, data),
        None if config.shuffle => Ok(Order::Shuffled),
        None => Ok(Order::Sorted),
    }
}

fn balanced(data: &dyn Dataset) -> Result<Order> {
    let ByClass { ranges, samples } = data.by_class()?;
    let filled = ranges.iter().filter(|range| !range.is_empty());
    let classes: Vec<_> = filled.cloned().collect();
    if classes.is_empty() {
        let allowed = "only if some samples have labels that can be read";
        return Err(Error::argument("sampling", "\"balanced\"", allowed));
    }
    Ok(Order::Balanced { classes, samples })
}

/// Running sums of the weight of each sample. A class's weight is that of each of its samples.
fn weighted(weights: &[f64], data: &dyn Dataset) -> Result<Order> {
    let refuse = |allowed| {
        let first = &weights[..weights.len().min(5)];
        let more = if weights.len() > 5 { " and more" } else { "" };
        Err(Error::argument(
            "weights",
            format!("{first:?}{more}"),
            allowed,
        ))
    };
    let mut sums = if weights.len() as u64 == data.len() {
        weights.to_vec()
    } else {
        of_samples(weights, &data.by_class()?, data.len())?
    };
    if !weights.iter().all(|w| w.is_finite() && *w >= 0.0) || !weights.iter().any(|w| *w > 0.0) {
        return refuse("finite numbers, none negative, not all zero");
    }
    let mut sum = 0.0;
    for weight in &mut sums {
        sum += *weight;
        *weight = sum;
    }
    if sum <= 0.0 || !f64::is_finite(sum) {
        return refuse("not zero for every class that has samples, and a finite sum");
    }
    Ok(Order::Weighted(sums))
}

/// The weight of each sample, given those of the classes.
fn of_samples(weights: &[f64], by_class: &ByClass, samples: u64) -> Result<Vec<f64>> {
    let classes = by_class.ranges.len();
    if classes != weights.len() {
        let (samples, classes) = (counted(samples, "sample"), counted(classes as u64, "class"));
        let allowed = format!("one weight for each of {samples}, or for each of {classes}");
        let given = counted(weights.len() as u64, "number");
        return Err(Error::argument("weights", given, allowed));
    }
    let mut each = vec![0.0; usize::try_from(samples).unwrap_or(usize::MAX)];
    for (weight, places) in weights.iter().zip(&*by_class.ranges) {
        for place in places.clone() {
            each[usize::try_from(by_class.sample(place)).unwrap_or(usize::MAX)] = *weight;
        }
    }
    Ok(each)
}
