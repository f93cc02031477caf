//! The memory that a guest may have.

use wasmtime::ResourceLimiter;

use crate::{limits, stop::Stop};

/// Counts a guest's linear memories, and stops it where it wants too much.
///
/// Growth that fails stops the guest: one that observed the failure would go another way on a host
/// with more memory.
#[derive(Debug)]
pub(crate) struct MemoryLimit {
    bytes: usize,
    /// Of `bytes`, what there was before the guest's code ran.
    initial_bytes: usize,
    bytes_max: usize,
}

impl MemoryLimit {
    /// A guest's that has no memory yet.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes: 0, initial_bytes: 0, bytes_max }
    }

    /// What the guest keeps from other uses, as far as that can be told from outside.
    ///
    /// What it began with is its module's image, which all its guests share until they write to it; most of an
    /// interpreter's is only read. What it asked for since is taken to be written to.
    pub(crate) fn own_bytes(&self) -> usize {
        self.bytes - self.initial_bytes + self.initial_bytes / limits::IMAGE_SHARED_BY
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        if bytes > self.bytes_max || maximum.is_some_and(|maximum| desired > maximum) {
            return Err(Stop::Memory(self.bytes_max).into());
        }
        self.bytes = bytes;
        if current == 0 {
            self.initial_bytes += desired;
        }
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error.context(Stop::Memory(self.bytes_max)))
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > limits::TABLE_ELEMENTS_MAX {
            return Err(Stop::Table(limits::TABLE_ELEMENTS_MAX).into());
        }
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error.context(Stop::Table(limits::TABLE_ELEMENTS_MAX)))
    }

    fn instances(&self) -> usize {
        limits::CORE_INSTANCES_PER_COMPONENT_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::TABLES_PER_COMPONENT_MAX as usize
    }

    fn memories(&self) -> usize {
        limits::MEMORIES_PER_COMPONENT_MAX as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_counts_little_and_growth_in_full() {
        let mut memory = MemoryLimit::new(100 << 20);
        assert_eq!(memory.own_bytes(), 0);
        assert!(memory.memory_growing(0, 16 << 20, None).expect("it is allowed"));
        assert_eq!(memory.own_bytes(), (16 << 20) / limits::IMAGE_SHARED_BY);
        assert!(memory.memory_growing(16 << 20, 20 << 20, None).expect("it is allowed"));
        assert_eq!(memory.own_bytes(), (4 << 20) + (16 << 20) / limits::IMAGE_SHARED_BY);
        assert!(memory.memory_growing(20 << 20, 101 << 20, None).is_err(), "the limit is on all of it");
    }
}
