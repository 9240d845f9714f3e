/// Whether the text contains a placeholder such as `${purchase-handler}`, which a deployer replaces before AWS sees the
/// definition. Until then, the final text is unknown.
pub(super) fn has_placeholder(text: &str) -> bool {
    text.split_once("${")
        .is_some_and(|(_, rest)| rest.find('}').is_some_and(|end| end > 0))
}
