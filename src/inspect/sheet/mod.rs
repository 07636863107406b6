//! A contact sheet: images in rows, each with its class and file under it.

mod canvas;

use embedded_graphics::mono_font::iso_8859_1::{
    FONT_6X10, FONT_7X13_BOLD, FONT_8X13, FONT_9X18_BOLD,
};
use embedded_graphics::pixelcolor::Rgb888;

use crate::codec::Reason;
use crate::codec::encode::{Deflate, Encoder, Encoding};
use crate::error::{Error, Result};
use crate::pixel::Size;
pub use canvas::Sheet;
use canvas::Style;

const BACKGROUND: Rgb888 = Rgb888::new(250, 250, 248);
const DARK: Rgb888 = Rgb888::new(32, 33, 36);
const FAINT: Rgb888 = Rgb888::new(128, 131, 137);
const EDGE: Rgb888 = Rgb888::new(222, 222, 218);

const TITLE: Style = (&FONT_9X18_BOLD, DARK);
const SUBTITLE: Style = (&FONT_8X13, FAINT);
const LABEL: Style = (&FONT_7X13_BOLD, DARK);
const NOTE: Style = (&FONT_6X10, FAINT);

/// Around everything, and between the images.
const MARGIN: u32 = 24;
const GAP: u32 = 18;
/// Room for the heading, and for the two lines under an image.
const HEADING: u32 = 52;
const CAPTION: u32 = 34;
/// Side of the square that has a class's colour.
const CHIP: u32 = 9;
/// Narrower images are enlarged, so that a caption fits under them; each pixel becomes a square.
const NARROWEST: u32 = 112;
/// Width by height that a sheet should have.
const ASPECT: f64 = 1.5;
const MOST_COLUMNS: u32 = 64;

/// An image of a sheet.
#[derive(Clone, Debug)]
pub struct Tile {
    /// Its size; all of a sheet have the same.
    pub size: Size,
    /// Its pixels: red, green, blue, row by row.
    pub pixels: Vec<u8>,
    /// Its class, whose number decides on the colour of a small square.
    pub class: u64,
    /// The upper line under it: the name of its class.
    pub label: String,
    /// The lower line under it: the name of its file.
    pub note: String,
}

/// Where things are on a sheet.
#[derive(Clone, Copy, Debug)]
struct Grid {
    columns: u32,
    rows: u32,
    /// Pixels of an image become squares of this side.
    zoom: u32,
    image: Size,
}

/// Draws a sheet of `tiles`: a heading and a line under it, then the images in rows.
///
/// # Errors
/// [`Error::Argument`] where there are no tiles, they differ in size, or have another number of
/// bytes than their size says; or where the sheet would be larger than a PNG file may be.
pub fn draw(heading: &str, below: &str, tiles: &[Tile]) -> Result<Sheet> {
    let Some(first) = tiles.first() else {
        return Err(Error::argument("tiles", "none", "at least one image"));
    };
    checked(first.size)?;
    let fits = |tile: &&Tile| {
        tile.size == first.size && tile.pixels.len() as u64 == 3 * tile.size.pixels()
    };
    if let Some(other) = tiles.iter().find(|tile| !fits(tile)) {
        let value = format!("{} bytes of {}", other.pixels.len(), other.size);
        let allowed = format!("RGB bytes of {}, as the first image", first.size);
        return Err(Error::argument("tiles", value, allowed));
    }
    let grid = Grid::of(first.size, u32::try_from(tiles.len()).unwrap_or(u32::MAX));
    checked(grid.sheet())?;
    let mut sheet = Sheet::new(grid.sheet(), BACKGROUND);
    let width = grid.sheet().width - 2 * MARGIN;
    sheet.text(heading, (MARGIN, MARGIN - 2), width, TITLE);
    sheet.text(below, (MARGIN, MARGIN + 20), width, SUBTITLE);
    for (place, tile) in (0..).zip(tiles) {
        draw_tile(&mut sheet, tile, &grid, grid.corner(place));
    }
    Ok(sheet)
}

/// Draws an image with its edge, and the two lines under it.
fn draw_tile(sheet: &mut Sheet, tile: &Tile, grid: &Grid, (left, top): (u32, u32)) {
    let Size { width, height } = grid.shown();
    sheet.fill((left - 1, top - 1), Size::new(width + 2, height + 2), EDGE);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let at = (y / grid.zoom) as usize * tile.size.width as usize + (x / grid.zoom) as usize;
        let [red, green, blue] = [0, 1, 2].map(|channel| tile.pixels[3 * at + channel]);
        sheet.set(left + x, top + y, Rgb888::new(red, green, blue));
    }
    let (below, indent) = (top + height, CHIP + 6);
    let chip = Size::new(CHIP, CHIP);
    sheet.fill((left, below + 9), chip, colour_of(tile.class));
    let label = (left + indent, below + 7);
    sheet.text(&tile.label, label, width - indent, LABEL);
    sheet.text(&tile.note, (left, below + 23), width, NOTE);
}

/// A PNG file of `pixels`: red, green, blue, row by row.
///
/// # Errors
/// [`Error::Argument`] for a side of 0 or more than 65,535 pixels, or another number of bytes than
/// the size says.
pub fn png(size: Size, pixels: &[u8]) -> Result<Vec<u8>> {
    checked(size)?;
    if pixels.len() as u64 != 3 * size.pixels() {
        let value = format!("{} bytes", pixels.len());
        let allowed = format!("the RGB bytes of an image of {size}");
        return Err(Error::argument("pixels", value, allowed));
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new().map_err(internal)?;
    let written = encoder.image(ENCODING, size, pixels, &mut file);
    written.map_err(internal)?;
    Ok(file)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn internal(reason: Reason) -> Error {
    Error::Internal {
        message: reason.to_string(),
    }
}

const ENCODING: Encoding = Encoding::Png(Deflate::Light);

fn checked(size: Size) -> Result<()> {
    ENCODING
        .check(size)
        .map_err(|reason| Error::argument("size", size, reason))
}

impl Grid {
    /// The grid of `count` images that comes nearest to [`ASPECT`], and leaves little of its last
    /// row empty.
    fn of(image: Size, count: u32) -> Self {
        let zoom = NARROWEST.div_ceil(image.width).max(1);
        let grid = |columns: u32| Self {
            columns,
            rows: count.div_ceil(columns),
            zoom,
            image,
        };
        let cost = |grid: &Self| {
            let Size { width, height } = grid.sheet();
            let empty = f64::from(grid.columns * grid.rows - count) / f64::from(count);
            (f64::from(width) / f64::from(height) / ASPECT).ln().abs() + empty
        };
        let others = (2..=count.min(MOST_COLUMNS)).map(grid);
        others.fold(grid(1), |best, other| {
            if cost(&other) < cost(&best) {
                other
            } else {
                best
            }
        })
    }

    /// The size of an image on the sheet.
    fn shown(&self) -> Size {
        Size::new(self.image.width * self.zoom, self.image.height * self.zoom)
    }

    /// An image, its caption, and the gap to the next.
    fn cell(&self) -> Size {
        let shown = self.shown();
        Size::new(shown.width + GAP, shown.height + CAPTION + GAP)
    }

    fn sheet(&self) -> Size {
        let cell = self.cell();
        let width = self.columns * cell.width - GAP + 2 * MARGIN;
        let tiles = self.rows.saturating_mul(cell.height) - GAP;
        Size::new(width, tiles.saturating_add(2 * MARGIN + HEADING))
    }

    /// Where the image at `place` has its left upper corner.
    fn corner(&self, place: u32) -> (u32, u32) {
        let (column, row) = (place % self.columns, place / self.columns);
        let (left, top) = (column * self.cell().width, row * self.cell().height);
        (MARGIN + left, MARGIN + HEADING + top)
    }
}

/// A colour for a class, far from those of its neighbours.
fn colour_of(class: u64) -> Rgb888 {
    // Steps of the golden angle never come close to a hue they have been at.
    const GOLDEN: u64 = 137_508;
    const CIRCLE: u64 = 360_000;
    let hue = (class % CIRCLE) * GOLDEN % CIRCLE;
    let channel = |shift: u64| {
        let from_peak = (hue + shift) % CIRCLE;
        let distance = from_peak.min(CIRCLE - from_peak);
        // A trapezoid: full for a sixth of the circle on both sides of the peak, none beyond a
        // third.
        let share = (2 * CIRCLE / 6).saturating_sub(distance).min(CIRCLE / 6);
        u8::try_from(60 + 150 * share / (CIRCLE / 6)).unwrap_or(u8::MAX)
    };
    Rgb888::new(channel(0), channel(CIRCLE / 3), channel(2 * CIRCLE / 3))
}

#[cfg(test)]
mod tests;
