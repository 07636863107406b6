//! JPEG there and back, and the indices of palettes.

use super::*;

pub(super) fn cases() -> Vec<Case> {
    [files(), indices()].into_iter().flatten().collect()
}

#[test]
fn values() {
    check(cases());
}

fn files() -> Vec<Case> {
    let of = |source: Value, quality| [source, int(quality)];
    // Flat images stay what they are: their mean is a whole number of steps at quality 100.
    let gray = shaped(&[77u8; 15], &[3, 5]);
    let single = shaped(&[77u8; 15], &[3, 5, 1]);
    let white = shaped(&[255u8; 3], &[1, 1, 3]);
    vec![
        case("JPEG", &of(gray.clone(), 100), gray.clone()),
        case("JPEG", &of(single.clone(), 100), single),
        case("JPEG", &of(white.clone(), 1), white),
        fails(
            "JPEG",
            &of(gray.clone(), 0),
            "a quality of 0, not from 1 to 100",
        ),
        fails(
            "JPEG",
            &of(gray, 101),
            "a quality of 101, not from 1 to 100",
        ),
        fails(
            "JPEG",
            &of(shaped(&[1u16; 4], &[2, 2]), 50),
            "an image of uint16, not of uint8",
        ),
        fails(
            "JPEG",
            &of(shaped(&[1u8; 16], &[2, 2, 4]), 50),
            "an image of 4 channels, not of one or three",
        ),
    ]
}

fn png(color: png::ColorType, depth: png::BitDepth, width: u32, data: &[u8]) -> Value {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, 2);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![7u8; 3 * 2]);
    }
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(data).expect("pixels");
    writer.finish().expect("an end");
    Value::Bytes(file.into())
}

fn indices() -> Vec<Case> {
    use png::{BitDepth, ColorType};
    let palette = |depth, width, data: &[u8]| [png(ColorType::Indexed, depth, width, data)];
    let name = "DecodePNGPaletteIndices";
    let bits = [0b1010_0000, 0b1000_0000, 0b0110_0000, 0b0000_0000];
    let ones = [1u8, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0];
    vec![
        case(
            name,
            &palette(BitDepth::Eight, 2, &[0, 1, 1, 0]),
            shaped(&[0u8, 1, 1, 0], &[2, 2]),
        ),
        case(
            name,
            &palette(BitDepth::Four, 3, &[0x01, 0x10, 0x11, 0x00]),
            shaped(&[0u8, 1, 1, 1, 1, 0], &[2, 3]),
        ),
        case(
            name,
            &palette(BitDepth::Two, 3, &[0b0001_0000, 0b0100_0100]),
            shaped(&[0u8, 1, 0, 1, 0, 1], &[2, 3]),
        ),
        case(
            name,
            &palette(BitDepth::One, 9, &bits),
            shaped(&ones, &[2, 9]),
        ),
        fails(
            name,
            &[png(ColorType::Grayscale, BitDepth::Eight, 1, &[1, 2])],
            "a PNG without a palette, whose pixels are no indices",
        ),
        fails(
            name,
            &[Value::Bytes(b"GIF89a".to_vec().into())],
            "not a PNG file",
        ),
        fails(name, &[int(1)], "one int32, not the bytes of a file"),
    ]
}
