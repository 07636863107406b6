//! What a look at the text alone tells: the separator, the first line, and what is in quotes.

use std::borrow::Cow;

use crate::file::signature::Foreign;

/// The mark that some programs write before UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What may separate cells, and what several of it are called.
const SEPARATORS: [(u8, &str); 3] = [(b',', "commas"), (b';', "semicolons"), (b'\t', "tabs")];

/// Whether a file that starts with `start` may be a CSV file: a line of text with one of the
/// separators in it.
#[must_use]
pub fn may_be_csv(start: &[u8]) -> bool {
    let mut lines = start.split(|byte| *byte == b'\n');
    let line = lines.next().unwrap_or_default();
    let has = |separator: u8| line.contains(&separator);
    SEPARATORS.iter().any(|(separator, _)| has(*separator)) && is_text(line)
}

pub(super) fn is_text(bytes: &[u8]) -> bool {
    let mut control = bytes.iter().filter(|byte| byte.is_ascii_control());
    control.all(|byte| matches!(byte, b'\t' | b'\r' | b'\n'))
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Refuses what is no text, by its first line, or is in an encoding that is not read.
pub(super) fn check_text(text: &[u8]) -> Result<(), String> {
    if text.starts_with(b"\xff\xfe\0\0") || text.starts_with(b"\0\0\xfe\xff") {
        return Err("text in UTF-32: save it as UTF-8".to_owned());
    }
    if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        return Err("text in UTF-16: save it as UTF-8".to_owned());
    }
    if is_text(first_line(text)) {
        return Ok(());
    }
    let instead = Foreign::of(text).map_or("a file that is not text", |foreign| foreign.name);
    Err(format!("not a CSV file, but {instead}"))
}

/// The separator that a first line `sep=;` says, which is made an empty line, so that lines are
/// counted as people do.
pub(super) fn said_separator(text: &mut Vec<u8>) -> Option<u8> {
    let end = text.iter().position(|byte| *byte == b'\n');
    let end = end.unwrap_or(text.len());
    let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    let line = in_quotes(line).unwrap_or(line);
    let (name, said) = line.split_at_checked(4)?;
    let &[separator] = said else { return None };
    if !name.eq_ignore_ascii_case(b"sep=")
        || !(separator.is_ascii_punctuation() || separator == b'\t')
    {
        return None;
    }
    text.drain(..end);
    Some(separator)
}

/// The separator that the first line shows.
pub(super) fn separator_of(text: &[u8]) -> Result<u8, String> {
    let line = first_line(text);
    let mut there = SEPARATORS.to_vec();
    there.retain(|(separator, _)| cells(line, *separator).nth(1).is_some());
    let [(first, one), (second, other), ..] = there[..] else {
        return Ok(there.first().map_or(b',', |(separator, _)| *separator));
    };
    let has = |separator: u8, name: &[u8]| {
        cells(line, separator).any(|cell| cell.eq_ignore_ascii_case(name))
    };
    there.retain(|(separator, _)| has(*separator, b"filename") && has(*separator, b"class"));
    if let [(separator, _)] = there[..] {
        return Ok(separator);
    }
    let say = |separator: u8| match separator {
        b'\t' => "\"sep=\" and a tab".to_owned(),
        other => format!("\"sep={}\"", char::from(other)),
    };
    Err(format!(
        "it has both {one} and {other}, and either may separate the columns: say which in a \
         line before it, {} or {}",
        say(first),
        say(second)
    ))
}

/// The breaks of the empty lines that a text starts with.
pub(super) fn empty_lines(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !is_break(*byte));
    &text[..end.unwrap_or(text.len())]
}

/// The first line that is not empty; a line break in quotes does not end it.
pub(super) fn first_line(text: &[u8]) -> &[u8] {
    let text = &text[empty_lines(text).len()..];
    let mut inside = false;
    let end = text.iter().position(|byte| {
        inside ^= *byte == b'"';
        !inside && is_break(*byte)
    });
    &text[..end.unwrap_or(text.len())]
}

/// Where in a row a byte stands.
#[derive(Clone, Copy)]
enum At {
    Start,
    Plain,
    Quoted,
    Closed,
}

impl At {
    /// Where the next byte stands, if this one is `byte`.
    fn after(self, byte: u8, separator: u8) -> Self {
        match (self, byte) {
            (Self::Quoted, b'"') => Self::Closed,
            // Two quotes in a row are one that is part of the cell.
            (Self::Start | Self::Closed, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, b'\r' | b'\n') => Self::Start,
            (_, byte) if byte == separator => Self::Start,
            _ => Self::Plain,
        }
    }
}

/// Whether a cell in quotes is not closed at the end of rows.
pub(super) fn is_open(rows: &[u8], separator: u8) -> bool {
    let at = rows
        .iter()
        .fold(At::Start, |at, byte| at.after(*byte, separator));
    matches!(at, At::Quoted)
}

/// Of each of the first `cells` cells how many bytes stand behind its closing quote, if it is in
/// quotes.
pub(super) fn behind_quotes(rows: &[u8], separator: u8, cells: usize) -> Vec<Option<usize>> {
    let (mut found, mut cell, mut at) = (vec![None; cells], 0, At::Start);
    for byte in &rows[empty_lines(rows).len()..] {
        let Some(behind) = found.get_mut(cell) else {
            break;
        };
        let next = at.after(*byte, separator);
        match (at, next) {
            (At::Start, At::Quoted) => *behind = Some(0),
            (At::Closed | At::Plain, At::Plain) => *behind = behind.map(|bytes| bytes + 1),
            (_, At::Start) => cell += 1,
            _ => {}
        }
        at = next;
    }
    found
}

/// What is between the quotes of a cell that has white space before them.
pub(super) fn unquoted(cell: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut rest) = in_quotes(cell) else {
        return cell.into();
    };
    let mut text = Vec::with_capacity(rest.len());
    while let Some((first, behind)) = rest.split_first() {
        text.push(*first);
        let doubled = behind.strip_prefix(b"\"").filter(|_| *first == b'"');
        rest = doubled.unwrap_or(behind);
    }
    text.into()
}

/// What is between the quotes that a text begins and ends with.
fn in_quotes(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// The cells of a line, without quotes and white space around them.
fn cells(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut inside = false;
    let split = line.split(move |byte| {
        inside ^= *byte == b'"';
        !inside && *byte == separator
    });
    split.map(|cell| {
        let cell = cell.trim_ascii();
        in_quotes(cell).unwrap_or(cell).trim_ascii()
    })
}
