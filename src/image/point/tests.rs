use proptest::prelude::*;

use super::*;

#[test]
fn tables_are_looked_up_by_channel() {
    let tables = [table(|byte| !byte), table(|byte| byte / 2), table(|_| 7)];
    let source: Vec<u8> = (0..24).map(|number| number * 10).collect();
    for channels in 1..=3 {
        let mut out = vec![0; source.len()];
        look_up_channels(&tables[..channels], &source, &mut out);
        for (place, (from, to)) in source.iter().zip(&out).enumerate() {
            assert_eq!(*to, tables[place % channels][usize::from(*from)]);
        }
    }
}

struct Mixed;

impl OfLevels<u8> for Mixed {
    fn of_levels(&self, [red, green, blue]: [f32; 3]) -> [f32; 3] {
        [blue, red + 0.9, clipped(green - 100.0, 50.0)]
    }
}

proptest! {
    #[test]
    fn pixels_of_every_number_are_worked_on(pixels in 0usize..200) {
        let source: Vec<u8> = (0..=255).cycle().take(3 * pixels).collect();
        let mut out = vec![1; source.len()];
        by_levels(&source, &Mixed, &mut out);
        for (from, to) in source.as_chunks::<3>().0.iter().zip(out.as_chunks::<3>().0) {
            let [red, green, blue] = *from;
            let last = green.saturating_sub(100).min(50);
            prop_assert_eq!(*to, [blue, red, last]);
        }
    }
}

#[test]
fn levels_are_cut_inverted_and_compared() {
    assert_eq!([0.0, 0.99, 254.999, 255.0].map(u8::cut), [0, 0, 254, 255]);
    assert_eq!([0.5, 32766.9, 32767.0].map(i16::cut), [0, 32766, 32767]);
    assert_eq!([65534.5, 65535.0].map(u16::cut), [65534, 65535]);
    assert_eq!(
        [-5i16, 0, 1, i16::MAX].map(i16::inverted),
        [32767, 32767, 32766, 0]
    );
    assert_eq!([0u16, 7].map(u16::inverted), [65535, 65528]);
    let least = [-0.5, 0.1, 255.0, 255.1, f32::NAN].map(u8::least);
    assert_eq!(least, [Some(0), Some(1), Some(255), None, None]);
    assert_eq!([-1e9, -7.5].map(i16::least), [Some(i16::MIN), Some(-7)]);
    assert_eq!(
        [255u8, 129, 63].map(|byte| byte.coarse(Level::highest(2))),
        [192, 128, 0]
    );
    assert_eq!(
        [255u8, 129].map(|byte| byte.coarse(Level::highest(0))),
        [0, 0]
    );
    assert_eq!(
        [32767i16, 16384].map(|level| level.coarse(Level::highest(1))),
        [16384, 16384]
    );
    assert_eq!(
        [0.0, 0.49, 0.5, 1.0].map(|level: f32| level.coarse(Level::highest(1))),
        [0.0, 0.0, 0.5, 0.5]
    );
}
