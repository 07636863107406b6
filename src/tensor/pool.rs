//! Arenas that are lent and come back.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::arena::Arena;
use crate::error::Result;

/// Arenas of one shape, reused. A pool lends as many as are asked for; it keeps at most `spare`
/// that have come back.
#[derive(Debug)]
pub struct Pool {
    capacity: usize,
    fields: Box<[usize]>,
    spare: usize,
    free: Mutex<Vec<Arena>>,
    process: u32,
}

/// An arena on loan: it goes back to its pool when the last holder lets go, or is freed if the pool
/// is gone.
#[derive(Debug)]
pub struct Lease {
    arena: Option<Arena>,
    pool: Weak<Pool>,
}

impl Pool {
    /// A pool of arenas as [`Arena::new`] makes them from `capacity` and `fields`.
    #[must_use]
    pub fn new(capacity: usize, fields: &[usize], spare: usize) -> Arc<Self> {
        let free = Mutex::default();
        Arc::new(Self {
            capacity,
            fields: fields.into(),
            spare,
            free,
            process: std::process::id(),
        })
    }

    /// An arena opened for `slots` slots.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no room for another one.
    pub fn lend(self: &Arc<Self>, slots: usize) -> Result<Lease> {
        let kept = self
            .free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let mut arena = match kept {
            Some(arena) => arena,
            None => Arena::new(self.capacity, &self.fields)?,
        };
        arena.reset(slots);
        Ok(Lease {
            arena: Some(arena),
            pool: Arc::downgrade(self),
        })
    }

    /// Whether this is the process the pool was made in: in a fork its lock may be held by a thread
    /// that is not there.
    #[must_use]
    pub fn at_home(&self) -> bool {
        self.process == std::process::id()
    }
}

impl Lease {
    /// An arena of its own, which no pool takes back.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no room for it.
    pub fn single(fields: &[usize]) -> Result<Self> {
        let mut arena = Arena::new(1, fields)?;
        arena.reset(1);
        Ok(Self {
            arena: Some(arena),
            pool: Weak::new(),
        })
    }
}

impl std::ops::Deref for Lease {
    type Target = Arena;

    fn deref(&self) -> &Arena {
        self.arena
            .as_ref()
            .expect("the arena is taken out in drop only")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(pool) = self.pool.upgrade().filter(|pool| pool.at_home()) else {
            return;
        };
        let mut free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < pool.spare {
            free.extend(self.arena.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_not_lent_twice_while_it_is_held() {
        let pool = Pool::new(2, &[64], 2);
        let (a, b) = (pool.lend(2).unwrap(), pool.lend(2).unwrap());
        let (a_start, b_start) = (a.field(0).0, b.field(0).0);
        assert_ne!(a_start, b_start);
        drop(a);
        assert_eq!(
            pool.lend(1).unwrap().field(0).0,
            a_start,
            "what came back is lent again"
        );
        assert_eq!(b.field(0).0, b_start);
    }

    #[test]
    fn no_more_than_the_spare_arenas_are_kept() {
        let pool = Pool::new(1, &[1], 2);
        drop([
            pool.lend(1).unwrap(),
            pool.lend(1).unwrap(),
            pool.lend(1).unwrap(),
        ]);
        assert_eq!(pool.free.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_lease_outlives_its_pool() {
        let pool = Pool::new(1, &[1], 1);
        let lease = pool.lend(1).unwrap();
        drop(pool);
        lease.claim(0).unwrap().field(0)[0] = 7;
        lease.seal(|_| true);
        assert_eq!(lease.bytes(0, 0), [7]);
    }
}
