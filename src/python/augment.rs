//! Policies of augmentation and ways of mixing, as the classes of `imagepipe_rs.augment` describe
//! them, and what was done, as Python's values.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::arguments::{Arguments, one_of, wrong, wrong_type, wrong_value};
use super::graph::PyGraph;
use crate::augment::{Applied, Augmenter, Kind, Mixed, Mixing, Moving, Policy};
use crate::loader::Batch;
use crate::pixel::Words;

const COUNT: &str = "a whole number, at least 0";

/// An object that stands for a policy or a way, and the argument it was given as.
struct Given<'a, 'py> {
    argument: &'static str,
    value: &'a Bound<'py, PyAny>,
}

impl<'py> Given<'_, 'py> {
    /// What it stands for.
    fn kind(&self) -> PyResult<String> {
        self.value.getattr("_kind")?.extract()
    }

    /// One of its fields.
    fn get<T>(&self, field: &str, allowed: &str) -> PyResult<T>
    where
        T: for<'a> FromPyObject<'a, 'py>,
    {
        let found = self.value.getattr(field)?;
        let allowed = format!("{field} is {allowed}");
        // Python's True is a number too, but is not meant as one.
        if found.is_instance_of::<PyBool>() {
            return Err(wrong_type(self.argument, self.value, &allowed));
        }
        let extracted = found.extract::<T>();
        extracted.map_err(|error| wrong(self.argument, self.value, &allowed, &error.into()))
    }

    fn flag(&self, field: &str) -> PyResult<bool> {
        let found = self.value.getattr(field)?.extract();
        let allowed = format!("{field} is True or False");
        found.map_err(|_| wrong_type(self.argument, self.value, &allowed))
    }

    fn alpha(&self) -> PyResult<f64> {
        self.get("alpha", "a number above 0")
    }

    /// How many operations a chain has: a number, or -1, where chance decides.
    fn depth(&self) -> PyResult<Option<u32>> {
        let allowed = "a whole number from 1 to 16, or -1";
        let depth: i64 = self.get("chain_depth", allowed)?;
        if depth == -1 {
            return Ok(None);
        }
        let refused = |_| {
            let allowed = format!("chain_depth is {allowed}");
            wrong_value(self.argument, self.value, &allowed)
        };
        u32::try_from(depth).map(Some).map_err(refused)
    }
}

/// The policy or the graph in the argument `augment`.
pub(super) fn augmenter(a: &Arguments<'_, '_>) -> PyResult<Option<Arc<dyn Augmenter>>> {
    let value = a.value("augment")?;
    if value.is_none() {
        return Ok(None);
    }
    if let Ok(graph) = value.cast::<PyGraph>() {
        return Ok(Some(Arc::new(graph.get().description().clone())));
    }
    let moving = moving(&value)?;
    let policy = policy(&value)?;
    Ok(Some(Arc::new(Applied { policy, moving })))
}

/// How a policy moves images.
fn moving(value: &Bound<'_, PyAny>) -> PyResult<Moving> {
    let argument = "augment";
    let given = Given { argument, value };
    let sampling = one_of(
        "augment: interpolation",
        &value.getattr("interpolation")?,
        Words::WORDS,
        "",
    )?;
    let allowed = "a number from 0 to 255, or three, of red, green and blue";
    let fill = if value.getattr("fill")?.len().is_ok() {
        given.get("fill", allowed)?
    } else {
        [given.get("fill", allowed)?; 3]
    };
    Ok(Moving { sampling, fill })
}

fn policy(value: &Bound<'_, PyAny>) -> PyResult<Policy> {
    let given = Given {
        argument: "augment",
        value,
    };
    let bins = || given.get("num_magnitude_bins", COUNT);
    Ok(match given.kind()?.as_str() {
        "randaugment" => Policy::RandAugment {
            num_ops: given.get("num_ops", COUNT)?,
            magnitude: given.get("magnitude", COUNT)?,
            num_magnitude_bins: bins()?,
        },
        "trivial_wide" => Policy::TrivialAugmentWide {
            num_magnitude_bins: bins()?,
        },
        "autoaugment" => Policy::AutoAugment {
            policy: one_of(
                "augment=AutoAugment(policy=...): policy",
                &value.getattr("policy")?,
                Words::WORDS,
                "",
            )?,
        },
        _ => Policy::AugMix {
            severity: given.get("severity", COUNT)?,
            mixture_width: given.get("mixture_width", COUNT)?,
            chain_depth: given.depth()?,
            alpha: given.alpha()?,
            all_ops: given.flag("all_ops")?,
        },
    })
}

/// The ways in the argument `mix`.
pub(super) fn mixing(a: &Arguments<'_, '_>) -> PyResult<Option<Mixing>> {
    let value = a.value("mix")?;
    if value.is_none() {
        return Ok(None);
    }
    let way = |value: PyResult<Bound<'_, PyAny>>| {
        let given = Given {
            argument: "mix",
            value: &value?,
        };
        let kind = if given.kind()? == Kind::MixUp.word() {
            Kind::MixUp
        } else {
            Kind::CutMix
        };
        Ok((kind, given.alpha()?))
    };
    let ways = value.try_iter()?.map(way).collect::<PyResult<_>>()?;
    Ok(Some(Mixing::new(ways)?))
}

/// A name, and a magnitude.
pub(super) type Pair = (&'static str, f32);

/// Left, top, right and bottom of an area.
pub(super) type Edges = (u32, u32, u32, u32);

/// What was done to the pixels of each sample of a batch, if something is done to any.
pub(super) fn steps(batch: &Batch) -> Option<Vec<Vec<Pair>>> {
    let pairs = |place| {
        let steps = batch.steps(place)?.into_iter();
        let pairs = steps.map(|step| (step.operation.word(), step.magnitude));
        Some(pairs.collect())
    };
    (0..batch.len()).map(pairs).collect()
}

/// How the samples of a batch were mixed: the word, the share, and the area.
pub(super) fn mixed(batch: &Batch) -> Option<(&'static str, f64, Option<Edges>)> {
    let Mixed { kind, share, area } = batch.mixed?;
    let edges = area.map(|[left, top, right, bottom]| (left, top, right, bottom));
    Some((kind.word(), share, edges))
}
