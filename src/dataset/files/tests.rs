use super::*;

fn list(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    crate::file::write_whole(&path, bytes, false).unwrap();
    (folder, path)
}

fn files(text: &[u8]) -> Result<Files> {
    let (_folder, path) = list(text);
    Files::listed([(&*path, Path::new("root"))], false)
}

fn ids(text: &str) -> Result<Ids> {
    let (_folder, path) = list(text.as_bytes());
    Ids::read(&path)
}

fn labels(text: &str, numbering: &Numbering) -> Vec<(String, u64)> {
    let mut files = files(text.as_bytes()).unwrap();
    let labels = files.label_classes(numbering).unwrap();
    let names = files
        .classes
        .into_iter()
        .map(|name| name.into_string().unwrap());
    names.zip(labels).collect()
}

fn named(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    let pairs = pairs
        .iter()
        .map(|(name, label)| ((*name).to_owned(), *label));
    pairs.collect()
}

#[test]
fn what_is_wrong_names_its_line() {
    let reason = |text: &[u8]| {
        let files = files(text).and_then(|mut files| files.label_classes(&Numbering::Sorted));
        files.unwrap_err().reason()
    };
    for (text, expected) in [
        (
            &b"a,b\n1.jpg,cat\n2.jpg,\n"[..],
            "line 3: nothing under \"b\"",
        ),
        (
            b"a,b\n1.jpg,cat\n\n 1.jpg,dog\n",
            "line 4: \"1.jpg\" was listed before, in line 2",
        ),
        (
            b"a,b\n1.jpg,x\n.//1.jpg,y\n",
            "line 3: \".//1.jpg\" was listed before, in line 2",
        ),
        (
            b"a\n1.jpg\n",
            "line 1: two columns are needed, with a header",
        ),
        (b"a,b\n", "no rows under its header"),
        (
            b"a,b\n1.jpg,10\n2.jpg,-1\n3.jpg,2\n",
            "line 3: the class is \"-1\", but other",
        ),
        (
            b"a,b\n\xff.jpg,c\xe9t\n",
            "line 2: not UTF-8 under \"b\": invalid utf-8",
        ),
        (
            b"a,b\n1\0.jpg,cat\n",
            "line 2: a filename with a NUL byte in it",
        ),
    ] {
        let reason = reason(text);
        assert!(reason.starts_with(expected), "{reason}");
    }
}

#[test]
fn names_of_files_need_not_be_text() {
    let files = files(b"class,width,filename\ncat,640,\xff.jpg\n").unwrap();
    assert_eq!((files.name(0), files.class(0)), (&b"\xff.jpg"[..], 0));
    let header = &files.list().unwrap().header;
    assert_eq!(
        header,
        &["filename", "class"].map(|name| name.as_bytes().to_vec())
    );
}

#[test]
fn classes_are_numbered_as_asked() {
    let text = "f,c\n1,dog\n2,cat\n3,dog\n";
    let [cat, dog] = ["cat", "dog"];
    assert_eq!(
        labels(text, &Numbering::Sorted),
        named(&[(cat, 0), (dog, 1)])
    );
    assert_eq!(
        labels(text, &Numbering::FirstSeen),
        named(&[(dog, 0), (cat, 1)])
    );
    let ids = ids("class,id\ncat,7\ndog,2.0\nowl,0\n").unwrap();
    let listed = labels(text, &Numbering::Listed(ids));
    assert_eq!(listed, named(&[(cat, 7), (dog, 2), ("owl", 0)]));
    for (text, expected) in [
        ("f,c\n1,10\n2,9\n", &[("9", 9), ("10", 10)][..]),
        ("f,c\n1,01\n2,1\n3,1.0\n", &[("1", 1)]),
        ("f,c\n1,01\n2,x\n3,1\n", &[("01", 0), ("1", 1), ("x", 2)]),
    ] {
        assert_eq!(labels(text, &Numbering::Sorted), named(expected), "{text}");
    }
    let numbers = labels("f,c\n1,7\n2,3\n3,07\n", &Numbering::FirstSeen);
    assert_eq!(numbers, named(&[("3", 3), ("7", 7)]));
    let names = labels("f,c\n1,7\n2,-1\n", &Numbering::Unused);
    assert_eq!(names, named(&[("-1", 0), ("7", 1)]));
}

#[test]
fn a_class_without_a_good_id_is_named() {
    let error = |text: &str| {
        let mut files = files(b"f,c\n1,dog\n2,cat\n").unwrap();
        let labels = ids(text).and_then(|ids| files.label_classes(&Numbering::Listed(ids)));
        labels.map_err(|error| error.reason())
    };
    let missing = error("c,id\ndog,1\n").unwrap_err();
    assert!(
        missing.starts_with("line 3: the class \"cat\" has no id in "),
        "{missing}"
    );
    for (text, expected) in [
        (
            "c,id\ndog,1\ncat,-1\n",
            "line 3: the id of \"cat\", \"-1\", is not a whole number from 0 on",
        ),
        (
            "c,id\ndog,1\ncat,1\n",
            "line 3: the id 1 is another class's, in line 2",
        ),
        (
            "c,id\ndog,1\ncat,2\ndog,3\n",
            "line 4: \"dog\" was listed before, in line 2",
        ),
    ] {
        assert_eq!(error(text), Err(expected.to_owned()));
    }
    assert_eq!(
        error("c,id\ncat,1\n./cat,2\ndog,3\n"),
        Ok(vec![1, 2, 3]),
        "classes are no paths"
    );
}

#[test]
fn files_are_put_in_order() {
    let files = files(b"f,c\na,x\nb,y\n/c,x\n");
    assert!(
        files
            .unwrap_err()
            .reason()
            .starts_with("line 4: \"/c\" is an absolute path")
    );
    let (folder, path) = list(b"f,c\na,x\nb,y\n/c,x\n");
    let files = Files::listed([(&*path, folder.path())], true)
        .unwrap()
        .arranged(&[2, 0]);
    assert_eq!(files.len(), 2);
    assert_eq!(
        [files.path(0), files.path(1)],
        [PathBuf::from("/c"), folder.path().join("a")]
    );
    assert_eq!([0, 1].map(|file| files.listing(file).unwrap().1), [4, 2]);
}
