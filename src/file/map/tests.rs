use super::kept::{MOST_KEPT, kept_now};
use super::*;
use rustix::fs::Mode;

#[test]
fn the_bytes_are_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for bytes in [&b""[..], b"abc", &vec![7; 100_000]] {
        std::fs::write(&path, bytes).unwrap();
        for map in [Map::open(&path).unwrap(), Map::read(&path).unwrap()] {
            assert_eq!(
                (map.bytes().unwrap(), map.len(), map.is_empty()),
                (bytes, bytes.len(), bytes.is_empty())
            );
            assert_eq!(map.path(), path);
        }
    }
}

#[test]
fn copies_are_the_files_bytes_whatever_becomes_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let bytes: Vec<u8> = (0..100_000u32).map(|i| i.to_le_bytes()[1]).collect();
    for keep in [true, false] {
        std::fs::write(&path, &bytes).unwrap();
        let mut map = Map::open(&path).unwrap();
        if let (Content::Mapped(mapped), false) = (&mut map.content, keep) {
            mapped.kept = None;
        }
        let mut buffer = Vec::new();
        for range in [0..100_000, 99_999..100_000, 5..5, 300..70_000] {
            assert_eq!(map.copy(range.clone(), &mut buffer).unwrap(), &bytes[range]);
        }
        std::fs::write(folder.path().join("y"), b"another").unwrap();
        std::fs::rename(folder.path().join("y"), &path).unwrap();
        assert_eq!(map.copy(7..9, &mut buffer).unwrap(), &bytes[7..9]);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(map.copy(7..9, &mut buffer).unwrap(), &bytes[7..9]);
    }
}

#[test]
fn a_copy_of_what_was_cut_off_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, vec![7; 100_000]).unwrap();
    let map = Map::open(&path).unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(10)
        .unwrap();
    let error = map.copy(50_000..60_000, &mut Vec::new()).unwrap_err();
    assert!(matches!(error, Error::Record { offset: 10, .. }), "{error}");
    // Between the check of the size and the reading.
    let read = read_from(&File::open(&path).unwrap(), 4, &mut [0; 100]);
    assert_eq!(read.unwrap(), 6);
    assert!(matches!(map.changed(10), Error::Record { .. }));
}

#[test]
fn more_maps_than_files_may_be_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, b"abc").unwrap();
    let maps: Vec<Map> = (0..MOST_KEPT + 50)
        .map(|_| Map::open(&path).unwrap())
        .collect();
    assert!(kept_now() <= MOST_KEPT);
    assert!(
        maps.iter()
            .all(|map| map.copy(1..3, &mut Vec::new()).unwrap() == b"bc")
    );
}

#[test]
fn a_file_that_changes_its_size_is_an_error_and_one_that_is_replaced_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("x"), folder.path().join("y"));
    for (len, offset) in [(10_000, 10_000), (200_000, 100_000)] {
        std::fs::write(&path, vec![1; 100_000]).unwrap();
        let map = Map::open(&path).unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(len)
            .unwrap();
        let error = map.bytes().unwrap_err();
        assert!(
            matches!(&error, Error::Record { offset: found, .. } if *found == offset),
            "{error}"
        );
    }
    std::fs::write(&path, b"before").unwrap();
    let map = Map::open(&path).unwrap();
    std::fs::write(&other, b"another file").unwrap();
    std::fs::rename(&other, &path).unwrap();
    assert_eq!(map.bytes().unwrap(), b"before");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(map.bytes().unwrap(), b"before");
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        Mode::RUSR,
        0,
    )
    .unwrap();
    for path in [
        pipe.as_path(),
        folder.path(),
        &folder.path().join("nothing"),
    ] {
        assert!(matches!(Map::open(path), Err(Error::Io { path: named, .. }) if named == path));
        assert!(matches!(Map::read(path), Err(Error::Io { path: named, .. }) if named == path));
    }
}
