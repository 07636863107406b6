//! A contact sheet: pictures in rows, each with its class and file under it.

use std::convert::Infallible;

use embedded_graphics::Drawable;
use embedded_graphics::draw_target::DrawTarget;
use embedded_graphics::geometry::{OriginDimensions, Point, Size as Extent};
use embedded_graphics::mono_font::iso_8859_1::{
    FONT_6X10, FONT_7X13_BOLD, FONT_8X13, FONT_9X18_BOLD,
};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::text::{Baseline, Text};

use crate::codec::encode::{Deflate, Encoder, Form};
use crate::error::{Error, Result};
use crate::pixel::Size;

const PAPER: Rgb888 = Rgb888::new(250, 250, 248);
const INK: Rgb888 = Rgb888::new(32, 33, 36);
const FAINT: Rgb888 = Rgb888::new(128, 131, 137);
const EDGE: Rgb888 = Rgb888::new(222, 222, 218);

/// Around everything, and between the pictures.
const MARGIN: u32 = 24;
const GAP: u32 = 18;
/// Room for the heading, and for the two lines under a picture.
const HEADING: u32 = 52;
const CAPTION: u32 = 34;
/// Side of the square that has a class's colour.
const CHIP: u32 = 9;
/// Narrower pictures are enlarged, so that a caption fits under them; each pixel becomes a square.
const NARROWEST: u32 = 112;
/// Width by height that a sheet should have.
const ASPECT: f64 = 1.5;
const MOST_COLUMNS: u32 = 64;

/// A picture of a sheet.
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

/// Pixels: red, green, blue, row by row.
#[derive(Clone, Debug)]
pub struct Sheet {
    size: Size,
    pixels: Vec<u8>,
}

/// Where things are on a sheet.
#[derive(Clone, Copy, Debug)]
struct Grid {
    columns: u32,
    rows: u32,
    /// Picture pixels become squares of this side.
    zoom: u32,
    picture: Size,
}

/// Draws a sheet of `tiles`: a heading and a line under it, then the pictures in rows.
///
/// # Errors
/// [`Error::Argument`] where there are no tiles, they differ in size, or have another number of
/// bytes than their size says; or where the sheet would be larger than a PNG file may be.
pub fn draw(heading: &str, below: &str, tiles: &[Tile]) -> Result<Sheet> {
    let Some(first) = tiles.first() else {
        return Err(Error::argument("tiles", "none", "at least one picture"));
    };
    checked(first.size)?;
    let fits = |tile: &&Tile| {
        tile.size == first.size && tile.pixels.len() as u64 == 3 * tile.size.pixels()
    };
    if let Some(other) = tiles.iter().find(|tile| !fits(tile)) {
        let allowed = format!("RGB bytes of {}, as the first picture", first.size);
        return Err(Error::argument(
            "tiles",
            format!("{} bytes of {}", other.pixels.len(), other.size),
            allowed,
        ));
    }
    let grid = Grid::of(first.size, u32::try_from(tiles.len()).unwrap_or(u32::MAX));
    checked(grid.sheet())?;
    let mut sheet = Sheet::blank(grid.sheet());
    let width = sheet.size.width - 2 * MARGIN;
    sheet.text(heading, (MARGIN, MARGIN - 2), width, (&FONT_9X18_BOLD, INK));
    sheet.text(below, (MARGIN, MARGIN + 20), width, (&FONT_8X13, FAINT));
    for (place, tile) in (0..).zip(tiles) {
        sheet.tile(tile, &grid, grid.corner(place));
    }
    Ok(sheet)
}

/// A PNG file of `pixels`: red, green, blue, row by row.
///
/// # Errors
/// [`Error::Argument`] for a side of 0 or more than 65,535 pixels, or another number of bytes than
/// the size says.
pub fn png(size: Size, pixels: &[u8]) -> Result<Vec<u8>> {
    checked(size)?;
    if pixels.len() as u64 != 3 * size.pixels() {
        let allowed = format!("the RGB bytes of a picture of {size}");
        return Err(Error::argument(
            "pixels",
            format!("{} bytes", pixels.len()),
            allowed,
        ));
    }
    let mut file = Vec::new();
    let written =
        Encoder::new().and_then(|mut encoder| encoder.image(FORM, size, pixels, &mut file));
    written.map_err(|reason| Error::Internal {
        message: reason.to_string(),
    })?;
    Ok(file)
}

const FORM: Form = Form::Png(Deflate::Light);

fn checked(size: Size) -> Result<()> {
    FORM.check(size)
        .map_err(|reason| Error::argument("size", size, reason))
}

impl Grid {
    /// The grid of `count` pictures that comes nearest to [`ASPECT`], and leaves little of its last
    /// row empty.
    fn of(picture: Size, count: u32) -> Self {
        let zoom = NARROWEST.div_ceil(picture.width).max(1);
        let grid = |columns: u32| Self {
            columns,
            rows: count.div_ceil(columns),
            zoom,
            picture,
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

    /// The size of a picture on the sheet.
    fn shown(&self) -> Size {
        Size::new(
            self.picture.width * self.zoom,
            self.picture.height * self.zoom,
        )
    }

    /// A picture, its caption, and the gap to the next.
    fn cell(&self) -> Size {
        let shown = self.shown();
        Size::new(shown.width + GAP, shown.height + CAPTION + GAP)
    }

    fn sheet(&self) -> Size {
        let cell = self.cell();
        let (width, height) = (
            self.columns * cell.width - GAP,
            self.rows.saturating_mul(cell.height) - GAP,
        );
        Size::new(
            width + 2 * MARGIN,
            height.saturating_add(2 * MARGIN + HEADING),
        )
    }

    /// Where the picture at `place` has its left upper corner.
    fn corner(&self, place: u32) -> (u32, u32) {
        let (column, row) = (place % self.columns, place / self.columns);
        (
            MARGIN + column * self.cell().width,
            MARGIN + HEADING + row * self.cell().height,
        )
    }
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

    fn blank(size: Size) -> Self {
        let paper = [PAPER.r(), PAPER.g(), PAPER.b()];
        Self {
            size,
            pixels: paper.repeat(size.width as usize * size.height as usize),
        }
    }

    fn set(&mut self, x: u32, y: u32, colour: Rgb888) {
        if x < self.size.width && y < self.size.height {
            let at = 3 * (y as usize * self.size.width as usize + x as usize);
            self.pixels[at..at + 3].copy_from_slice(&[colour.r(), colour.g(), colour.b()]);
        }
    }

    fn fill(&mut self, (left, top): (u32, u32), size: Size, colour: Rgb888) {
        for y in top..top + size.height {
            for x in left..left + size.width {
                self.set(x, y, colour);
            }
        }
    }

    fn tile(&mut self, tile: &Tile, grid: &Grid, (left, top): (u32, u32)) {
        let shown = grid.shown();
        self.fill(
            (left - 1, top - 1),
            Size::new(shown.width + 2, shown.height + 2),
            EDGE,
        );
        for y in 0..shown.height {
            for x in 0..shown.width {
                let at =
                    (y / grid.zoom) as usize * tile.size.width as usize + (x / grid.zoom) as usize;
                let [red, green, blue] = [0, 1, 2].map(|channel| tile.pixels[3 * at + channel]);
                self.set(left + x, top + y, Rgb888::new(red, green, blue));
            }
        }
        let below = top + shown.height;
        self.fill(
            (left, below + 9),
            Size::new(CHIP, CHIP),
            colour_of(tile.class),
        );
        let indent = CHIP + 6;
        self.text(
            &tile.label,
            (left + indent, below + 7),
            shown.width - indent,
            (&FONT_7X13_BOLD, INK),
        );
        self.text(
            &tile.note,
            (left, below + 23),
            shown.width,
            (&FONT_6X10, FAINT),
        );
    }

    /// Writes a line, its upper left corner at `at`, shortened to `width`.
    fn text(
        &mut self,
        text: &str,
        at: (u32, u32),
        width: u32,
        (font, colour): (&MonoFont<'_>, Rgb888),
    ) {
        let room = width / (font.character_size.width + font.character_spacing);
        let text = shortened(text, room as usize);
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

/// At most `room` characters of `text`, its middle left out: file names differ at their end.
fn shortened(text: &str, room: usize) -> String {
    const DOTS: &str = "..";
    let all: Vec<char> = text.chars().collect();
    if all.len() <= room {
        return text.to_owned();
    }
    let kept = room.saturating_sub(DOTS.len());
    let (head, tail) = (kept / 2, kept - kept / 2);
    all[..head]
        .iter()
        .chain(&DOTS.chars().collect::<Vec<_>>())
        .chain(&all[all.len() - tail..])
        .take(room)
        .collect()
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
mod tests {
    use super::*;

    fn tile(size: Size, colour: [u8; 3], label: &str) -> Tile {
        let pixels = colour.repeat(usize::try_from(size.pixels()).unwrap());
        Tile {
            size,
            pixels,
            class: 0,
            label: label.to_owned(),
            note: "a.jpg".to_owned(),
        }
    }

    fn at(sheet: &Sheet, x: u32, y: u32) -> [u8; 3] {
        let at = 3 * (y as usize * sheet.size.width as usize + x as usize);
        sheet.pixels[at..at + 3].try_into().unwrap()
    }

    #[test]
    fn pictures_are_shown_pixel_by_pixel_in_reading_order() {
        let size = Size::new(120, 80);
        let colours: Vec<[u8; 3]> = (0..7).map(|i| [30 * i, 255 - 30 * i, 7]).collect();
        let tiles: Vec<_> = colours
            .iter()
            .map(|colour| tile(size, *colour, "cat"))
            .collect();
        let grid = Grid::of(size, 7);
        let sheet = draw("title", "", &tiles).unwrap();
        for (place, colour) in (0..).zip(&colours) {
            let (left, top) = grid.corner(place);
            for (x, y) in [(0, 0), (119, 0), (0, 79), (119, 79), (60, 40)] {
                assert_eq!(
                    at(&sheet, left + x, top + y),
                    *colour,
                    "picture {place} at {x}, {y}"
                );
            }
            let edge = [EDGE.r(), EDGE.g(), EDGE.b()];
            assert_eq!(
                [at(&sheet, left + 120, top), at(&sheet, left, top + 80)],
                [edge; 2]
            );
        }
    }

    #[test]
    fn small_pictures_are_enlarged_without_blending() {
        let mut small = tile(Size::new(2, 1), [0; 3], "x");
        small.pixels = vec![255, 0, 0, 0, 0, 255];
        let sheet = draw("", "", &[small]).unwrap();
        let (left, top) = (MARGIN, MARGIN + HEADING);
        assert_eq!(at(&sheet, left + 55, top + 55), [255, 0, 0]);
        assert_eq!(at(&sheet, left + 56, top), [0, 0, 255]);
    }

    #[test]
    fn a_label_is_written_under_its_picture() {
        let size = Size::new(120, 80);
        let [cat, dog, none] =
            ["cat", "dog", ""].map(|label| draw("", "", &[tile(size, [9; 3], label)]).unwrap());
        let lowest_above = MARGIN + HEADING + 80;
        let above =
            |sheet: &Sheet| sheet.pixels[..3 * (lowest_above * sheet.size.width) as usize].to_vec();
        assert!(cat.pixels != dog.pixels && cat.pixels != none.pixels);
        assert!(above(&cat) == above(&dog) && above(&cat) == above(&none));
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shortened("n01440764_10026.JPEG", 12), "n0144...JPEG");
        assert_eq!(shortened("short.jpg", 12), "short.jpg");
        assert_eq!(shortened("abcdef", 1), ".");
    }

    #[test]
    fn sheets_are_about_as_wide_as_a_screen() {
        for count in [1, 2, 5, 16, 32, 100] {
            let grid = Grid::of(Size::new(224, 224), count);
            let size = grid.sheet();
            assert!(grid.columns * grid.rows >= count && grid.columns * (grid.rows - 1) < count);
            let aspect = f64::from(size.width) / f64::from(size.height);
            assert!(
                count < 5 || (1.0..2.2).contains(&aspect),
                "{count} pictures: {size}"
            );
        }
    }

    #[test]
    fn a_sheet_comes_back_from_its_file() {
        let sheet = draw(
            "heading",
            "below",
            &[tile(Size::new(130, 90), [1, 2, 3], "x")],
        )
        .unwrap();
        let file = png(sheet.size, &sheet.pixels).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, sheet.pixels);
    }

    #[test]
    fn pictures_must_be_of_one_size() {
        let tiles = [
            tile(Size::new(8, 8), [0; 3], ""),
            tile(Size::new(8, 9), [0; 3], ""),
        ];
        assert!(matches!(
            draw("", "", &tiles),
            Err(Error::Argument {
                argument: "tiles",
                ..
            })
        ));
        assert!(matches!(draw("", "", &[]), Err(Error::Argument { .. })));
        assert!(png(Size::new(8, 8), &[0; 3]).is_err());
        assert!(png(Size::new(0, 8), &[]).is_err());
        assert!(draw("", "", &[tile(Size::new(0, 8), [0; 3], "")]).is_err());
        let high = tile(Size::new(1, 60_000), [0; 3], "");
        assert!(draw("", "", &[high]).is_err(), "enlarged, it is too high");
    }
}
