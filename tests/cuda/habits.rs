//! What kinds of consumers there are.

use crate::chance::Chance;

/// A framework, by what it does with arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framework {
    /// Works on the stream that it asked for, and on others that are joined with that one.
    Torch,
    /// The same on any stream, which it destroys soon after.
    Cupy,
    /// Copies on a stream of its own and lets go once the copy is there.
    Jax,
    /// Has the host wait, works on streams that nobody knows, and lets go at once.
    TensorFlow,
    /// Orders its streams with events of its own.
    Raw,
    /// Takes copies in the CPU's memory.
    Cpu,
}

/// A stream that a consumer works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Main {
    Legacy,
    PerThread,
    Blocking,
    NonBlocking,
}

/// How a consumer behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) framework: Framework,
    pub(crate) main: Main,
    /// How many batches it keeps before it lets go of the first.
    pub(crate) keeps: usize,
    /// Lets go on another thread.
    pub(crate) elsewhere: bool,
    /// How many batches it takes, if there are so many.
    pub(crate) takes: usize,
    /// Decides what differs from batch to batch.
    pub(crate) seed: u64,
}

impl Habits {
    pub(crate) fn chosen(chance: &mut Chance) -> Self {
        use Framework::{Cpu, Cupy, Jax, Raw, TensorFlow, Torch};
        let framework = chance.pick(&[Torch, Torch, Cupy, Jax, TensorFlow, TensorFlow, Raw, Cpu]);
        Self {
            framework,
            main: match framework {
                Torch => chance.pick(&[Main::Legacy, Main::NonBlocking]),
                Jax => Main::NonBlocking,
                _ => chance.pick(&[
                    Main::Legacy,
                    Main::PerThread,
                    Main::Blocking,
                    Main::NonBlocking,
                ]),
            },
            keeps: chance.pick(&[0, 0, 1, 3]),
            elsewhere: chance.one_in(3),
            takes: if chance.one_in(4) {
                chance.below(4)
            } else {
                usize::MAX
            },
            seed: chance.below(1 << 30) as u64,
        }
    }
}
