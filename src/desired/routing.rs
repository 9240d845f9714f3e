//! Which releases an alias leads to.

/// Version numbers and their weights in percent. txflow writes one with 100.
pub type Routing = Vec<(u64, i32)>;

/// `7`, or `6 (90 %), 7 (10 %)`.
pub fn shown(routing: &Routing) -> String {
    let routing = routing.iter().map(|(version, weight)| match weight {
        100 => version.to_string(),
        _ => format!("{version} ({weight} %)"),
    });
    routing.collect::<Vec<_>>().join(", ")
}
