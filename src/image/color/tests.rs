use super::*;

fn converted<T: Colour>(conversion: Conversion, source: &[T]) -> Vec<T> {
    let mut out = vec![T::default(); source.len() / conversion.takes() * conversion.gives()];
    T::convert(conversion, source, &mut out);
    out
}

/// Every sixth level of each channel.
fn bytes() -> Vec<u8> {
    let levels = || (0..=255u8).step_by(6).chain([254, 255]);
    let pixels =
        levels().flat_map(|r| levels().flat_map(move |g| levels().map(move |b| [r, g, b])));
    pixels.collect::<Vec<_>>().as_flattened().to_vec()
}

#[test]
fn gray_is_of_all_channels() {
    let source = [255u8, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255];
    assert_eq!(
        converted(Conversion::RgbGray, &source),
        [255, 0, 76, 150, 29]
    );
    assert_eq!(converted(Conversion::RgbGray, &[u16::MAX; 3]), [u16::MAX]);
    assert_eq!(converted(Conversion::RgbGray, &[i16::MIN; 3]), [i16::MIN]);
    assert_eq!(converted(Conversion::RgbGray, &[1f32, 0.0, 0.0]), [0.299]);
    assert_eq!(
        converted(Conversion::GrayRgb, &[3u8, 4]),
        [3, 3, 3, 4, 4, 4]
    );
}

/// What OpenCV's table of quotients has.
#[test]
fn quotients_of_bytes_are_rounded_doubles() {
    let source: Vec<u8> = (0..=255).flat_map(|most| [most, 0, 0]).collect();
    let found = converted(Conversion::RgbHsv, &source);
    for (number, pixel) in found.as_chunks::<3>().0.iter().enumerate().skip(1) {
        assert_eq!(*pixel, [0, 255, u8::try_from(number).unwrap()]);
    }
    for byte in 1..=255 {
        let of = |number: i32| f64::from(number << 12) / f64::from(byte);
        for number in [30, 255] {
            let wanted = of(number).round_ties_even();
            assert!((f64::from(hsv::quotient(number, byte)) - wanted).abs() < 0.5);
        }
    }
}

#[test]
fn colours_come_back() {
    let source = bytes();
    for (to, from, most) in [
        (Conversion::RgbYcrcb, Conversion::YcrcbRgb, 2),
        (Conversion::RgbHsv, Conversion::HsvRgb, 9),
    ] {
        let back = converted(from, &converted(to, &source));
        let differences = source.iter().zip(&back).map(|(a, b)| a.abs_diff(*b));
        assert!(differences.max() <= Some(most), "{to:?}");
        let floats: Vec<_> = source.iter().map(|byte| f32::from(*byte) / 255.0).collect();
        let back = converted(from, &converted(to, &floats));
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 2e-3;
        assert!(floats.iter().zip(&back).all(near), "{to:?}");
        let words: Vec<_> = source.iter().map(|byte| u16::from(*byte) * 257).collect();
        let back = converted(from, &converted(to, &words));
        let far = words.iter().zip(&back).map(|(a, b)| a.abs_diff(*b));
        assert!(far.max() < Some(80), "{to:?}");
        let words: Vec<_> = source.iter().map(|byte| i16::from(*byte) * 128).collect();
        let back = converted(from, &converted(to, &words));
        let far = words.iter().zip(&back).map(|(a, b)| a.abs_diff(*b));
        assert!(far.max() < Some(80), "{to:?}");
    }
}

#[test]
fn hues_have_their_units() {
    let green = |white| [0.0, white, 0.0];
    assert_eq!(
        converted(Conversion::RgbHsv, &[0u8, 255, 0]),
        [60, 255, 255]
    );
    assert_eq!(
        converted(Conversion::RgbHsv, &green(1.0)),
        [120.0, 1.0 / (1.0 + f32::EPSILON), 1.0]
    );
    assert_eq!(converted(Conversion::RgbHsv, &[0u16, 65535, 0])[0], 21845);
    assert_eq!(converted(Conversion::RgbHsv, &[0i16, 32767, 0])[0], 10922);
    let turned = [180u8 + 60, 255, 255];
    assert_eq!(converted(Conversion::HsvRgb, &turned), [0, 255, 0]);
    assert_eq!(
        converted(Conversion::HsvRgb, &[360.0f32 - 240.0, 1.0, 1.0]),
        green(1.0)
    );
    assert_eq!(
        converted(Conversion::HsvRgb, &[-240.0f32, 1.0, 1.0]),
        green(1.0)
    );
}
