//! A recipe's file: segments around the scans.

use super::blocks::{self, Content, Limits};
use super::huffman::{Code, Shape};
use super::random::Random;
use super::recipe::{Component, Exif, Quant, Recipe, Scans, Tail};
use super::scan::{self, Grid};

const SOI: [u8; 2] = [0xff, 0xd8];
const EOI: [u8; 2] = [0xff, 0xd9];
const DHT: u8 = 0xc4;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
const APP0: u8 = 0xe0;
const COM: u8 = 0xfe;

/// The file that `recipe` describes.
pub(crate) fn write(recipe: &Recipe) -> Vec<u8> {
    let mut random = Random::new(recipe.seed);
    let quants: [[u16; 64]; 4] =
        std::array::from_fn(|id| quant_table(recipe.quant, id, &mut random));
    let grids = grids(recipe, &quants, &mut random);
    let members = scans(recipe);
    let tokens: Vec<_> = members
        .iter()
        .map(|m| scan::tokens(recipe, &grids, m, limits(recipe).dc, &mut random))
        .collect();
    let mut writer = Writer {
        out: SOI.to_vec(),
        recipe,
        random,
    };
    let codes = writer.codes(&scan::frequencies(&tokens));
    writer.extras();
    writer.head(&quants, &codes);
    for (members, tokens) in members.iter().zip(&tokens) {
        writer.scan_header(members);
        let fill = || writer.random.below(3) as u8;
        let data = if recipe.fill == 0 {
            scan::bytes(tokens, &codes, recipe.ones, || 0)
        } else {
            scan::bytes(tokens, &codes, recipe.ones, fill)
        };
        writer.out.extend(data);
    }
    writer.tail();
    writer.out
}

/// The components of each scan.
fn scans(recipe: &Recipe) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..recipe.components.len()).collect();
    match recipe.scans {
        Scans::Apart => all.into_iter().map(|one| vec![one]).collect(),
        Scans::LumaFirst if all.len() > 1 => vec![vec![0], all[1..].to_vec()],
        Scans::Swapped => vec![all.into_iter().rev().collect()],
        Scans::One | Scans::LumaFirst => vec![all],
    }
}

/// Coefficients that the tables of a file have codes for.
fn limits(recipe: &Recipe) -> Limits {
    let standard = recipe.codes == Shape::Standard;
    let (wrapping, extreme) = (
        recipe.content == Content::Wrapping,
        recipe.content == Content::Extreme,
    );
    Limits {
        dc: if wrapping && !standard { 32_767 } else { 2047 },
        ac: if (wrapping || extreme) && !standard {
            32_767
        } else {
            1023
        },
    }
}

fn grids(recipe: &Recipe, quants: &[[u16; 64]; 4], random: &mut Random) -> Vec<Grid> {
    // The MCU of a lone component is one block, whatever its factors say.
    let lone = recipe.components.len() == 1;
    let (most_across, most_down) = if lone { (1, 1) } else { recipe.finest() };
    let (width, height) = (usize::from(recipe.width), usize::from(recipe.height));
    let mcus = (
        width.div_ceil(8 * usize::from(most_across)),
        height.div_ceil(8 * usize::from(most_down)),
    );
    let limits = limits(recipe);
    let grid = |component: &Component| {
        let (across, down) = if lone {
            (1, 1)
        } else {
            (component.across, component.down)
        };
        let (across, down, most_across, most_down) = (
            usize::from(across),
            usize::from(down),
            usize::from(most_across),
            usize::from(most_down),
        );
        let size = (mcus.0 * across, mcus.1 * down);
        Grid {
            blocks: blocks::plane(
                recipe.content,
                size,
                &quants[usize::from(component.quant)],
                limits,
                random,
            ),
            stride: size.0,
            own: (
                (width * across).div_ceil(8 * most_across),
                (height * down).div_ceil(8 * most_down),
            ),
        }
    };
    recipe.components.iter().map(grid).collect()
}

/// A quantisation table, in zigzag order.
fn quant_table(quant: Quant, id: usize, random: &mut Random) -> [u16; 64] {
    match quant {
        Quant::UpTo(most) => std::array::from_fn(|_| 1 + random.below(u32::from(most)) as u16),
        Quant::Quality(quality) => {
            let quality = u32::from(quality.max(1));
            let scale = if quality < 50 {
                5000 / quality
            } else {
                200 - 2 * quality
            };
            let base = if id.is_multiple_of(2) { &LUMA } else { &CHROMA };
            std::array::from_fn(|k| {
                ((u32::from(base[blocks::ZIGZAG[k]]) * scale + 50) / 100).clamp(1, 255) as u16
            })
        }
    }
}

struct Writer<'a> {
    out: Vec<u8>,
    recipe: &'a Recipe,
    random: Random<'static>,
}

impl Writer<'_> {
    /// A code for each table that is used.
    fn codes(&mut self, frequencies: &[[u32; 256]; 8]) -> [Option<Code>; 8] {
        std::array::from_fn(|table| {
            let mut counts = frequencies[table];
            if counts.iter().all(|&count| count == 0) {
                return None;
            }
            if self.recipe.codes == Shape::Standard {
                return Some(standard_for(table, &counts));
            }
            for _ in 0..self.recipe.tables.unused {
                // Only AC tables have symbols of any value; libjpeg-turbo refuses the others of DC
                // tables.
                let symbol = self.random.index(if table < 4 { 16 } else { 256 });
                counts[symbol] = counts[symbol].max(1);
            }
            Some(Code::build(self.recipe.codes, &counts, &mut self.random))
        })
    }

    /// A segment of `marker`, now and then after more 0xff than one.
    fn segment(&self, marker: u8, payload: &[u8], random: &mut Random) -> Vec<u8> {
        let fill = match self.recipe.fill {
            0 => 0,
            times if random.once_in(u32::from(times)) => random.below(4),
            _ => 0,
        };
        let mut out = vec![0xff; fill as usize + 1];
        // What a file is, is told by the first three bytes.
        if self.recipe.extras.stray && self.out.len() > SOI.len() && random.once_in(2) {
            out.splice(0..0, [1, 0x55, 0xfe][..=random.index(3)].iter().copied());
        }
        out.push(marker);
        out.extend((payload.len() as u16 + 2).to_be_bytes());
        out.extend(payload);
        out
    }

    fn push(&mut self, marker: u8, payload: &[u8]) {
        let mut random = Random::new(self.random.number());
        let segment = self.segment(marker, payload, &mut random);
        self.out.extend(segment);
    }

    fn extras(&mut self) {
        let extras = &self.recipe.extras;
        if let Some(major) = extras.jfif {
            self.push(
                APP0,
                &[b'J', b'F', b'I', b'F', 0, major, 1, 0, 0, 1, 0, 1, 0, 0],
            );
        }
        if let Some(exif) = extras.exif {
            let payload = exif_block(exif, &mut self.random);
            self.push(APP0 + 1, &payload);
        }
        if let Some(transform) = extras.adobe {
            self.push(
                APP0 + 14,
                &[b'A', b'd', b'o', b'b', b'e', 0, 100, 0, 0, 0, 0, transform],
            );
        }
        for _ in 0..extras.others {
            let marker = self
                .random
                .pick(&[COM, COM, APP0 + 2, APP0 + 13, APP0 + 15]);
            let len = self.random.index(60);
            let payload = self.random.bytes(len);
            self.push(marker, &payload);
        }
    }

    /// Frame header, tables and restart interval.
    fn head(&mut self, quants: &[[u16; 64]; 4], codes: &[Option<Code>; 8]) {
        let mut parts = self.quant_tables(quants);
        parts.extend(self.huffman_tables(codes));
        if self.recipe.restart > 0 {
            parts.push((DRI, self.recipe.restart.to_be_bytes().to_vec()));
        }
        if self.recipe.tables.decoys {
            let decoys = self.decoys();
            let own = std::mem::replace(&mut parts, decoys);
            if self.recipe.restart > 0 {
                parts.push((DRI, vec![1, 2]));
            }
            self.segments(&parts);
            parts = own;
        }
        // As most encoders have it: quantisation tables before the frame header, all else after it.
        let mut before = parts.iter().take_while(|part| part.0 == DQT).count();
        if self.recipe.tables.shuffled {
            self.random.shuffle(&mut parts);
            before = self.random.index(parts.len() + 1);
        }
        self.segments(&parts[..before]);
        self.frame_header();
        self.segments(&parts[before..]);
    }

    fn segments(&mut self, parts: &[(u8, Vec<u8>)]) {
        for (marker, payload) in parts {
            self.push(*marker, payload);
        }
    }

    fn quant_tables(&mut self, quants: &[[u16; 64]; 4]) -> Vec<(u8, Vec<u8>)> {
        let mut payloads = Vec::new();
        for (id, values) in quants.iter().enumerate() {
            if self
                .recipe
                .components
                .iter()
                .any(|c| usize::from(c.quant) == id)
            {
                let wide = self.recipe.tables.quant_wide || values.iter().any(|&value| value > 255);
                payloads.push(quant_payload(id as u8, values, wide));
            }
        }
        together(DQT, payloads, self.recipe.tables.quant_together)
    }

    fn huffman_tables(&mut self, codes: &[Option<Code>; 8]) -> Vec<(u8, Vec<u8>)> {
        let payload =
            |(table, code): (usize, &Option<Code>)| Some(huffman_payload(table, code.as_ref()?));
        let payloads = codes.iter().enumerate().filter_map(payload).collect();
        together(DHT, payloads, self.recipe.tables.huffman_together)
    }

    /// All tables there can be, with content that the file has no use for.
    fn decoys(&mut self) -> Vec<(u8, Vec<u8>)> {
        let random = &mut self.random;
        let mut parts: Vec<_> = (0..4)
            .map(|id| {
                (
                    DQT,
                    quant_payload(id, &quant_table(Quant::UpTo(255), 0, random), false),
                )
            })
            .collect();
        for table in 0..8 {
            let frequencies = std::array::from_fn(|symbol| {
                u32::from(random.once_in(4) && (table > 3 || symbol < 12))
                    .max(u32::from(symbol == 1))
            });
            parts.push((
                DHT,
                huffman_payload(table, &Code::build(Shape::Wild, &frequencies, random)),
            ));
        }
        parts
    }

    fn frame_header(&mut self) {
        let recipe = self.recipe;
        let mut payload = vec![recipe.precision];
        payload.extend(recipe.height.to_be_bytes());
        payload.extend(recipe.width.to_be_bytes());
        payload.push(recipe.components.len() as u8);
        for c in &recipe.components {
            payload.extend([c.id, c.across << 4 | c.down, c.quant]);
        }
        self.push(recipe.frame, &payload);
    }

    fn scan_header(&mut self, members: &[usize]) {
        let mut payload = vec![members.len() as u8];
        for component in members
            .iter()
            .map(|&member| &self.recipe.components[member])
        {
            payload.extend([component.id, component.dc << 4 | component.ac]);
        }
        payload.extend([0, 63, 0]);
        self.push(SOS, &payload);
    }

    fn tail(&mut self) {
        let stray = |len: u8, random: &mut Random| {
            (0..len)
                .map(|_| random.below(255) as u8)
                .collect::<Vec<_>>()
        };
        match self.recipe.tail {
            Tail::Missing => return,
            Tail::Extraneous(len) => self.out.extend(stray(len, &mut self.random)),
            Tail::Restart => self.out.extend([0xff, 0xd0 + self.random.below(8) as u8]),
            Tail::Plain | Tail::Garbage(_) | Tail::Second => {}
        }
        self.out.extend(EOI);
        match self.recipe.tail {
            Tail::Garbage(len) => {
                let garbage = self.random.bytes(usize::from(len));
                self.out.extend(garbage);
            }
            Tail::Second => self.out.extend(small_file(&mut self.random)),
            _ => {}
        }
    }
}

/// The standard table nearest to what a table is for; it has a code for all symbols but the odd
/// ones, in whose place the file gets a code of its own.
fn standard_for(table: usize, counts: &[u32; 256]) -> Code {
    let code = Code::standard(table > 3, !table.is_multiple_of(2));
    let covered = (0..=255).all(|symbol| counts[usize::from(symbol)] == 0 || code.of(symbol).1 > 0);
    if covered {
        code
    } else {
        Code::build(Shape::Optimal, counts, &mut Random::new(0))
    }
}

/// Segments of one kind, or one with all that they say.
fn together(marker: u8, payloads: Vec<Vec<u8>>, join: bool) -> Vec<(u8, Vec<u8>)> {
    if join {
        vec![(marker, payloads.concat())]
    } else {
        payloads
            .into_iter()
            .map(|payload| (marker, payload))
            .collect()
    }
}

fn quant_payload(id: u8, values: &[u16; 64], wide: bool) -> Vec<u8> {
    let mut payload = vec![u8::from(wide) << 4 | id];
    for value in values {
        let bytes = value.to_be_bytes();
        payload.extend(if wide { &bytes[..] } else { &bytes[1..] });
    }
    payload
}

fn huffman_payload(table: usize, code: &Code) -> Vec<u8> {
    let mut payload = vec![(((table / 4) << 4) | (table % 4)) as u8];
    payload.extend(code.counts);
    payload.extend(&code.symbols);
    payload
}

/// A small image, as it stands inside or behind another one.
fn small_file(random: &mut Random) -> Vec<u8> {
    let component = Component {
        id: 1,
        across: 1,
        down: 1,
        quant: 0,
        dc: 0,
        ac: 0,
    };
    let mut recipe = Recipe::plain(16, 12, vec![component]);
    recipe.seed = random.number();
    recipe.codes = Shape::Optimal;
    write(&recipe)
}

/// The payload of an EXIF segment: a TIFF file with an orientation, and in a second directory a
/// thumbnail.
fn exif_block(exif: Exif, random: &mut Random) -> Vec<u8> {
    let two = |v: u16| {
        if exif.little {
            v.to_le_bytes()
        } else {
            v.to_be_bytes()
        }
    };
    let four = |v: u32| {
        if exif.little {
            v.to_le_bytes()
        } else {
            v.to_be_bytes()
        }
    };
    let entry = |tag: u16, kind: u16, value: [u8; 4]| {
        [&two(tag)[..], &two(kind), &four(1), &value].concat()
    };
    let [a, b] = two(u16::from(exif.orientation));
    let mut tiff = if exif.little {
        b"II*\0".to_vec()
    } else {
        b"MM\0*".to_vec()
    };
    tiff.extend(four(8));
    tiff.extend(two(1));
    tiff.extend(entry(0x0112, 3, [a, b, 0, 0]));
    // The first directory ends at 26; the second, of two entries, takes 30 bytes more.
    tiff.extend(four(if exif.thumbnail { 26 } else { 0 }));
    if exif.thumbnail {
        let image = small_file(random);
        tiff.extend(two(2));
        tiff.extend(entry(0x0201, 4, four(56)));
        tiff.extend(entry(0x0202, 4, four(image.len() as u32)));
        tiff.extend(four(0));
        tiff.extend(image);
    }
    [b"Exif\0\0".as_slice(), &tiff].concat()
}

/// The tables of ITU-T T.81, Annex K.1, row by row.
#[rustfmt::skip]
const LUMA: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80,
    62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103,
    121, 120, 101, 72, 92, 95, 98,
    112, 100, 103, 99,
];
#[rustfmt::skip]
const CHROMA: [u8; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99,
    99, 99,
];
