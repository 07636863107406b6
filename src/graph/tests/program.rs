//! What a program does with operations: branches, faults, seeds.

use super::*;

#[test]
fn a_branch_that_is_not_taken_does_not_run() {
    for (condition, expected) in [(true, Ok(vec![int(5)])), (false, Err(()))] {
        let mut graph = Maker::default();
        let (five, zero) = (graph.constant(int(5)), graph.constant(int(0)));
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
    let (yes, one) = (graph.constant(Array::boolean(true)), graph.constant(int(1)));
    let mut last = one;
    for _ in 0..900 {
        let (left, right) = (
            graph.binary("Add", last, one),
            graph.binary("Subtract", last, one),
        );
        last = graph.node("Conditional", &[left, right, yes]);
    }
    assert_eq!(run(&graph.program(&[last]).unwrap(), 0), Ok(vec![int(901)]));
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
        let (low, high) = (graph.constant(int(-1)), graph.constant(int(1)));
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
fn what_is_selected_is_written_to_again() {
    let mut graph = Maker::default();
    let (large, one) = (graph.constant(vector(&[1f32; 100])), graph.constant(int(1)));
    let index = graph.node("SampleIndex", &[]);
    let (sum, difference) = (
        graph.binary("Add", large, index),
        graph.binary("Subtract", large, one),
    );
    let chosen = graph.node("Conditional", &[sum, difference, index]);
    let program = graph.program(&[chosen]).unwrap();
    let mut registers = program.registers();
    let mut place = |index| {
        program
            .run(Sample { seed: 0, index }, &mut registers)
            .unwrap();
        let value = program.outputs(&registers).next().unwrap();
        value.array().unwrap().bytes().as_ptr()
    };
    let turns = [place(1), place(2)];
    assert_eq!([place(3), place(4)], turns);
}

#[test]
fn messages_have_the_kind_of_a_node_or_the_name_it_was_given() {
    let message = |node: &str| {
        let fault = Fault {
            node: node.into(),
            origin: "train.py:3".into(),
            reason: "why".into(),
            cause: None,
        };
        fault.into_error(Some(4)).to_string()
    };
    for (node, shown) in [
        ("made: x = f(1): Add", "Add (train.py:3): "),
        (
            "made: x = {a: f(1)} > f: return a: Add (2)",
            "Add (2) (train.py:3): ",
        ),
        (
            "made: x = Jitter(): Jitter/Add",
            "Jitter/Add (train.py:3): ",
        ),
        ("mine", "mine (train.py:3): "),
        ("left: mine", "left: mine (train.py:3): "),
        ("", ""),
    ] {
        assert_eq!(message(node), format!("sample 4: {shown}why"));
    }
}

#[test]
fn outputs_without_a_label_of_their_own_are_called_by_their_numbers() {
    let mut graph = Maker::default();
    let index = graph.node("SampleIndex", &[]);
    for label in ["a", "", "b", "b"] {
        graph.0.outputs.push(Output {
            node: index,
            label: label.into(),
        });
    }
    let program = Program::new(&graph.0).expect("a graph");
    let called = (0..4).map(|output| program.called(output));
    assert_eq!(called.collect::<Vec<_>>(), ["\"a\"", "1", "2", "3"]);
}
