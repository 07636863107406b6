//! The same file and request through both back ends, and what must then be equal.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use imagepipe::codec::{Backend, Decoder, Reason, Request, Tally, Window};
use imagepipe::pixel::{Pixels, Plane, Size};

use super::Random;

/// The samples of a plane that mean something, without the gaps between rows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Samples {
    /// Bytes a pixel.
    pub(crate) channels: usize,
    /// Columns.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
    /// Row by row.
    pub(crate) data: Vec<u8>,
}

/// A copy of what was decoded.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Image {
    /// Column of the first pixel in the scaled image.
    pub(crate) left: u32,
    /// Its row.
    pub(crate) top: u32,
    /// Luma samples that a chroma sample stands for.
    pub(crate) ratio: (usize, usize),
    /// One plane, or three.
    pub(crate) planes: Vec<Samples>,
}

impl Samples {
    fn of(plane: Plane<'_>, channels: usize) -> Self {
        let Plane {
            data,
            stride,
            width,
            height,
        } = plane;
        let row = |y: usize| &data[y * stride..][..width * channels];
        Self {
            channels,
            width,
            height,
            data: (0..height).flat_map(row).copied().collect(),
        }
    }

    /// The bytes of a part of a row.
    fn row(&self, left: usize, y: usize, width: usize) -> &[u8] {
        &self.data[(y * self.width + left) * self.channels..][..width * self.channels]
    }
}

impl fmt::Debug for Image {
    /// Everything but the samples.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self
            .planes
            .iter()
            .map(|p| format!("{}x{}x{}", p.width, p.height, p.channels))
            .collect();
        write!(
            f,
            "at {},{} ratio {:?} planes {}",
            self.left,
            self.top,
            self.ratio,
            sizes.join(" ")
        )
    }
}

impl Image {
    /// Where this image departs from one that should be equal.
    fn difference(&self, other: &Self) -> Option<String> {
        if format!("{self:?}") != format!("{other:?}") {
            return Some(format!("{self:?} against {other:?}"));
        }
        let pairs = self.planes.iter().zip(&other.planes).enumerate();
        pairs
            .map(|(i, (a, b))| sample_difference(i, a, b))
            .find(Option::is_some)
            .flatten()
    }

    /// Where this part of an image, in the pixels of `window`, departs from the whole.
    fn difference_from_whole(&self, whole: &Self, window: Window) -> Option<String> {
        if self.ratio != whole.ratio || self.planes.len() != whole.planes.len() {
            return Some(format!("a part {self:?} of a whole {whole:?}"));
        }
        for (i, (part, all)) in self.planes.iter().zip(&whole.planes).enumerate() {
            let (x, y) = if i == 0 { (1, 1) } else { self.ratio };
            let (left, top) = (self.left as usize / x, self.top as usize / y);
            // The samples under the window, in this plane's own samples.
            let columns =
                window.left as usize / x..((window.left + window.width) as usize).div_ceil(x);
            let rows = window.top as usize / y..((window.top + window.height) as usize).div_ceil(y);
            let inside = columns.start >= left
                && rows.start >= top
                && columns.end <= left + part.width
                && rows.end <= top + part.height;
            if !inside {
                return Some(format!("plane {i}: {window:?} is not covered by {self:?}"));
            }
            for row in rows {
                let delivered = part.row(columns.start - left, row - top, columns.len());
                if delivered != all.row(columns.start, row, columns.len()) {
                    return Some(format!(
                        "plane {i}, row {row}: {window:?} is not as in the whole image"
                    ));
                }
            }
        }
        None
    }
}

fn sample_difference(plane: usize, a: &Samples, b: &Samples) -> Option<String> {
    let count = a.data.iter().zip(&b.data).filter(|(a, b)| a != b).count();
    let at = a.data.iter().zip(&b.data).position(|(a, b)| a != b)?;
    let (pixel, channel) = (at / a.channels, at % a.channels);
    let (x, y) = (pixel % a.width, pixel / a.width);
    Some(format!(
        "plane {plane}: {count} bytes differ, first at ({x}, {y}).{channel}: {} for {}",
        a.data[at], b.data[at]
    ))
}

/// The two decoders.
#[derive(Debug)]
pub(crate) struct Pair {
    auto: Decoder,
    turbo: Decoder,
    /// What decoded the files of the first.
    pub(crate) tally: Arc<Tally>,
}

/// How a request is to be answered; the third is at full colour.
pub(crate) const FORMS: [(bool, bool); 3] = [(false, false), (true, false), (false, true)];

/// A request of everything, in one of the `FORMS`.
pub(crate) fn request(denominator: u32, window: Window, (gray, exact): (bool, bool)) -> Request {
    Request {
        denominator,
        window,
        gray,
        exact,
    }
}

impl Pair {
    pub(crate) fn new() -> Self {
        let tally = Arc::<Tally>::default();
        let decoder = |backend, tally: &Arc<Tally>| {
            Decoder::new(backend, Arc::clone(tally)).expect("a decoder")
        };
        Self {
            auto: decoder(Backend::Auto, &tally),
            turbo: decoder(Backend::Turbo, &Arc::default()),
            tally,
        }
    }

    /// The size that a file has, or the reason for refusing it.
    ///
    /// # Errors
    /// Where only one of them refuses it, or another size is found. That one opens what the other
    /// refuses is allowed, since a file is looked at more closely when it is decoded: then the size
    /// is given.
    pub(crate) fn size(&mut self, file: &[u8]) -> Result<Result<Size, Reason>, String> {
        let stop = AtomicBool::new(false);
        let sizes = [&mut self.auto, &mut self.turbo].map(|decoder| {
            let opened = decoder.open(file, &stop);
            opened.map(|opened| (opened.header().size, opened.header().orientation))
        });
        match sizes {
            [Ok(auto), Ok(turbo)] if auto != turbo => {
                Err(format!("header: {auto:?} against {turbo:?}"))
            }
            [Err(auto), Err(turbo)] if auto != turbo => {
                Err(format!("header: {auto:?} against {turbo:?}"))
            }
            [Err(auto), Ok(_)] => Err(format!("header: only Auto refuses it: {auto:?}")),
            [Ok(found), _] => Ok(Ok(found.0)),
            [Err(_), Err(reason)] => Ok(Err(reason)),
        }
    }

    /// What both make of a request.
    ///
    /// # Errors
    /// Where they do not agree.
    pub(crate) fn agree(
        &mut self,
        file: &[u8],
        request: &Request,
    ) -> Result<Result<Image, Reason>, String> {
        let auto = decode(&mut self.auto, file, request);
        let turbo = decode(&mut self.turbo, file, request);
        let difference = match (&auto, &turbo) {
            (Ok(auto), Ok(turbo)) => auto.difference(turbo),
            (Err(auto), Err(turbo)) if auto == turbo => None,
            _ => Some(format!("Auto: {auto:?}, Turbo: {turbo:?}")),
        };
        match difference {
            Some(what) => Err(format!("{request:?}: {what}")),
            None => Ok(turbo),
        }
    }

    /// Compares the whole image in every form at 1/`denominator`, then `windows` parts of it. The
    /// whole images are given back, in the order of `FORMS`.
    ///
    /// # Errors
    /// Where the two do not agree, or a part is not as it is in the whole image.
    pub(crate) fn agree_at(
        &mut self,
        file: &[u8],
        size: Size,
        denominator: u32,
        windows: usize,
        random: &mut Random,
    ) -> Result<Vec<Result<Image, Reason>>, String> {
        let scaled = Size::new(
            size.width.div_ceil(denominator),
            size.height.div_ceil(denominator),
        );
        let mut wholes = Vec::new();
        for form in FORMS {
            wholes.push(self.agree(file, &request(denominator, Window::whole(scaled), form))?);
        }
        for _ in 0..windows {
            let (window, form) = (window(scaled, random), random.index(FORMS.len()));
            let wanted = request(denominator, window, FORMS[form]);
            // Of a damaged file, a part may be whole.
            if let (Ok(part), Ok(whole)) = (self.agree(file, &wanted)?, &wholes[form]) {
                part.difference_from_whole(whole, window)
                    .map_or(Ok(()), |what| Err(format!("{wanted:?}: {what}")))?;
            }
        }
        Ok(wholes)
    }
}

/// What a decoder makes of a request.
fn decode(decoder: &mut Decoder, file: &[u8], request: &Request) -> Result<Image, Reason> {
    let stop = AtomicBool::new(false);
    let output = decoder.open(file, &stop)?.decode(request)?;
    assert_eq!(
        output.denominator, request.denominator,
        "the scale that was asked for"
    );
    let (ratio, planes) = match output.pixels {
        Pixels::Gray(plane) => ((1, 1), vec![Samples::of(plane, 1)]),
        Pixels::Rgb(plane) => ((1, 1), vec![Samples::of(plane, 3)]),
        Pixels::Planar(planes) => ((1, 1), planes.map(|plane| Samples::of(plane, 1)).to_vec()),
        Pixels::Ycc { y, cb, cr, ratio } => (
            ratio,
            [y, cb, cr].map(|plane| Samples::of(plane, 1)).to_vec(),
        ),
    };
    Ok(Image {
        left: output.left,
        top: output.top,
        ratio,
        planes,
    })
}

/// A part of an image of `size`: any, or one along an edge, of one pixel, one row, nearly
/// everything.
pub(crate) fn window(size: Size, random: &mut Random) -> Window {
    let mut stretch = |length: u32| {
        let (start, end) = match random.below(8) {
            0 => (0, length),
            1 => (0, 1 + random.below(length)),
            2 => (random.below(length), length),
            3 => {
                let start = random.below(length);
                (start, start + 1)
            }
            _ => {
                let (a, b) = (random.below(length), random.below(length));
                (a.min(b), a.max(b) + 1)
            }
        };
        (start, end - start)
    };
    let ((left, width), (top, height)) = (stretch(size.width), stretch(size.height));
    Window {
        left,
        top,
        width,
        height,
    }
}
