//! Images: types and colours, levels, and what is erased.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [
        types(),
        colours(),
        processed(),
        adjusted(),
        levels(),
        erased(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn values() {
    check(cases());
}

fn row<T: Element>(values: &[T]) -> Value {
    shaped(values, &[1, values.len()])
}

fn pixels<T: Element>(values: &[T]) -> Value {
    shaped(values, &[1, values.len() / 3, 3])
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn types() -> Vec<Case> {
    let bytes = || row(&[0u8, 1, 128, 255]);
    let to = |depth: &str| [bytes(), text(depth)];
    vec![
        case("ConvertDepth", &to("Char"), bytes()),
        case(
            "ConvertDepth",
            &to("UnsignedShort"),
            row(&[0u16, 257, 32896, 65535]),
        ),
        case(
            "ConvertDepth",
            &to("Short"),
            row(&[0i16, 128, 16448, 32767]),
        ),
        case(
            "ConvertDepth",
            &to("Float"),
            row(&[0.0, 1.0 / 255.0, 128.0 / 255.0, 1f32]),
        ),
        case(
            "ConvertDepth",
            &[row(&[-1i16, 32767]), int(1)],
            row(&[0u8, 255]),
        ),
        case(
            "ConvertDepth",
            &[row(&[65535u16, 300]), int(1)],
            row(&[255u8, 1]),
        ),
        case(
            "ConvertDepth",
            &[row(&[0.5f32, 2.0]), int(1)],
            row(&[128u8, 255]),
        ),
        fails(
            "ConvertDepth",
            &to("Integer"),
            "an image of int32, not of uint8, int16, uint16 or float32",
        ),
        fails(
            "ConvertDepth",
            &[row(&[1, 2]), int(1)],
            "an image of int32, not of uint8, int16, uint16 or float32",
        ),
        case(
            "Threshold",
            &[row(&[4u8, 5, 6]), int(5)],
            row(&[0u8, 0, 255]),
        ),
        case(
            "Threshold",
            &[row(&[-4i16, 5, 6]), int(-5)],
            row(&[32767i16; 3]),
        ),
        case(
            "Threshold",
            &[pixels(&[4u16, 5, 6]), float(5.5)],
            pixels(&[0u16, 0, 65535]),
        ),
        case(
            "Threshold",
            &[row(&[0.4f32, 0.5]), float(0.4)],
            row(&[0f32, 1.0]),
        ),
        fails("Threshold", &[row(&[4u8]), float(f32::NAN)], "not a number"),
        case("Invert", &[row(&[0u8, 5, 255])], row(&[255u8, 250, 0])),
        case("Invert", &[row(&[-5i16, 5])], row(&[32767i16, 32762])),
        case("Invert", &[row(&[0u16, 5])], row(&[65535u16, 65530])),
        case(
            "Invert",
            &[pixels(&[0.25f32, 1.0, 2.0])],
            pixels(&[0.75f32, 0.0, -1.0]),
        ),
        case("Equals", &[row(&[4u8, 5, 6]), int(5)], row(&[0u8, 255, 0])),
        case("Equals", &[row(&[4u8, 5, 6]), float(5.5)], row(&[0u8; 3])),
        case("Equals", &[row(&[4u8, 255]), int(256)], row(&[0u8; 2])),
        case("Equals", &[row(&[-4i16, 5]), int(-4)], row(&[255u8, 0])),
        case("Equals", &[row(&[4u16, 5]), int(5)], row(&[0u8, 255])),
        case(
            "Equals",
            &[row(&[0.5f32, 5.0]), float(0.5)],
            row(&[255u8, 0]),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn colours() -> Vec<Case> {
    let red = || pixels(&[255u8, 0, 0]);
    let to = |conversion: &str| [red(), text(conversion)];
    vec![
        case("ColorConvert", &to("RGB_GRAY"), row(&[76u8])),
        case(
            "ColorConvert",
            &[pixels(&[65535u16; 3]), int(0)],
            row(&[65535u16]),
        ),
        case(
            "ColorConvert",
            &[pixels(&[-5i16; 3]), int(0)],
            row(&[-5i16]),
        ),
        case(
            "ColorConvert",
            &[pixels(&[0f32, 1.0, 0.0]), int(0)],
            row(&[0.587f32]),
        ),
        case(
            "ColorConvert",
            &[row(&[7u8, 8]), text("GRAY_RGB")],
            pixels(&[7u8, 7, 7, 8, 8, 8]),
        ),
        case("ColorConvert", &to("RGB_HSV"), pixels(&[0u8, 255, 255])),
        case(
            "ColorConvert",
            &[pixels(&[60u8, 255, 255]), int(3)],
            pixels(&[0u8, 255, 0]),
        ),
        case("ColorConvert", &to("RGB_YCRCB"), pixels(&[76u8, 255, 85])),
        case(
            "ColorConvert",
            &[pixels(&[76u8, 255, 85]), int(5)],
            pixels(&[254u8, 0, 0]),
        ),
        fails(
            "ColorConvert",
            &[row(&[7u8]), text("RGB_HSV")],
            "an image of 1 channels, not of 3",
        ),
        fails(
            "ColorConvert",
            &to("RGB"),
            "\"RGB\" is no conversion of colours: one of RGB_GRAY, GRAY_RGB, RGB_HSV, HSV_RGB, \
             RGB_YCRCB, YCRCB_RGB",
        ),
        case("Grayscale", &[red(), int(1)], shaped(&[76u8], &[1, 1, 1])),
        case("Grayscale", &[red(), int(3)], pixels(&[76u8; 3])),
        case("Grayscale", &[row(&[7u16]), int(3)], pixels(&[7u16; 3])),
        case("Grayscale", &[row(&[7i16]), int(1)], row(&[7i16])),
        case(
            "Grayscale",
            &[pixels(&[0f32, 1.0, 0.0]), int(3)],
            pixels(&[0.587f32; 3]),
        ),
        fails("Grayscale", &[red(), int(2)], "2 channels, not 1 or 3"),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn processed() -> Vec<Case> {
    vec![
        case(
            "ImageBlend",
            &[row(&[10u8, 255]), row(&[20u8, 0]), float(0.5)],
            row(&[15u8, 128]),
        ),
        case(
            "ImageBlend",
            &[row(&[10i16]), row(&[-30i16]), float(0.25)],
            row(&[-20i16]),
        ),
        case(
            "ImageBlend",
            &[row(&[10u16]), row(&[30u16]), float(2.0)],
            row(&[0u16]),
        ),
        case(
            "ImageBlend",
            &[row(&[1f32]), row(&[3f32]), float(0.25)],
            row(&[2.5f32]),
        ),
        fails(
            "ImageBlend",
            &[row(&[1f32]), row(&[3u8]), float(0.25)],
            "float32 (1, 1) and uint8 (1, 1): they must have one type and shape",
        ),
        case(
            "ImageNormalize",
            &[row(&[10u8, 20, 15])],
            row(&[0u8, 255, 128]),
        ),
        case("ImageNormalize", &[row(&[7u8, 7])], row(&[0u8, 0])),
        case("ImageNormalize", &[row(&[-10i16, 10])], row(&[0i16, 32767])),
        case("ImageNormalize", &[row(&[10u16, 11])], row(&[0u16, 65535])),
        case(
            "ImageNormalize",
            &[row(&[-1f32, 1.0, 0.0])],
            row(&[0f32, 1.0, 0.5]),
        ),
        fails(
            "ImageNormalize",
            &[pixels(&[1u8, 2, 3])],
            "an image of 3 channels, not of 1",
        ),
        case(
            "ImageSolarize",
            &[row(&[4u8, 5, 6]), int(5)],
            row(&[4u8, 5, 249]),
        ),
        case(
            "ImageSolarize",
            &[row(&[4i16, 6]), int(5)],
            row(&[4i16, 32761]),
        ),
        case(
            "ImageSolarize",
            &[pixels(&[4u16, 6, 0]), int(5)],
            pixels(&[4u16, 65529, 0]),
        ),
        case(
            "ImageSolarize",
            &[row(&[0.5f32, 0.75]), float(0.5)],
            row(&[0.5f32, 0.25]),
        ),
        case(
            "ImageBrightness",
            &[row(&[4u8, 200]), float(99.5)],
            row(&[104u8, 255]),
        ),
        case(
            "ImageBrightness",
            &[row(&[4u8, 200]), int(-300)],
            row(&[0u8, 0]),
        ),
        case(
            "ImageBrightness",
            &[row(&[-30000i16, 200]), int(40000)],
            row(&[10000i16, 32767]),
        ),
        case(
            "ImageBrightness",
            &[row(&[4u16, 200]), int(-100)],
            row(&[0u16, 100]),
        ),
        case(
            "ImageBrightness",
            &[row(&[0.5f32]), float(0.25)],
            row(&[0.75f32]),
        ),
        case(
            "ImageBrightness",
            &[row(&[5, -5]), float(0.6)],
            row(&[6, -4]),
        ),
        case(
            "ImageBrightness",
            &[row(&[0.5f64]), float(0.25)],
            row(&[0.75f64]),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn adjusted() -> Vec<Case> {
    let bytes = || pixels(&[200u8, 100, 50]);
    let all = |brightness, hue, order: &[i32]| {
        let ones = float(1.0);
        [
            bytes(),
            float(brightness),
            ones.clone(),
            ones,
            float(hue),
            vector(order),
        ]
    };
    vec![
        case(
            "AdjustBrightness",
            &[bytes(), float(1.5)],
            pixels(&[255u8, 150, 75]),
        ),
        case(
            "AdjustBrightness",
            &[row(&[-7i16, 3]), float(1.5)],
            row(&[0i16, 4]),
        ),
        case(
            "AdjustBrightness",
            &[row(&[65535u16, 3]), float(0.5)],
            row(&[32767u16, 1]),
        ),
        case(
            "AdjustBrightness",
            &[row(&[0.75f32, 0.25]), float(2.0)],
            row(&[1f32, 0.5]),
        ),
        fails(
            "AdjustBrightness",
            &[bytes(), float(-0.5)],
            "a factor of -0.5, not a number from 0",
        ),
        case(
            "AdjustContrast",
            &[row(&[10u8, 20]), float(2.0)],
            row(&[5u8, 25]),
        ),
        case(
            "AdjustContrast",
            &[row(&[10i16, 20]), float(0.0)],
            row(&[15i16, 15]),
        ),
        case(
            "AdjustContrast",
            &[row(&[10u16, 20]), float(1.0)],
            row(&[10u16, 20]),
        ),
        case(
            "AdjustContrast",
            &[row(&[0.25f32, 0.75]), float(0.5)],
            row(&[0.375f32, 0.625]),
        ),
        fails(
            "AdjustContrast",
            &[shaped(&[1u8, 2], &[1, 1, 2]), float(0.5)],
            "an image of 2 channels, not of 1 or 3",
        ),
        case(
            "AdjustSaturation",
            &[bytes(), float(0.0)],
            pixels(&[124u8; 3]),
        ),
        case(
            "AdjustSaturation",
            &[bytes(), float(2.0)],
            pixels(&[255u8, 76, 0]),
        ),
        case(
            "AdjustSaturation",
            &[row(&[10i16, 20]), float(2.0)],
            row(&[10i16, 20]),
        ),
        case(
            "AdjustSaturation",
            &[pixels(&[10u16; 3]), float(1.0)],
            pixels(&[10u16; 3]),
        ),
        case(
            "AdjustSaturation",
            &[pixels(&[0f32; 3]), float(3.0)],
            pixels(&[0f32; 3]),
        ),
        case(
            "AdjustHue",
            &[bytes(), float(0.5)],
            pixels(&[50u8, 150, 200]),
        ),
        case(
            "AdjustHue",
            &[pixels(&[32767i16, 0, 0]), float(0.5)],
            pixels(&[0, 32767i16, 32767]),
        ),
        case(
            "AdjustHue",
            &[pixels(&[65535u16, 0, 0]), float(-0.5)],
            pixels(&[0, 65535u16, 65535]),
        ),
        case(
            "AdjustHue",
            &[pixels(&[1f32, 0.0, 0.0]), float(0.5)],
            pixels(&[0f32, 1.0, 1.0]),
        ),
        fails(
            "AdjustHue",
            &[bytes(), float(0.75)],
            "a hue of 0.75, not from -0.5 to 0.5",
        ),
        case("AdjustColors", &all(1.0, 0.0, &[0, 1, 2, 3]), bytes()),
        case(
            "AdjustColors",
            &all(1.5, 0.0, &[3, 2, 1, 0]),
            pixels(&[255u8, 150, 75]),
        ),
        case(
            "AdjustColors",
            &all(1.5, 0.5, &[0, 1, 2, 3]),
            pixels(&[75u8, 180, 255]),
        ),
        case(
            "AdjustColors",
            &all(1.5, 0.5, &[3, 1, 2, 0]),
            pixels(&[75u8, 225, 255]),
        ),
        fails(
            "AdjustColors",
            &all(1.5, 0.5, &[3, 3, 2, 0]),
            "an order that is not of the numbers 0 to 3",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn levels() -> Vec<Case> {
    let two = || row(&[4u8, 4, 9, 9]);
    let many: Vec<u8> = (0..=255).collect();
    let darker: Vec<u8> = (0..=255).map(|level| level / 2).collect();
    let spread: Vec<u8> = (0..=255u8)
        .map(|level| (level / 2).saturating_mul(4))
        .collect();
    let by = |mean: Value, std: Value| [pixels(&[0u8, 255, 255]), mean, std];
    vec![
        case("Equalize", &[two()], two()),
        case("Equalize", &[row(&many)], row(&many)),
        case(
            "Equalize",
            &[row(&[darker.clone(), darker].concat())],
            row(&[spread.clone(), spread].concat()),
        ),
        fails(
            "Equalize",
            &[row(&[1u16])],
            "an image of uint16, not of uint8",
        ),
        case("AutoContrast", &[two()], row(&[0u8, 0, 254, 254])),
        case("AutoContrast", &[row(&[7i16, 7])], row(&[7i16, 7])),
        case("AutoContrast", &[row(&[0u16, 65535])], row(&[0u16, 65535])),
        case(
            "AutoContrast",
            &[row(&[0.25f32, 0.5, 0.75])],
            row(&[0f32, 0.5, 1.0]),
        ),
        case(
            "Posterize",
            &[row(&[255u8, 129]), int(1)],
            row(&[128u8, 128]),
        ),
        case("Posterize", &[row(&[32767i16]), int(2)], row(&[24576i16])),
        case("Posterize", &[row(&[65535u16]), int(8)], row(&[65280u16])),
        case(
            "Posterize",
            &[row(&[0.3f32, 1.0]), int(1)],
            row(&[0f32, 0.5]),
        ),
        fails(
            "Posterize",
            &[row(&[1u8]), int(9)],
            "9 bits, not from 0 to 8",
        ),
        case(
            "Solarize",
            &[row(&[4u8, 5, 6]), int(5)],
            row(&[4u8, 250, 249]),
        ),
        case("Solarize", &[row(&[4i16, 6]), int(5)], row(&[4i16, 32761])),
        case(
            "Solarize",
            &[row(&[4u16, 6]), float(70000.0)],
            row(&[4u16, 6]),
        ),
        case(
            "Solarize",
            &[row(&[0.5f32, 0.25]), float(0.5)],
            row(&[0.5f32, 0.25]),
        ),
        case(
            "Normalize",
            &by(float(0.5), float(0.5)),
            pixels(&[-1f32, 1.0, 1.0]),
        ),
        case(
            "Normalize",
            &by(vector(&[0f32, 0.5, 1.0]), vector(&[1f32, 0.25, 4.0])),
            pixels(&[0f32, 2.0, 0.0]),
        ),
        case(
            "Normalize",
            &[row(&[3f32, -1.0]), int(1), int(2)],
            row(&[1f32, -1.0]),
        ),
        case(
            "Normalize",
            &[row(&[65535u16]), int(0), int(1)],
            row(&[1f32]),
        ),
        case(
            "Normalize",
            &[row(&[32767i16]), int(0), int(1)],
            row(&[1f32]),
        ),
        fails("Normalize", &by(float(0.5), float(0.0)), "a deviation of 0"),
        fails(
            "Normalize",
            &by(vector(&[0f32, 0.5]), float(1.0)),
            "2 means for 3 channels",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn erased() -> Vec<Case> {
    let ones = || shaped(&[1u8; 6], &[2, 3]);
    let region = |sides: [f32; 4]| vector(&sides);
    let part = || shaped(&[1u8, 1, 1, 1, 0, 0], &[2, 3]);
    vec![
        case("ImageCut", &[ones(), region([1.9, 1.0, 99.0, 2.5])], part()),
        case("ImageCut", &[ones(), region([2.0, 0.0, 1.0, 9.0])], ones()),
        case(
            "ImageCut",
            &[ones(), region([-9.0, -9.0, -1.0, 9.0])],
            ones(),
        ),
        case(
            "ImageCut",
            &[pixels(&[1i16; 6]), region([0.0, 0.0, 1.0, 1.0])],
            pixels(&[0i16, 0, 0, 1, 1, 1]),
        ),
        case(
            "ImageCut",
            &[row(&[1u16; 2]), region([0.0, 0.0, 1.0, 1.0])],
            row(&[0u16, 1]),
        ),
        case(
            "ImageCut",
            &[row(&[1f32; 2]), region([0.0, 0.0, 1.0, 1.0])],
            row(&[0f32, 1.0]),
        ),
        fails(
            "ImageCut",
            &[ones(), vector(&[1f32, 2.0])],
            "float32 (2), not a rectangle",
        ),
        case(
            "Erase",
            &[ones(), region([1.0, 1.0, 3.0, 2.0]), int(0), int(1)],
            part(),
        ),
        case(
            "Erase",
            &[
                pixels(&[1u8; 6]),
                region([1.0, 0.0, 2.0, 1.0]),
                vector(&[7, 8, 300]),
                int(1),
            ],
            pixels(&[1u8, 1, 1, 7, 8, 255]),
        ),
        fails(
            "Erase",
            &[
                pixels(&[1u8; 6]),
                region([1.0, 0.0, 2.0, 1.0]),
                vector(&[7, 8]),
                int(1),
            ],
            "2 values for 3 channels",
        ),
        fails(
            "Erase",
            &[ones(), region([1.0, 0.0, 2.0, 1.0]), text("noise"), int(1)],
            "\"noise\", not a number or \"random\"",
        ),
        case("ImageDropout", &[ones(), int(0), int(1)], ones()),
        case(
            "ImageDropout",
            &[ones(), int(1), int(1)],
            shaped(&[0u8; 6], &[2, 3]),
        ),
        case(
            "ImageDropout",
            &[row(&[1i16]), int(1), int(1)],
            row(&[0i16]),
        ),
        case(
            "ImageDropout",
            &[row(&[1u16]), int(1), int(1)],
            row(&[0u16]),
        ),
        case(
            "ImageDropout",
            &[row(&[1f32]), int(1), int(1)],
            row(&[0f32]),
        ),
        fails(
            "ImageDropout",
            &[ones(), float(1.5), int(1)],
            "1.5, not a probability from 0 to 1",
        ),
        case(
            "ImageCoarseDropout",
            &[ones(), int(0), float(0.5), int(1)],
            ones(),
        ),
        case(
            "ImageCoarseDropout",
            &[row(&[1f32]), int(1), float(0.5), int(1)],
            row(&[0f32]),
        ),
        fails(
            "ImageCoarseDropout",
            &[ones(), int(1), float(0.0), int(1)],
            "a size of 0, not a share up to 1",
        ),
        // A rectangle as large as the image is not within it.
        case(
            "ErasingRegion",
            &[ones(), vector(&[1f32, 1.0]), vector(&[1f32, 1.0]), int(1)],
            vector(&[0f32; 4]),
        ),
        fails(
            "ErasingRegion",
            &[
                ones(),
                vector(&[0.5f32, 0.25]),
                vector(&[1f32, 1.0]),
                int(1),
            ],
            "a scale from 0.5 to 0.25, not within 0 and 1",
        ),
    ]
}

#[test]
fn noise_is_drawn_in_a_region_alone() {
    for (image, black) in [
        (shaped(&[0u8; 30 * 40], &[30, 40]), int(0)),
        (shaped(&[0i16; 30 * 40], &[30, 40]), int(0)),
        (shaped(&[0f32; 30 * 40], &[30, 40]), float(0.0)),
    ] {
        let region = vector(&[5f32, 6.0, 25.0, 26.0]);
        let noise = |seed| {
            apply(
                "Erase",
                &[image.clone(), region.clone(), text("random"), int(seed)],
            )
        };
        let (one, other) = (noise(1).unwrap(), noise(2).unwrap());
        assert_eq!(noise(1).unwrap(), one);
        assert_ne!(one, other);
        assert_eq!(
            apply("ImageCut", &[one.clone(), region.clone()]).unwrap(),
            image
        );
        let same = apply("Equals", &[one, black]).unwrap();
        let blacks = same
            .array()
            .unwrap()
            .bytes()
            .iter()
            .filter(|byte| **byte > 0);
        assert!(blacks.count() < 30 * 40 - 380);
    }
}

#[test]
fn an_array_of_other_elements_is_no_image() {
    let reason = Err("an image of int64, not of uint8, int16, uint16 or float32".to_owned());
    for operation in operations::all().filter(|it| it.family == "image.color") {
        if operation.name == "Equalize" {
            continue;
        }
        let numbers = (1..operation.parameters.len()).map(|_| int(1));
        let inputs: Vec<_> = std::iter::once(row(&[1i64, 2])).chain(numbers).collect();
        let found = apply(operation.name, &inputs);
        let is_refused =
            found == reason || operation.name == "AdjustHue" || operation.name == "AdjustColors";
        assert!(is_refused, "{}: {found:?}", operation.name);
    }
}
