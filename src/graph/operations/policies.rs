//! Policies of augmentation, as torchvision has them.

use super::super::operation::{Default, Given, Inputs, Operation, Parameter, Run, Scratch};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{Words, check_number};
use super::picture::{infer_picture, size};
use super::pixels::{copied, image_with_pixels};
use super::random::SEED;
use crate::augment::{Applied, Image, Moving, Policy, Published, Sampling};
use crate::pixel::Dtype;
use crate::random::Identity;

const FAMILY: &str = "image.augmentation";

const SOURCE: Parameter = Parameter::new(
    "source",
    "an image of uint8: of one channel, or of red, green and blue",
);

const BINS: Parameter = Parameter::new(
    "num_magnitude_bins",
    "how many strengths there are, 2 to 1000",
)
.or(Default::Integer(31));

/// How many parameters all have after those of their own: how images are moved, and the seed.
const SHARED: usize = 3;

const FILL: Parameter = Parameter::new(
    "fill",
    "the colour that surrounds the moved image, 0 to 255: a number, or red, green and blue, of which gray images take the first",
)
.or(Default::Integer(0));

const fn sampling(default: &'static str) -> Parameter {
    Parameter::new(
        "interpolation",
        "what pixels are made of where the image is sheared, shifted or rotated: Nearest or Linear",
    )
    .or(Default::Text(default))
}

const SAMPLING: Words<Sampling> = Words {
    what: "interpolation",
    words: &[
        ("Nearest", 0, Sampling::Nearest),
        ("Linear", 1, Sampling::Linear),
    ],
};

const PUBLISHED: Words<Published> = Words {
    what: "policy",
    words: &[
        ("imagenet", 0, Published::ImageNet),
        ("cifar10", 1, Published::Cifar10),
        ("svhn", 2, Published::Svhn),
    ],
};

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "RandAugment",
        family: FAMILY,
        summary: "An image changed by operations drawn from 14 with equal probability, all of one strength: as torchvision's RandAugment does it.",
        parameters: &[
            SOURCE,
            Parameter::new("num_ops", "how many operations, 1 to 16").or(Default::Integer(2)),
            Parameter::new(
                "magnitude",
                "how strong they are, from 0 to num_magnitude_bins - 1",
            )
            .or(Default::Integer(9)),
            BINS,
            sampling("Nearest"),
            FILL,
            SEED,
        ],
        infer: |given| infer(given, rand_augment),
        run: Run::Heavy(|inputs, scratch, out| change(inputs, scratch, out, rand_augment)),
    },
    Operation {
        name: "TrivialAugmentWide",
        family: FAMILY,
        summary: "An image changed by one operation drawn from 14 with equal probability, of any strength: as torchvision's TrivialAugmentWide does it.",
        parameters: &[SOURCE, BINS, sampling("Nearest"), FILL, SEED],
        infer: |given| infer(given, trivial_augment),
        run: Run::Heavy(|inputs, scratch, out| change(inputs, scratch, out, trivial_augment)),
    },
    Operation {
        name: "AutoAugment",
        family: FAMILY,
        summary: "An image changed by one of 25 pairs of operations, each with its strength and probability: as torchvision's AutoAugment does it.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "policy",
                "the dataset that the pairs were found on: imagenet, cifar10 or svhn",
            )
            .or(Default::Text("imagenet")),
            sampling("Nearest"),
            FILL,
            SEED,
        ],
        infer: |given| {
            PUBLISHED.infer(given, 1)?;
            infer_shared(given)
        },
        run: Run::Heavy(|inputs, scratch, out| {
            let policy = PUBLISHED.read(inputs.get(1))?;
            put_changed(inputs, Policy::AutoAugment { policy }, scratch, out)
        }),
    },
    Operation {
        name: "AugMix",
        family: FAMILY,
        summary: "An image mixed with the results of short chains of operations on it: as torchvision's AugMix does it.",
        parameters: &[
            SOURCE,
            Parameter::new(
                "severity",
                "how strong operations are, 1 to 10: strengths are drawn from that many of ten \
                 levels, the weakest first",
            )
            .or(Default::Integer(3)),
            Parameter::new("mixture_width", "how many chains there are, 1 to 16")
                .or(Default::Integer(3)),
            Parameter::new(
                "chain_depth",
                "how many operations a chain has, 1 to 16; -1 for 1, 2 or 3, drawn anew for each \
                 chain",
            )
            .or(Default::Integer(-1)),
            Parameter::new(
                "alpha",
                "the parameter of the Beta and Dirichlet distributions that weights are drawn \
                 from, above 0",
            )
            .or(Default::Float(1.0)),
            Parameter::new(
                "all_ops",
                "whether there are also operations that change brightness, contrast, colour and \
                 sharpness",
            )
            .or(Default::Boolean(true)),
            sampling("Linear"),
            FILL,
            SEED,
        ],
        infer: |given| infer(given, aug_mix),
        run: Run::Heavy(|inputs, scratch, out| change(inputs, scratch, out, aug_mix)),
    },
];

/// The numbers of a policy, as far as they are known.
type Numbers<'a> = &'a dyn Fn(usize) -> Option<&'a Value>;

/// A number of a policy; `otherwise` if it is not known.
fn whole(numbers: Numbers<'_>, input: usize, name: &str, otherwise: u32) -> Result<u32, String> {
    let Some(value) = numbers(input) else {
        return Ok(otherwise);
    };
    let number = value
        .integer()
        .map_err(|reason| format!("{name}: {reason}"))?;
    u32::try_from(number).map_err(|_| format!("{name} is {number}, not a whole number from 0"))
}

fn rand_augment(numbers: Numbers<'_>) -> Result<Policy, String> {
    Ok(Policy::RandAugment {
        num_ops: whole(numbers, 1, "num_ops", 1)?,
        magnitude: whole(numbers, 2, "magnitude", 0)?,
        num_magnitude_bins: whole(numbers, 3, BINS.name, 1000)?,
    })
}

fn trivial_augment(numbers: Numbers<'_>) -> Result<Policy, String> {
    Ok(Policy::TrivialAugmentWide {
        num_magnitude_bins: whole(numbers, 1, BINS.name, 1000)?,
    })
}

fn aug_mix(numbers: Numbers<'_>) -> Result<Policy, String> {
    let is_drawn = |value: &Value| value.double() == Ok(-1.0);
    let chain_depth = match numbers(3) {
        Some(value) if is_drawn(value) => None,
        _ => Some(whole(numbers, 3, "chain_depth", 1)?),
    };
    Ok(Policy::AugMix {
        severity: whole(numbers, 1, "severity", 1)?,
        mixture_width: whole(numbers, 2, "mixture_width", 1)?,
        chain_depth,
        alpha: numbers(4).map_or(Ok(1.0), Value::double)?,
        all_ops: numbers(5).map_or(Ok(true), Value::is_true)?,
    })
}

/// The policy of some numbers, which are checked.
fn checked(
    numbers: Numbers<'_>,
    policy: fn(Numbers<'_>) -> Result<Policy, String>,
) -> Result<Policy, String> {
    let policy = policy(numbers)?;
    policy
        .refused()
        .map_or(Ok(policy), |refused| Err(refused.to_string()))
}

fn infer(
    given: &Given<'_>,
    policy: fn(Numbers<'_>) -> Result<Policy, String>,
) -> Result<Type, String> {
    given[1..given.len() - SHARED]
        .iter()
        .try_for_each(check_number)?;
    checked(&|input| given.constant(input), policy)?;
    infer_shared(given)
}

/// The type of an image that a policy can change; checks the parameters that all have.
fn infer_shared(given: &Given<'_>) -> Result<Type, String> {
    let first = given.len() - SHARED;
    SAMPLING.infer(given, first)?;
    if let Some(value) = given.constant(first + 1) {
        fill(value)?;
    }
    check_number(&given[first + 2])?;
    infer_image(given)
}

/// The colour around an image.
fn fill(value: &Value) -> Result<[u8; 3], String> {
    let array = value.array()?;
    let refuse = || "fill is not a number from 0 to 255, or three of them".to_owned();
    let number = |at| {
        let number = array.integer_at(at).ok();
        let byte = number.and_then(|number| u8::try_from(number).ok());
        byte.ok_or_else(refuse)
    };
    match array.shape().elements() {
        1 => Ok([number(0)?; 3]),
        3 => Ok([number(0)?, number(1)?, number(2)?]),
        _ => Err(refuse()),
    }
}

/// The type of an image that a policy can change.
fn infer_image(given: &Given<'_>) -> Result<Type, String> {
    let channels = infer_picture(&given[0])?.channels;
    let array = given[0].as_array()?;
    check_image(&array, channels)?;
    let dtype = Some(Dtype::Uint8);
    Ok(Type::Array(ArrayType { dtype, ..array }))
}

fn check_image(array: &ArrayType, channels: Option<usize>) -> Result<(), String> {
    if array.dtype.is_some_and(|dtype| dtype != Dtype::Uint8) {
        return Err(format!(
            "{array}, not an image of uint8: ConvertDepth(image, \"uint8\") makes one"
        ));
    }
    match channels {
        None | Some(1 | 3) => Ok(()),
        Some(_) => Err(format!(
            "{array}, not an image of 1 or 3 channels: DecodeImage(file, channels=\"RGB\") makes one"
        )),
    }
}

fn change(
    inputs: Inputs<'_>,
    scratch: &mut Scratch,
    out: &mut Value,
    policy: fn(Numbers<'_>) -> Result<Policy, String>,
) -> Result<(), String> {
    let policy = checked(&|input| Some(inputs.get(input)), policy)?;
    put_changed(inputs, policy, scratch, out)
}

fn put_changed(
    inputs: Inputs<'_>,
    policy: Policy,
    scratch: &mut Scratch,
    out: &mut Value,
) -> Result<(), String> {
    let (source, channels) = image_with_pixels(inputs)?;
    check_image(&ArrayType::of(source), Some(channels))?;
    let size = size(source)?;
    let shared = inputs.after(inputs.len() - SHARED);
    let moving = Moving {
        sampling: SAMPLING.read(shared.get(0))?,
        fill: fill(shared.get(1))?,
    };
    // As of the first sample of a Loader with this seed.
    let identity = Identity {
        seed: inputs.get(inputs.len() - 1).integer()?.cast_unsigned(),
        epoch: 0,
        key: 0,
    };
    let image = Image {
        pixels: copied(source, out).bytes_mut(),
        size,
        channels,
    };
    let changed =
        scratch
            .policies
            .change(Applied { policy, moving }, image, identity, &mut Vec::new());
    changed.map_err(|reason| reason.to_string())
}
