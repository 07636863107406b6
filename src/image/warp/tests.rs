//! Warps against the same sums in doubles.

use proptest::prelude::*;

use super::*;

/// The weight of a pixel at a distance, before the sum of all is made 1.
fn weight(taps: Taps, distance: f64) -> f64 {
    let x = distance.abs();
    let sinc = |x: f64| {
        let x = x * std::f64::consts::PI;
        if x == 0.0 { 1.0 } else { x.sin() / x }
    };
    match taps {
        Taps::Nearest | Taps::Linear | Taps::Area => (1.0 - x).max(0.0),
        Taps::Cubic if x <= 1.0 => (1.25 * x - 2.25) * x * x + 1.0,
        Taps::Cubic if x < 2.0 => -0.75 * (((x - 5.0) * x + 8.0) * x - 4.0),
        Taps::Lanczos if x < 4.0 => sinc(x) * sinc(x / 4.0),
        Taps::Cubic | Taps::Lanczos => 0.0,
    }
}

fn reach(taps: Taps) -> i64 {
    match taps {
        Taps::Nearest => 0,
        Taps::Linear | Taps::Area => 1,
        Taps::Cubic => 2,
        Taps::Lanczos => 4,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "small numbers"
)]
fn expected(value: &dyn Fn(i64, i64) -> f64, (x, y): (f64, f64), taps: Taps) -> f64 {
    if taps == Taps::Nearest {
        return value(x.round_ties_even() as i64, y.round_ties_even() as i64);
    }
    let reach = reach(taps);
    let (left, top) = (x.floor() as i64, y.floor() as i64);
    let (mut sum, mut weights) = (0.0, 0.0);
    for row in top - reach + 1..=top + reach {
        for column in left - reach + 1..=left + reach {
            let weight = weight(taps, x - column as f64) * weight(taps, y - row as f64);
            sum += weight * value(column, row);
            weights += weight;
        }
    }
    sum / weights
}

/// The place in an image of what is seen at a place, step by step.
fn folded<T: Pixel>(outside: Outside<T>, mut place: i64, len: usize) -> Option<usize> {
    let whole = i64::try_from(len).unwrap();
    while !(0..whole).contains(&place) {
        place = match outside {
            Outside::Constant(_) => return None,
            Outside::Replicate => place.clamp(0, whole - 1),
            Outside::Wrap => place + if place < 0 { whole } else { -whole },
            Outside::Reflect101 if whole == 1 => 0,
            Outside::Reflect101 if place < 0 => -place,
            Outside::Reflect101 => 2 * whole - 2 - place,
            Outside::Reflect if place < 0 => -1 - place,
            Outside::Reflect => 2 * whole - 1 - place,
        };
    }
    usize::try_from(place).ok()
}

#[derive(Clone, Debug)]
struct Setting {
    size: (usize, usize, usize),
    matrix: Matrix,
    taps: Taps,
    border: usize,
}

fn check<T>(setting: &Setting, values: &[T], (low, high): (f64, f64), error: f64)
where
    T: Pixel + Into<f64>,
{
    let (width, height, channels) = setting.size;
    let values = &values[..width * height * channels];
    let source = Raster::packed(values, width, height, channels);
    let outside = [
        Outside::Constant(T::HIGH),
        Outside::Constant(T::default()),
        Outside::Replicate,
        Outside::Reflect,
        Outside::Wrap,
    ][setting.border];
    let (columns, rows) = (7, 6);
    let mut out = vec![T::default(); columns * rows * channels];
    let Setting { matrix, taps, .. } = setting;
    let lines = &mut Lines::default();
    warp(&source, matrix, *taps, outside, columns, &mut out, lines);
    for (place, found) in out.iter().enumerate() {
        let (pixel, channel) = (place / channels, place % channels);
        let (x, y) = (pixel % columns, pixel / columns);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let at = |k: usize| matrix[k] * x as f64 + matrix[k + 1] * y as f64 + matrix[k + 2];
        let factor = if at(6) == 0.0 { 0.0 } else { 1.0 / at(6) };
        let value = |column, row| {
            let seen = (folded(outside, column, width), folded(outside, row, height));
            match seen {
                (Some(column), Some(row)) => source.row(row)[column * channels + channel].into(),
                _ => outside.constant().into(),
            }
        };
        let expected = expected(&value, (at(0) * factor, at(3) * factor), *taps);
        let (found, expected): (f64, f64) = ((*found).into(), expected.clamp(low, high));
        let differ = format!("({x}, {y}, {channel}): {found}, not {expected}: {setting:?}");
        assert!((found - expected).abs() <= error, "{differ}");
    }
}

fn moved(x: f64, y: f64) -> Matrix {
    [1.0, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0]
}

fn matrices() -> impl Strategy<Value = Matrix> {
    let near = |center: f64| center - 1.5..center + 1.5;
    let first = (near(1.0), near(0.0), -9.0..9.0);
    let second = (near(0.0), near(1.0), -9.0..9.0);
    let any = (first, second, -0.1..0.1, -0.1..0.1);
    prop_oneof![
        any.prop_map(|((a, b, c), (d, e, f), g, h)| [a, b, c, d, e, f, g, h, 1.0]),
        (-9.0..9.0, -9.0..9.0).prop_map(|(x, y)| moved(x, y)),
        (-19i32..19, -19i32..19).prop_map(|(x, y)| moved(f64::from(x) / 2.0, f64::from(y) / 2.0)),
    ]
}

/// Maps of large images, many places of which are halfway between pixels.
fn large() -> impl Strategy<Value = Matrix> {
    let quarters = |most: i32| (-most..most).prop_map(|quarters| f64::from(quarters) / 4.0);
    let row = || (quarters(8), quarters(8), quarters(200));
    (row(), row()).prop_map(|((a, b, c), (d, e, f))| [a, b, c, d, e, f, 0.0, 0.0, 1.0])
}

fn settings() -> impl Strategy<Value = Setting> {
    let taps = prop_oneof![
        Just(Taps::Nearest),
        Just(Taps::Linear),
        Just(Taps::Area),
        Just(Taps::Cubic),
        Just(Taps::Lanczos)
    ];
    let size = (1usize..9, 1usize..9, 1usize..6);
    (size, matrices(), taps, 0usize..5).prop_map(|(size, matrix, taps, border)| Setting {
        size,
        matrix,
        taps,
        border,
    })
}

proptest! {
    #[test]
    fn warps_are_sums_of_pixels(setting in settings(), seed: u64) {
        let mut stream = crate::random::Stream::of_seed(seed);
        let words: Vec<u32> = (0..9 * 9 * 6).map(|_| stream.next_u32()).collect();
        let bytes: Vec<u8> = words.iter().map(|word| word.to_le_bytes()[0]).collect();
        check(&setting, &bytes, (0.0, 255.0), 0.501);
        let halves = words.iter().map(|word| u16::try_from(word >> 16).unwrap());
        let halves: Vec<u16> = halves.collect();
        check(&setting, &halves, (0.0, 65535.0), 0.6);
        let signed: Vec<i16> = halves.iter().map(|half| half.cast_signed()).collect();
        check(&setting, &signed, (-32768.0, 32767.0), 0.6);
        let single: Vec<f32> = halves.iter().map(|half| f32::from(*half) / 65536.0).collect();
        check(&setting, &single, (-9.0, 9.0), 3e-6);
        let double: Vec<f64> = single.iter().copied().map(f64::from).collect();
        check(&setting, &double, (-9.0, 9.0), 1e-6);
        let integers: Vec<i32> = words.iter().map(|word| word.cast_signed()).collect();
        check(&setting, &integers, (f64::from(i32::MIN), f64::from(i32::MAX)), 4e3);
    }

    #[test]
    fn bytes_become_what_other_elements_do(
        matrix in prop_oneof![large(), matrices()],
        channels in prop_oneof![Just(1usize), Just(3), Just(4)],
        border in 0usize..3,
        seed: u64,
    ) {
        let (width, height, columns) = (83, 61, 70);
        let mut stream = crate::random::Stream::of_seed(seed);
        let bytes: Vec<u8> = (0..width * height * channels)
            .map(|_| stream.next_u32().to_le_bytes()[0])
            .collect();
        let words: Vec<u16> = bytes.iter().copied().map(u16::from).collect();
        let outside = [Outside::Constant(7), Outside::Replicate, Outside::Reflect][border];
        let wide = [Outside::Constant(7), Outside::Replicate, Outside::Reflect][border];
        let (source, wide_source) = (
            Raster::packed(&bytes, width, height, channels),
            Raster::packed(&words, width, height, channels),
        );
        let lines = &mut Lines::default();
        for taps in [Taps::Nearest, Taps::Linear] {
            let mut out = vec![0u8; columns * 50 * channels];
            let mut expected = vec![0u16; out.len()];
            warp(&source, &matrix, taps, outside, columns, &mut out, lines);
            warp(&wide_source, &matrix, taps, wide, columns, &mut expected, lines);
            let out: Vec<u16> = out.into_iter().map(u16::from).collect();
            prop_assert_eq!(out, expected);
        }
    }

    #[test]
    fn whole_pixels_are_copied(x in -12i32..12, y in -12i32..12, border in 0usize..5) {
        let numbers: Vec<f32> = (0..60u8).map(|i| f32::from(i) + 0.1).collect();
        for taps in [Taps::Linear, Taps::Cubic, Taps::Lanczos] {
            let nearest = Setting {
                size: (4, 5, 3),
                matrix: moved(x.into(), y.into()),
                taps: Taps::Nearest,
                border,
            };
            // To the bit, which sums of doubles are not.
            check(&nearest, &numbers, (0.0, 99.0), 0.0);
            check(&Setting { taps, ..nearest }, &numbers, (0.0, 99.0), 1e-12);
        }
    }

    #[test]
    fn an_inverse_undoes_its_matrix(m in matrices()) {
        let Some(inverse) = inverse(&m) else {
            return Ok(());
        };
        let size: f64 = inverse.iter().map(|number| number.abs()).sum();
        for place in 0..9 {
            let (row, column) = (place / 3, place % 3);
            let sum: f64 = (0..3).map(|k| m[3 * row + k] * inverse[3 * k + column]).sum();
            let expected = f64::from(u8::from(row == column));
            prop_assert!((sum - expected).abs() < 1e-12 * (1.0 + size));
        }
    }
}

#[test]
fn matrices_without_an_inverse_are_known() {
    assert_eq!(inverse(&[0.0; 9]), None);
    let flat = [1.0, 2.0, 0.0, 2.0, 4.0, 0.0, 0.0, 0.0, 1.0];
    assert_eq!(inverse(&flat), None);
    assert_eq!(inverse(&[f64::NAN; 9]), None);
    assert_eq!(inverse(&moved(2.5, -7.0)), Some(moved(-2.5, 7.0)));
}

#[test]
fn places_far_away_are_outside() {
    let data = [1u8, 2, 3, 4];
    let source = Raster::packed(&data, 2, 2, 1);
    for far in [1e300, -1e300, 1e18, f64::MAX] {
        for taps in [Taps::Nearest, Taps::Linear, Taps::Cubic, Taps::Lanczos] {
            let turned = [0.0, 1.0, far, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
            for places in [turned, moved(far, 0.0), moved(0.5, far)] {
                let (mut out, mut lines) = ([9u8; 4], Lines::default());
                let outside = Outside::Constant(7);
                warp(&source, &places, taps, outside, 2, &mut out, &mut lines);
                assert_eq!(out, [7; 4]);
            }
        }
    }
}
