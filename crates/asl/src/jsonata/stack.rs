/// What is left of the stack for what a step of a recursion calls, and what is added if there is less: a thread may have
/// little. It has room for a value that is dropped, which is the one recursion whose steps cannot be taken here.
const RED_ZONE: usize = 512 << 10;
const STACK: usize = 4 << 20;

/// Takes a step of a recursion.
pub(super) fn grown<T>(step: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(RED_ZONE, STACK, step)
}
