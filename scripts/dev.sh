#!/usr/bin/env bash
# The console in the dev profile: rebuilt, restarted and reloaded in the browser when a source changes.
# A build that fails leaves the last good server running.
source "$(dirname "$0")/lib.sh"

need_toolchain
need_node
need_postgres run
trap 'stop_all; [[ -z ${reload:-} ]] || kill "$reload" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
lend_postgres

# The address people type is a small proxy's, which outlives the server behind it.
address=${GATEHOUSE_ADDR:-127.0.0.1:3000}
export GATEHOUSE_PUBLIC_URL=${GATEHOUSE_PUBLIC_URL:-http://localhost:${address##*:}} GATEHOUSE_TRUSTED_PROXIES=1
GATEHOUSE_ADDR=127.0.0.1:$(free_port)
export GATEHOUSE_ADDR
node scripts/reload.mjs "${address##*:}" "${GATEHOUSE_ADDR##*:}" &
reload=$!

mark=$(mktemp)
watched=(src style public migrations Cargo.toml Cargo.lock)
changed() { [[ -n $(find "${watched[@]}" -newer "$mark" -type f -print -quit) ]]; }

while true; do
  touch "$mark"
  say "Building"
  if scripts/site.sh && cargo build --quiet --bin gatehouse; then
    stop_server
    setsid target/debug/gatehouse demo &
    server=$!
    kill -USR1 "$reload" || die "the proxy on $address ended" "free that address, or set GATEHOUSE_ADDR=127.0.0.1:3001"
    say "Running; waiting for a change (Ctrl C ends it)"
  else
    say "That did not build; waiting for the next change"
  fi
  until changed; do sleep 0.5; done
done
