//! The settings, which are environment variables read at `cuInit` or set by `fakeCudaConfigure`.
//!
//! | name | value | default |
//! | --- | --- | --- |
//! | `FAKE_CUDA_SEED` | the seed of the schedule | 0 |
//! | `FAKE_CUDA_SCHEDULE` | `lazy`: runs only what the host waits for; `eager`: runs everything at once; `random`: as the seed has it | `lazy` |
//! | `FAKE_CUDA_DEVICES` | the number of devices | 1 |
//! | `FAKE_CUDA_MEMORY` | bytes of memory of each device | 1 GiB |
//! | `FAKE_CUDA_CAPABILITY` | the compute capability of each device | 9.0 |
//! | `FAKE_CUDA_VERSION` | the CUDA version of the driver, as `cuDriverGetVersion` has it | 12080 |
//! | `FAKE_CUDA_FAIL` | failures, see [`crate::config::Failure`] | none |
//! | `FAKE_CUDA_HANG` | `function:n`, several separated by commas: what the n-th call of a function (1 is the first, `*` every call) enqueues does not end before `fakeCudaResume`, nor does a call that waits for it | none |
//! | `FAKE_CUDA_PLANT` | a bug of the caller to imitate, see `plant.rs` | none |
//! | `FAKE_CUDA_REPORT` | a file to write the report to, or `-` to keep it for `fakeCudaReport`; without it, a violation aborts the process | none |
//!
//! `CUDA_VISIBLE_DEVICES` hides devices as it does with the real driver.

use std::collections::HashMap;
use std::env;
use std::path::PathBuf;

use crate::codes::Code;
use crate::plant::Plant;

/// Which of the operations that are ready run, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// Only what the host waits for, when it waits.
    Lazy,
    /// Everything when it is enqueued.
    Eager,
    /// Some at every call, in random order.
    Random,
}

/// A failure on demand: `function:n=code` makes the n-th call (1 is the first, `*` every call) of a
/// function return a `CUresult`; `function:n=code!` makes it succeed and all later calls return the
/// code, as an asynchronous error does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) calls: Calls,
    pub(crate) code: Code,
    pub(crate) is_sticky: bool,
}

/// Calls of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Calls {
    /// The exported name, or `*` for any function.
    function: String,
    /// `None` is every call.
    number: Option<u64>,
}

/// Where violations go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Abort,
    Memory,
    File(PathBuf),
}

/// The settings of a process.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) seed: u64,
    pub(crate) schedule: Schedule,
    pub(crate) devices: usize,
    pub(crate) memory: u64,
    /// Major and minor.
    pub(crate) capability: (i32, i32),
    pub(crate) version: i32,
    pub(crate) failures: Vec<Failure>,
    /// What they enqueue does not end.
    pub(crate) hangs: Vec<Calls>,
    pub(crate) plant: Option<Plant>,
    pub(crate) output: Output,
}

impl Default for Config {
    /// The settings of a process that sets none, before they are read.
    fn default() -> Self {
        Self {
            seed: 0,
            schedule: Schedule::Lazy,
            devices: 1,
            memory: 1 << 30,
            capability: (9, 0),
            version: 12080,
            failures: Vec::new(),
            hangs: Vec::new(),
            plant: None,
            output: Output::Abort,
        }
    }
}

/// Settings that take precedence over the environment.
pub(crate) type Overrides = HashMap<String, String>;

impl Config {
    /// Reads the settings; the error says which value is wrong.
    pub(crate) fn read(overrides: &Overrides) -> Result<Self, String> {
        let text = |name: &str| {
            let value = overrides.get(name).cloned().or_else(|| env::var(name).ok());
            value.filter(|value| !value.is_empty())
        };
        let schedule = match text("FAKE_CUDA_SCHEDULE").as_deref() {
            None | Some("lazy") => Schedule::Lazy,
            Some("eager") => Schedule::Eager,
            Some("random") => Schedule::Random,
            Some(other) => return Err(format!("FAKE_CUDA_SCHEDULE: no schedule {other:?}")),
        };
        let devices = number("FAKE_CUDA_DEVICES", text("FAKE_CUDA_DEVICES"), 1_usize)?;
        let visible = overrides
            .get("CUDA_VISIBLE_DEVICES")
            .cloned()
            .or_else(|| env::var("CUDA_VISIBLE_DEVICES").ok());
        Ok(Self {
            seed: number("FAKE_CUDA_SEED", text("FAKE_CUDA_SEED"), 0)?,
            schedule,
            devices: visible.map_or(devices, |list| visible_devices(&list, devices)),
            memory: number("FAKE_CUDA_MEMORY", text("FAKE_CUDA_MEMORY"), 1 << 30)?,
            capability: capability(text("FAKE_CUDA_CAPABILITY"))?,
            version: number("FAKE_CUDA_VERSION", text("FAKE_CUDA_VERSION"), 12080)?,
            failures: items("FAKE_CUDA_FAIL", text("FAKE_CUDA_FAIL"), failure)?,
            hangs: items("FAKE_CUDA_HANG", text("FAKE_CUDA_HANG"), Calls::read)?,
            plant: text("FAKE_CUDA_PLANT")
                .map(|name| {
                    Plant::named(&name).ok_or_else(|| format!("FAKE_CUDA_PLANT: no bug {name:?}"))
                })
                .transpose()?,
            output: match text("FAKE_CUDA_REPORT").as_deref() {
                None => Output::Abort,
                Some("-") => Output::Memory,
                Some(path) => Output::File(path.into()),
            },
        })
    }
}

fn number<T: std::str::FromStr>(name: &str, text: Option<String>, default: T) -> Result<T, String> {
    text.map_or(Ok(default), |text| {
        text.parse()
            .map_err(|_| format!("{name}: {text:?} is not a number that fits"))
    })
}

fn capability(text: Option<String>) -> Result<(i32, i32), String> {
    let text = text.unwrap_or_else(|| "9.0".to_owned());
    let parts = text.split_once('.');
    let read = parts.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    read.ok_or_else(|| format!("FAKE_CUDA_CAPABILITY: cannot read {text:?}"))
}

/// How many devices a list of ordinals leaves: it ends at the first that does not exist.
fn visible_devices(list: &str, devices: usize) -> usize {
    list.split(',')
        .map_while(|ordinal| ordinal.trim().parse::<usize>().ok())
        .take_while(|ordinal| *ordinal < devices)
        .count()
}

/// What a list says, separated by commas.
fn items<T>(
    name: &str,
    text: Option<String>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, String> {
    let text = text.unwrap_or_default();
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| read(item).ok_or_else(|| format!("{name}: cannot read {item:?}")))
        .collect()
}

impl Calls {
    fn read(item: &str) -> Option<Self> {
        let (function, number) = item.split_once(':')?;
        Some(Self {
            function: function.to_owned(),
            number: match number {
                "*" => None,
                number => Some(number.parse().ok()?),
            },
        })
    }

    /// Whether the `call`-th call of a function is one of them.
    pub(crate) fn contain(&self, function: &str, call: u64) -> bool {
        let is_named = self.function == "*" || self.function == function;
        is_named && self.number.is_none_or(|number| number == call)
    }
}

fn failure(item: &str) -> Option<Failure> {
    let (calls, code) = item.split_once('=')?;
    let (code, is_sticky) = match code.strip_suffix('!') {
        Some(code) => (code, true),
        None => (code, false),
    };
    Some(Failure {
        calls: Calls::read(calls)?,
        code: Code(code.parse().ok()?),
        is_sticky,
    })
}

#[cfg(test)]
mod tests {
    use super::{Calls, Code, Failure, failure, items, visible_devices};

    fn failures(text: &str) -> Result<Vec<Failure>, String> {
        items("FAKE_CUDA_FAIL", Some(text.to_owned()), failure)
    }

    #[test]
    fn failures_are_read() {
        let read = failures("cuMemAlloc_v2:3=2, cuEventRecord:*=700!").unwrap();
        let expected = [
            Failure {
                calls: Calls {
                    function: "cuMemAlloc_v2".to_owned(),
                    number: Some(3),
                },
                code: Code(2),
                is_sticky: false,
            },
            Failure {
                calls: Calls {
                    function: "cuEventRecord".to_owned(),
                    number: None,
                },
                code: Code(700),
                is_sticky: true,
            },
        ];
        assert_eq!(read, expected);
        for wrong in ["cuInit", "cuInit=3", "cuInit:x=3", "cuInit:1=x"] {
            assert!(failures(wrong).unwrap_err().contains(wrong));
        }
    }

    #[test]
    fn a_list_of_visible_devices_ends_at_the_first_that_does_not_exist() {
        for (list, count) in [("", 0), ("-1", 0), ("0", 1), ("1,0", 2), ("1,7,0", 1)] {
            assert_eq!(visible_devices(list, 2), count, "{list:?}");
        }
    }
}
