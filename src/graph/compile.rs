//! Makes a graph smaller without changing its results: constants are folded, equal nodes are
//! computed once per sample, a selection with a constant condition is replaced by the branch it
//! takes, only the visible parts of images are decoded, and chains of operations on bytes are
//! one.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::array::Array;
use super::description::{Description, Kind, Node, Output};
use super::fuse::fuse;
use super::operation::{Inputs, Operation, Run};
use super::operations::HASHED_SEED;
use super::types::Type;
use super::value::Value;
use crate::random;

/// Bytes of all constants that are computed: what comes after is computed when it is needed, if it
/// ever is. A file that is read must not take hours to be ready.
const BUDGET: usize = 64 << 20;

/// A smaller graph of the same samples.
pub(super) struct Compiled {
    pub(super) graph: Description,
    /// Nodes of constants alone that have no value, and why. They fail each sample that needs them.
    pub(super) failing: Vec<(usize, String)>,
}

/// Makes a graph smaller that has passed its checks, in which its nodes have been found to have
/// these types.
pub(super) fn compiled(graph: &Description, types: &[Type]) -> Compiled {
    let mut compiler = Compiler {
        types,
        ..Compiler::default()
    };
    for node in &graph.nodes {
        let place = compiler.place(node);
        compiler.places.push(place);
    }
    let output = |output: &Output| Output {
        node: compiler.places[output.node],
        ..output.clone()
    };
    let outputs = graph.outputs.iter().map(output).collect();
    let mut graph = Description {
        nodes: compiler.nodes,
        outputs,
    };
    let mut failing = compiler.failing;
    fuse(&mut graph, &mut failing);
    Compiled { graph, failing }
}

#[derive(Default)]
struct Compiler<'a> {
    /// The types of the nodes of the old graph.
    types: &'a [Type],
    /// Of each node of the old graph, its place in the new one.
    places: Vec<usize>,
    nodes: Vec<Node>,
    operations: HashMap<(&'static str, Vec<usize>), usize>,
    /// Constants, by their hashes.
    constants: HashMap<u64, Vec<usize>>,
    failing: Vec<(usize, String)>,
    spent: usize,
}

impl Compiler<'_> {
    /// The place of a node in the new graph.
    fn place(&mut self, node: &Node) -> usize {
        match &node.kind {
            Kind::Constant(value) => self.constant(node, value.clone()),
            Kind::Files(_) | Kind::Given(_) => self.add(node.clone()),
            Kind::Foreign { function, inputs } => {
                let (function, inputs) = (function.clone(), self.moved(inputs));
                self.add(node.of_kind(Kind::Foreign { function, inputs }))
            }
            Kind::Operation { operation, inputs } => self.operation(node, operation, inputs),
        }
    }

    fn moved(&self, inputs: &[usize]) -> Vec<usize> {
        inputs.iter().map(|input| self.places[*input]).collect()
    }

    fn operation(&mut self, node: &Node, operation: &'static Operation, inputs: &[usize]) -> usize {
        let key = (operation.name, self.moved(inputs));
        if let Some(same) = self.operations.get(&key) {
            return *same;
        }
        let keeps = matches!(operation.run, Run::Select) && !self.is_alike(inputs);
        let simplified = if keeps {
            None
        } else {
            self.simplified(node, operation, &key.1)
        };
        let place = match simplified {
            Some(place) => place,
            None => self.add(node.of_kind(Kind::Operation {
                operation,
                inputs: key.1.clone(),
            })),
        };
        self.operations.insert(key, place);
        place
    }

    /// Whether the branches of a selection give numbers of one type, if they do.
    fn is_alike(&self, inputs: &[usize]) -> bool {
        let dtype = |branch: usize| self.types[inputs[branch]].dtype();
        dtype(0).zip(dtype(1)).is_none_or(|(a, b)| a == b)
    }

    /// The place of a simpler node that gives the same.
    fn simplified(
        &mut self,
        node: &Node,
        operation: &'static Operation,
        inputs: &[usize],
    ) -> Option<usize> {
        match operation.run {
            Run::Pure(function) => self.folded(node, function, inputs),
            Run::Select => {
                let condition = self.value(inputs[2])?.is_true().ok()?;
                Some(inputs[usize::from(!condition)])
            }
            Run::OfSample(_) if operation.name == "RandomSeed" => self.hashed(node, inputs[0]),
            Run::Heavy(_) | Run::OfSample(_) => None,
        }
    }

    /// The place of a seed whose identity is hashed once instead of in every sample.
    fn hashed(&mut self, node: &Node, identity: usize) -> Option<usize> {
        let text = self.value(identity)?.text().ok()?;
        let hash = random::hash_bytes(text.as_bytes()).cast_signed();
        let hash = self.constant(node, Array::scalar(hash).into());
        Some(self.add(node.of_kind(Kind::Operation {
            operation: &HASHED_SEED,
            inputs: vec![hash],
        })))
    }

    fn folded(
        &mut self,
        node: &Node,
        function: fn(Inputs<'_>, &mut Value) -> Result<(), String>,
        inputs: &[usize],
    ) -> Option<usize> {
        if self.spent > BUDGET {
            return None;
        }
        let values: Option<Vec<_>> = inputs.iter().map(|input| self.value(*input)).collect();
        let values: Vec<_> = values?.into_iter().cloned().collect();
        let numbers: Vec<u32> = (0..).take(values.len()).collect();
        let inputs = Inputs {
            registers: &values,
            places: &numbers,
        };
        let mut made = Value::default();
        let done = function(inputs, &mut made).and_then(|()| made.check_depth());
        if let Err(reason) = done {
            self.failing.push((self.nodes.len(), reason));
            return None;
        }
        self.spent += made.size();
        (self.spent <= BUDGET).then(|| self.constant(node, made))
    }

    fn value(&self, place: usize) -> Option<&Value> {
        match &self.nodes[place].kind {
            Kind::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The place of a constant; those that are equal in type and value share one.
    fn constant(&mut self, node: &Node, value: Value) -> usize {
        let mut hasher = DefaultHasher::new();
        hash(&value, &mut hasher);
        let key = hasher.finish();
        let known = self.constants.get(&key).into_iter().flatten();
        let is_same = |place: &usize| self.value(*place) == Some(&value);
        if let Some(same) = known.copied().find(is_same) {
            return same;
        }
        let place = self.add(node.of_kind(Kind::Constant(value)));
        self.constants.entry(key).or_default().push(place);
        place
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }
}

impl Node {
    /// A node of the same name and origin that gives something else.
    pub(super) fn of_kind(&self, kind: Kind) -> Self {
        Self {
            name: self.name.clone(),
            origin: self.origin.clone(),
            kind,
        }
    }

    /// The same node in a graph in which what it takes is in other places.
    pub(super) fn moved(&self, places: &[usize]) -> Self {
        let mut node = self.clone();
        if let Kind::Operation { inputs, .. } | Kind::Foreign { inputs, .. } = &mut node.kind {
            for input in inputs {
                *input = places[*input];
            }
        }
        node
    }
}

fn hash(value: &Value, hasher: &mut DefaultHasher) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        Value::Array(array) => {
            array.shape().hash(hasher);
            array.bytes().hash(hasher);
        }
        Value::Text(text) => text.hash(hasher),
        Value::Bytes(bytes) => bytes.hash(hasher),
        Value::List(values) => values.iter().for_each(|value| hash(&value, hasher)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::check::check;
    use super::super::operations::named;
    use super::super::{Program, Sample};
    use super::*;

    fn node(place: usize, kind: Kind) -> Node {
        Node {
            name: format!("node {place}").into(),
            origin: "".into(),
            kind,
        }
    }

    fn constant(value: impl Into<Value>) -> Kind {
        Kind::Constant(value.into())
    }

    fn operation(name: &str, inputs: &[usize]) -> Kind {
        Kind::Operation {
            operation: named(name).expect("an operation"),
            inputs: inputs.to_vec(),
        }
    }

    fn graph(kinds: Vec<Kind>, outputs: &[usize]) -> Description {
        let numbered = kinds.into_iter().enumerate();
        let output = |node: &usize| Output {
            node: *node,
            label: "default".into(),
        };
        Description {
            nodes: numbered.map(|(place, kind)| node(place, kind)).collect(),
            outputs: outputs.iter().map(output).collect(),
        }
    }

    fn samples(program: &Program) -> Vec<Result<Vec<Value>, String>> {
        let mut registers = program.registers();
        let mut sample = |index| {
            let run = program.run(Sample { seed: 5, index }, &mut registers);
            run.map_err(|fault| fault.reason)?;
            Ok(program.outputs(&registers).cloned().collect())
        };
        vec![sample(0), sample(1), sample(1 << 63), sample(1)]
    }

    #[test]
    fn constants_are_computed_once_and_equal_nodes_shared() {
        let kinds = vec![
            constant(Array::scalar(-1)),
            constant(Array::scalar(-2)),
            constant(Array::boolean(false)),
            operation("Multiply", &[0, 1, 2]),
            operation("SampleIndex", &[]),
            operation("Add", &[4, 3, 2]),
            operation("SampleIndex", &[]),
            operation("Add", &[6, 3, 2]),
            operation("Maximum", &[5, 7]),
        ];
        let graph = graph(kinds, &[8]);
        let types = check(&graph).expect("a graph").types;
        let smaller = compiled(&graph, &types).graph;
        let is_constant = |node: &&Node| matches!(node.kind, Kind::Constant(_));
        let constants = smaller.nodes.iter().filter(is_constant).count();
        assert_eq!((constants, smaller.nodes.len()), (4, 7));
    }

    #[test]
    fn what_always_fails_is_known_before_any_sample() {
        let index_too_large = vec![
            constant(Array::vector(&[1, 2, 3])),
            constant(Array::scalar(7)),
            operation("GetElement", &[0, 1]),
        ];
        let fault = Program::new(&graph(index_too_large, &[2])).unwrap_err();
        assert_eq!(&*fault.node, "node 2");
    }

    #[test]
    fn what_fails_in_a_branch_fails_only_where_it_is_taken() {
        let guarded = vec![
            constant(Array::vector(&[1, 2, 3])),
            constant(Array::scalar(7)),
            operation("GetElement", &[0, 1]),
            operation("SampleIndex", &[]),
            operation("Conditional", &[1, 2, 3]),
        ];
        let program = Program::new(&graph(guarded, &[4])).expect("a program");
        let [first, second, ..] = &samples(&program)[..] else {
            panic!("four samples")
        };
        assert!(first.is_err() && second.is_ok());
    }

    /// A node over those before it: any operation of some, of any inputs.
    fn kind(place: usize, (choice, a, b, c): (usize, usize, usize, usize)) -> Kind {
        const FALSE: usize = 0;
        let [a, b, c] = [a, b, c].map(|input| input % place);
        match choice {
            0 => operation("Add", &[a, b, FALSE]),
            1 => operation("Multiply", &[a, b, FALSE]),
            2 => operation("Modulo", &[a, b]),
            3 => operation("Conditional", &[a, b, c]),
            4 => operation("Maximum", &[a, b]),
            5 => operation("Lower", &[a, b]),
            6 => operation("SampleNormal", &[a, b, c]),
            7 => operation("SampleIndex", &[]),
            8 => constant(Array::scalar(i32::try_from(a % 3).unwrap_or(0) - 1)),
            9 => constant(Array::scalar(
                0.5f32 * f32::from(u8::try_from(b % 4).unwrap_or(0)),
            )),
            _ => operation("GetElement", &[2, a]),
        }
    }

    fn graphs() -> impl Strategy<Value = Description> {
        let numbers = vec((0usize..11, 0usize..99, 0usize..99, 0usize..99), 1..40);
        numbers.prop_map(|numbers| {
            let mut kinds = vec![
                constant(Array::boolean(false)),
                operation("SampleIndex", &[]),
                constant(Array::vector(&[1u8, 2])),
            ];
            for one in numbers {
                kinds.push(kind(kinds.len(), one));
            }
            let last = kinds.len() - 1;
            graph(kinds, &[last, last / 2 + 1])
        })
    }

    proptest! {
        #[test]
        fn samples_stay_as_they_are(graph in graphs()) {
            let Ok(plain) = Program::plain(&graph) else {
                return Ok(()); // types that do not fit are refused either way
            };
            let expected = samples(&plain);
            match Program::new(&graph) {
                Ok(program) => {
                    // Which of several nodes fails first is left open.
                    let found = samples(&program);
                    for (expected, found) in expected.iter().zip(&found) {
                        prop_assert_eq!(expected.as_ref().ok(), found.as_ref().ok());
                    }
                }
                Err(_) => prop_assert!(expected.iter().all(Result::is_err)),
            }
        }
    }
}
