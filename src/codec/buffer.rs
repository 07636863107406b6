//! Memory that grows where there is some, and an error where there is none.

use super::Reason;

/// Makes room for `len` bytes; what was there before stays, so nothing is cleared from image to
/// image.
///
/// # Errors
/// When there is no such memory.
pub fn grow(buffer: &mut Vec<u8>, len: usize) -> Result<&mut [u8], Reason> {
    if buffer.len() < len {
        let more = len - buffer.len();
        buffer
            .try_reserve_exact(more)
            .map_err(|_| Reason::no_memory(len, "of pixels"))?;
        buffer.resize(len, 0);
    }
    Ok(&mut buffer[..len])
}

/// As `grow`, but zeroed: decoders may leave pixels of a damaged file as they are, and those of the
/// image before must not be seen through it.
pub(super) fn cleared(buffer: &mut Vec<u8>, len: usize) -> Result<&mut [u8], Reason> {
    let room = grow(buffer, len)?;
    room.fill(0);
    Ok(room)
}

/// Makes room for `more` bytes behind those that are there, at least doubling what there was.
pub(super) fn reserve(buffer: &mut Vec<u8>, more: usize) -> Result<(), Reason> {
    let reserved = buffer.try_reserve(more);
    reserved.map_err(|_| Reason::no_memory(buffer.len() + more, "of a file"))
}

/// Makes room for `more` bytes behind those that are there, and for no others.
pub(super) fn reserve_exact(buffer: &mut Vec<u8>, more: usize) -> Result<(), Reason> {
    let reserved = buffer.try_reserve_exact(more);
    reserved.map_err(|_| Reason::no_memory(buffer.len() + more, "of a file"))
}
