//! Graphs that change the images of a Loader.

use std::sync::Arc;

use super::array::Shape;
use super::description::{Description, Kind, Node};
use super::operation::Sample;
use super::operations::LOADER_IMAGE;
use super::program::{Program, Registers};
use super::types::{ArrayType, Type};
use super::value::Value;
use crate::augment::{Augmentation, Augmenter, Change, Image, Step};
use crate::codec::Reason;
use crate::error::{Fault, Result};
use crate::pixel::{Dtype, Size};
use crate::random::{Identity, Purpose, Stream};

impl Augmenter for Description {
    fn for_images(&self, size: Option<Size>, channels: usize) -> Result<Arc<dyn Augmentation>> {
        let image = image_type(size, channels);
        check_outputs(self)?;
        let program = Program::new(&with_images(self, &image)?)?;
        let found = program.output_types().next().cloned().unwrap_or_default();
        let is_image = |found: ArrayType| found.may_be(&image);
        if !found.as_array().is_ok_and(is_image) {
            let output = &self.nodes[self.outputs[0].node];
            return Err(output.fault(wrong_type(&found, &image)).into());
        }
        let is_image = |node: &usize| matches!(program.nodes()[*node].kind, Kind::Given(_));
        let images = (0..program.nodes().len()).filter(is_image).collect();
        let output = self.nodes[self.outputs[0].node].clone();
        Ok(Arc::new(Changing {
            program,
            images,
            output,
        }))
    }
}

/// The type of images of this size, where it is known.
fn image_type(size: Option<Size>, channels: usize) -> ArrayType {
    let mut shape = vec![
        size.map(|size| size.height as usize),
        size.map(|size| size.width as usize),
    ];
    if channels > 1 {
        shape.push(Some(channels));
    }
    ArrayType {
        dtype: Some(Dtype::Uint8),
        shape: Some(shape),
    }
}

/// The shape of images of this size.
fn image_shape(size: Size, channels: usize) -> Option<Shape> {
    let (height, width) = (size.height as usize, size.width as usize);
    match channels {
        1 => Shape::new(&[height, width]),
        channels => Shape::new(&[height, width, channels]),
    }
}

fn wrong_type(found: &Type, image: &ArrayType) -> String {
    format!("augment must give an image like the one it is given, {image}, not {found}")
}

fn check_outputs(graph: &Description) -> std::result::Result<(), Fault> {
    match graph.outputs.len() {
        1 => Ok(()),
        count => Err(Fault::of_graph(format!(
            "the graph has {count} outputs: augment takes one, the image"
        ))),
    }
}

/// The same graph, in which [`LOADER_IMAGE`] is given and of this type.
fn with_images(graph: &Description, image: &ArrayType) -> std::result::Result<Description, Fault> {
    let mut graph = graph.clone();
    let mut found = false;
    for node in &mut graph.nodes {
        if matches!(&node.kind, Kind::Operation { operation, .. } if operation.name == LOADER_IMAGE)
        {
            node.kind = Kind::Given(Type::Array(image.clone()));
            found = true;
        }
    }
    if found {
        return Ok(graph);
    }
    let reason = format!("the graph does not take the image: augment needs {LOADER_IMAGE}()");
    Err(Fault::of_graph(reason))
}

/// A graph for all workers.
#[derive(Debug)]
struct Changing {
    program: Program,
    /// Where the image is put.
    images: Arc<[usize]>,
    /// The node that gives the image that is changed.
    output: Node,
}

impl Augmentation for Changing {
    fn worker(&self) -> Box<dyn Change> {
        Box::new(Worker {
            program: self.program.clone(),
            images: Arc::clone(&self.images),
            output: self.output.clone(),
            registers: self.program.registers(),
        })
    }

    fn most_steps(&self) -> usize {
        0
    }
}

/// A graph and its memory.
#[derive(Debug)]
struct Worker {
    program: Program,
    images: Arc<[usize]>,
    output: Node,
    registers: Registers,
}

impl Worker {
    fn put(&mut self, image: &Image<'_>) -> Result<Shape, Reason> {
        let shape = image_shape(image.size, image.channels).ok_or(Reason::TooLarge)?;
        for node in self.images.iter() {
            let array = self.program.given(*node, &mut self.registers).array_mut();
            array.reset(Dtype::Uint8, shape);
            array.bytes_mut().copy_from_slice(image.pixels);
        }
        Ok(shape)
    }
}

impl Change for Worker {
    fn change(
        &mut self,
        image: Image<'_>,
        identity: Identity,
        _: &mut Vec<Step>,
    ) -> Result<(), Reason> {
        let shape = self.put(&image)?;
        let made = self.program.run(sample(identity), &mut self.registers);
        made.map_err(|fault| Reason::Augment(Box::new(fault)))?;
        match self.program.outputs(&self.registers).next() {
            Some(Value::Array(made)) if (made.dtype(), made.shape()) == (Dtype::Uint8, shape) => {
                image.pixels.copy_from_slice(made.bytes());
                Ok(())
            }
            made => {
                let found = made.map(Type::of).unwrap_or_default();
                let image = image_type(Some(image.size), image.channels);
                let fault = self.output.fault(wrong_type(&found, &image));
                Err(Reason::Augment(Box::new(fault)))
            }
        }
    }
}

/// The sample of the graph that changes a sample of the Loader: of the same number, with another
/// seed in each epoch.
fn sample(identity: Identity) -> Sample {
    let mut seeds = Stream::new(identity.seed, identity.epoch, 0, Purpose::Augment);
    Sample {
        seed: seeds.next_u64(),
        index: identity.key,
    }
}
