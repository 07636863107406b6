//! Bytes as choices: of a file's recipe, of the damage to it, and of the request. Most of these
//! files decode to the end, which is rare for files whose bits a fuzzer has flipped.
#![no_main]

#[path = "../../tests/support/jpeg/mod.rs"]
mod made;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use made::compare::Pair;
use made::damage::damage;
use made::{Random, Recipe, file};

thread_local! {
    static PAIR: RefCell<Pair> = RefCell::new(Pair::new());
}

/// The longest side: larger images only take time.
const MOST: u16 = 80;

fuzz_target!(|input: &[u8]| {
    let mut random = Random::steered(input);
    let damaged = random.once_in(2);
    let denominator = random.pick(&[1, 2, 4, 8]);
    let mut recipe = Recipe::random(&mut random);
    (recipe.width, recipe.height) = (recipe.width.min(MOST), recipe.height.min(MOST));
    let mut bytes = file::write(&recipe);
    if damaged {
        damage(&mut bytes, &mut random);
    }
    PAIR.with_borrow_mut(|pair| {
        let Ok(size) = pair.size(&bytes).expect("both have the same header") else { return };
        if size.pixels() <= 1 << 16 {
            let agreed = pair.agree_at(&bytes, size, denominator, 2, &mut random);
            let _ = agreed.unwrap_or_else(|what| panic!("{what}: {recipe:?}"));
        }
    });
});
