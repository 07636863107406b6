//! Decoding, and what follows it, in one: only what is seen of an image is decoded, and where its
//! size alone is asked for, only its header is read.
//!
//! These operations are in no graph that a user makes or saves: they take the places of others when
//! a graph is made smaller, and give the same. Only what is damaged in a part of a file that is not
//! decoded goes unseen.

use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::Type;
use super::super::value::Value;
use super::decode::{Slot, Target, infer_decode, put};
use super::image::{Seen, part};
use super::named;
use super::picture::dimensions;
use crate::codec::Window;
use crate::image::raster::Raster;
use crate::image::warp::reach;
use crate::transform::Prepared;

/// Inputs of `DecodeImage`, which come first.
const DECODE: usize = 4;

/// The operation that does what `DecodeImage` and then the one of this name do.
pub(in super::super) fn after_decoding(name: &str) -> Option<&'static Operation> {
    PARTS.iter().find(|operation| operation.name == name)
}

/// The operations, by the names of those that follow decoding.
static PARTS: [Operation; 4] = [
    of("ViewImage", |types| infer(types, "ViewImage"), view),
    of("ImageCrop", |types| infer(types, "ImageCrop"), crop),
    of("ImageWidth", |types| infer(types, "ImageWidth"), width),
    of("ImageHeight", |types| infer(types, "ImageHeight"), height),
];

const fn of(
    name: &'static str,
    infer: fn(&Given<'_>) -> Result<Type, String>,
    function: fn(Inputs<'_>, &mut Scratch, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: "image",
        summary: "Decoding, and what follows it.",
        parameters: const { &[Parameter::new("inputs", "those of both").or(Default::Any)] },
        infer,
        run: Run::Heavy(function),
    }
}

/// The type of what an operation makes of what is decoded.
fn infer(given: &Given<'_>, name: &str) -> Result<Type, String> {
    let decoded = infer_decode(&Given {
        types: &given.types[..DECODE],
        constants: &given.constants[..DECODE],
    })?;
    let types: Vec<_> = std::iter::once(decoded)
        .chain(given.types[DECODE..].iter().cloned())
        .collect();
    let constants: Vec<_> = std::iter::once(None)
        .chain(given.constants[DECODE..].iter().copied())
        .collect();
    let operation = named(name).ok_or("no such operation")?;
    (operation.infer)(&Given {
        types: &types,
        constants: &constants,
    })
}

fn width(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    put_side(inputs, scratch, out, 1)
}

fn height(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    put_side(inputs, scratch, out, 0)
}

fn put_side(
    inputs: Inputs<'_>,
    scratch: &mut Scratch,
    out: &mut Value,
    axis: usize,
) -> Result<(), String> {
    let (target, bytes) = (Target::read(inputs)?, inputs.get(0).bytes()?);
    let sides = if target.is_plain(bytes) {
        target.open(bytes, scratch, |prepared| Ok(sides(&prepared)))?
    } else {
        whole(target, bytes, scratch, |image, _| {
            let [height, width, _] = dimensions(image.array()?)?;
            Ok([height, width])
        })?
    };
    let side = i32::try_from(sides[axis]).map_err(|_| "an image that is too large")?;
    out.array_mut().put_scalar(side);
    Ok(())
}

/// Rows and columns.
fn sides(prepared: &Prepared<'_>) -> [usize; 2] {
    let size = prepared.size();
    [size.height as usize, size.width as usize]
}

/// Decodes all of an image, and has `made` do what follows.
fn whole<R>(
    target: Target,
    bytes: &[u8],
    scratch: &mut Scratch,
    made: impl FnOnce(&Value, &mut Scratch) -> Result<R, String>,
) -> Result<R, String> {
    let mut image = std::mem::take(&mut scratch.decoding.whole);
    let decoded = target.decode(bytes, scratch, &mut image);
    let made = decoded.and_then(|()| made(&image, scratch));
    scratch.decoding.whole = image;
    made
}

fn crop(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let (target, bytes) = (Target::read(inputs)?, inputs.get(0).bytes()?);
    let rest = inputs.after(DECODE);
    if !target.is_plain(bytes) {
        return whole(target, bytes, scratch, |image, _| {
            super::image::crop_of(image.array()?, rest, out)
        });
    }
    target.open(bytes, scratch, |prepared| {
        let [rows, columns] = sides(&prepared);
        let window = window(part(rest, (columns, rows))?);
        put(prepared.cut_out(window), target, &mut Slot::Value(out)).map(|_| ())
    })
}

fn view(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let (target, bytes) = (Target::read(inputs)?, inputs.get(0).bytes()?);
    let seen = Seen::read(inputs.after(DECODE))?;
    let needed = reach(&seen.places, seen.taps, (seen.width, seen.height));
    if let Some(needed) = needed.filter(|_| target.is_plain(bytes)) {
        let mut pixels = std::mem::take(&mut scratch.decoding.pixels);
        let found = target.open(bytes, scratch, |prepared| {
            decode_needed(prepared, target, &seen, needed, &mut pixels)
        });
        let made = found.map(|found| {
            let found = found?;
            Some(found.put(&pixels, target, &seen, scratch, out))
        });
        scratch.decoding.pixels = pixels;
        if let Some(made) = made? {
            return made;
        }
    }
    whole(target, bytes, scratch, |image, scratch| {
        seen.put(image.array()?, &mut scratch.lines, out)
    })
}

/// A part of an image that has been decoded.
struct Found {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

/// Decodes the part of an image that is needed; `None` if more may be, beyond the edges.
fn decode_needed(
    prepared: Prepared<'_>,
    target: Target,
    seen: &Seen,
    [left, top, right, bottom]: [i64; 4],
    pixels: &mut Vec<u8>,
) -> Result<Option<Found>, String> {
    let [rows, columns] = sides(&prepared);
    let inside = |place: i64, side: usize| {
        usize::try_from(place.max(0)).map_or(side, |place| place.min(side))
    };
    // At even places, where ties fall as they do in the whole image.
    let (first, end) = (inside(left, columns) & !1, inside(right, columns));
    let (highest, lowest) = (inside(top, rows) & !1, inside(bottom, rows));
    let is_inside = left >= 0 && top >= 0 && is_within(right, columns) && is_within(bottom, rows);
    if end <= first || lowest <= highest || !(is_inside || seen.border.is_constant()) {
        return Ok(None);
    }
    let found = Found {
        left: first,
        top: highest,
        width: end - first,
        height: lowest - highest,
    };
    let window = window([found.left, found.top, found.width, found.height]);
    put(prepared.cut_out(window), target, &mut Slot::Memory(pixels))?;
    Ok(Some(found))
}

fn is_within(place: i64, side: usize) -> bool {
    usize::try_from(place).is_ok_and(|place| place <= side)
}

impl Found {
    /// Writes what is seen of it.
    fn put(
        &self,
        pixels: &[u8],
        target: Target,
        seen: &Seen,
        scratch: &mut Scratch,
        out: &mut Value,
    ) -> Result<(), String> {
        let mut places = seen.places;
        #[expect(clippy::cast_precision_loss, reason = "sides of an image")]
        let (left, top) = (self.left as f64, self.top as f64);
        places[2] -= left;
        places[5] -= top;
        let seen = Seen { places, ..*seen };
        let (axes, rank) = target.axes(seen.width, seen.height);
        let channels = if rank == 3 { axes[2] } else { 1 };
        let len = self.width * self.height * channels;
        let source = Raster::packed(&pixels[..len], self.width, self.height, channels);
        let out = out.array_mut();
        out.reset(
            crate::pixel::Dtype::Uint8,
            super::arguments::shape(&axes[..rank])?,
        );
        seen.put_pixels(&source, out.bytes_mut(), &mut scratch.lines);
        Ok(())
    }
}

fn window([left, top, width, height]: [usize; 4]) -> Window {
    let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Window {
        left: side(left),
        top: side(top),
        width: side(width),
        height: side(height),
    }
}
