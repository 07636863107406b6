//! Which part of an image is not empty.

use super::raster::Raster;

/// Left, top, right and bottom of the least part that holds all elements that are not zero, the
/// last two being the first column and row beyond it; `None` if there are no such elements.
#[must_use]
pub fn bounds<T: Copy + Default + PartialEq>(source: &Raster<'_, T>) -> Option<[usize; 4]> {
    let zero = T::default();
    let is_empty = |row: &usize| source.row(*row).iter().all(|element| *element == zero);
    let top = (0..source.height).find(|row| !is_empty(row))?;
    let bottom = (top..source.height).rev().find(|row| !is_empty(row))? + 1;
    let len = source.width * source.channels;
    let (mut first, mut last) = (len, 0);
    for row in top..bottom {
        let row = source.row(row);
        // Only what is beyond the part found so far can make it larger.
        if let Some(at) = row[..first].iter().position(|element| *element != zero) {
            first = at;
        }
        if let Some(at) = row[last..].iter().rposition(|element| *element != zero) {
            last += at;
        }
    }
    Some([
        first / source.channels,
        top,
        last / source.channels + 1,
        bottom,
    ])
}
