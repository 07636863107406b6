//! Bytes as the content of a saved graph: whatever they are, they are refused, or a graph whose
//! samples do not change when it is made smaller (see `tests/support/pipes.rs`).
#![no_main]

#[path = "../../tests/support/pipes.rs"]
mod pipes;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| pipes::check(content));
