//! Images through a codec: what JPEG leaves of them, and the indices that a PNG has.

use super::super::operation::{Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::{check_number, shape};
use super::decode::{Target, put_deep};
use super::picture::{infer_picture, raster};
use crate::codec::encode::Encoder;
use crate::codec::{Orientation, deep};
use crate::pixel::{Dtype, Size};
use crate::transform::MAX_PIXELS;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "DecodePNGPaletteIndices",
        family: "image.loading",
        summary: "The indices of the colours of a PNG with a palette, upright: uint8 (height, \
                  width).",
        parameters: &[Parameter::new(
            "buffer",
            "the bytes of a PNG file whose pixels are indices of 1, 2, 4 or 8 bits",
        )],
        infer: |types| match &types[0] {
            Type::Bytes | Type::Anything => Ok(Type::array(Dtype::Uint8, vec![None, None])),
            other => Err(format!("{other}, not the bytes of a file")),
        },
        run: Run::Heavy(indices),
    },
    Operation {
        name: "JPEG",
        family: "image.augmentation",
        summary: "An image after it was compressed as JPEG and decoded again: baseline, with colours at half \
                  the size (4:2:0), as libjpeg-turbo writes and reads it.",
        parameters: &[
            Parameter::new(
                "source",
                "an image of uint8 with one or three channels: (height, width, channels), or \
                 (height, width)",
            ),
            Parameter::new("quality", "from 1 to 100, on libjpeg's scale"),
        ],
        infer: infer_jpeg,
        run: Run::Heavy(jpeg),
    },
];

fn infer_jpeg(given: &Given<'_>) -> Result<Type, String> {
    check_number(&given[1])?;
    given.constant(1).map(quality).transpose()?;
    match given[0].as_array()?.dtype {
        None | Some(Dtype::Uint8) => {}
        Some(other) => return Err(of_type(other)),
    }
    match infer_picture(&given[0])?.channels {
        None | Some(1 | 3) => Ok(given[0].clone()),
        Some(channels) => Err(of_channels(channels)),
    }
}

fn of_type(dtype: Dtype) -> String {
    format!("an image of {}, not of uint8", dtype.name())
}

fn of_channels(channels: usize) -> String {
    format!("an image of {channels} channels, not of one or three")
}

fn quality(value: &Value) -> Result<u8, String> {
    let number = value.integer()?;
    u8::try_from(number)
        .ok()
        .filter(|quality| (1..=100).contains(quality))
        .ok_or_else(|| format!("a quality of {number}, not from 1 to 100"))
}

fn jpeg(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let quality = quality(inputs.get(1))?;
    if source.dtype() != Dtype::Uint8 {
        return Err(of_type(source.dtype()));
    }
    let image = raster::<u8>(source)?;
    if !matches!(image.channels, 1 | 3) {
        return Err(of_channels(image.channels));
    }
    let is_gray = image.channels == 1;
    let pixels_of = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let size = Size::new(pixels_of(image.width), pixels_of(image.height));
    let mut file = std::mem::take(&mut scratch.decoding.file);
    let encoder = match &mut scratch.decoding.encoder {
        Some(encoder) => encoder,
        none => none.insert(Encoder::new().map_err(|reason| reason.to_string())?),
    };
    let written = encoder.jpeg(size, is_gray, quality, image.data, &mut file);
    let written = written.map_err(|reason| reason.to_string());
    let made = written.and_then(|()| Target::bytes(is_gray).decode(&file, scratch, out));
    scratch.decoding.file = file;
    made?;
    // Of gray images it has no axis of channels.
    let made = out.array_mut();
    if made.shape().axes().len() != source.shape().axes().len() {
        made.reset(Dtype::Uint8, source.shape());
    }
    Ok(())
}

fn indices(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let bytes = inputs.get(0).bytes()?;
    let mut pixels = std::mem::take(&mut scratch.decoding.pixels);
    let image = deep::decode_indices(bytes, MAX_PIXELS, &mut pixels);
    let made = image
        .map_err(|reason| reason.to_string())
        .and_then(|image| {
            if image.orientation != Orientation::default() {
                return put_deep(&image, Target::bytes(true), out);
            }
            let axes = [image.size.height as usize, image.size.width as usize];
            let out = out.array_mut();
            out.reset(Dtype::Uint8, shape(&axes)?);
            out.bytes_mut().copy_from_slice(image.bytes);
            Ok(())
        });
    scratch.decoding.pixels = pixels;
    made
}
