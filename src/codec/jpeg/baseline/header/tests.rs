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
#[expect(clippy::too_many_lines, reason = "a table of cases")]
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
