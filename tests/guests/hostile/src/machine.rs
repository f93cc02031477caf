//! What goes wrong in the machine: traps, time, memory, stack.

use std::hint::black_box;

use dalsegno_sdk::workflow;

/// Panics.
#[workflow]
pub(crate) async fn trap() {
    panic!("this workflow always panics");
}

/// Executes the instruction `unreachable`, without a word.
#[workflow]
pub(crate) async fn unreachable() {
    core::arch::wasm32::unreachable();
}

/// Divides by zero.
#[workflow]
pub(crate) async fn divide_by_zero() -> u64 {
    black_box(1) / black_box(0)
}

/// Reads behind the end of its memory.
#[workflow]
pub(crate) async fn out_of_bounds() -> u8 {
    let address = black_box(usize::MAX - 15) as *const u8;
    #[expect(unsafe_code, reason = "to trap is the purpose")]
    // SAFETY: none; the sandbox is what is tested.
    unsafe {
        address.read_volatile()
    }
}

/// Never returns.
#[workflow]
pub(crate) async fn loop_forever() {
    let mut rounds = 0_u64;
    loop {
        rounds = black_box(rounds.wrapping_add(1));
    }
}

/// Takes all memory there is.
#[workflow]
pub(crate) async fn memory_bomb() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
}

/// Takes all stack there is.
#[workflow]
pub(crate) async fn recursion() -> u64 {
    deeper(black_box(0))
}

#[expect(unconditional_recursion, reason = "to overflow the stack is the purpose")]
fn deeper(depth: u64) -> u64 {
    black_box(deeper(black_box(depth + 1))) + 1
}
