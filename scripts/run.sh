#!/usr/bin/env bash
# The console with demo data, from whatever state the machine is in.
source "$(dirname "$0")/lib.sh"

need_toolchain
need_postgres run
scripts/site.sh

step "Building the server (optimised; about ten minutes the first time)" "mend what the compiler says, then repeat"
cargo build --quiet --release --bin gatehouse

serve_with target/release/gatehouse demo
