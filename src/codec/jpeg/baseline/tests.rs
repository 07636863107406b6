//! The decoder against libjpeg-turbo, over photographs and over damaged files; and how fast it is.
//! The long ones are asked for by name, and need the folder that `IMAGEPIPE_PHOTOS` names.
#![allow(clippy::print_stdout, reason = "measurements are printed")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::precedence,
    clippy::verbose_bit_mask,
    reason = "small numbers"
)]

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::super::super::{Request, Window};
use super::super::frame::{Cut, Frame};
use super::super::tally::Handover;
use super::super::turbo::{Color, Handle, Out, PlaneLayout};
use super::{Baseline, parse};

/// A small generator of numbers, for tests that must be the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) * u64::from(end) >> 31).unwrap()
    }

    fn window(&mut self, frame: &Frame, denominator: u32) -> Window {
        let size = frame.scaled(denominator);
        let (left, top) = (self.below(size.width), self.below(size.height));
        let (width, height) = (
            1 + self.below(size.width - left),
            1 + self.below(size.height - top),
        );
        Window {
            left,
            top,
            width,
            height,
        }
    }
}

/// The sets' files, in memory.
fn photos(set: &str) -> Vec<Vec<u8>> {
    let Some(root) = std::env::var_os("IMAGEPIPE_PHOTOS") else {
        return Vec::new();
    };
    let mut paths = Vec::new();
    for class in std::fs::read_dir(Path::new(&root).join(set)).unwrap() {
        paths.extend(
            std::fs::read_dir(class.unwrap().path())
                .unwrap()
                .map(|file| file.unwrap().path()),
        );
    }
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Planes by libjpeg-turbo: rows of all columns from the top.
struct Turbo {
    handle: Handle,
    pixels: Vec<u8>,
    layout: Option<[PlaneLayout; 3]>,
    components: usize,
}

impl Turbo {
    fn new() -> Self {
        Self {
            handle: Handle::new().unwrap(),
            pixels: Vec::new(),
            layout: None,
            components: 0,
        }
    }

    /// Rows down to `bottom` at 1/`denominator`.
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn planes(&mut self, bytes: &[u8], denominator: u32, bottom: u32) -> Result<(), String> {
        let stop = AtomicBool::new(false);
        let mut source = self
            .handle
            .open(bytes, &stop)
            .map_err(|reason| reason.to_string())?;
        if !super::super::markers::ends(&bytes[source.scan..]) {
            return Err("not ended".into());
        }
        self.components = if source.color == Color::Gray { 1 } else { 3 };
        let window = Window {
            left: 0,
            top: 0,
            width: 1,
            height: bottom,
        };
        let request = Request {
            denominator,
            window,
            gray: false,
            exact: false,
        };
        if self.components == 1 {
            let width = source.size.width.div_ceil(denominator);
            let window = Window { width, ..window };
            let request = Request {
                denominator,
                window,
                gray: false,
                exact: false,
            };
            source
                .start_rows(&request, Out::Gray)
                .map_err(|reason| reason.to_string())?;
            self.pixels.resize((width * bottom) as usize, 0);
            source
                .read_rows(&request, Out::Gray, &mut self.pixels, width as usize)
                .map_err(|reason| reason.to_string())?;
            return Ok(());
        }
        let layout = source
            .start_planes(&request)
            .map_err(|reason| reason.to_string())?;
        let lengths = layout.map(|plane| plane.bytes());
        if self.pixels.len() < lengths.iter().sum() {
            self.pixels.resize(lengths.iter().sum(), 0);
        }
        let (y, rest) = self.pixels.split_at_mut(lengths[0]);
        let (cb, cr) = rest.split_at_mut(lengths[1]);
        source
            .read_planes(&layout, [y, cb, cr])
            .map_err(|reason| reason.to_string())?;
        self.layout = Some(layout);
        Ok(())
    }

    /// Samples of a row of a plane.
    fn row(&self, plane: usize, y: usize, width: usize) -> &[u8] {
        if self.components == 1 {
            return &self.pixels[y * width..];
        }
        let layout = self.layout.as_ref().unwrap();
        let start: usize = layout[..plane].iter().map(PlaneLayout::bytes).sum();
        &self.pixels[start + y * layout[plane].stride()..]
    }
}

/// Planes by our decoder.
struct Ours {
    baseline: Baseline,
    planes: [Vec<u8>; 3],
}

impl Ours {
    fn new() -> Option<Self> {
        Some(Self {
            baseline: Baseline::detect()?,
            planes: [const { Vec::new() }; 3],
        })
    }

    fn decode(&mut self, bytes: &[u8], cut: impl FnOnce(&Frame) -> Cut) -> Result<Cut, Handover> {
        let header = parse(bytes)?;
        let cut = cut(&header.frame);
        for (room, plane) in self.planes.iter_mut().zip(&cut.planes).take(cut.wanted) {
            if room.len() < plane.bytes() {
                room.resize(plane.bytes(), 0);
            }
        }
        let planes = self.planes.each_mut().map(Vec::as_mut_slice);
        self.baseline
            .decode(&header, &cut, planes, &AtomicBool::new(false))?;
        Ok(cut)
    }
}

/// Decodes with both and compares; whether ours took it. What ours takes, libjpeg-turbo must take.
fn same(
    ours: &mut Ours,
    turbo: &mut Turbo,
    bytes: &[u8],
    cut: impl FnOnce(&Frame) -> Cut,
) -> Result<bool, String> {
    let mut bottom = 0;
    let with_bottom = |frame: &Frame| {
        let cut = cut(frame);
        let row = frame.finest().down * 8 / cut.denominator;
        bottom = (cut.rows.end * row).min(frame.scaled(cut.denominator).height);
        cut
    };
    let Ok(cut) = ours.decode(bytes, with_bottom) else {
        return Ok(false);
    };
    turbo.planes(bytes, cut.denominator, bottom)?;
    if turbo.components != cut.components {
        return Err("components".into());
    }
    for (i, plane) in cut.planes.iter().enumerate().take(cut.wanted) {
        let width = plane.width as usize;
        for y in 0..plane.height as usize {
            let expected = &turbo.row(i, plane.top as usize + y, plane.whole.width as usize)
                [plane.left as usize..];
            if ours.planes[i][y * plane.stride as usize..][..width] != expected[..width] {
                return Err(format!("plane {i}, row {y} of {cut:?}"));
            }
        }
    }
    Ok(true)
}

#[test]
#[ignore = "long"]
fn photographs() {
    let (Some(mut ours), mut turbo, mut numbers) = (Ours::new(), Turbo::new(), Numbers(1)) else {
        return;
    };
    for set in ["small", "large"] {
        let (mut taken, mut all) = (0, 0);
        for (i, bytes) in photos(set).iter().enumerate() {
            for denominator in [1, 2, 4, 8] {
                let whole = |frame: &Frame| {
                    frame.cut(Window::whole(frame.scaled(denominator)), denominator, 3)
                };
                all += 1;
                taken += u32::from(
                    same(&mut ours, &mut turbo, bytes, whole)
                        .unwrap_or_else(|e| panic!("{i}: {e}")),
                );
                for wanted in [1, 3, 3] {
                    let part = |frame: &Frame| {
                        frame.cut(numbers.window(frame, denominator), denominator, wanted)
                    };
                    same(&mut ours, &mut turbo, bytes, part).unwrap_or_else(|e| panic!("{i}: {e}"));
                }
            }
        }
        println!("{set}: {taken} of {all} taken");
    }
}

/// A file of random coefficients: any sampling, any code, any restart interval. Only what it looks
/// like is unusual.
struct Synthetic {
    numbers: Numbers,
    out: Vec<u8>,
    buffer: u64,
    count: u32,
}

/// Words by symbol: length and bits.
type Words = Vec<(u8, u32, u32)>;

impl Synthetic {
    fn file(seed: u64) -> Vec<u8> {
        let mut file = Self {
            numbers: Numbers(seed),
            out: vec![0xff, 0xd8],
            buffer: 0,
            count: 0,
        };
        for _ in 0..10 {
            file.below(2);
        }
        file.write();
        file.out
    }

    fn below(&mut self, end: u32) -> u32 {
        self.numbers.below(end)
    }

    fn segment(&mut self, code: u8, payload: &[u8]) {
        for _ in 0..self.below(3) / 2 {
            self.out.push(0xff);
        }
        self.out.extend([0xff, code]);
        self.out
            .extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
        self.out.extend(payload);
    }

    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn write(&mut self) {
        let count = [1, 3, 3][self.below(3) as usize];
        let sampling: Vec<(u32, u32)> = loop {
            let all: Vec<_> = (0..count)
                .map(|_| (1 + self.below(4), 1 + self.below(4)))
                .collect();
            if count == 1 || all.iter().map(|(h, v)| h * v).sum::<u32>() <= 10 {
                break all;
            }
        };
        let (width, height) = (1 + self.below(150), 1 + self.below(150));
        let quant: Vec<u8> = (0..64).map(|_| 1 + self.below(20) as u8).collect();
        self.segment(0xdb, &[&[0], &quant[..]].concat());
        self.segment(
            0xdb,
            &[
                &[0x11],
                &quant.iter().flat_map(|&v| [0, v]).collect::<Vec<_>>()[..],
            ]
            .concat(),
        );
        let mut frame = vec![8];
        frame.extend((height as u16).to_be_bytes());
        frame.extend((width as u16).to_be_bytes());
        frame.push(count);
        let mut selectors = vec![count];
        for (i, &(h, v)) in (1..).zip(&sampling) {
            frame.extend([i, (h << 4 | v) as u8, self.below(2) as u8]);
            selectors.extend([i, 0x01]);
        }
        selectors.extend([0, 63, 0]);
        self.segment(0xc0, &frame);
        let largest = self.below(16);
        let dc = self.table(0x00, &(0..12).collect::<Vec<u8>>());
        let ac: Vec<u8> = (0..=255).filter(|s| u32::from(s & 15) <= largest).collect();
        let ac = self.table(0x11, &ac);
        let interval = if self.below(2) == 0 {
            0
        } else {
            1 + self.below(40)
        };
        if interval > 0 {
            self.segment(0xdd, &(interval as u16).to_be_bytes());
        }
        self.segment(0xda, &selectors);
        let most = |f: fn(&(u32, u32)) -> u32| sampling.iter().map(f).max().unwrap();
        let (h, v) = if count == 1 {
            (1, 1)
        } else {
            (most(|s| s.0), most(|s| s.1))
        };
        let blocks = if count == 1 {
            1
        } else {
            sampling.iter().map(|(h, v)| h * v).sum()
        };
        let mcus = width.div_ceil(8 * h) * height.div_ceil(8 * v);
        let density = 1 + self.below(200);
        for mcu in 0..mcus {
            if interval > 0 && mcu > 0 && mcu % interval == 0 {
                self.pad();
                self.out
                    .extend([0xff, 0xd0 + ((mcu / interval - 1) & 7) as u8]);
            }
            for _ in 0..blocks {
                self.block(&dc, &ac, density);
            }
        }
        self.pad();
        self.out.extend([0xff, 0xd9]);
    }

    /// A code with a random shape, and its words.
    fn table(&mut self, class: u8, symbols: &[u8]) -> Words {
        let mut symbols = symbols.to_vec();
        for i in (1..symbols.len()).rev() {
            symbols.swap(i, self.below(i as u32 + 1) as usize);
        }
        let (mut counts, mut words) = ([0u8; 16], Words::new());
        let (mut word, mut left) = (0u32, symbols.len() as u32);
        for length in 1..=16u32 {
            // As many as leave room for the rest at length 16, and for the word of all ones.
            let room = (1u32 << length) - word;
            let most = (0..=left.min(room - 1))
                .rev()
                .find(|n| u64::from(room - n) << (16 - length) > u64::from(left - n))
                .unwrap_or(0);
            let count = if length == 16 {
                left
            } else {
                self.below(most + 1).min(self.below(most + 1))
            };
            for _ in 0..count {
                words.push((symbols[words.len()], length, word));
                word += 1;
            }
            counts[length as usize - 1] = count as u8;
            left -= count;
            word <<= 1;
        }
        if left > 0 || counts.iter().map(|&c| usize::from(c)).sum::<usize>() != symbols.len() {
            return self.table(class, &symbols);
        }
        self.segment(0xc4, &[&[class], &counts[..], &symbols].concat());
        words
    }

    fn block(&mut self, dc: &Words, ac: &Words, density: u32) {
        let symbol = self.below(dc.len() as u32) as usize;
        self.symbol(dc[symbol]);
        let mut k = 1;
        while k < 64 {
            // The frequent ones, mostly.
            let most = if self.below(4) == 0 {
                ac.len()
            } else {
                8.min(ac.len())
            };
            let word = ac[self.below(most as u32) as usize];
            let (run, size) = (u32::from(word.0 >> 4), word.0 & 15);
            if size == 0 && run != 15 {
                if self.below(density) != 0 {
                    continue;
                }
                k = 64;
            } else if k + run > 63 {
                if self.below(8) == 0 {
                    continue;
                }
                let end = ac.iter().find(|word| word.0 & 15 == 0 && word.0 >> 4 != 15);
                self.symbol(*end.unwrap());
                break;
            }
            k += run + 1;
            self.symbol(word);
        }
    }

    fn symbol(&mut self, (symbol, length, word): (u8, u32, u32)) {
        self.bits(word, length);
        let size = u32::from(symbol & 15);
        let value = self.below(1 << size);
        self.bits(value, size);
    }

    fn bits(&mut self, value: u32, count: u32) {
        self.buffer = self.buffer << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.buffer >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn pad(&mut self) {
        let count = (8 - self.count % 8) % 8;
        let value = self.below(1 << count);
        self.bits(value, count);
    }
}

#[test]
fn synthetic_files() {
    let (Some(mut ours), mut turbo, mut numbers) = (Ours::new(), Turbo::new(), Numbers(5)) else {
        return;
    };
    let count = std::env::var("COUNT")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(300);
    let mut taken = 0;
    for seed in 0..count {
        let bytes = Synthetic::file(seed);
        let header = parse(&bytes);
        for denominator in [1, 2, 4, 8] {
            let whole =
                |frame: &Frame| frame.cut(Window::whole(frame.scaled(denominator)), denominator, 3);
            let is_taken = same(&mut ours, &mut turbo, &bytes, whole)
                .unwrap_or_else(|e| panic!("{seed}: {e}"));
            // Only fractional sampling is refused.
            assert_eq!(is_taken, header.is_ok(), "{seed}");
            taken += u32::from(is_taken);
            for wanted in [1, 3] {
                let part = |frame: &Frame| {
                    frame.cut(numbers.window(frame, denominator), denominator, wanted)
                };
                let is_taken = same(&mut ours, &mut turbo, &bytes, part)
                    .unwrap_or_else(|e| panic!("{seed}: {e}"));
                assert_eq!(is_taken, header.is_ok(), "{seed}");
            }
        }
    }
    println!("{taken} of {} taken", count * 4);
    assert!(u64::from(taken) > count, "most files are taken");
}

/// Changes a file somewhere.
fn damage(numbers: &mut Numbers, bytes: &mut Vec<u8>) {
    for _ in 0..=numbers.below(2) {
        // Headers are short, and would hardly be hit.
        let end = if numbers.below(3) == 0 {
            700.min(bytes.len())
        } else {
            bytes.len()
        };
        let at = numbers.below(end as u32) as usize;
        let byte = [numbers.below(256), 0xff, 0, 0xd0 + numbers.below(10)]
            [numbers.below(4) as usize] as u8;
        match numbers.below(8) {
            0..=2 => bytes[at] = byte,
            3..=4 => bytes[at] ^= 1 << numbers.below(8),
            5 => bytes.insert(at, byte),
            6 => drop(bytes.remove(at)),
            _ => {
                let length = numbers.below(40) as usize;
                let end = (at + length).min(bytes.len());
                bytes.drain(at..end);
            }
        }
        if bytes.is_empty() {
            return;
        }
    }
    if numbers.below(20) == 0 {
        bytes.truncate(numbers.below(bytes.len() as u32) as usize);
    }
}

/// Damaged files: what ours takes, libjpeg-turbo takes without a warning, and the samples are the
/// same.
#[test]
fn damaged_files() {
    let (Some(mut ours), mut turbo, mut numbers) = (Ours::new(), Turbo::new(), Numbers(7)) else {
        return;
    };
    let count: u64 = std::env::var("COUNT")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2000);
    let photos: Vec<_> = photos("small").into_iter().step_by(40).collect();
    let (mut taken, mut all) = (0, 0);
    for seed in 0..count {
        let mut bytes = match photos.get(seed as usize / 2 % photos.len().max(1)) {
            Some(bytes) if seed % 2 == 0 => bytes.clone(),
            _ => Synthetic::file(seed),
        };
        damage(&mut numbers, &mut bytes);
        let denominator = 1 << numbers.below(4);
        let cut = |frame: &Frame| {
            let whole = Window::whole(frame.scaled(denominator));
            let window = if numbers.below(2) == 0 {
                whole
            } else {
                numbers.window(frame, denominator)
            };
            frame.cut(window, denominator, 3)
        };
        all += 1;
        let frame = parse(&bytes).map(|header| header.frame);
        let taken_here = same(&mut ours, &mut turbo, &bytes, cut);
        taken += u32::from(
            taken_here.unwrap_or_else(|e| panic!("{seed}: {e}, {denominator}, {frame:?}")),
        );
    }
    println!("{taken} of {all} taken");
}
