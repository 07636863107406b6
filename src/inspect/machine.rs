//! What this processor offers.

use serde_json::{Value, json};

use crate::codec::jpeg;
use crate::engine::usable_cores;

/// The processor, as far as it matters here.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Cores this process may use: affinity and cgroup quotas are respected.
    pub cores: usize,
    /// Of the instruction sets that are looked for, those that are there.
    pub instructions: Vec<&'static str>,
    /// Whether our own JPEG decoder works here.
    pub own_decoder: bool,
    /// Whether libjpeg-turbo's SIMD code works here.
    pub turbo_simd: bool,
}

impl Machine {
    /// Looks at this machine.
    #[must_use]
    pub fn look() -> Self {
        Self {
            cores: usable_cores(),
            instructions: instructions(),
            own_decoder: jpeg::own_active(),
            turbo_simd: jpeg::simd_active(),
        }
    }

    /// The same as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "cores": self.cores,
            "instructions": self.instructions,
            "own_decoder": self.own_decoder,
            "turbo_simd": self.turbo_simd,
        })
    }
}

#[cfg(target_arch = "x86_64")]
fn instructions() -> Vec<&'static str> {
    let all = [
        ("SSE4.2", std::is_x86_feature_detected!("sse4.2")),
        ("AVX2", std::is_x86_feature_detected!("avx2")),
        ("BMI2", std::is_x86_feature_detected!("bmi2")),
        ("AVX-512", std::is_x86_feature_detected!("avx512f")),
        ("VPCLMULQDQ", std::is_x86_feature_detected!("vpclmulqdq")),
    ];
    all.into_iter()
        .filter(|(_, there)| *there)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn instructions() -> Vec<&'static str> {
    Vec::new()
}
