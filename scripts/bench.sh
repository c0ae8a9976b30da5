#!/usr/bin/env bash
# The measurements of the README's table, on a durable private Postgres.
source "$(dirname "$0")/lib.sh"

need_toolchain
need_postgres run
scripts/site.sh

step "Building the server (optimised; about ten minutes the first time)" "mend what the compiler says, then repeat"
cargo build --quiet --release --bin gatehouse

trap stop_all EXIT
trap 'exit 130' INT TERM
lend_postgres
step "Measuring" "read the lines above; a quiet machine measures best"
PATH=$(postgres_bin):$PATH target/release/gatehouse bench "$@"
