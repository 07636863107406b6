//! Files, and the images in them.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [files(), decoded(), converted()]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn values() {
    check(cases());
}

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec().into())
}

fn files() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let content = std::fs::read(path).expect("a file");
    vec![
        case("ReadFile", &[text(path)], bytes(&content)),
        fails(
            "ReadFile",
            &[text("/no/such")],
            "/no/such: No such file or directory (os error 2)",
        ),
        fails(
            "LoaderImage",
            &[],
            "only a Loader has such an image: give it the graph, as in Loader(\"train/\", augment=graph)",
        ),
        fails("ReadFile", &[int(1)], "one int32, not the path of a file"),
    ]
}

fn png(color: png::ColorType, depth: png::BitDepth, data: &[u8]) -> Value {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 2, 1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(data).expect("pixels");
    writer.finish().expect("an end");
    Value::Bytes(file.into())
}

fn decode(file: &Value, depth: &str, channels: &str, normalizes: bool) -> [Value; 4] {
    [file.clone(), text(depth), text(channels), truth(normalizes)]
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
fn decoded() -> Vec<Case> {
    use png::{BitDepth, ColorType};
    let colours = png(
        ColorType::Rgba,
        BitDepth::Eight,
        &[9, 8, 7, 6, 255, 0, 51, 0],
    );
    let gray = png(ColorType::Grayscale, BitDepth::Eight, &[51, 255]);
    let wide = png(
        ColorType::GrayscaleAlpha,
        BitDepth::Sixteen,
        &[1, 2, 3, 4, 255, 255, 0, 0],
    );
    let of = |file, depth, channels, expected: Value| {
        case(
            "DecodeImage",
            &decode(file, depth, channels, true),
            expected,
        )
    };
    let raw = |file, depth, expected: Value| {
        case("DecodeImage", &decode(file, depth, "GRAY", false), expected)
    };
    vec![
        of(
            &colours,
            "Char",
            "RGB",
            shaped(&[9u8, 8, 7, 255, 0, 51], &[1, 2, 3]),
        ),
        of(
            &colours,
            "Char",
            "RGBA",
            shaped(&[9u8, 8, 7, 6, 255, 0, 51, 0], &[1, 2, 4]),
        ),
        of(
            &gray,
            "Char",
            "RGBA",
            shaped(&[51u8, 51, 51, 255, 255, 255, 255, 255], &[1, 2, 4]),
        ),
        of(&gray, "Char", "GRAY", shaped(&[51u8, 255], &[1, 2])),
        of(
            &gray,
            "Float",
            "GRAY",
            shaped(&[51f32 / 255.0, 1.0], &[1, 2]),
        ),
        of(
            &gray,
            "UnsignedShort",
            "GRAY",
            shaped(&[51u16 * 257, u16::MAX], &[1, 2]),
        ),
        of(
            &gray,
            "Short",
            "GRAY",
            shaped(&[6553i16, i16::MAX], &[1, 2]),
        ),
        of(
            &gray,
            "Integer",
            "GRAY",
            shaped(&[429_496_729, i32::MAX], &[1, 2]),
        ),
        of(
            &wide,
            "UnsignedShort",
            "GRAY",
            shaped(&[0x0102u16, u16::MAX], &[1, 2]),
        ),
        of(&wide, "Char", "GRAY", shaped(&[1u8, 255], &[1, 2])),
        raw(&wide, "Integer", shaped(&[0x0102, 65_535], &[1, 2])),
        raw(&wide, "Char", shaped(&[255u8, 255], &[1, 2])),
        raw(&wide, "Float", shaped(&[258f32, 65_535.0], &[1, 2])),
        raw(&gray, "Float", shaped(&[51f32, 255.0], &[1, 2])),
    ]
}

fn converted() -> Vec<Case> {
    use png::{BitDepth, ColorType};
    let colours = png(
        ColorType::Rgb,
        BitDepth::Sixteen,
        &[255, 255, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0],
    );
    let file = png(ColorType::Rgb, BitDepth::Eight, &[200, 100, 50, 0, 0, 0]);
    let by_numbers = [file, int(1), int(3), truth(true)];
    let (red, green) = (0.299f64 * 65_535.0, 0.587f64 * 65_535.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "16 bits"
    )]
    let weighted = [red.round() as u16, green.round() as u16];
    let wrong = "\"BGR\" is no choice of channels: one of GRAY, RGB, RGBA";
    vec![
        case(
            "DecodeImage",
            &by_numbers,
            shaped(&[200u8, 100, 50, 0, 0, 0], &[1, 2, 3]),
        ),
        case(
            "DecodeImage",
            &decode(&colours, "UnsignedShort", "GRAY", true),
            shaped(&weighted, &[1, 2]),
        ),
        fails(
            "DecodeImage",
            &decode(&bytes(b""), "Char", "RGB", true),
            "the file is empty",
        ),
        fails("DecodeImage", &decode(&colours, "Char", "BGR", true), wrong),
        fails(
            "DecodeImage",
            &decode(&colours, "Boolean", "RGB", true),
            "images are not decoded to elements of type Bool",
        ),
        fails(
            "DecodeImage",
            &decode(&int(1), "Char", "RGB", true),
            "one int32, not the bytes of a file",
        ),
    ]
}
