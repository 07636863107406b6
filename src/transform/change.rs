//! Augmentation: bytes are changed between the resize and the conversion to elements.

use std::sync::Arc;

use super::finish::Surface;
use super::recipe::Recipe;
use super::sample::{Choice, Loaded, Made, Tools};
use crate::augment::{Augmentation, Change, Image, Step};
use crate::codec::{Reason, grow};
use crate::image::resize::Request;
use crate::pixel::{
    Channels, Conversion, Dtype, Interpolation, Layout, Pixels, Plane, Region, Size,
};

/// What a worker changes pixels with, and what it did to the last image.
#[derive(Debug, Default)]
pub(super) struct Changer {
    /// What it was made for.
    augment: Option<Arc<dyn Augmentation>>,
    change: Option<Box<dyn Change>>,
    bytes: Vec<u8>,
    steps: Vec<Step>,
}

impl Changer {
    /// Forgets what was done to the image before.
    pub(super) fn forget(&mut self) {
        self.steps.clear();
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Bytes of memory that are kept for pixels.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// What changes pixels as `augment` says. The scratch may have served another recipe before.
    fn of(&mut self, augment: &Arc<dyn Augmentation>) -> (&mut dyn Change, &mut Vec<Step>) {
        let is_same = |own: &Arc<dyn Augmentation>| Arc::ptr_eq(own, augment);
        if !self.augment.as_ref().is_some_and(is_same) {
            self.change = None;
            self.augment = Some(Arc::clone(augment));
        }
        let change = self.change.get_or_insert_with(|| augment.worker());
        (&mut **change, &mut self.steps)
    }
}

static BYTES: Conversion = Conversion::Uint8;

impl Recipe {
    /// What pixels are changed as: bytes of red, green and blue, or gray.
    fn changed(&self) -> Surface<'_> {
        let is_gray = self.channels == Channels::Gray;
        let mut fill = self.fill;
        if self.channels == Channels::Bgr {
            fill.reverse();
        }
        Surface {
            conversion: &BYTES,
            layout: Layout::Nhwc,
            channels: if is_gray {
                Channels::Gray
            } else {
                Channels::Rgb
            },
            fill,
        }
    }
}

/// An image that is resized, and may be left to be augmented.
#[derive(Debug)]
pub struct Resized<'a> {
    recipe: &'a Recipe,
    choice: Choice,
    tools: &'a mut Tools,
    left: Left,
}

/// What is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// The bytes in the slot of the sample are to be changed.
    Change,
    /// The bytes in memory of their own are to be changed, and then to become elements.
    ChangeAndConvert,
}

impl<'a> Loaded<'a> {
    /// Resizes the pixels, in `slot` if that is to hold bytes in the end.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn resize(self, slot: &mut [u8]) -> Result<Resized<'a>, Reason> {
        let (recipe, choice, wanted) = (self.recipe, self.choice, self.recipe.surface());
        let surface = recipe.changed();
        let keeps_bytes = wanted.conversion.dtype() == Dtype::Uint8
            && (wanted.layout, wanted.channels) == (surface.layout, surface.channels);
        let left = match recipe.augment {
            None => Left::Nothing,
            Some(_) if keeps_bytes => Left::Change,
            Some(_) => Left::ChangeAndConvert,
        };
        let Self { decoded, tools, .. } = self;
        let mut bytes = std::mem::take(&mut tools.changer.bytes);
        let resized = Loaded {
            recipe,
            decoded,
            choice,
            tools: &mut *tools,
        };
        match left {
            Left::Nothing => resized.write_as(wanted, slot)?,
            Left::Change => resized.write_as(surface, slot)?,
            Left::ChangeAndConvert => {
                let size = choice.size(recipe);
                let len = size.width as usize * size.height as usize * surface.channels.count();
                resized.write_as(surface, grow(&mut bytes, len)?)?;
            }
        }
        tools.changer.bytes = bytes;
        Ok(Resized {
            recipe,
            choice,
            tools,
            left,
        })
    }
}

impl Choice {
    /// The size of the sample.
    fn size(&self, recipe: &Recipe) -> Size {
        recipe.rule.size.unwrap_or(self.geometry.size)
    }
}

impl Resized<'_> {
    /// Whether it is left to be augmented.
    #[must_use]
    pub fn is_left(&self) -> bool {
        self.left != Left::Nothing
    }

    /// Changes the pixels, and makes elements of them in `slot`.
    ///
    /// # Errors
    /// When there is no memory, or a graph fails.
    pub fn augment(self, slot: &mut [u8]) -> Result<Made, Reason> {
        let Self {
            recipe,
            choice,
            tools,
            left,
        } = self;
        let (channels, size) = (recipe.channels.count(), choice.size(recipe));
        if let Some(augment) = &recipe.augment {
            let mut bytes = std::mem::take(&mut tools.changer.bytes);
            let len = size.width as usize * size.height as usize * channels;
            let pixels = match left {
                Left::ChangeAndConvert => &mut bytes[..len],
                Left::Change | Left::Nothing => &mut *slot,
            };
            let image = Image {
                pixels,
                size,
                channels,
            };
            let (change, steps) = tools.changer.of(augment);
            change.change(image, choice.identity, steps)?;
            if left == Left::ChangeAndConvert {
                let wanted = recipe.surface();
                let (source, request) = copy(&bytes[..len], size, channels, wanted);
                tools
                    .resizer
                    .run(&source, &request, wanted.conversion.output(slot));
            }
            tools.changer.bytes = bytes;
        }
        let (region, flip) = (choice.geometry.region, choice.flip);
        Ok(Made { region, flip })
    }
}

/// Pixels as they are, but for the form that is wanted.
fn copy<'a>(
    pixels: &'a [u8],
    size: Size,
    channels: usize,
    wanted: Surface<'_>,
) -> (Pixels<'a>, Request) {
    let (width, height) = (size.width as usize, size.height as usize);
    let plane = Plane::packed(pixels, width, height, channels);
    let request = Request {
        region: Region::whole(size),
        confine: true,
        size,
        interpolation: Interpolation::Nearest,
        flip: false,
        channels: wanted.channels,
        layout: wanted.layout,
    };
    (Pixels::interleaved(plane, channels), request)
}
