//! Huffman codes of every shape that a DHT segment can hold.

use super::Random;

/// The shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The tables of ITU-T T.81, Annex K.3, which most files have.
    Standard,
    /// The file's own, short codes for what is frequent.
    Optimal,
    /// A few short codes, all others 16 bits long.
    Long,
    /// All codes of about one length.
    Flat,
    /// Any tree, its leaves in any order: what is frequent may have the longest code.
    Wild,
}

/// A code: how many codes there are of each length, the symbols in their order, and what each
/// symbol becomes.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) counts: [u8; 16],
    pub(crate) symbols: Vec<u8>,
    of: Vec<(u16, u8)>,
}

impl Code {
    fn new(counts: [u8; 16], symbols: Vec<u8>) -> Self {
        let mut of = vec![(0, 0); 256];
        let (mut code, mut next) = (0u32, symbols.iter());
        for (i, &count) in counts.iter().enumerate() {
            for _ in 0..count {
                let symbol = next.next().expect("a symbol for each code");
                of[usize::from(*symbol)] = (code as u16, i as u8 + 1);
                code += 1;
            }
            assert!(code < 1 << (i + 1), "the code of ones only is no code");
            code <<= 1;
        }
        Self {
            counts,
            symbols,
            of,
        }
    }

    /// The bits of a symbol, and how many they are.
    pub(crate) fn of(&self, symbol: u8) -> (u16, u8) {
        self.of[usize::from(symbol)]
    }

    /// One of the four standard tables.
    pub(crate) fn standard(ac: bool, chroma: bool) -> Self {
        let (counts, symbols): ([u8; 16], &[u8]) = match (ac, chroma) {
            (false, false) => (DC_COUNTS, &DC_SYMBOLS),
            (false, true) => (DC_CHROMA_COUNTS, &DC_SYMBOLS),
            (true, false) => (AC_COUNTS, &AC_SYMBOLS),
            (true, true) => (AC_CHROMA_COUNTS, &AC_CHROMA_SYMBOLS),
        };
        Self::new(counts, symbols.to_vec())
    }

    /// A code for the symbols that occur, that is whose frequency is not 0, in a shape other than
    /// the standard one.
    pub(crate) fn build(shape: Shape, frequencies: &[u32; 256], random: &mut Random) -> Self {
        let mut symbols: Vec<u8> = (0..=255)
            .filter(|&s| frequencies[usize::from(s)] > 0)
            .collect();
        symbols.sort_by_key(|&s| std::cmp::Reverse(frequencies[usize::from(s)]));
        // One leaf more than symbols: the deepest one would be the code of ones only, which no
        // symbol may have.
        let leaves = symbols.len() + 1;
        let mut counts = match shape {
            Shape::Standard | Shape::Optimal => {
                optimal(symbols.iter().map(|&s| frequencies[usize::from(s)]))
            }
            Shape::Long => long(leaves),
            Shape::Flat => flat(leaves),
            Shape::Wild => wild(leaves, random),
        };
        if shape == Shape::Wild {
            random.shuffle(&mut symbols);
        }
        let last = counts.iter().rposition(|&count| count > 0).expect("a leaf");
        counts[last] -= 1;
        Self::new(counts.map(|count| count as u8), symbols)
    }
}

/// How many leaves there are at each depth from 1 on.
type Leaves = [u32; 16];

/// Huffman's tree, for the frequencies and one leaf of frequency 0, cut to 16 levels as ITU-T T.81,
/// K.2 has it.
fn optimal(frequencies: impl Iterator<Item = u32>) -> Leaves {
    let mut trees: Vec<(u32, Vec<u32>)> = frequencies.map(|f| (f, vec![0])).collect();
    trees.push((0, vec![0]));
    while trees.len() > 1 {
        trees.sort_by_key(|tree| std::cmp::Reverse(tree.0));
        let (a, b) = (
            trees.pop().expect("a tree"),
            trees.pop().expect("another tree"),
        );
        trees.push((
            a.0 + b.0,
            a.1.iter().chain(&b.1).map(|depth| depth + 1).collect(),
        ));
    }
    let depths = trees.pop().expect("one tree").1;
    let mut counts = vec![0u32; depths.iter().copied().max().unwrap_or(1).max(16) as usize + 1];
    for depth in depths {
        counts[depth as usize] += 1;
    }
    for depth in (17..counts.len()).rev() {
        while counts[depth] > 0 {
            let above = (1..depth - 1)
                .rev()
                .find(|&d| counts[d] > 0)
                .expect("a leaf to hang a pair under");
            counts[depth] -= 2;
            counts[depth - 1] += 1;
            counts[above + 1] += 2;
            counts[above] -= 1;
        }
    }
    std::array::from_fn(|i| counts[i + 1])
}

fn long(leaves: usize) -> Leaves {
    let mut counts = [0; 16];
    let fits = |short: &usize| leaves - short <= 1 << (16 - short);
    let short = (0..leaves.min(16))
        .rev()
        .find(fits)
        .expect("256 codes of 16 bits");
    counts[..short].fill(1);
    counts[15] = (leaves - short) as u32;
    counts
}

fn flat(leaves: usize) -> Leaves {
    /// What a byte of the segment can say, and the leaf that is no code.
    const MOST: usize = 256;
    let mut counts = [0; 16];
    let length = leaves.next_power_of_two().trailing_zeros() as usize;
    counts[length - 1] = leaves.min(MOST - 1) as u32;
    counts[length] = (leaves - leaves.min(MOST - 1)) as u32;
    counts
}

fn wild(leaves: usize, random: &mut Random) -> Leaves {
    let mut depths = vec![0usize];
    while depths.len() < leaves {
        let at = random.index(depths.len());
        // A tree of 257 leaves always has one above level 16.
        if depths[at] < 16 {
            depths[at] += 1;
            depths.push(depths[at]);
        }
    }
    let mut counts = [0; 16];
    for depth in depths {
        counts[depth - 1] += 1;
    }
    counts
}

const DC_COUNTS: [u8; 16] = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const DC_CHROMA_COUNTS: [u8; 16] = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
const DC_SYMBOLS: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const AC_COUNTS: [u8; 16] = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7d];
const AC_CHROMA_COUNTS: [u8; 16] = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77];
#[rustfmt::skip]
const AC_SYMBOLS: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71,
    0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33,
    0x62, 0x72,
    0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34, 0x35,
    0x36, 0x37,
    0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57,
    0x58, 0x59,
    0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79,
    0x7a, 0x83,
    0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a,
    0xa2, 0xa3,
    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba,
    0xc2, 0xc3,
    0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda,
    0xe1, 0xe2,
    0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
    0xf9, 0xfa,
];
#[rustfmt::skip]
const AC_CHROMA_SYMBOLS: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22,
    0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62,
    0x72, 0xd1,
    0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a,
    0x35, 0x36,
    0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56,
    0x57, 0x58,
    0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78,
    0x79, 0x7a,
    0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98,
    0x99, 0x9a,
    0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8,
    0xb9, 0xba,
    0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
    0xd9, 0xda,
    0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8,
    0xf9, 0xfa,
];
