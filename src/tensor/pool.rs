//! A pool of reusable arenas.

use std::sync::{Arc, Mutex, Weak};

use super::arena::Arena;
use super::buffer::{Allocator, Host};
use super::field::Field;
use crate::error::Result;
use crate::sync::lock;

/// Arenas of one shape, reused. A pool lends as many as are asked for; it keeps at most `spare`
/// that have come back.
#[derive(Debug)]
pub struct Pool {
    capacity: usize,
    fields: Arc<[Field]>,
    allocator: Arc<dyn Allocator>,
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
    /// A pool of arenas with room for `capacity` samples, in memory of `allocator`.
    #[must_use]
    pub fn new(
        capacity: usize,
        fields: Arc<[Field]>,
        spare: usize,
        allocator: Arc<dyn Allocator>,
    ) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            fields,
            allocator,
            spare,
            free: Mutex::default(),
            process: std::process::id(),
        })
    }

    /// An arena opened for `slots` slots.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no room for another one.
    pub fn lend(self: &Arc<Self>, slots: usize) -> Result<Lease> {
        let kept = lock(&self.free).pop();
        let mut arena = match kept {
            Some(arena) => arena,
            None => Arena::new(self.capacity, Arc::clone(&self.fields), &*self.allocator)?,
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
    /// An arena of one sample, which no pool takes back.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no room for it.
    pub fn single(field: Field) -> Result<Self> {
        let mut arena = Arena::new(1, Arc::new([field]), &Host)?;
        arena.reset(1);
        let (arena, pool) = (Some(arena), Weak::new());
        Ok(Self { arena, pool })
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
        let mut free = lock(&pool.free);
        if free.len() < pool.spare {
            free.extend(self.arena.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixel::Dtype;

    fn pool(capacity: usize, bytes: usize, spare: usize) -> Arc<Pool> {
        let field = Field::new("x", Dtype::Uint8, &[bytes]);
        Pool::new(capacity, Arc::new([field]), spare, Arc::new(Host))
    }

    #[test]
    fn memory_is_not_lent_twice_while_it_is_held() {
        let pool = pool(2, 64, 2);
        let (a, b) = (pool.lend(2).unwrap(), pool.lend(2).unwrap());
        let (a_start, b_start) = (a.array(0), b.array(0));
        assert_ne!(a_start, b_start);
        drop(a);
        assert_eq!(
            pool.lend(1).unwrap().array(0),
            a_start,
            "what came back is lent again"
        );
        assert_eq!(b.array(0), b_start);
    }

    #[test]
    fn no_more_than_the_spare_arenas_are_kept() {
        let pool = pool(1, 1, 2);
        drop([
            pool.lend(1).unwrap(),
            pool.lend(1).unwrap(),
            pool.lend(1).unwrap(),
        ]);
        assert_eq!(pool.free.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_lease_outlives_its_pool() {
        let pool = pool(1, 1, 1);
        let lease = pool.lend(1).unwrap();
        drop(pool);
        lease.claim(0).unwrap().field(0)[0] = 7;
        lease.seal(|_| true);
        assert_eq!(lease.bytes(0, 0), [7]);
    }
}
