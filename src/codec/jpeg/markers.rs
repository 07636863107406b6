//! What is looked up among a file's markers without reading it through.

/// Whether a file that goes on with `scan` has an end-of-image marker: one that was cut short has
/// none, and whether a file is complete must not depend on the part that is decoded. It is the last
/// thing in nearly every file, so it is looked for from behind.
pub(super) fn ends(scan: &[u8]) -> bool {
    scan.windows(2).rev().any(|pair| pair == [0xff, 0xd9])
}

/// Whether what comes before a file's scan has the header of a lossless frame among its segments.
pub(super) fn is_lossless(mut segments: &[u8]) -> bool {
    const START: u8 = 0xd8;
    const LOSSLESS: u8 = 0xc3;
    loop {
        segments = match segments {
            [0xff, LOSSLESS, ..] => return true,
            [0xff, 0xff, ..] => &segments[1..],
            [0xff, START, rest @ ..] => rest,
            [0xff, _, high, low, ..] => {
                let len = usize::from(u16::from_be_bytes([*high, *low]));
                segments.get(2 + len..).unwrap_or_default()
            }
            _ => return false,
        };
    }
}
