use embedded_graphics::pixelcolor::RgbColor;

use super::canvas::shortened;
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
    let at = 3 * (y as usize * sheet.size().width as usize + x as usize);
    sheet.pixels()[at..at + 3].try_into().unwrap()
}

#[test]
fn images_are_shown_pixel_by_pixel_in_reading_order() {
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
                "image {place} at {x}, {y}"
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
fn small_images_are_enlarged_without_blending() {
    let mut small = tile(Size::new(2, 1), [0; 3], "x");
    small.pixels = vec![255, 0, 0, 0, 0, 255];
    let sheet = draw("", "", &[small]).unwrap();
    let (left, top) = (MARGIN, MARGIN + HEADING);
    assert_eq!(at(&sheet, left + 55, top + 55), [255, 0, 0]);
    assert_eq!(at(&sheet, left + 56, top), [0, 0, 255]);
}

#[test]
fn a_label_is_written_under_its_image() {
    let size = Size::new(120, 80);
    let [cat, dog, none] =
        ["cat", "dog", ""].map(|label| draw("", "", &[tile(size, [9; 3], label)]).unwrap());
    let lowest_above = MARGIN + HEADING + 80;
    let above =
        |sheet: &Sheet| sheet.pixels()[..3 * (lowest_above * sheet.size().width) as usize].to_vec();
    assert!(cat.pixels() != dog.pixels() && cat.pixels() != none.pixels());
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
            "{count} images: {size}"
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
    let file = png(sheet.size(), sheet.pixels()).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    assert_eq!(pixels, sheet.pixels());
}

#[test]
fn images_must_be_of_one_size() {
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
