//! What the sample decides: its number, and seeds to draw random numbers from.

use super::super::operation::{Inputs, Operation, Parameter, Run, Sample};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use crate::pixel::Dtype;
use crate::random;

/// The operation that stands for the image of a Loader.
pub(in super::super) const LOADER_IMAGE: &str = "LoaderImage";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "SampleIndex",
        family: "graph",
        summary: "The number of the sample: int64, so that it is negative from 2**63 on.",
        parameters: &[],
        infer: |_| Ok(Type::scalar(Dtype::Int64)),
        run: Run::OfSample(|_, sample, out| {
            out.array_mut().put_scalar(sample.index.cast_signed());
            Ok(())
        }),
    },
    Operation {
        name: LOADER_IMAGE,
        family: "graph",
        summary: "The image of a Loader's sample, in a graph that is its `augment`: cropped, resized \
            and mirrored, uint8 of (height, width, 3), red, green and blue, or (height, width) with \
            `channels=\"GRAY\"`.",
        parameters: &[],
        infer: |_| {
            Ok(Type::Array(ArrayType {
                dtype: Some(Dtype::Uint8),
                shape: None,
            }))
        },
        run: Run::OfSample(|_, _, _| {
            let reason = "only a Loader has such an image: give it the graph, as in \
                          Loader(\"train/\", augment=graph)";
            Err(reason.to_owned())
        }),
    },
    Operation {
        name: "RandomSeed",
        family: "graph",
        summary: "A random number, another one in each sample, for nodes to draw from.",
        parameters: &[Parameter::new(
            "identity",
            "what tells it from other seeds: the same identity gives the same numbers",
        )],
        infer: |types| match &types[0] {
            Type::Text | Type::Anything => Ok(Type::scalar(Dtype::Int64)),
            other => Err(format!("{other}, not text")),
        },
        run: Run::OfSample(random_seed),
    },
];

/// `RandomSeed` with an identity that was hashed once, which takes the place of others when a graph
/// is made smaller.
pub(in super::super) static HASHED_SEED: Operation = Operation {
    name: "RandomSeed",
    family: "graph",
    summary: "A random number for an identity that is hashed.",
    parameters: &[Parameter::new("identity", "its hash")],
    infer: |_| Ok(Type::scalar(Dtype::Int64)),
    run: Run::OfSample(|inputs, sample, out| {
        let identity = inputs.get(0).integer()?.cast_unsigned();
        put_seed(identity, sample, out);
        Ok(())
    }),
};

fn random_seed(inputs: Inputs<'_>, sample: Sample, out: &mut Value) -> Result<(), String> {
    let identity = random::hash_bytes(inputs.get(0).text()?.as_bytes());
    put_seed(identity, sample, out);
    Ok(())
}

fn put_seed(identity: u64, sample: Sample, out: &mut Value) {
    let seed = random::keyed(sample.seed, sample.index, identity);
    out.array_mut().put_scalar(seed.cast_signed());
}
