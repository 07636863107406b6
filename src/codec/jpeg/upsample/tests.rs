//! Windows upsampled from planes, beside libjpeg-turbo's full decode of the same file.

use super::super::frame::Sampling;
use super::super::turbo::{Handle, Out};
use super::{Cut, Frame, Upsampler, Window};
use crate::codec::Request;
use crate::pixel::Size;
use std::sync::atomic::AtomicBool;

/// A generator good enough for test data.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 16) % u64::from(limit)).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or(0)
    }

    /// A range within `limit`, often at its ends: start and length.
    fn range(&mut self, limit: u32) -> (u32, u32) {
        let first = if self.below(3) == 0 {
            0
        } else {
            self.below(limit)
        };
        let most = limit - first;
        (
            first,
            if self.below(3) == 0 {
                most
            } else {
                1 + self.below(most)
            },
        )
    }
}

/// Writes the bits of a scan.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for i in (0..count).rev() {
            self.held = self.held << 1 | (value >> i & 1);
            self.count += 1;
            if self.count == 8 {
                let byte = u8::try_from(self.held & 255).unwrap_or(0);
                self.bytes.push(byte);
                if byte == 255 {
                    self.bytes.push(0);
                }
                (self.held, self.count) = (0, 0);
            }
        }
    }

    /// A value of -127 to 127 after its symbol's code.
    fn value(&mut self, value: i32, size: u32) {
        let bits = if value < 0 {
            value + (1 << size) - 1
        } else {
            value
        };
        self.put(bits.unsigned_abs(), size);
    }
}

/// Bits of a value's magnitude.
fn magnitude(value: i32) -> u32 {
    32 - value.unsigned_abs().leading_zeros()
}

/// A JPEG of noise with any sampling. Codes of one length make the tables simple: four bits for
/// differences, eight for the rest.
fn noise(size: Size, sampling: [(u32, u32); 3], random: &mut Random) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8, 0xff, 0xdb, 0, 67, 0];
    file.extend((0..64).map(|i| if i == 0 { 10 } else { 20 }));
    let small = |value: u32| u8::try_from(value).unwrap_or(0);
    file.extend([0xff, 0xc0, 0, 17, 8]);
    file.extend(
        [
            size.height >> 8,
            size.height & 255,
            size.width >> 8,
            size.width & 255,
            3,
        ]
        .map(small),
    );
    for (id, (across, down)) in (1..).zip(sampling) {
        file.extend([id, small(across << 4 | down), 0]);
    }
    file.extend([0xff, 0xc4, 0, 19 + 12, 0, 0, 0, 0, 12]);
    file.extend([0; 12]);
    file.extend(0..12);
    file.extend(
        [0xff, 0xc4, 0, 19 + 250, 0x10, 0, 0, 0, 0, 0, 0, 0, 250].map(|b: u32| small(b & 255)),
    );
    let length = file.len() - 11;
    file[length] = 1;
    file[length + 1] = 13;
    file.extend([0; 8]);
    file.extend(0..250);
    file.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0]);
    let finest = (
        sampling.map(|s| s.0).into_iter().max(),
        sampling.map(|s| s.1).into_iter().max(),
    );
    let (across, down) = (8 * finest.0.unwrap_or(1), 8 * finest.1.unwrap_or(1));
    let mut bits = Bits::default();
    let mut before = [0; 3];
    for _ in 0..size.width.div_ceil(across) * size.height.div_ceil(down) {
        for (before, (across, down)) in before.iter_mut().zip(sampling) {
            for _ in 0..across * down {
                block(&mut bits, before, random);
            }
        }
    }
    bits.put(127, 7);
    file.extend(bits.bytes);
    file.extend([0xff, 0xd9]);
    file
}

/// A block of noise.
fn block(bits: &mut Bits, before: &mut i32, random: &mut Random) {
    let first = i32::try_from(random.below(255)).unwrap_or(0) - 127;
    let difference = (first - *before).clamp(-127, 127);
    *before += difference;
    bits.put(magnitude(difference), 4);
    bits.value(difference, magnitude(difference));
    let mut place = 1;
    while place < 64 {
        let (run, value) = (
            random.below(16),
            i32::try_from(random.below(15)).unwrap_or(0) - 7,
        );
        place += run + 1;
        if place > 64 || value == 0 || random.below(12) == 0 {
            return bits.put(0, 8);
        }
        bits.put(run << 4 | magnitude(value), 8);
        bits.value(value, magnitude(value));
    }
}

/// What libjpeg-turbo makes of a file at one scale.
struct Reference {
    frame: Frame,
    size: Size,
    denominator: u32,
    planes: [Vec<u8>; 3],
    strides: [usize; 3],
    rgb: Vec<u8>,
    gray: Vec<u8>,
}

impl Reference {
    fn new(file: &[u8], frame: Frame, denominator: u32) -> Self {
        let size = frame.scaled(denominator);
        let window = Window {
            left: 0,
            top: 0,
            width: size.width,
            height: size.height,
        };
        let request = Request {
            denominator,
            window,
            gray: false,
            exact: true,
        };
        let stop = AtomicBool::new(false);
        let mut handle = Handle::new().expect("a handle");
        let mut source = handle.open(file, &stop).expect("a header");
        let layout = source.start_planes(&request).expect("planes");
        let mut planes = layout.map(|plane| vec![0; plane.bytes()]);
        source
            .read_planes(&layout, planes.each_mut().map(|plane| &mut plane[..]))
            .expect("planes");
        let strides = layout.map(|plane| plane.stride());
        drop(source);
        let mut rows = |out: Out| {
            let mut source = handle.open(file, &stop).expect("a header");
            source.start_rows(&request, out).expect("rows");
            let stride = size.width as usize * out.channels();
            let mut pixels = vec![0; stride * size.height as usize];
            source
                .read_rows(&request, out, &mut pixels, stride)
                .expect("rows");
            pixels
        };
        let (rgb, gray) = (rows(Out::Rgb), rows(Out::Gray));
        Self {
            frame,
            size,
            denominator,
            planes,
            strides,
            rgb,
            gray,
        }
    }

    /// The planes of a cut; what does not mean anything is noise.
    fn cut(&self, cut: &Cut, random: &mut Random) -> [Vec<u8>; 3] {
        [0, 1, 2].map(|i| {
            let plane = cut.planes[i];
            let mut samples: Vec<u8> = (0..plane.bytes()).map(|_| random.byte()).collect();
            for y in 0..plane.height {
                let from = (plane.top + y) as usize * self.strides[i] + plane.left as usize;
                let row = &self.planes[i][from..][..plane.width as usize];
                samples[(y * plane.stride) as usize..][..row.len()].copy_from_slice(row);
            }
            samples
        })
    }

    /// A window of what the library made.
    fn window(&self, pixels: &[u8], window: Window) -> Vec<u8> {
        let channels = pixels.len() / (self.size.width * self.size.height) as usize;
        let row = |y: u32| {
            let from = (y * self.size.width + window.left) as usize * channels;
            &pixels[from..][..window.width as usize * channels]
        };
        (window.top..window.top + window.height)
            .flat_map(row)
            .copied()
            .collect()
    }

    fn compare(&self, window: Window, upsampler: &mut Upsampler, random: &mut Random) {
        let reach = Upsampler::reach(&self.frame, window, self.denominator);
        let cut = self.frame.cut(reach, self.denominator, 3);
        let planes = self.cut(&cut, random);
        let planes = planes.each_ref().map(|plane| &plane[..]);
        let pixels = (window.width * window.height) as usize;
        let mut out = vec![1; 3 * pixels + 9];
        upsampler.rgb(&self.frame, &cut, planes, window, &mut out);
        let context = || format!("{:?} 1/{} {window:?}", self.frame, self.denominator);
        assert!(
            out[..3 * pixels] == self.window(&self.rgb, window),
            "rgb of {}",
            context()
        );
        assert!(
            out[3 * pixels..] == [1; 9],
            "behind the rgb of {}",
            context()
        );
        let mut out = vec![1; pixels + 9];
        Upsampler::gray(&self.frame, &cut, planes[0], window, &mut out);
        assert!(
            out[..pixels] == self.window(&self.gray, window),
            "gray of {}",
            context()
        );
        assert!(out[pixels..] == [1; 9], "behind the gray of {}", context());
    }
}

fn frame(size: Size, sampling: [(u32, u32); 3]) -> Frame {
    Frame::new(
        size,
        &sampling.map(|(across, down)| Sampling { across, down }),
    )
}

/// Samplings of at most ten blocks an MCU.
const SAMPLINGS: [[(u32, u32); 3]; 17] = [
    [(1, 1), (1, 1), (1, 1)],
    [(2, 1), (1, 1), (1, 1)],
    [(2, 2), (1, 1), (1, 1)],
    [(1, 2), (1, 1), (1, 1)],
    [(4, 1), (1, 1), (1, 1)],
    [(1, 4), (1, 1), (1, 1)],
    [(4, 2), (1, 1), (1, 1)],
    [(2, 4), (1, 1), (1, 1)],
    [(2, 2), (2, 1), (2, 1)],
    [(2, 2), (1, 2), (1, 2)],
    [(3, 1), (1, 1), (1, 1)],
    [(4, 1), (2, 1), (2, 1)],
    [(1, 1), (2, 2), (1, 1)],
    [(2, 1), (1, 2), (1, 1)],
    [(2, 2), (1, 1), (2, 1)],
    [(1, 4), (1, 2), (1, 2)],
    [(1, 2), (2, 2), (2, 1)],
];

/// Windows of a file at all scales, with and without AVX2.
fn windows(size: Size, sampling: [(u32, u32); 3], count: u32, random: &mut Random) {
    let file = noise(size, sampling, random);
    let frame = frame(size, sampling);
    assert!(frame.has_whole_ratios());
    for denominator in [1, 2, 4, 8] {
        let reference = Reference::new(&file, frame, denominator);
        let Size { width, height } = reference.size;
        for mut upsampler in [Upsampler::new(), Upsampler::portable()] {
            reference.compare(
                Window {
                    left: 0,
                    top: 0,
                    width,
                    height,
                },
                &mut upsampler,
                random,
            );
            for _ in 0..count {
                let ((left, width), (top, height)) = (random.range(width), random.range(height));
                reference.compare(
                    Window {
                        left,
                        top,
                        width,
                        height,
                    },
                    &mut upsampler,
                    random,
                );
            }
        }
    }
}

#[test]
fn windows_of_small_images_equal_the_librarys() {
    let mut random = Random(0x1234_5678_9abc_def1);
    let rounds = if cfg!(debug_assertions) { 6 } else { 60 };
    for sampling in SAMPLINGS {
        for size in [
            (1, 1),
            (2, 2),
            (3, 5),
            (5, 3),
            (4, 1),
            (1, 4),
            (16, 16),
            (17, 33),
            (70, 70),
        ] {
            windows(Size::new(size.0, size.1), sampling, 3, &mut random);
        }
        for _ in 0..rounds {
            let size = Size::new(1 + random.below(70), 1 + random.below(70));
            windows(size, sampling, 3, &mut random);
        }
    }
}

#[test]
fn windows_of_larger_images_equal_the_librarys() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for sampling in SAMPLINGS {
        let size = Size::new(150 + random.below(300), 150 + random.below(300));
        windows(size, sampling, 10, &mut random);
    }
}

#[test]
fn broken_ratios_are_not_supported() {
    let size = Size::new(100, 100);
    assert!(!frame(size, [(3, 1), (2, 1), (1, 1)]).has_whole_ratios());
    assert!(!frame(size, [(1, 4), (1, 3), (1, 1)]).has_whole_ratios());
    assert!(frame(size, [(1, 1), (4, 2), (2, 1)]).has_whole_ratios());
}

/// All values of chroma, and every eleventh of luma, in the arithmetic of libjpeg's tables and in
/// ours.
#[test]
fn colours_are_the_same_without_tables() {
    let frame = frame(Size::new(256, 256), [(1, 1); 3]);
    let window = Window {
        left: 0,
        top: 0,
        width: 256,
        height: 256,
    };
    let cut = frame.cut(window, 1, 3);
    let blue: Vec<u8> = (0..=255).cycle().take(65536).collect();
    let red: Vec<u8> = (0..=255).flat_map(|value| [value; 256]).collect();
    for luma in (0..=255).step_by(11) {
        let planes = [&vec![luma; 65536][..], &blue, &red];
        let (mut fast, mut slow) = (vec![0; 3 * 65536], vec![0; 3 * 65536]);
        Upsampler::new().rgb(&frame, &cut, planes, window, &mut fast);
        Upsampler::portable().rgb(&frame, &cut, planes, window, &mut slow);
        assert!(fast == slow, "luma {luma}");
    }
}

#[cfg(target_arch = "x86_64")]
mod speed {
    //! Against the functions that libjpeg-turbo does the same with, called row by row as it does.
    #![expect(unsafe_code, reason = "the library's functions are C")]

    use super::{Random, Reference, Size, Upsampler, Window, frame, noise};
    use std::time::Instant;

    // Nothing of the crate is named: this links its library.
    extern crate turbojpeg_sys as _;

    type Upsample = unsafe extern "C" fn(i32, u32, *const *mut u8, *const *const *mut u8);

    unsafe extern "C" {
        fn jsimd_h2v1_fancy_upsample_avx2(
            down: i32,
            width: u32,
            from: *const *mut u8,
            to: *const *const *mut u8,
        );
        fn jsimd_h2v2_fancy_upsample_avx2(
            down: i32,
            width: u32,
            from: *const *mut u8,
            to: *const *const *mut u8,
        );
        fn jsimd_ycc_rgb_convert_avx2(
            width: u32,
            from: *const *const *mut u8,
            row: u32,
            to: *const *mut u8,
            count: i32,
        );
    }

    /// Bytes of a row, with room for what the library's loops go too far.
    const PITCH: usize = 512;

    /// Pointers to rows, the first and the last of them doubled.
    fn rows(plane: &mut [u8], pitch: usize, count: usize) -> Vec<*mut u8> {
        assert!(plane.len() >= pitch * count);
        let mut rows: Vec<_> = plane
            .chunks_mut(pitch)
            .take(count)
            .map(<[u8]>::as_mut_ptr)
            .collect();
        rows.insert(0, rows[0]);
        rows.push(rows[count]);
        rows
    }

    /// An image through the library's functions.
    struct Library {
        size: Size,
        ratio: (u32, u32),
        planes: [Vec<u8>; 3],
        full: [Vec<u8>; 2],
        out: Vec<u8>,
    }

    impl Library {
        fn new(reference: &Reference, ratio: (u32, u32)) -> Self {
            let planes = [0, 1, 2].map(|i| {
                let rows = reference.planes[i].chunks_exact(reference.strides[i]);
                let mut plane: Vec<u8> = rows
                    .flat_map(|row| row.iter().copied().chain(vec![0; PITCH - row.len()]))
                    .collect();
                plane.resize(PITCH * 400, 0);
                plane
            });
            let full = [vec![0; 2 * PITCH], vec![0; 2 * PITCH]];
            Self {
                size: reference.size,
                ratio,
                planes,
                full,
                out: vec![0; reference.rgb.len() + 64],
            }
        }

        fn run(&mut self) {
            let Size { width, height } = self.size;
            let [luma, blue, red] = self.planes.each_mut().map(|plane| rows(plane, PITCH, 390));
            let full = self.full.each_mut().map(|plane| rows(plane, PITCH, 2));
            let out = rows(&mut self.out, 3 * width as usize, height as usize);
            let function: Upsample = if self.ratio.1 == 2 {
                jsimd_h2v2_fancy_upsample_avx2
            } else {
                jsimd_h2v1_fancy_upsample_avx2
            };
            for y in (0..height).step_by(self.ratio.1 as usize) {
                let down = self.ratio.1.min(height - y).cast_signed();
                let at = 1 + (y / self.ratio.1) as usize;
                let mut image = [
                    &raw const luma[1 + y as usize],
                    &raw const blue[at],
                    &raw const red[at],
                ];
                if self.ratio.0 == 2 {
                    for (component, full) in full.iter().enumerate() {
                        let to = &raw const full[1];
                        // SAFETY: rows have room for 32 samples more than the function is told of,
                        // above and below.
                        unsafe {
                            function(
                                self.ratio.1.cast_signed(),
                                width / 2,
                                image[component + 1],
                                &raw const to,
                            );
                        };
                        image[component + 1] = to;
                    }
                }
                // SAFETY: the rows are longer than the width, and the last of the output is
                // followed by 64 bytes.
                unsafe {
                    jsimd_ycc_rgb_convert_avx2(
                        width,
                        image.as_ptr(),
                        0,
                        &raw const out[1 + y as usize],
                        down,
                    );
                };
            }
        }
    }

    /// Microseconds an image, minimum of alternating rounds. The lower of the two fits in the
    /// second-level cache. Odd heights, because the library is not told where an image ends.
    #[test]
    #[ignore = "a measurement"]
    fn whole_images() {
        for height in [381, 95] {
            for sampling in [(2, 2), (2, 1), (1, 1), (1, 2)] {
                image(Size::new(436, height), sampling);
            }
        }
    }

    fn image(size: Size, sampling: (u32, u32)) {
        let mut random = Random(0x0123_4567_89ab_cdef);
        let all = [sampling, (1, 1), (1, 1)];
        let reference = Reference::new(&noise(size, all, &mut random), frame(size, all), 1);
        let window = Window {
            left: 0,
            top: 0,
            width: size.width,
            height: size.height,
        };
        let cut = reference.frame.cut(window, 1, 3);
        let planes = reference.cut(&cut, &mut random);
        let planes = planes.each_ref().map(|plane| &plane[..]);
        let mut out = vec![0; reference.rgb.len()];
        let (mut ours, mut theirs) = (f64::MAX, f64::MAX);
        let mut upsampler = Upsampler::new();
        let mut library = Library::new(&reference, sampling);
        for _ in 0..2000 {
            let start = Instant::now();
            upsampler.rgb(
                &reference.frame,
                &cut,
                std::hint::black_box(planes),
                window,
                &mut out,
            );
            ours = ours.min(start.elapsed().as_secs_f64());
            // libjpeg-turbo has no such code for 4:4:0.
            if sampling != (1, 2) {
                let start = Instant::now();
                library.run();
                theirs = theirs.min(start.elapsed().as_secs_f64());
                assert!(library.out[..out.len()] == out);
            }
        }
        let (ours, theirs) = (ours * 1e6, theirs * 1e6);
        eprintln!(
            "{size} {sampling:?}: {ours:.1} us, libjpeg-turbo {theirs:.1} us: {:.2}x",
            theirs / ours
        );
    }
}
