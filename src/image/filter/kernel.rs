//! Weights along one axis.

/// As many equal weights, with a sum of 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "kernels are smaller")]
pub fn uniform(size: usize) -> Vec<f32> {
    vec![1.0 / size as f32; size]
}

/// The Gaussian kernel of an odd number of pixels as OpenCV makes it if no sigma is given: for 3,
/// 5 and 7 pixels the well-known fractions, and otherwise sigma is
/// `0.3 * ((size - 1) * 0.5 - 1) + 0.8`.
#[must_use]
pub fn gaussian_of_size(size: usize) -> Vec<f64> {
    match size {
        1 => vec![1.0],
        3 => vec![0.25, 0.5, 0.25],
        5 => vec![0.0625, 0.25, 0.375, 0.25, 0.0625],
        7 => vec![
            0.031_25, 0.109_375, 0.218_75, 0.281_25, 0.218_75, 0.109_375, 0.031_25,
        ],
        9 => [4.0, 13.0, 30.0, 51.0, 60.0, 51.0, 30.0, 13.0, 4.0]
            .map(|weight| weight / 256.0)
            .to_vec(),
        _ => gaussian(size, 0.3 * ((as_double(size) - 1.0) * 0.5 - 1.0) + 0.8),
    }
}

/// The Gaussian kernel of an odd number of pixels: `exp(-x^2 / (2 sigma^2))`, where `x` is the
/// distance from the middle in pixels, divided by the sum of all.
#[must_use]
pub fn gaussian(size: usize, sigma: f64) -> Vec<f64> {
    let middle = as_double(size - 1) * 0.5;
    let weight = |place: usize| {
        let x = (as_double(place) - middle) / sigma;
        libm::exp(-0.5 * x * x)
    };
    let weights: Vec<_> = (0..size).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[expect(clippy::cast_precision_loss, reason = "kernels are smaller")]
fn as_double(number: usize) -> f64 {
    number as f64
}
