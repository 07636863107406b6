//! A driver that fails: each function that is used fails once, at its first, second and last call.
//! That is one clear error or a documented way around it, and nothing else: no hang, no panic, no
//! rule broken, no wrong byte, and whoever tries again succeeds.

use std::fs;

use fake_cuda::client::Report;
use imagepipe::cuda::{self, Context, Pinned};
use imagepipe::error::Error;
use imagepipe::tensor::Allocator;

use crate::chance::Chance;
use crate::data::Data;
use crate::process::{alone, run, run_with, task, workers};
use crate::scene::Scene;
use crate::seeds::SCHEDULES;
use crate::stage::{Stage, Wrong};
use crate::tour;

/// The table of functions.
const TABLE: &str = include_str!("../../src/cuda/api.rs");

/// A way to functions that are not called otherwise.
#[derive(Clone, Copy, Debug)]
struct Detour {
    failures: &'static str,
    /// What comes of them.
    expectation: &'static str,
    /// The driver cannot record an event for a context.
    is_older: bool,
}

const DETOURS: [Detour; 4] = [
    Detour {
        failures: "",
        expectation: "fine",
        is_older: false,
    },
    Detour {
        failures: "cuMemHostRegister_v2:*=801",
        expectation: "fine",
        is_older: false,
    },
    Detour {
        failures: "cuDeviceGetName:1=999",
        expectation: "once",
        is_older: false,
    },
    Detour {
        failures: "",
        expectation: "fine",
        is_older: true,
    },
];

const SCENE: &str = "failures::a_tour_with_failures";

/// Functions whose failure is final: the driver is not initialized twice.
const FINAL: [&str; 2] = ["cuInit", "cuDriverGetVersion"];

/// The names of all functions that are used.
pub(crate) fn functions() -> Vec<&'static str> {
    let is_name = |text: &&str| {
        text.starts_with("cu") && text.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    TABLE.split('"').filter(is_name).collect()
}

/// Takes the tour with failures in a process of its own: what the driver saw, or what is wrong.
fn travel(failure: &str, detour: Detour, expectation: &str) -> Result<Report, String> {
    let failures = format!("{failure},{}", detour.failures);
    let failures = failures.as_str();
    let name = failures.replace([':', '*', ',', '='], "-");
    let path = std::env::temp_dir().join(format!("cuda-{}-{name}.json", std::process::id()));
    let file = path.to_str().expect("a path of letters");
    let settings = [("FAKE_CUDA_FAIL", failures), ("FAKE_CUDA_REPORT", file)];
    let output = if detour.is_older {
        let folder = fake_cuda::without("cuCtxRecordEvent");
        run_with(&folder, SCENE, expectation, &settings)
    } else {
        run(SCENE, expectation, &settings)
    };
    // A driver that was never initialized writes none.
    let report = fs::read_to_string(&path).map_or_else(|_| Report::default(), |t| Report::read(&t));
    let _ = fs::remove_file(&path);
    let err = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{failures}: {}\n{err}", output.status));
    }
    if !report.violations.is_empty() {
        return Err(format!("{failures}: {:#?}", report.violations));
    }
    Ok(report)
}

/// Checks that nothing is wrong on any of several travels.
fn assert_fine(travels: impl Iterator<Item = Result<Report, String>>) {
    let wrong: Vec<String> = travels.filter_map(Result::err).collect();
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Not a test of its own: takes the tour twice.
#[test]
fn a_tour_with_failures() {
    let Some(expectation) = task(SCENE) else {
        return;
    };
    let data = Data::new();
    if expectation == "fine" {
        return tour::take(&data).expect("nothing fails");
    }
    let [first, second] = [(); 2].map(|()| {
        let toured = tour::take(&data);
        assert_eq!(workers(), 0, "no worker outlives its loader");
        toured
    });
    for toured in [&first, &second] {
        if let Err(error) = toured {
            eprintln!("{error}");
            let text = error.to_string();
            assert!(matches!(error, Error::Device { .. }), "{error:?}");
            assert!(!text.contains('\n') && text.contains(" failed"), "{text}");
        }
    }
    match (expectation.as_str(), second) {
        ("once", second) => assert!(first.is_ok() || second.is_ok(), "the failure is over"),
        ("sticky", Err(error)) => {
            assert!(error.to_string().contains("earlier CUDA error"), "{error}");
        }
        ("sticky", Ok(())) => panic!("the device has failed"),
        _ => {}
    }
}

/// Each function with a detour that leads to it, and how often it is called there.
fn calls() -> Vec<(&'static str, Detour, u64)> {
    let mut open = functions();
    let mut calls = Vec::new();
    for detour in DETOURS {
        let report = travel("", detour, detour.expectation).expect("a tour");
        open.retain(|function| {
            let count = report.counts.get(*function).copied().unwrap_or(0);
            if count > 0 {
                calls.push((*function, detour, count));
            }
            count == 0
        });
    }
    assert!(open.is_empty(), "these are never called: {open:?}");
    calls
}

#[test]
fn a_function_that_fails_once_is_an_error_or_nothing() {
    let places = calls().into_iter().flat_map(|(function, detour, count)| {
        let mut places = vec![1, 2.min(count), count];
        places.dedup();
        places
            .into_iter()
            .map(move |place| (function, detour, place))
    });
    assert_fine(places.map(|(function, detour, place)| {
        let code = if function == "cuMemAlloc_v2" { 2 } else { 999 };
        let expectation = if FINAL.contains(&function) {
            ""
        } else {
            "once"
        };
        travel(&format!("{function}:{place}={code}"), detour, expectation)
    }));
}

#[test]
fn a_device_that_has_failed_is_an_error_ever_after() {
    let late = calls().into_iter().filter(|(function, _, count)| {
        // Before there is a device nothing runs on it.
        let is_early = function.starts_with("cuDevice") || FINAL.contains(function);
        *count > 1 && !is_early && !function.contains("Error")
    });
    assert_fine(
        late.map(|(function, detour, _)| travel(&format!("{function}:2=700!"), detour, "sticky")),
    );
}

/// One or two failures, anywhere.
fn chosen(chance: &mut Chance, functions: &[&str]) -> String {
    let mut failure = || {
        let (function, call) = (chance.pick(functions), 1 + chance.below(6));
        match (function, chance.one_in(4)) {
            ("cuMemAlloc_v2", _) => format!("{function}:{call}=2"),
            (_, true) => format!("{function}:{call}=719!"),
            (_, false) => format!("{function}:{call}=999"),
        }
    };
    [failure(), failure()].join(",")
}

#[test]
fn failures_anywhere_break_no_rule_and_spoil_no_byte() {
    alone(
        "failures::failures_anywhere_break_no_rule_and_spoil_no_byte",
        || {
            let mut stage = Stage::new();
            // These are called before the driver's settings are read again.
            let functions: Vec<_> = functions()
                .into_iter()
                .filter(|name| !name.starts_with("cuInit") && !name.starts_with("cuDevice"))
                .filter(|name| *name != "cuCtxPushCurrent_v2")
                .collect();
            for seed in 0..3000 {
                let failures = chosen(&mut Chance::new(seed), &functions);
                let schedule = SCHEDULES[usize::try_from(seed % 3).expect("below 3")];
                let scene = Scene::chosen(seed);
                let what = format!("seed {seed}, {schedule}, {failures}: {scene:#?}");
                let number = seed.to_string();
                stage.restart(&[
                    ("FAKE_CUDA_FAIL", &failures),
                    ("FAKE_CUDA_SCHEDULE", schedule),
                    ("FAKE_CUDA_SEED", &number),
                ]);
                let played = scene.play(&stage);
                assert_eq!(workers(), 0, "{what}");
                // What a failed loader leaves is freed or kept for good.
                Stage::free_orphans();
                let found = stage.fake.found();
                assert!(
                    found.violations.is_empty(),
                    "{what}\n{:#?}",
                    found.violations
                );
                match played {
                    Ok(()) | Err(Wrong::Driver(_) | Wrong::Loader(Error::Device { .. })) => {}
                    Err(wrong) => panic!("{what}\n{wrong}"),
                }
            }
        },
    );
}

#[test]
fn nothing_is_called_after_closing() {
    alone("failures::nothing_is_called_after_closing", || {
        let data = Data::new();
        tour::take(&data).expect("a driver");
        let pinned = Pinned::new(Context::on(0).expect("a device"));
        cuda::close();
        assert!(pinned.allocate(1).is_err(), "no pageable memory instead");
        let error = tour::take(&data).expect_err("closed");
        assert!(
            error.to_string().contains("the process is ending"),
            "{error}"
        );
    });
}
