//! What lies behind all objects: a sky or a wall, ridges, the ground.

use super::canvas::{Canvas, Rgb, mix};
use super::rng::{clamp, smooth};
use super::texture::Kind;

/// A light on something: brightest in one place, and everywhere a little.
#[derive(Clone, Copy, Debug)]
pub(super) struct Glow {
    /// Column and row.
    pub(super) at: [f32; 2],
    /// One over the distance at which half of it is left, across and down.
    pub(super) scale: [f32; 2],
    pub(super) strength: f32,
}

/// A sky with clouds, or a wall with stains.
#[derive(Clone, Debug)]
pub(super) struct Sky {
    /// The row where it ends.
    pub(super) end: f32,
    /// Its colours at the top and at the end.
    pub(super) high: Rgb,
    pub(super) low: Rgb,
    pub(super) cloud: Rgb,
    /// How much of it has clouds: half at 0, nearly all at 1, nearly nothing at -1.
    pub(super) cloudy: f32,
    /// How much of the sky a cloud hides.
    pub(super) dense: f32,
    pub(super) glow: Glow,
}

/// What stands out against the sky: hills, mountains, a wood.
#[derive(Clone, Debug)]
pub(super) struct Ridge {
    /// The row of its top in each column.
    pub(super) line: Vec<f32>,
    /// The least and the most of these.
    pub(super) ends: [f32; 2],
    /// Rows that its top is spread over.
    pub(super) edge: f32,
    /// Its colours at the top, and where mist lies on it.
    pub(super) colour: Rgb,
    pub(super) mist: Rgb,
    /// One over the rows from the one to the other.
    pub(super) fade: f32,
    pub(super) kind: Kind,
    pub(super) strength: f32,
}

/// The ground.
#[derive(Clone, Debug)]
pub(super) struct Ground {
    /// The row of the horizon, rows that it is spread over, and the row below the image.
    pub(super) begin: f32,
    pub(super) edge: f32,
    pub(super) end: f32,
    /// Its colours at the horizon, and at the lower end of the image.
    pub(super) far: Rgb,
    pub(super) near: Rgb,
    /// Its texture at the lower end.
    pub(super) kind: Kind,
    /// How strong that is, and how strong ripples are at the horizon.
    pub(super) strength: [f32; 2],
    /// How much patches of it differ.
    pub(super) patches: f32,
    pub(super) glow: Glow,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Backdrop {
    pub(super) sky: Sky,
    /// The farthest first.
    pub(super) ridges: Vec<Ridge>,
    pub(super) ground: Ground,
}

impl Backdrop {
    /// Paints row `y`, but for what is hidden all along.
    pub(super) fn paint(&self, y: f32, canvas: &mut Canvas) {
        if self.ground.cover(y) < 1.0 {
            let nearest = self
                .ridges
                .iter()
                .rposition(|ridge| y > ridge.ends[1] + ridge.edge);
            if nearest.is_none() {
                self.sky.paint(y, canvas);
            }
            for ridge in &self.ridges[nearest.unwrap_or_default()..] {
                ridge.paint(y, canvas);
            }
        }
        self.ground.paint(y, canvas);
    }
}

impl Glow {
    /// What it multiplies a colour by, as a function of the column.
    fn row(self, y: f32) -> impl Fn(f32) -> f32 {
        let down = (y - self.at[1]) * self.scale[1];
        let down = 1.0 + down * down;
        move |x| {
            let across = (x - self.at[0]) * self.scale[0];
            1.0 + self.strength / (down + across * across)
        }
    }
}

/// How many columns from where it is seen a cloud throws its shade.
const SHADE: usize = 6;

impl Sky {
    fn paint(&self, y: f32, canvas: &mut Canvas) {
        let low = clamp(y / self.end);
        let low = low * low;
        let ([r, g, b], [cloud_r, cloud_g, cloud_b]) = (
            mix(self.high, self.low, low),
            mix(self.cloud, self.low, 0.6 * low),
        );
        let (covered, dense, glow) = (self.cloudy, self.dense, self.glow.row(y));
        let clouds = canvas.textures.row(Kind::Cloud);
        let [red, green, blue] = canvas.planes.each_mut();
        let columns = canvas.columns.iter().zip(clouds).zip(&clouds[SHADE..]);
        for (((((x, thick), shade), red), green), blue) in columns.zip(red).zip(green).zip(blue) {
            let cover = dense * smooth(0.5 + 0.45 * (thick + covered));
            let lit = 0.97 - 0.06 * thick + 0.25 * (thick - shade);
            let glow = glow(*x);
            *red = (r + cover * (cloud_r * lit - r)) * glow;
            *green = (g + cover * (cloud_g * lit - g)) * glow;
            *blue = (b + cover * (cloud_b * lit - b)) * glow;
        }
    }
}

impl Ridge {
    fn paint(&self, y: f32, canvas: &mut Canvas) {
        if y < self.ends[0] - self.edge {
            return;
        }
        let ([r, g, b], [mist_r, mist_g, mist_b]) = (self.colour, self.mist);
        let (sharp, fade, strength) = (1.0 / self.edge, self.fade, self.strength);
        let [red, green, blue] = canvas.planes.each_mut();
        let columns = self.line.iter().zip(canvas.textures.row(self.kind));
        for ((((top, texture), red), green), blue) in columns.zip(red).zip(green).zip(blue) {
            let below = y - top;
            let cover = clamp(below * sharp + 0.5);
            let mist = clamp(below * fade);
            let light = 1.0 + strength * texture;
            *red += cover * ((r + mist * (mist_r - r)) * light - *red);
            *green += cover * ((g + mist * (mist_g - g)) * light - *green);
            *blue += cover * ((b + mist * (mist_b - b)) * light - *blue);
        }
    }
}

impl Ground {
    /// How much a row shows of it.
    fn cover(&self, y: f32) -> f32 {
        clamp((y - self.begin) / self.edge + 0.5)
    }

    fn paint(&self, y: f32, canvas: &mut Canvas) {
        let cover = self.cover(y);
        if cover <= 0.0 {
            return;
        }
        let near = clamp((y - self.begin) / (self.end - self.begin));
        let [r, g, b] = mix(self.far, self.near, near * (2.0 - near));
        let (strong, rippled) = (self.strength[0] * near, self.strength[1] * (1.0 - near));
        let (patches, glow) = (self.patches, self.glow.row(y));
        let [red, green, blue] = canvas.planes.each_mut();
        let columns = canvas.columns.iter().zip(canvas.textures.row(self.kind));
        let columns = columns
            .zip(canvas.textures.row(Kind::Ripple))
            .zip(canvas.textures.row(Kind::Soft));
        for ((((((x, texture), ripple), soft), red), green), blue) in
            columns.zip(red).zip(green).zip(blue)
        {
            let patch = patches * soft;
            let light = (1.0 + strong * texture + rippled * ripple) * (1.0 + patch) * glow(*x);
            *red += cover * (r * light - *red);
            *green += cover * (g * light * (1.0 - 0.15 * patch) - *green);
            *blue += cover * (b * light - *blue);
        }
    }
}
