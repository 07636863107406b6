//! Pictures that are in memory: made as a Loader makes its samples, for people with a loop of their
//! own.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::Loader;
use super::batch::Batch;
use super::config::{Config, Labels};
use super::job::Job;
use super::plan::Plan;
use super::transform::Scratch;
use crate::dataset::{Bytes, InMemory};
use crate::engine::{Begun, Job as _, usable_cores};
use crate::error::{Error, Result};
use crate::sampler::Place;

/// Working memory beyond this is given back: one huge picture must not be paid for ever after.
const KEPT: usize = 64 << 20;

/// Decodes single pictures on the caller's thread, any number of threads at once; keeps working
/// memory from one to the next.
#[derive(Debug, Default)]
pub struct Codec {
    spare: Mutex<Vec<Scratch>>,
}

impl Codec {
    /// Makes a batch of one sample of `picture`; the options of `config` that are about pixels
    /// count.
    ///
    /// # Errors
    /// [`crate::error::Error::Argument`] for a wrong argument, [`crate::error::Error::Decode`] for
    /// a picture that cannot be decoded.
    pub fn decode(&self, config: &Config, picture: Bytes) -> Result<Batch> {
        let loader = pictures(config, vec![picture])?;
        let job = loader.job(Place::default(), Some(1));
        let mut scratch = self.take().unwrap_or_else(|| job.scratch());
        let made = run(&job, &mut scratch);
        self.put_back(scratch);
        made
    }

    /// Spare working memory. In a fork the lock may be held by a thread that is not there, so
    /// nobody waits for it.
    fn take(&self) -> Option<Scratch> {
        self.spare.try_lock().ok()?.pop()
    }

    fn put_back(&self, scratch: Scratch) {
        if scratch.bytes() <= KEPT
            && let Ok(mut spare) = self.spare.try_lock()
        {
            spare.push(scratch);
        }
    }
}

fn run(job: &Job, scratch: &mut Scratch) -> Result<Batch> {
    let Begun::Batch { batch, slots } = job.begin(0)? else {
        return Err(Error::argument("data", "nothing", "at least one picture"));
    };
    for slot in 0..slots {
        job.run(&batch, slot, scratch, &AtomicBool::new(false));
    }
    job.complete(&batch)?.0
}

/// A loader whose only batch is all of `pictures`, in their order; the options of `config` that are
/// about pixels count.
///
/// # Errors
/// [`Error::Argument`] for a wrong argument.
pub fn pictures(config: &Config, pictures: Vec<Bytes>) -> Result<Loader> {
    let config = config_of(config, pictures.len());
    Plan::check(&config)?;
    Loader::of(&config, Arc::new(InMemory::new(pictures)))
}

/// Checks `config` for pictures that need not be there.
///
/// # Errors
/// [`Error::Argument`] for a wrong argument.
pub fn check_pictures(config: &Config) -> Result<()> {
    Plan::check(&config_of(config, 1))
}

fn config_of(config: &Config, count: usize) -> Config {
    Config {
        batch_size: count,
        // Counting the cores reads files of the system's, which takes longer than a small picture.
        workers: Some(if count > 1 {
            usable_cores().min(count)
        } else {
            1
        }),
        ragged: config.size.is_none(),
        labels: Labels::None,
        shuffle: false,
        prefetch: 1,
        ..config.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Backend;

    #[test]
    fn spare_memory_does_not_keep_the_decoder_of_another_call() {
        let mut file = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut file, 80);
        encoder
            .encode(&[99; 12 * 8], 12, 8, jpeg_encoder::ColorType::Luma)
            .expect("a picture");
        let codec = Codec::default();
        for backend in [Backend::Auto, Backend::Turbo, Backend::Auto] {
            let config = Config {
                size: None,
                decoder: backend,
                ..Config::default()
            };
            let batch = codec
                .decode(&config, Box::new(file.clone()))
                .expect("a batch");
            assert_eq!(batch.image_bytes(0).len(), 12 * 8 * 3);
            let mut spare = codec.take().expect("spare memory");
            assert_eq!(
                spare.parts().1.as_ref().map(crate::codec::Decoder::backend),
                Some(backend)
            );
            codec.put_back(spare);
        }
    }
}
