//! Graphs made by hand.

use super::*;

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

/// What an operation makes of some values.
fn apply(operation: &str, inputs: &[Value]) -> Result<Value, String> {
    let mut graph = Maker::default();
    let inputs: Vec<_> = inputs
        .iter()
        .map(|input| graph.constant(input.clone()))
        .collect();
    let made = graph.node(operation, &inputs);
    let program = graph.program(&[made]).map_err(|fault| fault.reason)?;
    let mut outputs = run(&program, 0).map_err(|fault| fault.reason)?;
    Ok(outputs.remove(0))
}

fn vector<T: Element>(values: &[T]) -> Value {
    Array::vector(values).into()
}

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn scalar(value: i32) -> Value {
    Array::scalar(value).into()
}

#[test]
fn arithmetic_of_two_numbers() {
    for (operation, expected) in [("Add", 9), ("Subtract", 3), ("Multiply", 18), ("Divide", 2)] {
        let mut graph = Maker::default();
        let (a, b) = (graph.constant(scalar(6)), graph.constant(scalar(3)));
        let made = graph.binary(operation, a, b);
        assert_eq!(
            run(&graph.program(&[made]).unwrap(), 0),
            Ok(vec![scalar(expected)])
        );
    }
}

#[test]
fn bytes_wrap_unless_they_saturate() {
    let cases = [
        ("Add", 1u8, 255u8),
        ("Subtract", 253, 253),
        ("Multiply", 254, 255),
        ("Divide", 127, 127),
    ];
    for (operation, wrapped, clipped) in cases {
        for (saturates, expected) in [(false, wrapped), (true, clipped)] {
            let mut graph = Maker::default();
            let (a, b) = (
                graph.constant(Array::scalar(255u8)),
                graph.constant(Array::scalar(2u8)),
            );
            let saturates = graph.constant(Array::boolean(saturates));
            let made = graph.node(operation, &[a, b, saturates]);
            let expected = vec![Array::scalar(expected).into()];
            assert_eq!(run(&graph.program(&[made]).unwrap(), 0), Ok(expected));
        }
    }
}

#[test]
fn arrays_are_broadcast_and_promoted() {
    let mut graph = Maker::default();
    let column = Array::vector(&[1i16, 2]).reshaped(Shape::new(&[2, 1]).unwrap());
    let a = graph.constant(column);
    let b = graph.constant(Array::vector(&[10f32, 20.0, 30.0]));
    let made = graph.binary("Add", a, b);
    let expected = Array::vector(&[11f32, 21.0, 31.0, 12.0, 22.0, 32.0]);
    let expected = expected.reshaped(Shape::new(&[2, 3]).unwrap());
    assert_eq!(
        run(&graph.program(&[made]).unwrap(), 0),
        Ok(vec![expected.into()])
    );
}

#[test]
fn a_branch_that_is_not_taken_does_not_run() {
    for (condition, expected) in [(true, Ok(vec![scalar(5)])), (false, Err(()))] {
        let mut graph = Maker::default();
        let (five, zero) = (graph.constant(scalar(5)), graph.constant(scalar(0)));
        let fails = graph.binary("Divide", five, zero);
        let condition = graph.constant(Array::boolean(condition));
        let made = graph.node("Conditional", &[five, fails, condition]);
        let program = graph.program(&[made]).unwrap();
        assert_eq!(run(&program, 0).map_err(|_| ()), expected);
    }
}

#[test]
fn selections_upon_selections_take_no_more_steps_than_nodes() {
    let mut graph = Maker::default();
    let (yes, one) = (
        graph.constant(Array::boolean(true)),
        graph.constant(scalar(1)),
    );
    let mut last = one;
    for _ in 0..900 {
        let (left, right) = (
            graph.binary("Add", last, one),
            graph.binary("Subtract", last, one),
        );
        last = graph.node("Conditional", &[left, right, yes]);
    }
    assert_eq!(
        run(&graph.program(&[last]).unwrap(), 0),
        Ok(vec![scalar(901)])
    );
}

#[test]
fn selections_too_deep_are_refused() {
    let mut graph = Maker::default();
    let yes = graph.constant(Array::boolean(true));
    let mut last = yes;
    for _ in 0..1001 {
        last = graph.node("Conditional", &[last, yes, yes]);
    }
    let fault = graph.program(&[last]).unwrap_err();
    assert_eq!(
        crate::error::Error::from(fault).to_string(),
        "node 1001 (here.py:1): more than 1000 selections one in another"
    );
}

#[test]
fn what_does_not_fit_is_an_error_of_its_node() {
    let mut graph = Maker::default();
    let a = graph.constant(Array::vector(&[1, 2, 3]));
    let b = graph.constant(Array::vector(&[1, 2]));
    let made = graph.binary("Add", a, b);
    let fault = graph.program(&[made]).unwrap_err();
    assert_eq!(
        crate::error::Error::from(fault).to_string(),
        "node 3 (here.py:1): 3 and 2 elements along one axis"
    );
    let mut graph = Maker::default();
    let text = graph.constant(Value::Text(Text::from("x")));
    let made = graph.binary("Add", text, text);
    let fault = graph.program(&[made]).unwrap_err();
    assert_eq!(fault.reason, "text, not an array of numbers");
}

#[test]
fn random_numbers_are_functions_of_seed_index_and_identity() {
    let draw = |identity: &str, seed, index| {
        let mut graph = Maker::default();
        let identity = graph.constant(Value::Text(Text::from(identity)));
        let chance = graph.node("RandomSeed", &[identity]);
        let (low, high) = (graph.constant(scalar(-1)), graph.constant(scalar(1)));
        let made = graph.node("SampleUniform", &[low, high, chance]);
        let program = graph.program(&[made]).unwrap();
        let mut registers = program.registers();
        program.run(Sample { seed, index }, &mut registers).unwrap();
        let drawn = program
            .outputs(&registers)
            .next()
            .unwrap()
            .double()
            .unwrap();
        assert!((-1.0..1.0).contains(&drawn));
        drawn.to_bits()
    };
    let drawn = draw("a", 1, 2);
    assert_eq!(draw("a", 1, 2), drawn);
    for other in [
        draw("b", 1, 2),
        draw("a", 2, 2),
        draw("a", 1, 3),
        draw("a", 1, u64::MAX),
    ] {
        assert_ne!(other, drawn);
    }
}

#[test]
fn numbers_near_others_keep_their_type() {
    for (operation, expected) in [("Floor", 3f32), ("Round", 4.0), ("Ceil", 4.0)] {
        let made = apply(operation, &[Array::scalar(3.6f32).into()]);
        assert_eq!(made, Ok(Array::scalar(expected).into()));
        assert_eq!(apply(operation, &[scalar(3)]), Ok(scalar(3)));
    }
}

#[test]
fn ranges_end_before_their_end() {
    let range = |end, length, round| {
        apply(
            "Range",
            &[
                scalar(0),
                scalar(end),
                scalar(length),
                Array::boolean(round).into(),
            ],
        )
    };
    assert_eq!(range(6, 6, true), Ok(vector(&[0, 1, 2, 3, 4, 5])));
    let halves: Vec<f32> = (0..10u8).map(|i| f32::from(i) / 2.0).collect();
    assert_eq!(range(5, 10, false), Ok(vector(&halves)));
    assert_eq!(
        range(5, -1, false),
        Err("a length of -1, not from 0 to 268435456".to_owned())
    );
}

#[test]
fn elements_are_counted_from_either_end() {
    let numbers = vector(&[1, 2, 3, 4, 5, 6]);
    let sublist = |begin, end| apply("Sublist", &[numbers.clone(), scalar(begin), scalar(end)]);
    assert_eq!(sublist(2, 3), Ok(vector(&[3, 4])));
    assert_eq!(sublist(-2, -1), Ok(vector(&[5, 6])));
    assert_eq!(sublist(3, 6), Err("element 6 of 6".to_owned()));
    assert_eq!(
        apply("GetElement", &[numbers.clone(), scalar(-1)]),
        Ok(scalar(6))
    );
    assert_eq!(
        apply("Length", std::slice::from_ref(&numbers)),
        Ok(scalar(6))
    );
    assert_eq!(
        apply("Length", &[scalar(1)]),
        Err("one int32, not a list".to_owned())
    );
    let both = apply("Concatenate", &[numbers, vector(&[7])]);
    assert_eq!(both, Ok(vector(&[1, 2, 3, 4, 5, 6, 7])));
}

#[test]
fn shapes_change_and_elements_do_not() {
    let square = apply("Reshape", &[vector(&[1, 2, 3, 4, 5, 6]), vector(&[2, -1])]).unwrap();
    let turned = apply("Transpose", &[square.clone(), vector(&[1, 0])]).unwrap();
    assert_eq!(turned.array().unwrap().shape().axes(), [3, 2]);
    assert_eq!(
        turned.array().unwrap().as_slice::<i32>(),
        [1, 4, 2, 5, 3, 6]
    );
    let more = apply("Unsqueeze", &[square.clone(), scalar(0)]).unwrap();
    assert_eq!(apply("Squeeze", &[more]), Ok(square));
    let wrong = apply("Reshape", &[vector(&[1, 2, 3]), vector(&[2, -1])]);
    assert_eq!(wrong, Err("shape [2, -1] for 3 elements".to_owned()));
    let words = apply("Convert", &[scalar(1000), text("Char")]);
    assert_eq!(words, Ok(Array::scalar(255u8).into()));
    assert!(
        apply("Convert", &[scalar(1), text("Byte")])
            .unwrap_err()
            .starts_with("\"Byte\" is no")
    );
}

#[test]
fn draws_have_the_moments_of_their_distributions() {
    let sample = |operation: &str, parameters: &[Value]| -> Vec<f64> {
        let mut graph = Maker::default();
        let mut inputs: Vec<_> = parameters
            .iter()
            .map(|it| graph.constant(it.clone()))
            .collect();
        let identity = graph.constant(text("draw"));
        inputs.push(graph.node("RandomSeed", &[identity]));
        let made = graph.node(operation, &inputs);
        let program = graph.program(&[made]).unwrap();
        let mut registers = program.registers();
        let mut draw = |index| {
            program
                .run(Sample { seed: 1, index }, &mut registers)
                .unwrap();
            program
                .outputs(&registers)
                .next()
                .unwrap()
                .double()
                .unwrap()
        };
        (0..100_000).map(&mut draw).collect()
    };
    let single = |value: f32| Value::from(Array::scalar(value));
    for (operation, parameters, mean, variance) in [
        ("SampleUniform", vec![scalar(2), scalar(5)], 3.5, 0.75),
        ("SampleNormal", vec![single(1.0), single(2.0)], 1.0, 4.0),
        ("SampleBernoulli", vec![single(0.3)], 0.3, 0.21),
        ("SampleBinomial", vec![single(0.5), scalar(4)], 2.0, 1.0),
    ] {
        let drawn = sample(operation, &parameters);
        let found = drawn.iter().sum::<f64>() / 1e5;
        let spread = drawn.iter().map(|x| (x - found).powi(2)).sum::<f64>() / 1e5;
        // Five times the standard error.
        let error = 5.0 * (variance / 1e5f64).sqrt();
        assert!((found - mean).abs() < error, "{operation}: mean {found}");
        assert!(
            (spread / variance - 1.0).abs() < 0.03,
            "{operation}: variance {spread}"
        );
    }
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
        let others = &operation.parameters[..last];
        assert!(!others.iter().any(is_any), "{}", operation.name);
    }
}
