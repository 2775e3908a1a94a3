use super::*;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Which chunks a test is given depends on who else holds some, so the tests of this file take turns.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lies_in_space<T: ?Sized>(object: &T) -> bool {
    offset_of(std::ptr::from_ref(object).cast_mut().cast()).is_some()
}

#[test]
fn serves_within_only() {
    let _turn = alone();
    let outside = Box::new(1_u64);
    let inside = within(|| Box::new(2_u64));
    let after = Box::new(3_u64);
    assert!(!lies_in_space(&*outside) && lies_in_space(&*inside) && !lies_in_space(&*after));
    assert_eq!((*outside, *inside, *after), (1, 2, 3));
}

#[test]
fn uses_memory_again() {
    let _turn = alone();
    let address = |_| within(|| std::ptr::from_ref(&*Box::new([0_u8; 100])).addr());
    let addresses: Vec<usize> = (0..10).map(address).collect();
    assert!(addresses.windows(2).all(|pair| pair[0] == pair[1]), "{addresses:?}");
}

#[test]
fn a_file_larger_than_a_chunk_takes_several_and_gives_them_back() {
    let _turn = alone();
    const OBJECTS: usize = 2 * CHUNK / 1000 + 1;
    let run = || {
        within(|| {
            let objects: Vec<Box<[u8; 1000]>> = (0..OBJECTS).map(|i| Box::new([i as u8; 1000])).collect();
            assert!(objects.iter().zip(0..).all(|(object, i)| **object == [i as u8; 1000]));
            objects.iter().map(|object| offset_of(std::ptr::from_ref(&**object).cast_mut().cast())).collect()
        })
    };
    let chunks = |offsets: Vec<Option<usize>>| {
        let mut chunks: Vec<usize> = offsets.into_iter().flatten().map(|offset| offset / CHUNK).collect();
        chunks.sort_unstable();
        chunks.dedup();
        chunks
    };
    let first = chunks(run());
    assert!(first.len() > 2, "{first:?}");
    for _ in 0..10 {
        assert_eq!(chunks(run()), first);
    }
}

#[test]
fn the_place_of_the_last_object_is_the_next_ones() {
    let _turn = alone();
    within(|| {
        let address = |object: &[u64; 9]| std::ptr::from_ref(object).addr();
        let first = Box::new([1; 9]);
        let last = Box::new([2; 9]);
        let (place_of_first, place_of_last) = (address(&first), address(&last));
        drop(last);
        let next = Box::new([3; 9]);
        assert_eq!(address(&next), place_of_last);
        // This one is not the last.
        drop(first);
        let another = Box::new([4; 9]);
        assert!(![place_of_first, place_of_last].contains(&address(&another)));
        assert_eq!((*next, *another), ([3; 9], [4; 9]));
    });
}

#[test]
fn grows_in_place_what_comes_last() {
    let _turn = alone();
    within(|| {
        let mut bytes = Vec::with_capacity(8);
        bytes.extend_from_slice(b"12345678");
        let start = bytes.as_ptr();
        bytes.reserve_exact(1000);
        assert_eq!(bytes.as_ptr(), start);
        let other = Box::new(1_u8);
        bytes.reserve_exact(2000);
        assert_ne!(bytes.as_ptr(), start);
        assert_eq!((&bytes[..], *other), (&b"12345678"[..], 1));
        // Beyond a chunk.
        bytes.resize(3 * CHUNK, 7);
        assert_eq!(&bytes[..9], b"12345678\x07");
    });
}

#[test]
fn aligns() {
    let _turn = alone();
    #[repr(align(256))]
    struct Wide(u8);
    within(|| {
        for _ in 0..10 {
            let (narrow, wide) = (Box::new(1_u8), Box::new(Wide(2)));
            assert_eq!(std::ptr::from_ref(&*wide).addr() % 256, 0);
            assert_eq!((*narrow, wide.0), (1, 2));
        }
        assert_eq!(vec![0_u64; 100], [0; 100]);
    });
}

/// Objects made by some threads, checked and freed by others, while all go on allocating.
#[test]
fn any_thread_may_free() {
    let _turn = alone();
    const THREADS: usize = 4;
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..THREADS).map(|_| mpsc::channel::<(usize, Vec<u32>)>()).unzip();
    std::thread::scope(|scope| {
        for (number, receiver) in receivers.into_iter().enumerate() {
            let next = senders[(number + 1) % THREADS].clone();
            scope.spawn(move || {
                for round in 0..200 {
                    within(|| {
                        let mut kept = Vec::new();
                        for i in 0..100 {
                            let object = vec![(round * i) as u32; 1 + i % 37];
                            if i % 3 == 0 {
                                let _ = next.send((round * i, object));
                            } else {
                                kept.push((round * i, object));
                            }
                        }
                        kept.extend(receiver.try_iter());
                        for (value, object) in kept {
                            assert!(object.iter().all(|item| *item == value as u32));
                        }
                    });
                }
                drop(next);
                for (value, object) in receiver {
                    assert!(object.iter().all(|item| *item == value as u32));
                }
            });
        }
        drop(senders);
    });
}

#[test]
fn threads_leave_their_chunks_to_others() {
    let _turn = alone();
    let chunk = || {
        std::thread::spawn(|| within(|| offset_of(std::ptr::from_ref(&*Box::new(1_u64)).cast_mut().cast())))
            .join()
            .unwrap_or_default()
    };
    let mut chunks: Vec<usize> = (0..100).filter_map(|_| chunk()).map(|offset| offset / CHUNK).collect();
    chunks.sort_unstable();
    chunks.dedup();
    // More than one if threads of other tests are still about to end.
    assert!(chunks.len() <= 8, "{chunks:?}");
}

/// Nodes of a list, and a large object.
#[expect(clippy::vec_box, reason = "many objects are what is wanted")]
struct Made(Vec<Box<[u64; 8]>>, Vec<u8>);

fn make(nodes: usize, large: usize) -> Made {
    Made((0..nodes).map(|node| Box::new([node as u64; 8])).collect(), vec![1; large])
}

/// Runs of [`discarding`] of various sizes, in which memory is used again from the same place on.
#[test]
fn what_is_discarded_is_free_again() {
    let _turn = alone();
    let run = |nodes: usize, large: usize| {
        let mut bytes = b"before ".to_vec();
        let append = |bytes: &mut Vec<u8>| {
            let made = make(nodes, large);
            let first = std::ptr::from_ref(&*made.0[0]).addr();
            // Moves within the run, so that it lies in its memory.
            let mut moved = Vec::with_capacity(1 << 10);
            moved.append(bytes);
            *bytes = moved;
            bytes.extend_from_slice(&made.0[nodes - 1][0].to_le_bytes());
            (first, Some(made))
        };
        // SAFETY: the first result is an address that is only compared.
        let first = unsafe { discarding(&mut bytes, append) };
        assert!(!lies_in_space(&bytes[0]));
        assert_eq!(bytes[..7], *b"before ");
        assert_eq!(bytes[7..], (nodes as u64 - 1).to_le_bytes());
        first
    };
    // One chunk; some chunks; a large object in a chunk, and one that has no place in any.
    for (nodes, large) in [(100, 10), (3 * CHUNK / 64, 10), (100, LARGEST * 2), (100, CHUNK * 2), (100, 10)] {
        let mut starts: Vec<usize> = (0..100).map(|_| run(nodes, large)).collect();
        starts.sort_unstable();
        starts.dedup();
        // A run that takes several chunks ends in another one than it began in.
        assert!(starts.len() <= 1 + (nodes * 72 + large.min(CHUNK)) / CHUNK, "{nodes} {large} {starts:?}");
    }
}

#[test]
fn what_is_not_discarded_stays() {
    let _turn = alone();
    let mut kept = Vec::new();
    for round in 0..8 {
        // SAFETY: nothing is discarded.
        let made = unsafe { discarding(&mut Vec::new(), |_| (make(10 + round, 1000), None::<Made>)) };
        kept.push(made);
        // SAFETY: the first result holds nothing.
        unsafe { discarding(&mut Vec::new(), |_| ((), Some(make(100, 10)))) };
    }
    for (round, Made(nodes, large)) in kept.iter().enumerate() {
        assert_eq!((nodes.len(), large.len()), (10 + round, 1000));
        assert!((0..).zip(nodes).all(|(number, node)| node.iter().all(|word| *word == number)));
    }
}

/// Threads that discard and threads that free what others have made, at the same time.
#[test]
fn each_thread_discards_its_own() {
    let _turn = alone();
    let (sender, receiver) = mpsc::channel::<Made>();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let sender = sender.clone();
            scope.spawn(move || {
                for round in 1..200 {
                    let run = |bytes: &mut Vec<u8>| {
                        let made = make(round * 10, round);
                        bytes.extend(made.0.iter().map(|node| node[7] as u8));
                        ((), Some(made))
                    };
                    let mut bytes = Vec::new();
                    // SAFETY: the first result holds nothing.
                    unsafe { discarding(&mut bytes, run) };
                    assert!((0..round * 10).zip(&bytes).all(|(number, byte)| number as u8 == *byte));
                    // What lives on keeps its chunk, and there are not so many.
                    if round % 40 == 0 {
                        let _ = sender.send(within(|| make(5, round)));
                    }
                }
            });
        }
        drop(sender);
        for Made(nodes, _) in receiver {
            assert!((0..).zip(&nodes).all(|(number, node)| **node == [number; 8]));
        }
    });
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "debug assertions notice it")]
#[should_panic = "outlives"]
fn what_outlives_its_run_is_noticed() {
    let _turn = alone();
    let mut kept = None;
    // SAFETY: not so, which the debug assertion says before anything is taken back.
    unsafe {
        discarding(&mut Vec::new(), |_| {
            kept = Some(Box::new(1_u8));
            ((), Some(make(1, 1)))
        });
    }
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "debug assertions notice it")]
#[should_panic = "freed elsewhere"]
fn what_another_thread_frees_is_noticed() {
    let _turn = alone();
    let run = |_: &mut Vec<u8>| {
        let made = make(1, 1);
        let _ = std::thread::spawn(move || drop(made)).join();
        ((), Some(make(1, 1)))
    };
    // SAFETY: not so, which the debug assertion says before anything is taken back.
    unsafe { discarding(&mut Vec::new(), run) };
}

#[test]
fn a_panic_closes_it() {
    let _turn = alone();
    let result = std::panic::catch_unwind(|| within(|| panic!("expected")));
    assert!(result.is_err());
    assert!(!lies_in_space(&*Box::new(1_u8)));
}
