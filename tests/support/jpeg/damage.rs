//! Damage: what transmission, disks, broken writers and ill will do to a file.

use std::ops::Range;

use super::Random;

/// Damages a file in one to four ways.
pub(crate) fn damage(file: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.pick(&[0, 0, 0, 1, 3]) {
        if file.len() > 4 {
            once(file, random);
        }
    }
}

fn once(file: &mut Vec<u8>, random: &mut Random) {
    let segments = segments(file);
    let len = file.len();
    let scan = segments.last().map_or(2, |last| last.end).min(len - 1);
    match random.below(20) {
        0..=3 => bits(file, scan..len, random),
        4 => bits(file, 2..len, random),
        5 => bits(file, 2..scan.max(3), random),
        6 => file.truncate(2 + random.index(len - 2)),
        7 => shorten(file, scan, random),
        8 => insert(file, 2, random),
        9 => insert(file, scan, random),
        10 => remove(file, 2, random),
        11 => remove(file, scan, random),
        12 => copy_segment(file, &segments, random),
        13 => swap_segments(file, &segments, random),
        14 => swap_restarts(file, scan, random),
        15 => restart(file, scan, random),
        16 => inject(file, scan, random),
        17 => header_field(file, &segments, random),
        18 => stuffing(file, scan, random),
        _ => blank(file, scan, random),
    }
}

/// The segments between the start of the image and the data of the first scan, as far as they can
/// be told apart.
fn segments(file: &[u8]) -> Vec<Range<usize>> {
    let mut segments = Vec::new();
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) =
        file.get(at..).and_then(|rest| rest.first_chunk::<4>())
    {
        if marker == 0xff {
            at += 1;
            continue;
        }
        let end = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        if end > file.len() {
            break;
        }
        segments.push(at..end);
        at = end;
        if marker == 0xda {
            break;
        }
    }
    segments
}

/// Turns some bits, or sets some bytes.
fn bits(file: &mut [u8], within: Range<usize>, random: &mut Random) {
    for _ in 0..=random.pick(&[0, 0, 1, 3, 20]) {
        let at = within.start + random.index(within.len());
        if random.once_in(3) {
            file[at] = random.pick(&[0, 0xff, 0xd9, 0x7f, 1]);
        } else {
            file[at] ^= 1 << random.below(8);
        }
    }
}

/// Cuts the scan, but leaves the end-of-image marker.
fn shorten(file: &mut Vec<u8>, scan: usize, random: &mut Random) {
    let end = file.len().saturating_sub(2).max(scan);
    let start = scan + random.index(end - scan + 1);
    file.drain(start..end);
}

fn insert(file: &mut Vec<u8>, from: usize, random: &mut Random) {
    let at = from + random.index(file.len() - from);
    let len = 1 + random.index(9);
    let bytes = if random.once_in(2) {
        vec![random.pick(&[0, 0xff, 0x55]); len]
    } else {
        random.bytes(len)
    };
    file.splice(at..at, bytes);
}

fn remove(file: &mut Vec<u8>, from: usize, random: &mut Random) {
    let at = from + random.index(file.len() - from);
    let most = random.pick(&[1, 1, 8, 100]);
    let len = 1 + random.index(most);
    file.drain(at..(at + len).min(file.len()));
}

fn copy_segment(file: &mut Vec<u8>, segments: &[Range<usize>], random: &mut Random) {
    if !segments.is_empty() {
        let copy = file[segments[random.index(segments.len())].clone()].to_vec();
        let at = segments[random.index(segments.len())].start;
        file.splice(at..at, copy);
    }
}

fn swap_segments(file: &mut Vec<u8>, segments: &[Range<usize>], random: &mut Random) {
    if segments.len() > 1 {
        let first = random.index(segments.len() - 1);
        let second = first + 1 + random.index(segments.len() - first - 1);
        let (a, b) = (segments[first].clone(), segments[second].clone());
        let swapped = [&file[b.clone()], &file[a.end..b.start], &file[a.clone()]].concat();
        file.splice(a.start..b.end, swapped);
    }
}

fn restarts(file: &[u8], scan: usize) -> Vec<usize> {
    let marker = |&at: &usize| file[at] == 0xff && (0xd0..0xd8).contains(&file[at + 1]);
    (scan..file.len() - 1).filter(marker).collect()
}

fn swap_restarts(file: &mut [u8], scan: usize, random: &mut Random) {
    let markers = restarts(file, scan);
    if let [_, _, ..] = markers[..] {
        file.swap(random.pick(&markers) + 1, random.pick(&markers) + 1);
    } else {
        let len = file.len();
        bits(file, scan..len, random);
    }
}

/// A restart marker more, less, or another one.
fn restart(file: &mut Vec<u8>, scan: usize, random: &mut Random) {
    let markers = restarts(file, scan);
    if markers.is_empty() {
        let at = scan + random.index(file.len() - scan);
        file.splice(at..at, [0xff, 0xd0 + random.below(8) as u8]);
        return;
    }
    let at = random.pick(&markers);
    match random.below(3) {
        0 => drop(file.drain(at..at + 2)),
        1 => file[at + 1] = 0xd0 + random.below(8) as u8,
        _ => drop(file.splice(at..at, [0xff, 0xd0 + random.below(8) as u8])),
    }
}

/// A marker of any kind in the middle of the data.
fn inject(file: &mut Vec<u8>, scan: usize, random: &mut Random) {
    let at = scan + random.index(file.len() - scan);
    let marker = random.pick(&[
        0xd9, 0xd8, 0xc4, 0xda, 0xdb, 0xdd, 0xdc, 0xfe, 0x01, 0xff, 0x00, 0xe1, 0xc0, 0xd0,
    ]);
    file.splice(at..at, [0xff, marker]);
}

/// One of the first bytes of a segment: its marker, its length, a size, a table's number.
fn header_field(file: &mut [u8], segments: &[Range<usize>], random: &mut Random) {
    if segments.is_empty() {
        return;
    }
    let segment = segments[random.index(segments.len())].clone();
    let at = segment.start + 1 + random.index((segment.len() - 1).min(18));
    file[at] = match random.below(4) {
        0 => file[at].wrapping_add(1),
        1 => file[at].wrapping_sub(1),
        2 => random.pick(&[0, 1, 0xff, 0x11, 0x22, 0x44]),
        _ => random.below(256) as u8,
    };
}

/// A zero after 0xff lost, or 0xff doubled.
fn stuffing(file: &mut Vec<u8>, scan: usize, random: &mut Random) {
    let stuffed: Vec<usize> = (scan..file.len() - 1)
        .filter(|&at| file[at..at + 2] == [0xff, 0])
        .collect();
    if stuffed.is_empty() {
        insert(file, scan, random);
        return;
    }
    let at = random.pick(&stuffed);
    if random.once_in(2) {
        file.remove(at + 1);
    } else {
        file.insert(at, 0xff);
    }
}

/// A stretch of zeros, as a file has that was never written to the end.
fn blank(file: &mut [u8], scan: usize, random: &mut Random) {
    let start = scan + random.index(file.len() - scan);
    let end = start + random.index(file.len() - start + 1);
    file[start..end].fill(0);
}
