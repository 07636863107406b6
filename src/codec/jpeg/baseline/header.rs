//! The header of a file, as far as the first scan, taken only if all of it is as it should be.
//!
//! It follows libjpeg-turbo's `jdmarker.c`, `jdinput.c` and `jdapimin.c`, less everything there
//! that repairs or warns: such a file is handed over. Nothing is allocated; tables stay where they
//! are in the file.

use super::super::ends;
use super::super::frame::{Frame, Handover, Sampling};
use super::Orientation;
use crate::pixel::Size;

/// The longest side that libjpeg takes (`JPEG_MAX_DIMENSION`).
const LONGEST_SIDE: u16 = 65_500;
/// Blocks in an MCU (T.81, B.2.3; `D_MAX_BLOCKS_IN_MCU`).
const MOST_BLOCKS: u32 = 10;

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Position in natural (row-major) order of each coefficient in zigzag order (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = zigzag();

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

/// A DQT table: 64 values in zigzag order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quantisation<'a> {
    /// Two bytes each, not one.
    is_wide: bool,
    values: &'a [u8],
}

impl Quantisation<'_> {
    /// In natural order.
    pub(super) fn natural(&self) -> [u16; 64] {
        let mut out = [0; 64];
        for (i, &at) in ZIGZAG.iter().enumerate() {
            let value = |at: usize| u16::from(self.values.get(at).copied().unwrap_or(0));
            out[usize::from(at)] = if self.is_wide {
                value(2 * i) << 8 | value(2 * i + 1)
            } else {
                value(i)
            };
        }
        out
    }
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
            0xda => {
                let selectors = reader.segment()?;
                return seen.finish(selectors, reader.rest);
            }
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
        if precision != 8 {
            return Err(Handover::Precision);
        }
        if self.frame.is_some() || components.len() != 3 * usize::from(count) {
            return Err(Handover::Header);
        }
        if ![1, 3].contains(&count) {
            return Err(Handover::Color);
        }
        if [width, height]
            .iter()
            .any(|side| !(1..=LONGEST_SIDE).contains(side))
        {
            return Err(Handover::Header);
        }
        let mut all = [Component::default(); 3];
        let mut sampling = [Sampling::default(); 3];
        for ((component, sampling), &[id, factors, quant]) in all
            .iter_mut()
            .zip(&mut sampling)
            .zip(components.as_chunks::<3>().0)
        {
            *component = Component { id, quant };
            *sampling = Sampling {
                across: u32::from(factors >> 4),
                down: u32::from(factors & 15),
            };
        }
        let sampling = &sampling[..usize::from(count)];
        if !sampling
            .iter()
            .all(|s| (1..=4).contains(&s.across) && (1..=4).contains(&s.down))
        {
            return Err(Handover::Header);
        }
        let frame = Frame::new(Size::new(u32::from(width), u32::from(height)), sampling);
        if !is_regular(&frame) {
            return Err(Handover::Header);
        }
        self.rows_at_a_time = if let [lone] = sampling { lone.down } else { 1 };
        self.frame = Some((frame, all));
        Ok(())
    }

    fn huffman(&mut self, mut segment: &'a [u8]) -> Result<(), Handover> {
        while let Some((&class, table)) = segment.split_first() {
            let counts = table.first_chunk::<16>().ok_or(Handover::Header)?;
            let count = counts
                .iter()
                .map(|&count| usize::from(count))
                .sum::<usize>();
            let (table, rest) = table.split_at_checked(16 + count).ok_or(Handover::Header)?;
            let tables = match class >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Handover::Header),
            };
            if count > 256 {
                return Err(Handover::Header);
            }
            *tables
                .get_mut(usize::from(class & 15))
                .ok_or(Handover::Header)? = Some(table);
            segment = rest;
        }
        Ok(())
    }

    fn quantisation(&mut self, mut segment: &'a [u8]) -> Result<(), Handover> {
        while let Some((&class, values)) = segment.split_first() {
            let is_wide = match class >> 4 {
                0 => false,
                1 => true,
                _ => return Err(Handover::Header),
            };
            let (values, rest) = values
                .split_at_checked(if is_wide { 128 } else { 64 })
                .ok_or(Handover::Header)?;
            *self
                .quant
                .get_mut(usize::from(class & 15))
                .ok_or(Handover::Header)? = Some(Quantisation { is_wide, values });
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
        let (&count, selectors) = selectors.split_first().ok_or(Handover::Header)?;
        if usize::from(count) != components.len() {
            return Err(Handover::Scans);
        }
        let (selectors, parameters) = selectors
            .split_at_checked(2 * components.len())
            .ok_or(Handover::Header)?;
        // All of the spectrum at once and in full.
        if parameters != [0, 63, 0] {
            return Err(Handover::Header);
        }
        let mut tables = [Tables::default(); 3];
        let each = components.iter().zip(selectors.as_chunks::<2>().0);
        for (tables, (component, &[id, selector])) in tables.iter_mut().zip(each) {
            if id != component.id {
                return Err(Handover::Scans);
            }
            *tables = self
                .tables(component.quant, selector)
                .ok_or(Handover::Header)?;
        }
        Ok(Header {
            frame,
            orientation: Orientation::from_metadata(self.exif, self.xmp),
            ended: ends(scan),
            tables,
            restart_interval: self.restart_interval,
            rows_at_a_time: self.rows_at_a_time,
            scan,
        })
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

/// Along the diagonals, up and down in turn.
#[expect(clippy::cast_possible_truncation, reason = "below 64")]
const fn zigzag() -> [u8; 64] {
    let mut order = [0; 64];
    let (mut at, mut diagonal) = (0, 0_usize);
    while diagonal < 15 {
        let first = if diagonal < 8 { 0 } else { diagonal - 7 };
        let mut step = first;
        while step + first <= diagonal {
            let (x, y) = if diagonal % 2 == 0 {
                (step, diagonal - step)
            } else {
                (diagonal - step, step)
            };
            order[at] = (8 * y + x) as u8;
            at += 1;
            step += 1;
        }
        diagonal += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType, Encoder};

    fn file() -> Vec<u8> {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, 80)
            .encode(&[90; 40 * 20 * 3], 40, 20, ColorType::Rgb)
            .unwrap();
        bytes
    }

    /// Where the payload of the first segment with a code begins.
    fn payload(bytes: &[u8], code: u8) -> usize {
        bytes
            .windows(2)
            .position(|pair| pair == [0xff, code])
            .unwrap()
            + 4
    }

    fn without(bytes: &[u8], code: u8) -> Vec<u8> {
        let at = payload(bytes, code);
        let length = usize::from(u16::from_be_bytes([bytes[at - 2], bytes[at - 1]]));
        [&bytes[..at - 4], &bytes[at - 2 + length..]].concat()
    }

    /// What becomes of the file with one byte of a segment changed.
    fn changed(code: u8, at: usize, value: u8) -> Option<Handover> {
        let mut bytes = file();
        let start = payload(&bytes, code);
        bytes[start + at] = value;
        parse(&bytes).err()
    }

    #[test]
    fn takes_a_plain_file() {
        let bytes = file();
        let header = parse(&bytes).unwrap();
        assert_eq!(header.frame.size(), Size::new(40, 20));
        assert!(header.ended);
        assert_eq!(header.orientation, Orientation::default());
        assert!(!parse(&bytes[..bytes.len() - 2]).unwrap().ended);
    }

    #[test]
    fn zigzag_is_a_permutation() {
        let mut seen = ZIGZAG;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, &at)| i == usize::from(at)));
        assert_eq!(ZIGZAG[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
    }

    #[test]
    fn hands_over_what_it_does_not_take() {
        use Handover::{Arithmetic, Color, Header, Precision, Progressive, Scans};
        let frame = 0xc0;
        assert_eq!(changed(frame, 0, 12), Some(Precision));
        assert_eq!(changed(frame, 5, 4), Some(Header), "length");
        assert_eq!(changed(frame, 2, 0), Some(Header), "no rows");
        assert_eq!(changed(frame, 3, 0xff), None, "wide");
        assert_eq!(changed(frame, 7, 0x51), Some(Header), "factor 5");
        assert_eq!(changed(frame, 7, 0x01), Some(Header), "factor 0");
        assert_eq!(changed(frame, 7, 0x44), Some(Header), "18 blocks");
        assert_eq!(changed(frame, 8, 4), Some(Header), "no such table");
        assert_eq!(
            changed(frame, 6, 9),
            Some(Scans),
            "not the component of the scan"
        );
        assert_eq!(changed(frame, 9, 0), Some(Header), "one identifier twice");
        assert_eq!(
            changed(frame, 10, 0x31),
            Some(Header),
            "fractional sampling"
        );
        assert_eq!(changed(0xda, 2, 0x40), Some(Header), "no such DC table");
        assert_eq!(changed(0xda, 2, 0x02), Some(Header), "a missing AC table");
        assert_eq!(changed(0xda, 0, 2), Some(Scans));
        assert_eq!(changed(0xda, 7, 1), Some(Header), "first coefficient");
        assert_eq!(changed(0xda, 8, 62), Some(Header), "last coefficient");
        assert_eq!(
            changed(0xda, 9, 1),
            Some(Header),
            "successive approximation"
        );
        assert_eq!(changed(0xc4, 0, 0x20), Some(Header), "table class");
        assert_eq!(changed(0xc4, 0, 0x04), Some(Header), "table number");
        assert_eq!(changed(0xc4, 1, 200), Some(Header), "symbols missing");
        assert_eq!(changed(0xdb, 0, 0x20), Some(Header), "quantiser precision");
        assert_eq!(changed(0xe0, 5, 2), Some(Header), "JFIF 2");
        let mut bytes = file();
        let at = payload(&bytes, frame) - 3;
        for (code, reason) in [
            (0xc2, Progressive),
            (0xc9, Arithmetic),
            (0xc3, Header),
            (0xdc, Header),
        ] {
            bytes[at] = code;
            assert_eq!(parse(&bytes).err(), Some(reason), "{code:x}");
        }
        bytes[at] = 0xc1;
        assert!(parse(&bytes).is_ok());
        let bytes = file();
        for code in [0xc0, 0xc4, 0xdb] {
            assert_eq!(
                parse(&without(&bytes, code)).err(),
                Some(Header),
                "{code:x}"
            );
        }
        let mut plain = without(&bytes, 0xe0);
        assert!(parse(&plain).is_ok(), "no word on colour");
        let (frame, scan) = (payload(&plain, frame), payload(&plain, 0xda));
        for (i, &id) in b"RGB".iter().enumerate() {
            plain[frame + 6 + 3 * i] = id;
            plain[scan + 1 + 2 * i] = id;
        }
        assert_eq!(parse(&plain).err(), Some(Color));
        let stray = [&bytes[..2], &[7], &bytes[2..]].concat();
        assert_eq!(parse(&stray).err(), Some(Header));
        let filled = [&bytes[..2], &[0xff, 0xff], &bytes[2..]].concat();
        assert!(parse(&filled).is_ok());
        let adobe = |transform| {
            [
                b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0".as_slice(),
                &[transform],
            ]
            .concat()
        };
        let with = |transform| {
            let plain = without(&bytes, 0xe0);
            [&plain[..2], &adobe(transform), &plain[2..]].concat()
        };
        assert_eq!(parse(&with(0)).err(), Some(Color));
        assert!(parse(&with(1)).is_ok());
        assert_eq!(parse(&with(2)).err(), Some(Color));
    }

    #[test]
    fn every_cut_of_the_header_is_handed_over() {
        let bytes = file();
        let scan = parse(&bytes).unwrap().scan.len();
        for end in 0..bytes.len() - scan {
            assert!(parse(&bytes[..end]).is_err(), "{end}");
        }
    }
}
