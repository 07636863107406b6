//! Our decoder against libjpeg-turbo, one table for each way of decoding: one thread, with reused
//! handles and buffers.
//!
//! The first row of every table is libjpeg-turbo doing the same work through its C interface, and
//! ratios are relative to it.

mod support;

use std::sync::{Arc, atomic::AtomicBool};

use imagepipe::codec::{Backend, Decoder, Request, Window};
use support::{Case, Turbo, compare, cores, decode_all, files, photos, rounds};

/// What to decode of an image, by its index and size.
type Part<'a> = dyn Fn(usize, u32, u32) -> Request + 'a;

fn main() {
    for set in ["small", "large"] {
        let files = files(&photos(set));
        full(set, &files);
        let pair = |title: &str, part: &Part<'_>| {
            let cases = [("libjpeg-turbo", Backend::Turbo), ("ours", Backend::Auto)];
            let cases = cases.map(|(name, backend)| decoding(name, &files, backend, part));
            compare(
                &format!("{title}, {set} set, 1 thread"),
                rounds(7),
                cases.into(),
            );
        };
        entropy(set, &files);
        for denominator in [1, 2, 4, 8] {
            pair(
                &format!("planes at 1/{denominator}"),
                &|_, width, height| whole(width, height, denominator, false),
            );
        }
        pair("planes of random crops", &|index, width, height| Request {
            window: crop(index, width, height),
            ..whole(width, height, 1, false)
        });
        pair("RGB", &|_, width, height| whole(width, height, 1, true));
        pair("RGB of random crops", &|index, width, height| Request {
            window: crop(index, width, height),
            ..whole(width, height, 1, true)
        });
    }
}

/// The familiar limit: a plain full decode to RGB.
fn full(set: &str, files: &[Vec<u8>]) {
    let turbo = |denominator| {
        let mut turbo = Turbo::new();
        Case::new(
            format!("libjpeg-turbo RGB 1/{denominator}"),
            files.len(),
            move || {
                for file in files {
                    std::hint::black_box(turbo.decode(file, denominator));
                }
            },
        )
    };
    let mut cases = vec![turbo(1)];
    cases.extend([2, 4, 8].map(turbo));
    cases.extend([1, 2, 4, 8].map(|denominator| {
        let part = move |_: usize, width, height| whole(width, height, denominator, false);
        decoding(
            &format!("our planes 1/{denominator}"),
            files,
            Backend::Auto,
            &part,
        )
    }));
    compare(
        &format!("against a full decode, {set} set, 1 thread"),
        rounds(5),
        cases,
    );
    let threaded = |denominator| {
        let name = format!("libjpeg-turbo RGB 1/{denominator}");
        Case::new(name, files.len(), move || {
            decode_all(files, cores(), denominator);
        })
    };
    compare(
        &format!("libjpeg-turbo, {set} set, all threads"),
        rounds(5),
        [1, 2, 4, 8].map(threaded).into(),
    );
}

/// Entropy decoding alone. For skipped rows, libjpeg-turbo does nothing else and keeps no
/// coefficients; our decoder stores them, as it does for the transform.
fn entropy(set: &str, files: &[Vec<u8>]) {
    let last_row = |_: usize, width, height: u32| Request {
        window: Window {
            left: 0,
            top: height - 1,
            width,
            height: 1,
        },
        ..whole(width, height, 1, true)
    };
    let theirs = decoding("libjpeg-turbo", files, Backend::Turbo, &last_row);
    let mut decoder = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
    let ours = Case::new("ours", files.len(), move || {
        for file in files {
            let stop = AtomicBool::new(false);
            std::hint::black_box(decoder.open(file, &stop).expect("a header").entropy());
        }
    });
    compare(
        &format!("entropy decoding alone, {set} set, 1 thread"),
        rounds(7),
        vec![theirs, ours],
    );
}

fn decoding<'a>(name: &str, files: &'a [Vec<u8>], backend: Backend, part: &Part<'_>) -> Case<'a> {
    let mut decoder = Decoder::new(backend, Arc::default()).expect("a decoder");
    let requests = files.iter().enumerate().map(|(i, file)| {
        let stop = AtomicBool::new(false);
        let size = decoder.open(file, &stop).expect("a header").header().size;
        part(i, size.width, size.height)
    });
    let requests: Vec<Request> = requests.collect();
    Case::new(name, files.len(), move || {
        for (file, request) in files.iter().zip(&requests) {
            let stop = AtomicBool::new(false);
            let opened = decoder.open(file, &stop).expect("a header");
            std::hint::black_box(opened.decode(request).expect("an image").pixels);
        }
    })
}

fn whole(width: u32, height: u32, denominator: u32, exact: bool) -> Request {
    let window = Window {
        left: 0,
        top: 0,
        width: width.div_ceil(denominator),
        height: height.div_ceil(denominator),
    };
    Request {
        denominator,
        window,
        gray: false,
        exact,
    }
}

/// A crop as `RandomResizedCrop` draws it: 8 to 100 % of the area, aspect ratio 3/4 to 4/3.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "inside the image"
)]
fn crop(index: usize, width: u32, height: u32) -> Window {
    let mut state = index as u64;
    let mut unit = || {
        state = imagepipe::random::mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    loop {
        let area = f64::from(width) * f64::from(height) * (0.08 + 0.92 * unit());
        let ratio = (0.75f64.ln() + unit() * (16.0f64 / 9.0).ln()).exp();
        let (w, h) = (
            (area * ratio).sqrt().round() as u32,
            (area / ratio).sqrt().round() as u32,
        );
        if (1..=width).contains(&w) && (1..=height).contains(&h) {
            let left = (unit() * f64::from(width - w + 1)) as u32;
            let top = (unit() * f64::from(height - h + 1)) as u32;
            return Window {
                left,
                top,
                width: w,
                height: h,
            };
        }
    }
}
