//! Writes the first inputs of the fuzzers: `cargo run --bin seeds`.
//!
//! For `jpeg`, these are small files of many kinds in `seeds/`, which the crate's tests replay. The
//! fuzzer's corpus starts with them, each after six bytes of choices. For `records` and `formats`,
//! the inputs are generated; `records` also gets those in `kept-records.tfrecord`. For `pipes`, they
//! are what the saved graphs among the golden files hold.

#[path = "../tests/support/formats.rs"]
mod formats;
#[path = "../tests/support/jpeg/mod.rs"]
mod made;
#[path = "../tests/support/records.rs"]
mod records;

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::ZlibDecoder;
use made::{Random, Recipe, file};

/// The number of files and the size of the largest: together they are far below a megabyte.
const FILES: u64 = 200;
const MOST_BYTES: usize = 1500;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (seeds, corpus) = (folder.join("seeds"), folder.join("corpus/jpeg"));
    fs::create_dir_all(&seeds)?;
    fs::create_dir_all(&corpus)?;
    let mut kept = 0;
    for seed in 0.. {
        let mut recipe = Recipe::random(&mut Random::new(seed));
        (recipe.width, recipe.height) = (recipe.width.min(40), recipe.height.min(40));
        let bytes = file::write(&recipe);
        if bytes.len() <= MOST_BYTES {
            fs::write(seeds.join(format!("{seed:04}.jpg")), &bytes)?;
            kept += 1;
        }
        if kept == FILES {
            break;
        }
    }
    // `seeds` also has files that once failed.
    for entry in fs::read_dir(seeds)? {
        let path = entry?.path();
        let choices = [0; 6].into_iter().chain(fs::read(&path)?).collect::<Vec<u8>>();
        fs::write(corpus.join(path.file_stem().unwrap_or_default()), choices)?;
    }
    let kept = records::kept(folder);
    write(&folder.join("corpus/records"), records::seeds().into_iter().chain(kept))?;
    write(&folder.join("corpus/formats"), formats::seeds())?;
    write(&folder.join("corpus/pipes"), saved_graphs(&folder.join("../tests/golden/pipes"))?)
}

/// What saved graphs hold, behind their headers.
fn saved_graphs(folder: &Path) -> std::io::Result<Vec<Vec<u8>>> {
    const HEADER: usize = 24;
    let mut contents = Vec::new();
    for entry in fs::read_dir(folder)? {
        let file = fs::read(entry?.path())?;
        let mut content = Vec::new();
        ZlibDecoder::new(&file[HEADER..]).read_to_end(&mut content)?;
        contents.push(content);
    }
    Ok(contents)
}

fn write(corpus: &Path, inputs: impl IntoIterator<Item = Vec<u8>>) -> std::io::Result<()> {
    fs::create_dir_all(corpus)?;
    for (number, input) in inputs.into_iter().enumerate() {
        fs::write(corpus.join(number.to_string()), input)?;
    }
    Ok(())
}
