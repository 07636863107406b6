//! A file that is written from its start to its end, in large steps.

use std::path::Path;

use super::atomic::Output;
use crate::error::Result;

/// Bytes that are gathered before they are written.
const GATHER: usize = 1 << 20;

/// A file that grows; it appears when it is committed.
#[derive(Debug)]
pub struct Appender {
    output: Output,
    gathered: Vec<u8>,
    written: u64,
}

impl Appender {
    /// Begins the file that will be `path`.
    ///
    /// # Errors
    /// As [`Output::create`].
    pub fn create(path: &Path) -> Result<Self> {
        Ok(Self {
            output: Output::create(path, None)?,
            gathered: Vec::new(),
            written: 0,
        })
    }

    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.written + self.gathered.len() as u64
    }

    /// Whether nothing was appended yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name that the file will have.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.output.path()
    }

    /// The buffer that bytes are to be appended to, with what is gathered already.
    ///
    /// # Errors
    /// [`crate::error::Error::Write`].
    pub fn buffer(&mut self) -> Result<&mut Vec<u8>> {
        if self.gathered.len() >= GATHER {
            self.flush()?;
        }
        Ok(&mut self.gathered)
    }

    fn flush(&mut self) -> Result<()> {
        self.output.write_at(&self.gathered, self.written)?;
        self.written += self.gathered.len() as u64;
        self.gathered.clear();
        Ok(())
    }

    /// Gives the file its name; as [`Output::commit`].
    ///
    /// # Errors
    /// As [`Output::commit`].
    pub fn commit(mut self, durable: bool, replace: bool) -> Result<()> {
        self.flush()?;
        self.output.commit(durable, replace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_appended_is_there_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut file = Appender::create(&path).unwrap();
        assert!(file.is_empty());
        for step in 0..40u8 {
            let buffer = file.buffer().unwrap();
            buffer.resize(buffer.len() + 100_000, step);
            assert_eq!(file.len(), 100_000 * (u64::from(step) + 1));
        }
        file.commit(false, false).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            bytes
                .chunks(100_000)
                .zip(0..)
                .all(|(part, step)| part.iter().all(|byte| *byte == step))
        );
        assert_eq!(bytes.len(), 4_000_000);
    }
}
