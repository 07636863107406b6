//! The crate as a Python module: extract typed arguments, release the interpreter, call the core,
//! convert. No logic.

mod arguments;
mod augment;
mod batch;
mod capsule;
mod codec;
mod config;
mod detached;
mod device;
mod error;
mod graph;
mod images;
mod inspect;
mod iterating;
mod loader;
mod records;
mod write;

use std::collections::BTreeMap;
use std::time::Duration;

use pyo3::prelude::*;

use crate::codec::{Backend, Format};
use crate::cuda::Route;
use crate::dataset::Side;
use crate::loader::{Labels, Sampling};
use crate::pixel::{Channels, Dtype, Fit, Interpolation, Layout, Words};
use crate::sampler::LastBatch;
use crate::write::images::Content;
use crate::write::{Depth, Order};

/// How long Python's signal handlers may have to wait for their turn.
const PATIENCE: Duration = Duration::from_millis(50);

/// The compiled part of `imagepipe_rs`; its Python part is what users import.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::batch::{PyBatch, PyTensor};
    #[pymodule_export]
    use super::codec::{PyCodec, jpeg};
    #[pymodule_export]
    use super::device::{PyDeviceTensor, close_cuda, cuda_devices};
    #[pymodule_export]
    use super::graph::{PyGraph, PyStream, PyStreamBatch, PyStreamBatches, graph_operations};
    #[pymodule_export]
    use super::images::create_images;
    #[pymodule_export]
    use super::inspect::{bench, describe, machine, png, record, sheet, verify, write_whole};
    #[pymodule_export]
    use super::loader::{PyBatches, PyLoader};
    #[pymodule_export]
    use super::records::{
        PyRecordReader, PyRecordWriter, decode_example, encode_example, pack_image, unpack_image,
    };
    #[pymodule_export]
    use super::write::{
        create_index, create_recordio, create_tensor_records, create_tfrecords, split,
    };
    #[pymodule_export]
    use super::{is_address, jpeg_simd, version, words};
}

/// The version of this package.
#[pyfunction]
#[pyo3(name = "__version__")]
fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Whether libjpeg-turbo was built with its SIMD code and this processor runs it.
#[pyfunction]
fn jpeg_simd() -> bool {
    crate::codec::jpeg::simd_active()
}

/// Whether a path is an address, such as `gs://bucket/train`, or what path objects make of one.
#[pyfunction]
#[expect(clippy::needless_pass_by_value, reason = "as it is extracted")]
fn is_address(path: std::path::PathBuf) -> bool {
    crate::file::is_address(&path)
}

/// The words of each argument that is one of a few, by its name.
#[pyfunction]
fn words() -> BTreeMap<&'static str, Vec<&'static str>> {
    fn all<T: Words>() -> Vec<&'static str> {
        T::WORDS.iter().map(|(word, _)| *word).collect()
    }
    BTreeMap::from([
        ("channels", all::<Channels>()),
        ("check", all::<Depth>()),
        ("content", all::<Content>()),
        ("cuda_upload", all::<Route>()),
        ("decoder", all::<Backend>()),
        ("dtype", all::<Dtype>()),
        ("fit", all::<Fit>()),
        ("image_format", all::<Format>()),
        ("interpolation", all::<Interpolation>()),
        ("labels", all::<Labels>()),
        ("last_batch", all::<LastBatch>()),
        ("layout", all::<Layout>()),
        ("on_error", all::<crate::loader::OnError>()),
        ("on_error of a writer", all::<crate::write::OnError>()),
        ("order", all::<Order>()),
        ("sampling", all::<Sampling>()),
        ("split", all::<Side>()),
    ])
}
