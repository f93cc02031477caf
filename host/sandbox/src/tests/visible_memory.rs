//! An engine whose guests' memory can be seen, of the same settings, so that compiled code is the same.

use std::{
    ffi::c_void,
    ptr::null_mut,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::Mutex;
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use sha2::{Digest, Sha256};
use wasmtime::{Engine, LinearMemory, MemoryCreator, MemoryType};

use crate::engine;

/// The linear memories of every guest made so far.
#[derive(Clone, Default)]
pub(super) struct VisibleMemory(Arc<Mutex<Vec<Arc<Mapping>>>>);

impl VisibleMemory {
    pub(super) fn engine(&self) -> Engine {
        let mut config = engine::base();
        config.with_host_memory(Arc::new(self.clone())).memory_init_cow(false);
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
        memories.iter().for_each(|memory| hasher.update(memory.bytes()));
        format!("{:x}", hasher.finalize())
    }
}

/// A range of addresses of which the first bytes are memory; the others trap, as compiled code expects.
struct Mapping {
    start: *mut c_void,
    reserved: usize,
    mapped: usize,
    used: AtomicUsize,
}

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
// SAFETY: it is read only while no guest runs, see `VisibleMemory::hash`.
unsafe impl Send for Mapping {}
#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
// SAFETY: as above.
unsafe impl Sync for Mapping {}

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
impl Mapping {
    fn new(used: usize, reserved: usize, guard: usize) -> rustix::io::Result<Self> {
        let mapped = (reserved + guard).max(1);
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new range, at an address that the kernel chooses.
        let start = unsafe { mmap_anonymous(null_mut(), mapped, ProtFlags::empty(), flags) }?;
        let mapping = Self { start, reserved, mapped, used: AtomicUsize::new(0) };
        mapping.use_first(used)?;
        Ok(mapping)
    }

    fn use_first(&self, bytes: usize) -> rustix::io::Result<()> {
        if bytes > self.reserved {
            return Err(rustix::io::Errno::NOMEM);
        }
        // SAFETY: within the range.
        unsafe { mprotect(self.start, bytes, MprotectFlags::READ | MprotectFlags::WRITE) }?;
        self.used.store(bytes, Ordering::Relaxed);
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        // SAFETY: these bytes can be read, and nobody writes to them meanwhile.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.used.load(Ordering::Relaxed)) }
    }
}

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the guest and whoever looks at it have gone.
        let _ = unsafe { munmap(self.start, self.mapped) };
    }
}

struct VisibleLinearMemory(Arc<Mapping>);

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
// SAFETY: a memory is zeroed, with the reservation and the guard that were asked for, and never moves.
unsafe impl MemoryCreator for VisibleMemory {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let reserved = reserved.ok_or("a memory that moves cannot be seen")?;
        let mapping = Mapping::new(minimum, reserved, guard).map_err(|error| error.to_string())?;
        let mapping = Arc::new(mapping);
        self.0.lock().push(mapping.clone());
        Ok(Box::new(VisibleLinearMemory(mapping)))
    }
}

#[expect(unsafe_code, reason = "how wasmtime lets memory be seen")]
// SAFETY: the pointer stays valid as long as the memory.
unsafe impl LinearMemory for VisibleLinearMemory {
    fn byte_size(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    fn byte_capacity(&self) -> usize {
        self.0.reserved
    }

    fn grow_to(&mut self, new_size: usize) -> wasmtime::Result<()> {
        Ok(self.0.use_first(new_size)?)
    }

    fn as_ptr(&self) -> *mut u8 {
        self.0.start.cast()
    }
}
