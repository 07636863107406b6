//! The CUDA kernels, compiled for the host, write what the CPU writes, to the bit, and touch nothing
//! else.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use host_kernels::{Batch, Elements, Order, Table, convert};
use imagepipe::image::resize::{Request, Resizer};
use imagepipe::pixel::{
    Channels, Conversion, Dtype, Interpolation, Layout, Linear, Pixels, Plane, Region, Size,
};

const DTYPES: [Dtype; 4] = [
    Dtype::Uint8,
    Dtype::Float32,
    Dtype::Float16,
    Dtype::Bfloat16,
];
const LAYOUTS: [Layout; 2] = [Layout::Nhwc, Layout::Nchw];
/// Less than the batch needs, as many, and more.
const GRIDS: [u32; 4] = [1, 2, 7, 64];
/// What memory around the target holds.
const GUARD: u8 = 0xa5;
const GUARD_BYTES: usize = 64;

/// Images of one size, to be converted.
#[derive(Clone, Copy, Debug)]
struct Case {
    samples: usize,
    size: Size,
    channels: Channels,
}

impl Case {
    fn pixels(&self) -> usize {
        self.size.width as usize * self.size.height as usize
    }

    fn elements(&self) -> usize {
        self.samples * self.pixels() * self.channels.count()
    }
}

/// 200 sizes, most of them around multiples of 16 pixels or odd, with 1 to 7 samples, in gray and in
/// colour.
fn cases() -> Vec<Case> {
    let small = (1..=33).flat_map(|width| [1, 2, 3, 5, 16, 17].map(|height| (width, height)));
    let sizes: Vec<_> = small.chain([(64, 48), (61, 67)]).collect();
    assert_eq!(sizes.len(), 200);
    let with_channels = |(index, (width, height)): (usize, (u32, u32))| {
        [Channels::Gray, Channels::Rgb].map(|channels| Case {
            samples: index % 7 + 1,
            size: Size::new(width, height),
            channels,
        })
    };
    sizes
        .into_iter()
        .enumerate()
        .flat_map(with_channels)
        .collect()
}

/// Bytes on a boundary of 16.
struct Aligned {
    words: Vec<u128>,
    length: usize,
}

impl Aligned {
    fn filled(length: usize, byte: u8) -> Self {
        let words = vec![u128::from_ne_bytes([byte; 16]); length.div_ceil(16)];
        Self { words, length }
    }

    fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(&self.words)[..self.length]
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.length]
    }
}

/// Bytes in which each value and each pair of neighbours is as likely as any other.
fn images(case: &Case) -> Aligned {
    let mut images = Aligned::filled(case.elements(), 0);
    let mut state = case.elements() as u64;
    for byte in images.bytes_mut() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        *byte = state.to_be_bytes()[0];
    }
    images
}

fn conversion(dtype: Dtype) -> Conversion {
    let linear = || Linear::normalizing([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    Conversion::new(dtype, linear).expect("a dtype of images")
}

/// What the CPU writes for one image.
fn on_cpu(image: &[u8], case: &Case, layout: Layout, conversion: &Conversion, target: &mut [u8]) {
    let (width, height) = (case.size.width as usize, case.size.height as usize);
    let channels = case.channels.count();
    let source = Pixels::interleaved(Plane::packed(image, width, height, channels), channels);
    let request = Request {
        region: Region::whole(case.size),
        confine: true,
        size: case.size,
        interpolation: Interpolation::Bilinear,
        flip: false,
        channels: case.channels,
        layout,
    };
    Resizer::new().run(&source, &request, conversion.output(target));
}

fn batch_on_cpu(images: &[u8], case: &Case, layout: Layout, conversion: &Conversion) -> Aligned {
    let element = conversion.dtype().bytes();
    let mut batch = Aligned::filled(images.len() * element, 0);
    let length = images.len() / case.samples;
    let targets = batch.bytes_mut().chunks_exact_mut(length * element);
    for (image, target) in images.chunks_exact(length).zip(targets) {
        on_cpu(image, case, layout, conversion, target);
    }
    batch
}

/// The bits that the CPU writes for each byte of each channel: an image that holds them all.
fn table<T: bytemuck::Pod>(conversion: &Conversion) -> Table<T> {
    let size = Size::new(256, 1);
    let case = Case {
        samples: 1,
        size,
        channels: Channels::Rgb,
    };
    let image: Vec<u8> = (0..=255).flat_map(|byte| [byte; 3]).collect();
    let written = batch_on_cpu(&image, &case, Layout::Nchw, conversion);
    bytemuck::pod_read_unaligned(written.bytes())
}

/// Runs the kernel, and checks that it leaves the memory around the target alone.
fn on_kernel(batch: &Batch<'_>, elements: Elements<'_>, layout: Layout, grid: u32) -> Vec<u8> {
    let order = match layout {
        Layout::Nhwc => Order::Nhwc,
        Layout::Nchw => Order::Nchw,
    };
    let length = batch.bytes.len() * elements.size();
    let mut memory = Aligned::filled(length + 2 * GUARD_BYTES, GUARD);
    let (before, rest) = memory.bytes_mut().split_at_mut(GUARD_BYTES);
    let (target, after) = rest.split_at_mut(length);
    convert(batch, elements, order, target, grid);
    for guard in [before, after] {
        assert!(
            guard.iter().all(|&byte| byte == GUARD),
            "{grid} blocks wrote outside of a target of {length} bytes for {} samples of {} pixels",
            batch.samples,
            batch.pixels
        );
    }
    target.to_vec()
}

fn check(case: &Case, layout: Layout, conversion: &Conversion, elements: Elements<'_>) {
    let images = images(case);
    let expected = batch_on_cpu(images.bytes(), case, layout, conversion);
    let batch = Batch {
        bytes: images.bytes(),
        samples: case.samples,
        pixels: case.pixels(),
        channels: u32::try_from(case.channels.count()).expect("1 or 3"),
    };
    for grid in GRIDS {
        let found = on_kernel(&batch, elements, layout, grid);
        let dtype = conversion.dtype();
        assert!(
            found == expected.bytes(),
            "{case:?} to {dtype:?} {layout:?}, {grid} blocks"
        );
    }
}

#[test]
fn bytes_become_the_elements_that_the_cpu_writes() {
    for conversion in DTYPES.map(conversion) {
        let (narrow, wide): (Table<u16>, Table<u32>);
        let elements = match conversion.dtype().bytes() {
            1 => Elements::Bytes,
            2 => {
                narrow = table(&conversion);
                Elements::Bits16(&narrow)
            }
            _ => {
                wide = table(&conversion);
                Elements::Bits32(&wide)
            }
        };
        for layout in LAYOUTS {
            // Uint8 NHWC is copied by the driver.
            if matches!((elements, layout), (Elements::Bytes, Layout::Nhwc)) {
                continue;
            }
            for case in cases() {
                check(&case, layout, &conversion, elements);
            }
        }
    }
}

/// Compiled by the compiler of `CXX`, or c++: every kernel, with memory that ends where the batch
/// ends.
#[test]
fn kernels_stay_within_the_batch_and_on_its_alignment() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sanitized");
    compile_sanitized(&program);
    let mut running = Command::new(&program)
        .env("ASAN_OPTIONS", "detect_leaks=0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = cases().iter().flat_map(lines).collect();
    running
        .stdin
        .take()
        .unwrap()
        .write_all(lines.concat().as_bytes())
        .unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "the sanitizers' report is above");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{}\n", lines.len() * 5)
    );
}

fn lines(case: &Case) -> impl Iterator<Item = String> {
    let Case {
        samples, channels, ..
    } = *case;
    let (pixels, channels) = (case.pixels(), channels.count());
    GRIDS
        .into_iter()
        .map(move |grid| format!("{samples} {pixels} {channels} {grid}\n"))
}

fn compile_sanitized(program: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
    let status = Command::new(compiler)
        .args(["-std=c++17", "-O1", "-g", "-fsanitize=address,undefined"])
        .args(["-fno-sanitize-recover=all", "-Wno-unknown-pragmas", "-I"])
        .arg(root.join("cuda"))
        .arg(root.join("tests/host_kernels/sanitized.cpp"))
        .arg("-o")
        .arg(program)
        .status()
        .expect("a C++ compiler");
    assert!(status.success(), "the compiler's messages are above");
}
