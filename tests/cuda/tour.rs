//! Everything that a program does with loaders on a GPU, once, without a driver of its own: each
//! function that the crate may call is called.

use std::sync::Arc;

use imagepipe::cuda::{self, Consumer, Context, Route};
use imagepipe::error::{Error, Result};
use imagepipe::loader::{Arrays, Batch, Config, DeviceArray, Loader};
use imagepipe::tensor::Device;

use crate::data::{Data, Expected, Want, on_host};

/// A consumer on the legacy default stream.
const STREAM: Consumer = Consumer::Stream {
    number: 1,
    lasts: true,
};

/// Takes the tour. Wrong bytes are a panic.
pub(crate) fn take(data: &Data) -> Result<()> {
    cuda::devices()?;
    cuda::driver_version()?;
    Context::on(0)?.memory()?;
    for route in [Route::Copied, Route::Mapped] {
        let loader = Loader::open(&config(data, route))?;
        let expected = data.expected(&Want::PLAIN);
        let mut kept = Vec::new();
        for (batch, expected) in loader.epoch(0)?.zip(&expected[0]) {
            let batch = batch?;
            look(&batch, expected)?;
            // Nobody can tell on which stream this one is used, and it outlives the loader.
            kept = vec![images(&batch)?.hand_to(Consumer::Now)?];
        }
        drop(loader);
        drop(kept);
    }
    Ok(())
}

/// A loader of batches that one worker makes, so that calls come in the same order every time.
pub(crate) fn config(data: &Data, route: Route) -> Config {
    Config {
        device: Device::Cuda(0),
        route,
        ..data.config(&Want::PLAIN)
    }
}

fn images(batch: &Batch) -> Result<DeviceArray> {
    match batch.field("images") {
        Some(Arrays::OnDevice(array)) => Ok(array),
        _ => Err(Error::Internal {
            message: "images are on the device".to_owned(),
        }),
    }
}

/// Uses a batch on a stream and on the host, and lets go of it.
pub(crate) fn look(batch: &Batch, expected: &Expected) -> Result<()> {
    for (name, bytes) in [("images", &expected.images), ("labels", &expected.labels)] {
        let Some(Arrays::OnDevice(array)) = batch.field(name) else {
            panic!("{name} are on the device");
        };
        let used = array.hand_to(STREAM)?;
        let copies = [array.to_host(None)?, array.to_host(Some(1))?];
        for copy in copies {
            assert_eq!(Arc::from(on_host(&copy)), *bytes, "{name}");
        }
        drop(used);
    }
    Ok(())
}
