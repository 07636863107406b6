use super::*;
use std::fs;
use std::os::unix::fs::symlink;

use rustix::fs::FileType;

#[expect(clippy::disallowed_methods, reason = "a test's own files")]
fn touch(root: &Path, name: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"").unwrap();
}

fn listed(root: &Path, threads: usize) -> Vec<String> {
    let listing = scan(root, threads, &|name| name.ends_with(b".x")).unwrap();
    let path = |folder: &Folder, name: &[u8]| {
        format!(
            "{}/{}",
            String::from_utf8_lossy(&folder.path),
            String::from_utf8_lossy(name)
        )
    };
    let mut all = Vec::new();
    for folder in &listing.folders {
        let names: Vec<_> = folder
            .names
            .split(|b| *b == 0)
            .filter(|n| !n.is_empty())
            .collect();
        assert_eq!(names.len(), folder.files);
        all.extend(names.iter().map(|name| path(folder, name)));
    }
    all
}

#[test]
fn the_order_is_of_names_not_of_creation() {
    let names = [
        "b/2.x",
        "b/10.x",
        "a/z.x",
        "a/sub/1.x",
        "a b/3.x",
        "top.x",
        "a/é.x",
        "a/longer-name-2.x",
        "a/longer-name-10.x",
    ];
    let mut orders = Vec::new();
    for reverse in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let mut names = names.to_vec();
        if reverse {
            names.reverse();
        }
        for name in &names {
            touch(root.path(), name);
        }
        orders.push(listed(root.path(), 1));
        orders.push(listed(root.path(), 4));
    }
    assert!(orders.iter().all(|order| *order == orders[0]), "{orders:?}");
    assert_eq!(orders[0].len(), names.len());
    assert_eq!(orders[0][0], "/top.x");
}

#[test]
fn hidden_files_other_names_and_special_files_are_left_out() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a/1.x", "a/.2.x", ".git/3.x", "a/readme"] {
        touch(root.path(), name);
    }
    for name in ["a/pipe.x", "a/pipe"] {
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.path().join(name),
            FileType::Fifo,
            Mode::RUSR,
            0,
        )
        .unwrap();
    }
    symlink("pipe", root.path().join("a/link.x")).unwrap();
    assert_eq!(listed(root.path(), 2), ["a/1.x"]);
    let listing = scan(root.path(), 2, &|name| name.ends_with(b".x")).unwrap();
    assert_eq!(
        listing.folders[1].special, b"link.x\0pipe.x\0",
        "and wanted ones are told"
    );
}

#[test]
fn other_files_are_listed_too_in_order() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a/1.x", "a/z", "a/b.tif", "a/.hidden", "y"] {
        touch(root.path(), name);
    }
    for threads in [1, 4] {
        let listing = scan(root.path(), threads, &|name| name.ends_with(b".x")).unwrap();
        let others: Vec<&[u8]> = listing
            .folders
            .iter()
            .map(|folder| folder.others.as_slice())
            .collect();
        assert_eq!(others, [&b"y\0"[..], b"b.tif\0z\0"]);
    }
}

#[test]
fn folders_that_programs_make_for_themselves_are_not_walked() {
    let root = tempfile::tempdir().unwrap();
    for name in [
        "__MACOSX/a/1.x",
        "a/@eaDir/2.x/2.x",
        "lost+found/3.x",
        ".ipynb_checkpoints/4.x",
        "a/5.x",
    ] {
        touch(root.path(), name);
    }
    symlink(root.path().join("a"), root.path().join("#recycle")).unwrap();
    assert_eq!(listed(root.path(), 2), ["a/5.x"]);
    assert_eq!(
        listed(&root.path().join("lost+found"), 2),
        ["/3.x"],
        "unless it is asked for"
    );
}

#[test]
fn links_are_followed_but_not_in_circles() {
    let above = tempfile::tempdir().unwrap();
    let root = above.path().join("root");
    touch(&root, "a/1.x");
    touch(above.path(), "outside/2.x");
    symlink(&root, root.join("a/circle")).unwrap();
    symlink(above.path(), root.join("b")).unwrap();
    symlink("1.x", root.join("a/same.x")).unwrap();
    symlink("nowhere", root.join("a/broken.x")).unwrap();
    for threads in [1, 4] {
        assert_eq!(
            listed(&root, threads),
            ["a/1.x", "a/broken.x", "a/same.x", "b/outside/2.x"]
        );
    }
}

#[test]
fn a_directory_that_a_second_link_led_to_was_left_out() {
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["a/1.x", "b/2.x"] {
        touch(root.path(), name);
    }
    touch(outside.path(), "sub/3.x");
    for (target, link) in [("a", "b/a"), ("b", "a/b"), ("a", "c")] {
        symlink(root.path().join(target), root.path().join(link)).unwrap();
    }
    symlink(outside.path(), root.path().join("d")).unwrap();
    symlink(outside.path().join("sub"), root.path().join("e")).unwrap();
    for threads in [1, 4] {
        // From `a` to `b`, but not from there to `a` again.
        let expected = [
            "a/1.x",
            "a/b/2.x",
            "b/2.x",
            "b/a/1.x",
            "c/1.x",
            "c/b/2.x",
            "d/sub/3.x",
            "e/3.x",
        ];
        assert_eq!(listed(root.path(), threads), expected);
    }
}

#[test]
fn links_from_everywhere_to_everywhere_end_in_an_error() {
    let root = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    for name in &names {
        touch(root.path(), &format!("{name}/1.x"));
        for other in names.iter().filter(|other| *other != name) {
            symlink(
                root.path().join(other),
                root.path().join(name).join(format!("to-{other}")),
            )
            .unwrap();
        }
    }
    for threads in [1, 4] {
        let error = scan(root.path(), threads, &|_| true)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(": behind more than 8 links to directories"),
            "{error}"
        );
    }
}

#[test]
fn a_root_that_is_not_there_is_named() {
    let error = scan(Path::new("/no/such/root"), 1, &|_| true).unwrap_err();
    assert!(error.to_string().starts_with("/no/such/root: "), "{error}");
}

#[test]
fn more_directories_than_open_files_were_too_many() {
    let root = tempfile::tempdir().unwrap();
    for class in 0..300 {
        touch(root.path(), &format!("{class}/1.x"));
    }
    let before = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let open = fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    let few = rustix::process::Rlimit {
        current: Some(open + 100),
        ..before
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, few).unwrap();
    let found = scan(root.path(), 4, &|_| true);
    rustix::process::setrlimit(rustix::process::Resource::Nofile, before).unwrap();
    assert_eq!(found.unwrap().folders.len(), 301);
}
