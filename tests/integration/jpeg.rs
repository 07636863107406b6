//! Our JPEG decoder against libjpeg-turbo: the same samples, or the same error, of any file and any
//! part of it.
//!
//! The files are made from seeds (`tests/support/jpeg`). What fails is named by its seed and kept
//! under `target/tmp`, so that it can be looked at, or put into `fuzz/seeds` to be tried ever
//! after.

#[path = "../support/jpeg/mod.rs"]
mod made;
#[path = "../../benches/support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use imagepipe::codec::{Backend, Decoder, Reason, Window};
use imagepipe::pixel::Size;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::corpus;
use made::compare::{FORMS, Image, Pair, request};
use made::recipe::{Component, Meant, Scans, Tail};
use made::{Random, Recipe, damage, file};

const SCALES: [u32; 4] = [1, 2, 4, 8];

/// A damaged header may claim any size: what is larger is not decoded here.
const MOST_PIXELS: u64 = 1 << 20;

/// Whether our decoder runs on this processor; without it, the comparisons hold but prove nothing.
fn own_runs() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// What a thread tries files with.
struct Bench {
    pair: Pair,
    limit: support::Turbo,
}

impl Bench {
    fn new() -> Self {
        Self {
            pair: Pair::new(),
            limit: support::Turbo::new(),
        }
    }
}

/// Tries the files that `make` makes of `seeds` on all cores, and panics with the first ones that
/// fail.
fn try_all(
    name: &str,
    seeds: u64,
    make: impl Fn(u64) -> Vec<u8> + Sync,
    check: impl Fn(&mut Bench, u64, &[u8]) -> Result<(), String> + Sync,
) {
    let (next, failures) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || {
        let mut bench = Bench::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                break;
            }
            let file = make(seed);
            let result = catch_unwind(AssertUnwindSafe(|| check(&mut bench, seed, &file)));
            let result = result.unwrap_or_else(|_| {
                bench = Bench::new();
                Err("a panic, see above".to_owned())
            });
            if let Err(what) = result {
                failures
                    .lock()
                    .expect("no other panic")
                    .push(format!("{}: {what}", keep(name, seed, &file).display()));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..support::cores() {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().expect("no other panic");
    let first: Vec<&str> = failures.iter().map(String::as_str).take(20).collect();
    assert!(
        failures.is_empty(),
        "{} of {seeds} files:\n{}",
        failures.len(),
        first.join("\n")
    );
}

/// Keeps a file that fails.
#[expect(clippy::disallowed_methods, reason = "a test's own file")]
fn keep(name: &str, seed: u64, file: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{seed}.jpg"));
    std::fs::write(&path, file).expect("a failing file is kept");
    path
}

/// The whole image in full colour must be what libjpeg-turbo's own interface makes of it.
fn equals_limit(
    limit: &mut support::Turbo,
    file: &[u8],
    denominator: u32,
    whole: &Image,
) -> Result<(), String> {
    let expected = limit.decode(file, denominator.cast_signed());
    let plane = &whole.planes[0];
    let equal = match plane.channels {
        1 => expected
            .chunks_exact(3)
            .zip(&plane.data)
            .all(|(rgb, &gray)| rgb == [gray; 3]),
        _ => expected == plane.data,
    };
    if equal {
        Ok(())
    } else {
        Err(format!(
            "1/{denominator}: not what tj3Decompress8 makes of it"
        ))
    }
}

/// Files that were to be our decoder's, and those of them that were.
#[derive(Debug, Default)]
struct Share {
    ordinary: AtomicU64,
    own: AtomicU64,
}

impl Share {
    fn count(&self, own: bool) {
        self.ordinary.fetch_add(1, Ordering::Relaxed);
        self.own.fetch_add(u64::from(own), Ordering::Relaxed);
    }

    /// At least `percent` of the files were decoded by our decoder, in every request.
    fn assert(&self, percent: u64) {
        let (ordinary, own) = (
            self.ordinary.load(Ordering::Relaxed),
            self.own.load(Ordering::Relaxed),
        );
        assert!(ordinary > 0, "no ordinary file");
        assert!(
            !own_runs() || own * 100 >= ordinary * percent,
            "only {own} of {ordinary} files were decoded by our decoder"
        );
    }
}

/// Everything that is promised of a file made by a recipe.
fn check_made(
    bench: &mut Bench,
    recipe: &Recipe,
    file: &[u8],
    share: &Share,
) -> Result<(), String> {
    let mut random = Random::new(recipe.seed ^ 0x5eed);
    let before = (bench.pair.tally.own(), handed_over(&bench.pair));
    let size = bench.pair.size(file)?;
    let expected = Size::new(recipe.width.into(), recipe.height.into());
    if size
        .as_ref()
        .map_or(recipe.meant() > Meant::Odd, |size| *size != expected)
    {
        return Err(format!("{size:?} instead of {expected}: {recipe:?}"));
    }
    for denominator in SCALES {
        let wholes = bench
            .pair
            .agree_at(file, expected, denominator, 3, &mut random);
        let wholes = wholes.map_err(|what| format!("{what} {recipe:?}"))?;
        if let (Some(Err(reason)), true) = (
            wholes.iter().find(|whole| whole.is_err()),
            recipe.meant() > Meant::Odd,
        ) {
            return Err(format!("{reason:?} for a valid file: {recipe:?}"));
        }
        if let (Meant::Clean, 1 | 3, Ok(exact)) =
            (recipe.meant(), recipe.components.len(), &wholes[2])
        {
            equals_limit(&mut bench.limit, file, denominator, exact)?;
        }
    }
    if recipe.ordinary() {
        share.count(bench.pair.tally.own() > before.0 && handed_over(&bench.pair) == before.1);
    }
    Ok(())
}

fn handed_over(pair: &Pair) -> u64 {
    pair.tally
        .handed_over()
        .iter()
        .map(|(_, count)| count)
        .sum()
}

#[test]
fn made_files_become_the_same_images() {
    let share = Share::default();
    let make = |seed| made::generate(seed).1;
    let check = |bench: &mut Bench, seed: u64, file: &[u8]| {
        check_made(bench, &Recipe::random(&mut Random::new(seed)), file, &share)
    };
    try_all("made", 8_000, make, check);
    share.assert(100);
}

/// A file of a recipe, damaged, and what is left of it at any scale.
fn check_damaged(bench: &mut Bench, seed: u64, file: &[u8]) -> Result<(), String> {
    let mut random = Random::new(seed);
    let Ok(size) = bench.pair.size(file)? else {
        return Ok(());
    };
    if size.pixels() > MOST_PIXELS {
        return Ok(());
    }
    let denominator = random.pick(&SCALES);
    bench
        .pair
        .agree_at(file, size, denominator, 3, &mut random)
        .map(|_| ())
}

#[test]
fn damaged_files_are_agreed_on() {
    let make = |seed| {
        let (_, mut file) = made::generate(seed / 4);
        damage::damage(&mut file, &mut Random::new(seed));
        file
    };
    try_all("damaged", 32_000, make, check_damaged);
}

/// Files that a fuzzer found, or that once failed, and damaged copies of each.
#[test]
fn kept_files_are_agreed_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a kept file").path())
        .collect();
    paths.sort();
    let files: Vec<Vec<u8>> = paths
        .iter()
        .map(|path| std::fs::read(path).expect("a kept file"))
        .collect();
    let copies = 2000;
    let make = |seed| {
        let mut file = files[usize::try_from(seed / copies).expect("a small number")].clone();
        if seed % copies > 0 {
            damage::damage(&mut file, &mut Random::new(seed));
        }
        file
    };
    try_all("kept", copies * files.len() as u64, make, check_damaged);
}

/// An image as the encoder of the tests writes it.
fn encoded(
    width: u16,
    height: u16,
    color: ColorType,
    set: impl Fn(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 85);
    set(&mut encoder);
    let channels = if color == ColorType::Cmyk { 4 } else { 3 };
    let pixels = corpus::pixels(width.into(), height.into(), channels, 3);
    encoder
        .encode(&pixels, width, height, color)
        .expect("an image is encoded");
    out
}

/// Files of an encoder other than ours.
#[test]
fn encoded_files_become_the_same_images() {
    use SamplingFactor::{R_4_1_1, R_4_2_0, R_4_2_2, R_4_4_0, R_4_4_1, R_4_4_4};
    let samplings = [R_4_4_4, R_4_2_2, R_4_2_0, R_4_4_0, R_4_1_1, R_4_4_1];
    let make = |seed| {
        let mut random = Random::new(seed);
        let mut side = || 1 + u16::try_from(random.below(150)).expect("a small number");
        let (width, height) = (side(), side());
        let (sampling, progressive, optimised) = (
            random.pick(&samplings),
            random.once_in(3),
            random.once_in(2),
        );
        encoded(width, height, ColorType::Rgb, |encoder| {
            encoder.set_sampling_factor(sampling);
            encoder.set_progressive(progressive);
            encoder.set_optimized_huffman_tables(optimised);
        })
    };
    let check = |bench: &mut Bench, seed: u64, file: &[u8]| {
        let size = bench
            .pair
            .size(file)?
            .map_err(|reason| format!("{reason:?}"))?;
        for denominator in SCALES {
            let wholes = bench
                .pair
                .agree_at(file, size, denominator, 3, &mut Random::new(seed))?;
            let whole = wholes[2].as_ref().map_err(|reason| format!("{reason:?}"))?;
            equals_limit(&mut bench.limit, file, denominator, whole)?;
        }
        Ok(())
    };
    try_all("encoded", 300, make, check);
}

/// A recipe of three components of one sampling, changed by `change`.
fn changed(change: impl Fn(&mut Recipe)) -> Vec<u8> {
    let component = |id| Component {
        id,
        across: 1,
        down: 1,
        quant: 0,
        dc: 0,
        ac: 0,
    };
    let mut recipe = Recipe::plain(40, 30, [1, 2, 3].map(component).to_vec());
    change(&mut recipe);
    file::write(&recipe)
}

#[test]
fn other_kinds_of_files_are_handed_over() {
    let progressive = encoded(40, 30, ColorType::Rgb, |encoder| {
        encoder.set_progressive(true);
    });
    let cmyk = encoded(40, 30, ColorType::Cmyk, |_| {});
    let files = [
        ("progressive", true, progressive),
        ("colour space", true, cmyk),
        (
            "colour space",
            true,
            changed(|recipe| (recipe.extras.jfif, recipe.extras.adobe) = (None, Some(0))),
        ),
        (
            "not 8 bits",
            false,
            changed(|recipe| (recipe.frame, recipe.precision) = (0xc1, 12)),
        ),
        (
            "arithmetic coding",
            true,
            changed(|recipe| recipe.frame = 0xc9),
        ),
        (
            "several scans",
            true,
            changed(|recipe| recipe.scans = Scans::Apart),
        ),
        (
            "unusual header",
            false,
            changed(|recipe| (recipe.components[0].across, recipe.components[1].across) = (3, 2)),
        ),
        (
            "damaged data",
            false,
            changed(|recipe| recipe.tail = Tail::Missing),
        ),
    ];
    for (reason, decodes, file) in files {
        let mut pair = Pair::new();
        let whole = request(1, Window::whole(Size::new(40, 30)), FORMS[2]);
        let outcome = pair.agree(&file, &whole).expect("agreement");
        assert_eq!(outcome.is_ok(), decodes, "{reason}: {outcome:?}");
        if own_runs() {
            assert_eq!(
                (pair.tally.own(), pair.tally.handed_over()),
                (0, vec![(reason, 1)])
            );
        }
    }
}

/// Once it is told to stop, neither decoder goes on.
#[test]
fn a_decoder_that_is_stopped_says_so() {
    for backend in [Backend::Auto, Backend::Turbo] {
        let mut decoder = Decoder::new(backend, Arc::default()).expect("a decoder");
        let (file, stop) = (changed(|_| {}), AtomicBool::new(false));
        let opened = decoder.open(&file, &stop).expect("a header");
        stop.store(true, Ordering::Relaxed);
        let whole = request(1, Window::whole(Size::new(40, 30)), FORMS[0]);
        let reason = opened.decode(&whole).expect_err("no image");
        assert_eq!(reason, Reason::Stopped, "{backend:?}");
    }
}

/// Real photographs: the sets that `make photos` makes, in the folder that `IMAGEPIPE_PHOTOS`
/// names.
#[test]
#[ignore = "needs the photographs of `make photos`; takes minutes"]
fn photographs_become_the_same_images() {
    for name in ["small", "large"] {
        let paths = support::paths(&support::photos(name));
        let make = |seed| {
            std::fs::read(&paths[usize::try_from(seed).expect("a small number")])
                .expect("a photograph")
        };
        let share = Share::default();
        let check = |bench: &mut Bench, seed: u64, file: &[u8]| {
            let before = handed_over(&bench.pair);
            let size = bench
                .pair
                .size(file)?
                .map_err(|reason| format!("{reason:?}"))?;
            for denominator in SCALES {
                let wholes =
                    bench
                        .pair
                        .agree_at(file, size, denominator, 3, &mut Random::new(seed))?;
                let whole = wholes[2].as_ref().map_err(|reason| format!("{reason:?}"))?;
                equals_limit(&mut bench.limit, file, denominator, whole)?;
            }
            share.count(handed_over(&bench.pair) == before);
            Ok(())
        };
        try_all(name, paths.len() as u64, make, check);
        share.assert(99);
    }
}
