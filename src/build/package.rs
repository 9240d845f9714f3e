//! Which binary of the workspace a function runs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cargo_metadata::{Metadata, Package, PackageId};

use super::request::RequestedFunction;
use super::{BuildError, BuildRequest, binary_place};

/// A cargo workspace, as far as a build needs it.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub root: PathBuf,
    pub target_directory: PathBuf,
    /// One for each function, in the order of the request.
    pub binaries: Vec<Binary>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binary {
    pub function: String,
    pub package: PackageId,
    pub package_name: String,
    /// Usually the function's name.
    pub name: String,
    /// Cargo features of the package that the function enables.
    pub features: Vec<String>,
    /// The binary's `required-features` that neither the request nor the package's defaults enable. A crate that
    /// depends on the package may still enable them.
    pub missing_features: Vec<String>,
}

/// Asks cargo for the workspace and finds the binary of each function in it.
pub async fn find(request: &BuildRequest) -> Result<Workspace, BuildError> {
    let metadata = metadata(request).await?;
    let packages = metadata.workspace_packages();
    let mut binaries = Vec::new();
    for function in &request.functions {
        let (package, name) = binary(&metadata, &packages, &function.name)?;
        let required = package.targets.iter().filter(|target| target.is_bin());
        let required = required.filter(|target| target.name == name);
        let enabled = enabled_features(package, request, function);
        let missing = required
            .flat_map(|target| &target.required_features)
            .filter(|feature| !enabled.contains(feature.as_str()));
        binaries.push(Binary {
            function: function.name.clone(),
            package: package.id.clone(),
            package_name: package.name.to_string(),
            features: function.features.clone(),
            missing_features: missing.cloned().collect(),
            name,
        });
    }
    refuse_shared_names(&metadata, &packages, &binaries)?;
    Ok(Workspace {
        binaries,
        root: metadata.workspace_root.clone().into(),
        target_directory: metadata.target_directory.clone().into(),
    })
}

async fn metadata(request: &BuildRequest) -> Result<Metadata, BuildError> {
    let cargo = request.environment.cargo();
    let arguments = ["metadata", "--no-deps", "--format-version", "1"];
    let output =
        request
            .output(cargo, &arguments)
            .await
            .map_err(|source| BuildError::NotStarted {
                program: cargo.to_string_lossy().into_owned(),
                source,
            })?;
    if output.status.success() {
        serde_json::from_slice(&output.stdout).map_err(BuildError::Metadata)
    } else {
        let said = String::from_utf8_lossy(&output.stderr);
        Err(BuildError::Workspace {
            root: request.root.clone(),
            said: said.trim_end().to_owned(),
        })
    }
}

/// A package with the function's name comes first, with its only binary or the one named after the
/// package. Otherwise it is the binary with that name, in any package.
fn binary<'a>(
    metadata: &Metadata,
    packages: &[&'a Package],
    function: &str,
) -> Result<(&'a Package, String), BuildError> {
    let package = packages.iter().find(|package| package.name == function);
    let own = package.map_or_else(Vec::new, |package| binaries(package));
    if let Some(package) = package {
        if let [only] = own.as_slice() {
            return Ok((package, only.clone()));
        }
        if own.iter().any(|name| name == function) {
            return Ok((package, function.to_owned()));
        }
    }
    let elsewhere: Vec<&&Package> = packages
        .iter()
        .filter(|package| binaries(package).iter().any(|name| name == function))
        .collect();
    match elsewhere.as_slice() {
        [package] => Ok((package, function.to_owned())),
        [] => Err(match (package, own) {
            (None, _) => unknown_function(packages, function),
            (Some(_), own) if own.is_empty() => BuildError::NoBinary {
                function: function.to_owned(),
            },
            (Some(_), names) => BuildError::SeveralBinaries {
                function: function.to_owned(),
                names,
            },
        }),
        several => Err(BuildError::AmbiguousBinary {
            function: function.to_owned(),
            places: binary_place::of(metadata, several, function),
        }),
    }
}

fn unknown_function(packages: &[&Package], function: &str) -> BuildError {
    let handlers = packages.iter().filter(|p| !binaries(p).is_empty());
    let names: BTreeSet<String> = handlers
        .flat_map(|p| binaries(p).into_iter().chain([p.name.to_string()]))
        .collect();
    BuildError::unknown_function(function, names.into_iter().collect())
}

/// Cargo puts the binaries of a call into one folder, each under its own name; of two with the same
/// name, the one that is linked last remains, which differs from run to run. `--bin` selects a name
/// in all packages of the call.
fn refuse_shared_names(
    metadata: &Metadata,
    packages: &[&Package],
    selected: &[Binary],
) -> Result<(), BuildError> {
    for Binary { name, .. } in selected {
        let sharing: Vec<&&Package> = packages
            .iter()
            .filter(|package| selected.iter().any(|binary| binary.package == package.id))
            .filter(|package| binaries(package).contains(name))
            .collect();
        if sharing.len() > 1 {
            return Err(BuildError::SharedName {
                name: name.clone(),
                places: binary_place::of(metadata, &sharing, name),
            });
        }
    }
    Ok(())
}

/// The features that are on in the package: those of `deploy.toml`, its defaults, and what these enable.
fn enabled_features<'a>(
    package: &'a Package,
    request: &'a BuildRequest,
    function: &'a RequestedFunction,
) -> BTreeSet<&'a str> {
    let for_all = request.config.features.iter().map(String::as_str);
    let for_all = for_all.filter_map(|feature| match feature.split_once('/') {
        Some((name, feature)) => (package.name == name).then_some(feature),
        None => Some(feature),
    });
    let own = function.features.iter().map(String::as_str);
    let mut ahead: Vec<&str> = for_all.chain(own).chain(["default"]).collect();
    let mut enabled = BTreeSet::new();
    while let Some(feature) = ahead.pop() {
        if enabled.insert(feature) {
            let brings = package.features.get(feature).into_iter().flatten();
            ahead.extend(brings.map(String::as_str));
        }
    }
    enabled
}

fn binaries(package: &Package) -> Vec<String> {
    let targets = package.targets.iter().filter(|target| target.is_bin());
    targets.map(|target| target.name.clone()).collect()
}
