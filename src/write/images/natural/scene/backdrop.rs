//! What a scene is set in.

use super::super::backdrop::{Glow, Ground, Ridge, Sky};
use super::super::canvas::{Rgb, mix, times};
use super::super::rng::fractal;
use super::super::texture::Kind;
use super::builder::Builder;
use super::palette::{LEAVES, SKIES};

impl Builder<'_> {
    pub(super) fn sky(&mut self) -> Sky {
        let [high, low] = self.rng.pick(&SKIES);
        self.haze = low;
        Sky {
            end: if self.horizon > 1.0 {
                self.horizon
            } else {
                1.0
            },
            high,
            low,
            cloud: mix(low, [0.97, 0.96, 0.95], 0.8),
            cloudy: self.rng.between(-1.8, 0.8),
            dense: self.rng.between(0.3, 1.0),
            glow: self.glow([-0.2 * self.horizon, 0.8 * self.horizon], 1.0, 0.3),
        }
    }

    /// A light of up to some strength, at a row between two, so many times as wide as high.
    fn glow(&mut self, rows: [f32; 2], wide: f32, strength: f32) -> Glow {
        let scale = 3.0 / self.side;
        Glow {
            at: [
                self.rng.unit() * self.wide,
                self.rng.between(rows[0], rows[1]),
            ],
            scale: [scale, wide * scale],
            strength: self.rng.between(0.0, strength),
        }
    }

    /// So many ridges: the nearer, the lower and the clearer.
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    pub(super) fn ridges(&mut self, count: usize, sky: &Sky) -> Vec<Ridge> {
        let colour = self.colour(&LEAVES);
        let rough = self.rng.between(0.42, 0.65);
        (1..=count)
            .map(|number| self.ridge(number as f32 / (count + 1) as f32, colour, rough, sky))
            .collect()
    }

    fn ridge(&mut self, near: f32, colour: Rgb, rough: f32, sky: &Sky) -> Ridge {
        let height = self.high * self.rng.between(0.03, 0.2) * (1.1 - 0.6 * near);
        let longest = self.wide * self.rng.between(0.3, 0.8);
        let mut line = fractal(self.rng, self.columns, longest, rough);
        for row in &mut line {
            *row = self.horizon + 1.0 - height * (0.9 + 0.9 * *row);
        }
        let ends = line
            .iter()
            .fold([f32::MAX, f32::MIN], |[least, most], row| {
                [least.min(*row), most.max(*row)]
            });
        let clear = 0.25 + 0.65 * near;
        let colour = mix(sky.low, times(colour, 0.75), clear);
        Ridge {
            line,
            ends,
            edge: self.edge(0.3),
            colour,
            mist: mix(colour, sky.low, 0.35),
            fade: 0.5 / height,
            kind: if near > 0.6 { Kind::Rough } else { Kind::Soft },
            strength: 0.3 * clear * self.busy,
        }
    }

    /// Ground of one of some colours. `strength` is that of its texture, and that of ripples far
    /// away.
    pub(super) fn ground(&mut self, colours: &[Rgb], kind: Kind, strength: [f32; 2]) -> Ground {
        let near = self.colour(colours);
        let edge = self.edge(0.1);
        let most = 0.1 * self.high + 1.0;
        Ground {
            begin: self.horizon,
            edge: if edge < most { edge } else { most },
            end: self.high,
            far: mix(times(near, 1.15), self.haze, 0.4 * self.hazy),
            near: times(near, 0.95),
            kind,
            strength: strength.map(|strength| strength * self.busy),
            patches: self.rng.between(0.03, 0.15),
            glow: self.glow([0.3 * self.high, self.high], 2.5, 0.5),
        }
    }
}
