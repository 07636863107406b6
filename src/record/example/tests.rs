use super::wire::put_head;
use super::*;

fn features(entries: &[(&str, Feature<'static>)]) -> Features<'static> {
    entries
        .iter()
        .map(|(key, feature)| ((*key).to_owned(), feature.clone()))
        .collect()
}

fn bytes(value: &'static [u8]) -> Feature<'static> {
    Feature::Bytes(vec![Cow::Borrowed(value)])
}

/// A field that holds bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_head(number, content.len() as u64, &mut out);
    out.extend_from_slice(content);
    out
}

/// An Example of entries, each its fields.
fn example(entries: &[&[&[u8]]]) -> Vec<u8> {
    field(
        1,
        &entries
            .iter()
            .flat_map(|entry| field(1, &entry.concat()))
            .collect::<Vec<_>>(),
    )
}

/// The first values of features.
fn firsts<'a, const N: usize>(bytes: &'a [u8], keys: [&[u8]; N]) -> [Option<View<'a>>; N] {
    find(bytes, keys)
        .unwrap()
        .map(|values| values.map(|values| values.first))
}

#[test]
fn features_come_back() {
    let all = features(&[
        ("", Feature::Empty),
        (
            "bytes",
            Feature::Bytes(vec![b"abc"[..].into(), b""[..].into(), vec![7; 300].into()]),
        ),
        ("floats", Feature::Floats(vec![0.0, -1.5, f32::INFINITY])),
        (
            "ints",
            Feature::Ints(vec![0, 1, -1, 127, 128, i64::MIN, i64::MAX]),
        ),
        ("k\u{e4}se", Feature::Ints(vec![])),
        ("no bytes", Feature::Bytes(vec![])),
        ("no floats", Feature::Floats(vec![])),
    ]);
    assert_eq!(decode(&encode(&all)).unwrap(), all);
    assert_eq!(encode(&Features::new()), [0x0a, 0]);
    assert_eq!(decode(b"").unwrap(), Features::new());
}

#[test]
fn known_bytes() {
    let all = features(&[
        ("b", bytes(b"xy")),
        ("a", Feature::Ints(vec![-1, 5])),
        ("c", Feature::Floats(vec![1.0])),
    ]);
    let expected = example(&[
        &[
            &field(1, b"a"),
            &field(
                2,
                &field(3, b"\x0a\x0b\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x05"),
            ),
        ],
        &[&field(1, b"b"), &field(2, &field(1, b"\x0a\x02xy"))],
        &[
            &field(1, b"c"),
            &field(2, &field(2, b"\x0a\x04\0\0\x80\x3f")),
        ],
    ]);
    assert_eq!(encode(&all), expected);
}

#[test]
fn around_a_content_is_what_encode_makes_of_it() {
    let others = features(&[
        ("a", Feature::Ints(vec![3])),
        ("m", bytes(b"old")),
        ("z", bytes(b"last")),
    ]);
    for len in [0, 1, 100, 127, 128, 20_000] {
        let content = vec![9; len];
        for key in ["", "a", "b", "m", "z", "zz"] {
            let mut all = others.clone();
            all.insert(key.to_owned(), Feature::Bytes(vec![content.clone().into()]));
            let (before, after) = around(&others, key, len as u64);
            assert_eq!(
                [before, content.clone(), after].concat(),
                encode(&all),
                "{key:?} {len}"
            );
        }
    }
}

#[test]
fn numbers_are_read_packed_or_not() {
    let floats = [
        &b"\x0d\0\0\x80\x3f"[..],
        &field(1, b"\0\0\0\x40\0\0\x40\x40"),
    ]
    .concat();
    let ints = [&b"\x08\x05"[..], &field(1, b"\x06\x80\x01"), b"\x08\x07"].concat();
    let found = example(&[
        &[&field(1, b"f"), &field(2, &field(2, &floats))],
        &[&field(1, b"i"), &field(2, &field(3, &ints))],
    ]);
    let expected = [
        ("f", Feature::Floats(vec![1.0, 2.0, 3.0])),
        ("i", Feature::Ints(vec![5, 6, 128, 7])),
    ];
    assert_eq!(decode(&found).unwrap(), features(&expected));
    assert_eq!(
        firsts(&found, [b"i", b"f"]),
        [Some(View::Int(5)), Some(View::Float(1.0))]
    );
}

#[test]
fn fields_come_in_any_order_and_unknown_ones_are_skipped() {
    let key = field(1, b"k");
    let value = field(2, &field(3, b"\x08\x05"));
    let unknown: [&[u8]; 5] = [
        b"\x78\x96\x01",                         // a varint
        b"\x79\x01\x02\x03\x04\x05\x06\x07\x08", // 64 bits
        b"\x7d\x01\x02\x03\x04",                 // 32 bits
        b"\x7a\x03abc",                          // bytes
        b"\x7b\x83\x01\x08\x01\x84\x01\x7c",     // a group in a group
    ];
    for unknown in unknown {
        let found = [
            unknown,
            &example(&[&[unknown, &value, unknown, &key, unknown]]),
            unknown,
        ]
        .concat();
        assert_eq!(
            decode(&found).unwrap(),
            features(&[("k", Feature::Ints(vec![5]))]),
            "{unknown:?}"
        );
        assert_eq!(firsts(&found, [b"k"]), [Some(View::Int(5))]);
    }
    // Known numbers, but not as the message has them.
    let other = [
        &b"\x08\x01"[..],
        &example(&[&[b"\x08\x01", &key, b"\x10\x01", &value]]),
    ]
    .concat();
    assert_eq!(
        decode(&other).unwrap(),
        features(&[("k", Feature::Ints(vec![5]))])
    );
}

#[test]
fn the_last_entry_wins_and_messages_within_one_are_merged() {
    let key = field(1, b"k");
    let list = |kind, content: &[u8]| field(2, &field(kind, content));
    let (five, six, text) = (
        list(3, b"\x08\x05"),
        list(3, b"\x08\x06"),
        list(1, b"\x0a\x01x"),
    );
    let cases: [(Vec<u8>, Feature<'_>, Option<View<'_>>); 6] = [
        (
            example(&[&[&key, &five], &[&key, &six]]),
            Feature::Ints(vec![6]),
            Some(View::Int(6)),
        ),
        (example(&[&[&key, &five], &[&key]]), Feature::Empty, None),
        (
            example(&[&[&key, &five, &six]]),
            Feature::Ints(vec![5, 6]),
            Some(View::Int(5)),
        ),
        (
            example(&[&[&key, &five, &text]]),
            bytes(b"x"),
            Some(View::Bytes(b"x")),
        ),
        (
            example(&[&[&key, &five, &text, &six]]),
            Feature::Ints(vec![6]),
            Some(View::Int(6)),
        ),
        (
            example(&[&[&key, &list(3, b""), &five, &list(3, b"")]]),
            Feature::Ints(vec![5]),
            Some(View::Int(5)),
        ),
    ];
    for (found, feature, view) in cases {
        assert_eq!(decode(&found).unwrap(), features(&[("k", feature)]));
        assert_eq!(firsts(&found, [b"k", b"x"]), [view, None]);
    }
    let twice = [
        example(&[&[&key, &five]]),
        example(&[&[&field(1, b"l"), &six]]),
    ]
    .concat();
    assert_eq!(decode(&twice).unwrap().len(), 2);
    let keys = example(&[&[&field(1, b"old"), &five, &key]]);
    assert_eq!(
        decode(&keys).unwrap(),
        features(&[("k", Feature::Ints(vec![5]))])
    );
}

#[test]
fn what_is_no_example_is_an_error() {
    let deep = [vec![0x7b; 200], vec![0x7c; 200]].concat();
    for (found, reason) in [
        (
            &b"\x0a\x05ab"[..],
            "a field of 5 bytes, of which 2 are there",
        ),
        (
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "a field of 18446744073709551615 bytes, of which 0 are there",
        ),
        (b"\x0a", "it ends inside a number"),
        (
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            "a number of more than ten bytes",
        ),
        (b"\x02\x00", "a field has an invalid number"),
        (b"\x0f", "a field has the invalid wire type 7"),
        (b"\x0c", "a field has the invalid wire type 4"),
        (b"\x7b\x84\x01", "a field has the invalid wire type 4"),
        (b"\x7b", "it ends inside a number"),
        (&deep, "groups more than 100 deep"),
    ] {
        assert_eq!(decode(found).unwrap_err().to_string(), reason);
        assert_eq!(find(found, [b"k"]).unwrap_err().to_string(), reason);
    }
    let key = field(1, b"\xff");
    assert_eq!(
        decode(&example(&[&[&key]])).unwrap_err().to_string(),
        "the key \"\u{fffd}\" is no UTF-8"
    );
    let floats = example(&[&[&field(2, &field(2, &field(1, b"abc")))]]);
    assert_eq!(
        decode(&floats).unwrap_err().to_string(),
        "packed floats have 3 bytes, no multiple of four"
    );
    assert!(find(&floats, [b""]).is_err());
}
