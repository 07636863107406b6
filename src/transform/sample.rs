//! The steps from encoded bytes to a finished sample.
//!
//! Header; geometry and chance decide the part that is wanted; [`Reach`] says which pixels of the
//! file that takes, at which scale; the codec decodes just those; the resize writes the slot. Only
//! images that lie on their side or are padded go through one more, small, copy.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::change::Changer;
use super::geometry::Geometry;
use super::reach::Reach;
use super::recipe::Recipe;
use crate::augment::Step;
use crate::codec::{Content, Decoded, Decoder, Header, Opened, Reason, Window};
use crate::image::reference::Reference;
use crate::image::resize::Resizer;
use crate::pixel::{Orientation, Region, Size};
use crate::random::{Identity, Purpose};

/// What a worker keeps from image to image.
#[derive(Debug, Default)]
pub struct Scratch {
    decoder: Option<Decoder>,
    tools: Tools,
}

/// What is needed after decoding.
#[derive(Debug, Default)]
pub(super) struct Tools {
    pub(super) resizer: Resizer,
    pub(super) reference: Reference,
    pub(super) upright: Vec<u8>,
    pub(super) staging: Vec<u8>,
    pub(super) changer: Changer,
}

/// What was done to a sample.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    /// The part of the upright source that was used.
    pub region: Region,
    /// Whether it was mirrored.
    pub flip: bool,
}

/// An image whose header has been read, and what is to become of it.
#[derive(Debug)]
pub struct Prepared<'a> {
    recipe: &'a Recipe,
    opened: Opened<'a>,
    choice: Choice,
    tools: &'a mut Tools,
}

/// An image that is decoded, and what is to become of it.
#[derive(Debug)]
pub struct Loaded<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) decoded: Decoded<'a>,
    pub(super) choice: Choice,
    pub(super) tools: &'a mut Tools,
}

/// What header, geometry and chance say of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) header: Header,
    pub(super) geometry: Geometry,
    pub(super) flip: bool,
    pub(super) identity: Identity,
}

impl Scratch {
    /// Bytes of memory that are kept for pixels.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let Tools {
            upright,
            staging,
            changer,
            ..
        } = &self.tools;
        let decoder = self.decoder.as_ref().map_or(0, Decoder::bytes);
        decoder + upright.capacity() + staging.capacity() + changer.bytes()
    }

    /// What was done to the pixels of the last image, by chance, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        self.tools.changer.steps()
    }

    /// What decodes JPEGs for it so far.
    #[cfg(test)]
    pub(super) fn backend(&self) -> Option<crate::codec::Backend> {
        self.decoder.as_ref().map(Decoder::backend)
    }
}

impl Recipe {
    /// Reads the header of an image, and draws what is left to chance.
    ///
    /// # Errors
    /// When the header is damaged, or the image has no pixels or too many.
    pub fn open<'a>(
        &'a self,
        content: Content<'a>,
        identity: Identity,
        Scratch { decoder, tools }: &'a mut Scratch,
        stop: &'a AtomicBool,
    ) -> Result<Prepared<'a>, Reason> {
        // Scratch may have served another recipe before.
        decoder.take_if(|decoder| decoder.backend() != self.backend);
        let decoder = match decoder {
            Some(decoder) => decoder,
            none => none.insert(Decoder::new(self.backend, Arc::clone(&self.tally))?),
        };
        tools.changer.forget();
        let opened = content.open(decoder, stop)?;
        let header = opened.header();
        self.check_pixels(header.size)?;
        Ok(Prepared {
            recipe: self,
            opened,
            choice: self.choose(header, identity),
            tools,
        })
    }

    /// Makes a sample of an image, in `slot`, which is aligned for the elements and has as many
    /// bytes as they take.
    ///
    /// # Errors
    /// When the image is damaged, or has no pixels or too many.
    pub fn make(
        &self,
        content: Content<'_>,
        identity: Identity,
        scratch: &mut Scratch,
        slot: &mut [u8],
    ) -> Result<Made, Reason> {
        let stop = AtomicBool::new(false);
        let prepared = self.open(content, identity, scratch, &stop)?;
        prepared.decode()?.write(slot)
    }

    fn check_pixels(&self, size: Size) -> Result<(), Reason> {
        let (pixels, most) = (size.pixels(), self.max_pixels);
        if pixels > most {
            return Err(Reason::new(format!(
                "{size} = {pixels} pixels, more than max_pixels={most}"
            )));
        }
        if pixels == 0 {
            return Err(Reason::new(format!("an image of {size}")));
        }
        Ok(())
    }

    fn choose(&self, mut header: Header, identity: Identity) -> Choice {
        if !self.exif {
            header.orientation = Orientation::default();
        }
        let mut chance = identity.stream(Purpose::Crop);
        Choice {
            header,
            geometry: self.rule.apply(header.upright(), &mut chance),
            flip: self.flip && identity.stream(Purpose::Flip).next_u32() >> 31 == 1,
            identity,
        }
    }
}

impl Choice {
    /// The region of the stored image, before it is turned upright, and the size it is resized to.
    pub(super) fn stored(&self) -> (Region, Size) {
        let turn = self.header.orientation;
        let region = turn.stored(self.geometry.region, self.header.upright());
        (region, turn.turned(self.geometry.size))
    }
}

impl<'a> Prepared<'a> {
    /// The size that the sample will have.
    #[must_use]
    pub fn size(&self) -> Size {
        self.recipe.rule.size.unwrap_or(self.choice.geometry.size)
    }

    /// The same of a part of the upright image alone, at its own size.
    ///
    /// # Panics
    /// If the recipe has a size for all images.
    #[must_use]
    pub fn cut_out(mut self, window: Window) -> Self {
        assert!(self.recipe.size().is_none(), "a part keeps its size");
        self.choice.geometry = Geometry::part(window);
        self
    }

    /// Decodes what the sample needs.
    ///
    /// # Errors
    /// When the image is damaged in that part.
    pub fn decode(self) -> Result<Loaded<'a>, Reason> {
        let Self {
            recipe,
            opened,
            choice,
            tools,
        } = self;
        let reach = Reach::new(recipe, &choice);
        Ok(Loaded {
            recipe,
            decoded: opened.decode(&reach.request(recipe))?,
            choice,
            tools,
        })
    }
}
