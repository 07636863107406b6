//! Augmentation: bytes are changed between the resize and the conversion to elements.

use std::sync::Arc;

use super::finish::Surface;
use super::recipe::Recipe;
use super::sample::{Loaded, Tools};
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

impl<'a> Loaded<'a> {
    /// Resizes the pixels, changes them, and makes elements of them in `slot`.
    pub(super) fn write_changed(
        self,
        augment: &Arc<dyn Augmentation>,
        slot: &mut [u8],
    ) -> Result<(), Reason> {
        let recipe = self.recipe;
        let (surface, wanted) = (recipe.changed(), recipe.surface());
        let size = recipe.rule.size.unwrap_or(self.choice.geometry.size);
        let keeps_bytes = wanted.conversion.dtype() == Dtype::Uint8
            && (wanted.layout, wanted.channels) == (surface.layout, surface.channels);
        if keeps_bytes {
            return self.change(augment, size, slot).map(|_| ());
        }
        let channels = surface.channels.count();
        let mut bytes = std::mem::take(&mut self.tools.changer.bytes);
        let (width, height) = (size.width as usize, size.height as usize);
        let pixels = grow(&mut bytes, width * height * channels)?;
        let tools = self.change(augment, size, pixels)?;
        let (source, request) = copy(pixels, size, channels, wanted);
        let output = wanted.conversion.output(slot);
        tools.resizer.run(&source, &request, output);
        tools.changer.bytes = bytes;
        Ok(())
    }

    /// Resizes the pixels, and changes them.
    fn change(
        self,
        augment: &Arc<dyn Augmentation>,
        size: Size,
        pixels: &mut [u8],
    ) -> Result<&'a mut Tools, Reason> {
        let Self {
            recipe,
            decoded,
            choice,
            tools,
        } = self;
        let surface = recipe.changed();
        let resized = Loaded {
            recipe,
            decoded,
            choice,
            tools: &mut *tools,
        };
        resized.write_as(surface, pixels)?;
        let (change, steps) = tools.changer.of(augment);
        let image = Image {
            pixels,
            size,
            channels: surface.channels.count(),
        };
        change.change(image, choice.identity, steps)?;
        Ok(tools)
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
