//! Resizing a decoded photograph to a finished 224x224 sample, against `fast_image_resize`, which
//! only gives RGB bytes.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "small numbers"
)]
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints, and has files of its own"
)]

mod support;

use fast_image_resize as fir;
use imagepipe::image::resize::{Request, Resizer};
use imagepipe::pixel::{
    Channels, Interpolation, Layout, Linear, Output, Pixels, Plane, Region, Size,
};
use support::{Case, Turbo, compare, files, photos, rounds};

const OUT: usize = 224;
const ITEMS: usize = 400;

/// Bytes that neither branch prediction nor skipping of zeros can speed up.
fn noise(len: usize) -> Vec<u8> {
    (0..len as u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

fn request(width: usize, height: usize, interpolation: Interpolation, layout: Layout) -> Request {
    let size = Size::new(width as u32, height as u32);
    Request {
        region: Region::whole(size),
        confine: false,
        size: Size::new(OUT as u32, OUT as u32),
        interpolation,
        flip: false,
        channels: Channels::Rgb,
        layout,
    }
}

fn reference<'a>(width: usize, height: usize, filter: fir::FilterType) -> Case<'a> {
    let source = fir::images::Image::from_vec_u8(
        width as u32,
        height as u32,
        noise(width * height * 3),
        fir::PixelType::U8x3,
    );
    let source = source.expect("a source");
    let mut out = fir::images::Image::new(OUT as u32, OUT as u32, fir::PixelType::U8x3);
    let options = fir::ResizeOptions::new()
        .resize_alg(fir::ResizeAlg::Convolution(filter))
        .use_alpha(false);
    let mut resizer = fir::Resizer::new();
    Case::new(
        format!("fast_image_resize, RGB {width}x{height}"),
        ITEMS,
        move || {
            for _ in 0..ITEMS {
                resizer
                    .resize(&source, &mut out, &options)
                    .expect("a resize");
            }
        },
    )
}

fn rgb<'a>(width: usize, height: usize, interpolation: Interpolation) -> Case<'a> {
    let source = noise(width * height * 3 + 64);
    let mut resizer = Resizer::new();
    let mut out = vec![0; OUT * OUT * 3];
    Case::new("ours, RGB to uint8 NHWC", ITEMS, move || {
        for _ in 0..ITEMS {
            let plane = Plane {
                data: &source,
                stride: width * 3,
                width,
                height,
            };
            let request = request(width, height, interpolation, Layout::Nhwc);
            resizer.run(&Pixels::Rgb(plane), &request, Output::Uint8(&mut out));
        }
        std::hint::black_box(&out);
    })
}

fn planes<'a>(width: usize, height: usize, interpolation: Interpolation, float: bool) -> Case<'a> {
    let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
    let (y, c) = (
        noise(width * height + 64),
        noise(half_width * half_height + 64),
    );
    let mut resizer = Resizer::new();
    let linear = Linear::new([0.017; 3], [-2.0; 3]);
    let (mut bytes, mut floats) = (vec![0; OUT * OUT * 3], vec![0f32; OUT * OUT * 3]);
    let name = if float {
        "ours, 4:2:0 planes to float32 NCHW"
    } else {
        "ours, 4:2:0 planes to uint8 NHWC"
    };
    Case::new(name, ITEMS, move || {
        for _ in 0..ITEMS {
            let chroma = Plane {
                data: &c,
                stride: half_width,
                width: half_width,
                height: half_height,
            };
            let luma = Plane {
                data: &y,
                stride: width,
                width,
                height,
            };
            let source = Pixels::Ycc {
                y: luma,
                cb: chroma,
                cr: chroma,
                ratio: (2, 2),
            };
            let layout = if float { Layout::Nchw } else { Layout::Nhwc };
            let request = request(width, height, interpolation, layout);
            let output = if float {
                Output::Float32(&mut floats, &linear)
            } else {
                Output::Uint8(&mut bytes)
            };
            resizer.run(&source, &request, output);
        }
        std::hint::black_box((&bytes, &floats));
    })
}

/// The resize of an average photograph, against its decoding by libjpeg-turbo.
fn share_of_a_decode() {
    let files = files(&photos("small"));
    let mut turbo = Turbo::new();
    let full = Case::new("libjpeg-turbo, full decode to RGB", files.len(), || {
        for file in &files {
            std::hint::black_box(turbo.decode(file, 1));
        }
    });
    let cases = vec![full, planes(436, 381, Interpolation::Bilinear, false)];
    compare(
        "resize, colour and write of 436x381 against decoding the small set, 1 thread",
        rounds(9),
        cases,
    );
}

fn main() {
    let filters = [
        (
            "bilinear",
            Interpolation::Bilinear,
            fir::FilterType::Bilinear,
        ),
        (
            "bicubic",
            Interpolation::Bicubic,
            fir::FilterType::CatmullRom,
        ),
        ("lanczos", Interpolation::Lanczos, fir::FilterType::Lanczos3),
    ];
    for (name, ours, theirs) in filters {
        let (width, height) = (436, 381);
        let cases = vec![
            reference(width, height, theirs),
            rgb(width, height, ours),
            planes(width, height, ours, false),
            planes(width, height, ours, true),
        ];
        compare(
            &format!("resize {width}x{height} to {OUT}x{OUT}, {name}, 1 thread"),
            rounds(9),
            cases,
        );
    }
    share_of_a_decode();
    let (width, height) = (500, 375);
    let bilinear = Interpolation::Bilinear;
    let cases = vec![
        reference(width, height, fir::FilterType::Bilinear),
        planes(width, height, bilinear, false),
    ];
    compare(
        &format!("resize {width}x{height} to {OUT}x{OUT}, bilinear, 1 thread"),
        rounds(9),
        cases,
    );
}
