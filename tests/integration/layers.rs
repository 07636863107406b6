//! Holds `src/` to its architecture, which is the order of the paragraphs of `mod` lines in lib.rs.
//!
//! A module names, by `crate::` or by a chain of `super::`, only modules of earlier paragraphs
//! than its own. The checker reads text, not types: it splits each file into tokens, expands every path and
//! every `use` tree, and looks at the names. So it sees code of every feature and platform at once,
//! and a path written by a macro not at all.

use std::collections::BTreeSet;
use std::path::Path;
use std::{fs, io};

#[test]
fn source_keeps_to_its_layers() {
    let source = read_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    assert!(
        source.len() > 5,
        "only {} files found: is this the right folder?",
        source.len()
    );
    let faults = faults(&source);
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// A source file: its path below `src/`, with slashes, and its text.
type Source = (String, String);

fn read_source(folder: &Path) -> io::Result<Vec<Source>> {
    let mut source = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(folder).map_err(io::Error::other)?;
                let name = below
                    .iter()
                    .map(|part| part.to_string_lossy())
                    .collect::<Vec<_>>()
                    .join("/");
                source.push((name, fs::read_to_string(&path)?));
            }
        }
    }
    source.sort();
    Ok(source)
}

/// Where `unsafe` may stand.
const UNSAFE: [&str; 7] = [
    "file/map/",
    "tensor/",
    "codec/jpeg/",
    "cuda/",
    "image/",
    "dlpack.rs",
    "python/",
];

/// Everything that is wrong, one line each.
fn faults(source: &[Source]) -> Vec<String> {
    let Some((_, root)) = source.iter().find(|(name, _)| name == "lib.rs") else {
        return vec!["lib.rs: not found".to_owned()];
    };
    let layers = layers(root);
    let mut faults = unreached(source);
    for (name, text) in source {
        for found in paths(&tokens(text), &module_of(name)) {
            if name != "lib.rs" {
                faults.extend(
                    layer_fault(&layers, &module_of(name)[0], &found)
                        .map(|fault| format!("{name}: {fault}")),
                );
            }
            faults.extend(place_fault(name, &found.names).map(|fault| format!("{name}: {fault}")));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// The paragraphs of `mod` lines: `layers(..)[0]` holds the modules that may use no other.
fn layers(root: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = root.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty());
    let layers =
        paragraphs.map(|lines| lines.iter().filter_map(|line| declared_on(line)).collect());
    layers
        .filter(|layer: &Vec<String>| !layer.is_empty())
        .collect()
}

/// The name in `pub mod name;`.
fn declared_on(line: &str) -> Option<String> {
    let (visibility, name) = line.strip_suffix(';')?.split_once("mod ")?;
    (visibility.is_empty() || visibility.starts_with("pub")).then(|| name.to_owned())
}

/// What is wrong with a path found in the top-level module `user`.
fn layer_fault(layers: &[Vec<String>], user: &str, found: &Found) -> Option<String> {
    let target = found.from_root.as_ref()?;
    let layer_of = |module: &str| {
        layers
            .iter()
            .position(|layer| layer.iter().any(|name| name == module))
    };
    let fault = match (layer_of(user), target.as_str()) {
        _ if user == target => return None,
        (_, "*") => "takes everything of the crate's root: name what is used".to_owned(),
        (None, _) => return None, // reported as unreached
        (Some(own), _) => match layer_of(target) {
            None => format!(
                "`crate::{target}` is no module of lib.rs: name the module that it comes from"
            ),
            Some(layer) if layer > own => {
                format!("`{user}` uses `{target}`, which comes after it in lib.rs")
            }
            Some(layer) if layer == own => {
                format!("`{user}` uses `{target}`, its neighbour in the same layer")
            }
            Some(_) => return None,
        },
    };
    Some(fault)
}

/// What is wrong with `names` standing in the file `file`: some things have one place.
fn place_fault(file: &str, names: &[String]) -> Option<String> {
    let has = |path: &[&str]| names.windows(path.len()).any(|window| window == path);
    if has(&["pyo3"]) && !file.starts_with("python/") && file != "lib.rs" {
        return Some("names `pyo3`, which belongs in python/".to_owned());
    }
    if has(&["unsafe"]) && !UNSAFE.iter().any(|place| file.starts_with(place)) {
        return Some(format!(
            "holds `unsafe`, which is for {}",
            UNSAFE.join(", ")
        ));
    }
    // Measurements beside the code that they are of; nobody runs them but by name.
    if file.ends_with("/tests.rs") {
        return None;
    }
    if ["var", "var_os", "vars", "vars_os"]
        .iter()
        .any(|function| has(&["env", function]))
    {
        return Some(
            "reads an environment variable: the Python side does that, and passes an argument"
                .to_owned(),
        );
    }
    if has(&["Instant", "now"]) && file != "engine/stats.rs" {
        return Some("reads the clock, which is for engine/stats.rs".to_owned());
    }
    if has(&["thread", "Builder"]) || has(&["thread", "spawn"]) {
        let places = ["file/parallel.rs", "cuda/background.rs"];
        let own = file.starts_with("engine/") || places.contains(&file);
        let fault = "starts a thread, which is for engine/, file/parallel.rs, cuda/background.rs";
        return (!own).then(|| fault.to_owned());
    }
    if has(&["rayon"]) && !file.starts_with("file/") {
        return Some("names `rayon`: loops over many files are `file::each`".to_owned());
    }
    if has(&["SystemTime", "now"]) {
        return Some("reads the wall clock: results depend on the seed only".to_owned());
    }
    None
}

/// The files that no chain of `mod` lines from lib.rs reaches.
fn unreached(source: &[Source]) -> Vec<String> {
    let mut reached = BTreeSet::from(["lib.rs"]);
    let mut open = vec!["lib.rs"];
    while let Some(parent) = open.pop() {
        let text = source
            .iter()
            .find(|(name, _)| name == parent)
            .map_or("", |(_, text)| text);
        for module in declared_modules(&tokens(text), &module_of(parent)) {
            let stem = module.join("/");
            for (name, _) in source {
                let is_child = *name == format!("{stem}.rs") || *name == format!("{stem}/mod.rs");
                if is_child && reached.insert(name) {
                    open.push(name);
                }
            }
        }
    }
    let missing = source
        .iter()
        .filter(|(name, _)| !reached.contains(name.as_str()));
    missing
        .map(|(name, _)| format!("{name}: no `mod` line reaches this file"))
        .collect()
}

/// `codec/jpeg/mod.rs` is the module `["codec", "jpeg"]`; lib.rs is `[]`.
fn module_of(file: &str) -> Vec<String> {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if stem == "lib" {
        Vec::new()
    } else {
        stem.split('/').map(str::to_owned).collect()
    }
}

/// A path as it stands in the text, and the name below the crate's root that it leads to, if it
/// starts from there.
struct Found {
    names: Vec<String>,
    from_root: Option<String>,
}

/// Every path in a file, `use` trees expanded.
fn paths(tokens: &[String], module: &[String]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut scope = Scope::new(module);
    let mut at = 0;
    while at < tokens.len() {
        scope.step(tokens, at);
        if !is_name(&tokens[at]) {
            at += 1;
            continue;
        }
        let mut expanded = Vec::new();
        let end = expand(tokens, at, &mut Vec::new(), &mut expanded);
        for names in expanded {
            let from_root = from_root(&names, scope.module.len());
            found.push(Found { names, from_root });
        }
        at = end.max(at + 1);
    }
    found
}

/// Reads the path or `use` tree that starts at a token, and returns the token after it.
fn expand(
    tokens: &[String],
    start: usize,
    prefix: &mut Vec<String>,
    found: &mut Vec<Vec<String>>,
) -> usize {
    let depth = prefix.len();
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut at = start;
    while is_name(token(at)) || token(at) == "*" {
        prefix.push(token(at).to_owned());
        at += 1;
        if token(at) != "::" {
            break;
        }
        at += 1;
    }
    if token(at) == "{" && token(at.wrapping_sub(1)) == "::" {
        while token(at) != "}" && at < tokens.len() {
            // past the brace or the comma; `as` and its new name are of no interest
            at += 1;
            if is_name(token(at)) || token(at) == "*" || token(at) == "{" {
                at = expand(tokens, at, prefix, found);
            }
            while !["}", ","].contains(&token(at)) && at < tokens.len() {
                at += 1;
            }
        }
        at += 1;
    } else if prefix.len() > depth {
        found.push(prefix.clone());
    }
    prefix.truncate(depth);
    at
}

/// The name below the crate's root that a path leads to from a module `depth` levels deep.
fn from_root(names: &[String], depth: usize) -> Option<String> {
    let names = if names[0] == "self" {
        &names[1..]
    } else {
        names
    };
    let ups = names.iter().take_while(|name| *name == "super").count();
    let at_root = if ups > 0 {
        ups >= depth
    } else {
        names.first().is_some_and(|name| name == "crate")
    };
    let next = names.get(if ups > 0 { ups } else { 1 });
    // a bare `crate` is a visibility: `pub(crate)`
    next.filter(|_| at_root).cloned()
}

/// The modules that `mod name;` lines declare, as paths from the crate's root.
fn declared_modules(tokens: &[String], module: &[String]) -> Vec<Vec<String>> {
    let mut declared = Vec::new();
    let mut scope = Scope::new(module);
    for at in 0..tokens.len() {
        scope.step(tokens, at);
        if let [keyword, name, end, ..] = &tokens[at..]
            && keyword == "mod"
            && end == ";"
        {
            declared.push([scope.module.as_slice(), std::slice::from_ref(name)].concat());
        }
    }
    declared
}

/// The module that a token stands in, inline `mod name { .. }` blocks included.
struct Scope {
    module: Vec<String>,
    depth: usize,
    /// The brace depth at which each inline module opened.
    opened: Vec<usize>,
}

impl Scope {
    fn new(module: &[String]) -> Self {
        Self {
            module: module.to_vec(),
            depth: 0,
            opened: Vec::new(),
        }
    }

    fn step(&mut self, tokens: &[String], at: usize) {
        match tokens[at].as_str() {
            "{" => {
                self.depth += 1;
                if at >= 2 && tokens[at - 2] == "mod" {
                    self.module.push(tokens[at - 1].clone());
                    self.opened.push(self.depth);
                }
            }
            "}" => {
                if self.opened.last() == Some(&self.depth) {
                    self.opened.pop();
                    self.module.pop();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            _ => {}
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first == '_' || first.is_alphabetic())
}

/// Names, `::` and single other characters, without comments, strings, characters and lifetimes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = skipped(rest);
        let name: usize = rest
            .chars()
            .take_while(|c| *c == '_' || c.is_alphanumeric())
            .map(char::len_utf8)
            .sum();
        let taken = match first {
            _ if skipped > 0 => {
                rest = &rest[skipped..];
                continue;
            }
            _ if name > 0 => name,
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        if !first.is_whitespace() {
            tokens.push(rest[..taken].to_owned());
        }
        rest = &rest[taken..];
    }
    tokens
}

/// The length of the comment, string, character or lifetime that the text starts with, or 0.
fn skipped(text: &str) -> usize {
    let until = |end: &str, from: usize| {
        text[from..]
            .find(end)
            .map_or(text.len(), |at| from + at + end.len())
    };
    if text.starts_with("//") {
        return until("\n", 0);
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    let string = text.trim_start_matches(['b', 'c']);
    let letters = text.len() - string.len();
    if letters <= 1 && string.starts_with('r') {
        let hashes = string[1..].len() - string[1..].trim_start_matches('#').len();
        let open = letters + 1 + hashes;
        return if text[open..].starts_with('"') {
            until(&format!("\"{}", "#".repeat(hashes)), open + 1)
        } else {
            0
        };
    }
    if letters <= 1 && string.starts_with('"') {
        return letters + quoted(string, '"');
    }
    if letters <= 1 && string.starts_with('\'') {
        let mut after = string[1..].chars();
        let (one, two) = (after.next(), after.next());
        let is_character = one == Some('\\') || two == Some('\'');
        return letters
            + if is_character {
                quoted(string, '\'')
            } else {
                1 + lifetime(&string[1..])
            };
    }
    0
}

fn lifetime(text: &str) -> usize {
    text.find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(text.len())
}

/// The length of the literal that the text starts with, both quotes included.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        depth = depth.saturating_add_signed(change);
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

mod checker {
    //! The checker finds what it is there to find, and nothing else.

    use super::{Source, faults, tokens};

    const ROOT: &str = "//! Title page.\n\npub mod error;\n/// Pixels.\npub mod pixel;\n\npub mod \
    file;\n\n\
                        #[cfg(feature = \"python\")]\nmod python;\n";

    /// The faults of a crate with the modules of `ROOT`, of which `file` holds `text`.
    fn faults_with(file: &str, text: &str) -> Vec<String> {
        let mut source: Vec<Source> = vec![("lib.rs".to_owned(), ROOT.to_owned())];
        for name in ["error.rs", "pixel.rs", "file/mod.rs", "python/mod.rs"] {
            let text = if name == "file/mod.rs" {
                "mod map;"
            } else {
                ""
            };
            source.push((name.to_owned(), text.to_owned()));
        }
        source.push(("file/map.rs".to_owned(), String::new()));
        source.retain(|(name, _)| name != file);
        source.push((file.to_owned(), text.to_owned()));
        faults(&source)
    }

    #[track_caller]
    fn assert_fault(file: &str, text: &str, expected: &str) {
        let faults = faults_with(file, text);
        assert!(
            faults.len() == 1 && faults[0].contains(expected),
            "{text:?} gave {faults:?}"
        );
    }

    #[test]
    fn allows_what_is_above() {
        for (file, text) in [
            ("file/map.rs", "use crate::{error::{Error, Result}, pixel};"),
            (
                "file/map.rs",
                "use super::super::error; use super::Scan; fn f() -> crate::error::Error {}",
            ),
            (
                "file/map.rs",
                "pub(crate) fn f() {} pub(super) fn g() {} pub(in crate::file) fn h() {}",
            ),
            (
                "error.rs",
                "mod tests { use super::*; use super::super::error::Error; }",
            ),
            (
                "error.rs",
                "//! See [`crate::file`].\n/* crate::file /* nested */ crate::file */ const A: \
                 &str = \"crate::file\";",
            ),
            (
                "error.rs",
                "const A: &str = r#\"\" crate::file\"#; const B: char = '\"'; const C: char = \
                 '\\''; /* crate::file */",
            ),
            (
                "error.rs",
                "fn f<'a>(x: &'a str) -> &'a str { x } // crate::file",
            ),
            (
                "python/mod.rs",
                "use pyo3::prelude::*; use crate::file; unsafe fn f() {}",
            ),
        ] {
            assert_eq!(faults_with(file, text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn finds_an_upward_use() {
        let upward = "`error` uses `file`, which comes after it";
        for text in [
            "use crate::file::map;",
            "use crate::{error::{self, Error}, file};",
            "use crate::{\n    error::{A, B as C},\n    file::{map, scan},\n};",
            "fn f() { let a = vec![crate::file::map()]; }",
            "fn f() -> Vec<crate::file::Map> {}",
            "use super::file;",
            "use super::{file::map, error};",
            "mod tests { use super::super::file; }",
            "mod a { mod b { } } mod tests { fn f() { super::super::file::map(); } }",
            "fn f<'a>(x: &'a u8, c: char) -> bool { c == '\"' && crate::file::map(\"\\\"\") }",
        ] {
            assert_fault("error.rs", text, upward);
        }
        assert_fault(
            "file/map.rs",
            "use super::super::python;",
            "`file` uses `python`",
        );
    }

    #[test]
    fn finds_a_sideways_use() {
        assert_fault(
            "pixel.rs",
            "use crate::error::Error;",
            "`pixel` uses `error`, its neighbour",
        );
        assert_fault(
            "error.rs",
            "use crate::pixel;",
            "`error` uses `pixel`, its neighbour",
        );
    }

    #[test]
    fn finds_the_root_used_as_a_back_door() {
        assert_fault(
            "file/map.rs",
            "use crate::Error;",
            "`crate::Error` is no module of lib.rs",
        );
        assert_fault("file/map.rs", "use crate::*;", "takes everything");
        assert_fault("pixel.rs", "use super::*;", "takes everything");
    }

    #[test]
    fn finds_an_unreached_file() {
        let no_line = "no `mod` line reaches this file";
        assert_fault("view.rs", "", "view.rs: no `mod` line");
        assert_fault("file/scan.rs", "", no_line);
        assert_fault("error/detail.rs", "", no_line);
        assert_fault("file/mod.rs", "// mod map;", "file/map.rs: no `mod` line");
        assert_fault(
            "file/mod.rs",
            "mod inner { mod map; }",
            "file/map.rs: no `mod` line",
        );
    }

    #[test]
    fn finds_what_stands_in_the_wrong_place() {
        assert_fault(
            "error.rs",
            "impl From<Error> for pyo3::PyErr {}",
            "names `pyo3`",
        );
        assert_fault("error.rs", "use pyo3::PyErr;", "names `pyo3`");
        assert_fault("pixel.rs", "fn f() { unsafe { g() } }", "holds `unsafe`");
        assert_fault(
            "python/mod.rs",
            "fn f() { std::env::var(\"RANK\"); }",
            "environment variable",
        );
        assert_fault(
            "file/map.rs",
            "use ::std::env::{self, var_os};",
            "environment variable",
        );
        assert_fault(
            "file/map.rs",
            "fn f() { let start = Instant::now(); }",
            "reads the clock",
        );
        let thread = "fn f() { std::thread::spawn(|| ()); }";
        assert_fault("file/map.rs", thread, "starts a thread");
        assert_fault("error.rs", "use rayon::Scope;", "names `rayon`");
        assert_fault(
            "file/map.rs",
            "fn f() { std::time::SystemTime::now(); }",
            "wall clock",
        );
    }

    #[test]
    fn splits_into_tokens() {
        let text = "a::b(b'x', br\"\\\", 'long, 1.5) // c\n/* d */ e\u{e9}";
        assert_eq!(
            tokens(text),
            [
                "a", "::", "b", "(", ",", ",", ",", "1", ".", "5", ")", "e\u{e9}"
            ]
        );
    }
}
