//! The Loader on three common tasks, against libjpeg-turbo decoding the same files in full on all
//! threads.
//!
//! * T1: stretch to 224, uint8 NHWC, shuffled, batch 64.
//! * T2: short side 256, centre crop 224, float32 NCHW, `ImageNet` mean and std.
//! * T3: random crop and flip to 224, uint8.

mod support;

use imagepipe::loader::{Config, Loader};
use imagepipe::pixel::{Dtype, Fit, Layout};
use imagepipe::transform::Options;
use support::{Case, compare, cores, decode_all, files, photos, rounds};

fn config(set: &str, task: &str, exact: bool) -> Config {
    let base = Config {
        paths: vec![photos(set)],
        batch_size: 64,
        seed: 1,
        image: Options {
            exact,
            ..Options::default()
        },
        ..Config::default()
    };
    match task {
        "T2" => Config {
            image: Options {
                fit: Fit::Crop,
                resize_short: Some(256),
                layout: Layout::Nchw,
                dtype: Dtype::Float32,
                mean: Some([0.485, 0.456, 0.406]),
                std: Some([0.229, 0.224, 0.225]),
                ..base.image
            },
            ..base
        },
        "T3" => Config {
            image: Options {
                fit: Fit::RandomCrop,
                flip: true,
                ..base.image
            },
            ..base
        },
        _ => base,
    }
}

fn task<'a>(set: &str, task: &str, exact: bool, count: usize) -> Case<'a> {
    let loader = Loader::open(&config(set, task, exact)).expect("a loader");
    let mut epoch = 0;
    Case::new(
        format!("{task}{}", if exact { " exact" } else { "" }),
        count,
        move || {
            let mut samples = 0;
            for batch in loader.epoch(epoch).expect("an epoch") {
                samples += batch.expect("a batch").len();
            }
            assert_eq!(samples, count);
            epoch += 1;
        },
    )
}

fn main() {
    let small = files(&photos("small"));
    let limit = Case::new("limit: full decode", small.len(), || {
        decode_all(&small, cores(), 1);
    });
    let tasks = [
        ("T1", false),
        ("T2", false),
        ("T3", false),
        ("T1", true),
        ("T2", true),
        ("T3", true),
    ];
    let mut cases = vec![limit];
    cases.extend(tasks.map(|(name, exact)| task("small", name, exact, small.len())));
    compare("loader, small set", rounds(5), cases);

    let large = files(&photos("large"));
    let cases = vec![
        Case::new("limit: decode at 1/4", large.len(), || {
            decode_all(&large, cores(), 4);
        }),
        Case::new("full decode", large.len(), || {
            decode_all(&large, cores(), 1);
        }),
        task("large", "T1", false, large.len()),
        task("large", "T3", false, large.len()),
        task("large", "T1", true, large.len()),
    ];
    compare("loader, large set", rounds(5), cases);
}
