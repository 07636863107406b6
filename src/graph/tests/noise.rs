//! Images of random numbers; their distributions are tested in `image::noise`.

use super::*;

/// What draws, and is tested here.
pub(super) const DRAWN: [&str; 4] = ["GaussianNoise", "UniformNoise", "BinaryNoise", "ImageNoise"];

fn array(operation: &str, inputs: &[Value]) -> Array {
    let (value, known) = made(operation, inputs).expect("an image");
    assert_eq!(known, Type::of(&value), "sides that are constant are known");
    value.array().expect("an array").clone()
}

fn seed() -> Value {
    Array::scalar(-5i64).into()
}

fn gaussian(width: i32, height: i32, mean: f32, deviation: f32) -> Array {
    let inputs = [
        int(width),
        int(height),
        float(mean),
        float(deviation),
        seed(),
    ];
    array("GaussianNoise", &inputs)
}

#[test]
fn numbers_are_moved_and_stretched() {
    let plain = gaussian(300, 7, 0.0, 1.0);
    assert_eq!(plain.shape().axes(), [7, 300]);
    let other = gaussian(300, 7, 3.0, 2.0);
    let plain = plain.as_slice::<f32>().iter();
    let wanted: Vec<_> = plain.map(|number| 3.0 + 2.0 * number).collect();
    assert_eq!(other.as_slice::<f32>(), wanted);
    let uniform = |low: f32, high: f32| {
        let inputs = [int(300), int(7), float(low), float(high), seed()];
        array("UniformNoise", &inputs)
    };
    let unit = uniform(0.0, 1.0);
    let other = uniform(3.0, -1.0);
    for (unit, other) in unit.as_slice::<f32>().iter().zip(other.as_slice::<f32>()) {
        assert!((0.0..1.0).contains(unit) && *other > -1.0 && *other <= 3.0);
        assert!((3.0 - 4.0 * unit - other).abs() < 1e-6);
    }
}

#[test]
fn seeds_give_other_numbers_and_one_seed_the_same() {
    let draw = |seed: i32| {
        array(
            "GaussianNoise",
            &[int(9), int(9), int(0), int(1), int(seed)],
        )
    };
    assert_eq!(draw(5), draw(5));
    assert_ne!(draw(5), draw(6));
    assert_eq!(gaussian(1, 1, 0.0, 1.0).shape().axes(), [1, 1]);
}

#[test]
fn exactly_a_share_is_white() {
    for (width, height, share, count) in [
        (10, 10, 0.5f32, 50),
        (10, 10, 0.0, 0),
        (10, 10, 1.0, 100),
        (3, 1, 0.5, 2),
        (7, 3, 0.1, 2),
        (1, 1, 0.49, 0),
        (1, 1, 0.5, 1),
    ] {
        let inputs = [int(width), int(height), float(share), seed()];
        let image = array("BinaryNoise", &inputs);
        assert_eq!(
            (image.dtype(), image.shape().axes().len()),
            (Dtype::Uint8, 2)
        );
        let mut pixels = image.bytes().to_vec();
        pixels.sort_unstable();
        let (black, white) = pixels.split_at(pixels.len() - count);
        assert!(white.iter().all(|pixel| *pixel == 255), "{share}");
        assert!(black.iter().all(|pixel| *pixel == 0), "{share}");
    }
}

/// The nearest elements to sums with the numbers of `GaussianNoise`.
fn check_sums<T: Element>(value: T, white: f32, nearest: fn(f64) -> f64) {
    let amount = 30.0 / white;
    for (axes, per_channel) in [
        (vec![5, 70], false),
        (vec![5, 70, 1], true),
        (vec![5, 70, 2], false),
        (vec![5, 70, 3], false),
        (vec![5, 70, 3], true),
        (vec![5, 70, 4], true),
        (vec![5, 70, 4], false),
    ] {
        let elements: usize = axes.iter().product();
        let source = shaped(&vec![value; elements], &axes);
        let own = source.array().expect("an array").double_at(0);
        let inputs = [source, float(amount), truth(per_channel), seed()];
        let found = array("ImageNoise", &inputs);
        assert_eq!((found.dtype(), found.shape().axes()), (T::DTYPE, &axes[..]));
        let shared = if per_channel { 1 } else { elements / 350 };
        let columns = i32::try_from(elements / 5 / shared).expect("a side");
        let noise = gaussian(columns, 5, 0.0, amount * white);
        for place in 0..elements {
            let sum = own + noise.double_at(place / shared);
            assert!(
                (found.double_at(place) - nearest(sum)).abs() < 1e-5,
                "{sum}"
            );
        }
    }
}

#[test]
fn noise_is_added_to_elements_of_every_type() {
    check_sums(30u8, 255.0, |sum| sum.round_ties_even().clamp(0.0, 255.0));
    check_sums(-32_750i16, 32_767.0, |sum| {
        sum.round_ties_even().clamp(-32_768.0, 32_767.0)
    });
    check_sums(65_500u16, 65_535.0, |sum| {
        sum.round_ties_even().clamp(0.0, 65_535.0)
    });
    check_sums(0.25f32, 1.0, |sum| sum);
}

#[test]
fn no_noise_changes_nothing() {
    let image = shaped(&[0u8, 1, 254, 255], &[2, 2]);
    let inputs = [image.clone(), float(0.0), truth(true), seed()];
    assert_eq!(apply("ImageNoise", &inputs), Ok(image));
}

#[test]
fn what_is_no_noise_is_refused() {
    let image = |value: Value| [value, float(0.1), truth(false), seed()];
    let of_size = |width: i32, a: f32, b: f32| vec![int(width), int(2), float(a), float(b), seed()];
    for (operation, inputs, reason) in [
        (
            "GaussianNoise",
            of_size(0, 0.0, 1.0),
            "a side of 0 pixels, not from 1 to 1048576",
        ),
        (
            "GaussianNoise",
            of_size(2, 0.0, -1.0),
            "the standard deviation is -1, not a number from 0",
        ),
        (
            "GaussianNoise",
            of_size(2, f32::NAN, 1.0),
            "the mean is NaN, not a finite number",
        ),
        (
            "UniformNoise",
            of_size(2, f32::MIN, f32::MAX),
            "from -340282346638528860000000000000000000000 to \
             340282346638528860000000000000000000000, which is no range of numbers",
        ),
        (
            "BinaryNoise",
            vec![int(2), int(2), float(1.5), seed()],
            "a share of 1.5, not from 0 to 1",
        ),
        (
            "ImageNoise",
            image(shaped(&[1i64; 4], &[2, 2])).to_vec(),
            "an image of int64, not of uint8, int16, uint16 or float32",
        ),
        (
            "ImageNoise",
            image(vector(&[1u8])).to_vec(),
            "uint8 (1), not an image",
        ),
    ] {
        assert_eq!(apply(operation, &inputs), Err(reason.to_owned()));
    }
}
