//! The global allocator of the program: mimalloc with the system's for large blocks, and for the time of [`within`] a much
//! simpler one.
//!
//! Compiling a file makes a tree of small objects, reads it four times in the order in which it was made, and frees all of
//! it. A general allocator hands out the places that earlier files have freed, in an order that has to do with those
//! files: each allocation then waits for memory, and so does each step over the tree. Within [`within`], objects lie one
//! after the other. Compiling takes 0.82 of the time that it takes with mimalloc alone.
//!
//! The memory is a static array of [`CHUNKS`] chunks. A thread fills one chunk at a time and only counts what is freed;
//! a chunk with nothing left in it is used again, the last one first, as it is probably still in the cache. So nothing has
//! to be promised about what is allocated within: an object may outlive [`within`], and any thread may free it. It only
//! keeps its chunk from being used again. Where the array is used up, and for what is large, the general one serves.
//!
//! [`discarding`] does without counting down what was allocated: the thread goes back to where it was before. That its
//! caller has to promise something about.
//!
//! ```text
//!            chunk 0            chunk 1            chunk 2
//! SPACE    [ objects … freed ][ objects |  free  ][                  ] …
//!                                      at      limit                   of the thread that fills chunk 1
//! HEADERS  [ owner live remote ][ owner live remote ] …
//! ```

mod general;

use general::General;
use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// The allocator, for `#[global_allocator]`.
#[derive(Debug)]
pub struct Allocator;

/// The size of a chunk in bytes. Most files take less, and what is freed quickest is an object of the chunk being filled:
/// with chunks of this size that is so of six in seven objects of the standard library's files.
const CHUNK: usize = 4 << 20;

/// How many chunks there are. Only what is in use takes memory.
const CHUNKS: usize = 32;

const SIZE: usize = CHUNKS * CHUNK;

/// What is larger goes to the general allocator, and so does what has to be aligned to more.
const LARGEST: usize = 32 << 10;

/// Where objects may start: at multiples of this. Few have to be aligned to more.
const STEP: usize = 8;

#[repr(C, align(64))]
struct Space(UnsafeCell<[u8; SIZE]>);

// SAFETY: nothing here reads or writes the array but through pointers that `Allocator` has handed out, and it hands out
// each part to one caller at a time.
unsafe impl Sync for Space {}

/// All zeros, so that it takes no place in the program's file.
static SPACE: Space = Space(UnsafeCell::new([0; SIZE]));

fn base() -> *mut u8 {
    SPACE.0.get().cast()
}

/// What is known of a chunk. Threads that free objects of neighbouring chunks do not share a cache line.
#[repr(align(64))]
struct Header {
    /// The thread that fills or has filled the chunk, [`NOBODY`] if there is none.
    owner: AtomicUsize,
    /// How many objects are in use, not counting what other threads have freed. Only the owner changes it. While it fills
    /// the chunk, it counts in `Local::live` instead.
    live: AtomicU32,
    /// How many objects threads other than the owner have freed.
    remote: AtomicU32,
    /// In a list of free chunks, the next one.
    next: AtomicU32,
    /// The last run of [`discarding`] that has filled a part of the chunk; 0 in a list of free chunks. Of consequence for the
    /// owner only.
    run: AtomicU64,
}

const NOBODY: usize = 0;

/// Stands for an unknown number of objects. It stays too many whatever is counted down.
const MANY: u32 = u32::MAX / 2;

/// Stands for the end of a list of chunks, and for no chunk.
const NONE: u32 = u32::MAX;

static HEADERS: [Header; CHUNKS] = [const {
    Header {
        owner: AtomicUsize::new(NOBODY),
        live: AtomicU32::new(0),
        remote: AtomicU32::new(0),
        next: AtomicU32::new(0),
        run: AtomicU64::new(0),
    }
}; CHUNKS];

/// Counts what threads other than the owners have freed: only if it has changed, a search for free chunks may find one.
static REMOTE_FREES: AtomicUsize = AtomicUsize::new(0);

/// A thread's view.
struct Local {
    /// The address in `SPACE` where the next object goes, if the alignment allows it. A multiple of [`STEP`].
    at: Cell<usize>,
    /// Where objects must end: the end of the chunk being filled, or 0 outside of [`within`].
    limit: Cell<usize>,
    /// The chunk being filled.
    chunk: Cell<u32>,
    /// How many of its objects are in use, not counting what other threads have freed.
    live: Cell<u32>,
    /// Chunks of this thread with nothing in them.
    free: Cell<u32>,
    /// `REMOTE_FREES` when this thread last looked.
    seen: Cell<usize>,
    /// Counts the runs of [`discarding`], from 1.
    run: Cell<u64>,
    /// Of the run at hand, what the general allocator has made and not freed: the number of objects larger than
    /// [`LARGEST`], and [`MANY`] if there are others.
    elsewhere: Cell<u32>,
    /// Where the run at hand began.
    mark: Cell<Mark>,
}

/// A place in a chunk, where what was allocated before ends.
#[derive(Clone, Copy)]
struct Mark {
    chunk: u32,
    at: usize,
    /// How many objects of the chunk were in use.
    live: u32,
}

thread_local! {
    // Without a destructor and with a constant value, so that looking at it allocates nothing.
    static LOCAL: Local = const {
        Local {
            at: Cell::new(0),
            limit: Cell::new(0),
            chunk: Cell::new(NONE),
            live: Cell::new(0),
            free: Cell::new(NONE),
            seen: Cell::new(0),
            run: Cell::new(1),
            elsewhere: Cell::new(0),
            mark: Cell::new(Mark { chunk: NONE, at: 0, live: 0 }),
        }
    };

    /// Gives the thread's chunks back when the thread ends.
    static OWNERSHIP: Ownership = const { Ownership };
}

struct Ownership;

impl Drop for Ownership {
    fn drop(&mut self) {
        LOCAL.with(Local::give_up);
    }
}

/// Runs a function that allocates much, and frees most of it before it returns. Results are the same without; only time
/// and memory differ.
pub fn within<T>(run: impl FnOnce() -> T) -> T {
    /// Closes the allocator again, after a panic too.
    struct Open;
    impl Drop for Open {
        fn drop(&mut self) {
            LOCAL.with(|local| local.limit.set(0));
        }
    }
    // While a thread ends there is no one left to give chunks back.
    if OWNERSHIP.try_with(|_| ()).is_err() || LOCAL.with(|local| local.limit.get() != 0) {
        return run();
    }
    let _open = Open;
    LOCAL.with(Local::open);
    run()
}

/// As [`within`], for a function that appends to `bytes`, and then frees what it has made as its second result: all at once
/// where that is possible, without looking at it. Taking a tree apart takes a fifteenth of the time of compiling it.
///
/// Objects that belong to somebody else and are counted, such as an `Arc` from before, stay counted.
///
/// # Safety
/// If `run` returns something as its second result, nothing else that this thread allocated while it ran may be in use any
/// more, but for `bytes`: its first result may not hold any of it, nor may what outlives it, nor may another thread, not
/// even one that was joined (it frees its own handle when it ends). A build with debug assertions checks that.
pub unsafe fn discarding<T, G>(bytes: &mut Vec<u8>, run: impl FnOnce(&mut Vec<u8>) -> (T, Option<G>)) -> T {
    within(|| {
        let began = LOCAL.with(Local::begin);
        let (result, garbage) = run(bytes);
        let Some(garbage) = garbage else { return result };
        if offset_of(bytes.as_mut_ptr()).is_some() {
            let limit = LOCAL.with(|local| local.limit.replace(0));
            *bytes = bytes.clone();
            LOCAL.with(|local| local.limit.set(limit));
        }
        let is_possible = began && LOCAL.with(|local| local.elsewhere.get() == 0);
        if is_possible && !cfg!(debug_assertions) {
            std::mem::forget(garbage);
        } else {
            drop(garbage);
            debug_assert!(
                !began || LOCAL.with(Local::is_all_free),
                "an object outlives its run, or was freed elsewhere"
            );
        }
        if is_possible {
            LOCAL.with(Local::discard);
        }
        result
    })
}

impl Local {
    /// What stands for this thread: an address that no other thread has as long as this one runs.
    #[inline]
    fn id(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Starts to serve from the chunk that was being filled, or from its start if it has become free.
    fn open(&self) {
        let chunk = self.chunk.get();
        if chunk == NONE {
            self.take_chunk();
            return;
        }
        if self.live.get() == HEADERS[chunk as usize].remote.load(Ordering::Acquire) {
            self.start(chunk);
        } else {
            self.limit.set(address_of(chunk) + CHUNK);
        }
    }

    /// Fills a free chunk from its start.
    fn start(&self, chunk: u32) {
        let header = &HEADERS[chunk as usize];
        header.remote.store(0, Ordering::Relaxed);
        header.run.store(self.run.get(), Ordering::Relaxed);
        if chunk == self.mark.get().chunk {
            self.mark.set(Mark { live: 0, ..self.mark.get() });
        }
        self.chunk.set(chunk);
        self.live.set(0);
        self.at.set(address_of(chunk));
        self.limit.set(address_of(chunk) + CHUNK);
    }

    /// Stops filling the current chunk.
    fn retire(&self) {
        let chunk = self.chunk.replace(NONE);
        self.at.set(0);
        self.limit.set(0);
        if chunk == NONE {
            return;
        }
        let live = self.live.get();
        HEADERS[chunk as usize].live.store(live, Ordering::Relaxed);
        if live == 0 {
            self.push_free(chunk);
        }
    }

    /// Begins a run of [`discarding`]; `false` if there is no chunk.
    fn begin(&self) -> bool {
        if self.limit.get() == 0 {
            return false;
        }
        self.run.set(self.run.get() + 1);
        self.elsewhere.set(0);
        let mark = Mark { chunk: self.chunk.get(), at: self.at.get(), live: self.live.get() };
        HEADERS[mark.chunk as usize].run.store(self.run.get(), Ordering::Relaxed);
        self.mark.set(mark);
        true
    }

    /// The chunks that the run at hand has filled, but for the one being filled.
    fn filled(&self) -> impl Iterator<Item = (u32, &'static Header)> {
        let (owner, run, current) = (self.id(), self.run.get(), self.chunk.get());
        (0..).zip(&HEADERS).filter(move |(chunk, header)| {
            *chunk != current
                && header.owner.load(Ordering::Relaxed) == owner
                && header.run.load(Ordering::Relaxed) == run
        })
    }

    /// How many objects of a chunk were in use before the run at hand began.
    fn live_before(&self, chunk: u32) -> u32 {
        let mark = self.mark.get();
        if mark.chunk == chunk { mark.live } else { 0 }
    }

    /// Whether this thread has freed all that the run at hand has allocated.
    fn is_all_free(&self) -> bool {
        let is_free = |chunk: u32, live: u32| live <= self.live_before(chunk);
        let current = self.chunk.get();
        (current == NONE || is_free(current, self.live.get()))
            && self.filled().all(|(chunk, header)| is_free(chunk, header.live.load(Ordering::Relaxed)))
    }

    /// Takes all memory back that the run at hand has been given, and goes back to where it began, as what lies there is
    /// probably still in the cache. Of older objects none may have been freed by this thread meanwhile, or their chunk is
    /// not used again.
    fn discard(&self) {
        let (current, mark) = (self.chunk.get(), self.mark.get());
        let was_emptied = HEADERS[mark.chunk as usize].run.load(Ordering::Relaxed) == 0;
        for (chunk, header) in self.filled().filter(|(chunk, _)| *chunk != mark.chunk) {
            header.live.store(0, Ordering::Relaxed);
            self.push_free(chunk);
        }
        if was_emptied {
            // It is in the list of free ones.
            return self.start(current);
        }
        if current != mark.chunk {
            HEADERS[current as usize].live.store(0, Ordering::Relaxed);
            self.push_free(current);
        }
        self.chunk.set(mark.chunk);
        self.at.set(mark.at);
        self.live.set(mark.live);
        self.limit.set(address_of(mark.chunk) + CHUNK);
    }

    fn push_free(&self, chunk: u32) {
        let header = &HEADERS[chunk as usize];
        header.run.store(0, Ordering::Relaxed);
        header.next.store(self.free.replace(chunk), Ordering::Relaxed);
    }

    /// Starts to fill another chunk; `false` if there is none.
    fn take_chunk(&self) -> bool {
        self.retire();
        if self.free.get() == NONE {
            self.find_free();
        }
        let chunk = self.free.get();
        if chunk == NONE {
            return false;
        }
        self.free.set(HEADERS[chunk as usize].next.load(Ordering::Relaxed));
        self.start(chunk);
        true
    }

    /// Looks for chunks of this thread that others have emptied, and takes one that is nobody's if there are none. Called
    /// when the thread neither fills a chunk nor knows of a free one, so that what is found is found once.
    fn find_free(&self) {
        let frees = REMOTE_FREES.load(Ordering::Relaxed);
        let is_empty =
            |header: &Header| header.live.load(Ordering::Relaxed) == header.remote.load(Ordering::Acquire);
        if self.seen.replace(frees) != frees {
            for (chunk, header) in (0..).zip(&HEADERS) {
                if header.owner.load(Ordering::Relaxed) == self.id() && is_empty(header) {
                    self.push_free(chunk);
                }
            }
        }
        if self.free.get() != NONE {
            return;
        }
        for (chunk, header) in (0..).zip(&HEADERS) {
            if header.owner.load(Ordering::Relaxed) != NOBODY {
                continue;
            }
            let taken =
                header.owner.compare_exchange(NOBODY, self.id(), Ordering::Acquire, Ordering::Relaxed);
            if taken.is_err() {
                continue;
            }
            if is_empty(header) {
                return self.push_free(chunk);
            }
            header.owner.store(NOBODY, Ordering::Release);
        }
    }

    /// Makes all chunks of this thread nobody's.
    fn give_up(&self) {
        self.retire();
        self.free.set(NONE);
        for header in &HEADERS {
            if header.owner.load(Ordering::Relaxed) == self.id() {
                header.owner.store(NOBODY, Ordering::Release);
            }
        }
    }

    /// A place for a new object in the chunk being filled, if there is space for it.
    fn bump(&self, layout: Layout) -> Option<*mut u8> {
        self.bump_from(self.at.get().next_multiple_of(layout.align()), layout.size())
    }

    /// As [`Local::bump`], for an object of a size that may start at an address.
    #[inline]
    fn bump_from(&self, start: usize, size: usize) -> Option<*mut u8> {
        let end = end_of(start, size);
        if end > self.limit.get() {
            return None;
        }
        self.at.set(end);
        self.live.set(self.live.get().wrapping_add(1));
        Some(base().with_addr(start))
    }

    /// The object of a size at an offset is no longer in use. Its place is given to the next one if it was the last one.
    #[inline]
    fn free(&self, offset: usize, size: usize) {
        let chunk = offset / CHUNK;
        if chunk == self.chunk.get() as usize {
            self.live.set(self.live.get().wrapping_sub(1));
            let start = base().addr() + offset;
            if end_of(start, size) == self.at.get() {
                self.at.set(start);
            }
            return;
        }
        let header = &HEADERS[chunk];
        if header.owner.load(Ordering::Relaxed) != self.id() {
            header.remote.fetch_add(1, Ordering::Release);
            REMOTE_FREES.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let live = header.live.load(Ordering::Relaxed).wrapping_sub(1);
        header.live.store(live, Ordering::Relaxed);
        if live == 0 {
            self.push_free(chunk as u32);
        }
    }
}

/// Where an object ends, and the next one may start: a multiple of [`STEP`].
#[inline]
fn end_of(start: usize, size: usize) -> usize {
    // Neither is more than half of the address space, and that not by far.
    (start + size + STEP - 1) & !(STEP - 1)
}

/// Where a chunk starts.
fn address_of(chunk: u32) -> usize {
    base().addr() + chunk as usize * CHUNK
}

/// The offset in `SPACE` of an object that lies there.
#[inline]
fn offset_of(object: *mut u8) -> Option<usize> {
    let offset = object.addr().wrapping_sub(base().addr());
    (offset < SIZE).then_some(offset)
}

/// Serves a request for a larger alignment than [`STEP`], or that the current chunk has no space for. What it needs of
/// the thread it looks up itself, so that a caller passes on what it has in the same registers.
#[cold]
#[inline(never)]
fn alloc_slowly(layout: Layout) -> *mut u8 {
    let object = LOCAL.with(|local| {
        if local.limit.get() == 0 {
            return None;
        }
        let fits = layout.size() <= LARGEST && layout.align() <= LARGEST;
        let object =
            local.bump(layout).or_else(|| if fits && local.take_chunk() { local.bump(layout) } else { None });
        if object.is_none() {
            let is_counted = layout.size() > LARGEST;
            local.elsewhere.set(if is_counted { local.elsewhere.get().wrapping_add(1) } else { MANY });
        }
        object
    });
    // SAFETY: the caller of `alloc` vouches for the layout.
    object.unwrap_or_else(|| unsafe { General.alloc(layout) })
}

// None of these is inlined: the program has thousands of places that call them, which together would be a tenth of it.
// SAFETY: `bump` gives each object a part of the chunk being filled that it has given to none before since the chunk was
// found empty: `at` grows until then, but for the last object, whose end `realloc_here` moves and whose place `free` gives
// back, and for `discard`, whose caller has promised that what lies beyond the mark is not in use.
// A chunk is empty when all that was allocated in it was freed: the owner counts both, other threads count frees in
// `remote`, which the owner reads with `Acquire` to come after all that they did with the object.
// All else is the general allocator's, and told apart by the address.
unsafe impl GlobalAlloc for Allocator {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > STEP {
            return alloc_slowly(layout);
        }
        LOCAL.with(|local| match local.bump_from(local.at.get(), layout.size()) {
            Some(object) => object,
            // SAFETY: the caller vouches for the layout.
            None if local.limit.get() == 0 => unsafe { General.alloc(layout) },
            None => alloc_slowly(layout),
        })
    }

    #[inline(never)]
    unsafe fn dealloc(&self, object: *mut u8, layout: Layout) {
        match offset_of(object) {
            Some(offset) => LOCAL.with(|local| local.free(offset, layout.size())),
            None => {
                if layout.size() > LARGEST {
                    LOCAL.with(|local| local.elsewhere.set(local.elsewhere.get().wrapping_sub(1)));
                }
                // SAFETY: what is not in the array came from there.
                unsafe { General.dealloc(object, layout) }
            }
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if LOCAL.with(|local| local.limit.get() == 0) {
            // SAFETY: as the caller vouches.
            return unsafe { General.alloc_zeroed(layout) };
        }
        // SAFETY: as the caller vouches; the object is as large as the layout says.
        unsafe {
            let object = self.alloc(layout);
            if !object.is_null() {
                object.write_bytes(0, layout.size());
            }
            object
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, object: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match offset_of(object) {
            // SAFETY: as the caller vouches.
            Some(offset) => unsafe { realloc_here(object, offset, layout, new_size) },
            // SAFETY: what is not in the array came from there.
            None => unsafe { General.realloc(object, layout, new_size) },
        }
    }
}

/// Changes the size of an object in the array: in place where it shrinks, or is the last one in its chunk.
///
/// # Safety
/// As for [`GlobalAlloc::realloc`].
unsafe fn realloc_here(object: *mut u8, offset: usize, layout: Layout, new_size: usize) -> *mut u8 {
    let resized = LOCAL.with(|local| {
        // Only the last object of a chunk ends at `at`, unless a chunk starts there.
        let new_end = end_of(object.addr(), new_size);
        let is_last = end_of(object.addr(), layout.size()) == local.at.get()
            && local.chunk.get() as usize == offset / CHUNK
            && new_end <= local.limit.get();
        if is_last {
            local.at.set(new_end);
        }
        is_last
    });
    if resized || new_size <= layout.size() {
        return object;
    }
    // SAFETY: the caller vouches that the new size is not 0 and does not overflow when rounded up to the alignment, and
    // that the object is as large as the layout says. The new object is larger, and another one.
    unsafe {
        let new = Allocator.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
        if !new.is_null() {
            new.copy_from_nonoverlapping(object, layout.size());
            Allocator.dealloc(object, layout);
        }
        new
    }
}

#[cfg(test)]
mod tests;
