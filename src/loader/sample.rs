//! One sample: read, decoded into its slot, and described beside its pixels.

use super::config::Labels;
use super::fields::{CROPS, FLIPS, INDICES, Target, VALID};
use super::job::{Job, Scratch, Shared, Task};
use super::plan::Plan;
use crate::codec::Reason;
use crate::engine::Stopwatch;
use crate::error::{Error, Result, counted};
use crate::pixel::Region;
use crate::sampler::Draw;
use crate::tensor::Lease;
use crate::transform::{Identity, Made, Prepared};

impl Job {
    /// Makes one sample in its slot.
    pub(super) fn sample(&self, task: &mut Task<'_, '_>, draw: Draw) -> Result<()> {
        let Shared {
            data, plan, stages, ..
        } = &*self.shared;
        let identity = Identity {
            seed: plan.seed,
            epoch: task.batch.step.epoch,
            key: draw.key,
        };
        let Scratch { file, transform } = &mut *task.scratch;
        let mut watch = Stopwatch::start();
        let sample = data.read(draw.sample, file)?;
        stages.read.add(sample.content.len(), watch.lap());
        self.check_label(draw, sample.label)?;
        let undecodable = |reason| data.location(draw.sample).undecodable(reason);
        let prepared = plan
            .recipe
            .open(sample.content, identity, transform, task.stop)
            .map_err(undecodable)?;
        let made = if let Some(images) = self.shared.fields.images {
            self.make(prepared, task.target.field(images))
        } else {
            let lease = Lease::single(plan.recipe.field(prepared.size()))?;
            let own = lease.claim(0);
            let made = own.map(|mut own| self.make(prepared, own.field(0)));
            lease.seal(|_| true);
            task.batch.put_single(task.slot, lease);
            made.unwrap_or_else(|| Err(Reason::new("no memory was claimed")))
        };
        self.describe(draw, sample.label, made.map_err(undecodable)?, task.target);
        if let Some(columns) = self.shared.fields.steps {
            task.target.put_steps(columns, transform.steps());
        }
        let valid = (task.slot as u64) < task.batch.step.valid;
        task.target.put(VALID, &[u8::from(valid)]);
        Ok(())
    }

    /// Decodes an image into its place.
    fn make(&self, prepared: Prepared<'_>, pixels: &mut [u8]) -> Result<Made, Reason> {
        let stages = &self.shared.stages;
        let mut watch = Stopwatch::start();
        let loaded = prepared.decode()?;
        stages.decode.add(loaded.bytes(), watch.lap());
        let len = pixels.len();
        let resized = loaded.resize(pixels)?;
        stages.resize.add(len, watch.lap());
        let is_left = resized.is_left();
        let made = resized.augment(pixels)?;
        if is_left {
            stages.augment.add(len, watch.lap());
        }
        Ok(made)
    }

    fn check_label(&self, draw: Draw, label: usize) -> Result<()> {
        let Plan {
            labels,
            num_classes,
            ..
        } = self.shared.plan;
        if labels != Labels::OneHot || label < num_classes {
            return Ok(());
        }
        let classes = counted(num_classes as u64, "class");
        let reason = format!("the label {label} is none of the {classes}");
        let location = self.shared.data.location(draw.sample);
        Err(Error::dataset(location.text(), reason))
    }

    /// Writes what is known of a sample beside its pixels.
    fn describe(&self, draw: Draw, label: usize, made: Made, target: &mut Target<'_>) {
        if let Some(labels) = self.shared.fields.labels {
            if self.shared.plan.labels == Labels::OneHot {
                let field = target.field(labels);
                field.fill(0);
                field[4 * label..4 * label + 4].copy_from_slice(&1f32.to_ne_bytes());
            } else {
                target.put(labels, &[label as u64]);
            }
        }
        target.put(INDICES, &[draw.sample]);
        let Region {
            left,
            top,
            width,
            height,
        } = made.region;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "pixels of an image fit single precision"
        )]
        target.put(CROPS, &[left, top, width, height].map(|edge| edge as f32));
        target.put(FLIPS, &[u8::from(made.flip)]);
    }
}
