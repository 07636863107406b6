//! What holds for every content of a saved graph, whatever its bytes: shared by the tests and the
//! fuzzer.

use std::path::Path;

use imagepipe::graph::{Program, Sample, Saved};

/// Checks that content is refused or is a graph, which has the same samples when it is made smaller
/// and when it is not, or fails.
pub(crate) fn check(content: &[u8]) {
    // A folder that is not there: nothing is to be read.
    let Ok(Saved { graph, seed }) = Saved::of_content(content, Path::new("/proc/nowhere")) else {
        return;
    };
    let _ = graph.fingerprint();
    let (Ok(smaller), Ok(plain)) = (Program::new(&graph), Program::plain(&graph)) else {
        return;
    };
    let sample = |program: &Program| {
        let mut registers = program.registers();
        let run = program.run(Sample { seed, index: 1 }, &mut registers);
        run.ok().map(|()| program.outputs(&registers).cloned().collect::<Vec<_>>())
    };
    if let (Some(a), Some(b)) = (sample(&smaller), sample(&plain)) {
        assert!(a == b, "a graph that is made smaller gives another sample");
    }
}
