//! Images of which parts alone are decoded: the same as parts of whole images.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// A JPEG with something to be seen in it.
fn jpeg(width: u16, height: u16, is_gray: bool) -> Value {
    let channels = if is_gray { 1 } else { 3 };
    let len = usize::from(width) * usize::from(height) * channels;
    let pixels: Vec<u8> = (0..len)
        .map(|place| u8::try_from(place * place / 7 % 251).expect("a byte"))
        .collect();
    let mut file = Vec::new();
    let colors = if is_gray {
        jpeg_encoder::ColorType::Luma
    } else {
        jpeg_encoder::ColorType::Rgb
    };
    jpeg_encoder::Encoder::new(&mut file, 85)
        .encode(&pixels, width, height, colors)
        .expect("an image");
    Value::Bytes(Arc::new(file))
}

/// What is made of an image: an operation with its inputs but the first.
#[derive(Clone, Debug)]
struct Then(&'static str, Vec<Value>);

/// Both programs of a graph that decodes an image and does something with it.
fn both(file: &Value, channels: &str, then: &[Then]) -> [Program; 2] {
    let mut graph = Maker::default();
    let text = |word: &str| Value::Text(word.into());
    let bytes = graph.constant(file.clone());
    let depth = graph.constant(text("Char"));
    let channels = graph.constant(text(channels));
    let normalize = graph.constant(Array::boolean(true));
    let image = graph.node("DecodeImage", &[bytes, depth, channels, normalize]);
    let mut outputs = Vec::new();
    for Then(operation, inputs) in then {
        let rest = inputs.iter().map(|input| graph.constant(input.clone()));
        let inputs: Vec<_> = std::iter::once(image)
            .chain(rest.collect::<Vec<_>>())
            .collect();
        outputs.push(graph.node(operation, &inputs));
    }
    let output = |node: &usize| Output {
        node: *node,
        label: "default".into(),
    };
    graph.0.outputs = outputs.iter().map(output).collect();
    [Program::plain(&graph.0), Program::new(&graph.0)].map(|program| program.expect("a program"))
}

/// Whether a program decodes the whole image.
fn decodes_all(program: &Program) -> bool {
    let needed = |node: &Node| matches!(&node.kind, Kind::Operation { operation, .. } if operation.name == "DecodeImage");
    let decoding = program
        .nodes()
        .iter()
        .position(needed)
        .expect("it is there");
    program
        .nodes()
        .iter()
        .any(|node| node.inputs().contains(&decoding))
}

fn view(x: f32, y: f32, turn: f32) -> Value {
    let mut matrix = Array::zeros(Dtype::Float32, Shape::new(&[3, 3]).expect("a shape"));
    let rows = [1.0, -turn, x, turn, 1.0, y, 0.0, 0.0, 1.0];
    matrix.slice_mut::<f32>().copy_from_slice(&rows);
    matrix.into()
}

fn int(value: i32) -> Value {
    Array::scalar(value).into()
}

fn then() -> impl Strategy<Value = Then> {
    let place = prop_oneof![
        (-60i16..60).prop_map(f32::from),
        (-60i16..60).prop_map(|halves| f32::from(halves) / 2.0),
        -60f32..60.0,
    ];
    let turn = prop_oneof![4 => Just(0f32), 1 => 0.01f32..0.2];
    let view = (
        place.clone(),
        place,
        turn,
        1i32..70,
        1i32..70,
        0i32..5,
        0i32..5,
    );
    let crop = (-20i32..60, -20i32..60, 1i32..70, 1i32..70);
    prop_oneof![
        view.prop_map(|(x, y, turn, width, height, interpolation, border)| {
            let numbers = [width, height, interpolation, border].map(int);
            let inputs = std::iter::once(self::view(x, y, turn)).chain(numbers);
            Then("ViewImage", inputs.collect())
        }),
        crop.prop_map(|(x, y, width, height)| {
            Then("ImageCrop", [x, y, width, height].map(int).into())
        }),
        Just(Then("ImageWidth", vec![])),
        Just(Then("ImageHeight", vec![])),
    ]
}

proptest! {
    #[test]
    fn a_part_is_decoded_as_in_the_whole(
        (width, height) in (1u16..70, 1u16..70),
        is_gray in any::<bool>(),
        channels in prop_oneof![Just("GRAY"), Just("RGB"), Just("RGBA")],
        then in then(),
    ) {
        let [plain, smaller] = both(&jpeg(width, height, is_gray), channels, &[then]);
        prop_assert!(!decodes_all(&smaller));
        prop_assert_eq!(run(&smaller, 0).ok(), run(&plain, 0).ok());
    }
}

#[test]
fn sizes_alone_need_no_pixels() {
    let Value::Bytes(file) = jpeg(64, 48, false) else {
        panic!("bytes")
    };
    let header = Value::Bytes(Arc::new(file[..700].to_vec()));
    let sizes = [Then("ImageWidth", vec![]), Then("ImageHeight", vec![])];
    let [plain, smaller] = both(&header, "RGB", &sizes);
    assert!(run(&plain, 0).is_err(), "the file is cut short");
    assert_eq!(run(&smaller, 0).expect("sizes"), [int(64), int(48)]);
}

#[test]
fn what_is_needed_twice_is_decoded_once() {
    let crop = |x| Then("ImageCrop", [x, 0, 8, 8].map(int).into());
    let [_, one] = both(&jpeg(32, 32, false), "RGB", &[crop(0)]);
    let [_, two] = both(&jpeg(32, 32, false), "RGB", &[crop(0), crop(8)]);
    assert!(!decodes_all(&one));
    assert!(decodes_all(&two));
}

/// A graph that decodes an image and sees it in two views, one after the other.
fn seen_twice(file: &Value) -> Maker {
    let mut graph = Maker::default();
    let words = ["Char", "RGB"].map(|word| graph.constant(text(word)));
    let (bytes, normalize) = (graph.constant(file.clone()), graph.constant(truth(true)));
    let mut image = graph.node("DecodeImage", &[bytes, words[0], words[1], normalize]);
    for (x, y) in [(-20.0, -9.0), (-11.0, -10.5)] {
        let view = graph.constant(view(x, y, 0.0));
        let sides = [20, 10].map(|side| graph.constant(int(side)));
        let how = ["Linear", "ConstantLow"].map(|word| graph.constant(text(word)));
        image = graph.node(
            "ViewImage",
            &[image, view, sides[0], sides[1], how[0], how[1]],
        );
    }
    graph.0.outputs.push(Output {
        node: image,
        label: "default".into(),
    });
    graph
}

#[test]
fn only_what_is_seen_in_the_end_is_decoded() {
    let graph = seen_twice(&jpeg(64, 48, false)).0;
    let fused = fuse_geometry(&graph).expect("a graph");
    let [plain, smaller] =
        [Program::plain(&fused), Program::new(&fused)].map(|program| program.expect("a program"));
    assert!(!decodes_all(&smaller));
    assert_eq!(run(&smaller, 0), run(&plain, 0));
    let is_view = |node: &&Node| matches!(&node.kind, Kind::Operation { operation, .. } if operation.name == "ViewImage");
    assert_eq!(fused.nodes.iter().filter(is_view).count(), 1);
    assert_ne!(
        run(&Program::plain(&graph).expect("a program"), 0),
        run(&plain, 0)
    );
}

#[test]
fn what_is_wrong_is_said_before_steps_are_fused() {
    let mut graph = seen_twice(&jpeg(64, 48, false)).0;
    for node in &mut graph.nodes {
        if matches!(&node.kind, Kind::Constant(value) if *value == text("Linear")) {
            node.kind = Kind::Constant(text("Straight"));
        }
    }
    let fault = fuse_geometry(&graph).expect_err("no interpolation");
    assert!(fault.reason.contains("\"Straight\" is no interpolation"));
}

/// Operations that make bytes of bytes, with a number that they take.
fn of_bytes() -> impl Strategy<Value = (&'static str, Option<Value>)> {
    let number = |numbers: std::ops::Range<f32>| numbers.prop_map(|it| Some(float(it)));
    prop_oneof![
        Just(("Invert", None)),
        number(0.0..3.0).prop_map(|it| ("AdjustBrightness", it)),
        number(-300.0..300.0).prop_map(|it| ("ImageBrightness", it)),
        number(-9.0..260.0).prop_map(|it| ("Solarize", it)),
        number(-9.0..260.0).prop_map(|it| ("ImageSolarize", it)),
        number(-9.0..260.0).prop_map(|it| ("Threshold", it)),
        (0i32..9).prop_map(|bits| ("Posterize", Some(int(bits)))),
        (0i32..256).prop_map(|byte| ("Equals", Some(int(byte)))),
    ]
}

/// A chain of them on an image, whose numbers are constants or the sample's; one of them may be an
/// output, too.
fn chain(
    image: &Value,
    operations: &[(&'static str, Option<Value>)],
    (is_constant, seen): (bool, usize),
) -> [Program; 2] {
    let mut graph = Maker::default();
    let mut last = graph.constant(image.clone());
    // An image that is no constant, so that nothing is computed when the graph is built.
    let identity = graph.constant(text("chain"));
    let drawn = graph.node("RandomSeed", &[identity]);
    let none = graph.constant(float(0.0));
    last = graph.node("ImageDropout", &[last, none, drawn]);
    let mut outputs = Vec::new();
    for (number, (operation, parameter)) in operations.iter().enumerate() {
        let mut inputs = vec![last];
        if let Some(parameter) = parameter {
            let mut parameter = graph.constant(parameter.clone());
            if !is_constant {
                let index = graph.node("SampleIndex", &[]);
                let zero = graph.constant(int(0));
                let zeros = graph.binary("Multiply", index, zero);
                let sum = graph.binary("Add", parameter, zeros);
                let word = graph.constant(text("Float"));
                parameter = graph.node("Convert", &[sum, word]);
            }
            inputs.push(parameter);
        }
        last = graph.node(operation, &inputs);
        if number == seen {
            outputs.push(last);
        }
    }
    outputs.push(last);
    let output = |node: &usize| Output {
        node: *node,
        label: "default".into(),
    };
    graph.0.outputs = outputs.iter().map(output).collect();
    [Program::plain(&graph.0), Program::new(&graph.0)].map(|program| program.expect("a program"))
}

fn looks_up(program: &Program) -> bool {
    let is_it = |node: &Node| matches!(&node.kind, Kind::Operation { operation, .. } if operation.name == "LookUp");
    program.nodes().iter().any(is_it)
}

proptest! {
    #[test]
    fn chains_on_bytes_are_what_their_operations_make(
        operations in proptest::collection::vec(of_bytes(), 1..9),
        (is_constant, seen) in (any::<bool>(), 0usize..20),
        is_gray in any::<bool>(),
    ) {
        let bytes: Vec<u8> = (0..=255).chain(0..44).collect();
        let axes: &[usize] = if is_gray { &[20, 15] } else { &[10, 10, 3] };
        let [plain, smaller] = chain(&shaped(&bytes, axes), &operations, (is_constant, seen));
        for index in [0, 7] {
            prop_assert_eq!(run(&smaller, index).unwrap(), run(&plain, index).unwrap());
        }
    }
}

#[test]
fn a_long_chain_is_looked_up_and_other_types_are_not() {
    let operations = [
        ("AdjustBrightness", Some(float(0.5))),
        ("Posterize", Some(int(4))),
        ("Invert", None),
    ];
    let bytes = shaped(&[9u8; 12], &[2, 2, 3]);
    for is_constant in [true, false] {
        let [plain, smaller] = chain(&bytes, &operations, (is_constant, 9));
        assert!(looks_up(&smaller) && !looks_up(&plain));
    }
    let [_, shared] = chain(&bytes, &operations, (true, 0));
    assert!(!looks_up(&shared), "what is needed itself is computed");
    let [_, cheap] = chain(&bytes, &operations[1..], (true, 9));
    assert!(!looks_up(&cheap), "it would take longer");
    let words = shaped(&[9u16; 12], &[2, 2, 3]);
    let [_, smaller] = chain(&words, &operations, (true, 9));
    assert!(!looks_up(&smaller));
}
