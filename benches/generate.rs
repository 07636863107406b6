//! Random images: what painting, encoding and writing them costs, against libjpeg-turbo's encoding alone; and natural
//! ones beside the photographs that they stand for.
//!
//! Files go to `/dev/shm` where there is one, so that no disk is measured.
#![allow(unsafe_code, reason = "libjpeg-turbo's own interface is the limit to compare with")]
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod support;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use imagepipe::codec::encode::{Deflate, Encoder, Form};
use imagepipe::codec::{Backend, Decoder, Format, Request as Wanted, Window};
use imagepipe::pixel::Size;
use imagepipe::random::{Bytes, Purpose, Stream};
use imagepipe::write::images::{Content, Painter, Request, create};
use imagepipe::write::{Existing, finish};
use support::{Case, compare, cores, decode_all, files, photos, rounds};

const SIZE: Size = Size::new(1920, 1080);
const BYTES: usize = 3 * 1920 * 1080;
const JPEG: Form = Form::Jpeg { quality: 75 };
const CONTENTS: [(&str, Content); 2] = [("noise", Content::Noise), ("natural", Content::Natural)];

fn main() {
    random_bytes();
    for (name, content) in CONTENTS {
        parts(name, content);
    }
    for (name, content) in CONTENTS {
        whole(name, content);
    }
    for set in ["small", "large"] {
        beside_photographs(set);
    }
}

/// Items are megabytes.
fn random_bytes() {
    let mut all = vec![0; 1 << 20];
    let mut stream = Stream::new(1, 0, 0, Purpose::Noise);
    let bytes = Bytes::new(&mut stream);
    let (mut one, mut other) = (all.clone(), all.clone());
    compare(
        "random bytes, MB/s, 1 thread",
        rounds(7),
        vec![
            Case::new("Philox", 1, move || {
                for word in one.chunks_exact_mut(8) {
                    word.copy_from_slice(&stream.next_u64().to_le_bytes());
                }
                black_box(&one);
            }),
            Case::new("ours", 16, move || {
                for position in 0..16 {
                    bytes.fill(position << 17, &mut all);
                    black_box(&all);
                }
            }),
            Case::new("filling with zeros", 16, move || {
                for _ in 0..16 {
                    other.fill(0);
                    black_box(&other);
                }
            }),
        ],
    );
}

/// What an image is made of, step by step, on one thread.
fn parts(name: &str, content: Content) {
    let mut pixels = vec![0; BYTES];
    let mut painter = Painter::default();
    painter.start(content, 1, 0, SIZE);
    painter.rows(&mut pixels);
    let deflate = if content == Content::Noise { Deflate::Stored } else { Deflate::Light };
    let forms = [("JPEG", JPEG), ("PNG", Form::Png(deflate)), ("BMP", Form::Bmp)];
    let mut turbo = Compressor::new();
    let mut cases = vec![
        Case::new("libjpeg-turbo: encode alone", 1, || turbo.encode(&pixels)),
        Case::new("paint", 1, || {
            let mut strip = [0; 16 * 3 * 1920];
            painter.start(content, 1, 0, SIZE);
            for _ in 0..SIZE.height.div_ceil(16) {
                painter.rows(&mut strip);
                black_box(&strip);
            }
        }),
    ];
    for (kind, form) in forms {
        let pixels = &pixels;
        let (mut encoder, mut file) = (Encoder::new().expect("an encoder"), Vec::new());
        cases.push(Case::new(format!("{kind}: encode"), 1, move || {
            encoder.picture(form, SIZE, pixels, &mut file).expect("a file");
            black_box(&file);
        }));
        let (mut encoder, mut painter, mut file) =
            (Encoder::new().expect("an encoder"), Painter::default(), Vec::new());
        let mut number = 0;
        cases.push(Case::new(format!("{kind}: paint and encode"), 1, move || {
            painter.start(content, 1, number, SIZE);
            let stop = AtomicBool::new(false);
            encoder.encode(form, SIZE, &mut |rows| painter.rows(rows), &stop, &mut file).expect("a file");
            number += 1;
            black_box(&file);
        }));
    }
    compare(&format!("{name} of 1920x1080, 1 thread"), rounds(15), cases);
}

/// All of it, files included, on all cores.
fn whole(name: &str, content: Content) {
    let shared = Path::new("/dev/shm");
    let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() }.expect("a directory");
    let pixels: Vec<u8> = {
        let mut painter = Painter::default();
        painter.start(content, 1, 0, SIZE);
        let mut pixels = vec![0; BYTES];
        painter.rows(&mut pixels);
        pixels
    };
    let encode_all = || {
        std::thread::scope(|scope| {
            for thread in 0..cores() {
                let pixels = &pixels;
                scope.spawn(move || {
                    let mut turbo = Compressor::new();
                    (thread..32).step_by(cores()).for_each(|_| turbo.encode(pixels));
                });
            }
        });
    };
    let mut cases = vec![Case::new("libjpeg-turbo: encode alone", 32, encode_all)];
    for (kind, format) in [("JPEG", Format::Jpeg), ("PNG", Format::Png), ("BMP", Format::Bmp)] {
        let request = Request {
            folder: folder.path().to_owned(),
            name: "a".to_owned(),
            size: SIZE,
            count: 32,
            format,
            seed: 1,
            quality: 75,
            content,
            classes: 0,
            existing: Existing::Replace,
            workers: None,
        };
        cases.push(Case::new(format!("{kind}: create_images"), 32, move || {
            finish(create(&request).expect("a run").as_mut()).expect("images");
        }));
    }
    compare(&format!("{name} of 1920x1080 in {}, all threads", folder.path().display()), rounds(5), cases);
}

/// Natural images of the sizes of a photo set, as JPEGs of the default quality, beside it.
fn beside_photographs(set: &str) {
    let photographs = files(&photos(set));
    let mut decoder = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
    let stop = AtomicBool::new(false);
    let sizes: Vec<Size> =
        photographs.iter().map(|file| decoder.open(file, &stop).expect("a header").header().size).collect();
    let (mut encoder, mut painter) = (Encoder::new().expect("an encoder"), Painter::default());
    let images = sizes.iter().zip(0..).map(|(size, number)| {
        let mut file = Vec::new();
        painter.start(Content::Natural, 1, number, *size);
        encoder.encode(JPEG, *size, &mut |rows| painter.rows(rows), &stop, &mut file).expect("a file");
        file
    });
    let images: Vec<Vec<u8>> = images.collect();
    #[allow(clippy::cast_precision_loss, reason = "some hundred megabytes")]
    let per_pixel = |files: &[Vec<u8>]| {
        files.iter().map(Vec::len).sum::<usize>() as f64 / sizes.iter().map(|size| size.pixels()).sum::<u64>() as f64
    };
    let (theirs, ours) = (per_pixel(&photographs), per_pixel(&images));
    println!("\nbytes a pixel, {set} set: photographs {theirs:.3}, natural {ours:.3}, ratio {:.3}", ours / theirs);
    let pixels = usize::try_from(sizes.iter().map(|size| size.pixels()).sum::<u64>() / 1000).expect("a length");
    let turbo = |name: &str, files: &Vec<Vec<u8>>| {
        let files = files.clone();
        Case::new(format!("{name}, libjpeg-turbo"), pixels, move || decode_all(&files, 1, 1))
    };
    let own = |name: &str, files: &Vec<Vec<u8>>| {
        let files = files.clone();
        let mut decoder = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
        Case::new(format!("{name}, ours"), pixels, move || {
            for file in &files {
                let stop = AtomicBool::new(false);
                let opened = decoder.open(file, &stop).expect("a header");
                let window = Window::whole(opened.header().size);
                let wanted = Wanted { denominator: 1, window, gray: false, exact: true };
                black_box(opened.decode(&wanted).expect("a picture").pixels);
            }
        })
    };
    // Thousands of pixels a second: the ratio of times a pixel is one over the ratio printed.
    for case in [&turbo as &dyn Fn(&str, &Vec<Vec<u8>>) -> Case<'static>, &own] {
        let cases = vec![case("photographs", &photographs), case("natural", &images)];
        compare(&format!("decoding, thousands of pixels, {set} set, 1 thread"), rounds(5), cases);
    }
}

/// libjpeg-turbo through its own interface: a handle and a buffer, both reused.
struct Compressor {
    handle: turbojpeg_sys::tjhandle,
    file: Vec<u8>,
}

impl Compressor {
    fn new() -> Self {
        use turbojpeg_sys::{
            TJINIT_TJINIT_COMPRESS, TJPARAM_TJPARAM_NOREALLOC, TJPARAM_TJPARAM_QUALITY, TJPARAM_TJPARAM_SUBSAMP,
            TJSAMP_TJSAMP_420, tj3Init, tj3Set,
        };
        // SAFETY: no precondition.
        let handle = unsafe { tj3Init(TJINIT_TJINIT_COMPRESS.cast_signed()) };
        assert!(!handle.is_null(), "a handle for libjpeg-turbo");
        for (name, value) in [
            (TJPARAM_TJPARAM_QUALITY, 75),
            (TJPARAM_TJPARAM_SUBSAMP, TJSAMP_TJSAMP_420),
            (TJPARAM_TJPARAM_NOREALLOC, 1),
        ] {
            // SAFETY: the handle is valid, the parameters are known.
            assert_eq!(unsafe { tj3Set(handle, name.cast_signed(), value) }, 0, "a parameter");
        }
        Self { handle, file: vec![0; 2 * BYTES] }
    }

    fn encode(&mut self, pixels: &[u8]) {
        use turbojpeg_sys::{TJPF_TJPF_RGB, tj3Compress8};
        assert_eq!(pixels.len(), BYTES);
        let (mut out, mut len) = (self.file.as_mut_ptr(), self.file.len() as _);
        let (format, from) = (TJPF_TJPF_RGB, pixels.as_ptr());
        // SAFETY: the handle is valid; there are so many pixels, and twice the room that they take.
        let code = unsafe { tj3Compress8(self.handle, from, 1920, 0, 1080, format, &raw mut out, &raw mut len) };
        assert_eq!(code, 0, "a file");
        black_box(&self.file);
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: a valid handle, destroyed once.
        unsafe { turbojpeg_sys::tj3Destroy(self.handle) }
    }
}
