//! The allocator of all that lives for long.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};

/// Blocks from this size up come from the system's allocator, in bytes.
const LARGE_BYTES: usize = 64 << 20;

/// mimalloc, which is good at the many small and short-lived objects that compiling and running make, and the system's
/// allocator for large blocks: mimalloc reserves those whether or not the machine has the memory, so that the process is
/// killed where it should see a `MemoryError`, and the system moves large blocks without copying them.
pub(super) struct General;

// SAFETY: a block's allocator follows from its size alone, which is the same in all calls about it but `realloc`, which
// moves it where its new size belongs to the other one.
unsafe impl GlobalAlloc for General {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps to the same contract.
        unsafe { if layout.size() < LARGE_BYTES { MiMalloc.alloc(layout) } else { System.alloc(layout) } }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            if layout.size() < LARGE_BYTES {
                MiMalloc.alloc_zeroed(layout)
            } else {
                System.alloc_zeroed(layout)
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block came from this allocator with this layout, so from the one that its size says.
        unsafe {
            if layout.size() < LARGE_BYTES {
                MiMalloc.dealloc(block, layout)
            } else {
                System.dealloc(block, layout)
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match (layout.size() < LARGE_BYTES, new_size < LARGE_BYTES) {
            // SAFETY: as in `dealloc`; the caller has checked the new size.
            (true, true) => unsafe { MiMalloc.realloc(block, layout, new_size) },
            // SAFETY: as before.
            (false, false) => unsafe { System.realloc(block, layout, new_size) },
            // SAFETY: the new size is not zero and fits the alignment, as the caller has checked; both blocks hold at
            // least the smaller of the sizes, and do not overlap.
            _ => unsafe {
                let new_layout = Layout::from_size_align_unchecked(new_size, layout.align());
                let new = self.alloc(new_layout);
                if !new.is_null() {
                    std::ptr::copy_nonoverlapping(block, new, layout.size().min(new_size));
                    self.dealloc(block, layout);
                }
                new
            },
        }
    }
}
