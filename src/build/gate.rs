//! Whether a binary would run on Lambda, checked before anything is uploaded.

use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64, SHT_DYNSYM, VER_FLG_WEAK};
use object::read::elf::{FileHeader, ProgramHeader, SectionTable};
use object::{Endianness, elf};

use crate::config::Architecture;

/// The glibc of `provided.al2023`, which is Amazon Linux 2023's.
const LAMBDA_GLIBC: [u32; 2] = [2, 34];

/// Lambda's quotas for a zip that is uploaded without S3: 50 MB, and 250 MB unzipped, in megabytes of
/// 1,048,576 bytes.
const MAX_ZIP: usize = 50 << 20;
const MAX_BINARY: usize = 250 << 20;

/// The dynamic loaders that `provided.al2023` has, one for each architecture.
const LOADERS: [&[u8]; 2] = [
    b"/lib64/ld-linux-x86-64.so.2",
    b"/lib/ld-linux-aarch64.so.1",
];

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    #[error("it is not a 64-bit ELF binary: {0}")]
    NotElf(String),
    #[error("it is for {found}, and the function's architecture is `{}`", expected.as_str())]
    Machine {
        found: String,
        expected: Architecture,
    },
    #[error("it needs the dynamic loader `{0}`, which `provided.al2023` does not have")]
    Loader(String),
    #[error("it needs `{version}` for {needed_for}, and `provided.al2023` has glibc 2.34")]
    Glibc { version: String, needed_for: String },
    #[error("its zip has {} MB, and Lambda accepts 50 MB", size >> 20)]
    ZipTooLarge { size: usize },
    #[error("it has {} MB, and Lambda accepts 250 MB unzipped", size >> 20)]
    TooLarge { size: usize },
}

/// Checks the binary: machine, loader, glibc and size.
pub fn check_binary(binary: &[u8], architecture: Architecture) -> Result<(), GateError> {
    if binary.len() > MAX_BINARY {
        return Err(GateError::TooLarge { size: binary.len() });
    }
    let elf = Elf::parse(binary).map_err(not_elf)?;
    elf.check_machine(architecture)?;
    elf.check_loader()?;
    elf.check_glibc()
}

/// Checks the size of the zip.
pub fn check_zip(size: usize) -> Result<(), GateError> {
    if size > MAX_ZIP {
        Err(GateError::ZipTooLarge { size })
    } else {
        Ok(())
    }
}

impl GateError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotElf(_) | Self::Machine { .. } => {
                "`build.target`, a runner or a linker in the cargo configuration may send the \
                 build elsewhere"
            }
            Self::Loader(_) => {
                "build for a glibc target, or link statically with `-C target-feature=+crt-static`"
            }
            Self::Glibc { .. } => {
                "set `linker = \"zig\"` under `[build]` to link against glibc 2.34, or build on a \
                 system that is as old as Amazon Linux 2023"
            }
            Self::ZipTooLarge { .. } | Self::TooLarge { .. } => {
                "set `strip = \"symbols\"` in the cargo profile, and look with `cargo bloat` for \
                 what is large"
            }
        }
        .to_owned()
    }
}

fn not_elf(error: object::Error) -> GateError {
    GateError::NotElf(error.to_string())
}

struct Elf<'data> {
    data: &'data [u8],
    header: &'data FileHeader64<Endianness>,
    endian: Endianness,
    sections: SectionTable<'data, FileHeader64<Endianness>>,
}

impl<'data> Elf<'data> {
    fn parse(data: &'data [u8]) -> Result<Self, object::Error> {
        let header = FileHeader64::<Endianness>::parse(data)?;
        let endian = header.endian()?;
        Ok(Self {
            data,
            header,
            endian,
            sections: header.sections(endian, data)?,
        })
    }

    fn check_machine(&self, architecture: Architecture) -> Result<(), GateError> {
        let expected = match architecture {
            Architecture::X86_64 => EM_X86_64,
            Architecture::Arm64 => EM_AARCH64,
        };
        let found = match self.header.e_machine(self.endian) {
            machine if machine == expected => return Ok(()),
            EM_X86_64 => "x86_64".to_owned(),
            EM_AARCH64 => "arm64".to_owned(),
            elf::Machine(number) => format!("ELF machine {number}"),
        };
        Err(GateError::Machine {
            found,
            expected: architecture,
        })
    }

    fn check_loader(&self) -> Result<(), GateError> {
        let headers = self
            .header
            .program_headers(self.endian, self.data)
            .map_err(not_elf)?;
        for header in headers {
            if let Some(loader) = header
                .interpreter(self.endian, self.data)
                .map_err(not_elf)?
                && !LOADERS.contains(&loader)
            {
                return Err(GateError::Loader(
                    String::from_utf8_lossy(loader).into_owned(),
                ));
            }
        }
        Ok(())
    }

    fn check_glibc(&self) -> Result<(), GateError> {
        match self.glibc_too_new().map_err(not_elf)? {
            Some((version, needed_for)) => Err(GateError::Glibc {
                version,
                needed_for,
            }),
            None => Ok(()),
        }
    }

    /// The newest version of glibc that the loader would not find, and what needs it.
    ///
    /// The loader refuses a binary for a missing version even if only weak symbols
    /// use it, unless the version itself is marked as weak.
    fn glibc_too_new(&self) -> Result<Option<(String, String)>, object::Error> {
        let (endian, data) = (self.endian, self.data);
        let Some((needs, strings)) = self.sections.gnu_verneed(endian, data)? else {
            return Ok(None);
        };
        let strings = self.sections.strings(endian, data, strings)?;
        let mut newest: Option<(Vec<u32>, String, elf::VersionIndex)> = None;
        for need in needs {
            for version in need?.1 {
                let version = version?;
                let name = String::from_utf8_lossy(version.name(endian, strings)?).into_owned();
                let weak = version.vna_flags.get(endian).contains(VER_FLG_WEAK);
                let Some(parts) = glibc_version(&name).filter(|_| !weak) else {
                    continue;
                };
                let newer = newest.as_ref().is_none_or(|(newest, ..)| parts > *newest);
                if parts.as_slice() > LAMBDA_GLIBC.as_slice() && newer {
                    newest = Some((parts, name, version.vna_other.get(endian)));
                }
            }
        }
        let Some((_, name, index)) = newest else {
            return Ok(None);
        };
        let symbol = self.symbol_of_version(index)?;
        let needed_for = symbol.map_or("the loader".to_owned(), |name| format!("symbol `{name}`"));
        Ok(Some((name, needed_for)))
    }

    fn symbol_of_version(
        &self,
        wanted: elf::VersionIndex,
    ) -> Result<Option<String>, object::Error> {
        let (endian, data) = (self.endian, self.data);
        let Some(versions) = self.sections.versions(endian, data)? else {
            return Ok(None);
        };
        let symbols = self.sections.symbols(endian, data, SHT_DYNSYM)?;
        let found = symbols
            .enumerate()
            .find(|(index, _)| versions.version_index(endian, *index).index() == wanted);
        let Some((_, symbol)) = found else {
            return Ok(None);
        };
        let name = symbols.symbol_name(endian, symbol)?;
        Ok(Some(String::from_utf8_lossy(name).into_owned()))
    }
}

/// `GLIBC_2.17` as 2, 17. A name without a number, such as `GLIBC_PRIVATE` and
/// `GLIBC_ABI_DT_RELR`, which came with 2.36, counts as newer than any number. `None` if the version
/// belongs to another library.
fn glibc_version(name: &str) -> Option<Vec<u32>> {
    let version = name.strip_prefix("GLIBC_")?;
    let parts: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    Some(parts.unwrap_or_else(|_| vec![u32::MAX]))
}

#[cfg(test)]
mod tests;
