//! An engine whose guests' memory can be seen; slower, and compiled otherwise, but of the same settings.

use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use wasmtime::{Engine, LinearMemory, MemoryCreator, MemoryType};

use crate::engine;

/// The linear memories of every guest made so far.
#[derive(Clone, Default)]
pub(super) struct VisibleMemory(Arc<Mutex<Vec<Bytes>>>);

/// Shared with the engine, which writes to it through a pointer while a guest runs.
type Bytes = Arc<Mutex<Vec<u8>>>;

impl VisibleMemory {
    pub(super) fn engine(&self) -> Engine {
        let mut config = engine::base();
        config
            .with_host_memory(Arc::new(self.clone()))
            .memory_init_cow(false)
            .memory_reservation(0)
            .memory_reservation_for_growth(0)
            .memory_guard_size(0);
        Engine::new(&config).unwrap()
    }

    /// Forgets the guests so far.
    pub(super) fn clear(&self) {
        self.0.lock().clear();
    }

    /// A hash of all memories since the last [`Self::clear`]. No guest may be running.
    pub(super) fn hash(&self) -> String {
        let memories = self.0.lock();
        assert!(!memories.is_empty(), "there is no guest to look at");
        let mut hasher = Sha256::new();
        memories.iter().for_each(|memory| hasher.update(&*memory.lock()));
        format!("{:x}", hasher.finalize())
    }
}

struct VisibleLinearMemory(Bytes);

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
// SAFETY: a memory is zeroed, as large as was asked for, without a reservation or guard (checked below), and
// read by nobody while the engine runs.
unsafe impl MemoryCreator for VisibleMemory {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        assert!(reserved.unwrap_or(0) == 0 && guard == 0, "the engine expects room that is not there");
        let bytes = Bytes::new(Mutex::new(vec![0; minimum]));
        self.0.lock().push(bytes.clone());
        Ok(Box::new(VisibleLinearMemory(bytes)))
    }
}

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
// SAFETY: the pointer stays valid until the memory grows, after which wasmtime asks for it again.
unsafe impl LinearMemory for VisibleLinearMemory {
    fn byte_size(&self) -> usize {
        self.0.lock().len()
    }

    fn byte_capacity(&self) -> usize {
        self.0.lock().len()
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        self.0.lock().resize(new_size, 0);
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.lock().as_mut_ptr()
    }
}
