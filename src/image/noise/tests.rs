//! Distributions, over 100,000 draws.

use super::*;

/// What is drawn first from each of many seeds, and all that is drawn from one.
fn draws(fill: impl Fn(Noise, &mut [f32])) -> [Vec<f64>; 3] {
    let mut single = vec![0.0; 100_000];
    fill(Noise::new(5), &mut single);
    let of_seeds = (0..100_000).map(|seed| {
        let mut pair = [0.0; 129];
        fill(Noise::new(seed), &mut pair);
        (f64::from(pair[0]), f64::from(pair[128]))
    });
    let single = single.into_iter().map(f64::from).collect();
    let (first, second) = of_seeds.unzip();
    [single, first, second]
}

/// Mean, variance and fourth moment to five standard errors, the neighbours' correlation too,
/// and the greatest distance from the distribution to what Kolmogorov and Smirnov give for a
/// probability of 1e-5.
fn check(draws: &mut [f64], fourth: f64, eighth: f64, below: impl Fn(f64) -> f64) {
    let count = 100_000.0f64;
    let mean = |power: fn(f64) -> f64| draws.iter().map(|x| power(*x)).sum::<f64>() / count;
    let error = 5.0 / count.sqrt();
    assert!(mean(|x| x).abs() < error, "mean {}", mean(|x| x));
    let bounds = [
        (mean(|x| x * x) - 1.0, (fourth - 1.0).sqrt()),
        (
            mean(|x| x.powi(4)) - fourth,
            (eighth - fourth * fourth).sqrt(),
        ),
    ];
    for (distance, deviation) in bounds {
        assert!(
            distance.abs() < error * deviation,
            "{distance} from a moment"
        );
    }
    for apart in [1, 2, 3, 127, 128, 129, 256] {
        let products = draws.iter().zip(&draws[apart..]).map(|(a, b)| a * b);
        let sum: f64 = products.sum();
        assert!(sum.abs() < 5.0 * count.sqrt(), "{apart} apart: {sum}");
    }
    draws.sort_by(f64::total_cmp);
    let distances = draws.iter().zip(0u32..).map(|(x, rank)| {
        let (share, rank) = (below(*x), f64::from(rank));
        (share - rank / count)
            .abs()
            .max(((rank + 1.0) / count - share).abs())
    });
    let distance = distances.fold(0.0, f64::max);
    assert!(distance < 2.47 / count.sqrt(), "distance {distance}");
}

#[test]
fn normal_numbers_are() {
    for mut draws in draws(|noise, out| noise.normal(0.0, 1.0, out)) {
        check(&mut draws, 3.0, 105.0, |x| {
            0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
        });
        assert!(draws[0] < -3.5 && draws[99_999] > 3.5);
    }
}

#[test]
fn uniform_numbers_are() {
    let bound = 3f32.sqrt();
    for mut draws in draws(|noise, out| noise.uniform(-bound, bound, out)) {
        let bound = f64::from(bound);
        assert!(draws.iter().all(|x| (-bound..bound).contains(x)));
        check(&mut draws, 1.8, 9.0, |x| f64::midpoint(x / bound, 1.0));
    }
}

#[test]
fn a_bound_is_not_reached_by_rounding() {
    let mut out = [0.0f32; 4000];
    for (low, high) in [
        (1.0, 1.0 + f32::EPSILON),
        (1.0, 1.0),
        (1.0, 1f32.next_down()),
    ] {
        Noise::new(1).uniform(low, high, &mut out);
        assert!(out.iter().all(|x| x.to_bits() == 1f32.to_bits()));
    }
}

#[test]
fn the_series_are_close_to_the_functions() {
    for step in 1..=u16::MAX {
        let share = f32::from(step) / 46_000.0;
        let error = f64::from(logarithm(share)) - libm::log(f64::from(share));
        let most = 4e-7 * libm::log(f64::from(share)).abs().max(1.0);
        assert!(error.abs() < most, "ln {share}: {error}");
        let angle = share * (std::f32::consts::FRAC_PI_4 / 1.43);
        let of = f64::from(angle);
        assert!(
            (f64::from(sine(angle)) - libm::sin(of)).abs() < 4e-7,
            "{angle}"
        );
        assert!(
            (f64::from(cosine(angle)) - libm::cos(of)).abs() < 2e-7,
            "{angle}"
        );
    }
    // The ends of what is drawn.
    for bits in [0, 1, 2, 3, u32::MAX - 1, u32::MAX] {
        assert!(pair(bits, bits).iter().all(|x| x.abs() < 6.7), "{bits}");
    }
}

#[test]
fn a_number_depends_on_its_place_alone() {
    let noise = Noise::new(9);
    let mut all = vec![0.0; 1000];
    noise.normal(2.0, 3.0, &mut all);
    for len in [0, 1, 255, 256, 257, 600] {
        let mut part = vec![0.0; len];
        noise.normal(2.0, 3.0, &mut part);
        assert_eq!(part, all[..len]);
    }
}

#[test]
fn exactly_as_many_are_chosen_and_each_as_often() {
    let mut counts = [0u32; 10];
    let mut pairs = 0;
    for seed in 0..100_000 {
        let mut out = [7; 10];
        Noise::new(seed).choose(3, 255, &mut out);
        let mut sorted = out;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 0, 0, 0, 0, 0, 0, 255, 255, 255]);
        counts
            .iter_mut()
            .zip(out)
            .for_each(|(count, x)| *count += u32::from(x == 255));
        pairs += u32::from(out[2] == 255 && out[7] == 255);
    }
    // Five deviations of sums of 100,000 draws, of 3 in 10 and of 1 in 15.
    assert!(
        counts.iter().all(|count| count.abs_diff(30_000) < 725),
        "{counts:?}"
    );
    assert!(pairs.abs_diff(6667) < 395, "{pairs}");
}

/// Adds noise to a value, and compares with sums of doubles.
fn check_sums<T: Noisy>(value: T, double: fn(T) -> f64, low: f64, high: f64) {
    let noise = Noise::new(4);
    let mut drawn = [0.0; 400];
    noise.normal(0.0, 100.0, &mut drawn);
    for channels in [1, 2, 3, 4] {
        let source = vec![value; drawn.len() * channels];
        let mut out = source.clone();
        noise.add(100.0, channels, &source, &mut out);
        for (pixel, drawn) in out.chunks(channels).zip(drawn) {
            let sum = double(value) + f64::from(drawn).round_ties_even();
            let wanted = sum.clamp(low, high).to_bits();
            let is_it = |element: &T| double(*element).to_bits() == wanted;
            assert!(pixel.iter().all(is_it), "{sum}");
        }
    }
}

#[test]
fn sums_are_rounded_and_clipped() {
    check_sums(100u8, f64::from, 0.0, 255.0);
    check_sums(-32_700i16, f64::from, -32_768.0, 32_767.0);
    check_sums(65_500u16, f64::from, 0.0, 65_535.0);
    let mut out = [0; 400];
    Noise::new(4).add(f32::MAX, 1, &[1u8; 400], &mut out);
    assert!(out.contains(&0) && out.contains(&255));
    let (mut drawn, mut out) = ([0.0; 400], [0.0; 400]);
    Noise::new(4).normal(0.0, 0.5, &mut drawn);
    Noise::new(4).add(0.5, 1, &[1f32; 400], &mut out);
    let wanted = drawn.map(|drawn| (1.0 + drawn).to_bits());
    assert_eq!(out.map(f32::to_bits), wanted);
}
