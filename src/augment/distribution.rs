//! Shares that are drawn: from the Beta distribution, and from Dirichlet's.

use crate::random::Stream;

/// A share from Beta(`alpha`, `alpha`), in 0..=1.
pub(super) fn beta(chance: &mut Stream, alpha: f64) -> f64 {
    let [first, second] = [log_gamma(chance, alpha), log_gamma(chance, alpha)];
    1.0 / (1.0 + libm::exp(second - first))
}

/// Shares of a whole from the symmetric Dirichlet distribution, as many as `shares` has.
pub(super) fn dirichlet(chance: &mut Stream, alpha: f64, shares: &mut [f64]) {
    shares.fill_with(|| log_gamma(chance, alpha));
    let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for share in &mut *shares {
        *share = libm::exp(*share - most);
        sum += *share;
    }
    for share in shares {
        *share /= sum;
    }
}

/// The logarithm of a number from Gamma(`shape`, 1), which may be too small for itself.
///
/// Marsaglia and Tsang: *A simple method for generating gamma variables*, TOMS 26 (2000).
fn log_gamma(chance: &mut Stream, shape: f64) -> f64 {
    if shape < 1.0 {
        // In (0, 1], so that the logarithm is finite.
        let boost = libm::log(1.0 - chance.unit()) / shape;
        return log_gamma(chance, shape + 1.0) + boost;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let normal = chance.normal();
        let v = 1.0 + c * normal;
        if v <= 0.0 {
            continue;
        }
        let log_v = 3.0 * libm::log(v);
        let uniform = 1.0 - chance.unit();
        if libm::log(uniform) < 0.5 * normal * normal + d - d * v * v * v + d * log_v {
            return libm::log(d) + log_v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Purpose;

    fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
        let values: Vec<_> = values.collect();
        let count = f64::from(u32::try_from(values.len()).unwrap());
        let mean = values.iter().sum::<f64>() / count;
        let square = |value: &f64| (value - mean) * (value - mean);
        (mean, values.iter().map(square).sum::<f64>() / count)
    }

    /// Beta(a, a) has mean 1/2 and variance 1 / (4 (2a + 1)).
    #[test]
    fn shares_of_two_have_the_moments_of_their_distribution() {
        for alpha in [0.001, 0.1, 0.2, 0.4, 1.0, 2.0, 30.0] {
            let mut chance = Stream::new(5, 0, 0, Purpose::Mix);
            let draw = |_| beta(&mut chance, alpha);
            let (mean, variance) = moments((0..40_000).map(draw));
            let expected = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 0.01, "{alpha}: mean {mean}");
            let off = (variance / expected - 1.0).abs();
            assert!(off < 0.03, "{alpha}: variance {variance} of {expected}");
        }
    }

    /// Beta(1, 1) is uniform.
    #[test]
    fn with_alpha_1_every_share_is_as_likely() {
        let mut counts = [0u32; 10];
        for seed in 0..20_000 {
            let share = beta(&mut Stream::new(seed, 0, 0, Purpose::Mix), 1.0);
            assert!((0.0..=1.0).contains(&share));
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a bucket"
            )]
            let bucket = (share * 10.0) as usize;
            counts[bucket.min(9)] += 1;
        }
        let near = |count: &u32| count.abs_diff(2000) < 200;
        assert!(counts.iter().all(near), "{counts:?}");
    }

    /// Each share has mean 1/n and variance (n - 1) / (n^2 (n a + 1)).
    #[test]
    fn shares_of_several_have_the_moments_of_their_distribution() {
        for alpha in [0.01, 1.0, 5.0] {
            let mut chance = Stream::new(6, 0, 0, Purpose::Augment);
            let mut shares = [0.0; 3];
            let mut first = Vec::new();
            for _ in 0..40_000 {
                dirichlet(&mut chance, alpha, &mut shares);
                assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                first.push(shares[0]);
            }
            let (mean, variance) = moments(first.into_iter());
            let expected = 2.0 / (9.0 * (3.0 * alpha + 1.0));
            assert!((mean - 1.0 / 3.0).abs() < 0.01, "{alpha}: {mean}");
            let off = (variance / expected - 1.0).abs();
            assert!(off < 0.04, "{alpha}: variance {variance} of {expected}");
        }
    }
}
