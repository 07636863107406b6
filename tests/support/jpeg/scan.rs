//! Blocks to entropy-coded data, by way of symbols: which ones occur has to be known before a code
//! for them is made.

use super::blocks::Block;
use super::huffman::Code;
use super::random::Random;
use super::recipe::{Coding, Recipe};

/// What is written: a symbol of a table and the bits after it, or a restart marker.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Token {
    /// A symbol.
    Symbol {
        /// The table: 0 to 3 for first coefficients, 4 to 7 for others.
        table: u8,
        /// The symbol.
        symbol: u8,
        /// The bits that follow its code.
        bits: u16,
    },
    /// The restart marker of this number.
    Restart(u8),
}

/// The blocks of a component, as many as whole MCUs take.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) blocks: Vec<Block>,
    /// Blocks in a row.
    pub(crate) stride: usize,
    /// Blocks across and down that have a part in the image: what a scan of this component alone
    /// holds.
    pub(crate) own: (usize, usize),
}

/// The tokens of the scan of some components.
pub(crate) fn tokens(
    recipe: &Recipe,
    grids: &[Grid],
    members: &[usize],
    most: i32,
    random: &mut Random,
) -> Vec<Token> {
    let (across, down) = if let [one] = *members {
        grids[one].own
    } else {
        let first = &recipe.components[members[0]];
        let grid = &grids[members[0]];
        (
            grid.stride / usize::from(first.across),
            grid.blocks.len() / grid.stride / usize::from(first.down),
        )
    };
    let mut writer = Writer {
        tokens: Vec::new(),
        before: [0; 4],
        coding: recipe.coding,
        most,
        random,
    };
    for mcu in 0..across * down {
        let interval = usize::from(recipe.restart);
        if interval > 0 && mcu > 0 && mcu.is_multiple_of(interval) {
            writer
                .tokens
                .push(Token::Restart(((mcu / interval - 1) % 8) as u8));
            writer.before = [0; 4];
        }
        for &member in members {
            let (component, grid) = (&recipe.components[member], &grids[member]);
            let blocks = match members.len() {
                1 => (1, 1),
                _ => (usize::from(component.across), usize::from(component.down)),
            };
            for i in 0..blocks.0 * blocks.1 {
                let column = mcu % across * blocks.0 + i % blocks.0;
                let row = mcu / across * blocks.1 + i / blocks.0;
                writer.block(
                    &grid.blocks[row * grid.stride + column],
                    member,
                    (component.dc, component.ac),
                );
            }
        }
    }
    writer.tokens
}

struct Writer<'a, 'r> {
    tokens: Vec<Token>,
    before: [i32; 4],
    coding: Coding,
    /// The largest difference of first coefficients.
    most: i32,
    random: &'a mut Random<'r>,
}

impl Writer<'_, '_> {
    fn block(&mut self, block: &Block, member: usize, (dc, ac): (u8, u8)) {
        // Blocks follow each other in other ways than in the plane: the tables may have no code for
        // so large a step.
        let difference = (block[0] - self.before[member]).clamp(-self.most, self.most);
        self.before[member] += difference;
        self.symbol(dc, 0, difference);
        let table = 4 + ac;
        let mut run = 0u8;
        for &coefficient in &block[1..] {
            if coefficient == 0 {
                run += 1;
                continue;
            }
            for _ in 0..run / 16 {
                self.symbol(table, 0xf0, 0);
            }
            self.symbol(table, (run % 16) << 4, coefficient);
            run = 0;
        }
        if run > 0 {
            self.end(table, run);
        }
    }

    /// A symbol with the number of bits of `value` added to it, and those bits.
    fn symbol(&mut self, table: u8, symbol: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        let bits = if value < 0 { value - 1 } else { value } & ((1 << size) - 1);
        self.tokens.push(Token::Symbol {
            table,
            symbol: symbol | size as u8,
            bits: bits as u16,
        });
    }

    /// The end of a block of which the last `run` coefficients are 0.
    fn end(&mut self, table: u8, run: u8) {
        match self.coding {
            Coding::Trailing => {
                for _ in 0..run / 16 {
                    self.symbol(table, 0xf0, 0);
                }
                // Sixteen zeros are past the end where exactly so many are left: then no end of
                // block follows.
                if !run.is_multiple_of(16) {
                    self.symbol(table, 0, 0);
                }
            }
            Coding::Aliased => {
                let alias = self.random.below(15) as u8;
                self.symbol(table, alias << 4, 0);
            }
            Coding::Overrun if run < 16 && self.random.once_in(3) => {
                let longer = self.random.between(i32::from(run), 15) as u8;
                let value = self.random.pick(&[-1, 1, 5]);
                self.symbol(table, longer << 4, value);
            }
            Coding::Plain | Coding::Overrun => self.symbol(table, 0, 0),
        }
    }
}

/// How often each symbol of each table occurs.
pub(crate) fn frequencies(scans: &[Vec<Token>]) -> [[u32; 256]; 8] {
    let mut counts = [[0; 256]; 8];
    for token in scans.iter().flatten() {
        if let Token::Symbol { table, symbol, .. } = *token {
            counts[usize::from(table)][usize::from(symbol)] += 1;
        }
    }
    counts
}

/// The bytes of a scan. Before markers, the bits left over are ones, or zeros; `fill` says how many
/// more 0xff stand there.
pub(crate) fn bytes(
    tokens: &[Token],
    codes: &[Option<Code>; 8],
    ones: bool,
    mut fill: impl FnMut() -> u8,
) -> Vec<u8> {
    let mut bits = Bits {
        out: Vec::new(),
        held: 0,
        count: 0,
    };
    for token in tokens {
        match *token {
            Token::Symbol {
                table,
                symbol,
                bits: value,
            } => {
                let code = codes[usize::from(table)]
                    .as_ref()
                    .expect("a code for each table in use")
                    .of(symbol);
                assert!(code.1 > 0, "a code for each symbol that occurs");
                bits.put(code.0, code.1);
                bits.put(value, symbol & 15);
            }
            Token::Restart(number) => {
                bits.flush(ones);
                bits.out.extend((0..=fill()).map(|_| 0xff));
                bits.out.push(0xd0 + number);
            }
        }
    }
    bits.flush(ones);
    bits.out
}

struct Bits {
    out: Vec<u8>,
    held: u32,
    count: u8,
}

impl Bits {
    fn put(&mut self, bits: u16, count: u8) {
        self.held = self.held << count | u32::from(bits);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn flush(&mut self, ones: bool) {
        let missing = (8 - self.count) % 8;
        self.put(if ones { (1 << missing) - 1 } else { 0 }, missing);
    }
}
