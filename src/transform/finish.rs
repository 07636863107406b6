//! The last steps: decoded pixels to the elements of a sample.

use super::exact::{axes, resize_exactly, turned_upright};
use super::reach::Reach;
use super::recipe::Recipe;
use super::sample::{Choice, Loaded, Made};
use crate::codec::{Reason, grow};
use crate::image::place::{Placement, place};
use crate::image::reference::{Axis, down_first};
use crate::image::resize::{First, Request, Resizer};
use crate::pixel::{
    Channels, Conversion, Interpolation, Layout, Orientation, Output, Pixels, Plane, Region, Size,
};

/// What pixels are written as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface<'a> {
    pub(super) conversion: &'a Conversion,
    pub(super) layout: Layout,
    pub(super) channels: Channels,
    /// What surrounds the image, per channel.
    pub(super) fill: [u8; 3],
}

/// How the resized image lies in the sample.
#[derive(Clone, Copy, Debug)]
struct Target {
    turn: Orientation,
    offset: (u32, u32),
    /// Two passes, clipped in between, and which is first; one for filters that do not overshoot.
    passes: Option<First>,
}

impl Loaded<'_> {
    /// Bytes of what was decoded.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.decoded.pixels.bytes()
    }

    /// Resizes and augments the pixels into `slot`, which is aligned for the elements and has as many bytes as
    /// they take.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn write(self, slot: &mut [u8]) -> Result<Made, Reason> {
        self.resize(slot)?.augment(slot)
    }

    /// Resizes the pixels, and no more.
    pub(super) fn write_as(self, surface: Surface<'_>, slot: &mut [u8]) -> Result<(), Reason> {
        if self.recipe.exact {
            self.write_exactly(surface, slot)
        } else {
            self.write_planes(surface, slot)
        }
    }

    /// Turns the image after it is resized, when it is small.
    fn write_planes(self, surface: Surface<'_>, slot: &mut [u8]) -> Result<(), Reason> {
        let (recipe, choice) = (self.recipe, self.choice);
        let (region, size) = choice.stored();
        let region = Reach::in_view(&self.decoded, region);
        let target = Target::new(recipe, &choice, choice.header.orientation);
        let filter = recipe.interpolation;
        let request = request(surface, filter, (region, size), choice.geometry.confine);
        let finish = Finish {
            outer: recipe.rule.size,
            surface,
            resizer: &mut self.tools.resizer,
            staging: &mut self.tools.staging,
        };
        finish.run(&self.decoded.pixels, request, target, slot)
    }

    /// Turns the image before it is resized.
    fn write_exactly(self, surface: Surface<'_>, slot: &mut [u8]) -> Result<(), Reason> {
        let (recipe, choice, tools) = (self.recipe, self.choice, self.tools);
        let (geometry, filter) = (choice.geometry, recipe.interpolation);
        let (turn, upright) = (choice.header.orientation, choice.header.upright());
        let image = turned_upright(&self.decoded, turn, upright, &mut tools.upright)?;
        let (across, down) = axes(&geometry, upright);
        let mut target = Target::new(recipe, &choice, Orientation::default());
        let (pixels, region) = if filter.has_steps() && !geometry.keeps_pixels() {
            // What is left to do is element type, layout, channels and mirroring.
            let pixels = resize_exactly(&image, (across, down), filter, &mut tools.reference);
            (pixels, Region::whole(geometry.size))
        } else {
            target.passes = passes(filter, &across, &down);
            (image.pixels, Reach::in_view(&image, geometry.region))
        };
        let request = request(surface, filter, (region, geometry.size), geometry.confine);
        let finish = Finish {
            outer: recipe.rule.size,
            surface,
            resizer: &mut tools.resizer,
            staging: &mut tools.staging,
        };
        finish.run(&pixels, request, target, slot)
    }
}

/// Which of two passes comes first, for filters that overshoot.
fn passes(filter: Interpolation, across: &Axis, down: &Axis) -> Option<First> {
    let first = if down_first(across, down) {
        First::Down
    } else {
        First::Across
    };
    filter.is_lobed().then_some(first)
}

fn request(
    surface: Surface<'_>,
    interpolation: Interpolation,
    (region, size): (Region, Size),
    confine: bool,
) -> Request {
    Request {
        region,
        confine,
        size,
        interpolation,
        flip: false,
        channels: surface.channels,
        layout: surface.layout,
    }
}

impl Target {
    /// Of an image that must be turned by `turn` to be upright. Mirroring mirrors the whole sample,
    /// padding included.
    fn new(recipe: &Recipe, choice: &Choice, turn: Orientation) -> Self {
        let Choice { geometry, flip, .. } = choice;
        let (left, top) = geometry.offset;
        let outer = recipe.rule.size.unwrap_or(geometry.size);
        let mirrored = outer.width - geometry.size.width - left;
        Self {
            turn: Orientation {
                mirror_x: turn.mirror_x != *flip,
                ..turn
            },
            offset: (if *flip { mirrored } else { left }, top),
            passes: None,
        }
    }
}

/// What resizes into a slot.
struct Finish<'a> {
    /// The size of all samples, if they have one.
    outer: Option<Size>,
    surface: Surface<'a>,
    resizer: &'a mut Resizer,
    staging: &'a mut Vec<u8>,
}

impl Finish<'_> {
    /// Resizes into the slot, by way of the staging area where the image must be turned or padded.
    fn run(
        self,
        pixels: &Pixels<'_>,
        mut request: Request,
        target: Target,
        slot: &mut [u8],
    ) -> Result<(), Reason> {
        let (surface, turn) = (self.surface, target.turn);
        let turned = turn.turned(request.size);
        let size = self.outer.unwrap_or(turned);
        let output = surface.conversion.output(slot);
        if !turn.transpose && !turn.mirror_y && turned == size {
            request.flip = turn.mirror_x;
            resize(self.resizer, pixels, &request, target.passes, output);
            return Ok(());
        }
        request.layout = Layout::Nhwc;
        let channels = surface.channels.count();
        let (width, height) = (request.size.width as usize, request.size.height as usize);
        let staging = grow(self.staging, width * height * channels)?;
        let staged = Output::Uint8(&mut *staging);
        resize(self.resizer, pixels, &request, target.passes, staged);
        let placement = Placement {
            turn,
            offset: target.offset,
            size,
            fill: surface.fill,
            layout: surface.layout,
        };
        let image = Plane::packed(staging, width, height, channels);
        place(&image, channels, &placement, output);
        Ok(())
    }
}

fn resize(
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
