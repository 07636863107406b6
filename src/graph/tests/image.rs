//! Images: parts, sizes, views.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [properties(), parts(), sizes(), views()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn values() {
    check(cases());
}

fn properties() -> Vec<Case> {
    let image = || [shaped(&[0i16; 24], &[2, 4, 3])];
    let gray = || [shaped(&[0f32; 8], &[2, 4])];
    vec![
        case("ImageWidth", &image(), int(4)),
        case("ImageHeight", &image(), int(2)),
        case("ImageChannels", &image(), int(3)),
        case("ImageDepth", &image(), int(16)),
        case("ImageChannels", &gray(), int(1)),
        case("ImageDepth", &gray(), int(32)),
        fails("ImageWidth", &[vector(&[1, 2])], "int32 (2), not an image"),
    ]
}

fn numbered() -> Value {
    shaped(&[1u8, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &[3, 4])
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn parts() -> Vec<Case> {
    let at = |x, y, width, height| [numbered(), int(x), int(y), int(width), int(height)];
    let pixels = shaped(&[1i16, 2, 3, 4, 5, 6], &[1, 2, 3]);
    let cut = [pixels, int(1), int(0), int(5), int(1)];
    let safe = |border: &str| {
        let mut inputs = at(-1, 2, 3, 2).to_vec();
        inputs.push(text(border));
        inputs
    };
    vec![
        case(
            "ImageCrop",
            &at(1, 1, 2, 2),
            shaped(&[6u8, 7, 10, 11], &[2, 2]),
        ),
        case("ImageCrop", &at(-5, -1, 7, 2), shaped(&[1u8, 2], &[1, 2])),
        case("ImageCrop", &at(0, 0, 99, 99), numbered()),
        case(
            "CropRegion",
            &[4, 3, -5, -1, 7, 2].map(int),
            vector(&[0f32, 0.0, 2.0, 1.0]),
        ),
        case(
            "CropRegion",
            &[4, 3, 1, 2, 2, 9].map(int),
            vector(&[1f32, 2.0, 3.0, 3.0]),
        ),
        fails(
            "CropRegion",
            &[4, 3, 4, 0, 2, 2].map(int),
            "2x2 pixels at (4, 0), outside of an image of 4x3",
        ),
        case("ImageCrop", &cut, shaped(&[4i16, 5, 6], &[1, 1, 3])),
        fails(
            "ImageCrop",
            &at(4, 0, 2, 2),
            "2x2 pixels at (4, 0), outside of an image of 4x3",
        ),
        fails(
            "ImageCrop",
            &at(0, 0, 0, 2),
            "a side of 0 pixels, not from 1 to 1048576",
        ),
        case(
            "ImageCropSafe",
            &safe("ConstantLow"),
            shaped(&[0u8, 9, 10, 0, 0, 0], &[2, 3]),
        ),
        case(
            "ImageCropSafe",
            &safe("ConstantHigh"),
            shaped(&[255u8, 9, 10, 255, 255, 255], &[2, 3]),
        ),
        case(
            "ImageCropSafe",
            &safe("Replicate"),
            shaped(&[9u8, 9, 10, 9, 9, 10], &[2, 3]),
        ),
        case(
            "ImageCropSafe",
            &safe("Reflect"),
            shaped(&[9u8, 9, 10, 9, 9, 10], &[2, 3]),
        ),
        case(
            "ImageCropSafe",
            &safe("Wrap"),
            shaped(&[12u8, 9, 10, 4, 1, 2], &[2, 3]),
        ),
    ]
}

fn sizes() -> Vec<Case> {
    let row = |numbers: &[u8]| shaped(numbers, &[1, numbers.len()]);
    let to =
        |width, interpolation: Value| [row(&[0, 10, 20, 30]), int(width), int(1), interpolation];
    let truths = [truths(&[true, true, false, false]), vector(&[1, 4])];
    let mask = apply("Reshape", &truths).expect("a mask");
    let smaller = apply("Reshape", &[super::truths(&[true, false]), vector(&[1, 2])]);
    vec![
        case("Resize", &to(4, text("Lanczos")), row(&[0, 10, 20, 30])),
        case("Resize", &to(2, text("Nearest")), row(&[0, 20])),
        case("Resize", &to(2, text("Linear")), row(&[5, 25])),
        case("Resize", &to(1, text("Area")), row(&[15])),
        case(
            "Resize",
            &to(8, int(1)),
            row(&[0, 3, 8, 13, 18, 23, 28, 30]),
        ),
        case(
            "Resize",
            &[mask, int(2), int(1), text("Area")],
            smaller.expect("a mask"),
        ),
        fails(
            "Resize",
            &to(0, text("Linear")),
            "a side of 0 pixels, not from 1 to 1048576",
        ),
        fails(
            "Resize",
            &to(4, text("linear")),
            "\"linear\" is no interpolation: one of Nearest, Linear, Area, Cubic, Lanczos",
        ),
        fails(
            "Resize",
            &to(4, int(5)),
            "5 is no interpolation: one of Nearest, Linear, Area, Cubic, Lanczos",
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn views() -> Vec<Case> {
    let by = |x: f32, y: f32| shaped(&[1f32, 0.0, x, 0.0, 1.0, y, 0.0, 0.0, 1.0], &[3, 3]);
    let seen = |view: Value, interpolation: &str, border: Value| {
        [
            numbered(),
            view,
            int(2),
            int(2),
            text(interpolation),
            border,
        ]
    };
    let flat = shaped(&[0f32; 9], &[3, 3]);
    let turned = shaped(&[0f32, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0], &[3, 3]);
    let part = shaped(&[6u8, 7, 10, 11], &[2, 2]);
    vec![
        case(
            "ViewImage",
            &seen(by(-1.0, -1.0), "Linear", int(1)),
            part.clone(),
        ),
        case(
            "ViewImage",
            &seen(by(-1.0, -1.0), "Lanczos", text("Wrap")),
            part,
        ),
        case(
            "ViewImage",
            &seen(by(1.0, 0.0), "Cubic", text("ConstantHigh")),
            shaped(&[255u8, 1, 255, 5], &[2, 2]),
        ),
        // Ties go to the even number.
        case(
            "ViewImage",
            &seen(by(-0.5, 0.0), "Linear", int(2)),
            shaped(&[2u8, 2, 6, 6], &[2, 2]),
        ),
        case(
            "ViewImage",
            &seen(turned, "Linear", int(1)),
            shaped(&[1u8, 5, 2, 6], &[2, 2]),
        ),
        fails(
            "ViewImage",
            &seen(flat, "Linear", int(1)),
            "a view that has no inverse",
        ),
        fails(
            "ViewImage",
            &seen(by(0.0, 0.0), "Linear", text("Edge")),
            "\"Edge\" is no border: one of ConstantHigh, ConstantLow, Replicate, Reflect, Wrap",
        ),
    ]
}

#[test]
fn sizes_that_are_constant_are_known_before() {
    let known = |operation, inputs: &[Value]| made(operation, inputs).unwrap().1;
    let image =
        |height, width| Type::array(Dtype::Float32, vec![Some(height), Some(width), Some(3)]);
    let source = shaped(&[0f32; 60], &[4, 5, 3]);
    let resized = [source.clone(), int(7), int(6), text("Linear")];
    assert_eq!(known("Resize", &resized), image(6, 7));
    let cropped = [source.clone(), int(3), int(-1), int(9), int(2)];
    assert_eq!(known("ImageCrop", &cropped), image(1, 2));
    let identity = shaped(&[1f32, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], &[3, 3]);
    let seen = [source, identity, int(2), int(3), text("Linear"), int(1)];
    assert_eq!(known("ViewImage", &seen), image(3, 2));
}
