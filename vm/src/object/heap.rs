//! The allocator of objects: size classes of 16 bytes with free lists, one heap an interpreter.
//!
//! All calls happen under the interpreter's lock, so nothing here is atomic. A block that is freed goes to
//! the free list of its size class; chunks go back to the system when the heap is dropped.

use std::alloc::{Layout as SystemLayout, alloc, dealloc, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::ptr::{NonNull, null_mut};

const UNIT: usize = 16;
/// Sizes up to this many units come from free lists.
const CLASSES: usize = 33;
const FIRST_CHUNK_BYTES: usize = 16 * 1024;
const CHUNK_BYTES: usize = 256 * 1024;

struct FreeBlock {
    next: *mut FreeBlock,
}

/// Blocks of memory for one interpreter's objects.
pub struct Heap {
    free: [Cell<*mut FreeBlock>; CLASSES],
    /// The part of the newest chunk that was never handed out.
    fresh: Cell<*mut u8>,
    fresh_end: Cell<*mut u8>,
    chunks: RefCell<Vec<(NonNull<u8>, SystemLayout)>>,
}

/// The size class of a block: its size in units of 16 bytes, or 0 for a block of the system's.
pub type SizeClass = u8;

impl Heap {
    /// An empty heap.
    pub fn new() -> Heap {
        Heap {
            free: [const { Cell::new(null_mut()) }; CLASSES],
            fresh: Cell::new(null_mut()),
            fresh_end: Cell::new(null_mut()),
            chunks: RefCell::new(Vec::new()),
        }
    }

    /// A block of at least `bytes`, aligned to 16, and its size class. Aborts where the system has no memory.
    #[inline]
    pub fn allocate(&self, bytes: usize) -> (NonNull<u8>, SizeClass) {
        let class = bytes.div_ceil(UNIT);
        if class < CLASSES {
            let block = self.free[class].get();
            if let Some(found) = NonNull::new(block) {
                // SAFETY: blocks on a free list are ours, large enough for a `FreeBlock` and initialised as one.
                self.free[class].set(unsafe { found.as_ref().next });
                return (found.cast(), class as SizeClass);
            }
            return (self.carve(class), class as SizeClass);
        }
        (allocate_large(bytes), 0)
    }

    #[cold]
    #[inline(never)]
    fn carve(&self, class: usize) -> NonNull<u8> {
        let bytes = class * UNIT;
        if (self.fresh_end.get() as usize) - (self.fresh.get() as usize) < bytes {
            self.add_chunk();
        }
        let block = self.fresh.get();
        // SAFETY: the chunk has at least `bytes` left.
        self.fresh.set(unsafe { block.add(bytes) });
        // SAFETY: a chunk's address is never null.
        unsafe { NonNull::new_unchecked(block) }
    }

    fn add_chunk(&self) {
        let mut chunks = self.chunks.borrow_mut();
        let bytes = if chunks.len() < 16 { FIRST_CHUNK_BYTES } else { CHUNK_BYTES };
        let Ok(layout) = SystemLayout::from_size_align(bytes, UNIT) else {
            unreachable!("a constant layout")
        };
        // SAFETY: the layout's size is not zero.
        let Some(start) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
        chunks.push((start, layout));
        self.fresh.set(start.as_ptr());
        // SAFETY: one past the end of the allocation.
        self.fresh_end.set(unsafe { start.as_ptr().add(bytes) });
    }

    /// Gives a block back.
    ///
    /// # Safety
    /// The block and its size class must come from [`Heap::allocate`] of this heap, and nothing may use it any more.
    #[inline]
    pub unsafe fn free(&self, block: NonNull<u8>, class: SizeClass) {
        if class == 0 {
            // SAFETY: class 0 marks large blocks.
            unsafe { free_large(block) };
            return;
        }
        let head = &self.free[class as usize];
        let block = block.cast::<FreeBlock>();
        // SAFETY: the block is ours and at least 16 bytes long.
        unsafe { block.write(FreeBlock { next: head.get() }) };
        head.set(block.as_ptr());
    }
}

impl Default for Heap {
    fn default() -> Self {
        Heap::new()
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for (start, layout) in self.chunks.get_mut().drain(..) {
            // SAFETY: allocated with this layout in `add_chunk`.
            unsafe { dealloc(start.as_ptr(), layout) };
        }
    }
}

/// Large blocks carry their size in front.
fn large_layout(bytes: usize) -> SystemLayout {
    match SystemLayout::from_size_align(bytes.saturating_add(UNIT), UNIT) {
        Ok(layout) => layout,
        Err(_) => handle_alloc_error(SystemLayout::new::<u8>()),
    }
}

#[cold]
fn allocate_large(bytes: usize) -> NonNull<u8> {
    let layout = large_layout(bytes);
    // SAFETY: the size is not zero.
    let Some(start) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
    // SAFETY: the block has room for the size and `bytes` more after `UNIT`.
    unsafe {
        start.cast::<usize>().write(bytes);
        start.add(UNIT)
    }
}

/// # Safety
/// The block must come from `allocate_large`.
unsafe fn free_large(block: NonNull<u8>) {
    // SAFETY: the size was written in front of the block.
    unsafe {
        let start = block.sub(UNIT);
        let bytes = start.cast::<usize>().read();
        dealloc(start.as_ptr(), large_layout(bytes));
    }
}
