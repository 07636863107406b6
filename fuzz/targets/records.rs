//! Bytes as a file of records, with or without an index, as an Example, as an image record, or as a
//! table: whatever they are, the readers' guarantees hold (see `tests/support/records.rs`).
#![no_main]

#[path = "../../tests/support/records.rs"]
mod records;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| records::check(input));
