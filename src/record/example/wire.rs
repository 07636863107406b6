//! The wire format of protocol buffers, as far as an Example needs it: tags, varints, lengths.

use crate::error::counted;

/// Why bytes are not an Example.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Groups are nested too deeply.
    #[error("groups more than {DEEPEST} deep")]
    Deep,
    /// A field has an invalid number.
    #[error("a field has an invalid number")]
    Number,
    /// A field has an invalid wire type.
    #[error("a field has the invalid wire type {0}")]
    Wire(u32),
    /// A field is longer than the message that it is in.
    #[error("a field of {}, of which {there} are there", counted(*len, "byte"))]
    Cut {
        /// Bytes of the field.
        len: u64,
        /// Bytes that are there.
        there: usize,
    },
    /// A varint has no end within its ten bytes.
    #[error("a number of more than ten bytes")]
    Long,
    /// The message ends inside a varint.
    #[error("it ends inside a number")]
    Ends,
    /// The length of packed floats is no multiple of four.
    #[error("packed floats have {0} bytes, no multiple of four")]
    Floats(usize),
    /// The name of a feature is not UTF-8.
    #[error("the key {0} is no UTF-8")]
    Key(String),
}

/// Groups, which an Example does not use, may be nested this deeply.
const DEEPEST: u32 = 100;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Varint(u64),
    Fixed64,
    Bytes(&'a [u8]),
    Fixed32([u8; 4]),
}

/// The fields of a message, in order.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The number and value of the next field. Groups are skipped.
    pub(super) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Reason> {
        while !self.rest.is_empty() {
            let (number, wire) = self.tag()?;
            if wire != START_GROUP {
                return Ok(Some((number, self.value(wire)?)));
            }
            self.skip_group(number, 1)?;
        }
        Ok(None)
    }

    /// The next varint of a packed list.
    pub(super) fn next_varint(&mut self) -> Result<Option<u64>, Reason> {
        if self.rest.is_empty() {
            Ok(None)
        } else {
            self.varint().map(Some)
        }
    }

    fn skip_group(&mut self, number: u32, depth: u32) -> Result<(), Reason> {
        if depth > DEEPEST {
            return Err(Reason::Deep);
        }
        loop {
            match self.tag()? {
                (end, END_GROUP) if end == number => return Ok(()),
                (inner, START_GROUP) => self.skip_group(inner, depth + 1)?,
                (_, wire) => {
                    self.value(wire)?;
                }
            }
        }
    }

    fn tag(&mut self) -> Result<(u32, u32), Reason> {
        let tag = u32::try_from(self.varint()?)
            .ok()
            .filter(|tag| tag >> 3 != 0);
        let tag = tag.ok_or(Reason::Number)?;
        Ok((tag >> 3, tag & 7))
    }

    fn value(&mut self, wire: u32) -> Result<Value<'a>, Reason> {
        Ok(match wire {
            0 => Value::Varint(self.varint()?),
            1 => {
                self.take(8)?;
                Value::Fixed64
            }
            2 => {
                let len = self.varint()?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Fixed32(self.take(4)?.first_chunk().copied().unwrap_or_default()),
            _ => return Err(Reason::Wire(wire)),
        })
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], Reason> {
        let split = usize::try_from(len)
            .ok()
            .and_then(|len| self.rest.split_at_checked(len));
        let there = self.rest.len();
        let (taken, rest) = split.ok_or(Reason::Cut { len, there })?;
        self.rest = rest;
        Ok(taken)
    }

    /// Seven bits a byte, the lowest first, at most ten bytes; bits beyond the 64th are lost, as
    /// they are everywhere.
    fn varint(&mut self) -> Result<u64, Reason> {
        let mut number = 0;
        for (place, byte) in self.rest.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Ok(number);
            }
        }
        Err(if self.rest.len() >= 10 {
            Reason::Long
        } else {
            Reason::Ends
        })
    }
}

const START_GROUP: u32 = 3;
const END_GROUP: u32 = 4;

/// Calls `each` with every field `number` of a message that holds bytes, a message or a text.
pub(super) fn messages<'a>(
    message: &'a [u8],
    number: u32,
    mut each: impl FnMut(&'a [u8]) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let mut fields = Fields::new(message);
    while let Some((found, value)) = fields.next()? {
        if let (true, Value::Bytes(bytes)) = (found == number, value) {
            each(bytes)?;
        }
    }
    Ok(())
}

/// Bytes of a number as a varint.
pub(super) fn varint_len(number: u64) -> u64 {
    u64::from((number | 1).ilog2() / 7 + 1)
}

/// Bytes of a field that holds `len` bytes, under a number below 16.
pub(super) fn field_len(len: u64) -> u64 {
    1 + varint_len(len) + len
}

/// Appends a number as a varint.
pub(super) fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// Appends what stands before the `len` bytes of field `number`, which is below 16.
pub(super) fn put_head(number: u8, len: u64, out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    put_varint(len, out);
}
