//! What the fuzz targets share, and the modules of txflow that one of them is about. They are compiled here once more,
//! since all of txflow would bring AWS's SDKs, a quarter of an hour to build for modules that need none.

#[allow(dead_code)]
mod canary;
#[allow(dead_code)]
pub mod config;
#[allow(dead_code)]
mod executions;
#[allow(dead_code)]
mod exit;
#[allow(dead_code)]
mod input_file;
#[allow(dead_code)]
mod report;
#[allow(dead_code, unused_imports)]
mod world;

use std::ptr;

/// Room for libFuzzer to write down the input.
const STACK: usize = 256 * 1024;

/// Lets libFuzzer keep the input that overflowed the stack: its handler needs another stack to run on. To be called
/// before any input.
pub fn keep_stack_overflows() {
    let stack = libc::stack_t {
        ss_sp: Box::leak(vec![0_u8; STACK].into_boxed_slice())
            .as_mut_ptr()
            .cast(),
        ss_flags: 0,
        ss_size: STACK,
    };
    // SAFETY: the stack lives as long as the process and nothing else uses it. The action is the default one; libFuzzer
    // replaces it by its own and keeps the flag.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        action.sa_flags = libc::SA_ONSTACK;
        assert_eq!(libc::sigaltstack(&raw const stack, ptr::null_mut()), 0);
        assert_eq!(
            libc::sigaction(libc::SIGSEGV, &raw const action, ptr::null_mut()),
            0
        );
    }
}
