//! Bytes as a BMP, GIF, PNG or WebP file: whatever they are, decoding ends, in bounded memory, and
//! does not affect the next file (see `tests/support/formats.rs`).
#![no_main]

#[path = "../../tests/support/formats.rs"]
mod formats;

use std::cell::RefCell;

use imagepipe::codec::Decoder;
use libfuzzer_sys::fuzz_target;

thread_local! {
    static USED: RefCell<Decoder> = RefCell::new(formats::fresh());
}

fuzz_target!(|file: &[u8]| USED.with_borrow_mut(|used| formats::check(used, file)));
