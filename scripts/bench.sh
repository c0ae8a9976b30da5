#!/usr/bin/env bash
# The measurements, each beside its baseline, on a durable private Postgres.
source "$(dirname "$0")/lib.sh"

need_toolchain
need_postgres run
scripts/site.sh

step "Building the server and the load (optimised; about ten minutes the first time)" "mend what the compiler says, then repeat"
cargo bench --quiet --bench gatehouse --no-run

trap stop_all EXIT
trap 'exit 130' INT TERM
lend_postgres
step "Measuring" "read the lines above; a quiet machine measures best"
PATH=$(postgres_bin):$PATH cargo bench --quiet --bench gatehouse -- "$@"
