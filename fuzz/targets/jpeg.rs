//! Bytes as a file: both backends give the same result or the same error.
//!
//! The first six bytes of the input choose the request, and the rest is the file, so an input that
//! the fuzzer keeps is a JPEG file once the first six bytes are removed.
#![no_main]

#[path = "../../tests/support/jpeg/mod.rs"]
mod made;

use std::cell::RefCell;

use imagepipe::pixel::Size;
use libfuzzer_sys::fuzz_target;
use made::Random;
use made::compare::{FORMS, Pair, request, window};

/// A damaged header may claim any size; large images only take time.
const MOST_PIXELS: u64 = 1 << 16;

thread_local! {
    /// Kept from input to input, as by a worker of the Loader.
    static PAIR: RefCell<Pair> = RefCell::new(Pair::new());
}

fuzz_target!(|input: &[u8]| {
    if let Some((choice, file)) = input.split_at_checked(6) {
        PAIR.with_borrow_mut(|pair| check(pair, choice, file));
    }
});

fn check(pair: &mut Pair, choice: &[u8], file: &[u8]) {
    let Ok(size) = pair.size(file).expect("both have the same header") else { return };
    if size.pixels() > MOST_PIXELS {
        return;
    }
    let mut random = Random::steered(choice);
    let (denominator, form) = (random.pick(&[1, 2, 4, 8]), random.pick(&FORMS));
    let scaled = Size::new(size.width.div_ceil(denominator), size.height.div_ceil(denominator));
    let wanted = request(denominator, window(scaled, &mut random), form);
    let _ = pair.agree(file, &wanted).expect("both backends agree");
}
