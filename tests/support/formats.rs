//! What holds for every file that is decoded as a whole (BMP, GIF, PNG, WebP), whatever its bytes:
//! shared by the tests and the fuzzer.
#![allow(dead_code, reason = "each of them uses a part")]

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use imagepipe::codec::{Backend, Decoder, Format, Orientation, Reason, Request, Window};
use imagepipe::pixel::{Pixels, Size};

/// Larger images only take time.
const MOST_PIXELS: u64 = 1 << 16;

/// What a file becomes: its size, its orientation, and its pixels with their number of channels.
type Image = (Size, Orientation, usize, Vec<u8>);

pub(crate) fn fresh() -> Decoder {
    Decoder::new(Backend::Auto, Arc::default()).expect("a decoder")
}

/// Decodes a file; none if it is too large to be worth it.
pub(crate) fn decode(decoder: &mut Decoder, file: &[u8]) -> Result<Option<Image>, Reason> {
    let stop = AtomicBool::new(false);
    let opened = decoder.open(file, &stop)?;
    let header = opened.header();
    if header.size.pixels() == 0 || header.size.pixels() > MOST_PIXELS {
        return Ok(None);
    }
    let window = Window::whole(header.size);
    let image = opened.decode(&Request {
        denominator: 1,
        window,
        gray: false,
        exact: true,
    })?;
    let (plane, channels) = match image.pixels {
        Pixels::Gray(plane) => (plane, 1),
        Pixels::Rgb(plane) => (plane, 3),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (plane.width, plane.height),
        (header.size.width as usize, header.size.height as usize)
    );
    assert_eq!(
        (plane.stride, plane.data.len()),
        (plane.width * channels, plane.stride * plane.height)
    );
    Ok(Some((
        header.size,
        header.orientation,
        channels,
        plane.data.to_vec(),
    )))
}

/// Panics where decoding does, where `used` shows something of what it decoded before, and where it
/// takes more memory than four bytes a pixel.
pub(crate) fn check(used: &mut Decoder, file: &[u8]) {
    if Format::of(file) == Some(Format::Jpeg) {
        return;
    }
    let mut decoder = fresh();
    let empty = decoder.bytes();
    let found = decode(&mut decoder, file);
    if let Ok(Some((size, ..))) = &found {
        assert!(
            (decoder.bytes() - empty) as u64 <= 4 * size.pixels(),
            "{} bytes for {size}",
            decoder.bytes()
        );
    }
    assert_eq!(found, decode(used, file));
}

/// Small files of every kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [bitmaps(), gifs(), pngs(), webps()].concat()
}

fn bytes(len: usize, below: u8) -> Vec<u8> {
    (0..len)
        .map(|at| u8::try_from(at * 37 % 251).expect("below 251") % below)
        .collect()
}

/// A bitmap of 5x4 with the header of 40 bytes, filled up to `header` with what follows it, and a
/// gap.
pub(crate) fn bitmap(
    header: u32,
    bits: u16,
    compression: u32,
    between: &[u8],
    gap: usize,
    data: &[u8],
) -> Vec<u8> {
    let mut info = Vec::new();
    info.extend([header, 5, 4].map(u32::to_le_bytes).concat());
    info.extend([1, bits].map(u16::to_le_bytes).concat());
    info.extend([compression, 0, 0, 0, 0, 0].map(u32::to_le_bytes).concat());
    info.extend(between);
    info.resize(info.len().max(header as usize) + gap, 0xaa);
    let start = u32::try_from(14 + info.len()).expect("small");
    let mut file = b"BM".to_vec();
    file.extend([0, 0, start].map(u32::to_le_bytes).concat());
    file.extend(info);
    file.extend(data);
    file
}

fn bitmaps() -> Vec<Vec<u8>> {
    let masks = [0xf800_u32, 0x7e0, 0x1f, 0].map(u32::to_le_bytes).concat();
    let mut all = vec![
        bitmap(40, 24, 0, &[], 3, &bytes(64, 250)),
        bitmap(40, 16, 0, &[], 0, &bytes(48, 250)),
        bitmap(40, 32, 0, &[], 0, &bytes(80, 250)),
        bitmap(40, 16, 3, &masks[..12], 0, &bytes(48, 250)),
        bitmap(124, 16, 3, &masks, 9, &bytes(48, 250)),
    ];
    for (bits, stride) in [(1, 4), (2, 4), (4, 4), (8, 8)] {
        let palette = bytes(4 << bits, 250);
        all.push(bitmap(
            40,
            bits,
            0,
            &palette,
            1,
            &bytes(4 * stride, u8::MAX),
        ));
    }
    let runs8 = [
        5, 9, 0, 0, 0, 3, 1, 2, 3, 0, 2, 4, 0, 0, 0, 2, 2, 1, 3, 7, 0, 0, 5, 1, 0, 1,
    ];
    let runs4 = [
        5, 0x9a, 0, 0, 0, 3, 0x12, 0x30, 2, 0x44, 0, 0, 0, 2, 2, 1, 3, 0x70, 0, 1,
    ];
    all.push(bitmap(40, 8, 1, &bytes(1024, 250), 0, &runs8));
    all.push(bitmap(40, 4, 2, &bytes(64, 250), 0, &runs4));
    all
}

fn gifs() -> Vec<Vec<u8>> {
    let frame = |left, top, interlaced, transparent, palette| gif::Frame {
        left,
        top,
        interlaced,
        transparent,
        palette,
        width: 5,
        height: 9,
        buffer: bytes(45, 4).into(),
        ..gif::Frame::default()
    };
    let frames = [
        frame(0, 0, false, None, None),
        frame(2, 1, true, Some(3), Some(bytes(12, 250))),
        frame(1, 0, true, Some(200), None),
    ];
    let file = |frame: &gif::Frame<'_>| {
        let mut file = Vec::new();
        let mut encoder = gif::Encoder::new(&mut file, 6, 10, &bytes(12, 240)).expect("an encoder");
        for _ in 0..2 {
            encoder.write_frame(frame).expect("a frame");
        }
        drop(encoder);
        file
    };
    frames.iter().map(file).collect()
}

/// An EXIF block that asks for a quarter turn.
const TURNED: &[u8] = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
const PROFILE: &[u8] = b"Raw profile type exif\0\nexif\n      \
    26\n49492a00080000000100120103000100\n00000600000000000000\n";
const PACKET: &[u8] = b"XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation=\"8\"/>";

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn pngs() -> Vec<Vec<u8>> {
    let kinds = [
        (
            png::ColorType::Rgb,
            png::BitDepth::Eight,
            60,
            *b"eXIf",
            TURNED,
        ),
        (
            png::ColorType::Rgba,
            png::BitDepth::Sixteen,
            160,
            *b"tEXt",
            PROFILE,
        ),
        (
            png::ColorType::GrayscaleAlpha,
            png::BitDepth::Eight,
            40,
            *b"iTXt",
            PACKET,
        ),
        (
            png::ColorType::Indexed,
            png::BitDepth::Four,
            12,
            *b"eXIf",
            TURNED,
        ),
        (
            png::ColorType::Grayscale,
            png::BitDepth::One,
            4,
            *b"eXIf",
            TURNED,
        ),
    ];
    let file = |(color, depth, len, kind, data): (_, _, _, _, &[u8])| {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 5, 4);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == png::ColorType::Indexed {
            encoder.set_palette(bytes(48, 250));
        }
        let mut writer = encoder.write_header().expect("a header");
        writer
            .write_chunk(png::chunk::ChunkType(kind), data)
            .expect("a chunk");
        writer.write_image_data(&bytes(len, 250)).expect("pixels");
        writer.finish().expect("an end");
        file
    };
    kinds.map(file).to_vec()
}

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let mut chunk = kind.to_vec();
    chunk.extend(u32::try_from(data.len()).expect("small").to_le_bytes());
    chunk.extend(data);
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    chunk(b"RIFF", &[b"WEBP".to_vec(), chunks.concat()].concat())
}

fn webps() -> Vec<Vec<u8>> {
    let mut simple = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut simple);
    encoder
        .encode(&bytes(80, 250), 5, 4, image_webp::ColorType::Rgba8)
        .expect("a file");
    let coded = simple[12..].to_vec();
    let canvas = |features: u8, width: u8, height: u8| {
        chunk(
            b"VP8X",
            &[features, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0],
        )
    };
    let place = [1, 0, 0, 2, 0, 0, 4, 0, 0, 3, 0, 0, 40, 0, 0, 0];
    let frame = chunk(b"ANMF", &[&place[..], &coded].concat());
    let extended = riff(&[canvas(0x18, 5, 4), coded, chunk(b"EXIF", TURNED)]);
    let animated = riff(&[
        canvas(0x12, 9, 8),
        chunk(b"ANIM", &[0; 6]),
        frame.clone(),
        frame,
    ]);
    vec![simple, extended, animated]
}
