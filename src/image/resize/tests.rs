//! Resizing against a plain computation in doubles, and its two implementations against each other.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers made by the tests"
)]

use super::{First, Request, Resizer};
use crate::pixel::{Channels, Interpolation, Layout, Linear, Output, Pixels, Plane, Region, Size};
use proptest::prelude::*;

/// A source that owns its bytes.
#[derive(Clone, Debug)]
pub(super) struct Image {
    kind: Kind,
    size: (usize, usize),
    ratio: (usize, usize),
    planes: Vec<Vec<u8>>,
    strides: Vec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Gray,
    Rgb,
    Planar,
    Ycc,
}

impl Image {
    fn new(
        kind: Kind,
        size: (usize, usize),
        ratio: (usize, usize),
        texture: Texture,
        padding: usize,
    ) -> Self {
        let chroma = (size.0.div_ceil(ratio.0), size.1.div_ceil(ratio.1));
        let all: &[((usize, usize), usize)] = match kind {
            Kind::Gray => &[(size, 1)],
            Kind::Rgb => &[(size, 3)],
            Kind::Planar => &[(size, 1), (size, 1), (size, 1)],
            Kind::Ycc => &[(size, 1), (chroma, 1), (chroma, 1)],
        };
        let (mut planes, mut strides) = (vec![], vec![]);
        for (p, &((width, height), channels)) in all.iter().enumerate() {
            let stride = width * channels + padding;
            let bytes = (0..height * stride - padding).map(|i| {
                let (row, column) = (i / stride, i % stride);
                texture.at(p * 3 + column % channels, column / channels, row)
            });
            planes.push(bytes.collect());
            strides.push(stride);
        }
        Self {
            kind,
            size,
            ratio,
            planes,
            strides,
        }
    }

    fn plane(&self, i: usize) -> Plane<'_> {
        let (mut width, mut height) = self.size;
        if i > 0 && self.kind == Kind::Ycc {
            (width, height) = (width.div_ceil(self.ratio.0), height.div_ceil(self.ratio.1));
        }
        Plane {
            data: &self.planes[i],
            stride: self.strides[i],
            width,
            height,
        }
    }

    fn pixels(&self) -> Pixels<'_> {
        match self.kind {
            Kind::Gray => Pixels::Gray(self.plane(0)),
            Kind::Rgb => Pixels::Rgb(self.plane(0)),
            Kind::Planar => Pixels::Planar([self.plane(0), self.plane(1), self.plane(2)]),
            Kind::Ycc => Pixels::Ycc {
                y: self.plane(0),
                cb: self.plane(1),
                cr: self.plane(2),
                ratio: self.ratio,
            },
        }
    }
}

/// What the bytes of an image look like.
#[derive(Clone, Copy, Debug)]
enum Texture {
    /// Anything.
    Noise(u64),
    /// Black and white only: filters overshoot most.
    Checks(u64),
    /// Slow waves.
    Smooth,
    /// One value.
    Flat(u8),
    /// Columns of black and white.
    Stripes,
}

impl Texture {
    fn at(self, channel: usize, x: usize, y: usize) -> u8 {
        let mix = |seed: u64| {
            let mut z = seed ^ (channel as u64) << 58 ^ (y as u64) << 29 ^ x as u64;
            z = (z ^ z >> 30)
                .wrapping_mul(0xbf58_476d_1ce4_e5b9)
                .wrapping_add(seed);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ z >> 31
        };
        match self {
            Self::Noise(seed) => mix(seed) as u8,
            Self::Checks(seed) => (mix(seed) >> 17 & 1) as u8 * 255,
            Self::Smooth => {
                let phase = channel as f64;
                let wave = (x as f64 / 37.0 + phase).sin() + (y as f64 / 23.0 - phase).cos();
                (127.5 + 63.0 * wave) as u8
            }
            Self::Flat(value) => value.wrapping_add((channel as u8).wrapping_mul(50)),
            Self::Stripes => ((x + channel) % 2) as u8 * 255,
        }
    }
}

fn textures() -> impl Strategy<Value = Texture> {
    prop_oneof![
        any::<u64>().prop_map(Texture::Noise),
        any::<u64>().prop_map(Texture::Checks),
        Just(Texture::Smooth),
        any::<u8>().prop_map(Texture::Flat),
        Just(Texture::Stripes),
    ]
}

const FILTERS: [Interpolation; 5] = [
    Interpolation::Nearest,
    Interpolation::Bilinear,
    Interpolation::Bicubic,
    Interpolation::Lanczos,
    Interpolation::Area,
];

/// Pillow's kernels, as its source has them.
fn kernel(interpolation: Interpolation, x: f64) -> f64 {
    let sinc = |x: f64| {
        if x == 0.0 {
            1.0
        } else {
            (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI)
        }
    };
    match interpolation {
        Interpolation::Nearest | Interpolation::Floor | Interpolation::Area => {
            f64::from(u8::from(x > -0.5 && x <= 0.5))
        }
        Interpolation::Bilinear => (1.0 - x.abs()).max(0.0),
        Interpolation::Bicubic => {
            let (x, a) = (x.abs(), -0.5);
            if x < 1.0 {
                ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
            } else if x < 2.0 {
                (((x - 5.0) * x + 8.0) * x - 4.0) * a
            } else {
                0.0
            }
        }
        Interpolation::Lanczos => {
            if (-3.0..3.0).contains(&x) {
                sinc(x) * sinc(x / 3.0)
            } else {
                0.0
            }
        }
    }
}

/// First sample and weights of each output of an axis, in doubles.
fn weights(
    request: &Request,
    size: usize,
    left: f64,
    length: f64,
    outputs: usize,
) -> Vec<(usize, Vec<f64>)> {
    let support = match request.interpolation {
        Interpolation::Nearest | Interpolation::Floor => 0.0,
        Interpolation::Area => 0.5,
        Interpolation::Bilinear => 1.0,
        Interpolation::Bicubic => 2.0,
        Interpolation::Lanczos => 3.0,
    };
    let scale = length / outputs as f64;
    let (mut skipped, mut left, mut high) = (0, left, size as i64);
    if request.confine {
        skipped = (left.floor() as i64).clamp(0, high - 1);
        high = ((left + length).ceil() as i64).clamp(skipped + 1, high) - skipped;
        left -= skipped as f64;
    }
    let mut nearest = left + 0.5 * scale;
    (0..outputs)
        .map(|i| {
            if request.interpolation == Interpolation::Nearest {
                let sample = (nearest.floor() as i64).clamp(0, high - 1);
                nearest += scale;
                return ((sample + skipped) as usize, vec![1.0]);
            }
            let stretch = scale.max(1.0);
            let centre = left + (i as f64 + 0.5) * scale;
            let from = ((centre - support * stretch + 0.5) as i64).clamp(0, high - 1);
            let to = ((centre + support * stretch + 0.5) as i64).clamp(from + 1, high);
            let mut all: Vec<f64> = (from..to)
                .map(|x| kernel(request.interpolation, (x as f64 - centre + 0.5) / stretch))
                .collect();
            let sum: f64 = all.iter().sum();
            for w in &mut all {
                *w /= sum;
            }
            ((from + skipped) as usize, all)
        })
        .collect()
}

/// One channel of a plane, resized.
fn resized(plane: &Plane<'_>, channels: usize, c: usize, request: &Request) -> Vec<f64> {
    let samples: Vec<_> = (0..plane.height)
        .map(|y| {
            (0..plane.width)
                .map(|x| f64::from(plane.data[y * plane.stride + x * channels + c]))
                .collect()
        })
        .collect();
    resized_samples(&samples, request)
}

/// Rows of samples, resized.
fn resized_samples(samples: &[Vec<f64>], request: &Request) -> Vec<f64> {
    let Request { region, size, .. } = *request;
    let (width, height) = (size.width as usize, size.height as usize);
    let rows = weights(request, samples.len(), region.top, region.height, height);
    let columns = weights(request, samples[0].len(), region.left, region.width, width);
    let mut out = Vec::with_capacity(width * height);
    for (top, down) in rows {
        let row: Vec<f64> = (0..samples[0].len())
            .map(|x| {
                down.iter()
                    .zip(&samples[top..])
                    .map(|(w, samples)| w * samples[x])
                    .sum()
            })
            .collect();
        for (left, across) in &columns {
            out.push(across.iter().zip(&row[*left..]).map(|(w, v)| w * v).sum());
        }
    }
    out
}

/// A chroma plane of an image, resized: upsampled as libjpeg does it, unrounded, then resized as
/// luma is. Only nearest takes the nearest sample.
fn resized_chroma(image: &Image, plane: usize, request: &Request) -> Vec<f64> {
    let (plane, ratio) = (image.plane(plane), image.ratio);
    if request.interpolation == Interpolation::Nearest {
        // The reciprocal, as the code has it: it decides ties where the ratio is 3.
        let (across, down) = (1.0 / ratio.0 as f64, 1.0 / ratio.1 as f64);
        let region = Region {
            left: request.region.left * across,
            top: request.region.top * down,
            width: request.region.width * across,
            height: request.region.height * down,
        };
        return resized(&plane, 1, 0, &Request { region, ..*request });
    }
    let fancy = ratio.0 <= 2 && ratio.1 <= 2;
    let row = |y: usize| -> Vec<f64> {
        let sample = |x: usize| f64::from(plane.data[y * plane.stride + x]);
        let all: Vec<f64> = (0..plane.width).map(sample).collect();
        upsampled(&all, image.size.0, ratio.0, fancy, |a, b| {
            0.75 * a + 0.25 * b
        })
    };
    let rows: Vec<Vec<f64>> = (0..plane.height).map(row).collect();
    let mix =
        |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| 0.75 * a + 0.25 * b).collect();
    resized_samples(
        &upsampled(&rows, image.size.1, ratio.1, fancy, mix),
        request,
    )
}

/// `count` pixels of an axis, of which each sample covers `ratio`.
fn upsampled<T: Clone>(
    samples: &[T],
    count: usize,
    ratio: usize,
    fancy: bool,
    mix: impl Fn(T, T) -> T,
) -> Vec<T> {
    let pixel = |i: usize| {
        let own = i / ratio;
        let beside = if i.is_multiple_of(2) {
            own.saturating_sub(1)
        } else {
            (own + 1).min(samples.len() - 1)
        };
        let own = samples[own].clone();
        if fancy && ratio == 2 {
            mix(own, samples[beside].clone())
        } else {
            own
        }
    };
    (0..count).map(pixel).collect()
}

/// The result in doubles, in the order of the output; luma of interleaved colour is made of rounded
/// values.
fn reference(image: &Image, request: &Request) -> Vec<f64> {
    let gray = request.channels == Channels::Gray;
    let first = || resized(&image.plane(0), 1, 0, request);
    let chroma = |plane| resized_chroma(image, plane, request);
    let channels: Vec<Vec<f64>> = match image.kind {
        Kind::Gray => vec![first(); request.channels.count()],
        Kind::Ycc if gray => vec![first()],
        Kind::Rgb | Kind::Planar => {
            let channel = |c| match image.kind {
                Kind::Rgb => resized(&image.plane(0), 3, c, request),
                _ => resized(&image.plane(c), 1, 0, request),
            };
            let rgb: Vec<_> = (0..3).map(channel).collect();
            if gray { vec![luma(&rgb)] } else { rgb }
        }
        Kind::Ycc => jfif(&first(), &chroma(1), &chroma(2)),
    };
    arranged(&channels, request)
}

fn luma(rgb: &[Vec<f64>]) -> Vec<f64> {
    let byte = |v: f64| v.clamp(0.0, 255.0).round();
    let value =
        |i: usize| 19595.0 * byte(rgb[0][i]) + 38470.0 * byte(rgb[1][i]) + 7471.0 * byte(rgb[2][i]);
    (0..rgb[0].len()).map(|i| value(i) / 65536.0).collect()
}

fn jfif(y: &[f64], cb: &[f64], cr: &[f64]) -> Vec<Vec<f64>> {
    let each = |f: &dyn Fn(f64, f64, f64) -> f64| -> Vec<f64> {
        y.iter()
            .zip(cb)
            .zip(cr)
            .map(|((&y, &cb), &cr)| f(y, cb - 128.0, cr - 128.0))
            .collect()
    };
    vec![
        each(&|y, _, cr| y + 1.402 * cr),
        each(&|y, cb, cr| y - 0.344_136_286 * cb - 0.714_136_286 * cr),
        each(&|y, cb, _| y + 1.772 * cb),
    ]
}

/// Channels in the order and layout of the output.
fn arranged(channels: &[Vec<f64>], request: &Request) -> Vec<f64> {
    let (width, count) = (request.size.width as usize, request.channels.count());
    let pixels = request.size.pixels() as usize;
    (0..pixels * count)
        .map(|i| {
            let (c, pixel) = match request.layout {
                Layout::Nhwc => (i % count, i / count),
                Layout::Nchw => (i / pixels, i % pixels),
            };
            let c = if request.channels == Channels::Bgr {
                2 - c
            } else {
                c
            };
            let (x, y) = (pixel % width, pixel / width);
            let x = if request.flip { width - 1 - x } else { x };
            channels[c][y * width + x]
        })
        .collect()
}

fn bytes(resizer: &mut Resizer, image: &Image, request: &Request) -> Vec<u8> {
    let mut out = vec![0x55; request.size.pixels() as usize * request.channels.count()];
    resizer.run(&image.pixels(), request, Output::Uint8(&mut out));
    out
}

/// Largest distance between bytes and the rounded reference, and the share that is not equal.
fn distance(bytes: &[u8], reference: &[f64]) -> (u8, f64) {
    assert_eq!(bytes.len(), reference.len());
    let apart = |(&byte, &value): (&u8, &f64)| byte.abs_diff(value.clamp(0.0, 255.0).round() as u8);
    let largest = bytes.iter().zip(reference).map(apart).max().unwrap();
    let unequal = bytes
        .iter()
        .zip(reference)
        .filter(|&pair| apart(pair) > 0)
        .count();
    (largest, unequal as f64 / bytes.len() as f64)
}

fn request(region: Region, width: u32, height: u32, interpolation: Interpolation) -> Request {
    Request {
        region,
        confine: false,
        size: Size::new(width, height),
        interpolation,
        flip: false,
        channels: Channels::Rgb,
        layout: Layout::Nhwc,
    }
}

fn whole(image: &Image) -> Region {
    Region::whole(Size::new(image.size.0 as u32, image.size.1 as u32))
}

/// An image and something to make of it.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn cases() -> impl Strategy<Value = (Image, Request)> {
    let kinds = prop::sample::select(vec![Kind::Gray, Kind::Rgb, Kind::Planar, Kind::Ycc]);
    let length =
        || prop_oneof![3 => 1usize..20, 3 => 20usize..150, 1 => Just(16usize), 1 => 150usize..500];
    let ratios = prop::sample::select(vec![(1, 1), (2, 1), (1, 2), (2, 2), (4, 1), (4, 4), (3, 2)]);
    let image = (
        kinds,
        (length(), length()),
        ratios,
        textures(),
        prop_oneof![Just(0usize), 0usize..70],
    )
        .prop_map(|(kind, size, ratio, texture, padding)| {
            Image::new(kind, size, ratio, texture, padding)
        });
    let output = prop_oneof![3 => 1u32..40, 2 => 40u32..120];
    let part = || prop_oneof![2 => Just((0.0, 1.0)), 3 => (0.0..0.9, 0.05..1.0)];
    let form = (
        prop::sample::select(FILTERS.to_vec()),
        any::<(bool, bool, bool, bool)>(),
        prop::sample::select(vec![Channels::Rgb, Channels::Bgr, Channels::Gray]),
        prop::sample::select(vec![Layout::Nhwc, Layout::Nchw]),
    );
    (image, (output.clone(), output), (part(), part()), form).prop_map(
        |(image, output, parts, form)| {
            let (interpolation, (confine, flip, same, integer), channels, layout) = form;
            let place = |(from, length): (f64, f64), size: usize| {
                let (from, length) = (
                    from * size as f64,
                    (length * (1.0 - from) * size as f64).max(0.01),
                );
                if integer {
                    (from.floor(), length.ceil())
                } else {
                    (from, length)
                }
            };
            let ((left, width), (top, height)) =
                (place(parts.0, image.size.0), place(parts.1, image.size.1));
            let region = Region {
                left,
                top,
                width,
                height,
            };
            let output = if same && integer {
                (width as u32, height as u32)
            } else {
                output
            };
            let size = Size::new(output.0, output.1);
            (
                image,
                Request {
                    region,
                    confine,
                    size,
                    interpolation,
                    flip,
                    channels,
                    layout,
                },
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn within_one_of_doubles((image, request) in cases()) {
        let reference = reference(&image, &request);
        let (largest, _) = distance(&bytes(&mut Resizer::portable(), &image, &request), &reference);
        prop_assert!(largest <= 1, "off by {largest}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn both_implementations_agree((image, request) in cases(), values in any::<[[i8; 3]; 2]>()) {
        let length = request.size.pixels() as usize * request.channels.count();
        let (mut fast, mut plain) = (Resizer::new(), Resizer::portable());
        prop_assert_eq!(bytes(&mut fast, &image, &request), bytes(&mut plain, &image, &request));
        let [scale, bias] = values.map(|three| three.map(|v| f32::from(v) * 0.013));
        let linear = Linear::new(scale, bias);
        let (mut a, mut b) = (vec![7.0f32; length], vec![8.0f32; length]);
        fast.run(&image.pixels(), &request, Output::Float32(&mut a, &linear));
        plain.run(&image.pixels(), &request, Output::Float32(&mut b, &linear));
        prop_assert!(a.iter().zip(&b).all(|(a, b)| a.to_bits() == b.to_bits()));
        let table = std::array::from_fn(|c| std::array::from_fn(|v| (v * 3 + c * 7000) as u16));
        let (mut a, mut b) = (vec![7u16; length], vec![8u16; length]);
        fast.run(&image.pixels(), &request, Output::Half(&mut a, &table));
        plain.run(&image.pixels(), &request, Output::Half(&mut b, &table));
        prop_assert_eq!(a, b);
    }
}

#[test]
fn large_scales_are_within_one() {
    let sizes = [
        ((6000, 40), (16, 1)),
        ((40, 4000), (3, 2)),
        ((1100, 900), (16, 1)),
        ((700, 300), (1, 1)),
        ((2, 3000), (5, 4)),
    ];
    for (size, (width, height)) in sizes {
        for kind in [Kind::Rgb, Kind::Ycc] {
            for texture in [
                Texture::Noise(7),
                Texture::Checks(8),
                Texture::Smooth,
                Texture::Flat(129),
                Texture::Stripes,
            ] {
                let image = Image::new(kind, size, (2, 2), texture, 0);
                for interpolation in FILTERS {
                    let request = request(whole(&image), width, height, interpolation);
                    let got = bytes(&mut Resizer::portable(), &image, &request);
                    let (largest, _) = distance(&got, &reference(&image, &request));
                    assert!(
                        largest <= 1,
                        "{kind:?} {size:?} {texture:?} {interpolation:?}: off by {largest}"
                    );
                }
            }
        }
    }
}

#[test]
fn most_values_are_those_of_doubles() {
    for (kind, allowed) in [(Kind::Rgb, 0.01), (Kind::Ycc, 0.04)] {
        let image = Image::new(kind, (436, 381), (2, 2), Texture::Noise(3), 0);
        for interpolation in FILTERS {
            let request = request(whole(&image), 224, 224, interpolation);
            let got = bytes(&mut Resizer::portable(), &image, &request);
            let (_, unequal) = distance(&got, &reference(&image, &request));
            assert!(
                unequal < allowed,
                "{kind:?} {interpolation:?}: {unequal} are not equal"
            );
        }
    }
}

#[test]
fn a_resize_to_the_same_size_is_a_copy() {
    for (kind, channels) in [(Kind::Rgb, Channels::Rgb), (Kind::Gray, Channels::Gray)] {
        for size in [(1, 1), (7, 5), (16, 16), (33, 41), (130, 3)] {
            let image = Image::new(kind, size, (1, 1), Texture::Noise(1), 0);
            for interpolation in FILTERS {
                let request = Request {
                    channels,
                    ..request(whole(&image), size.0 as u32, size.1 as u32, interpolation)
                };
                for mut resizer in [Resizer::new(), Resizer::portable()] {
                    assert_eq!(
                        bytes(&mut resizer, &image, &request),
                        image.planes[0],
                        "{interpolation:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_crop_without_a_resize_is_a_copy() {
    let image = Image::new(Kind::Rgb, (40, 30), (1, 1), Texture::Noise(5), 3);
    let region = Region {
        left: 7.0,
        top: 4.0,
        width: 21.0,
        height: 20.0,
    };
    for interpolation in FILTERS {
        let request = request(region, 21, 20, interpolation);
        let got = bytes(&mut Resizer::new(), &image, &request);
        for (i, row) in got.chunks_exact(63).enumerate() {
            assert_eq!(
                row,
                &image.planes[0][(4 + i) * image.strides[0] + 21..][..63]
            );
        }
    }
}

/// Whatever has to be done to a pixel that needs no filter, no filter touches it.
#[test]
fn pixels_that_are_only_moved_keep_their_values() {
    let region = Region {
        left: 5.0,
        top: 2.0,
        width: 33.0,
        height: 17.0,
    };
    for kind in [Kind::Gray, Kind::Rgb, Kind::Planar] {
        let image = Image::new(kind, (50, 23), (1, 1), Texture::Checks(4), 7);
        for layout in [Layout::Nhwc, Layout::Nchw] {
            for channels in [Channels::Rgb, Channels::Bgr] {
                for flip in [false, true] {
                    let request = Request {
                        flip,
                        channels,
                        layout,
                        ..request(region, 33, 17, Interpolation::Lanczos)
                    };
                    for mut resizer in [Resizer::new(), Resizer::portable()] {
                        let got = bytes(&mut resizer, &image, &request);
                        assert_eq!(
                            distance(&got, &reference(&image, &request)),
                            (0, 0.0),
                            "{kind:?} {request:?}"
                        );
                    }
                }
            }
        }
    }
}

/// Also where the quotient is a whole number, or only just not.
#[test]
fn floor_takes_the_sample_at_the_corner() {
    for (source, outputs) in [
        (8, 5),
        (5, 8),
        (436, 224),
        (381, 224),
        (7, 7),
        (3, 1),
        (49, 7),
        (10, 3),
    ] {
        let image = Image::new(Kind::Rgb, (source, source), (1, 1), Texture::Noise(6), 0);
        let side = outputs as usize;
        for flip in [false, true] {
            let request = Request {
                flip,
                ..request(whole(&image), outputs, outputs, Interpolation::Floor)
            };
            let expected: Vec<u8> = (0..side * side)
                .flat_map(|i| {
                    let (x, y) = (if flip { side - 1 - i % side } else { i % side }, i / side);
                    let (x, y) = (x * source / side, y * source / side);
                    image.planes[0][(y * source + x) * 3..][..3].to_vec()
                })
                .collect();
            for mut resizer in [Resizer::new(), Resizer::portable()] {
                assert_eq!(
                    bytes(&mut resizer, &image, &request),
                    expected,
                    "{source} to {outputs}"
                );
            }
        }
    }
}

#[test]
fn two_passes_are_rounded_and_clipped_in_between() {
    for texture in [Texture::Noise(2), Texture::Checks(3), Texture::Smooth] {
        let image = Image::new(Kind::Rgb, (71, 53), (1, 1), texture, 5);
        let region = Region {
            left: 3.5,
            top: 6.25,
            width: 60.0,
            height: 41.5,
        };
        for (interpolation, flip) in FILTERS.into_iter().zip([false, true, false, true, false]) {
            let request = Request {
                flip,
                ..request(region, 30, 77, interpolation)
            };
            for first in [First::Across, First::Down] {
                let mut got = vec![0; 30 * 77 * 3];
                Resizer::new().run_clipped(
                    &image.pixels(),
                    &request,
                    first,
                    Output::Uint8(&mut got),
                );
                let (largest, unequal) = distance(&got, &clipped(&image, &request, first));
                assert!(
                    largest <= 1 && unequal < 0.02,
                    "{interpolation:?}, {first:?}: {largest}, {unequal}"
                );
            }
        }
    }
}

/// Two passes in doubles, rounded and clipped in between.
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn clipped(image: &Image, request: &Request, first: First) -> Vec<f64> {
    let (width, height) = image.size;
    let (size, region, rest) = match first {
        First::Across => (
            (request.size.width as usize, height),
            Region {
                top: 0.0,
                height: height as f64,
                ..request.region
            },
            Region {
                left: 0.0,
                width: f64::from(request.size.width),
                ..request.region
            },
        ),
        First::Down => (
            (width, request.size.height as usize),
            Region {
                left: 0.0,
                width: width as f64,
                ..request.region
            },
            Region {
                top: 0.0,
                height: f64::from(request.size.height),
                ..request.region
            },
        ),
    };
    let pass = Request {
        region,
        size: Size::new(size.0 as u32, size.1 as u32),
        flip: false,
        ..*request
    };
    let between = reference(image, &pass)
        .iter()
        .map(|v| v.clamp(0.0, 255.0).round() as u8)
        .collect();
    let between = Image {
        kind: Kind::Rgb,
        size,
        ratio: (1, 1),
        planes: vec![between],
        strides: vec![size.0 * 3],
    };
    reference(
        &between,
        &Request {
            region: rest,
            ..*request
        },
    )
}

#[test]
fn what_is_left_of_other_images_does_not_matter() {
    let mut used = Resizer::new();
    for i in 0..200usize {
        let kind = [Kind::Rgb, Kind::Ycc, Kind::Gray, Kind::Planar][i % 4];
        let size = (1 + i * 37 % 211, 1 + i * 53 % 173);
        let image = Image::new(kind, size, (2, 2), Texture::Checks(i as u64), 0);
        let (width, height) = (1 + i as u32 * 29 % 90, 1 + i as u32 * 31 % 70);
        let request = request(whole(&image), width, height, FILTERS[i % 5]);
        assert_eq!(
            bytes(&mut used, &image, &request),
            bytes(&mut Resizer::new(), &image, &request)
        );
    }
}

#[test]
#[should_panic(expected = "output has 9 elements")]
fn an_output_of_the_wrong_length_is_refused() {
    let image = Image::new(Kind::Rgb, (4, 4), (1, 1), Texture::Smooth, 0);
    let request = request(whole(&image), 2, 2, Interpolation::Bilinear);
    Resizer::new().run(&image.pixels(), &request, Output::Uint8(&mut [0; 9]));
}

#[test]
#[should_panic(expected = "do not hold")]
fn a_plane_that_is_too_short_is_refused() {
    let plane = Plane {
        data: &[0; 15],
        stride: 4,
        width: 4,
        height: 4,
    };
    let request = request(
        Region::whole(Size::new(4, 4)),
        1,
        1,
        Interpolation::Bilinear,
    );
    Resizer::new().run(&Pixels::Gray(plane), &request, Output::Uint8(&mut [0; 3]));
}

#[test]
#[should_panic(expected = "is not inside a view")]
fn a_region_outside_the_view_is_refused() {
    let image = Image::new(Kind::Gray, (4, 4), (1, 1), Texture::Smooth, 0);
    let region = Region {
        left: 2.0,
        top: 0.0,
        width: 4.0,
        height: 4.0,
    };
    bytes(
        &mut Resizer::new(),
        &image,
        &request(region, 1, 1, Interpolation::Bilinear),
    );
}
