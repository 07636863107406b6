//! The header of a file, as far as the first scan, taken only if all of it is as it should be.
//!
//! It follows libjpeg-turbo's `jdmarker.c`, `jdinput.c` and `jdapimin.c`, less everything there
//! that repairs or warns: such a file is handed over. Nothing is allocated; tables stay where they
//! are in the file.

use super::super::frame::{Frame, Sampling};
use super::super::markers::ends;
use super::super::tally::Handover;
use super::Orientation;
use super::quantisation::Quantisation;
use crate::pixel::Size;

/// The longest side that libjpeg takes (`JPEG_MAX_DIMENSION`).
const LONGEST_SIDE: u16 = 65_500;
/// Blocks in an MCU (T.81, B.2.3; `D_MAX_BLOCKS_IN_MCU`).
const MOST_BLOCKS: u32 = 10;

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// A header that our decoder takes.
#[derive(Clone, Debug)]
pub(in crate::codec::jpeg) struct Header<'a> {
    pub(in crate::codec::jpeg) frame: Frame,
    /// The EXIF orientation.
    pub(in crate::codec::jpeg) orientation: Orientation,
    /// Whether an end-of-image marker follows: a file that was cut short has none, and is not
    /// decoded here.
    pub(in crate::codec::jpeg) ended: bool,
    /// Counts and symbols of each component's Huffman tables, and its quantisation table.
    pub(super) tables: [Tables<'a>; 3],
    /// MCUs between restart markers; 0 without.
    pub(super) restart_interval: u32,
    /// Rows of MCUs that libjpeg-turbo decodes at a time: 1, but for gray files that have a
    /// sampling factor all the same.
    pub(super) rows_at_a_time: u32,
    /// The file from the scan's data on.
    pub(super) scan: &'a [u8],
}

/// The tables of a component, as the file has them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tables<'a> {
    pub(super) dc: &'a [u8],
    pub(super) ac: &'a [u8],
    pub(super) quant: Quantisation<'a>,
}

/// Reads a header.
pub(in crate::codec::jpeg) fn parse(bytes: &[u8]) -> Result<Header<'_>, Handover> {
    let mut reader = Reader { rest: bytes };
    if reader.take(2)? != [0xff, 0xd8] {
        return Err(Handover::Header);
    }
    let mut seen = Seen::default();
    loop {
        match reader.marker()? {
            0xc0 | 0xc1 => seen.frame(reader.segment()?)?,
            0xc2 => return Err(Handover::Progressive),
            0xc9..=0xcc => return Err(Handover::Arithmetic),
            0xc4 => seen.huffman(reader.segment()?)?,
            0xda => return seen.finish(reader.segment()?, reader.rest),
            0xdb => seen.quantisation(reader.segment()?)?,
            0xdd => seen.restarts(reader.segment()?)?,
            0xe0 => seen.jfif(reader.segment()?)?,
            0xe1 => seen.metadata(reader.segment()?),
            0xee => seen.adobe(reader.segment()?),
            0xe2..=0xef | 0xfe => drop(reader.segment()?),
            _ => return Err(Handover::Header),
        }
    }
}

/// What segments have said so far.
#[derive(Default)]
struct Seen<'a> {
    frame: Option<(Frame, [Component; 3])>,
    rows_at_a_time: u32,
    dc: [Option<&'a [u8]>; 4],
    ac: [Option<&'a [u8]>; 4],
    quant: [Option<Quantisation<'a>>; 4],
    restart_interval: u32,
    has_jfif: bool,
    /// The transform of an Adobe segment.
    adobe: Option<u8>,
    exif: Option<&'a [u8]>,
    xmp: Option<&'a [u8]>,
}

#[derive(Clone, Copy, Default)]
struct Component {
    id: u8,
    quant: u8,
}

impl<'a> Seen<'a> {
    fn frame(&mut self, segment: &[u8]) -> Result<(), Handover> {
        let (&[precision, h1, h0, w1, w0, count], components) =
            segment.split_first_chunk::<6>().ok_or(Handover::Header)?;
        let [height, width] = [[h1, h0], [w1, w0]].map(u16::from_be_bytes);
        let sides = 1..=LONGEST_SIDE;
        if precision != 8 {
            return Err(Handover::Precision);
        }
        if self.frame.is_some() || components.len() != 3 * usize::from(count) {
            return Err(Handover::Header);
        }
        if ![1, 3].contains(&count) {
            return Err(Handover::Color);
        }
        let (components, sampling) = read_components(components)?;
        let sampling = &sampling[..usize::from(count)];
        let frame = Frame::new(Size::new(u32::from(width), u32::from(height)), sampling);
        if !sides.contains(&width) || !sides.contains(&height) || !is_regular(&frame) {
            return Err(Handover::Header);
        }
        self.rows_at_a_time = if let [lone] = sampling { lone.down } else { 1 };
        self.frame = Some((frame, components));
        Ok(())
    }

    fn huffman(&mut self, mut segment: &'a [u8]) -> Result<(), Handover> {
        while let Some((&class, table)) = segment.split_first() {
            let counts = table.first_chunk::<16>().ok_or(Handover::Header)?;
            let count: usize = counts.iter().map(|&count| usize::from(count)).sum();
            let (table, rest) = table.split_at_checked(16 + count).ok_or(Handover::Header)?;
            let tables = match class >> 4 {
                0 if count <= 256 => &mut self.dc,
                1 if count <= 256 => &mut self.ac,
                _ => return Err(Handover::Header),
            };
            *slot(tables, class)? = Some(table);
            segment = rest;
        }
        Ok(())
    }

    fn quantisation(&mut self, mut segment: &'a [u8]) -> Result<(), Handover> {
        while let Some((&class, values)) = segment.split_first() {
            let (is_wide, len) = match class >> 4 {
                0 => (false, 64),
                1 => (true, 128),
                _ => return Err(Handover::Header),
            };
            let (values, rest) = values.split_at_checked(len).ok_or(Handover::Header)?;
            *slot(&mut self.quant, class)? = Some(Quantisation { is_wide, values });
            segment = rest;
        }
        Ok(())
    }

    fn restarts(&mut self, segment: &[u8]) -> Result<(), Handover> {
        let &interval = <&[u8; 2]>::try_from(segment).map_err(|_| Handover::Header)?;
        self.restart_interval = u32::from(u16::from_be_bytes(interval));
        Ok(())
    }

    fn jfif(&mut self, segment: &[u8]) -> Result<(), Handover> {
        if segment.len() >= 14 && segment.starts_with(b"JFIF\0") {
            // libjpeg-turbo warns of another major version.
            if segment[5] != 1 {
                return Err(Handover::Header);
            }
            self.has_jfif = true;
        }
        Ok(())
    }

    fn metadata(&mut self, segment: &'a [u8]) {
        if let Some(block) = segment.strip_prefix(EXIF).filter(|block| !block.is_empty()) {
            self.exif.get_or_insert(block);
        } else if let Some(packet) = segment.strip_prefix(XMP) {
            self.xmp = Some(packet);
        }
    }

    fn adobe(&mut self, segment: &[u8]) {
        if segment.len() >= 12 && segment.starts_with(b"Adobe") {
            self.adobe = Some(segment[11]);
        }
    }

    /// The start of a scan: all must be there now.
    fn finish(self, selectors: &[u8], scan: &'a [u8]) -> Result<Header<'a>, Handover> {
        let (frame, components) = self.frame.ok_or(Handover::Header)?;
        let components = &components[..frame.components()];
        self.check_color(components)?;
        Ok(Header {
            frame,
            orientation: Orientation::from_metadata(self.exif, self.xmp),
            ended: ends(scan),
            tables: self.select(components, selectors)?,
            restart_interval: self.restart_interval,
            rows_at_a_time: self.rows_at_a_time,
            scan,
        })
    }

    /// The tables that the header of a scan selects.
    fn select(
        &self,
        components: &[Component],
        selectors: &[u8],
    ) -> Result<[Tables<'a>; 3], Handover> {
        let (&count, selectors) = selectors.split_first().ok_or(Handover::Header)?;
        if usize::from(count) != components.len() {
            return Err(Handover::Scans);
        }
        // All of the spectrum at once and in full.
        let (selectors, [0, 63, 0]) = selectors
            .split_at_checked(2 * components.len())
            .ok_or(Handover::Header)?
        else {
            return Err(Handover::Header);
        };
        let mut tables = [Tables::default(); 3];
        let each = components.iter().zip(selectors.as_chunks::<2>().0);
        for (tables, (component, &[id, selector])) in tables.iter_mut().zip(each) {
            if id != component.id {
                return Err(Handover::Scans);
            }
            let found = self.tables(component.quant, selector);
            *tables = found.ok_or(Handover::Header)?;
        }
        Ok(tables)
    }

    fn tables(&self, quant: u8, selector: u8) -> Option<Tables<'a>> {
        Some(Tables {
            dc: (*self.dc.get(usize::from(selector >> 4))?)?,
            ac: (*self.ac.get(usize::from(selector & 15))?)?,
            quant: (*self.quant.get(usize::from(quant))?)?,
        })
    }

    /// Gray and YCbCr are taken, told apart as `default_decompress_parms` does it.
    fn check_color(&self, components: &[Component]) -> Result<(), Handover> {
        let &[a, b, c] = components else {
            return Ok(());
        };
        let ids = [a, b, c].map(|component| component.id);
        if ids[0] == ids[1] || ids[0] == ids[2] || ids[1] == ids[2] {
            return Err(Handover::Header);
        }
        let is_ycc = self.has_jfif
            || match self.adobe {
                Some(transform) => transform == 1,
                None => ids != *b"RGB",
            };
        if is_ycc { Ok(()) } else { Err(Handover::Color) }
    }
}

/// The components of a frame header, and their sampling factors.
fn read_components(segment: &[u8]) -> Result<([Component; 3], [Sampling; 3]), Handover> {
    let mut components = [Component::default(); 3];
    let mut sampling = [Sampling::default(); 3];
    let each = components.iter_mut().zip(&mut sampling);
    for ((component, sampling), stored) in each.zip(segment.as_chunks::<3>().0) {
        let &[id, factors, quant] = stored;
        *component = Component { id, quant };
        let (across, down) = (u32::from(factors >> 4), u32::from(factors & 15));
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
            return Err(Handover::Header);
        }
        *sampling = Sampling { across, down };
    }
    Ok((components, sampling))
}

/// Where the table goes whose number is in the lower half of `class`.
fn slot<T>(tables: &mut [T; 4], class: u8) -> Result<&mut T, Handover> {
    tables
        .get_mut(usize::from(class & 15))
        .ok_or(Handover::Header)
}

/// Whether an MCU is within the limits and chroma is subsampled by whole numbers: libjpeg-turbo
/// takes nothing else.
fn is_regular(frame: &Frame) -> bool {
    let blocks = (0..frame.components())
        .map(|i| frame.sampling(i))
        .map(|s| s.across * s.down);
    blocks.sum::<u32>() <= MOST_BLOCKS && frame.has_whole_ratios()
}

/// What is left of the file.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Handover> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Handover::Header)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The code of the marker that comes next; fill bytes may come before it, nothing else.
    fn marker(&mut self) -> Result<u8, Handover> {
        if self.take(1)? != [0xff] {
            return Err(Handover::Header);
        }
        loop {
            match self.take(1)? {
                [0xff] => {}
                [code] => return Ok(*code),
                _ => return Err(Handover::Header),
            }
        }
    }

    /// The payload of the segment that comes next.
    fn segment(&mut self) -> Result<&'a [u8], Handover> {
        let &length = self.take(2)?.first_chunk::<2>().ok_or(Handover::Header)?;
        let length = usize::from(u16::from_be_bytes(length))
            .checked_sub(2)
            .ok_or(Handover::Header)?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests;
