//! Graphs as Python objects.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use super::batch::{PyTensor, word};
use crate::dlpack;
use crate::graph::operations;
use crate::graph::{self, Array, ArrayType, Default, Description, Fault, Foreign, Inputs, Kind};
use crate::graph::{Node, Output, Program, Registers, Sample, Shape, TextList, Type, Value};
use crate::pixel::Dtype;

/// A checked graph, ready to be run.
#[pyclass(name = "Graph", module = "imagepipe_rs._native", frozen)]
pub(super) struct PyGraph {
    program: Program,
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
    /// The graph of these nodes, and outputs as (node, label).
    #[new]
    fn new(nodes: Vec<Described<'_>>, outputs: Vec<(usize, String)>) -> PyResult<Self> {
        let nodes = nodes.into_iter().map(node);
        let output = |(node, label): (usize, String)| Output {
            node,
            label: label.into(),
        };
        let description = Description {
            nodes: nodes.collect::<PyResult<_>>()?,
            outputs: outputs.into_iter().map(output).collect(),
        };
        Ok(Self {
            program: Program::new(&description).map_err(|fault| raised(&fault, None))?,
            spare: Mutex::default(),
        })
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
        run.map_err(|fault| raised(&fault, Some(index)))?;
        let outputs = self
            .program
            .outputs(&registers)
            .map(|value| python(py, value));
        let outputs = outputs.collect::<PyResult<Vec<_>>>()?;
        self.lock().push(registers);
        PyTuple::new(py, outputs)
    }
}

impl PyGraph {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Registers>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn registers(&self) -> Registers {
        let spare = self.lock().pop();
        spare.unwrap_or_else(|| self.program.registers())
    }
}

/// The error of a graph, or of a sample of it.
fn raised(fault: &Fault, index: Option<u64>) -> PyErr {
    Python::attach(|py| {
        let error = py.import("imagepipe_rs._errors").and_then(|errors| {
            let facts = PyDict::new(py);
            facts.set_item("node", &*fault.node)?;
            facts.set_item("origin", &*fault.origin)?;
            facts.set_item("index", index)?;
            let message = match index {
                Some(index) => format!("sample {index}: {fault}"),
                None => fault.to_string(),
            };
            errors.getattr("GraphError")?.call((message,), Some(&facts))
        });
        error.map_or_else(|failure| failure, PyErr::from_value)
    })
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

/// A constant: text, bytes, a list, or an array as (type, shape, bytes).
fn value(given: &Bound<'_, PyAny>) -> PyResult<Value> {
    if let Ok(text) = given.cast::<PyString>() {
        return Ok(Value::Text(text.to_str()?.into()));
    }
    if let Ok(bytes) = given.cast::<PyBytes>() {
        return Ok(Value::Bytes(Arc::new(bytes.as_bytes().to_vec())));
    }
    if let Ok(values) = given.cast::<PyList>() {
        return list(values);
    }
    let (dtype, axes, bytes): (String, Vec<usize>, Vec<u8>) = given.extract()?;
    let refuse = || PyTypeError::new_err("not an array of a graph");
    let (dtype, shape) = dtype_of(&dtype).zip(Shape::new(&axes)).ok_or_else(refuse)?;
    let mut array = Array::zeros(dtype, shape);
    if array.bytes().len() != bytes.len() {
        return Err(refuse());
    }
    array.bytes_mut().copy_from_slice(&bytes);
    Ok(array.into())
}

/// A constant that is a list.
fn list(given: &Bound<'_, PyList>) -> PyResult<Value> {
    if given.iter().all(|one| one.cast::<PyString>().is_ok()) {
        let mut texts = TextList::default();
        for one in given {
            texts.push(one.cast::<PyString>()?.to_str()?);
        }
        return Ok(Value::List(texts.into()));
    }
    let values: Vec<_> = given
        .iter()
        .map(|one| value(&one))
        .collect::<PyResult<_>>()?;
    Ok(Value::List(values.into()))
}

/// The types of elements that graphs compute with.
const DTYPES: [Dtype; 8] = [
    Dtype::Bool,
    Dtype::Uint8,
    Dtype::Int16,
    Dtype::Uint16,
    Dtype::Int32,
    Dtype::Int64,
    Dtype::Float32,
    Dtype::Float64,
];

/// A value as a tensor, text, bytes or a list of them.
fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Text(text) => Ok(PyString::new(py, text).into_any()),
        Value::Bytes(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
        Value::List(values) => {
            let values = values.iter().map(|value| python(py, &value));
            Ok(PyList::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any())
        }
        Value::Array(array) => {
            let axes = array.shape().axes().to_vec();
            let copy = dlpack::Array::of_bytes(array.bytes(), axes, array.dtype())?;
            Ok(PyTensor(copy).into_pyobject(py)?.into_any())
        }
    }
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

    fn run(&self, inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
        let made = Python::attach(|py| self.call(py, inputs).map_err(|error| error.to_string()))?;
        let found = Type::of(&made);
        if self.gives.common(&found) != self.gives {
            return Err(format!("the function gave {found}, not {}", self.gives));
        }
        *out = made;
        Ok(())
    }
}

/// A type as Python describes it: `None` for anything, "text", "bytes", ("list", element, length or
/// `None`), or ("array", type of elements or `None`, axes or `None`), where an axis may be `None`.
fn type_of(given: &Bound<'_, PyAny>) -> PyResult<Type> {
    let refuse = || PyTypeError::new_err(format!("{given} is no type of a graph"));
    if given.is_none() {
        return Ok(Type::Anything);
    }
    if let Ok(word) = given.extract::<String>() {
        return match &*word {
            "text" => Ok(Type::Text),
            "bytes" => Ok(Type::Bytes),
            _ => Err(refuse()),
        };
    }
    let (kind, second, third): (String, Bound<'_, PyAny>, Bound<'_, PyAny>) = given.extract()?;
    match &*kind {
        "list" => Ok(Type::list(type_of(&second)?, third.extract()?)),
        "array" => {
            let name: Option<String> = second.extract()?;
            let dtype = name.map(|name| dtype_of(&name).ok_or_else(refuse));
            Ok(Type::Array(ArrayType {
                dtype: dtype.transpose()?,
                shape: third.extract()?,
            }))
        }
        _ => Err(refuse()),
    }
}

/// What [`type_of`] takes.
fn python_type<'py>(py: Python<'py>, given: &Type) -> PyResult<Bound<'py, PyAny>> {
    match given {
        Type::Anything => Ok(py.None().into_bound(py)),
        Type::Text => Ok(PyString::new(py, "text").into_any()),
        Type::Bytes => Ok(PyString::new(py, "bytes").into_any()),
        Type::List { element, length } => {
            ("list", python_type(py, element)?, *length).into_bound_py_any(py)
        }
        Type::Array(ArrayType { dtype, shape }) => {
            ("array", dtype.map(word), shape.clone()).into_bound_py_any(py)
        }
    }
}

fn dtype_of(name: &str) -> Option<Dtype> {
    DTYPES.into_iter().find(|known| word(*known) == name)
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
fn written(default: graph::Default) -> Option<String> {
    match default {
        Default::Required | Default::Any => None,
        Default::Integer(number) => Some(number.to_string()),
        Default::Float(number) => Some(format!("{number:?}")),
        Default::Boolean(true) => Some("True".to_owned()),
        Default::Boolean(false) => Some("False".to_owned()),
        Default::Text(text) => Some(format!("\"{text}\"")),
        Default::Seed => Some("None".to_owned()),
    }
}
