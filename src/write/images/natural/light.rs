//! Looks and noise to pixels: soft edges, then brightness, then colour.
//!
//! Loops over plain slices of 16-bit numbers, which the compiler turns into vector code everywhere. A product keeps its
//! upper 16 bits, as the processors' multiplication does.

use super::leaves::Look;

/// Brightness runs from 0 to 16 times 255; what is brighter or darker than these bounds is drawn nearer to them, so that
/// strong texture is not cut off.
const DARK: i16 = 1100;
/// The upper bound.
const BRIGHT: i16 = 2900;

/// Working memory for a row.
#[derive(Debug, Default)]
pub(super) struct Light {
    /// Three rows of looks, summed with the weights 1, 2, 1.
    sums: Vec<Look>,
    /// Those again, across: looks 16 times as large as the leaves'.
    soft: Vec<Look>,
    /// The four parts of these, each by itself.
    planes: [Vec<i16>; 4],
}

impl Light {
    /// Makes a row of pixels of the looks above, at and below it, and of texture, light and hue.
    pub(super) fn row(&mut self, looks: &[Vec<Look>; 3], noises: [&[i16]; 3], out: &mut [u8]) {
        let [texture, shade, hue] = noises;
        self.soften(looks);
        let [light, strength, red, blue] = &mut self.planes;
        for (((light, strength), texture), shade) in light.iter_mut().zip(&*strength).zip(texture).zip(shade) {
            let bright = *light + shade + times(texture << 3, *strength);
            let bright = bright - ((bright - BRIGHT).max(0) >> 1) + ((DARK - bright).max(0) >> 1);
            *light = bright.clamp(0, 4095) << 3;
        }
        for ((((red, blue), light), strength), hue) in
            red.iter_mut().zip(blue.iter_mut()).zip(&*light).zip(&*strength).zip(hue)
        {
            let tint = times(hue << 3, *strength) + hue;
            *red = (times(*light, red.saturating_add(tint)) >> 5).clamp(0, 255);
            *blue = (times(*light, blue.saturating_sub(tint)) >> 5).clamp(0, 255);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above")]
        for (((pixel, red), light), blue) in out.as_chunks_mut::<3>().0.iter_mut().zip(&*red).zip(&*light).zip(&*blue) {
            *pixel = [*red as u8, (*light >> 7) as u8, *blue as u8];
        }
    }

    /// Edges as a lens makes them: the weights 1, 2, 1 down, then across.
    fn soften(&mut self, looks: &[Vec<Look>; 3]) {
        let [above, here, below] = looks.each_ref().map(|row| row.as_flattened());
        self.sums.resize(looks[1].len(), Look::default());
        let sums = self.sums.as_flattened_mut();
        for (((sum, above), here), below) in sums.iter_mut().zip(above).zip(here).zip(below) {
            *sum = above + 2 * here + below;
        }
        let width = self.sums.len() - 2;
        self.soft.resize(width, Look::default());
        let soft = self.soft.as_flattened_mut();
        let [left, middle, right] = [0, 1, 2].map(|x| self.sums[x..x + width].as_flattened());
        for (((soft, left), middle), right) in soft.iter_mut().zip(left).zip(middle).zip(right) {
            *soft = left + 2 * middle + right;
        }
        for (part, plane) in self.planes.iter_mut().enumerate() {
            plane.clear();
            plane.extend(self.soft.iter().map(|look| look[part]));
        }
    }
}

/// The upper half of a product.
fn times(a: i16, b: i16) -> i16 {
    ((i32::from(a) * i32::from(b)) >> 16) as i16
}
