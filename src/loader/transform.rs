//! One sample: encoded bytes to finished pixels in the batch's slot.
//!
//! The steps: header; geometry and chance decide the part that is wanted; [`Reach`] says which
//! pixels of the file that takes, at which scale; the codec decodes just those; the resize writes
//! the slot. Only pictures that lie on their side or are padded go through one more, small, copy.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::codec::{Decoded, Decoder, Header, Opened, Orientation, Reason, grow};
use crate::dataset::{self, Content};
use crate::engine::{Meter, Stopwatch};
use crate::image::place::{Placement, place};
use crate::image::reference::{Reference, down_first};
use crate::image::resize::{self, First, Resizer};
use crate::pixel::{Interpolation, Layout, Output, Pixels, Plane, Region, Size};
use crate::random::{Purpose, Stream};

use super::exact::{axes, resize_exactly, turned_upright};
use super::geometry::Geometry;
use super::plan::Plan;
use super::reach::{Reach, unturned};

/// What a worker keeps from sample to sample.
#[derive(Debug)]
pub(super) struct Scratch {
    file: dataset::Scratch,
    decoder: Option<Decoder>,
    tools: Tools,
}

/// What is needed after decoding.
#[derive(Debug, Default)]
pub(super) struct Tools {
    resizer: Resizer,
    reference: Reference,
    upright: Vec<u8>,
    staging: Vec<u8>,
}

/// Time and bytes of each stage.
#[derive(Debug, Default)]
pub(super) struct Stages {
    pub(super) read: Meter,
    pub(super) decode: Meter,
    pub(super) resize: Meter,
}

/// What was done to a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made {
    /// The part of the upright source that was used.
    pub(super) region: Region,
    /// Whether it was mirrored.
    pub(super) flip: bool,
}

/// A sample's identity for its random numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) epoch: u32,
    pub(super) key: u64,
}

/// A picture that is opened, and what is to become of it.
pub(super) struct Planned<'a> {
    opened: Opened<'a>,
    header: Header,
    geometry: Geometry,
    flip: bool,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            file: dataset::Scratch::default(),
            decoder: None,
            tools: Tools::default(),
        }
    }

    /// Bytes of memory that are kept for pixels.
    pub(super) fn bytes(&self) -> usize {
        let Tools {
            upright, staging, ..
        } = &self.tools;
        self.decoder.as_ref().map_or(0, Decoder::bytes) + upright.capacity() + staging.capacity()
    }

    /// The parts that reading, opening and making a sample hold on to at once.
    pub(super) fn parts(&mut self) -> (&mut dataset::Scratch, &mut Option<Decoder>, &mut Tools) {
        (&mut self.file, &mut self.decoder, &mut self.tools)
    }
}

impl Planned<'_> {
    /// The size the sample will have.
    pub(super) fn size(&self, plan: &Plan) -> Size {
        plan.rule.size.unwrap_or(self.geometry.size)
    }
}

/// Reads the header and draws what is left to chance.
pub(super) fn open<'a>(
    plan: &Plan,
    identity: Identity,
    decoder: &'a mut Option<Decoder>,
    content: Content<'a>,
    stop: &'a AtomicBool,
) -> Result<Planned<'a>, Reason> {
    // Scratch may have served another plan before.
    decoder.take_if(|decoder| decoder.backend() != plan.backend);
    let decoder = match decoder {
        Some(decoder) => decoder,
        none => none.insert(Decoder::new(plan.backend, Arc::clone(&plan.tally))?),
    };
    let opened = match content {
        Content::Encoded(bytes) => decoder.open(bytes, stop)?,
        Content::Raw(raw) => decoder.open_raw(raw),
    };
    let mut header = opened.header();
    if !plan.exif {
        header.orientation = Orientation::default();
    }
    if header.size.pixels() > plan.max_pixels {
        let (size, pixels, most) = (header.size, header.size.pixels(), plan.max_pixels);
        return Err(Reason::new(format!(
            "{size} = {pixels} pixels, more than max_pixels={most}"
        )));
    }
    if header.size.pixels() == 0 {
        return Err(Reason::new(format!("a picture of {}", header.size)));
    }
    let upright = header.upright();
    let chance = |purpose| Stream::new(plan.seed, identity.epoch, identity.key, purpose);
    let geometry = plan.rule.apply(upright, &mut chance(Purpose::Crop));
    let flip = plan.flip && chance(Purpose::Flip).next_u32() >> 31 == 1;
    Ok(Planned {
        opened,
        header,
        geometry,
        flip,
    })
}

/// Makes the sample: decodes, resizes, and writes it to `slot`.
pub(super) fn make(
    plan: &Plan,
    planned: Planned<'_>,
    tools: &mut Tools,
    slot: &mut [u8],
    stages: &Stages,
) -> Result<Made, Reason> {
    let Planned {
        opened,
        header,
        geometry,
        flip,
    } = planned;
    let (turn, upright) = (header.orientation, header.upright());
    let stored = unturned(geometry.region, upright, turn);
    let size = if turn.transpose {
        geometry.size.transposed()
    } else {
        geometry.size
    };
    let reach = Reach::new(plan, &header, stored, size, geometry.confine);
    let mut watch = Stopwatch::start();
    let decoded = opened.decode(&reach.request(plan))?;
    stages.decode.add(decoded_bytes(&decoded), watch.lap());
    let place = Place::new(
        plan,
        &geometry,
        if plan.exact {
            Orientation::default()
        } else {
            turn
        },
        flip,
    );
    let request = |region, size| request(plan, region, size, geometry.confine);
    let Tools {
        resizer,
        reference,
        upright: turned,
        staging,
    } = tools;
    if plan.exact {
        let decoded = turned_upright(&decoded, turn, upright, turned)?;
        let (across, down) = axes(&geometry, upright);
        if matches!(
            plan.interpolation,
            Interpolation::Nearest | Interpolation::Area
        ) && !geometry.keeps_pixels()
        {
            let pixels = resize_exactly(&decoded, (across, down), plan.interpolation, reference);
            // What is left is element type, layout, channels and mirroring.
            let whole = request(Region::whole(geometry.size), geometry.size);
            write(plan, &pixels, whole, place, (resizer, staging), slot)?;
        } else {
            let request = request(Reach::in_view(&decoded, geometry.region), geometry.size);
            let first = if down_first(&across, &down) {
                First::Down
            } else {
                First::Across
            };
            let overshoots = matches!(
                plan.interpolation,
                Interpolation::Bicubic | Interpolation::Lanczos
            );
            let place = Place {
                passes: overshoots.then_some(first),
                ..place
            };
            write(
                plan,
                &decoded.pixels,
                request,
                place,
                (resizer, staging),
                slot,
            )?;
        }
    } else {
        let region = Reach::in_view(&decoded, stored);
        write(
            plan,
            &decoded.pixels,
            request(region, size),
            place,
            (resizer, staging),
            slot,
        )?;
    }
    stages.resize.add(slot.len(), watch.lap());
    Ok(Made {
        region: geometry.region,
        flip,
    })
}

/// How the resized picture lies in the sample.
#[derive(Clone, Copy, Debug)]
struct Place {
    turn: Orientation,
    offset: (u32, u32),
    /// Two passes, clipped in between, and which is first; one for filters that do not overshoot.
    passes: Option<First>,
}

impl Place {
    /// Of a picture that must be turned by `turn` to be upright; mirroring mirrors the whole
    /// sample, padding included.
    fn new(plan: &Plan, geometry: &Geometry, turn: Orientation, flip: bool) -> Self {
        let (left, top) = geometry.offset;
        let outer = plan.rule.size.unwrap_or(geometry.size);
        let left = if flip {
            outer.width - geometry.size.width - left
        } else {
            left
        };
        Self {
            turn: Orientation {
                mirror_x: turn.mirror_x != flip,
                ..turn
            },
            offset: (left, top),
            passes: None,
        }
    }
}

fn request(plan: &Plan, region: Region, size: Size, confine: bool) -> resize::Request {
    resize::Request {
        region,
        confine,
        size,
        interpolation: plan.interpolation,
        flip: false,
        channels: plan.channels,
        layout: plan.layout,
    }
}

/// Resizes into the slot, by way of the staging area where the picture must be turned or padded.
fn write(
    plan: &Plan,
    pixels: &Pixels<'_>,
    mut request: resize::Request,
    Place {
        turn,
        offset,
        passes,
    }: Place,
    (resizer, staging): (&mut Resizer, &mut Vec<u8>),
    slot: &mut [u8],
) -> Result<(), Reason> {
    let turned = if turn.transpose {
        request.size.transposed()
    } else {
        request.size
    };
    let size = plan.rule.size.unwrap_or(turned);
    if !turn.transpose && !turn.mirror_y && turned == size {
        request.flip = turn.mirror_x;
        run(
            resizer,
            pixels,
            &request,
            passes,
            plan.conversion.output(slot),
        );
        return Ok(());
    }
    let channels = plan.channels.count();
    request.layout = Layout::Nhwc;
    let len = request.size.width as usize * request.size.height as usize * channels;
    let staging = grow(staging, len)?;
    run(
        resizer,
        pixels,
        &request,
        passes,
        Output::Uint8(&mut *staging),
    );
    let (width, height) = (request.size.width as usize, request.size.height as usize);
    let picture = Plane {
        data: staging,
        stride: width * channels,
        width,
        height,
    };
    let placement = Placement {
        transpose: turn.transpose,
        mirror_x: turn.mirror_x,
        mirror_y: turn.mirror_y,
        offset,
        size,
        fill: plan.fill,
        layout: plan.layout,
    };
    place(&picture, channels, &placement, plan.conversion.output(slot));
    Ok(())
}

fn run(
    resizer: &mut Resizer,
    pixels: &Pixels<'_>,
    request: &resize::Request,
    passes: Option<First>,
    to: Output<'_>,
) {
    match passes {
        Some(first) => resizer.run_clipped(pixels, request, first, to),
        None => resizer.run(pixels, request, to),
    }
}

fn decoded_bytes(decoded: &Decoded<'_>) -> usize {
    match decoded.pixels {
        Pixels::Gray(plane) => plane.width * plane.height,
        Pixels::Rgb(plane) | Pixels::Planar([plane, ..]) => plane.width * plane.height * 3,
        Pixels::Ycc { y, cb, .. } => y.width * y.height + 2 * cb.width * cb.height,
    }
}
