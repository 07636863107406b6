//! Random numbers, each a function of its seed.

use super::super::number::Number;
use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::check_number;
use crate::pixel::Dtype;
use crate::random::Stream;

const FAMILY: &str = "numbers.random";

/// The seed of an operation that draws.
pub(super) const SEED: Parameter = Parameter::new(
    "seed",
    "a seed to share with other nodes; one of its own if not given",
)
.or(Default::Seed);

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    of(
        "SampleUniform",
        "A number drawn uniformly from [min, max).",
        &[
            Parameter::new("min", "the least number"),
            Parameter::new("max", "the bound, which is not reached"),
            SEED,
        ],
        |inputs, out| {
            let [low, high] = [inputs.get(0).double()?, inputs.get(1).double()?];
            if !(high - low).is_finite() {
                return Err(format!(
                    "from {low} to {high}, which is no range of numbers"
                ));
            }
            let drawn = stream(inputs.get(2))?.uniform(low, high);
            out.array_mut().put_scalar(below(drawn, low, high));
            Ok(())
        },
    ),
    of(
        "SampleNormal",
        "A number drawn from a normal distribution.",
        &[
            Parameter::new("mean", "its mean").or(Default::Float(0.0)),
            Parameter::new("sigma", "its standard deviation").or(Default::Float(1.0)),
            SEED,
        ],
        |inputs, out| {
            let [mean, sigma] = [inputs.get(0).double()?, inputs.get(1).double()?];
            if !(sigma >= 0.0 && sigma.is_finite()) {
                return Err(format!("sigma is {sigma}, not a number from 0"));
            }
            let drawn = stream(inputs.get(2))?.normal();
            out.array_mut()
                .put_scalar(f32::from_double(mean + sigma * drawn));
            Ok(())
        },
    ),
    Operation {
        infer: |types| {
            check_all(types)?;
            types.constant(0).map(probability).transpose()?;
            Ok(Type::scalar(Dtype::Bool))
        },
        ..of(
            "SampleBernoulli",
            "True with a probability.",
            &[Parameter::new("p", "the probability, from 0 to 1"), SEED],
            |inputs, out| {
                let p = probability(inputs.get(0))?;
                out.array_mut()
                    .put_boolean(stream(inputs.get(1))?.unit() < p);
                Ok(())
            },
        )
    },
    Operation {
        infer: |types| {
            check_all(types)?;
            types.constant(0).map(probability).transpose()?;
            types.constant(1).map(trials).transpose()?;
            Ok(Type::scalar(Dtype::Int32))
        },
        ..of(
            "SampleBinomial",
            "How many of some trials succeed.",
            &[
                Parameter::new("p", "the probability of each, from 0 to 1"),
                Parameter::new("n", "how many trials, from 0 to 1,000,000"),
                SEED,
            ],
            binomial,
        )
    },
    Operation {
        infer: |types| {
            check_all(types)?;
            Ok(Type::scalar(Dtype::Int32))
        },
        ..of(
            "RandomIndex",
            "A whole number from 0 to below a length, each as likely as the others.",
            &[
                Parameter::new("length", "how many numbers there are, at least 1"),
                SEED,
            ],
            random_index,
        )
    },
];

const fn of(
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: FAMILY,
        summary,
        parameters,
        infer: |types| {
            check_all(types)?;
            Ok(Type::scalar(Dtype::Float32))
        },
        run: Run::Pure(function),
    }
}

/// The numbers that a seed gives.
pub(super) fn stream(seed: &Value) -> Result<Stream, String> {
    Ok(Stream::of_seed(seed.integer()?.cast_unsigned()))
}

/// A number drawn from `[low, high)`, in single precision, where rounding might reach the bound.
pub(super) fn below(drawn: f64, low: f64, high: f64) -> f32 {
    let (drawn, bound) = (f32::from_double(drawn), f32::from_double(high));
    if drawn >= bound && low < high {
        bound.next_down()
    } else {
        drawn
    }
}

fn probability(value: &Value) -> Result<f64, String> {
    let p = value.double()?;
    if (0.0..=1.0).contains(&p) {
        Ok(p)
    } else {
        Err(format!("p is {p}, not a probability from 0 to 1"))
    }
}

/// The most trials of a binomial draw, each of which takes some time.
const MOST_TRIALS: i64 = 1_000_000;

fn trials(value: &Value) -> Result<i64, String> {
    let trials = value.integer()?;
    if (0..=MOST_TRIALS).contains(&trials) {
        Ok(trials)
    } else {
        Err(format!(
            "n is {trials}, not a number from 0 to {MOST_TRIALS}"
        ))
    }
}

/// Checks that all inputs may be numbers.
fn check_all(types: &[Type]) -> Result<(), String> {
    types.iter().try_for_each(check_number)
}

fn binomial(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let (p, trials) = (probability(inputs.get(0))?, trials(inputs.get(1))?);
    let mut stream = stream(inputs.get(2))?;
    let successes: i32 = (0..trials).map(|_| i32::from(stream.unit() < p)).sum();
    out.array_mut().put_scalar(successes);
    Ok(())
}

fn random_index(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let length = inputs.get(0).integer()?;
    let none = || format!("a length of {length}, not from 1 to {}", i32::MAX);
    let numbers = i32::try_from(length).ok().filter(|length| *length > 0);
    let numbers = u64::from(numbers.ok_or_else(none)?.unsigned_abs());
    let drawn = stream(inputs.get(1))?.below(numbers);
    out.array_mut()
        .put_scalar(i32::try_from(drawn).map_err(|_| none())?);
    Ok(())
}
