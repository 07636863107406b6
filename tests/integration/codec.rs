//! What an image becomes depends on its bytes alone, not on what the decoder met before.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use imagepipe::codec::{Backend, Decoder, Reason, Request, Window};
use imagepipe::pixel::Pixels;
use jpeg_encoder::{ColorType, Encoder};
use proptest::prelude::*;

use super::corpus;

#[path = "../support/formats.rs"]
mod formats;

/// All pixels of an image, or what is wrong with it.
fn decode(decoder: &mut Decoder, bytes: &[u8]) -> Result<Vec<u8>, Reason> {
    let stop = AtomicBool::new(false);
    let opened = decoder.open(bytes, &stop)?;
    let window = Window::whole(opened.header().size);
    let image = opened.decode(&Request {
        denominator: 1,
        window,
        gray: false,
        exact: true,
    })?;
    let (Pixels::Rgb(plane)
    | Pixels::Gray(plane)
    | Pixels::Planar([plane, ..])
    | Pixels::Ycc { y: plane, .. }) = image.pixels;
    Ok(plane.data[..plane.height * plane.stride].to_vec())
}

fn jpeg(optimized: bool, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 60);
    encoder.set_optimized_huffman_tables(optimized);
    encoder
        .encode(&corpus::pixels(64, 48, 3, seed), 64, 48, ColorType::Rgb)
        .expect("an image is encoded");
    out
}

/// The file without the header segments of one kind.
fn without(file: &[u8], marker: u8) -> Vec<u8> {
    let mut out = file[..2].to_vec();
    let mut at = 2;
    loop {
        let (kind, len) = (
            file[at + 1],
            2 + usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]])),
        );
        if kind == 0xda {
            out.extend(&file[at..]);
            return out;
        }
        if kind != marker {
            out.extend(&file[at..at + len]);
        }
        at += len;
    }
}

#[test]
fn tables_of_one_file_are_not_used_for_the_next() {
    let plain = jpeg(false, 1);
    // A frame of Motion JPEG: its Huffman tables are the standard ones, and left out.
    let frame = without(&plain, 0xc4);
    assert!(frame.len() < plain.len());
    let mut fresh = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
    let alone = decode(&mut fresh, &frame).expect("an image");
    assert_eq!(alone, decode(&mut fresh, &plain).expect("an image"));

    let mut used = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
    decode(&mut used, &jpeg(true, 2)).expect("an image with tables of its own");
    assert_eq!(decode(&mut used, &frame).expect("an image"), alone);
    assert!(
        decode(&mut used, &without(&plain, 0xdb)).is_err(),
        "no quantisation tables"
    );
}

/// A GIF whose pixels point beyond its palette, which its decoder leaves as they are.
#[test]
fn pixels_of_one_file_are_not_seen_in_the_next() {
    let mut gif = b"GIF89a\x04\x00\x04\x00\x80\x00\x00\xff\x00\x00\x00\xff\x00".to_vec();
    gif.extend(b",\x00\x00\x00\x00\x04\x00\x04\x00\x00\x02");
    // Codes of three bits: before each of the sixteen pixels, all 3, a clear, so that codes stay
    // that short; then the end.
    let codes: Vec<u8> = (0..16).flat_map(|_| [4, 3]).chain([5]).collect();
    let bits: Vec<u8> = codes
        .iter()
        .flat_map(|code| (0..3).map(move |bit| code >> bit & 1))
        .collect();
    let data: Vec<u8> = bits
        .chunks(8)
        .map(|byte| byte.iter().rev().fold(0, |sum, bit| sum << 1 | bit))
        .collect();
    gif.push(u8::try_from(data.len()).expect("short"));
    gif.extend(data);
    gif.extend([0, b';']);
    let mut used = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
    let first = decode(&mut used, &gif).expect("an image");
    for seed in 0..3 {
        let size = 32 + 8 * usize::try_from(seed).expect("small");
        let mut bitmap = b"BM".to_vec();
        let pixels = corpus::pixels(size, size, 3, seed);
        let header = |n: usize| u32::try_from(n).expect("small").to_le_bytes();
        bitmap.extend(
            [
                header(54 + pixels.len()),
                header(0),
                header(54),
                header(40),
                header(size),
                header(size),
            ]
            .concat(),
        );
        bitmap.extend([1, 0, 24, 0]);
        bitmap.extend(
            [
                header(0),
                header(pixels.len()),
                header(0),
                header(0),
                header(0),
                header(0),
            ]
            .concat(),
        );
        bitmap.extend(pixels);
        decode(&mut used, &bitmap).expect("a bitmap");
        assert_eq!(decode(&mut used, &gif).expect("an image"), first);
    }
}

#[test]
fn files_of_every_kind_are_decoded() {
    let mut used = formats::fresh();
    let all = formats::seeds();
    assert_eq!(all.len(), 22);
    for file in &all {
        let found = formats::decode(&mut formats::fresh(), file)
            .expect("an image")
            .expect("a small one");
        assert!(found.3.iter().any(|byte| *byte != found.3[0]), "{found:?}");
        formats::check(&mut used, file);
    }
    let turned = all.iter().filter(|file| {
        let stop = AtomicBool::new(false);
        used.open(file, &stop)
            .expect("a header")
            .header()
            .orientation
            .transpose
    });
    assert_eq!(turned.count(), 6, "five PNGs and a WebP");
}

/// A gap before the pixels, an offset that is left out, and one that does not count the palette.
#[test]
fn a_bitmap_is_not_shifted_by_what_lies_before_its_pixels() {
    let palette: Vec<u8> = (0..16).flat_map(|i| [i, 100 + i, 200, 0]).collect();
    let pixels: Vec<u8> = (0..16).map(|i| i * 17).collect();
    let found = [(0, None), (5, None), (0, Some(0_u32)), (0, Some(54))].map(|(gap, offset)| {
        let mut file = formats::bitmap(40, 4, 0, &palette, gap, &pixels);
        if let Some(offset) = offset {
            file[10..14].copy_from_slice(&offset.to_le_bytes());
        }
        formats::decode(&mut formats::fresh(), &file).expect("an image")
    });
    assert!(found.iter().all(|image| *image == found[0]), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn damaged_files_are_borne(
        pick: prop::sample::Index,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        kept: prop::sample::Index,
        cut: bool,
    ) {
        thread_local! {
            static USED: std::cell::RefCell<(Decoder, Vec<Vec<u8>>)> =
                std::cell::RefCell::new((formats::fresh(), formats::seeds()));
        }
        USED.with_borrow_mut(|(used, all)| {
            let mut file = all[pick.index(all.len())].clone();
            for (at, byte) in damage {
                let at = at.index(file.len());
                file[at] = byte;
            }
            if cut {
                file.truncate(kept.index(file.len()));
            }
            formats::check(used, &file);
        });
    }
}
