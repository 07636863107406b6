//! Images that are in memory, one at a time, for people with a loop of their own.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::{Identity, Recipe, Scratch};
use crate::codec::{Content, Reason};
use crate::dlpack::Array;
use crate::error::Result;
use crate::tensor::Lease;

/// Working memory beyond this is given back: one huge image must not be paid for ever after.
const KEPT: usize = 64 << 20;

/// Decodes single images on the caller's thread, any number of threads at once; keeps working
/// memory from one to the next.
#[derive(Debug, Default)]
pub struct Codec {
    spare: Mutex<Vec<Scratch>>,
}

impl Codec {
    /// Makes an array of the image file `data`: (height, width, channels), or as the recipe's
    /// layout says.
    ///
    /// # Errors
    /// [`crate::error::Error::Decode`] for an image that cannot be decoded,
    /// [`crate::error::Error::Memory`] when there is no room for it.
    pub fn decode(&self, recipe: &Recipe, data: &[u8]) -> Result<Array> {
        let mut scratch = self.take().unwrap_or_default();
        let made = decode(recipe, data, &mut scratch);
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

fn decode(recipe: &Recipe, data: &[u8], scratch: &mut Scratch) -> Result<Array> {
    let stop = AtomicBool::new(false);
    let failed = |reason: Reason| reason.at("data".into());
    let content = Content::Encoded(data);
    let prepared = recipe.open(content, Identity::default(), scratch, &stop);
    let prepared = prepared.map_err(failed)?;
    let field = recipe.field(prepared.size());
    let loaded = prepared.decode().map_err(failed)?;
    let lease = Lease::single(field)?;
    let mut slot = lease.claim(0).expect("a new arena has a free slot");
    loaded.write(slot.field(0)).map_err(failed)?;
    drop(slot);
    lease.seal(|_| true);
    Ok(Array::of_single(&Arc::new(lease)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Backend;
    use crate::transform::Options;

    #[test]
    fn spare_memory_does_not_keep_the_decoder_of_another_call() {
        let mut file = Vec::new();
        let encoder = jpeg_encoder::Encoder::new(&mut file, 80);
        encoder
            .encode(&[99; 12 * 8], 12, 8, jpeg_encoder::ColorType::Luma)
            .expect("an image");
        let codec = Codec::default();
        for decoder in [Backend::Auto, Backend::Turbo, Backend::Auto] {
            let options = Options {
                size: None,
                decoder,
                ..Options::default()
            };
            let recipe = Recipe::new(&options).expect("a recipe");
            let array = codec.decode(&recipe, &file).expect("an array");
            assert_eq!(array.shape(), [8, 12, 3]);
            let spare = codec.take().expect("spare memory");
            assert_eq!(spare.backend(), Some(decoder));
            codec.put_back(spare);
        }
    }
}
