//! Files.

use std::path::Path;

use super::super::operation::{Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::Type;
use super::super::value::Value;
use crate::file::{check_readable, peek};

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[Operation {
    name: "ReadFile",
    family: "graph",
    summary: "The bytes of a file.",
    parameters: &[Parameter::new("filename", "its path")],
    infer: infer_read,
    run: Run::Heavy(read),
}];

fn infer_read(types: &Given<'_>) -> Result<Type, String> {
    match &types[0] {
        Type::Text | Type::Anything => {}
        other => return Err(format!("{other}, not the path of a file")),
    }
    if let Some(path) = types.constant(0) {
        let path = path.text()?;
        check_readable(Path::new(path)).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(Type::Bytes)
}

fn read(inputs: Inputs<'_>, _: &mut Scratch, out: &mut Value) -> Result<(), String> {
    let name = inputs.get(0).text()?;
    // Into memory that is not cleared before.
    let found = peek(Path::new(name), usize::MAX, out.bytes_mut());
    found.map_err(|error| format!("{name}: {error}"))?;
    Ok(())
}
