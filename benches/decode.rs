//! The limit: what libjpeg-turbo itself reaches with reused handles and buffers, and what our codec makes of it.

mod support;

use std::sync::atomic::AtomicBool;

use imagepipe::codec::{Decoder, Request, Window};
use support::{Case, Turbo, compare, cores, decode_all, files, photos, rounds};

fn main() {
    for set in ["small", "large"] {
        let files = files(&photos(set));
        let count = files.len();
        let turbo = |denominator| {
            let files = &files;
            let mut turbo = Turbo::new();
            Case::new(format!("libjpeg-turbo RGB 1/{denominator}, 1 thread"), count, move || {
                for file in files {
                    std::hint::black_box(turbo.decode(file, denominator));
                }
            })
        };
        let ours = |name: &str, exact, denominator| {
            let files = &files;
            let mut decoder = Decoder::new().expect("a decoder");
            Case::new(format!("{name} 1/{denominator}, 1 thread"), count, move || {
                for file in files {
                    ours(&mut decoder, file, exact, denominator);
                }
            })
        };
        let mut cases = vec![turbo(1)];
        cases.extend([2, 4, 8].map(turbo));
        cases.push(ours("our codec, RGB", true, 1));
        cases.extend([1, 2, 4, 8].map(|denominator| ours("our codec, planes", false, denominator)));
        compare(&format!("decode, {set} set, against a full decode"), rounds(5), cases);

        let threaded = |denominator| {
            let files = &files;
            let name = format!("libjpeg-turbo RGB 1/{denominator}, {} threads", cores());
            Case::new(name, count, move || decode_all(files, cores(), denominator))
        };
        compare(&format!("decode, {set} set, all threads"), rounds(5), [1, 2, 4, 8].map(threaded).into());
    }
}

fn ours(decoder: &mut Decoder, file: &[u8], exact: bool, denominator: u32) {
    let stop = AtomicBool::new(false);
    let opened = decoder.open(file, &stop).expect("a header");
    let size = opened.header().size;
    let (width, height) = (size.width.div_ceil(denominator), size.height.div_ceil(denominator));
    let window = Window { left: 0, top: 0, width, height };
    let picture = opened.decode(&Request { denominator, window, gray: false, exact });
    std::hint::black_box(picture.expect("a picture").pixels);
}
