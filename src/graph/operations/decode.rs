//! The images in files.

use std::sync::atomic::AtomicBool;

use super::super::number::{Number, of_number};
use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{DTYPE, Words, shape};
use crate::codec::encode::Encoder;
use crate::codec::{Content, deep, deep::Deep};
use crate::pixel::{Channels, Dtype, Size};
use crate::transform::{Identity, MAX_PIXELS, Options, Prepared, Recipe};

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[Operation {
    name: "DecodeImage",
    family: "image.loading",
    summary: "The image in a file's bytes, upright: (height, width, channels), or (height, \
                  width) in gray.",
    parameters: &[
        Parameter::new("buffer", "the bytes of a JPEG, PNG, BMP, GIF or WebP file"),
        Parameter::new(
            "depth",
            "the type of the elements: Char (uint8), Short (int16), UnsignedShort (uint16), \
                 Integer (int32) or Float (float32), their numbers, or a word as NumPy has it",
        )
        .or(Default::Text("Char")),
        Parameter::new(
            "channels",
            "GRAY, RGB or RGBA, or 1, 3 or 4; only PNG has alpha, which is full in other images",
        )
        .or(Default::Text("RGB")),
        Parameter::new(
            "normalize",
            "whether white in the file becomes white: the greatest integer, or 1; otherwise \
                 numbers are kept, as far as the type has them",
        )
        .or(Default::Boolean(true)),
    ],
    infer: infer_decode,
    run: Run::Heavy(decode),
}];

/// Working memory of what decodes.
#[derive(Debug, std::default::Default)]
pub struct Decoding {
    recipes: [Option<Recipe>; 2],
    pub(super) pixels: Vec<u8>,
    pub(super) encoder: Option<Encoder>,
    pub(super) file: Vec<u8>,
    /// An image of which a part is wanted, where it cannot be decoded alone.
    pub(super) whole: Value,
}

/// Which channels.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Gray,
    Rgb,
    Rgba,
}

const CHANNELS: Words<Wanted> = Words {
    what: "choice of channels",
    words: &[
        ("GRAY", 1, Wanted::Gray),
        ("RGB", 3, Wanted::Rgb),
        ("RGBA", 4, Wanted::Rgba),
    ],
};

pub(super) fn infer_decode(types: &Given<'_>) -> Result<Type, String> {
    match &types[0] {
        Type::Bytes | Type::Anything => {}
        other => return Err(format!("{other}, not the bytes of a file")),
    }
    types[3].check_condition()?;
    let dtype = DTYPE.infer(types, 1)?;
    dtype.map_or(Ok(1.0), white)?;
    let shape = CHANNELS.infer(types, 2)?.map(|wanted| match wanted {
        Wanted::Gray => vec![None, None],
        Wanted::Rgb => vec![None, None, Some(3)],
        Wanted::Rgba => vec![None, None, Some(4)],
    });
    Ok(Type::Array(ArrayType { dtype, shape }))
}

/// What stands for white.
fn white(dtype: Dtype) -> Result<f64, String> {
    match dtype {
        Dtype::Uint8 => Ok(255.0),
        Dtype::Int16 => Ok(i16::MAX.into()),
        Dtype::Uint16 => Ok(u16::MAX.into()),
        Dtype::Int32 => Ok(i32::MAX.into()),
        Dtype::Float32 | Dtype::Float64 => Ok(1.0),
        other => Err(format!(
            "images are not decoded to elements of type {other:?}"
        )),
    }
}

/// What is to be made of an image.
#[derive(Clone, Copy)]
pub(super) struct Target {
    dtype: Dtype,
    wanted: Wanted,
    normalizes: bool,
}

fn decode(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    Target::read(inputs)?.decode(inputs.get(0).bytes()?, scratch, out)
}

impl Target {
    /// An image of bytes, of one or three channels.
    pub(super) const fn bytes(is_gray: bool) -> Self {
        Self {
            dtype: Dtype::Uint8,
            wanted: if is_gray { Wanted::Gray } else { Wanted::Rgb },
            normalizes: false,
        }
    }

    /// From the inputs of `DecodeImage`.
    pub(super) fn read(inputs: Inputs<'_>) -> Result<Self, String> {
        Ok(Self {
            dtype: DTYPE.read(inputs.get(1))?,
            wanted: CHANNELS.read(inputs.get(2))?,
            normalizes: inputs.get(3).is_true()?,
        })
    }

    /// Whether the image in these bytes is made by the decoder alone, which can leave parts out.
    pub(super) fn is_plain(self, bytes: &[u8]) -> bool {
        self.wanted != Wanted::Rgba && self.dtype == Dtype::Uint8 && !deep::is_wide(bytes)
    }

    /// The axes of an image of bytes.
    pub(super) fn axes(self, width: usize, height: usize) -> ([usize; 3], usize) {
        let rank = if self.wanted == Wanted::Gray { 2 } else { 3 };
        ([height, width, 3], rank)
    }

    /// Decodes an image.
    pub(super) fn decode(
        self,
        bytes: &[u8],
        scratch: &mut Scratch,
        out: &mut Value,
    ) -> Result<(), String> {
        if self.wanted == Wanted::Rgba || deep::is_wide(bytes) {
            let mut pixels = std::mem::take(&mut scratch.decoding.pixels);
            let image = deep::decode(bytes, MAX_PIXELS, &mut pixels);
            let made = image.map(|image| image.map(|image| put_deep(&image, self, out)));
            scratch.decoding.pixels = pixels;
            if let Some(made) = made.map_err(|reason| reason.to_string())? {
                return made;
            }
        }
        if self.wanted == Wanted::Rgba || self.dtype != Dtype::Uint8 {
            return decode_converted(bytes, scratch, self, out);
        }
        let decoded = self.open(bytes, scratch, |prepared| {
            put(prepared, self, &mut Slot::Value(out))
        });
        decoded.map(|_| ())
    }

    /// Reads the header of an image that is made by the decoder alone, and has `made` decode what it
    /// wants of it.
    pub(super) fn open<R>(
        self,
        bytes: &[u8],
        scratch: &mut Scratch,
        made: impl FnOnce(Prepared<'_>) -> Result<R, String>,
    ) -> Result<R, String> {
        let is_gray = self.wanted == Wanted::Gray;
        let recipe = &mut scratch.decoding.recipes[usize::from(is_gray)];
        let recipe = match recipe {
            Some(recipe) => recipe,
            none => none.insert(recipe_of(is_gray)?),
        };
        let stop = AtomicBool::new(false);
        let content = Content::Encoded(bytes);
        let opened = recipe.open(content, Identity::default(), &mut scratch.images, &stop);
        made(opened.map_err(|reason| reason.to_string())?)
    }
}

/// Where decoded bytes go.
pub(super) enum Slot<'a> {
    Value(&'a mut Value),
    Memory(&'a mut Vec<u8>),
}

/// Decodes to bytes of one or three channels; gives columns and rows.
pub(super) fn put(
    prepared: Prepared<'_>,
    target: Target,
    into: &mut Slot<'_>,
) -> Result<(usize, usize), String> {
    let size = prepared.size();
    let (width, height) = (size.width as usize, size.height as usize);
    let loaded = prepared.decode().map_err(|reason| reason.to_string())?;
    let (axes, rank) = target.axes(width, height);
    let slot = match into {
        Slot::Value(out) => {
            let out = out.array_mut();
            out.reset(Dtype::Uint8, shape(&axes[..rank])?);
            out.bytes_mut()
        }
        Slot::Memory(memory) => {
            let len = axes[..rank].iter().product();
            crate::codec::grow(memory, len).map_err(|reason| reason.to_string())?
        }
    };
    loaded.write(slot).map_err(|reason| reason.to_string())?;
    Ok((width, height))
}

fn recipe_of(is_gray: bool) -> Result<Recipe, String> {
    let channels = if is_gray {
        Channels::Gray
    } else {
        Channels::Rgb
    };
    let options = Options {
        size: None,
        channels,
        ..Options::default()
    };
    Recipe::new(&options).map_err(|error| error.to_string())
}

/// Decodes to bytes, and converts these.
fn decode_converted(
    bytes: &[u8],
    scratch: &mut Scratch,
    target: Target,
    out: &mut Value,
) -> Result<(), String> {
    let mut pixels = std::mem::take(&mut scratch.decoding.pixels);
    let size = target.open(bytes, scratch, |prepared| {
        put(prepared, target, &mut Slot::Memory(&mut pixels))
    });
    let made = size.and_then(|(width, height)| {
        let channels = if target.wanted == Wanted::Gray { 1 } else { 3 };
        let pixels_of = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let image = Deep {
            size: Size::new(pixels_of(width), pixels_of(height)),
            orientation: crate::codec::Orientation::default(),
            channels,
            is_wide: false,
            bytes: &pixels[..width * height * channels],
        };
        put_deep(&image, target, out)
    });
    scratch.decoding.pixels = pixels;
    made
}

/// Writes an image upright, with the channels and elements that are wanted.
pub(super) fn put_deep(image: &Deep<'_>, target: Target, out: &mut Value) -> Result<(), String> {
    let upright = image.orientation.turned(image.size);
    let (width, height) = (upright.width as usize, upright.height as usize);
    let channels = match target.wanted {
        Wanted::Gray => 1,
        Wanted::Rgb => 3,
        Wanted::Rgba => 4,
    };
    let axes = [height, width, channels];
    let out = out.array_mut();
    out.reset(
        target.dtype,
        shape(&axes[..if channels == 1 { 2 } else { 3 }])?,
    );
    let most = if image.is_wide { 65_535.0 } else { 255.0 };
    let white = white(target.dtype)?;
    let scale = if target.normalizes { white / most } else { 1.0 };
    let is_real = matches!(target.dtype, Dtype::Float32 | Dtype::Float64);
    of_number!(target.dtype, T => {
        let pixels: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
        for (y, row) in pixels.chunks_exact_mut((width * channels).max(1)).enumerate() {
            for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
                let stored = stored(image, (x, y), (width, height));
                let samples = channels_of(image, stored, target.wanted, most);
                for (target, sample) in pixel.iter_mut().zip(samples) {
                    let scaled = sample * scale;
                    let value = if is_real { scaled } else { scaled.round_ties_even() };
                    *target = T::from_double(value);
                }
            }
        }
    });
    Ok(())
}

/// Which of the stored pixels is seen at a place of the upright image.
fn stored(image: &Deep<'_>, (x, y): (usize, usize), (width, height): (usize, usize)) -> usize {
    let turn = image.orientation;
    let x = if turn.mirror_x { width - 1 - x } else { x };
    let y = if turn.mirror_y { height - 1 - y } else { y };
    let (column, row) = if turn.transpose { (y, x) } else { (x, y) };
    row * image.size.width as usize + column
}

/// The samples of a pixel, of which those that are wanted come first; `most` is white.
fn channels_of(image: &Deep<'_>, pixel: usize, wanted: Wanted, most: f64) -> [f64; 4] {
    let sample = |channel: usize| f64::from(image.sample(pixel * image.channels + channel));
    let [red, green, blue] = if image.channels < 3 {
        [sample(0); 3]
    } else {
        [0, 1, 2].map(sample)
    };
    let alpha = if image.channels.is_multiple_of(2) {
        sample(image.channels - 1)
    } else {
        most
    };
    if wanted == Wanted::Gray && image.channels >= 3 {
        return [0.299 * red + 0.587 * green + 0.114 * blue, 0.0, 0.0, 0.0];
    }
    [red, green, blue, alpha]
}
