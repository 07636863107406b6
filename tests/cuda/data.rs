//! A few small images, and what the CPU's Loader makes of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use imagepipe::codec::encode::{Deflate, Encoder, Encoding};
use imagepipe::dlpack::Array;
use imagepipe::loader::{Arrays, Batch, Config, Labels, Loader, OnError};
use imagepipe::pixel::{Channels, Dtype, Fit, Layout, Size};
use imagepipe::tensor::Device;
use imagepipe::transform::Options;
use tempfile::TempDir;

use crate::chance::Chance;

/// Epochs that consumers take batches of.
pub(crate) const EPOCHS: u32 = 2;

const CLASSES: usize = 3;
const IMAGES: usize = 13;

/// Images on disk, and batches of them by what they were asked for.
#[derive(Debug)]
pub(crate) struct Data {
    root: TempDir,
    expected: Mutex<HashMap<Want, Arc<Vec<Epoch>>>>,
}

/// The batches of an epoch, in order.
pub(crate) type Epoch = Vec<Expected>;

/// The bytes that a consumer must find in a batch.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) images: Arc<[u8]>,
    /// Empty if there are to be none.
    pub(crate) labels: Arc<[u8]>,
    pub(crate) indices: Vec<u64>,
}

/// What is asked for, as far as bytes depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Want {
    pub(crate) size: (u32, u32),
    pub(crate) dtype: Dtype,
    pub(crate) layout: Layout,
    pub(crate) channels: Channels,
    pub(crate) batch_size: usize,
    pub(crate) labels: LabelsAs,
    /// Some files are damaged, and what is done with those.
    pub(crate) damage: Damage,
}

/// [`Labels`], as a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LabelsAs {
    Int,
    OneHot,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Damage {
    None,
    Skipped,
    Replaced,
}

impl Want {
    /// Small batches that a kernel converts.
    pub(crate) const PLAIN: Self = Self {
        size: (12, 8),
        dtype: Dtype::Float32,
        layout: Layout::Nchw,
        channels: Channels::Rgb,
        batch_size: 2,
        labels: LabelsAs::Int,
        damage: Damage::None,
    };

    pub(crate) fn chosen(chance: &mut Chance) -> Self {
        use Dtype::{Bfloat16, Float16, Float32, Uint8};
        Self {
            size: chance.pick(&[(8, 8), (16, 12), (13, 7), (24, 24)]),
            // Bytes as they are need no kernel, which is a path of its own.
            dtype: chance.pick(&[Uint8, Uint8, Float32, Float16, Bfloat16]),
            layout: chance.pick(&[Layout::Nhwc, Layout::Nchw]),
            channels: chance.pick(&[Channels::Rgb, Channels::Rgb, Channels::Gray]),
            batch_size: chance.pick(&[1, 2, 3, 5]),
            labels: chance.pick(&[LabelsAs::Int, LabelsAs::OneHot, LabelsAs::None]),
            damage: chance.pick(&[
                Damage::None,
                Damage::None,
                Damage::Skipped,
                Damage::Replaced,
            ]),
        }
    }

    fn options(&self) -> Options {
        let is_float = self.dtype != Dtype::Uint8;
        Options {
            size: Some(Size::new(self.size.0, self.size.1)),
            fit: Fit::RandomCrop,
            flip: true,
            layout: self.layout,
            dtype: self.dtype,
            mean: is_float.then_some([0.4, 0.5, 0.6]),
            std: is_float.then_some([0.2, 0.3, 0.25]),
            channels: self.channels,
            ..Options::default()
        }
    }
}

impl Data {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        write(&root.path().join("sound"), |_| false);
        write(&root.path().join("damaged"), |image| image % 4 == 1);
        Self {
            root,
            expected: Mutex::default(),
        }
    }

    /// The configuration of a loader on the CPU.
    pub(crate) fn config(&self, want: &Want) -> Config {
        let (folder, on_error) = match want.damage {
            Damage::None => ("sound", OnError::Raise),
            Damage::Skipped => ("damaged", OnError::Skip),
            Damage::Replaced => ("damaged", OnError::Replace),
        };
        Config {
            paths: vec![self.root.path().join(folder)],
            batch_size: want.batch_size,
            image: want.options(),
            labels: match want.labels {
                LabelsAs::Int => Labels::Int,
                LabelsAs::OneHot => Labels::OneHot,
                LabelsAs::None => Labels::None,
            },
            seed: 3,
            workers: Some(1),
            on_error,
            device: Device::Cpu,
            ..Config::default()
        }
    }

    /// The CPU's batches of each epoch.
    pub(crate) fn expected(&self, want: &Want) -> Arc<Vec<Epoch>> {
        let mut all = self.expected.lock().expect("no panic");
        let epochs = all.entry(*want).or_insert_with(|| {
            let loader = Loader::open(&self.config(want)).expect("a loader");
            let epoch = |epoch| {
                let batches = loader.epoch(epoch).expect("an epoch");
                batches
                    .map(|batch| expected(&batch.expect("a batch")))
                    .collect()
            };
            Arc::new((0..EPOCHS).map(epoch).collect())
        });
        Arc::clone(epochs)
    }
}

fn expected(batch: &Batch) -> Expected {
    let bytes = |name| match batch.field(name) {
        Some(Arrays::Stacked(array)) => on_host(&array).into(),
        None => Arc::from([]),
        Some(_) => panic!("one array on the CPU"),
    };
    Expected {
        images: bytes("images"),
        labels: bytes("labels"),
        indices: (0..batch.len()).map(|place| batch.index(place)).collect(),
    }
}

/// The bytes of an array in the CPU's memory.
pub(crate) fn on_host(array: &Array) -> Vec<u8> {
    assert_eq!(array.device(), Device::Cpu);
    let start: *const u8 = std::ptr::with_exposed_provenance(array.address());
    // SAFETY: the array has that many bytes, and nobody writes them.
    unsafe { std::slice::from_raw_parts(start, array.bytes()) }.to_vec()
}

/// Writes images of noise in folders of classes; those that are `damaged` are cut short.
fn write(folder: &Path, damaged: impl Fn(usize) -> bool) {
    let mut chance = Chance::new(1);
    for image in 0..IMAGES {
        let folder = folder.join(format!("class-{}", image % CLASSES));
        let path = folder.join(format!("{image}.png"));
        let size = Size::new(8 + side(&mut chance), 8 + side(&mut chance));
        put(&path, &encoded(size, &mut chance), damaged(image));
    }
}

fn side(chance: &mut Chance) -> u32 {
    u32::try_from(chance.below(40)).expect("a small side")
}

fn encoded(size: Size, chance: &mut Chance) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rows = |strip: &mut [u8]| {
        strip.fill_with(|| u8::try_from(chance.below(256)).expect("a byte"));
    };
    let (encoding, stop) = (Encoding::Png(Deflate::Stored), AtomicBool::new(false));
    let mut encoder = Encoder::new().expect("an encoder");
    let result = encoder.encode(encoding, size, &mut rows, &stop, &mut out);
    result.expect("an image");
    out
}

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
fn put(path: &PathBuf, bytes: &[u8], is_damaged: bool) {
    let folder = path.parent().expect("a file is in a folder");
    std::fs::create_dir_all(folder).expect("a folder");
    let kept = if is_damaged { 60 } else { bytes.len() };
    std::fs::write(path, &bytes[..kept]).expect("a file");
}
