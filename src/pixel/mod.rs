//! The vocabulary of pixels: sizes, channels, layouts, element types, and read-only views on
//! decoded images.
//!
//! Everything here is plain data, shared by the codecs that fill images and the kernels that read
//! them.

mod conversion;
mod region;
mod words;

pub use conversion::{Conversion, Linear, Output, Table};
pub use region::{Orientation, Region, Size};
pub use words::Words;
pub(crate) use words::words;

/// Which channels a sample has, in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// One channel: luma.
    Gray,
}

words!(Channels: "RGB" Rgb, "BGR" Bgr, "GRAY" Gray);

impl Channels {
    /// Number of channels.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Rgb | Self::Bgr => 3,
            Self::Gray => 1,
        }
    }
}

/// Order of the axes of a batch of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// Sample, row, column, channel.
    #[default]
    Nhwc,
    /// Sample, channel, row, column.
    Nchw,
}

words!(Layout: "NHWC" Nhwc, "NCHW" Nchw);

/// Type of the elements of an array: what `DLPack` and `NumPy` have in common, and bfloat16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// Truth values, a byte each.
    Bool,
    /// Bytes.
    #[default]
    Uint8,
    /// Unsigned 16-bit integers.
    Uint16,
    /// Signed 16-bit integers.
    Int16,
    /// Signed 32-bit integers.
    Int32,
    /// Signed 64-bit integers.
    Int64,
    /// IEEE 754 binary16.
    Float16,
    /// The upper half of a binary32.
    Bfloat16,
    /// IEEE 754 binary32.
    Float32,
    /// IEEE 754 binary64.
    Float64,
}

// The types that images come in.
words!(Dtype: "uint8" Uint8, "float32" Float32, "float16" Float16, "bfloat16" Bfloat16);

impl Dtype {
    /// Bytes an element takes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bool | Self::Uint8 => 1,
            Self::Uint16 | Self::Int16 | Self::Float16 | Self::Bfloat16 => 2,
            Self::Int32 | Self::Float32 => 4,
            Self::Int64 | Self::Float64 => 8,
        }
    }

    /// What NumPy calls it; and `bfloat16`, which it lacks.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
        }
    }
}

/// How an image is brought to the output size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Both sides are resized; the aspect ratio is not kept.
    #[default]
    Stretch,
    /// The short side is resized, the centre cut out.
    Crop,
    /// The long side is resized, the rest filled.
    Pad,
    /// A random part is cut out, then resized.
    RandomCrop,
}

words!(Fit: "stretch" Stretch, "crop" Crop, "pad" Pad, "random_crop" RandomCrop);

/// The resampling filter; all but `Nearest` and `Floor` are antialiased when shrinking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Interpolation {
    /// The source pixel under the centre of the output pixel.
    Nearest,
    /// Triangle.
    #[default]
    Bilinear,
    /// Keys' cubic with a = -0.5.
    Bicubic,
    /// Lanczos with three lobes.
    Lanczos,
    /// Mean over the source area of the output pixel (box).
    Area,
    /// The source pixel under the top left corner of the output pixel: row `floor(i * source /
    /// output)`, and so for columns. `ImagePipe` has it instead of `Nearest`.
    Floor,
}

words!(
    Interpolation: "bilinear" Bilinear, "nearest" Nearest, "bicubic" Bicubic, "lanczos" Lanczos,
    "area" Area
);

impl Interpolation {
    /// Source pixels on each side that the filter looks at, when not shrinking.
    #[must_use]
    pub const fn support(self) -> f64 {
        match self {
            Self::Nearest | Self::Area | Self::Floor => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// Whether some of its weights are negative, so that it overshoots.
    #[must_use]
    pub const fn is_lobed(self) -> bool {
        match self {
            Self::Bicubic | Self::Lanczos => true,
            Self::Nearest | Self::Bilinear | Self::Area | Self::Floor => false,
        }
    }

    /// Whether each output pixel is one source pixel.
    #[must_use]
    pub const fn picks_pixels(self) -> bool {
        match self {
            Self::Nearest | Self::Floor => true,
            Self::Bilinear | Self::Bicubic | Self::Lanczos | Self::Area => false,
        }
    }

    /// Whether the least shift of the source moves a whole pixel in or out of the sum.
    #[must_use]
    pub const fn has_steps(self) -> bool {
        match self {
            Self::Nearest | Self::Floor | Self::Area => true,
            Self::Bilinear | Self::Bicubic | Self::Lanczos => false,
        }
    }
}

/// Rows of 8-bit samples, `stride` bytes apart.
#[derive(Clone, Copy, Debug)]
pub struct Plane<'a> {
    /// The samples; the first one is the top left.
    pub data: &'a [u8],
    /// Bytes from a row to the next.
    pub stride: usize,
    /// Columns (pixels, whatever number of bytes a pixel takes).
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl<'a> Plane<'a> {
    /// Rows of `width` pixels of `channels` bytes, without gaps.
    #[must_use]
    pub const fn packed(data: &'a [u8], width: usize, height: usize, channels: usize) -> Self {
        Self {
            data,
            stride: width * channels,
            width,
            height,
        }
    }
}

/// A decoded image, or a window of one.
#[derive(Clone, Copy, Debug)]
pub enum Pixels<'a> {
    /// One byte a pixel.
    Gray(Plane<'a>),
    /// Three bytes a pixel: red, green, blue.
    Rgb(Plane<'a>),
    /// One byte a pixel in each of three planes of one size: red, green, blue.
    Planar([Plane<'a>; 3]),
    /// JFIF Y, Cb, Cr; the two chroma planes share one size.
    Ycc {
        /// Luma.
        y: Plane<'a>,
        /// Blue difference.
        cb: Plane<'a>,
        /// Red difference.
        cr: Plane<'a>,
        /// How many luma columns and rows one chroma sample stands for: (1, 1), (2, 1), (2, 2) …
        /// Sample centres lie as JFIF has them: chroma (0, 0) covers luma columns `0..ratio.0`.
        ratio: (usize, usize),
    },
}

impl<'a> Pixels<'a> {
    /// Pixels of 1 or 3 bytes: gray, or red, green, blue.
    #[must_use]
    pub const fn interleaved(plane: Plane<'a>, channels: usize) -> Self {
        if channels == 1 {
            Self::Gray(plane)
        } else {
            Self::Rgb(plane)
        }
    }

    /// Size in (luma) pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let (Self::Gray(plane)
        | Self::Rgb(plane)
        | Self::Planar([plane, ..])
        | Self::Ycc { y: plane, .. }) = self;
        (plane.width, plane.height)
    }

    /// Bytes that the samples take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let samples = |plane: &Plane<'_>| plane.width * plane.height;
        match self {
            Self::Gray(plane) => samples(plane),
            Self::Rgb(plane) | Self::Planar([plane, ..]) => 3 * samples(plane),
            Self::Ycc { y, cb, .. } => samples(y) + 2 * samples(cb),
        }
    }
}
