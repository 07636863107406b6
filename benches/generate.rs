//! Random images: the cost of painting, encoding and writing them, against encoding alone by
//! libjpeg-turbo; and natural images against the photographs that they stand in for.
//!
//! Files are written to `/dev/shm` if it exists, so that no disk is measured.
#![allow(
    unsafe_code,
    reason = "libjpeg-turbo's own interface is the limit to compare with"
)]
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod support;

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use imagepipe::codec::encode::{Deflate, Encoder, Encoding};
use imagepipe::codec::{Backend, Decoder, Format, Request as Wanted, Window};
use imagepipe::engine::unwatched;
use imagepipe::pixel::{Pixels, Plane, Size};
use imagepipe::random::{Bytes, Purpose, Stream};
use imagepipe::write::Existing;
use imagepipe::write::images::{Content, Painter, Request, create};
use support::{Case, compare, cores, files, photos, rounds};

const SIZE: Size = Size::new(1920, 1080);
const BYTES: usize = 3 * 1920 * 1080;
const JPEG: Encoding = Encoding::Jpeg { quality: 75 };
const CONTENTS: [(&str, Content); 2] = [("noise", Content::Noise), ("natural", Content::Natural)];

fn main() {
    random_bytes();
    for (name, content) in CONTENTS {
        parts(name, content);
    }
    for (name, content) in CONTENTS {
        whole(name, content);
    }
    beside_photographs("small", 200);
    beside_photographs("large", 30);
}

/// An item is a megabyte.
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

/// The steps of making an image, on one thread.
#[expect(
    clippy::too_many_lines,
    reason = "a benchmark is read from top to bottom"
)]
fn parts(name: &str, content: Content) {
    let mut pixels = vec![0; BYTES];
    let mut painter = Painter::default();
    painter.start(content, 1, 0, SIZE);
    painter.rows(&mut pixels);
    let deflate = if content == Content::Noise {
        Deflate::Stored
    } else {
        Deflate::Light
    };
    let forms = [
        ("JPEG", JPEG),
        ("PNG", Encoding::Png(deflate)),
        ("BMP", Encoding::Bmp),
    ];
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
    for (kind, encoding) in forms {
        let pixels = &pixels;
        let (mut encoder, mut file) = (Encoder::new().expect("an encoder"), Vec::new());
        cases.push(Case::new(format!("{kind}: encode"), 1, move || {
            encoder
                .image(encoding, SIZE, pixels, &mut file)
                .expect("a file");
            black_box(&file);
        }));
        let (mut encoder, mut painter, mut file) = (
            Encoder::new().expect("an encoder"),
            Painter::default(),
            Vec::new(),
        );
        let mut number = 0;
        cases.push(Case::new(
            format!("{kind}: paint and encode"),
            1,
            move || {
                painter.start(content, 1, number, SIZE);
                let stop = AtomicBool::new(false);
                encoder
                    .encode(
                        encoding,
                        SIZE,
                        &mut |rows| painter.rows(rows),
                        &stop,
                        &mut file,
                    )
                    .expect("a file");
                number += 1;
                black_box(&file);
            },
        ));
    }
    compare(&format!("{name} of 1920x1080, 1 thread"), rounds(15), cases);
}

/// The whole of `create_images`, files included, on all cores.
#[expect(
    clippy::too_many_lines,
    reason = "a benchmark is read from top to bottom"
)]
fn whole(name: &str, content: Content) {
    let shared = Path::new("/dev/shm");
    let folder = if shared.is_dir() {
        tempfile::tempdir_in(shared)
    } else {
        tempfile::tempdir()
    }
    .expect("a directory");
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
                    (thread..32)
                        .step_by(cores())
                        .for_each(|_| turbo.encode(pixels));
                });
            }
        });
    };
    let mut cases = vec![Case::new("libjpeg-turbo: encode alone", 32, encode_all)];
    for (kind, format) in [
        ("JPEG", Format::Jpeg),
        ("PNG", Format::Png),
        ("BMP", Format::Bmp),
    ] {
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
            create(&request, &mut unwatched).expect("images");
        }));
    }
    compare(
        &format!(
            "{name} of 1920x1080 in {}, all threads",
            folder.path().display()
        ),
        rounds(5),
        cases,
    );
}

/// Natural images and noise against `count` photographs of a set, in the same sizes, all as JPEGs
/// of the same quality.
fn beside_photographs(set: &str, count: usize) {
    let files = files(&photos(set));
    let some = files.iter().step_by(files.len().div_ceil(count));
    let photographs: Vec<(Size, Vec<u8>)> = some.map(|file| pixels_of(file)).collect();
    let [natural, noise] = [Content::Natural, Content::Noise].map(|content| {
        let paint =
            |((size, _), number): (&(Size, _), u64)| (*size, painted(content, *size, number));
        photographs.iter().zip(0..).map(paint).collect()
    });
    for quality in [50, 75, 85, 92] {
        let sets = [
            ("photographs", &photographs),
            ("natural", &natural),
            ("noise", &noise),
        ];
        beside_each_other(
            &format!("{set} set, quality {quality}"),
            &sets.map(|(name, set)| (name, encoded(quality, set))),
        );
    }
}

/// Bytes per pixel of each set, and how fast both decoders decode it.
fn beside_each_other(title: &str, sets: &[(&'static str, Files)]) {
    #[allow(clippy::cast_precision_loss, reason = "some hundred megabytes")]
    let per_pixel =
        |set: &Files| set.files.iter().map(Vec::len).sum::<usize>() as f64 / set.pixels as f64;
    println!("\nbytes per pixel, {title}");
    for (name, set) in sets {
        println!(
            "  {name:<44} {:>12.3} {:>20.3}",
            per_pixel(set),
            per_pixel(set) / per_pixel(&sets[0].1)
        );
    }
    // In thousands of pixels per second: the ratio of times per pixel is 1 over the printed ratio.
    for (decoder, backend) in [("libjpeg-turbo", Backend::Turbo), ("ours", Backend::Auto)] {
        let case = |(name, set): &(&'static str, Files)| {
            let mut decoder = Decoder::new(backend, Arc::default()).expect("a decoder");
            let files = set.files.clone();
            Case::new(*name, set.pixels / 1000, move || {
                decode(&mut decoder, &files);
            })
        };
        let title = format!("decoding by {decoder}, thousands of pixels, {title}, 1 thread");
        compare(&title, rounds(5), sets.iter().map(case).collect());
    }
}

struct Files {
    files: Vec<Vec<u8>>,
    pixels: usize,
}

fn decode(decoder: &mut Decoder, files: &[Vec<u8>]) {
    let stop = AtomicBool::new(false);
    for file in files {
        let opened = decoder.open(file, &stop).expect("a header");
        let window = Window::whole(opened.header().size);
        let wanted = Wanted {
            denominator: 1,
            window,
            gray: false,
            exact: true,
        };
        black_box(opened.decode(&wanted).expect("an image").pixels);
    }
}

fn pixels_of(file: &[u8]) -> (Size, Vec<u8>) {
    let stop = AtomicBool::new(false);
    let mut decoder = Decoder::new(Backend::Auto, Arc::default()).expect("a decoder");
    let opened = decoder.open(file, &stop).expect("a header");
    let size = opened.header().size;
    let wanted = Wanted {
        denominator: 1,
        window: Window::whole(size),
        gray: false,
        exact: true,
    };
    let pixels = match opened.decode(&wanted).expect("an image").pixels {
        Pixels::Rgb(plane) => rows(&plane, 3).copied().collect(),
        Pixels::Gray(plane) => rows(&plane, 1).flat_map(|level| [*level; 3]).collect(),
        other => panic!("{other:?} from an exact decode"),
    };
    (size, pixels)
}

fn rows<'a>(plane: &'a Plane<'_>, channels: usize) -> impl Iterator<Item = &'a u8> {
    (0..plane.height).flat_map(move |y| &plane.data[y * plane.stride..][..channels * plane.width])
}

fn painted(content: Content, size: Size, number: u64) -> Vec<u8> {
    let mut painter = Painter::default();
    painter.start(content, 1, number, size);
    let mut pixels = vec![0; usize::try_from(3 * size.pixels()).expect("a length")];
    painter.rows(&mut pixels);
    pixels
}

fn encoded(quality: u8, images: &[(Size, Vec<u8>)]) -> Files {
    let mut encoder = Encoder::new().expect("an encoder");
    let encode = |(size, pixels): &(Size, Vec<u8>)| {
        let mut file = Vec::new();
        encoder
            .image(Encoding::Jpeg { quality }, *size, pixels, &mut file)
            .expect("a file");
        file
    };
    let pixels = images.iter().map(|(size, _)| size.pixels()).sum::<u64>();
    Files {
        files: images.iter().map(encode).collect(),
        pixels: usize::try_from(pixels).expect("a length"),
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
            TJINIT_TJINIT_COMPRESS, TJPARAM_TJPARAM_NOREALLOC, TJPARAM_TJPARAM_QUALITY,
            TJPARAM_TJPARAM_SUBSAMP, TJSAMP_TJSAMP_420, tj3Init, tj3Set,
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
            let set = unsafe { tj3Set(handle, name.cast_signed(), value) };
            assert_eq!(set, 0, "a parameter");
        }
        Self {
            handle,
            file: vec![0; 2 * BYTES],
        }
    }

    fn encode(&mut self, pixels: &[u8]) {
        use turbojpeg_sys::{TJPF_TJPF_RGB, tj3Compress8};
        assert_eq!(pixels.len(), BYTES);
        let (mut out, mut len) = (self.file.as_mut_ptr(), self.file.len() as _);
        let (format, from) = (TJPF_TJPF_RGB, pixels.as_ptr());
        // SAFETY: the handle is valid; there are 1920x1080 pixels, and room for twice their bytes.
        let code = unsafe {
            tj3Compress8(
                self.handle,
                from,
                1920,
                0,
                1080,
                format,
                &raw mut out,
                &raw mut len,
            )
        };
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
