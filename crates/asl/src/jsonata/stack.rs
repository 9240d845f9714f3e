/// What is left of the stack for what a step of a recursion calls, and what is added if there is less: a thread may have
/// little, and without optimizations each step takes much.
const RED_ZONE: usize = 256 << 10;
const STACK: usize = 2 << 20;

/// Takes a step of a recursion.
pub(super) fn grown<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, STACK, step)
}
