//! Graphs as Python objects.

mod stream;
mod values;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};

pub(super) use stream::{PyStream, PyStreamBatch, PyStreamBatches};
use values::{handed_over, python, python_type, type_of, value};

use crate::error::{Cause, Error};
use crate::graph::operations;
use crate::graph::{
    Default, Description, Failed, Foreign, Inputs, Kind, Node, Output, Profile, Program,
};
use crate::graph::{Registers, Sample, Saved, Type, Value, fuse_geometry};

/// A checked graph, ready to be run.
#[pyclass(name = "Graph", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyGraph {
    graph: Description,
    program: Arc<Program>,
    /// Memory of calls that ended, to be used again.
    spare: Mutex<Vec<Registers>>,
}

/// A node as Python describes it: name, origin, operation and inputs, or a constant; with it, the
/// paths of `FileList`, or function and type of what it gives of `PyNode`.
type Described<'py> = (
    String,
    String,
    Option<String>,
    Vec<usize>,
    Bound<'py, PyAny>,
);

#[pymethods]
impl PyGraph {
    /// The graph of these nodes, and outputs as (node, label); made smaller, unless it is to be run
    /// as it is; before, with chains of steps that move images done as one, if they are to be.
    #[new]
    #[pyo3(signature = (nodes, outputs, optimize=true, fuse=false))]
    fn new(
        nodes: Vec<Described<'_>>,
        outputs: Vec<(usize, String)>,
        optimize: bool,
        fuse: bool,
    ) -> PyResult<Self> {
        let nodes = nodes.into_iter().map(node);
        let output = |(node, label): (usize, String)| Output {
            node,
            label: label.into(),
        };
        let description = Description {
            nodes: nodes.collect::<PyResult<_>>()?,
            outputs: outputs.into_iter().map(output).collect(),
        };
        if fuse {
            let fused = fuse_geometry(&description).map_err(Error::from)?;
            return Ok(Self::of(fused, optimize)?);
        }
        Ok(Self::of(description, optimize)?)
    }

    /// The graph in a file, and its seed.
    #[staticmethod]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's arguments are made for the call"
    )]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<(Self, u64)> {
        let loaded = py.detach(|| {
            let Saved { graph, seed } = Saved::load(&path)?;
            // Where it was made is in the message; which file it came from, only here.
            let made = Self::of(graph, true).map_err(|error| match error {
                Error::Graph { .. } => Error::dataset(&path, error.to_string()),
                other => other,
            });
            Ok::<_, Error>((made?, seed))
        });
        Ok(loaded?)
    }

    /// Writes the graph to a file.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's arguments are made for the call"
    )]
    fn save(
        &self,
        py: Python<'_>,
        path: PathBuf,
        seed: u64,
        relocatable: bool,
        replace: bool,
    ) -> PyResult<()> {
        let graph = self.graph.clone();
        Ok(py.detach(|| Saved { graph, seed }.save(&path, relocatable, replace))?)
    }

    /// The nodes as they were made: name, origin, operation or None, inputs, and what is constant;
    /// outputs as (node, label).
    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let nodes = self.graph.nodes.iter().map(|node| {
            let (name, origin, operation, inputs) = described(node);
            Ok((name, origin, operation, inputs, constant(py, node)?))
        });
        let nodes = nodes.collect::<PyResult<Vec<_>>>()?;
        let outputs = self.graph.outputs.iter();
        let outputs: Vec<_> = outputs.map(|one| (one.node, &*one.label)).collect();
        (nodes, outputs).into_pyobject(py)
    }

    /// Of each node that was computed in samples from `start` on: name, origin, operation, how
    /// often, and seconds.
    fn profile<'py>(
        &self,
        py: Python<'py>,
        seed: u64,
        start: u64,
        count: u64,
    ) -> PyResult<Bound<'py, PyList>> {
        let mut registers = self.program.registers();
        let mut profile = Profile::default();
        for number in 0..count {
            let index = start.wrapping_add(number);
            let run = py.detach(|| {
                let sample = Sample { seed, index };
                self.program
                    .run_profiled(sample, &mut registers, &mut profile)
            });
            run.map_err(|fault| fault.into_error(Some(index)))?;
            py.check_signals()?;
        }
        let nodes = self.program.nodes().iter().zip(profile.spent());
        let rows = nodes
            .filter(|(_, spent)| spent.count > 0)
            .map(|(node, spent)| {
                let (name, origin, operation, _) = described(node);
                let seconds = spent.time.as_secs_f64();
                (name, origin, operation, spent.count, seconds).into_pyobject(py)
            });
        PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
    }

    /// How many operations a sample may take.
    #[getter]
    fn operations(&self) -> usize {
        self.program.operations()
    }

    /// The bytes of a file, in which paths are absolute.
    fn to_bytes<'py>(&self, py: Python<'py>, seed: u64) -> PyResult<Bound<'py, PyBytes>> {
        let graph = self.graph.clone();
        let bytes = py.detach(|| Saved { graph, seed }.to_bytes())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The graph in such bytes, and its seed.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &[u8]) -> PyResult<(Self, u64)> {
        let read = py
            .detach(|| Saved::from_bytes(data))
            .map_err(PyValueError::new_err);
        let Saved { graph, seed } = read?;
        Ok((Self::of(graph, true)?, seed))
    }

    /// 64 bits that tell the graph from those of other samples.
    fn fingerprint(&self) -> u64 {
        self.graph.fingerprint()
    }

    /// The outputs' labels, in order.
    #[getter]
    fn labels(&self) -> Vec<&str> {
        self.program.labels().iter().map(|label| &**label).collect()
    }

    /// The outputs' types, in order, as [`type_of`] takes them.
    #[getter]
    fn types<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let types = self.program.output_types();
        types.map(|one| python_type(py, one)).collect()
    }

    /// The outputs of a sample.
    fn run<'py>(&self, py: Python<'py>, seed: u64, index: u64) -> PyResult<Bound<'py, PyTuple>> {
        let mut registers = self.registers();
        let sample = Sample { seed, index };
        let run = py.detach(|| self.program.run(sample, &mut registers));
        run.map_err(|fault| fault.into_error(Some(index)))?;
        let give = |value: &mut Value| handed_over(py, value);
        let outputs = self.program.hand_over(&mut registers, give)?;
        self.put_back(registers);
        PyTuple::new(py, outputs)
    }
}

impl PyGraph {
    fn of(graph: Description, optimize: bool) -> crate::error::Result<Self> {
        let program = if optimize {
            Program::new(&graph)?
        } else {
            Program::plain(&graph)?
        };
        Ok(Self {
            graph,
            program: Arc::new(program),
            spare: Mutex::default(),
        })
    }

    /// What it was made of.
    pub(super) fn description(&self) -> &Description {
        &self.graph
    }

    fn program(&self) -> Arc<Program> {
        Arc::clone(&self.program)
    }

    /// Memory to run in. In a fork the lock may be held by a thread that is not there, so nobody
    /// waits for it.
    fn registers(&self) -> Registers {
        let spare = self.spare.try_lock().ok().and_then(|mut spare| spare.pop());
        spare.unwrap_or_else(|| self.program.registers())
    }

    fn put_back(&self, registers: Registers) {
        if let Ok(mut spare) = self.spare.try_lock() {
            spare.push(registers);
        }
    }
}

/// Name, origin, operation, and inputs of a node.
fn described(node: &Node) -> (&str, &str, Option<&str>, &[usize]) {
    let operation = match &node.kind {
        Kind::Constant(_) | Kind::Given(_) => None,
        Kind::Files(_) => Some("FileList"),
        Kind::Foreign { .. } => Some("PyNode"),
        Kind::Operation { operation, .. } => Some(operation.name),
    };
    (&node.name, &node.origin, operation, node.inputs())
}

/// Elements of an array that is shown.
const MOST_SHOWN: usize = 4;

/// The value of a constant, or its type if it is a list or a larger array.
fn constant<'py>(py: Python<'py>, node: &Node) -> PyResult<Bound<'py, PyAny>> {
    let (Kind::Constant(value) | Kind::Files(value)) = &node.kind else {
        return Ok(py.None().into_bound(py));
    };
    match value {
        Value::Array(array) if array.shape().axes().iter().product::<usize>() <= MOST_SHOWN => {
            python(py, value)
        }
        Value::Text(_) | Value::Bytes(_) => python(py, value),
        Value::Array(_) | Value::List(_) => python_type(py, &Type::of(value)),
    }
}

fn node((name, origin, operation, inputs, constant): Described<'_>) -> PyResult<Node> {
    let kind = match operation.as_deref() {
        None => Kind::Constant(value(&constant)?),
        Some("FileList") => Kind::Files(value(&constant)?),
        Some("PyNode") => Kind::Foreign {
            function: Arc::new(PyFunction::new(&constant)?),
            inputs,
        },
        Some(operation) => Kind::Operation {
            operation: operations::named(operation).ok_or_else(|| {
                PyTypeError::new_err(format!("{operation:?} is no operation of this version"))
            })?,
            inputs,
        },
    };
    Ok(Node {
        name: name.into(),
        origin: origin.into(),
        kind,
    })
}

/// A Python function as a node.
#[derive(Debug)]
struct PyFunction {
    function: Py<PyAny>,
    gives: Type,
}

impl PyFunction {
    /// From the function and the type of what it gives.
    fn new(given: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (function, described): (Py<PyAny>, Bound<'_, PyAny>) = given.extract()?;
        let result = type_of(&described)?;
        Ok(Self {
            function,
            gives: result,
        })
    }

    fn call(&self, py: Python<'_>, inputs: Inputs<'_>) -> PyResult<Value> {
        let inputs = inputs.iter().map(|value| python(py, value));
        let inputs = PyTuple::new(py, inputs.collect::<PyResult<Vec<_>>>()?)?;
        value(&self.function.bind(py).call1(inputs)?)
    }
}

impl Foreign for PyFunction {
    fn infer(&self, _: &[Type]) -> Result<Type, String> {
        Ok(self.gives.clone())
    }

    fn run(&self, inputs: Inputs<'_>, out: &mut Value) -> Result<(), Failed> {
        let made = Python::attach(|py| self.call(py, inputs)).map_err(|error| Failed {
            reason: error.to_string(),
            cause: Some(Cause(Arc::new(error))),
        })?;
        let found = Type::of(&made);
        if self.gives.common(&found) != self.gives {
            return Err(format!("the function gave {found}, not {}", self.gives).into());
        }
        *out = made;
        Ok(())
    }
}

/// All operations: name, family, description, whether the last parameter stands for any number of
/// inputs, and for each parameter its name, what it is, and its default as Python writes it.
#[pyfunction]
pub(super) fn graph_operations(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let rows = operations::all().map(|operation| {
        let parameters = operation.parameters.iter();
        let parameters: Vec<_> = parameters
            .map(|it| (it.name, it.summary, written(it.default)))
            .collect();
        let row = PyDict::new(py);
        row.set_item("name", operation.name)?;
        row.set_item("family", operation.family)?;
        row.set_item("summary", operation.summary)?;
        row.set_item("variadic", operation.is_variadic())?;
        row.set_item("parameters", parameters)?;
        Ok(row)
    });
    PyList::new(py, rows.collect::<PyResult<Vec<_>>>()?)
}

/// A default as Python writes it; `None` for a seed, nothing where an input must be given.
fn written(default: Default) -> Option<String> {
    match default {
        Default::Required | Default::Any => None,
        Default::Float(number) => Some(format!("{number:?}")),
        Default::Integer(number) => Some(number.to_string()),
        Default::Boolean(true) => Some("True".to_owned()),
        Default::Boolean(false) => Some("False".to_owned()),
        Default::Text(text) => Some(format!("\"{text}\"")),
        Default::Seed => Some("None".to_owned()),
    }
}
