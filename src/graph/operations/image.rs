//! Images: what they are, parts of them, other sizes, views.

use super::super::array::Array;
use super::super::number::of_number;
use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::Type;
use super::super::value::Value;
use super::arguments::check_number;
use super::picture::{BORDER, BORDERS, Border, INTERPOLATION, INTERPOLATIONS};
use super::picture::{dimensions, infer_picture, infer_resized, infer_side};
use super::picture::{raster, resized, side};
use super::points::put;
use super::view::{check_view, view};
use crate::image::raster::{Lines, Outside, Pixel, Raster, shift};
use crate::image::scale::resize;
use crate::image::taps::Taps;
use crate::image::warp::{Matrix, inverse, warp};
use crate::pixel::Dtype;

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    property(
        "ImageWidth",
        "The number of columns of an image.",
        |inputs, out| put_number(dimensions(inputs.get(0).array()?)?[1], out),
    ),
    property(
        "ImageHeight",
        "The number of rows of an image.",
        |inputs, out| put_number(dimensions(inputs.get(0).array()?)?[0], out),
    ),
    property(
        "ImageChannels",
        "The number of channels of an image.",
        |inputs, out| put_number(dimensions(inputs.get(0).array()?)?[2], out),
    ),
    property(
        "ImageDepth",
        "The bits of each element of an image.",
        |inputs, out| {
            let array = inputs.get(0).array()?;
            dimensions(array)?;
            put_number(array.dtype().bytes() * 8, out)
        },
    ),
    Operation {
        name: "Resize",
        family: GEOMETRY,
        summary: "An image of another size, as OpenCV resizes it.",
        parameters: &[
            SOURCE,
            Parameter::new("width", "its columns, from 1 to 1,048,576"),
            Parameter::new("height", "its rows, from 1 to 1,048,576"),
            Parameter::new("interpolation", INTERPOLATIONS).or(Default::Text("Linear")),
        ],
        infer: |types| {
            let (width, height) = (infer_side(types, 1)?, infer_side(types, 2)?);
            INTERPOLATION.infer(types, 3)?;
            infer_resized(&types[0], width, height)
        },
        run: Run::Heavy(run_resize),
    },
    Operation {
        name: "ImageCrop",
        family: GEOMETRY,
        summary: "The part of an image that a rectangle covers, which may reach beyond it.",
        parameters: &[SOURCE, LEFT, TOP, WIDTH, HEIGHT],
        infer: infer_crop,
        run: Run::Pure(crop),
    },
    Operation {
        name: "CropRegion",
        family: GEOMETRY,
        summary: "The rectangle that ImageCrop takes of an image of a size: float32 (4,), left, top, right, bottom.",
        parameters: &[
            Parameter::new("width", "columns of the image"),
            Parameter::new("height", "its rows"),
            LEFT,
            TOP,
            Parameter::new("crop_width", "columns of the rectangle"),
            Parameter::new("crop_height", "its rows"),
        ],
        infer: |types| {
            types[2..4].iter().try_for_each(check_number)?;
            for input in [0, 1, 4, 5] {
                infer_side(types, input)?;
            }
            Ok(Type::array(Dtype::Float32, vec![Some(4)]))
        },
        run: Run::Pure(|inputs, out| {
            let size = (side(inputs.get(0))?, side(inputs.get(1))?);
            let [left, top, width, height] = part(inputs.after(2), size)?;
            #[expect(clippy::cast_precision_loss, reason = "sides of an image")]
            let edges = [left, top, left + width, top + height].map(|edge| edge as f64);
            put(out, &[4], edges)
        }),
    },
    Operation {
        name: "ImageCropSafe",
        family: GEOMETRY,
        summary: "What a rectangle covers of an image and of what is taken to lie around it.",
        parameters: &[
            SOURCE,
            LEFT,
            TOP,
            WIDTH,
            HEIGHT,
            Parameter::new("border", BORDERS).or(Default::Text("ConstantLow")),
        ],
        infer: |types| {
            types[1..3].iter().try_for_each(check_number)?;
            let (width, height) = (infer_side(types, 3)?, infer_side(types, 4)?);
            BORDER.infer(types, 5)?;
            infer_resized(&types[0], width, height)
        },
        run: Run::Pure(crop_safe),
    },
    Operation {
        name: "ViewImage",
        family: GEOMETRY,
        summary: "An image as it is seen in a view: each pixel is what the source has where the \
                  view maps it from.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "view",
                "a view, which maps points of the source to points of the result",
            ),
            Parameter::new("width", "columns of the result, from 1 to 1,048,576"),
            Parameter::new("height", "rows of the result, from 1 to 1,048,576"),
            Parameter::new("interpolation", INTERPOLATIONS).or(Default::Text("Linear")),
            Parameter::new("border", BORDERS).or(Default::Text("ConstantLow")),
        ],
        infer: |types| {
            check_view(&types[1])?;
            types.constant(1).map(places_of).transpose()?;
            let (width, height) = (infer_side(types, 2)?, infer_side(types, 3)?);
            INTERPOLATION.infer(types, 4)?;
            BORDER.infer(types, 5)?;
            infer_resized(&types[0], width, height)
        },
        run: Run::Heavy(view_image),
    },
];

const GEOMETRY: &str = "image.geometry";

const SOURCE: Parameter = Parameter::new(
    "source",
    "an image: (height, width, channels), or (height, width)",
);
const LEFT: Parameter = Parameter::new(
    "x",
    "its left, in pixels; below 0 if it begins left of the image",
);
const TOP: Parameter = Parameter::new(
    "y",
    "its top, in pixels; below 0 if it begins above the image",
);
const WIDTH: Parameter = Parameter::new("width", "its columns, from 1 to 1,048,576");
const HEIGHT: Parameter = Parameter::new("height", "its rows, from 1 to 1,048,576");

const fn property(
    name: &'static str,
    summary: &'static str,
    function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
) -> Operation {
    Operation {
        name,
        family: "image",
        summary,
        parameters: const { &[SOURCE] },
        infer: |types| {
            infer_picture(&types[0])?;
            Ok(Type::scalar(Dtype::Int32))
        },
        run: Run::Pure(function),
    }
}

fn put_number(number: usize, out: &mut Value) -> Result<(), String> {
    let number = i32::try_from(number).map_err(|_| format!("{number} is more than 32 bits"))?;
    out.array_mut().put_scalar(number);
    Ok(())
}

fn run_resize(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let (width, height) = (side(inputs.get(1))?, side(inputs.get(2))?);
    let taps = INTERPOLATION.read(inputs.get(3))?;
    put_resized(source, (width, height), taps, scratch, out)
}

/// Whether each pixel of a resized image is what the source has at one point.
pub(in super::super) fn samples_points(interpolation: &Value) -> bool {
    let taps = INTERPOLATION.read(interpolation);
    taps.is_ok_and(|taps| taps != Taps::Area)
}

/// Writes an image of another size.
pub(super) fn put_resized(
    source: &Array,
    (width, height): (usize, usize),
    taps: Taps,
    scratch: &mut Scratch,
    out: &mut Value,
) -> Result<(), String> {
    let out = out.array_mut();
    out.reset(source.dtype(), resized(source, width, height)?);
    of_number!(source.dtype(), T => {
        let target: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
        resize(&raster::<T>(source)?, taps, (width, height), target, &mut scratch.scaler);
    });
    keep_truth(out);
    Ok(())
}

/// Truth values may have become greater than 1.
pub(super) fn keep_truth(out: &mut Array) {
    if out.dtype() == Dtype::Bool {
        out.bytes_mut()
            .iter_mut()
            .for_each(|byte| *byte = (*byte).min(1));
    }
}

/// Which part of a side a stretch covers: where it begins, and its length.
fn covered(start: i64, len: usize, side: usize) -> (usize, usize) {
    let whole = |number: i64| {
        usize::try_from(number.max(0))
            .unwrap_or(usize::MAX)
            .min(side)
    };
    let len = i64::try_from(len).unwrap_or(i64::MAX);
    let (start, end) = (whole(start), whole(start.saturating_add(len)));
    (start, end.saturating_sub(start))
}

fn infer_crop(types: &Given<'_>) -> Result<Type, String> {
    let picture = infer_picture(&types[0])?;
    types[1..3].iter().try_for_each(check_number)?;
    let stretch = |start: usize, side: usize, whole: Option<usize>| {
        let len = infer_side(types, side)?;
        let start = types.constant(start).map(Value::integer).transpose()?;
        let known = start.zip(len).zip(whole);
        Ok::<_, String>(known.map(|((start, len), whole)| (start, len, whole)))
    };
    let across = stretch(1, 3, picture.width)?;
    let down = stretch(2, 4, picture.height)?;
    if let Some((across, down)) = across.zip(down) {
        rectangle(across, down)?;
    }
    let len = |(start, len, whole)| covered(start, len, whole).1;
    infer_resized(&types[0], across.map(len), down.map(len))
}

/// The left, top, width and height of what a rectangle covers of an image; of each axis, where the
/// rectangle begins, its length, and that of the image.
///
/// # Errors
/// That it covers nothing.
fn rectangle(across: (i64, usize, usize), down: (i64, usize, usize)) -> Result<[usize; 4], String> {
    let of = |(start, len, whole)| covered(start, len, whole);
    let ((left, width), (top, height)) = (of(across), of(down));
    let ((x, wide, columns), (y, high, rows)) = (across, down);
    if width * height == 0 {
        return Err(format!(
            "{wide}x{high} pixels at ({x}, {y}), outside of an image of {columns}x{rows}"
        ));
    }
    Ok([left, top, width, height])
}

fn crop(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    crop_of(inputs.get(0).array()?, inputs.after(1), out)
}

/// Writes the part of an image that x, y, width and height say.
pub(super) fn crop_of(source: &Array, inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let [rows, columns, _] = dimensions(source)?;
    let part = part(inputs, (columns, rows))?;
    put_part(source, part, out)
}

/// The part of an image of some columns and rows that x, y, width and height say: its left, top,
/// width and height.
///
/// # Errors
/// That it has no pixels.
pub(super) fn part(
    inputs: Inputs<'_>,
    (columns, rows): (usize, usize),
) -> Result<[usize; 4], String> {
    let (x, y) = (inputs.get(0).integer()?, inputs.get(1).integer()?);
    let (wide, high) = (side(inputs.get(2))?, side(inputs.get(3))?);
    rectangle((x, wide, columns), (y, high, rows))
}

fn put_part(
    source: &Array,
    [left, top, width, height]: [usize; 4],
    out: &mut Value,
) -> Result<(), String> {
    let [_, columns, channels] = dimensions(source)?;
    let pixel = channels * source.dtype().bytes();
    let stride = columns * pixel;
    let out = out.array_mut();
    out.reset(source.dtype(), resized(source, width, height)?);
    let rows = source.bytes().chunks_exact(stride).skip(top);
    for (row, target) in rows.zip(out.bytes_mut().chunks_exact_mut(width * pixel)) {
        target.copy_from_slice(&row[left * pixel..][..width * pixel]);
    }
    Ok(())
}

fn crop_safe(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    let corner = (inputs.get(1).integer()?, inputs.get(2).integer()?);
    let (width, height) = (side(inputs.get(3))?, side(inputs.get(4))?);
    let border = BORDER.read(inputs.get(5))?;
    let out = out.array_mut();
    out.reset(source.dtype(), resized(source, width, height)?);
    of_number!(source.dtype(), T => {
        let target: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
        shift(&raster::<T>(source)?, corner, border.outside(), width, target);
    });
    keep_truth(out);
    Ok(())
}

fn view_image(inputs: Inputs<'_>, scratch: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0).array()?;
    Seen::read(inputs.after(1))?.put(source, &mut scratch.lines, out)
}

/// Where the source has what is seen in a view.
///
/// # Errors
/// That it is no view, or has no inverse.
fn places_of(value: &Value) -> Result<Matrix, String> {
    inverse(&view(value)?).ok_or_else(|| "a view that has no inverse".to_owned())
}

/// How an image is seen.
pub(super) struct Seen {
    /// Where the source has each pixel.
    pub(super) places: Matrix,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) taps: Taps,
    pub(super) border: Border,
}

impl Seen {
    /// From view, width, height, interpolation and border.
    pub(super) fn read(inputs: Inputs<'_>) -> Result<Self, String> {
        Ok(Self {
            places: places_of(inputs.get(0))?,
            width: side(inputs.get(1))?,
            height: side(inputs.get(2))?,
            taps: INTERPOLATION.read(inputs.get(3))?,
            border: BORDER.read(inputs.get(4))?,
        })
    }

    /// Writes what is seen of an image.
    pub(super) fn put(
        &self,
        source: &Array,
        lines: &mut Lines,
        out: &mut Value,
    ) -> Result<(), String> {
        let out = out.array_mut();
        out.reset(source.dtype(), resized(source, self.width, self.height)?);
        of_number!(source.dtype(), T => {
            let target: &mut [T] = bytemuck::cast_slice_mut(out.bytes_mut());
            self.put_pixels(&raster::<T>(source)?, target, lines);
        });
        keep_truth(out);
        Ok(())
    }

    /// Writes the pixels that are seen of an image.
    pub(super) fn put_pixels<T: Pixel>(
        &self,
        source: &Raster<'_, T>,
        target: &mut [T],
        lines: &mut Lines,
    ) {
        let outside: Outside<T> = self.border.outside();
        warp(
            source,
            &self.places,
            self.taps,
            outside,
            self.width,
            target,
            lines,
        );
    }
}
