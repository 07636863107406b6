//! What can be varied of a JPEG file, and which of it a seed picks.

use super::Random;
use super::blocks::Content;
use super::huffman::Shape;

/// A component, as the frame and scan headers describe it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Component {
    /// What both headers call it.
    pub(crate) id: u8,
    /// Sampling factor across, 1 to 4.
    pub(crate) across: u8,
    /// Sampling factor down, 1 to 4.
    pub(crate) down: u8,
    /// Quantisation table, 0 to 3.
    pub(crate) quant: u8,
    /// Huffman table of the first coefficients, 0 to 3.
    pub(crate) dc: u8,
    /// Huffman table of the others, 0 to 3.
    pub(crate) ac: u8,
}

/// The values of the quantisation tables.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Quant {
    /// The tables of ITU-T T.81, Annex K.1, scaled to a quality of 1 to 100.
    Quality(u8),
    /// Any values up to this one, from 1 on.
    UpTo(u16),
}

/// How the components are spread over scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scans {
    /// All in one scan.
    One,
    /// A scan for each.
    Apart,
    /// The first in a scan of its own.
    LumaFirst,
    /// All in one scan, in another order than in the frame header; the standard forbids that.
    Swapped,
}

/// How the entropy-coded data departs from what an encoder writes, without libjpeg-turbo minding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// As every encoder does it.
    Plain,
    /// Runs of sixteen zeros before an end of block, which then needed none.
    Trailing,
    /// Ends of block under the names 0x10, 0x20 ... 0xe0.
    Aliased,
    /// Runs that lead past the last coefficient.
    Overrun,
}

/// How the file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// With an end-of-image marker.
    Plain,
    /// With so many bytes that are no marker, then the end-of-image marker.
    Extraneous(u8),
    /// With a restart marker that nothing follows, then the end-of-image marker.
    Restart,
    /// With the marker, then bytes of any value.
    Garbage(u16),
    /// With the marker, then another file.
    Second,
    /// Right after the data.
    Missing,
}

/// The EXIF segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exif {
    /// The orientation, mostly 1 to 8.
    pub(crate) orientation: u8,
    /// Whether an image is inside, with its own start, tables and end.
    pub(crate) thumbnail: bool,
    /// Little-endian.
    pub(crate) little: bool,
}

/// Segments that say nothing of the coding.
#[derive(Clone, Debug)]
pub(crate) struct Extras {
    /// The major version of a JFIF segment, 1 in all real files.
    pub(crate) jfif: Option<u8>,
    /// An EXIF segment.
    pub(crate) exif: Option<Exif>,
    /// The colour transform of an Adobe segment: 0 none, 1 YCbCr, 2 YCCK.
    pub(crate) adobe: Option<u8>,
    /// How many comments and application segments of any content there are.
    pub(crate) others: u8,
    /// Bytes between segments that belong to none.
    pub(crate) stray: bool,
}

/// How the tables are written.
#[expect(
    clippy::struct_excessive_bools,
    reason = "knobs, all of them independent"
)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tables {
    /// All Huffman tables in one segment.
    pub(crate) huffman_together: bool,
    /// All quantisation tables in one segment.
    pub(crate) quant_together: bool,
    /// 16 bits for each value of a quantisation table, needed or not.
    pub(crate) quant_wide: bool,
    /// Every table is defined before, with other content; and the ones not used are defined too.
    pub(crate) decoys: bool,
    /// The segments of tables come in any order, some before the frame header and some after it.
    pub(crate) shuffled: bool,
    /// How many symbols that never occur the Huffman tables have besides.
    pub(crate) unused: u8,
}

/// All the knobs of a file.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// Of the coefficients, and of all bytes that mean nothing.
    pub(crate) seed: u64,
    /// Columns.
    pub(crate) width: u16,
    /// Rows.
    pub(crate) height: u16,
    /// The frame header's marker: 0xc0 baseline, 0xc1 extended sequential; others name what this
    /// encoder cannot write.
    pub(crate) frame: u8,
    /// Bits a sample: 8.
    pub(crate) precision: u8,
    /// One, three or four.
    pub(crate) components: Vec<Component>,
    /// What the coefficients are like.
    pub(crate) content: Content,
    /// The quantisation tables.
    pub(crate) quant: Quant,
    /// The Huffman codes.
    pub(crate) codes: Shape,
    /// MCUs from one restart marker to the next; 0 for none.
    pub(crate) restart: u16,
    /// Whether the bits before a marker are ones, as the standard wants it.
    pub(crate) ones: bool,
    /// Once in how many times further 0xff stand before a marker; 0 for never.
    pub(crate) fill: u8,
    /// The scans.
    pub(crate) scans: Scans,
    /// Liberties of the coding.
    pub(crate) coding: Coding,
    /// Segments of tables.
    pub(crate) tables: Tables,
    /// Other segments.
    pub(crate) extras: Extras,
    /// The end.
    pub(crate) tail: Tail,
}

/// What is promised of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Meant {
    /// Nothing: it may be refused.
    Odd,
    /// Every part of it can be decoded.
    Valid,
    /// Also, libjpeg-turbo has no warning for any of it.
    Clean,
}

impl Recipe {
    /// A file of the commonest kind, of one component for gray or of three.
    pub(crate) fn plain(width: u16, height: u16, components: Vec<Component>) -> Self {
        Self {
            seed: 0,
            width,
            height,
            frame: 0xc0,
            precision: 8,
            components,
            content: Content::Sparse,
            quant: Quant::Quality(90),
            codes: Shape::Standard,
            restart: 0,
            ones: true,
            fill: 0,
            scans: Scans::One,
            coding: Coding::Plain,
            tables: Tables {
                huffman_together: false,
                quant_together: false,
                quant_wide: false,
                decoys: false,
                shuffled: false,
                unused: 0,
            },
            extras: Extras {
                jfif: Some(1),
                exif: None,
                adobe: None,
                others: 0,
                stray: false,
            },
            tail: Tail::Plain,
        }
    }

    /// Any file, the common ones more often.
    pub(crate) fn random(random: &mut Random) -> Self {
        let (width, height) = size(random);
        let mut recipe = Self::plain(width, height, components(random));
        recipe.seed = u64::from(random.below(u32::MAX));
        recipe.content = content(random);
        recipe.quant = quant(random);
        recipe.codes = random.pick(&[
            Shape::Standard,
            Shape::Optimal,
            Shape::Long,
            Shape::Flat,
            Shape::Wild,
        ]);
        recipe.frame = if random.once_in(8) { 0xc1 } else { 0xc0 };
        recipe.restart = restart(random);
        recipe.ones = !random.once_in(4);
        recipe.fill = random.pick(&[0, 0, 0, 0, 1, 3]);
        recipe.scans = match random.below(60) {
            56 => Scans::Apart,
            57 => Scans::LumaFirst,
            58 | 59 => Scans::Swapped,
            _ => Scans::One,
        };
        recipe.coding = match random.below(60) {
            57 => Coding::Trailing,
            58 => Coding::Aliased,
            59 => Coding::Overrun,
            _ => Coding::Plain,
        };
        recipe.tables = tables(random);
        recipe.extras = extras(random);
        recipe.tail = tail(random);
        recipe
    }

    /// What is promised of the file.
    pub(crate) fn meant(&self) -> Meant {
        let swapped = self.scans == Scans::Swapped && self.components.len() > 1;
        if self.precision != 8
            || self.frame > 0xc1
            || self.tail == Tail::Missing
            || self.fractional()
            || swapped
        {
            return Meant::Odd;
        }
        let stray = matches!(self.tail, Tail::Extraneous(_) | Tail::Restart) || self.extras.stray;
        let header = self.extras.adobe.is_none_or(|t| t < 2)
            && self.extras.jfif.is_none_or(|major| major == 1);
        // What follows a scan is the data of a next scan's header then: whether that is damage
        // depends on how.
        if self.several_scans() && matches!(self.tail, Tail::Extraneous(_) | Tail::Restart) {
            return Meant::Odd;
        }
        if stray || !header {
            Meant::Valid
        } else {
            Meant::Clean
        }
    }

    /// Whether our own decoder is to decode it: baseline, gray or YCbCr, all components in one
    /// scan, and nothing in header or data that encoders do not write.
    pub(crate) fn ordinary(&self) -> bool {
        self.meant() == Meant::Clean
            && (self.components.len() == 1 || (self.scans == Scans::One && self.ycc()))
            && self.coding == Coding::Plain
            && self.content != Content::Wrapping
            && matches!(self.quant, Quant::Quality(_))
            && !self.tables.quant_wide
            // Where 0xff may stand before restart markers, the data is not told from damage.
            && (self.fill == 0 || self.restart == 0)
    }

    /// Whether three components are clearly YCbCr.
    fn ycc(&self) -> bool {
        let first_three = self.components.iter().map(|c| c.id).eq(1..=3);
        let named = self.extras.jfif.is_some()
            || self
                .extras
                .adobe
                .map_or(first_three, |transform| transform == 1);
        self.components.len() == 3 && named
    }

    /// Whether some component's factors do not divide the largest ones, which libjpeg-turbo does
    /// not decode.
    pub(crate) fn fractional(&self) -> bool {
        let (across, down) = self.finest();
        self.components
            .iter()
            .any(|c| !across.is_multiple_of(c.across) || !down.is_multiple_of(c.down))
    }

    /// The largest sampling factors; those of a lone component mean nothing.
    pub(crate) fn finest(&self) -> (u8, u8) {
        let most = |factor: fn(&Component) -> u8| {
            self.components
                .iter()
                .map(factor)
                .max()
                .expect("a component")
        };
        (most(|c| c.across), most(|c| c.down))
    }

    /// Whether the components are spread over scans.
    pub(crate) fn several_scans(&self) -> bool {
        self.components.len() > 1 && matches!(self.scans, Scans::Apart | Scans::LumaFirst)
    }
}

fn size(random: &mut Random) -> (u16, u16) {
    let mut side = || {
        if random.once_in(3) {
            random.pick(&[1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33])
        } else {
            1 + random.below(70) as u16
        }
    };
    let (width, height) = (side(), side());
    match random.below(50) {
        47 => (width, 71 + random.below(430) as u16),
        48 => (71 + random.below(530) as u16, height),
        49 => (71 + random.below(530) as u16, 71 + random.below(430) as u16),
        _ => (width, height),
    }
}

/// The samplings that cameras and programs write: luma's factors, those of chroma being 1.
const COMMON: [(u8, u8); 6] = [(1, 1), (2, 2), (2, 2), (2, 1), (1, 2), (4, 1)];

fn components(random: &mut Random) -> Vec<Component> {
    let count = match random.below(30) {
        0..=23 => 3,
        29 => 4,
        _ => 1,
    };
    let factors = factors(count, random);
    let ids = ids(random);
    let tables = random.pick(&[
        [0, 1, 1, 0],
        [0, 1, 1, 0],
        [0, 0, 0, 0],
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [1, 0, 0, 2],
    ]);
    let several = random.once_in(3);
    let component = |i: usize| {
        let mut table = || {
            if several {
                random.below(4) as u8
            } else {
                tables[i]
            }
        };
        let (quant, dc, ac) = (table(), table(), table());
        Component {
            id: ids[i],
            across: factors[i].0,
            down: factors[i].1,
            quant,
            dc,
            ac,
        }
    };
    (0..count).map(component).collect()
}

fn ids(random: &mut Random) -> [u8; 4] {
    match random.below(12) {
        8 => [0, 1, 2, 3],
        9 => *b"RGBA",
        10 => [200, 7, 255, 1],
        11 => [34, 35, 36, 37],
        _ => [1, 2, 3, 4],
    }
}

/// Sampling factors of `count` components, together at most 10 blocks an MCU.
fn factors(count: usize, random: &mut Random) -> Vec<(u8, u8)> {
    let kind = random.below(20);
    let mut any = || (1 + random.below(4) as u8, 1 + random.below(4) as u8);
    if count == 1 {
        return vec![if kind < 12 { (1, 1) } else { any() }];
    }
    if kind < 12 {
        let mut all = vec![(1, 1); count];
        all[0] = random.pick(&COMMON);
        return all;
    }
    loop {
        let all: Vec<(u8, u8)> = (0..count).map(|_| any()).collect();
        let (across, down) = (all.iter().map(|f| f.0).max(), all.iter().map(|f| f.1).max());
        let divides = |&(x, y): &(u8, u8)| {
            across.is_some_and(|most| most.is_multiple_of(x))
                && down.is_some_and(|most| most.is_multiple_of(y))
        };
        let blocks: u32 = all.iter().map(|&(x, y)| u32::from(x) * u32::from(y)).sum();
        if blocks <= 10 && (kind == 19 || all.iter().all(divides)) {
            return all;
        }
    }
}

fn content(random: &mut Random) -> Content {
    const ALL: [Content; 8] = [
        Content::Smooth,
        Content::Sparse,
        Content::Mixed,
        Content::Dense,
        Content::Flat,
        Content::Empty,
        Content::Extreme,
        Content::Wrapping,
    ];
    match random.below(20) {
        0..=6 => Content::Smooth,
        7..=9 => Content::Sparse,
        10..=12 => Content::Mixed,
        i => ALL[i as usize - 12],
    }
}

fn quant(random: &mut Random) -> Quant {
    match random.below(20) {
        17 => Quant::UpTo(255),
        18 => Quant::UpTo(2000),
        19 => Quant::UpTo(65_535),
        _ => Quant::Quality(1 + random.below(100) as u8),
    }
}

fn restart(random: &mut Random) -> u16 {
    match random.below(12) {
        6 => 1,
        7 => 2,
        8 | 9 => 1 + random.below(12) as u16,
        10 => 1 + random.below(100) as u16,
        11 => 1 + random.below(1000) as u16,
        _ => 0,
    }
}

fn tables(random: &mut Random) -> Tables {
    Tables {
        huffman_together: random.once_in(2),
        quant_together: random.once_in(2),
        quant_wide: random.once_in(10),
        decoys: random.once_in(5),
        shuffled: random.once_in(3),
        unused: if random.once_in(4) {
            random.below(40) as u8
        } else {
            0
        },
    }
}

fn extras(random: &mut Random) -> Extras {
    let exif = random.once_in(4).then(|| Exif {
        orientation: random.below(10) as u8,
        thumbnail: random.once_in(2),
        little: random.once_in(2),
    });
    let major = if random.once_in(40) { 2 } else { 1 };
    let adobe = if random.once_in(40) {
        2
    } else {
        u8::from(!random.once_in(6))
    };
    Extras {
        jfif: (!random.once_in(3)).then_some(major),
        exif,
        adobe: random.once_in(6).then_some(adobe),
        others: random.pick(&[0, 0, 0, 1, 3]),
        stray: random.once_in(40),
    }
}

fn tail(random: &mut Random) -> Tail {
    match random.below(20) {
        14 | 15 => Tail::Garbage(random.below(300) as u16),
        16 => Tail::Second,
        17 => Tail::Extraneous(1 + random.below(40) as u8),
        18 => Tail::Restart,
        19 => Tail::Missing,
        _ => Tail::Plain,
    }
}
