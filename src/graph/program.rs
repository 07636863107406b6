//! A checked graph in the form it is run: registers, and the order of nodes.
//!
//! Every node has a register, numbered so that a node's inputs come before it. Computing a node
//! writes over its value of the sample before, whose memory is used again. What only a branch of a
//! selection needs is in a block of its own, which runs when the branch is taken.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::check::check;
use super::compile::{Compiled, compiled};
use super::description::{Description, Failed, Foreign, Kind, Node};
use super::operation::{Inputs, Run, Sample, Scratch};
use super::profile::{Observer, Profile, Spent};
use super::types::Type;
use super::value::Value;
use crate::error::Fault;

/// Selections within branches of selections: each takes some of the stack.
const DEEPEST: usize = 1000;

/// Nodes in all blocks together, of which a node may be in many.
const MOST_PLACES: usize = 1 << 24;

/// A graph that can be run.
#[derive(Clone, Debug)]
pub struct Program {
    nodes: Arc<[Node]>,
    types: Vec<Type>,
    /// What computes each node; nothing for a constant.
    steps: Vec<Option<Step>>,
    /// Inputs of all nodes, one after the other.
    inputs: Vec<u32>,
    /// Nodes in the order they are computed in: first what every sample needs, then each branch.
    blocks: Vec<Vec<u32>>,
    /// Nodes whose value may be another one's, which they share.
    selections: Vec<usize>,
    outputs: Vec<usize>,
    /// Of each output, whether the value in the register is needed for nothing else once it is read.
    is_last: Vec<bool>,
    labels: Vec<Arc<str>>,
}

/// How a node is computed.
#[derive(Clone, Debug)]
struct Step {
    function: Function,
    /// Its inputs, as a part of the program's.
    first: u32,
    end: u32,
    branches: Option<[Branch; 2]>,
}

/// A branch of a selection.
#[derive(Clone, Copy, Debug)]
struct Branch {
    block: u32,
    /// Whether the value at its end is wanted by the selection alone, which may take it.
    is_taken: bool,
}

/// What computes a node.
#[derive(Clone, Debug)]
enum Function {
    Of(Run),
    Foreign(Arc<dyn Foreign>),
}

/// The memory of a program that is run: one for each thread.
#[derive(Debug)]
pub struct Registers {
    values: Vec<Value>,
    /// Copies of outputs that are constants, or shared.
    copies: Vec<Value>,
    scratch: Scratch,
    /// The run that computed each value.
    runs: Vec<u64>,
    run: u64,
}

impl Program {
    /// The program of a graph, which is made smaller before.
    ///
    /// # Errors
    /// What is wrong with the graph, and at which node.
    pub fn new(graph: &Description) -> Result<Self, Fault> {
        let known = check(graph)?;
        known.first_fault(graph)?;
        let Compiled { graph, mut failing } = compiled(graph, &known.types);
        let known = check(&graph)?;
        failing.extend(known.failing);
        let program = Self::planned(&graph, known.types)?;
        // In a branch, a node that cannot work fails no sample that does not take it.
        let always = &program.blocks[0];
        failing.retain(|(node, _)| always.binary_search(&place(*node)).is_ok());
        let first = failing.into_iter().min();
        first.map_or(Ok(program), |(node, reason)| {
            Err(graph.nodes[node].fault(reason))
        })
    }

    /// The program of a graph as it is. Its samples are the same.
    ///
    /// # Errors
    /// As [`Program::new`], as far as that is known without computing anything.
    pub fn plain(graph: &Description) -> Result<Self, Fault> {
        let known = check(graph)?;
        known.first_fault(graph)?;
        Self::planned(graph, known.types)
    }

    fn planned(graph: &Description, types: Vec<Type>) -> Result<Self, Fault> {
        let outputs: Vec<_> = graph.outputs.iter().map(|output| output.node).collect();
        let labels = graph.outputs.iter().map(|output| Arc::clone(&output.label));
        let mut planner = Planner::new(&graph.nodes, &outputs);
        planner.plan(&outputs)?;
        let is_selected =
            |step: &Option<Step>| step.as_ref().is_some_and(|step| step.branches.is_some());
        let selections = (0..graph.nodes.len()).filter(|node| is_selected(&planner.steps[*node]));
        Ok(Self {
            types,
            selections: selections.collect(),
            is_last: is_last(&outputs, &planner.steps),
            steps: planner.steps,
            inputs: planner.inputs,
            blocks: planner.blocks,
            labels: labels.collect(),
            nodes: graph.nodes.clone().into(),
            outputs,
        })
    }

    /// How many operations a sample may take.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.steps.iter().flatten().count()
    }

    /// What each output is called.
    #[must_use]
    pub fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    /// What output number `output` is called in messages: by its label, if it has one of its own.
    #[must_use]
    pub fn called(&self, output: usize) -> String {
        let label = &self.labels[output];
        let same = self.labels.iter().filter(|other| *other == label);
        if !label.is_empty() && same.count() == 1 {
            format!("\"{label}\"")
        } else {
            output.to_string()
        }
    }

    /// What is known of each output.
    pub fn output_types(&self) -> impl Iterator<Item = &Type> {
        self.outputs.iter().map(|node| &self.types[*node])
    }

    /// Memory to run it in.
    #[must_use]
    pub fn registers(&self) -> Registers {
        let value = |node: &Node| match &node.kind {
            Kind::Constant(value) | Kind::Files(value) => value.clone(),
            Kind::Operation { .. } | Kind::Foreign { .. } | Kind::Given(_) => Value::default(),
        };
        Registers {
            scratch: Scratch::default(),
            values: self.nodes.iter().map(value).collect(),
            copies: vec![Value::default(); self.outputs.len()],
            runs: vec![0; self.nodes.len()],
            run: 0,
        }
    }

    /// The value of a node that is given, to be put in before a sample is made.
    pub(super) fn given<'a>(&self, node: usize, registers: &'a mut Registers) -> &'a mut Value {
        debug_assert!(matches!(self.nodes[node].kind, Kind::Given(_)));
        &mut registers.values[node]
    }

    fn begin(&self, registers: &mut Registers) {
        registers.run += 1;
        // What they share could not be written to again.
        for node in &self.selections {
            let value = &mut registers.values[*node];
            if !value.is_own_array() {
                *value = Value::default();
            }
        }
    }

    /// Makes a sample; its outputs are then in the registers.
    ///
    /// # Errors
    /// The node that failed, and why.
    pub fn run(&self, sample: Sample, registers: &mut Registers) -> Result<(), Fault> {
        self.begin(registers);
        self.run_block(0, sample, registers, &mut ())
    }

    /// Makes a sample, and adds to `profile` how long each of its nodes took.
    ///
    /// # Errors
    /// As [`Program::run`].
    pub fn run_profiled(
        &self,
        sample: Sample,
        registers: &mut Registers,
        profile: &mut Profile,
    ) -> Result<(), Fault> {
        self.begin(registers);
        profile.0.resize(self.nodes.len(), Spent::default());
        self.run_block(0, sample, registers, profile)
    }

    /// The nodes, in the order that a [`Profile`] has them in.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The outputs of the last sample, in order.
    pub fn outputs<'a>(&'a self, registers: &'a Registers) -> impl Iterator<Item = &'a Value> {
        self.outputs.iter().map(|node| &registers.values[*node])
    }

    /// What `give` makes of each output of the last sample, in order. It may take the memory of an
    /// array, which no constant and no other output shares.
    ///
    /// # Errors
    /// The first of `give`.
    pub fn hand_over<T, E>(
        &self,
        registers: &mut Registers,
        mut give: impl FnMut(&mut Value) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let outputs = self.outputs.iter().zip(&self.is_last);
        let outputs = outputs.zip(&mut registers.copies);
        let give = outputs.map(|((node, is_last), copy)| {
            let value = &mut registers.values[*node];
            if *is_last && value.is_own_array() {
                return give(value);
            }
            copy.copy_from(value);
            give(copy)
        });
        give.collect()
    }

    fn run_block(
        &self,
        block: u32,
        sample: Sample,
        registers: &mut Registers,
        observer: &mut impl Observer,
    ) -> Result<(), Fault> {
        for node in &self.blocks[block as usize] {
            let node = *node as usize;
            if registers.runs[node] == registers.run {
                continue;
            }
            if let Some(step) = &self.steps[node] {
                self.run_step(node, step, sample, registers, observer)?;
            }
            registers.runs[node] = registers.run;
        }
        Ok(())
    }

    fn run_step(
        &self,
        node: usize,
        step: &Step,
        sample: Sample,
        registers: &mut Registers,
        observer: &mut impl Observer,
    ) -> Result<(), Fault> {
        let places = &self.inputs[step.first as usize..step.end as usize];
        if let Some(branches) = step.branches {
            return self.select(node, branches, sample, registers, observer);
        }
        let (before, own) = registers.values.split_at_mut(node);
        let inputs = Inputs {
            registers: before,
            places,
        };
        let out = &mut own[0];
        let watch = observer.begin();
        let done = match &step.function {
            Function::Of(Run::Pure(function)) => function(inputs, out).map_err(Failed::from),
            Function::Of(Run::Heavy(function)) => {
                function(inputs, &mut registers.scratch, out).map_err(Failed::from)
            }
            Function::Of(Run::OfSample(function)) => {
                function(inputs, sample, out).map_err(Failed::from)
            }
            Function::Of(Run::Select) => Ok(()),
            Function::Foreign(function) => function.run(inputs, out),
        };
        observer.end(node, watch);
        let done = done.and_then(|()| out.check_depth().map_err(Failed::from));
        done.map_err(|failed| self.fault(node, failed, &registers.values))
    }

    /// Runs the branch that is taken.
    fn select(
        &self,
        node: usize,
        branches: [Branch; 2],
        sample: Sample,
        registers: &mut Registers,
        observer: &mut impl Observer,
    ) -> Result<(), Fault> {
        let inputs = self.nodes[node].inputs();
        let taken = registers.values[inputs[2]].is_true();
        let taken = taken.map_err(|reason| self.nodes[node].fault(reason))?;
        let taken = usize::from(!taken);
        let Branch { block, is_taken } = branches[taken];
        self.run_block(block, sample, registers, observer)?;
        let (before, own) = registers.values.split_at_mut(node);
        match (&mut before[inputs[taken]], self.types[node].dtype()) {
            (Value::Array(array), Some(dtype)) if array.dtype() != dtype => {
                array.convert_into(dtype, own[0].array_mut());
            }
            // The branch writes over what the selection had.
            (value, _) if is_taken => std::mem::swap(value, &mut own[0]),
            (value, _) => own[0] = value.clone(),
        }
        Ok(())
    }

    /// What is wrong at a node; of the content of a file, with the name of the file.
    fn fault(&self, node: usize, failed: Failed, values: &[Value]) -> Fault {
        let Failed { reason, cause } = failed;
        let reason = match self.file(node, values) {
            Some(path) => format!("{path}: {reason}"),
            None => reason,
        };
        let fault = self.nodes[node].fault(reason);
        Fault { cause, ..fault }
    }

    /// The path of the file whose content a node takes.
    fn file<'a>(&self, node: usize, values: &'a [Value]) -> Option<&'a str> {
        let content = *self.nodes[node].inputs().first()?;
        match &self.nodes[content].kind {
            Kind::Operation { operation, inputs } if operation.name == "ReadFile" => {
                values[inputs[0]].text().ok()
            }
            _ => None,
        }
    }
}

/// Puts nodes in order.
struct Planner<'a> {
    nodes: &'a [Node],
    steps: Vec<Option<Step>>,
    inputs: Vec<u32>,
    blocks: Vec<Vec<u32>>,
    /// The block of each node that is the end of a branch.
    ends: HashMap<usize, u32>,
    /// Ends of branches whose blocks are to be made.
    open: Vec<usize>,
    /// How many nodes and outputs want each node.
    wanted: Vec<usize>,
}

impl<'a> Planner<'a> {
    fn new(nodes: &'a [Node], outputs: &[usize]) -> Self {
        let mut wanted = vec![0; nodes.len()];
        let inputs = nodes.iter().flat_map(Node::inputs);
        inputs.chain(outputs).for_each(|node| wanted[*node] += 1);
        Self {
            wanted,
            nodes,
            steps: vec![None; nodes.len()],
            inputs: Vec::new(),
            blocks: Vec::new(),
            ends: HashMap::new(),
            open: Vec::new(),
        }
    }

    fn plan(&mut self, outputs: &[usize]) -> Result<(), Fault> {
        self.check_depth()?;
        self.blocks.push(self.needed(outputs));
        self.add_steps(0);
        let mut places = self.blocks[0].len();
        while let Some(end) = self.open.pop() {
            let block = self.ends[&end];
            self.blocks[block as usize] = self.needed(&[end]);
            places += self.blocks[block as usize].len();
            if places > MOST_PLACES {
                return Err(Fault::of_graph(
                    "the branches of its selections are too many",
                ));
            }
            self.add_steps(block);
        }
        Ok(())
    }

    fn check_depth(&self) -> Result<(), Fault> {
        let mut depths: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            let deepest = node.inputs().iter().map(|input| depths[*input]).max();
            let depth = deepest.unwrap_or(0) + usize::from(is_selection(node));
            if depth > DEEPEST {
                return Err(node.fault(format!("more than {DEEPEST} selections one in another")));
            }
            depths.push(depth);
        }
        Ok(())
    }

    /// The nodes that must be computed for `wanted`, whatever branches are taken, in order.
    fn needed(&self, wanted: &[usize]) -> Vec<u32> {
        let mut seen = HashSet::new();
        let mut open = wanted.to_vec();
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                let inputs = self.nodes[node].inputs();
                let from = if is_selection(&self.nodes[node]) {
                    2
                } else {
                    0
                };
                open.extend(&inputs[from..]);
            }
        }
        let mut found: Vec<_> = seen.into_iter().map(place).collect();
        found.sort_unstable();
        found
    }

    /// Adds the steps of a block's nodes that have none yet.
    fn add_steps(&mut self, block: u32) {
        for place in 0..self.blocks[block as usize].len() {
            let node = self.blocks[block as usize][place] as usize;
            if self.steps[node].is_some() {
                continue;
            }
            match &self.nodes[node].kind {
                Kind::Constant(_) | Kind::Files(_) | Kind::Given(_) => {}
                Kind::Operation { operation, inputs } => {
                    self.add_step(node, Function::Of(operation.run), inputs);
                }
                Kind::Foreign { function, inputs } => {
                    self.add_step(node, Function::Foreign(Arc::clone(function)), inputs);
                }
            }
        }
    }

    fn add_step(&mut self, node: usize, function: Function, inputs: &[usize]) {
        let branches = matches!(function, Function::Of(Run::Select))
            .then(|| [inputs[0], inputs[1]].map(|end| self.branch(end)));
        let first = place(self.inputs.len());
        self.inputs.extend(inputs.iter().copied().map(place));
        self.steps[node] = Some(Step {
            function,
            first,
            end: place(self.inputs.len()),
            branches,
        });
    }

    fn branch(&mut self, end: usize) -> Branch {
        let is_computed = matches!(
            self.nodes[end].kind,
            Kind::Operation { .. } | Kind::Foreign { .. }
        );
        Branch {
            block: self.block_of(end),
            is_taken: self.wanted[end] == 1 && is_computed,
        }
    }

    /// The block that computes the end of a branch.
    fn block_of(&mut self, end: usize) -> u32 {
        if let Some(block) = self.ends.get(&end) {
            return *block;
        }
        let block = place(self.blocks.len());
        self.blocks.push(Vec::new());
        self.ends.insert(end, block);
        self.open.push(end);
        block
    }
}

/// Of each output, whether its node is computed for every sample, and no later output's.
fn is_last(outputs: &[usize], steps: &[Option<Step>]) -> Vec<bool> {
    let is_last = |(place, node): (usize, &usize)| {
        steps[*node].is_some() && !outputs[place + 1..].contains(node)
    };
    outputs.iter().enumerate().map(is_last).collect()
}

fn is_selection(node: &Node) -> bool {
    matches!(&node.kind, Kind::Operation { operation, .. } if matches!(operation.run, Run::Select))
}

fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
