//! Random images: what is in them, what their files are, and what is there when something goes
//! wrong.
#![expect(clippy::disallowed_methods, reason = "a test's own files")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use imagepipe::codec::encode::{Deflate, Encoder, Encoding};
use imagepipe::codec::{Backend, Decoder, Format, Request as Wanted, Window};
use imagepipe::engine::unwatched;
use imagepipe::error::{Error, Result};
use imagepipe::pixel::{Pixels, Size};
use imagepipe::random::hash_bytes;
use imagepipe::write::images::{Content, Painter, Request, create};
use imagepipe::write::{Existing, Written};

const BOTH: [Content; 2] = [Content::Noise, Content::Natural];
const FORMATS: [Format; 3] = [Format::Jpeg, Format::Png, Format::Bmp];
const ENCODINGS: [Encoding; 4] = [
    Encoding::Jpeg { quality: 75 },
    Encoding::Png(Deflate::Light),
    Encoding::Png(Deflate::Stored),
    Encoding::Bmp,
];

/// Sizes around those of blocks, strips and words.
const SIZES: [(u32, u32); 9] = [
    (1, 1),
    (1, 40),
    (40, 1),
    (3, 5),
    (16, 16),
    (17, 31),
    (33, 32),
    (100, 7),
    (131, 97),
];

fn request(folder: &Path) -> Request {
    Request {
        folder: folder.to_owned(),
        name: "a".to_owned(),
        size: Size::new(40, 30),
        count: 10,
        format: Format::Png,
        seed: 1,
        quality: 75,
        content: Content::Noise,
        classes: 0,
        existing: Existing::Refuse,
        workers: Some(2),
    }
}

fn made(request: &Request) -> Result<Written> {
    Ok(create(request, &mut unwatched)?.expect("nobody ended it"))
}

/// Every file of a directory, by its path below it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let name = path
                .strip_prefix(folder)
                .expect("below")
                .to_string_lossy()
                .into_owned();
            found.insert(name, fs::read(&path).expect("a file"));
        }
    }
    found
}

fn painted(content: Content, seed: u64, number: u64, size: Size) -> Vec<u8> {
    let mut painter = Painter::default();
    painter.start(content, seed, number, size);
    let mut pixels = vec![0; usize::try_from(3 * size.pixels()).expect("small")];
    painter.rows(&mut pixels);
    pixels
}

fn encoded(encoding: Encoding, size: Size, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    Encoder::new()
        .expect("an encoder")
        .image(encoding, size, pixels, &mut file)
        .expect("a file");
    file
}

fn decoded(file: &[u8], backend: Backend) -> (Size, Vec<u8>) {
    let stop = AtomicBool::new(false);
    let mut decoder = Decoder::new(backend, Arc::default()).expect("a decoder");
    let opened = decoder.open(file, &stop).expect("a header");
    let size = opened.header().size;
    let wanted = Wanted {
        denominator: 1,
        window: Window::whole(size),
        gray: false,
        exact: true,
    };
    let image = opened.decode(&wanted).expect("an image");
    let Pixels::Rgb(plane) = image.pixels else {
        panic!("{:?} is not RGB", image.pixels)
    };
    let rows = (0..plane.height).flat_map(|y| &plane.data[y * plane.stride..][..3 * plane.width]);
    (size, rows.copied().collect())
}

fn mean_square(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a
        .iter()
        .zip(b)
        .map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2))
        .sum();
    sum / f64::from(u32::try_from(a.len()).expect("small"))
}

#[test]
fn png_and_bmp_hold_the_very_pixels() {
    for (width, height) in SIZES {
        let size = Size::new(width, height);
        for content in BOTH {
            let pixels = painted(content, 7, 3, size);
            for encoding in &ENCODINGS[1..] {
                assert_eq!(
                    decoded(&encoded(*encoding, size, &pixels), Backend::Auto),
                    (size, pixels.clone()),
                    "{encoding:?}"
                );
            }
        }
    }
}

#[test]
fn jpeg_is_baseline_of_half_size_chroma_and_near_to_the_pixels() {
    for (width, height) in SIZES {
        let size = Size::new(width, height);
        let pixels = painted(Content::Natural, 7, 3, size);
        let [coarse, fine] =
            [30, 98].map(|quality| encoded(Encoding::Jpeg { quality }, size, &pixels));
        // Start of frame: baseline, 8 bits, size, three components of which the first is sampled
        // 2x2.
        let frame = fine
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .expect("a baseline frame");
        let [h, w] = [height, width].map(|side| u16::try_from(side).expect("small").to_be_bytes());
        assert_eq!(
            fine[frame + 4..][..8],
            [8, h[0], h[1], w[0], w[1], 3, 1, 0x22]
        );
        let errors = [&coarse, &fine].map(|file| {
            let (found, own) = decoded(file, Backend::Auto);
            assert_eq!((found, &own), (size, &decoded(file, Backend::Turbo).1));
            mean_square(&own, &pixels)
        });
        assert!(fine.len() > coarse.len() || size.pixels() < 64);
        if size.pixels() > 256 {
            // The chroma of the finest detail is lost at any quality.
            assert!(
                errors[1] < errors[0] && errors[1] < 400.0,
                "{size}: {errors:?}"
            );
        }
    }
}

/// The strip that is lent for a row of blocks is long enough for the longest there are.
#[test]
fn noise_of_the_highest_quality_finds_room() {
    let size = Size::new(320, 80);
    let pixels: Vec<u8> = painted(Content::Noise, 1, 0, size)
        .iter()
        .map(|byte| if byte % 2 == 0 { 0 } else { 255 })
        .collect();
    let file = encoded(Encoding::Jpeg { quality: 100 }, size, &pixels);
    assert!(file.len() as u64 > size.pixels(), "{} bytes", file.len());
    assert!(mean_square(&decoded(&file, Backend::Turbo).1, &pixels) < 12_000.0);
}

#[test]
fn an_encoder_keeps_nothing_of_the_image_before() {
    let mut encoder = Encoder::new().expect("an encoder");
    let mut file = vec![0xee; 1 << 20];
    let stop = AtomicBool::new(false);
    for encoding in ENCODINGS {
        for (width, height) in SIZES.into_iter().chain([(200, 300)]) {
            let size = Size::new(width, height);
            let pixels = painted(Content::Natural, 2, 0, size);
            // One that is given up half way, with a mess in its strip.
            let mut strips = 0;
            let mut rows = |strip: &mut [u8]| {
                strip.fill(0x55);
                strips += 1;
                stop.store(strips == 2, Ordering::Relaxed);
            };
            let given_up = encoder.encode(encoding, Size::new(99, 65), &mut rows, &stop, &mut file);
            assert_eq!(given_up.expect_err("it was stopped").to_string(), "stopped");
            assert_eq!(strips, 2);
            stop.store(false, Ordering::Relaxed);
            encoder
                .image(encoding, size, &pixels, &mut file)
                .expect("a file");
            assert_eq!(
                file,
                encoded(encoding, size, &pixels),
                "{encoding:?} of {size}"
            );
        }
    }
}

#[test]
fn what_cannot_be_encoded_is_said() {
    let wrong = |encoding: Encoding, width, height| {
        encoding
            .check(Size::new(width, height))
            .expect_err("it is refused")
            .to_string()
    };
    assert!(wrong(Encoding::Jpeg { quality: 75 }, 65_501, 1).contains("65500"));
    assert!(wrong(Encoding::Png(Deflate::Light), 1, 65_536).contains("65535"));
    assert!(wrong(Encoding::Bmp, 0, 1).contains("0x1"));
    assert!(wrong(Encoding::Bmp, 40_000, 40_000).contains("4 GiB"));
    assert!(wrong(Encoding::Jpeg { quality: 0 }, 1, 1).contains("quality 0"));
    Encoding::Jpeg { quality: 100 }
        .check(Size::new(65_500, 65_500))
        .expect("the largest JPEG");
    // The longest bitmap: a byte more would not fit into 32 bits.
    Encoding::Bmp
        .check(Size::new(65_535, 21_845))
        .expect("just below 4 GiB");
}

#[test]
fn rows_do_not_depend_on_how_many_are_made_at_once() {
    for content in BOTH {
        let size = Size::new(37, 50);
        let whole = painted(content, 4, 2, size);
        let mut painter = Painter::default();
        // Something else before it.
        painter.start(Content::Natural, 9, 9, Size::new(90, 20));
        painter.rows(&mut [0; 270]);
        painter.start(content, 4, 2, size);
        let mut rest = whole.as_slice();
        for count in [1, 16, 3, 30] {
            let mut some = vec![0; 3 * 37 * count];
            painter.rows(&mut some);
            assert_eq!(some, rest[..some.len()]);
            rest = &rest[some.len()..];
        }
    }
}

/// Pixels are the same on every machine. Whoever changes them on purpose changes these numbers.
#[test]
fn pixels_are_what_they_were() {
    let hashes = BOTH.map(|content| hash_bytes(&painted(content, 1, 2, Size::new(321, 123))));
    assert_eq!(hashes, [NOISE, NATURAL], "{hashes:#x?}");
    // Ten that follow each other show every kind of scene.
    let ten: Vec<u8> = (0..10)
        .flat_map(|number| painted(Content::Natural, 1, number, Size::new(160, 120)))
        .collect();
    assert_eq!(hash_bytes(&ten), TEN_NATURAL, "{:#x}", hash_bytes(&ten));
}

const NOISE: u64 = 0x8b1b_ad5c_b313_9a81;
const TEN_NATURAL: u64 = 0x738e_d21c_0649_2313;
const NATURAL: u64 = 0x78db_90b6_2619_00aa;

#[test]
fn noise_has_every_value_in_every_channel_and_no_row_twice() {
    let pixels = painted(Content::Noise, 0, 0, Size::new(100, 100));
    for channel in 0..3 {
        let values: BTreeSet<u8> = pixels.iter().skip(channel).step_by(3).copied().collect();
        assert_eq!(values.len(), 256);
    }
    let rows: BTreeSet<&[u8]> = pixels.chunks(300).collect();
    assert_eq!(rows.len(), 100);
}

#[test]
fn adjacent_seeds_share_no_image() {
    for content in BOTH {
        let mut seen = BTreeSet::new();
        for seed in (0..20).chain([u64::MAX - 1, u64::MAX]) {
            for number in 0..10 {
                assert!(
                    seen.insert(painted(content, seed, number, Size::new(24, 20))),
                    "{seed} {number}"
                );
            }
        }
    }
}

#[test]
fn the_same_request_gives_the_same_bytes_whatever_the_workers() {
    for content in BOTH {
        for format in FORMATS {
            let outcomes = [1, 2, 8, 8].map(|workers| {
                let folder = tempfile::tempdir().expect("a directory");
                let request = Request {
                    content,
                    format,
                    count: 70,
                    classes: 3,
                    workers: Some(workers),
                    ..request(folder.path())
                };
                let written = made(&request).expect("images");
                assert_eq!((written.files, written.records, written.kept), (70, 70, 0));
                let files = files(folder.path());
                assert_eq!(
                    written.bytes,
                    files.values().map(|file| file.len() as u64).sum::<u64>()
                );
                files
            });
            assert_eq!(outcomes[0].len(), 70);
            assert!(
                outcomes.iter().all(|files| *files == outcomes[0]),
                "{content:?} {format:?}"
            );
        }
    }
}

#[test]
fn files_hold_the_images_of_their_numbers() {
    for format in [Format::Png, Format::Bmp] {
        let folder = tempfile::tempdir().expect("a directory");
        made(&Request {
            format,
            ..request(folder.path())
        })
        .expect("images");
        let ending = if format == Format::Png { "png" } else { "bmp" };
        for number in 0..10 {
            let file = fs::read(folder.path().join(format!("a{number}.{ending}"))).expect("a file");
            let size = Size::new(40, 30);
            assert_eq!(
                decoded(&file, Backend::Auto),
                (size, painted(Content::Noise, 1, number, size))
            );
        }
    }
}

#[test]
fn classes_take_turns() {
    let folder = tempfile::tempdir().expect("a directory");
    made(&Request {
        count: 11,
        classes: 4,
        name: String::new(),
        ..request(folder.path())
    })
    .expect("images");
    let found: Vec<String> = files(folder.path()).into_keys().collect();
    let expected = [
        "0000/0", "0000/4", "0000/8", "0001/1", "0001/5", "0001/9", "0002/10", "0002/2", "0002/6",
        "0003/3", "0003/7",
    ];
    assert_eq!(found, expected.map(|name| format!("class-{name}.png")));
}

#[test]
fn what_is_there_is_neither_lost_nor_taken_for_something_else() {
    let folder = tempfile::tempdir().expect("a directory");
    // None of these is an image of ten.
    for other in [
        "a01.png",
        "a+1.png",
        "a.png",
        "a1.jpg",
        "b1.png",
        "a1.PNG",
        "xa1.png",
        "a1.png.part",
    ] {
        fs::write(folder.path().join(other), other).expect("a file");
    }
    let request = request(folder.path());
    made(&request).expect("images");
    let all = files(folder.path());
    assert_eq!(all.len(), 18);
    fs::remove_file(folder.path().join("a3.png")).expect("removed");
    fs::remove_file(folder.path().join("a4.png")).expect("removed");
    let error = made(&request).expect_err("they are there");
    assert!(
        matches!(&error, Error::Exists { path, .. } if path.ends_with("a0.png")),
        "{error}"
    );
    assert_eq!(files(folder.path()).len(), 16, "nothing was written");

    let resume = Request {
        existing: Existing::Resume,
        ..request.clone()
    };
    let written = made(&resume).expect("images");
    assert_eq!((written.files, written.kept), (10, 8));
    assert_eq!(files(folder.path()), all);

    fs::write(folder.path().join("a7.png"), "?").expect("a file");
    let replace = Request {
        existing: Existing::Replace,
        ..request
    };
    assert_eq!(made(&replace).expect("images").kept, 0);
    assert_eq!(files(folder.path()), all);
}

#[test]
fn images_of_other_options_are_not_gone_on_with() {
    let folder = tempfile::tempdir().expect("a directory");
    made(&Request {
        count: 2,
        ..request(folder.path())
    })
    .expect("images");
    let resume = Request {
        existing: Existing::Resume,
        ..request(folder.path())
    };
    for other in [
        Request {
            seed: 2,
            ..resume.clone()
        },
        Request {
            size: Size::new(30, 40),
            ..resume.clone()
        },
        Request {
            content: Content::Natural,
            ..resume.clone()
        },
    ] {
        let error = made(&other).expect_err("they are other images");
        assert!(
            matches!(&error, Error::Dataset { path, .. } if path.starts_with(folder.path())),
            "{error}"
        );
    }
    made(&resume).expect("images");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn arguments_are_checked_before_anything_is_there() {
    let folder = tempfile::tempdir().expect("a directory");
    let target = folder.path().join("new");
    let right = request(&target);
    for (argument, request) in [
        (
            "count",
            Request {
                count: 0,
                ..right.clone()
            },
        ),
        (
            "width",
            Request {
                size: Size::new(0, 1),
                ..right.clone()
            },
        ),
        (
            "height",
            Request {
                size: Size::new(1, 65_536),
                ..right.clone()
            },
        ),
        (
            "width",
            Request {
                size: Size::new(65_501, 1),
                format: Format::Jpeg,
                ..right.clone()
            },
        ),
        (
            "height",
            Request {
                size: Size::new(65_535, 65_535),
                format: Format::Bmp,
                ..right.clone()
            },
        ),
        (
            "quality",
            Request {
                quality: 0,
                ..right.clone()
            },
        ),
        (
            "quality",
            Request {
                quality: 101,
                ..right.clone()
            },
        ),
        (
            "classes",
            Request {
                classes: 11,
                ..right.clone()
            },
        ),
        (
            "workers",
            Request {
                workers: Some(0),
                ..right.clone()
            },
        ),
        (
            "name",
            Request {
                name: "a/b".to_owned(),
                ..right.clone()
            },
        ),
        (
            "name",
            Request {
                name: ".hidden".to_owned(),
                ..right.clone()
            },
        ),
        (
            "name",
            Request {
                name: "x".repeat(252),
                ..right.clone()
            },
        ),
        (
            "image_format",
            Request {
                format: Format::Gif,
                ..right.clone()
            },
        ),
    ] {
        let error = made(&request).expect_err("it is refused");
        assert!(
            matches!(&error, Error::Argument { argument: named, .. } if *named == argument),
            "{argument}: {error}"
        );
    }
    assert!(!target.exists());
    made(&Request {
        name: "x".repeat(250),
        ..right
    })
    .expect("images");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("file");
    fs::write(&file, "").expect("a file");
    for existing in [Existing::Refuse, Existing::Replace] {
        let error = made(&Request {
            existing,
            ..request(&file)
        })
        .expect_err("it is no directory");
        assert!(
            error
                .to_string()
                .starts_with(file.to_str().expect("a path")),
            "{error}"
        );
    }
}

/// JPEG qualities, and bytes a pixel that the photographs of `benches/photos.py` have at them,
/// encoded again with chroma of half the size: 200 of about 436x381, and 30 of about 2000x1500. The
/// benchmark `generate` has the sets themselves, and the time to decode them.
const QUALITIES: [u8; 4] = [50, 75, 85, 92];
const PHOTOGRAPHS: [(Size, u32, [f64; 4]); 2] = [
    (Size::new(436, 381), 100, [0.132, 0.204, 0.298, 0.421]),
    (Size::new(2000, 1500), 16, [0.071, 0.119, 0.213, 0.295]),
];

#[test]
fn natural_images_have_the_bytes_of_photographs_at_every_quality() {
    for (size, count, photographs) in PHOTOGRAPHS {
        let mut bytes = [0; 4];
        let mut spread: Vec<usize> = Vec::new();
        for number in 0..count {
            let pixels = painted(Content::Natural, 11, u64::from(number), size);
            let files =
                QUALITIES.map(|quality| encoded(Encoding::Jpeg { quality }, size, &pixels).len());
            bytes
                .iter_mut()
                .zip(files)
                .for_each(|(total, file)| *total += u32::try_from(file).expect("small"));
            spread.push(files[1]);
        }
        let pixels = f64::from(u32::try_from(size.pixels()).expect("small") * count);
        let ratios =
            [0, 1, 2, 3].map(|quality| f64::from(bytes[quality]) / pixels / photographs[quality]);
        assert!(
            ratios.iter().all(|ratio| (0.75..=1.25).contains(ratio)),
            "{size}: {ratios:.2?} of photographs"
        );
        // Some are smooth and some are busy.
        spread.sort_unstable();
        assert!(
            spread[spread.len() - 1] > 2 * spread[0],
            "{size}: {} to {}",
            spread[0],
            spread[spread.len() - 1]
        );
    }
}

/// Edges are few and large, unlike those of noise: differences between neighbours are far from a
/// normal distribution, whose fourth moment is 3.
#[test]
fn natural_images_are_smooth_but_for_their_edges() {
    let size = Size::new(256, 256);
    let mut moments: Vec<f64> = (0..40)
        .map(|number| {
            let pixels = painted(Content::Natural, 3, number, size);
            let rows = pixels
                .chunks(3 * 256)
                .flat_map(|row| row.windows(4).skip(1).step_by(3));
            let steps: Vec<f64> = rows
                .map(|pair| f64::from(pair[3]) - f64::from(pair[0]))
                .collect();
            let count = f64::from(u32::try_from(steps.len()).expect("small"));
            let moment = |power| steps.iter().map(|step| step.powi(power)).sum::<f64>() / count;
            moment(4) / moment(2).powi(2)
        })
        .collect();
    moments.sort_by(f64::total_cmp);
    assert!(moments[20] > 8.0, "{moments:.1?}");
}

/// As in photographs, colours vary less than brightness.
#[test]
fn natural_images_are_brighter_here_and_darker_there_more_than_coloured() {
    let size = Size::new(300, 200);
    let mut deviations = [0.0; 3];
    for number in 0..12 {
        let pixels = painted(Content::Natural, 5, number, size);
        let planes = [[77, 150, 29], [-43, -85, 128], [128, -107, -21]];
        for (deviation, weights) in deviations.iter_mut().zip(planes) {
            let value = |rgb: &[u8]| {
                rgb.iter()
                    .zip(weights)
                    .map(|(x, weight)| f64::from(weight * i32::from(*x)) / 256.0)
                    .sum::<f64>()
            };
            let values: Vec<f64> = pixels.chunks(3).map(value).collect();
            let count = f64::from(u32::try_from(values.len()).expect("small"));
            let mean = values.iter().sum::<f64>() / count;
            *deviation +=
                (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt() / 12.0;
        }
    }
    let [luma, blue, red] = deviations;
    assert!(
        luma > 35.0 && blue < luma / 2.0 && red < luma / 2.0 && blue > 3.0 && red > 3.0,
        "{deviations:?}"
    );
}
