use super::*;

const X86_64: u16 = 62;
const AARCH64: u16 = 183;
const X86_64_LOADER: &str = "/lib64/ld-linux-x86-64.so.2";

/// A version that a binary needs of `libc.so.6`, the symbol that is bound to it, and whether the
/// version is marked as weak. An empty name means no symbol at all.
type Need = (&'static str, &'static str, bool);

fn checked(machine: u16, loader: &str, needs: &[Need]) -> Result<(), GateError> {
    check_binary(&elf(machine, loader, needs), Architecture::X86_64)
}

fn glibc(version: &str, needed_for: &str) -> Result<(), GateError> {
    let [version, needed_for] = [version, needed_for].map(str::to_owned);
    Err(GateError::Glibc {
        version,
        needed_for,
    })
}

#[test]
fn takes_what_lambda_runs() {
    let needs = [
        ("GLIBC_2.2.5", "read", false),
        ("GLIBC_2.34", "pthread_create", false),
    ];
    assert_eq!(checked(X86_64, X86_64_LOADER, &needs), Ok(()));
    let arm = elf(AARCH64, "/lib/ld-linux-aarch64.so.1", &[]);
    assert_eq!(check_binary(&arm, Architecture::Arm64), Ok(()));
}

#[test]
fn names_the_symbol_that_needs_the_newest_glibc() {
    let needs = [
        ("GLIBC_2.38", "__isoc23_strtol", false),
        ("GLIBC_2.4", "__stack_chk_fail", false),
        ("GLIBC_2.39", "pidfd_spawnp", false),
        ("GLIBC_2.9", "pipe2", false),
    ];
    let error = checked(X86_64, X86_64_LOADER, &needs);
    assert_eq!(error, glibc("GLIBC_2.39", "symbol `pidfd_spawnp`"));
}

#[test]
fn a_version_that_the_loader_may_miss_is_let_through() {
    assert_eq!(
        checked(
            X86_64,
            X86_64_LOADER,
            &[("GLIBC_2.39", "pidfd_spawnp", true)]
        ),
        Ok(())
    );
}

#[test]
fn a_version_without_a_number_is_newer_than_any() {
    let error = checked(X86_64, X86_64_LOADER, &[("GLIBC_ABI_DT_RELR", "", false)]);
    assert_eq!(error, glibc("GLIBC_ABI_DT_RELR", "the loader"));
}

#[test]
fn versions_of_other_libraries_say_nothing_about_glibc() {
    assert_eq!(
        checked(
            X86_64,
            X86_64_LOADER,
            &[("GCC_9.0", "_Unwind_Resume", false)]
        ),
        Ok(())
    );
}

#[test]
fn refuses_the_other_architecture() {
    let error = checked(AARCH64, "/lib/ld-linux-aarch64.so.1", &[]).map_err(|e| e.to_string());
    let said = "it is for arm64, and the function's architecture is `x86_64`";
    assert_eq!(error, Err(said.to_owned()));
    let error = checked(243, X86_64_LOADER, &[]).map_err(|error| error.to_string());
    assert!(error.is_err_and(|error| error.contains("ELF machine 243")));
}

#[test]
fn refuses_a_loader_that_lambda_does_not_have() {
    let loader = "/lib/ld-musl-x86_64.so.1";
    assert_eq!(
        checked(X86_64, loader, &[]),
        Err(GateError::Loader(loader.to_owned()))
    );
}

#[test]
fn refuses_what_is_no_binary() {
    let truncated = &elf(X86_64, X86_64_LOADER, &[("GLIBC_2.34", "read", false)])[..200];
    for bytes in [b"".as_slice(), b"#!/bin/sh\n", b"\x7fELF", truncated] {
        let error = check_binary(bytes, Architecture::X86_64);
        assert!(matches!(error, Err(GateError::NotElf(_))), "{error:?}");
    }
}

#[test]
fn lambdas_quotas_are_the_limits() {
    assert_eq!(check_zip(MAX_ZIP), Ok(()));
    let error = check_zip(MAX_ZIP + (1 << 20)).map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("its zip has 51 MB, and Lambda accepts 50 MB".to_owned())
    );
    let size = MAX_BINARY + 1;
    let error = check_binary(&vec![0; size], Architecture::X86_64);
    assert_eq!(error, Err(GateError::TooLarge { size }));
}

#[test]
fn the_binary_of_this_test_is_for_this_machine() {
    let binary = std::env::current_exe()
        .and_then(std::fs::read)
        .unwrap_or_default();
    let other = if cfg!(target_arch = "x86_64") {
        Architecture::Arm64
    } else {
        Architecture::X86_64
    };
    let error = check_binary(&binary, other);
    assert!(matches!(error, Err(GateError::Machine { .. })), "{error:?}");
}

/// A binary with nothing in it but a loader and versions: header, program header, loader,
/// sections, section headers, as the System V ABI and the LSB lay them out.
fn elf(machine: u16, loader: &str, needs: &[Need]) -> Vec<u8> {
    let mut strings = vec![0];
    let mut intern = |text: &str| {
        let offset = strings.len() as u32;
        strings.extend(text.bytes().chain([0]));
        offset.to_le_bytes()
    };
    let mut symbols = vec![0; 24];
    let mut versions = vec![0; 2];
    let count = (needs.len() as u16).to_le_bytes();
    // vn_version, vn_cnt, vn_file, vn_aux, vn_next
    let mut needed = [
        &[1, 0],
        &count[..],
        &intern("libc.so.6"),
        &16_u32.to_le_bytes(),
        &[0; 4],
    ]
    .concat();
    for (position, (version, symbol, weak)) in needs.iter().enumerate() {
        let index = (position as u16 + 2).to_le_bytes();
        let last = position + 1 == needs.len();
        if !symbol.is_empty() {
            symbols.extend([&intern(symbol)[..], &[0; 20]].concat());
            versions.extend(index);
        }
        // vna_hash, vna_flags, vna_other, vna_name, vna_next
        needed.extend(
            [
                &[0; 4],
                &[if *weak { 2 } else { 0 }, 0][..],
                &index,
                &intern(version),
            ]
            .concat(),
        );
        needed.extend(if last { 0_u32 } else { 16 }.to_le_bytes());
    }

    let mut file = vec![0; 64 + 56];
    file.extend(loader.bytes().chain([0]));
    // Type, link, info, size of an entry, content. `SHT_STRTAB`, `SHT_DYNSYM`, `SHT_GNU_versym`
    // and `SHT_GNU_verneed`.
    let mut headers = vec![0; 64];
    for (kind, link, info, entry, content) in [
        (3_u32, 0_u32, 0_u32, 0_u64, strings),
        (11, 1, 1, 24, symbols),
        (0x6fff_ffff, 2, 0, 2, versions),
        (0x6fff_fffe, 1, 1, 0, needed),
    ] {
        headers.extend([[0; 4], kind.to_le_bytes()].concat());
        headers.extend([0; 16]);
        headers.extend(
            [file.len() as u64, content.len() as u64]
                .map(u64::to_le_bytes)
                .concat(),
        );
        headers.extend([link, info].map(u32::to_le_bytes).concat());
        headers.extend([1, entry].map(u64::to_le_bytes).concat());
        file.extend(content);
    }
    let table = file.len() as u64;
    file.extend(headers);

    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"\x7fELF\x02\x01\x01");
    put(16, &[3, 0]); // ET_DYN
    put(18, &machine.to_le_bytes());
    put(20, &[1]);
    put(32, &64_u64.to_le_bytes()); // e_phoff
    put(40, &table.to_le_bytes()); // e_shoff
    put(52, &[64, 0, 56, 0, 1, 0, 64, 0, 5, 0, 1, 0]); // sizes and counts, and e_shstrndx
    put(64, &[3]); // PT_INTERP
    put(72, &120_u64.to_le_bytes());
    put(96, &(loader.len() as u64 + 1).to_le_bytes());
    file
}
