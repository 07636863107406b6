//! Quantisation tables, and the order in which a file has coefficients.

/// Position in natural (row-major) order of each coefficient in zigzag order (T.81, figure A.6).
pub(super) const ZIGZAG: [u8; 64] = zigzag();

/// A DQT table: 64 values in zigzag order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Quantisation<'a> {
    /// Two bytes each, not one.
    pub(super) is_wide: bool,
    pub(super) values: &'a [u8],
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

    #[test]
    fn zigzag_is_a_permutation() {
        let mut seen = ZIGZAG;
        seen.sort_unstable();
        assert!(seen.iter().enumerate().all(|(i, &at)| i == usize::from(at)));
        assert_eq!(ZIGZAG[..10], [0, 1, 8, 16, 9, 2, 3, 10, 17, 24]);
    }
}
