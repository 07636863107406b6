//! Pixels to bytes: JPEG by libjpeg-turbo, compressed PNG by the `png` crate, PNG without
//! compression and BMP by hand.
//!
//! Rows are asked for a strip at a time, top to bottom, so that an image is never in memory as a
//! whole and its pixels are encoded while they are in the cache. The file is written to the front
//! of a vector that is used again for the next.

mod bmp;
mod encoding;
mod png;
mod stored;

use std::sync::atomic::{AtomicBool, Ordering};

use super::jpeg::{self, STRIP};
use super::{Reason, grow, reserve_exact};
use crate::pixel::Size;

pub(super) use encoding::Fault;
pub use encoding::{Deflate, Encoding};

/// A worker's encoder: handle and scratch, reused from image to image.
#[derive(Debug)]
pub struct Encoder {
    jpeg: jpeg::Encoder,
    strip: Vec<u8>,
}

impl Encoder {
    /// An encoder with empty scratch.
    ///
    /// # Errors
    /// When memory for libjpeg-turbo's handle cannot be had.
    pub fn new() -> Result<Self, Reason> {
        Ok(Self {
            jpeg: jpeg::Encoder::new()?,
            strip: Vec::new(),
        })
    }

    /// Makes `out` the file of an image. `rows` is called for one strip after the other, and fills
    /// it with the next `strip.len() / (3 * width)` rows of RGB pixels. Once `stop` is set, that
    /// ends early, with an error.
    ///
    /// # Errors
    /// What [`Encoding::check`] finds; when there is no memory for the file.
    pub fn encode(
        &mut self,
        encoding: Encoding,
        size: Size,
        rows: &mut dyn FnMut(&mut [u8]),
        stop: &AtomicBool,
        out: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        encoding.check(size)?;
        let mut strips = Strips {
            size,
            rows,
            stop,
            strip: &mut self.strip,
            done: 0,
        };
        match encoding {
            Encoding::Jpeg { quality } => {
                out.clear();
                self.jpeg.start(size, false, quality, out)?;
                while let Some(strip) = strips.next()? {
                    self.jpeg.rows(strip, out)?;
                }
                self.jpeg.finish(out)
            }
            Encoding::Png(Deflate::Light) => png::encode(size, strips, out),
            Encoding::Png(Deflate::Stored) => stored::encode(size, strips, out),
            Encoding::Bmp => bmp::encode(size, strips, out),
        }
    }

    /// Makes `out` the file of an image that is in memory, as [`encode`](Self::encode) does it.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    ///
    /// # Panics
    /// If `pixels` are not those of an image of that size: three bytes each, without gaps.
    pub fn image(
        &mut self,
        encoding: Encoding,
        size: Size,
        pixels: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        assert_eq!(
            pixels.len() as u64,
            3 * size.pixels(),
            "pixels of an image of {size}"
        );
        let mut rest = pixels;
        let mut rows = |strip: &mut [u8]| {
            let (now, later) = rest.split_at(strip.len());
            strip.copy_from_slice(now);
            rest = later;
        };
        self.encode(encoding, size, &mut rows, &AtomicBool::new(false), out)
    }

    /// Makes `out` the JPEG of an image that is in memory, gray or RGB.
    ///
    /// # Errors
    /// As [`encode`](Self::encode).
    ///
    /// # Panics
    /// If `pixels` are not those of an image of that size: one or three bytes each, without gaps.
    pub fn jpeg(
        &mut self,
        size: Size,
        is_gray: bool,
        quality: u8,
        pixels: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), Reason> {
        Encoding::Jpeg { quality }.check(size)?;
        let channels = if is_gray { 1 } else { 3 };
        assert_eq!(
            pixels.len() as u64,
            channels * size.pixels(),
            "pixels of an image of {size}"
        );
        out.clear();
        self.jpeg.start(size, is_gray, quality, out)?;
        let strip = pixels.len() / size.height as usize * STRIP as usize;
        for rows in pixels.chunks(strip) {
            self.jpeg.rows(rows, out)?;
        }
        self.jpeg.finish(out)
    }
}

/// The rows of an image, a strip at a time.
struct Strips<'a> {
    size: Size,
    rows: &'a mut dyn FnMut(&mut [u8]),
    stop: &'a AtomicBool,
    strip: &'a mut Vec<u8>,
    done: u32,
}

impl Strips<'_> {
    /// The next rows: [`STRIP`] of them, or as many as are left.
    fn next(&mut self) -> Result<Option<&[u8]>, Reason> {
        check(self.stop)?;
        let count = STRIP.min(self.size.height - self.done);
        if count == 0 {
            return Ok(None);
        }
        let strip = grow(self.strip, 3 * self.size.width as usize * count as usize)?;
        (self.rows)(strip);
        self.done += count;
        Ok(Some(strip))
    }
}

/// An error once nobody wants the image any more.
fn check(stop: &AtomicBool) -> Result<(), Reason> {
    if stop.load(Ordering::Relaxed) {
        Err(Reason::Stopped)
    } else {
        Ok(())
    }
}
