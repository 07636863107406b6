//! Drawing on a sheet.

use std::convert::Infallible;

use embedded_graphics::Drawable;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size as Extent};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};

use crate::pixel::Size;

/// How a line of text looks.
pub(super) type Style = (&'static MonoFont<'static>, Rgb888);

/// Pixels: red, green, blue, row by row.
#[derive(Clone, Debug)]
pub struct Sheet {
    size: Size,
    pixels: Vec<u8>,
}

impl Sheet {
    /// Its size in pixels.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Its pixels: red, green, blue, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// A sheet that is all of one colour.
    pub(super) fn new(size: Size, colour: Rgb888) -> Self {
        let pixel = [colour.r(), colour.g(), colour.b()];
        Self {
            size,
            pixels: pixel.repeat(size.width as usize * size.height as usize),
        }
    }

    pub(super) fn set(&mut self, x: u32, y: u32, colour: Rgb888) {
        if x < self.size.width && y < self.size.height {
            let at = 3 * (y as usize * self.size.width as usize + x as usize);
            self.pixels[at..at + 3].copy_from_slice(&[colour.r(), colour.g(), colour.b()]);
        }
    }

    pub(super) fn fill(&mut self, (left, top): (u32, u32), size: Size, colour: Rgb888) {
        for y in top..top + size.height {
            for x in left..left + size.width {
                self.set(x, y, colour);
            }
        }
    }

    /// Writes a line, its upper left corner at `at`, shortened to `width`.
    pub(super) fn text(&mut self, text: &str, at: (u32, u32), width: u32, (font, colour): Style) {
        let most = width / (font.character_size.width + font.character_spacing);
        let text = shortened(text, most as usize);
        let [x, y] = [at.0, at.1].map(|pixels| i32::try_from(pixels).unwrap_or(i32::MAX));
        let style = MonoTextStyle::new(font, colour);
        match Text::with_baseline(&text, Point::new(x, y), style, Baseline::Top).draw(self) {
            Ok(_) => {}
            Err(never) => match never {},
        }
    }
}

impl OriginDimensions for Sheet {
    fn size(&self) -> Extent {
        Extent::new(self.size.width, self.size.height)
    }
}

impl DrawTarget for Sheet {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = embedded_graphics::Pixel<Rgb888>>,
    {
        for embedded_graphics::Pixel(at, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y)) {
                self.set(x, y, colour);
            }
        }
        Ok(())
    }
}

/// At most `most` characters of `text`, its middle left out: file names differ at their end.
pub(super) fn shortened(text: &str, most: usize) -> String {
    const DOTS: &str = "..";
    let all: Vec<char> = text.chars().collect();
    if all.len() <= most {
        return text.to_owned();
    }
    let kept = most.saturating_sub(DOTS.len());
    let (head, tail) = (&all[..kept / 2], &all[all.len() - (kept - kept / 2)..]);
    let parts = head.iter().copied().chain(DOTS.chars());
    parts.chain(tail.iter().copied()).take(most).collect()
}
