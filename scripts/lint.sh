#!/usr/bin/env bash
# Everything that can be said about the code without running it.
source "$(dirname "$0")/lib.sh"
source scripts/test_database.sh

need_toolchain
need_postgres test
trap stop_test_postgres EXIT
lend_test_postgres

step "Checking the format" "run 'cargo fmt', then repeat"
cargo fmt --check

# Clippy and the SQL check are one pass: the macros ask a freshly migrated
# database and write down its answers, which must be those that are committed.
step "Migrating an empty database" "mend the migration that the line above names"
migrated_database gatehouse_lint

step "Clippy for the server, with every query checked against the database" "mend what clippy says, then repeat"
answers=$root/target/sqlx-check
rm -rf "$answers" && mkdir -p "$answers"
with_fresh_macros env DATABASE_URL="$(database_url gatehouse_lint)" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$answers" \
  cargo clippy --quiet --all-targets -- -D warnings

step "Comparing the answers with .sqlx" "run 'make sqlx' and commit .sqlx"
mkdir -p .sqlx
diff -rq .sqlx "$answers"

step "Clippy for the browser" "mend what clippy says, then repeat"
cargo clippy --quiet --lib --no-default-features --features hydrate --target wasm32-unknown-unknown -- -D warnings

step "Building the documentation" "mend the link or comment that the line above names"
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items

say "Nothing to complain about"
