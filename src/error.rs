//! The one error type: a variant for each thing a caller can act on, with the path, offset or
//! argument it is about.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

/// A record's place in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// Its number, from 0.
    pub number: u64,
    /// Its first byte.
    pub offset: u64,
}

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A wrong argument: which, what was given, what is allowed.
    #[error("{argument}={value} is not valid: {allowed}")]
    Argument {
        /// The argument's name as the user types it.
        argument: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// The dataset as a whole cannot be used.
    #[error("{}: {reason}", path.display())]
    Dataset {
        /// The directory or file it is about.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A file or directory could not be read.
    #[error("{}: {}", path.display(), explained(source))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// An image could not be decoded.
    #[error("{}: cannot decode: {}{reason}", path.display(), of_spot(*record))]
    Decode {
        /// The file.
        path: PathBuf,
        /// The record that it is, unless it is the file.
        record: Option<Spot>,
        /// What is wrong with it.
        reason: String,
    },
    /// The graph that augments images cannot make one of an image.
    #[error("{}: cannot augment: {}{fault}", path.display(), of_spot(*record))]
    Augment {
        /// The file.
        path: PathBuf,
        /// The record that it is, unless it is the file.
        record: Option<Spot>,
        /// What is wrong, at which node.
        fault: Box<Fault>,
    },
    /// Several files that cannot be used, each with its own error.
    #[error("{}", listed(*files, outcome, failures))]
    Files {
        /// How many files there are in all.
        files: usize,
        /// What became of the run, in a few words.
        outcome: &'static str,
        /// What is wrong, in the order of the files; never empty.
        failures: Vec<Error>,
    },
    /// A record is damaged, or its file changed while it was open.
    #[error("{}: at byte {offset}: {}{reason}", path.display(), of_number(*number))]
    Record {
        /// The file.
        path: PathBuf,
        /// Where in it the record begins.
        offset: u64,
        /// The record's number, from 0, where that is known.
        number: Option<u64>,
        /// Which part is wrong, and how.
        reason: String,
    },
    /// A file could not be written.
    #[error("{}: cannot write{}: {}", path.display(), of_bytes(*bytes), explained(source))]
    Write {
        /// The file, by its final name.
        path: PathBuf,
        /// How many bytes the whole file needs, or as many as were at hand where that is not known;
        /// 0 for a directory.
        bytes: u64,
        /// What the operating system said.
        source: io::Error,
    },
    /// A file to be written exists already.
    #[error(
        "{}: exists already: replace it with overwrite=True{}",
        path.display(),
        if *resumable { RESUME } else { "" }
    )]
    Exists {
        /// The file.
        path: PathBuf,
        /// Whether what writes it can go on with an earlier run.
        resumable: bool,
    },
    /// There is no room for a batch.
    #[error(
        "no memory for {}: use a smaller batch_size, size or prefetch",
        counted(*bytes as u64, "byte")
    )]
    Memory {
        /// How many bytes were asked for.
        bytes: usize,
    },
    /// More samples failed than `max_errors` allows, each counted once.
    #[error(
        "{} failed, more than max_errors={limit}; the last one: {last}",
        counted(*count, "sample")
    )]
    TooManyErrors {
        /// How many failed so far.
        count: u64,
        /// How many are allowed.
        limit: u64,
        /// The last failure.
        last: Box<Error>,
    },
    /// A worker thread panicked: a defect of this library, not of the data.
    #[error("{}: internal error while making this sample: {message}", path.display())]
    Panic {
        /// The file of the sample.
        path: PathBuf,
        /// The panic's message.
        message: String,
    },
    /// A defect of this library that no sample is to blame for.
    #[error("internal error: {message}")]
    Internal {
        /// What happened.
        message: String,
    },
    /// The iterator was made in another process: threads do not survive a fork.
    #[error(
        "this iterator was made in process {made_in} and is used in its fork {used_in}: worker \
         threads do not survive a fork; call iter() again after forking"
    )]
    Forked {
        /// Process that made the iterator.
        made_in: u32,
        /// Process that uses it.
        used_in: u32,
    },
    /// A graph cannot work, or a sample of it cannot be made.
    #[error("{}{}{reason}", of_sample(*index), of_node(node, origin))]
    Graph {
        /// The node; empty for the graph as a whole.
        node: Arc<str>,
        /// Where in the user's source it was made; empty if that is not known.
        origin: Arc<str>,
        /// The sample.
        index: Option<u64>,
        /// What is wrong.
        reason: String,
        /// What a function of the caller's own failed with.
        cause: Option<Cause>,
    },
    /// A GPU, or the driver of it, cannot be used.
    #[error("{reason}")]
    Device {
        /// What is wrong and what to do.
        reason: String,
    },
    /// An array was asked for on a stream whose work is captured into a graph.
    #[error(
        "the stream is being captured into a CUDA graph, which would keep this batch: take the \
         batch before the capture, and copy it into the graph's input"
    )]
    Captured,
    /// Worker threads could not be started.
    #[error("cannot start worker threads: {}", said(source))]
    Threads {
        /// What the operating system said.
        source: io::Error,
    },
}

/// What an error was caused by, which its message tells already.
#[derive(Clone, Debug)]
pub struct Cause(pub Arc<dyn std::error::Error + Send + Sync>);

/// It is the same error.
impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Cause {}

/// What is wrong with a graph, or went wrong in a sample, and at which node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The node's name; empty for the graph as a whole.
    pub node: Arc<str>,
    /// Where it was made, such as `train.py:12`; empty if that is not known.
    pub origin: Arc<str>,
    /// What is wrong.
    pub reason: String,
    /// What it was caused by.
    pub cause: Option<Cause>,
}

impl Fault {
    /// What is wrong with a graph as a whole.
    pub(crate) fn of_graph(reason: impl Into<String>) -> Self {
        Self {
            node: Arc::from(""),
            origin: Arc::from(""),
            reason: reason.into(),
            cause: None,
        }
    }

    /// The same as this crate's error; of a sample, if it has an index.
    #[must_use]
    pub fn into_error(self, index: Option<u64>) -> Error {
        let Self {
            node,
            origin,
            reason,
            cause,
        } = self;
        Error::Graph {
            node,
            origin,
            index,
            reason,
            cause,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", of_node(&self.node, &self.origin), self.reason)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        fault.into_error(None)
    }
}

const RESUME: &str = ", or keep finished files and continue with resume=True";

/// A result with this crate's error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::Argument`].
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    pub fn argument(argument: &'static str, value: impl ToString, allowed: impl ToString) -> Self {
        Self::Argument {
            argument,
            value: value.to_string(),
            allowed: allowed.to_string(),
        }
    }

    /// An [`Error::Dataset`].
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    pub fn dataset(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        Self::Dataset {
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    /// An [`Error::Device`].
    pub fn device(reason: impl Into<String>) -> Self {
        Self::Device {
            reason: reason.into(),
        }
    }

    /// The [`Error::Io`] of what the operating system says of `path`.
    pub fn at(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// An [`Error::Record`].
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    pub fn record(path: impl Into<PathBuf>, offset: u64, reason: impl ToString) -> Self {
        Self::Record {
            path: path.into(),
            offset,
            number: None,
            reason: reason.to_string(),
        }
    }

    /// The same, of a record: what is wrong with it, or with the image in it.
    #[must_use]
    pub fn of_record(mut self, spot: Spot) -> Self {
        match &mut self {
            Self::Record { number, .. } => *number = Some(spot.number),
            Self::Decode { record, .. } | Self::Augment { record, .. } => *record = Some(spot),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::OutOfMemory => {
                let reason = format!("{}{source}", of_spot(Some(spot)));
                *source = io::Error::new(source.kind(), reason);
            }
            _ => {}
        }
        self
    }

    /// The file or directory that it is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Decode { path, .. }
            | Self::Augment { path, .. }
            | Self::Dataset { path, .. }
            | Self::Io { path, .. }
            | Self::Write { path, .. }
            | Self::Exists { path, .. }
            | Self::Panic { path, .. }
            | Self::Record { path, .. } => Some(path),
            Self::Files { failures, .. } => failures.first()?.path(),
            _ => None,
        }
    }

    /// Whether the machine failed, because it lacks memory, threads or open files. Such an error
    /// says nothing about the data, and ends a run whatever is done with damaged samples.
    #[must_use]
    pub fn is_of_the_machine(&self) -> bool {
        match self {
            Self::Io { source, .. } | Self::Write { source, .. } => {
                source.kind() == io::ErrorKind::OutOfMemory
                    || matches!(
                        Errno::from_io_error(source),
                        Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM)
                    )
            }
            Self::Memory { .. } | Self::Threads { .. } | Self::Device { .. } => true,
            _ => false,
        }
    }

    /// The reason alone, without the path that leads the message.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Dataset { reason, .. } => reason.clone(),
            Self::Decode { record, reason, .. } => format!("{}{reason}", of_spot(*record)),
            Self::Augment { record, fault, .. } => format!("{}{fault}", of_spot(*record)),
            Self::Record {
                offset,
                number,
                reason,
                ..
            } => format!("at byte {offset}: {}{reason}", of_number(*number)),
            Self::Io { source, .. } => explained(source),
            Self::Graph {
                node,
                origin,
                reason,
                ..
            } => format!("{}{reason}", of_node(node, origin)),
            Self::Panic { message, .. } => format!("internal error: {message}"),
            other => other.to_string(),
        }
    }
}

/// What could not be written, if that is known.
fn of_bytes(bytes: u64) -> String {
    match bytes {
        0 => String::new(),
        bytes => format!(" {}", counted(bytes, "byte")),
    }
}

/// The beginning of what is wrong with an image in a record.
fn of_spot(record: Option<Spot>) -> String {
    record.map_or_else(String::new, |Spot { number, offset }| {
        format!("record {number} at byte {offset}: ")
    })
}

/// The beginning of what is wrong with a sample of a graph.
fn of_sample(index: Option<u64>) -> String {
    index.map_or_else(String::new, |index| format!("sample {index}: "))
}

/// The beginning of what is wrong at a node of a graph.
fn of_node(node: &str, origin: &str) -> String {
    match (called(node), origin) {
        ("", _) => String::new(),
        (node, "") => format!("{node}: "),
        (node, origin) => format!("{node} ({origin}): "),
    }
}

/// What a node is called in messages. A name that Python made has the lines of the source that led
/// to the node, `function: line: Kind`, of which the kind alone is shown.
fn called(node: &str) -> &str {
    let mut parts = node.rsplitn(3, ": ");
    match (parts.next(), parts.nth(1)) {
        (Some(kind), Some(_)) if !kind.is_empty() => kind,
        _ => node,
    }
}

/// The beginning of what is wrong with a record.
fn of_number(number: Option<u64>) -> String {
    number.map_or_else(String::new, |number| format!("record {number}: "))
}

/// A number of things, each of them `one`.
#[must_use]
pub fn counted(count: u64, one: &str) -> String {
    let ending = match count {
        1 => "",
        _ if one.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {one}{ending}")
}

/// What the operating system said, and what can be done about it where that is not plain.
fn explained(source: &io::Error) -> String {
    match Errno::from_io_error(source) {
        Some(Errno::MFILE) => {
            format!(
                "{}: this process may not open more files; raise its limit with \
                 `ulimit -n`",
                said(source)
            )
        }
        Some(Errno::NFILE) => format!(
            "{}: this machine has reached its kernel's limit of open files",
            said(source)
        ),
        _ => said(source),
    }
}

/// What the operating system said, without the number that Rust puts behind it.
#[must_use]
pub fn said(source: &io::Error) -> String {
    let text = source.to_string();
    let number = source.raw_os_error();
    let suffix = number.map_or_else(String::new, |number| format!(" (os error {number})"));
    let short = text.strip_suffix(&suffix).map(str::to_owned);
    short.unwrap_or(text)
}

/// How many of many failures a message shows.
const SHOWN: usize = 10;

/// The message of failures: of a single one its own, else their number and the first of them.
fn listed(files: usize, outcome: &str, failures: &[Error]) -> String {
    if let [failure] = failures {
        return if files == 1 {
            failure.to_string()
        } else {
            format!("{failure}; {outcome}")
        };
    }
    let mut lines = vec![format!(
        "{} of {files} files cannot be used; {outcome}:",
        failures.len()
    )];
    lines.extend(failures.iter().take(SHOWN).map(ToString::to_string));
    if failures.len() > SHOWN {
        lines.push(format!(
            "and {} more, which error.damaged lists",
            failures.len() - SHOWN
        ));
    }
    lines.join("\n  ")
}
