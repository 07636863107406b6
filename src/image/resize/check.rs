//! Whether a request, its source and its output fit each other.

use super::Request;
use crate::pixel::{Output, Pixels, Plane, Region, Size};

/// Panics unless lengths and sizes agree.
pub(super) fn check(source: &Pixels<'_>, request: &Request, output: &Output<'_>) {
    check_planes(source);
    check_region(source.size(), request.region);
    let Size { width, height } = request.size;
    assert!(
        width > 0 && height > 0,
        "resize: output of {width}x{height}"
    );
    let channels = request.channels.count();
    let expected = request.size.pixels().checked_mul(channels as u64);
    assert!(
        expected == Some(output.len() as u64),
        "resize: output has {} elements, {width}x{height} with {channels} channels needs \
         {expected:?}",
        output.len()
    );
}

/// Panics unless planes have as many samples as they say, and belong together.
fn check_planes(source: &Pixels<'_>) {
    let is_alike =
        |one: &Plane<'_>, other: &Plane<'_>| (one.width, one.height) == (other.width, other.height);
    match source {
        Pixels::Gray(plane) => check_plane(plane, 1),
        Pixels::Rgb(plane) => check_plane(plane, 3),
        Pixels::Planar(planes) => {
            let [red, others @ ..] = planes;
            let alike = others.iter().all(|plane| is_alike(red, plane));
            assert!(alike, "resize: red, green and blue differ in size");
            for plane in planes {
                check_plane(plane, 1);
            }
        }
        Pixels::Ycc { y, cb, cr, ratio } => {
            assert!(ratio.0 > 0 && ratio.1 > 0, "resize: chroma ratio {ratio:?}");
            assert!(is_alike(cb, cr), "resize: Cb and Cr differ in size");
            for plane in [y, cb, cr] {
                check_plane(plane, 1);
            }
        }
    }
}

/// Panics unless a region lies inside a view.
fn check_region((width, height): (usize, usize), region: Region) {
    #[expect(clippy::cast_precision_loss, reason = "sides of images")]
    let inside = |from: f64, length: f64, size: usize| {
        // A pixel of tolerance: regions are computed, and rounding is not the caller's fault.
        from >= -1.0 && length > 0.0 && from + length <= size as f64 + 1.0
    };
    assert!(
        inside(region.left, region.width, width) && inside(region.top, region.height, height),
        "resize: {region:?} is not inside a view of {width}x{height}"
    );
}

/// Panics if a plane has no samples or not as many as its size says.
fn check_plane(plane: &Plane<'_>, channels: usize) {
    let Plane {
        data,
        stride,
        width,
        height,
    } = *plane;
    assert!(width > 0 && height > 0, "resize: plane of {width}x{height}");
    assert!(
        u32::try_from(width.max(height)).is_ok(),
        "resize: plane of {width}x{height}"
    );
    let row = width * channels;
    let needed = (height - 1)
        .checked_mul(stride)
        .and_then(|n| n.checked_add(row));
    assert!(
        stride >= row && needed.is_some_and(|n| n <= data.len()),
        "resize: {} bytes with stride {stride} do not hold {width}x{height} pixels of {channels} \
         bytes",
        data.len()
    );
}
