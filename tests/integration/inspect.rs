//! What is said of data sets: descriptions, damage, and speeds that are numbers at all.
#![expect(clippy::disallowed_methods, reason = "a test's own files")]

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use imagepipe::inspect::Source;
use imagepipe::inspect::bench::{Span, bench};
use imagepipe::inspect::describe::{Description, Spread, describe};
use imagepipe::inspect::verify::{Report, verify};
use imagepipe::loader::{Config, Loader};
use tempfile::TempDir;

use super::pictures;

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn source(path: &Path) -> Source {
    Source { paths: vec![path.to_owned()], workers: Some(2), ..Source::default() }
}

fn verified(path: &Path, workers: usize) -> Report {
    verify(&Source { workers: Some(workers), ..source(path) }, &mut go_on).expect("a report").expect("nobody stops it")
}

fn described(path: &Path, headers: u64) -> Description {
    describe(&source(path), headers, &mut go_on).expect("a description").expect("nobody stops it")
}

/// Three classes of 40 pictures.
fn data_set() -> TempDir {
    let root = tempfile::tempdir().expect("a directory");
    pictures::data_set(root.path(), 3, 40);
    root
}

fn bytes_below(root: &Path) -> u64 {
    let entries = |path: &Path| fs::read_dir(path).expect("a directory").map(|entry| entry.expect("an entry"));
    let files = entries(root).flat_map(|class| entries(&class.path()));
    files.map(|file| file.metadata().expect("a file").len()).sum()
}

#[test]
fn a_directory_is_described_by_its_classes_and_headers() {
    let root = data_set();
    fs::copy(root.path().join("class-2/0.jpg"), root.path().join("class-2/another.jpg")).unwrap();
    let found = described(root.path(), u64::MAX);
    let classes = [("class-0", 40), ("class-1", 40), ("class-2", 41)];
    assert_eq!(found.classes, classes.map(|(name, samples)| (name.to_owned(), samples)));
    assert_eq!((found.samples, found.headers, found.bytes), (121, 121, bytes_below(root.path())));
    assert_eq!(found.formats.into_iter().collect::<Vec<_>>(), [("JPEG", 121)]);
    let sizes = |step: u64, base: u64, count: u64| {
        let mut all: Vec<_> =
            (0..120).chain([80]).map(|seed| u32::try_from(base + step * (seed % count)).unwrap()).collect();
        all.sort_unstable();
        Some(Spread { min: all[0], median: all[60], max: all[120] })
    };
    assert_eq!((found.widths, found.heights), (sizes(7, 40, 13), sizes(5, 30, 17)));
}

#[test]
fn few_headers_are_spread_evenly_and_bytes_are_those_of_all() {
    let root = data_set();
    let found = described(root.path(), 10);
    assert_eq!((found.samples, found.headers), (120, 10));
    assert_eq!(found.bytes, bytes_below(root.path()));
    assert_eq!(described(root.path(), 0).headers, 0);
}

#[test]
fn what_has_no_header_is_listed() {
    let root = data_set();
    fs::write(root.path().join("class-1/7.jpg"), b"a text").unwrap();
    let found = described(root.path(), u64::MAX);
    assert_eq!(found.headers, 119);
    let [damage] = found.unreadable.as_slice() else { panic!("{:?}", found.unreadable) };
    assert_eq!(damage.path, root.path().join("class-1/7.jpg"));
    assert!(damage.reason.contains("starts with the text"), "{}", damage.reason);
}

#[test]
fn damage_is_found_wherever_it_is_and_told_in_order() {
    let root = data_set();
    let at = |name: &str| root.path().join(name);
    let whole = fs::read(at("class-0/3.jpg")).unwrap();
    fs::write(at("class-0/3.jpg"), &whole[..whole.len() - 40]).unwrap();
    fs::write(at("class-1/9.jpg"), b"").unwrap();
    fs::remove_file(at("class-2/5.jpg")).unwrap();
    std::os::unix::fs::symlink("/no/such/picture", at("class-2/5.jpg")).unwrap();
    let reports = [1, 2, 8].map(|workers| verified(root.path(), workers));
    for report in &reports {
        assert_eq!(report.samples, 120);
        let damaged: Vec<_> = report.damaged.iter().map(|damage| damage.path.clone()).collect();
        assert_eq!(damaged, ["class-0/3.jpg", "class-1/9.jpg", "class-2/5.jpg"].map(at));
        let reasons = ["Premature end", "empty", "No such file"];
        for (damage, reason) in report.damaged.iter().zip(reasons) {
            assert!(damage.reason.contains(reason) && damage.offset.is_none(), "{damage:?}");
        }
    }
    assert_eq!(reports[0].json(), reports[2].json());
}

#[test]
fn a_good_directory_has_no_damage() {
    let root = data_set();
    let report = verified(root.path(), 2);
    assert_eq!((report.samples, report.bytes, report.damaged.len()), (120, bytes_below(root.path()), 0));
}

#[test]
fn where_nothing_is_there_is_an_error() {
    let nowhere = source(Path::new("/no/such/directory"));
    assert!(verify(&nowhere, &mut go_on).unwrap_err().to_string().starts_with("/no/such/directory: "));
    assert!(describe(&nowhere, 1, &mut go_on).is_err());
}

#[test]
fn whoever_watches_may_end_it() {
    let root = data_set();
    let mut told = Vec::new();
    let mut once = |done, total| {
        told.push((done, total));
        ControlFlow::Break(())
    };
    assert!(verify(&source(root.path()), &mut once).unwrap().is_none());
    assert!(describe(&source(root.path()), 5, &mut once).unwrap().is_none());
    assert_eq!(told, [(0, 120), (0, 125)]);
}

#[test]
fn whoever_watches_hears_of_everything() {
    let root = data_set();
    let mut last = (0, 0);
    let mut watch = |done, total| {
        assert!(done >= last.0 && total == 120);
        last = (done, total);
        ControlFlow::Continue(())
    };
    verify(&source(root.path()), &mut watch).unwrap();
    assert_eq!(last, (120, 120));
}

#[test]
fn a_bench_counts_what_it_took() {
    let root = data_set();
    let config = Config { paths: vec![root.path().into()], batch_size: 16, repeat: true, ..Config::default() };
    let loader = Loader::open(&Config { workers: Some(2), ..config }).unwrap();
    let span = Span { batches: Some(5), ..Span::default() };
    let found = bench(&loader, span, &mut go_on).unwrap().expect("nobody stops it");
    assert_eq!((found.workers, found.loader.images), (2, 80));
    assert!(found.plain.expect("JPEGs are encoded").images <= 80);
    let total: f64 = found.shares.iter().map(|(_, share)| share).sum();
    assert!((total - 1.0).abs() < 1e-9, "{:?}", found.shares);
    assert!(found.bottleneck.contains('%'), "{}", found.bottleneck);
    assert!(bench(&loader, span, &mut |_, _| ControlFlow::Break(())).unwrap().is_none());
}
