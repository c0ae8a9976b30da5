#!/usr/bin/env bash
# The console in the dev profile, rebuilt and restarted when a source changes.
# A build that fails leaves the last good server running. Reload the page by hand.
source "$(dirname "$0")/lib.sh"

need_toolchain
need_postgres run
trap stop_all EXIT
trap 'exit 130' INT TERM
lend_postgres

mark=$(mktemp)
watched=(src style public migrations Cargo.toml Cargo.lock)
changed() { [[ -n $(find "${watched[@]}" -newer "$mark" -type f -print -quit) ]]; }

while true; do
  touch "$mark"
  say "Building"
  if scripts/site.sh && cargo build --quiet --bin gatehouse; then
    stop_server
    target/debug/gatehouse demo &
    server=$!
    say "Running; waiting for a change (Ctrl C ends it)"
  else
    say "That did not build; waiting for the next change"
  fi
  until changed; do sleep 0.5; done
done
