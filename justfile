# Shortcuts. Nothing here is needed to work on txflow: each line is a command that can be typed.

# All that a change must pass before it is handed in.
check: format lint test

format:
    cargo fmt --all --check

lint:
    cargo clippy --workspace --all-targets -- -D warnings

test:
    cargo test --workspace

# All tests, with what those need that the others do without. `.ci/packages` installs the rest.
test-all:
    TXFLOW_EMULATORS=$(.ci/emulators) TXFLOW_TABLES=$(.ci/tables) cargo test --workspace -- --include-ignored

# A table of sequential round trips of each command.
round-trips:
    TXFLOW_EMULATORS=$(.ci/emulators) cargo bench --profile dev --bench round_trips

# Simulations of these seeds, on all cores: how many a second, and the command that tells the story of each that fails.
simulate seeds="1000..21000":
    TXFLOW_SEEDS={{seeds}} cargo test --workspace --profile simulation --test it -- simulation --nocapture

# Looks for inputs that crash txflow. It needs a C++ compiler.
fuzz seconds="60":
    .ci/fuzz {{seconds}}

# How fast `--local` is, beside ministack on the same machine.
local-speed:
    TXFLOW_EMULATORS=$(.ci/emulators) cargo bench --bench local

# The gate, as a clean machine runs it.
ci:
    .ci/run
