//! Distributions, over 100,000 draws.

use super::*;

/// What draws, and is tested here.
pub(super) const DRAWN: [&str; 9] = [
    "SampleUniform",
    "SampleNormal",
    "SampleBernoulli",
    "SampleBinomial",
    "RandomIndex",
    "RandomPoints",
    "Permutation",
    "Permute",
    "RandomCropRegion",
];

const DRAWS: u32 = 100_000;

/// What an operation draws in each sample, from a seed of its own.
pub(super) fn drawn(operation: &str, parameters: &[Value]) -> impl Iterator<Item = Value> + use<> {
    let mut graph = Maker::default();
    let given = parameters.iter().map(|it| graph.constant(it.clone()));
    let mut inputs: Vec<_> = given.collect();
    let identity = graph.constant(text("draw"));
    inputs.push(graph.node("RandomSeed", &[identity]));
    let node = graph.node(operation, &inputs);
    let program = graph.program(&[node]).unwrap();
    let mut registers = program.registers();
    (0..u64::from(DRAWS)).map(move |index| {
        let sample = Sample { seed: 1, index };
        program.run(sample, &mut registers).unwrap();
        let value = program.outputs(&registers).next().unwrap().clone();
        let known = program.output_types().next().unwrap();
        assert_eq!(known.common(&Type::of(&value)), *known);
        value
    })
}

fn numbers(operation: &str, parameters: &[Value]) -> Vec<f64> {
    let values = drawn(operation, parameters);
    values.map(|value| value.double().unwrap()).collect()
}

/// Whether two numbers are the same.
fn is(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq()
}

/// Checks mean and variance, to five times the standard error of each.
fn check_moments(draws: &[f64], mean: f64, variance: f64, fourth: f64) {
    let count = f64::from(DRAWS);
    let found = draws.iter().sum::<f64>() / count;
    let spread = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let error = 5.0 * (variance / count).sqrt();
    assert!((found - mean).abs() < error, "mean {found}, not {mean}");
    let error = 5.0 * ((fourth - variance * variance) / count).sqrt();
    assert!(
        (spread - variance).abs() < error,
        "variance {spread}, not {variance}"
    );
}

/// Checks that the greatest distance from a continuous distribution is below the bound of
/// Kolmogorov and Smirnov for a probability of 1e-5.
fn check_distribution(draws: &mut [f64], below: impl Fn(f64) -> f64) {
    draws.sort_by(f64::total_cmp);
    let count = f64::from(DRAWS);
    let distances = draws.iter().zip(0u32..).map(|(x, rank)| {
        let share = below(*x);
        let rank = f64::from(rank);
        (share - rank / count)
            .abs()
            .max(((rank + 1.0) / count - share).abs())
    });
    let distance = distances.fold(0.0, f64::max);
    assert!(distance < 2.47 / count.sqrt(), "distance {distance}");
}

#[test]
fn uniform_numbers_are() {
    let mut draws = numbers("SampleUniform", &[int(2), int(5)]);
    assert!(draws.iter().all(|x| (2.0..5.0).contains(x)));
    check_moments(&draws, 3.5, 0.75, 81.0 / 80.0);
    check_distribution(&mut draws, |x| (x - 2.0) / 3.0);
}

#[test]
fn a_uniform_number_does_not_reach_the_bound_by_rounding() {
    let narrow = [float(1.0), float(1.0 + f32::EPSILON)];
    assert!(
        numbers("SampleUniform", &narrow)
            .iter()
            .all(|x| is(*x, 1.0))
    );
    assert!(is(numbers("SampleUniform", &[int(3), int(3)])[0], 3.0));
}

#[test]
fn normal_numbers_are() {
    let mut draws = numbers("SampleNormal", &[float(1.0), float(2.0)]);
    check_moments(&draws, 1.0, 4.0, 48.0);
    check_distribution(&mut draws, |x| {
        0.5 * libm::erfc((1.0 - x) / 2.0 * std::f64::consts::FRAC_1_SQRT_2)
    });
}

#[test]
fn truth_values_have_their_probability() {
    let draws = numbers("SampleBernoulli", &[float(0.25)]);
    let fourth = 0.25 * 0.75 * (0.75f64.powi(3) + 0.25f64.powi(3));
    check_moments(&draws, 0.25, 0.1875, fourth);
    assert!(
        numbers("SampleBernoulli", &[int(1)])
            .iter()
            .all(|x| is(*x, 1.0))
    );
    assert!(
        numbers("SampleBernoulli", &[int(0)])
            .iter()
            .all(|x| is(*x, 0.0))
    );
}

#[test]
fn successes_are_binomial() {
    let draws = numbers("SampleBinomial", &[float(0.5), int(4)]);
    check_moments(&draws, 2.0, 1.0, 2.5);
    let shares = [1.0, 4.0, 6.0, 4.0, 1.0].map(|ways| f64::from(DRAWS) * ways / 16.0);
    let chi: f64 = (0u8..5)
        .zip(shares)
        .map(|(successes, share)| {
            let found = draws.iter().filter(|x| is(**x, f64::from(successes)));
            (f64::from(u32::try_from(found.count()).unwrap()) - share).powi(2) / share
        })
        .sum();
    // The bound for a probability of 1e-5, of 4 degrees of freedom.
    assert!(chi < 28.5, "chi-square {chi}");
}

#[test]
fn indices_are_equally_likely() {
    let draws = numbers("RandomIndex", &[int(5)]);
    check_moments(&draws, 2.0, 2.0, 6.8);
    assert!(
        draws
            .iter()
            .all(|x| (0.0..5.0).contains(x) && x.fract() == 0.0)
    );
    assert!(
        numbers("RandomIndex", &[int(1)])
            .iter()
            .all(|x| is(*x, 0.0))
    );
}

#[test]
fn probabilities_and_numbers_of_trials_have_bounds() {
    let cases = [
        (
            "SampleBernoulli",
            vec![float(1.5), int(0)],
            "p is 1.5, not a probability from 0 to 1",
        ),
        (
            "SampleBinomial",
            vec![float(0.5), int(-1), int(0)],
            "n is -1, not a number from 0 to 1000000",
        ),
        (
            "RandomPoints",
            vec![int(-1), int(0)],
            "a length of -1, not from 0 to 268435456",
        ),
    ];
    for (operation, inputs, reason) in cases {
        assert_eq!(apply(operation, &inputs), Err(reason.to_owned()));
    }
}

#[test]
fn random_points_fill_the_square() {
    let points = drawn("RandomPoints", &[int(3)]).map(|value| {
        let array = value.array().unwrap();
        assert_eq!(array.shape().axes(), [3, 2]);
        array.as_slice::<f32>().to_vec()
    });
    let points: Vec<_> = points.collect();
    for number in 0..6 {
        let mut draws: Vec<_> = points.iter().map(|one| f64::from(one[number])).collect();
        assert!(draws.iter().all(|x| (-1.0..1.0).contains(x)));
        check_moments(&draws, 0.0, 1.0 / 3.0, 0.2);
        check_distribution(&mut draws, |x| f64::midpoint(x, 1.0));
    }
}

/// Each of the 24 orders of four elements is as likely as another: the bound for a probability of
/// 1e-5, of 23 degrees of freedom.
#[test]
fn all_orders_are_equally_likely() {
    let words = Value::List(
        ["0", "1", "2", "3"]
            .into_iter()
            .collect::<TextList>()
            .into(),
    );
    let rows = shaped(&[0u8, 0, 1, 1, 2, 2, 3, 3], &[4, 2]);
    for (operation, parameter) in [
        ("Permutation", int(4)),
        ("Permute", words),
        ("Permute", rows),
    ] {
        let mut counts = std::collections::HashMap::new();
        for value in drawn(operation, &[parameter]) {
            *counts.entry(format!("{:?}", order(&value))).or_insert(0u32) += 1;
        }
        assert_eq!(counts.len(), 24);
        let mean = f64::from(DRAWS) / 24.0;
        let chi: f64 = counts
            .values()
            .map(|count| (f64::from(*count) - mean).powi(2) / mean)
            .sum();
        assert!(chi < 64.0, "{operation}: chi-square {chi}");
    }
}

fn order(value: &Value) -> Vec<String> {
    match value {
        Value::List(values) => values
            .iter()
            .map(|one| one.text().unwrap().to_owned())
            .collect(),
        Value::Array(array) => {
            let numbers = array.converted(Dtype::Int32);
            let step = numbers.shape().elements() / 4;
            let firsts = numbers.as_slice::<i32>().iter().step_by(step);
            firsts.map(ToString::to_string).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_draws_of_one_seed_are_equal() {
    let draw = |seed: i32| apply("Permutation", &[int(20), int(seed)]);
    assert_eq!(draw(5), draw(5));
    assert_ne!(draw(5), draw(6));
}
