//! Reads of many resources of a kind.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::aws::AwsError;

/// Reads each of these at once and leaves out what does not exist.
pub(super) async fn each<'a, T, F>(
    names: &'a BTreeSet<String>,
    read: impl Fn(&'a str) -> F,
) -> Result<BTreeMap<String, T>, AwsError>
where
    F: Future<Output = Result<Option<T>, AwsError>>,
{
    let read = names.iter().map(|name| {
        let state = read(name);
        async move { Ok::<_, AwsError>(state.await?.map(|state| (name.clone(), state))) }
    });
    Ok(try_join_all(read).await?.into_iter().flatten().collect())
}
