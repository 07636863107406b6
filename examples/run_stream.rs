//! Runs a graph stream that Python saved, without Python: prints each output of a few samples, and
//! then the shapes of a batch.
//!
//! ```sh
//! cargo run --release --example run_stream -- patches.pipe 3
//! ```
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use imagepipe::graph::batches::{Config, Stream, Values};
use imagepipe::graph::{Program, Sample, Saved, Type, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let path = PathBuf::from(
        arguments
            .next()
            .ok_or("usage: run_stream FILE.pipe [COUNT]")?,
    );
    let count = match arguments.next() {
        Some(count) => count.to_string_lossy().parse()?,
        None => 3,
    };

    let Saved { graph, seed } = Saved::load(&path)?;
    let program = Arc::new(Program::new(&graph).map_err(imagepipe::error::Error::from)?);
    let mut registers = program.registers();
    for index in 0..count {
        let run = program.run(Sample { seed, index }, &mut registers);
        run.map_err(|fault| fault.into_error(Some(index)))?;
        for (label, value) in program.labels().iter().zip(program.outputs(&registers)) {
            println!("sample {index}, {label}: {}", shown(value));
        }
    }

    let config = Config {
        batch_size: 8,
        seed,
        ..Config::default()
    };
    let stream = Stream::open(program, config, 0)?;
    for batch in stream.batches(0, Some(1))? {
        let batch = batch?;
        for (output, label) in stream.program().labels().iter().enumerate() {
            match batch.output(output) {
                Values::Stacked(array) => println!("batch, {label}: {:?}", array.shape()),
                Values::OnDevice(array) => println!("batch, {label}: {:?}", array.array().shape()),
                Values::Each(values) => println!("batch, {label}: {} values", values.len()),
            }
        }
    }
    Ok(())
}

/// A number or text itself; of anything else what it is, and of arrays the sum of their bytes, by
/// which they can be compared.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Array(array) if array.shape().is_scalar() => value
            .double()
            .map_or_else(|error| error, |number| number.to_string()),
        Value::Array(array) => {
            let sum: u64 = array.bytes().iter().copied().map(u64::from).sum();
            format!("{}, bytes {sum}", Type::of(value))
        }
        other => Type::of(other).to_string(),
    }
}
