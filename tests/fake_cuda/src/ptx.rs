//! As much of PTX as `cuModuleLoadDataEx` needs.

use crate::codes::Code;

/// What a text of PTX says of itself.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ptx {
    /// Of the instruction set: major, minor.
    version: (i32, i32),
    /// The names of the kernels.
    pub(crate) entries: Vec<String>,
}

impl Ptx {
    /// Reads a text; the error is that of the driver, with the line of its log.
    pub(crate) fn read(text: &str) -> Result<Self, (Code, String)> {
        let word_after = |directive: &str| {
            let mut words = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix(directive));
            words.next().map(|rest| rest.trim().to_owned())
        };
        let not_ptx = |what: &str| (Code::INVALID_IMAGE, format!("ptxas fatal : no {what}"));
        let version = word_after(".version ").ok_or_else(|| not_ptx(".version"))?;
        word_after(".target ").ok_or_else(|| not_ptx(".target"))?;
        let (major, minor) = version.split_once('.').ok_or_else(|| not_ptx(".version"))?;
        let number = |text: &str| text.parse().map_err(|_| not_ptx(".version"));
        let version = (number(major)?, number(minor)?);
        Ok(Self {
            version,
            entries: entries(text),
        })
    }

    /// Whether a driver of a CUDA version can compile it, and what its log says if not.
    pub(crate) fn check(&self, driver: i32) -> Result<(), (Code, String)> {
        let newest = newest(driver);
        let log = format!(
            "ptxas application ptx input, line 9; fatal   : Unsupported .version {}.{}; current \
             version is '{}.{}'",
            self.version.0, self.version.1, newest.0, newest.1
        );
        let result = (self.version <= newest).then_some(());
        result.ok_or((Code::UNSUPPORTED_PTX_VERSION, log))
    }
}

fn entries(text: &str) -> Vec<String> {
    let is_name = |c: char| c == '_' || c == '$' || c.is_ascii_alphanumeric();
    let after = text.split(".entry").skip(1);
    let names = after.map(|rest| rest.trim_start().split(|c| !is_name(c)).next());
    names
        .flatten()
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The newest PTX version that a driver of a CUDA version takes.
fn newest(driver: i32) -> (i32, i32) {
    match (driver / 1000, driver % 1000 / 10) {
        (11, minor) => (7, minor),
        (12, minor) => (8, minor),
        (major, minor) => (major - 4, minor),
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Ptx};

    const TEXT: &str = "//\n// Generated\n//\n\n.version 7.8\n.target sm_75\n.address_size 64\n\n\
        .visible .entry one(\n)\n{\n ret;\n}\n.visible .entry two_2 (\n)\n{\n ret;\n}\n";

    #[test]
    fn entries_are_found() {
        let ptx = Ptx::read(TEXT).unwrap();
        assert_eq!(ptx.entries, ["one", "two_2"]);
        assert_eq!(ptx.version, (7, 8));
    }

    #[test]
    fn other_text_is_no_image() {
        for text in [
            "",
            "hello",
            ".version seven\n.target sm_75",
            ".version 7.8\n",
        ] {
            assert_eq!(
                Ptx::read(text).unwrap_err().0,
                Code::INVALID_IMAGE,
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_old_driver_refuses_new_ptx() {
        let ptx = Ptx::read(TEXT).unwrap();
        assert!(ptx.check(11080).is_ok() && ptx.check(12000).is_ok() && ptx.check(13000).is_ok());
        let (code, log) = ptx.check(11070).unwrap_err();
        assert_eq!(code, Code::UNSUPPORTED_PTX_VERSION);
        assert!(
            log.contains("Unsupported .version 7.8; current version is '7.7'"),
            "{log}"
        );
    }
}
