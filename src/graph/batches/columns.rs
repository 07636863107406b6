//! Which arrays a batch has, and how a sample's values get there.

use std::sync::Arc;

use super::super::array::{Array, Shape};
use super::super::program::Program;
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::config::Config;
use crate::image::place::{Placement, place};
use crate::pixel::{Conversion, Dtype, Layout, Orientation, Plane, Size};
use crate::tensor::{Field, Slot};

/// Where the outputs of a graph go, in their order.
#[derive(Debug)]
pub(super) struct Columns {
    all: Box<[Column]>,
    /// The arrays that all samples of a batch share.
    pub(super) fields: Arc<[Field]>,
    /// How many outputs have a value for each sample instead.
    each: usize,
}

/// Where an output goes.
#[derive(Clone, Debug)]
pub(super) enum Column {
    /// Into an array that all samples of a batch share.
    Stacked {
        field: usize,
        dtype: Dtype,
        shape: Shape,
        form: Form,
    },
    /// Into a list, of which this is the number.
    Each(usize),
}

/// What is done with the elements of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// They stay as they are.
    Plain,
    /// The last of three axes becomes the first.
    ChannelsFirst,
    /// Bytes become other numbers, and the axes may be moved.
    Converted,
}

/// An output whose type or shape is another one than those of the samples before.
#[derive(Debug)]
pub(super) struct Differs {
    pub(super) output: usize,
    pub(super) found: Type,
    pub(super) expected: Type,
}

impl Columns {
    /// The columns for a program's outputs, of which `values` are an example.
    pub(super) fn new(program: &Program, config: &Config, values: &[Value]) -> Self {
        let mut fields = Vec::new();
        let mut each = 0;
        let types = program.output_types();
        let columns = types
            .zip(values)
            .enumerate()
            .map(|(output, (known, value))| {
                if let Value::Array(array) = value
                    && (is_fixed(known) || !config.ragged)
                {
                    let label = program.labels()[output].to_string();
                    let (column, field) = stacked(array, fields.len(), config, label);
                    fields.push(field);
                    return column;
                }
                each += 1;
                Column::Each(each - 1)
            });
        Self {
            all: columns.collect(),
            fields: fields.into(),
            each,
        }
    }

    /// Where output `output` goes.
    pub(super) fn column(&self, output: usize) -> &Column {
        &self.all[output]
    }

    /// How many outputs have a value for each sample.
    pub(super) fn each(&self) -> usize {
        self.each
    }

    /// Writes the outputs of a sample; returns those that have no array.
    ///
    /// # Errors
    /// The first output of another type or shape.
    pub(super) fn write<'a>(
        &self,
        values: impl Iterator<Item = &'a Value>,
        config: &Config,
        slot: &mut Slot<'_>,
    ) -> Result<Vec<Value>, Differs> {
        let mut kept = Vec::with_capacity(self.each);
        for (output, (column, value)) in self.all.iter().zip(values).enumerate() {
            let Column::Stacked {
                field,
                dtype,
                shape,
                form,
            } = column
            else {
                kept.push(value.clone());
                continue;
            };
            match value {
                Value::Array(array) if array.dtype() == *dtype && array.shape() == *shape => {
                    form.write(array, config, slot.field(*field));
                }
                _ => {
                    return Err(Differs {
                        output,
                        found: Type::of(value),
                        expected: Type::Array(ArrayType::fixed(*dtype, *shape)),
                    });
                }
            }
        }
        Ok(kept)
    }
}

/// Whether every array of this type has one shape.
fn is_fixed(known: &Type) -> bool {
    let Type::Array(ArrayType {
        dtype: Some(_),
        shape: Some(axes),
    }) = known
    else {
        return false;
    };
    axes.iter().all(Option::is_some)
}

fn stacked(array: &Array, field: usize, config: &Config, label: String) -> (Column, Field) {
    let (dtype, shape) = (array.dtype(), array.shape());
    let form = Form::of(dtype, shape, config);
    let made = if form == Form::Converted {
        config.conversion.dtype()
    } else {
        dtype
    };
    let axes = match shape.axes() {
        [height, width, channels] if config.layout == Layout::Nchw => {
            vec![*channels, *height, *width]
        }
        axes => axes.to_vec(),
    };
    let column = Column::Stacked {
        field,
        dtype,
        shape,
        form,
    };
    (column, Field::new(label, made, &axes))
}

impl Form {
    fn of(dtype: Dtype, shape: Shape, config: &Config) -> Self {
        let [.., channels] = *shape.axes() else {
            return Self::Plain;
        };
        let is_picture = shape.axes().len() == 3;
        let converts = !matches!(config.conversion, Conversion::Uint8);
        if is_picture && converts && dtype == Dtype::Uint8 && matches!(channels, 1 | 3) {
            Self::Converted
        } else if is_picture && config.layout == Layout::Nchw {
            Self::ChannelsFirst
        } else {
            Self::Plain
        }
    }

    fn write(self, array: &Array, config: &Config, target: &mut [u8]) {
        match (self, array.shape().axes()) {
            (Self::Converted, [height, width, channels]) => {
                convert(array.bytes(), [*height, *width, *channels], config, target);
            }
            (Self::ChannelsFirst, [height, width, channels]) => {
                let pixels = height * width;
                channels_first(array, pixels, *channels, target);
            }
            _ => target.copy_from_slice(array.bytes()),
        }
    }
}

fn convert(
    source: &[u8],
    [height, width, channels]: [usize; 3],
    config: &Config,
    target: &mut [u8],
) {
    let side = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    let placement = Placement {
        turn: Orientation::default(),
        offset: (0, 0),
        size: Size::new(side(width), side(height)),
        fill: [0; 3],
        layout: config.layout,
    };
    let plane = Plane::packed(source, width, height, channels);
    place(
        &plane,
        channels,
        &placement,
        config.conversion.output(target),
    );
}

fn channels_first(array: &Array, pixels: usize, channels: usize, target: &mut [u8]) {
    match array.dtype().bytes() {
        1 => deinterleave::<u8>(array.bytes(), pixels, channels, target),
        2 => deinterleave::<u16>(array.bytes(), pixels, channels, target),
        4 => deinterleave::<u32>(array.bytes(), pixels, channels, target),
        _ => deinterleave::<u64>(array.bytes(), pixels, channels, target),
    }
}

fn deinterleave<T: bytemuck::Pod>(
    source: &[u8],
    pixels: usize,
    channels: usize,
    target: &mut [u8],
) {
    let source: &[T] = bytemuck::cast_slice(source);
    let target: &mut [T] = bytemuck::cast_slice_mut(target);
    for (channel, plane) in target.chunks_exact_mut(pixels.max(1)).enumerate() {
        for (target, pixel) in plane.iter_mut().zip(source.chunks_exact(channels)) {
            *target = pixel[channel];
        }
    }
}
