//! Records written step by step: what is there when a run ends between two of its steps.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use imagepipe::engine::unwatched;
use imagepipe::write::{Depth, Existing, Options, Split, stratified};

use crate::corpus::data_set;

fn request(source: &Path, folder: &Path, seed: u64, existing: Existing) -> Split {
    Split {
        source: source.to_owned(),
        listing: None,
        ids: None,
        name: "pets".to_owned(),
        validation: 0.5,
        test: 0.0,
        shards: 2,
        seed,
        folder: folder.to_owned(),
        options: Options {
            existing,
            check: Depth::Headers,
            ..Options::default()
        },
    }
}

#[test]
fn the_summary_of_an_earlier_split_is_gone_before_its_first_shard_is_replaced() {
    let folder = tempfile::tempdir().expect("a directory");
    let (source, out) = (folder.path().join("pets"), folder.path().join("out"));
    data_set(&source, 2, 8);
    let write = |seed, existing| {
        let request = request(&source, &out, seed, existing);
        stratified(&request, &mut unwatched)
    };
    write(0, Existing::Refuse).expect("a split");
    let (first, summary) = (
        out.join("pets_train_00001-of-00002.tfrecord"),
        out.join("pets_summary.json"),
    );
    let (old_shard, old_summary) = (
        fs::read(&first).expect("a shard"),
        fs::read(&summary).expect("a summary"),
    );

    let mut until_replaced = |_, _| {
        if fs::read(&first).expect("a shard") == old_shard {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let replacing = request(&source, &out, 1, Existing::Replace);
    let ended = stratified(&replacing, &mut until_replaced).expect("the first shard");
    assert_eq!(ended, None);
    assert!(!summary.exists());
    assert!(
        !out.join("labels.csv").exists(),
        "its numbers may be others"
    );

    let other = Split {
        name: "others".to_owned(),
        ..request(&source, &out, 1, Existing::Replace)
    };
    stratified(&other, &mut unwatched)
        .expect_err("records without names, which would get those of other ones");
    write(1, Existing::Resume).expect_err("what is left of the earlier split");
    write(1, Existing::Replace).expect("a split");
    assert_eq!(
        fs::read(&summary).expect("a summary"),
        old_summary,
        "which holds numbers only"
    );
    write(1, Existing::Resume).expect("nothing to do");
    assert!(summary.exists());
}
