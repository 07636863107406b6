//! Graphs made by hand, and what each operation makes of values.

mod boxes;
mod codecs;
mod decode;
mod filter;
mod fused;
mod geometry;
mod image;
mod kept;
mod list;
mod mixes;
mod moved;
mod noise;
mod numbers;
mod pixels;
mod policies;
mod program;
mod random;
mod render;
mod shapes;
mod tensor;

use std::collections::HashSet;

use super::*;
use crate::pixel::Dtype;

/// A graph under construction.
#[derive(Default)]
struct Maker(Description);

impl Maker {
    fn constant(&mut self, value: impl Into<Value>) -> usize {
        self.push(Kind::Constant(value.into()))
    }

    fn node(&mut self, operation: &str, inputs: &[usize]) -> usize {
        let operation = operations::named(operation).expect("an operation");
        let inputs = inputs.to_vec();
        self.push(Kind::Operation { operation, inputs })
    }

    fn push(&mut self, kind: Kind) -> usize {
        let place = self.0.nodes.len();
        self.0.nodes.push(Node {
            name: format!("node {place}").into(),
            origin: "here.py:1".into(),
            kind,
        });
        place
    }

    fn binary(&mut self, operation: &str, a: usize, b: usize) -> usize {
        let wraps = self.constant(Array::boolean(false));
        self.node(operation, &[a, b, wraps])
    }

    fn program(mut self, outputs: &[usize]) -> Result<Program, Fault> {
        let output = |node: &usize| Output {
            node: *node,
            label: "default".into(),
        };
        self.0.outputs = outputs.iter().map(output).collect();
        Program::plain(&self.0)
    }
}

fn run(program: &Program, index: u64) -> Result<Vec<Value>, Fault> {
    let mut registers = program.registers();
    program.run(Sample { seed: 3, index }, &mut registers)?;
    Ok(program.outputs(&registers).cloned().collect())
}

/// What an operation makes of some values, and which type was known of it before.
fn made(operation: &str, inputs: &[Value]) -> Result<(Value, Type), String> {
    let mut graph = Maker::default();
    let inputs: Vec<_> = inputs
        .iter()
        .map(|input| graph.constant(input.clone()))
        .collect();
    let node = graph.node(operation, &inputs);
    let program = graph.program(&[node]).map_err(|fault| fault.reason)?;
    let known = program.output_types().next().cloned().expect("an output");
    let mut outputs = run(&program, 0).map_err(|fault| fault.reason)?;
    Ok((outputs.remove(0), known))
}

fn apply(operation: &str, inputs: &[Value]) -> Result<Value, String> {
    made(operation, inputs).map(|(value, _)| value)
}

/// What an operation is to make of some values.
#[derive(Debug)]
struct Case {
    operation: &'static str,
    inputs: Vec<Value>,
    expected: Result<Value, String>,
}

fn case(operation: &'static str, inputs: &[Value], expected: impl Into<Value>) -> Case {
    Case {
        operation,
        inputs: inputs.to_vec(),
        expected: Ok(expected.into()),
    }
}

fn fails(operation: &'static str, inputs: &[Value], reason: &str) -> Case {
    Case {
        operation,
        inputs: inputs.to_vec(),
        expected: Err(reason.to_owned()),
    }
}

/// Checks values, and that what was known of them before is true, with constants and without.
fn check(cases: Vec<Case>) {
    for case in cases {
        let found = made(case.operation, &case.inputs);
        let value = found.as_ref().map(|(value, _)| value.clone());
        assert_eq!(value, case.expected.as_ref().cloned(), "{case:?}");
        let Ok((value, known)) = found else {
            continue;
        };
        let is = Type::of(&value);
        assert_eq!(known.common(&is), known, "{case:?}: {is}");
        let types: Vec<_> = case.inputs.iter().map(Type::of).collect();
        let given = Given {
            types: &types,
            constants: &vec![None; types.len()],
        };
        let infer = operations::named(case.operation)
            .expect("an operation")
            .infer;
        let known = infer(&given).expect("a type");
        assert_eq!(known.common(&is), known, "{case:?}: {is}");
    }
}

fn vector<T: Element>(values: &[T]) -> Value {
    Array::vector(values).into()
}

fn truths(values: &[bool]) -> Value {
    let numbers: Vec<_> = values.iter().copied().map(u8::from).collect();
    Array::vector(&numbers).converted(Dtype::Bool).into()
}

/// A vector in another shape.
fn shaped<T: Element>(values: &[T], axes: &[usize]) -> Value {
    let shape = Shape::new(axes).expect("a shape");
    Array::vector(values).reshaped(shape).into()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn list(values: &[Value]) -> Value {
    Value::List(values.to_vec().into())
}

fn int(value: i32) -> Value {
    Array::scalar(value).into()
}

fn float(value: f32) -> Value {
    Array::scalar(value).into()
}

fn truth(value: bool) -> Value {
    Array::boolean(value).into()
}

/// What is expected of operations that do not draw.
fn cases() -> impl Iterator<Item = Case> {
    let families = [
        numbers::cases(),
        list::cases(),
        tensor::cases(),
        geometry::cases(),
        boxes::cases(),
        image::cases(),
        pixels::cases(),
        moved::cases(),
        mixes::cases(),
        decode::cases(),
        filter::cases(),
        codecs::cases(),
        render::cases(),
        shapes::cases(),
    ];
    families.into_iter().flatten()
}

#[test]
fn every_operation_is_tested_by_its_values() {
    let reached: HashSet<_> = cases()
        .filter(|case| case.expected.is_ok())
        .map(|case| case.operation)
        .chain(random::DRAWN)
        .chain(noise::DRAWN)
        .chain([operations::LOADER_IMAGE])
        .chain(policies::DRAWN)
        .chain(mixes::DRAWN)
        .collect();
    let all = operations::all().map(|operation| operation.name);
    let missing: Vec<_> = all.filter(|name| !reached.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_operation_has_a_name_of_its_own_and_a_description() {
    let mut names: Vec<_> = operations::all().map(|operation| operation.name).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    for operation in operations::all() {
        assert!(operation.summary.ends_with('.'), "{}", operation.name);
        let is_any = |parameter: &Parameter| parameter.default == Default::Any;
        let last = operation.parameters.len().saturating_sub(1);
        let others = operation.parameters.iter().take(last);
        assert!(!others.into_iter().any(is_any), "{}", operation.name);
    }
}
