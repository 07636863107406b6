//! The steps from encoded bytes to a finished sample.
//!
//! Header; geometry and chance decide the part that is wanted; [`Reach`] says which pixels of the
//! file that takes, at which scale; the codec decodes just those; the resize writes the slot. Only
//! images that lie on their side or are padded go through one more, small, copy.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::exact::{axes, resize_exactly, turned_upright};
use super::geometry::Geometry;
use super::reach::Reach;
use super::recipe::Recipe;
use crate::codec::{Content, Decoded, Decoder, Header, Opened, Orientation, Reason, grow};
use crate::image::place::{Placement, place};
use crate::image::reference::{Reference, down_first};
use crate::image::resize::{First, Request, Resizer};
use crate::pixel::{Interpolation, Layout, Output, Pixels, Plane, Region, Size};
use crate::random::{Purpose, Stream};

/// What a worker keeps from image to image.
#[derive(Debug, Default)]
pub struct Scratch {
    decoder: Option<Decoder>,
    tools: Tools,
}

/// What is needed after decoding.
#[derive(Debug, Default)]
struct Tools {
    resizer: Resizer,
    reference: Reference,
    upright: Vec<u8>,
    staging: Vec<u8>,
}

/// What a sample's random numbers depend on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity {
    /// The seed of the run.
    pub seed: u64,
    /// The epoch.
    pub epoch: u32,
    /// The sample.
    pub key: u64,
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
    recipe: &'a Recipe,
    decoded: Decoded<'a>,
    choice: Choice,
    tools: &'a mut Tools,
}

/// What header, geometry and chance say of an image.
#[derive(Clone, Copy, Debug)]
struct Choice {
    header: Header,
    geometry: Geometry,
    flip: bool,
}

impl Scratch {
    /// Bytes of memory that are kept for pixels.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let Tools {
            upright, staging, ..
        } = &self.tools;
        self.decoder.as_ref().map_or(0, Decoder::bytes) + upright.capacity() + staging.capacity()
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
        let opened = content.open(decoder, stop)?;
        let mut header = opened.header();
        if !self.exif {
            header.orientation = Orientation::default();
        }
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

    fn choose(&self, header: Header, Identity { seed, epoch, key }: Identity) -> Choice {
        let chance = |purpose| Stream::new(seed, epoch, key, purpose);
        Choice {
            header,
            geometry: self
                .rule
                .apply(header.upright(), &mut chance(Purpose::Crop)),
            flip: self.flip && chance(Purpose::Flip).next_u32() >> 31 == 1,
        }
    }

    fn request(&self, region: Region, size: Size, confine: bool) -> Request {
        Request {
            region,
            confine,
            size,
            interpolation: self.interpolation,
            flip: false,
            channels: self.channels,
            layout: self.layout,
        }
    }
}

impl Choice {
    /// The region of the stored image, before it is turned upright, and the size it is resized to.
    fn stored(&self) -> (Region, Size) {
        let turn = self.header.orientation;
        let region = turn.stored(self.geometry.region, self.header.upright());
        (region, turn.turned(self.geometry.size))
    }

    /// How an image that must be turned by `turn` to be upright lies in the sample. Mirroring
    /// mirrors the whole sample, padding included.
    fn target(&self, recipe: &Recipe, turn: Orientation) -> Target {
        let Self { geometry, flip, .. } = self;
        let (left, top) = geometry.offset;
        let outer = recipe.rule.size.unwrap_or(geometry.size);
        let left = if *flip {
            outer.width - geometry.size.width - left
        } else {
            left
        };
        Target {
            turn: Orientation {
                mirror_x: turn.mirror_x != *flip,
                ..turn
            },
            offset: (left, top),
            passes: None,
        }
    }
}

impl<'a> Prepared<'a> {
    /// The size that the sample will have.
    #[must_use]
    pub fn size(&self) -> Size {
        self.recipe.rule.size.unwrap_or(self.choice.geometry.size)
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
        let (region, size) = choice.stored();
        let reach = Reach::new(
            recipe,
            &choice.header,
            region,
            size,
            choice.geometry.confine,
        );
        Ok(Loaded {
            recipe,
            decoded: opened.decode(&reach.request(recipe))?,
            choice,
            tools,
        })
    }
}

impl Loaded<'_> {
    /// Bytes of what was decoded.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.decoded.pixels.bytes()
    }

    /// Resizes the pixels into `slot`, which is aligned for the elements and has as many bytes as
    /// they take.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn write(self, slot: &mut [u8]) -> Result<Made, Reason> {
        let Choice {
            header,
            geometry,
            flip,
        } = self.choice;
        if self.recipe.exact {
            self.write_exactly(slot)?;
        } else {
            let (region, size) = self.choice.stored();
            let region = Reach::in_view(&self.decoded, region);
            let request = self.recipe.request(region, size, geometry.confine);
            let target = self.choice.target(self.recipe, header.orientation);
            let Tools {
                resizer, staging, ..
            } = self.tools;
            let pixels = &self.decoded.pixels;
            write(
                self.recipe,
                pixels,
                request,
                target,
                (resizer, staging),
                slot,
            )?;
        }
        Ok(Made {
            region: geometry.region,
            flip,
        })
    }

    fn write_exactly(self, slot: &mut [u8]) -> Result<(), Reason> {
        let Self {
            recipe,
            decoded,
            choice,
            tools,
        } = self;
        let Tools {
            resizer,
            reference,
            upright: turned,
            staging,
        } = tools;
        let Choice {
            header, geometry, ..
        } = choice;
        let (upright, filter) = (header.upright(), recipe.interpolation);
        let decoded = turned_upright(&decoded, header.orientation, upright, turned)?;
        let (across, down) = axes(&geometry, upright);
        let mut target = choice.target(recipe, Orientation::default());
        let by_sample = matches!(filter, Interpolation::Nearest | Interpolation::Area);
        let (pixels, region) = if by_sample && !geometry.keeps_pixels() {
            // What is left to do is element type, layout, channels and mirroring.
            let pixels = resize_exactly(&decoded, (across, down), filter, reference);
            (pixels, Region::whole(geometry.size))
        } else {
            let first = if down_first(&across, &down) {
                First::Down
            } else {
                First::Across
            };
            let overshoots = matches!(filter, Interpolation::Bicubic | Interpolation::Lanczos);
            target.passes = overshoots.then_some(first);
            (decoded.pixels, Reach::in_view(&decoded, geometry.region))
        };
        let request = recipe.request(region, geometry.size, geometry.confine);
        write(recipe, &pixels, request, target, (resizer, staging), slot)
    }
}

/// How the resized image lies in the sample.
#[derive(Clone, Copy, Debug)]
struct Target {
    turn: Orientation,
    offset: (u32, u32),
    /// Two passes, clipped in between, and which is first; one for filters that do not overshoot.
    passes: Option<First>,
}

/// Resizes into the slot, by way of the staging area where the image must be turned or padded.
fn write(
    recipe: &Recipe,
    pixels: &Pixels<'_>,
    mut request: Request,
    target: Target,
    (resizer, staging): (&mut Resizer, &mut Vec<u8>),
    slot: &mut [u8],
) -> Result<(), Reason> {
    let Target { turn, passes, .. } = target;
    let turned = turn.turned(request.size);
    let size = recipe.rule.size.unwrap_or(turned);
    if !turn.transpose && !turn.mirror_y && turned == size {
        request.flip = turn.mirror_x;
        let output = recipe.conversion.output(slot);
        run(resizer, pixels, &request, passes, output);
        return Ok(());
    }
    request.layout = Layout::Nhwc;
    let channels = recipe.channels.count();
    let (width, height) = (request.size.width as usize, request.size.height as usize);
    let staging = grow(staging, width * height * channels)?;
    let output = Output::Uint8(&mut *staging);
    run(resizer, pixels, &request, passes, output);
    let placement = Placement {
        turn,
        offset: target.offset,
        size,
        fill: recipe.fill,
        layout: recipe.layout,
    };
    let image = Plane::packed(staging, width, height, channels);
    place(&image, channels, &placement, recipe.conversion.output(slot));
    Ok(())
}

fn run(
    resizer: &mut Resizer,
    pixels: &Pixels<'_>,
    request: &Request,
    passes: Option<First>,
    to: Output<'_>,
) {
    match passes {
        Some(first) => resizer.run_clipped(pixels, request, first, to),
        None => resizer.run(pixels, request, to),
    }
}
