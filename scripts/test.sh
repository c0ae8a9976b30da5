#!/usr/bin/env bash
# Every test: Rust's first, then the journeys in a real browser, then one sum.
source "$(dirname "$0")/lib.sh"
source scripts/test_database.sh

need_for_tests
rm -rf "$logs" && mkdir -p "$logs"
status=0

# A failure is counted, not fatal: the other half is still worth knowing.
step "Running the Rust tests (building them takes eight minutes the first time)"
cargo test --quiet --no-fail-fast 2>&1 | tee "$logs/rust.log" || status=1
read -r passed failed < <(awk '/^test result:/ { p += $4; f += $6 } END { print p + 0, f + 0 }' "$logs/rust.log")
[[ $status -eq 0 || $failed -gt 0 ]] || failed=1 # it did not even build

scripts/journeys.sh || status=1
if [[ -s $logs/journeys.json ]]; then
  read -r ok bad < <(node -p 's=require(process.argv[1]).stats; `${s.expected} ${s.unexpected + s.flaky}`' "$logs/journeys.json")
  passed=$((passed + ok)) failed=$((failed + bad))
  [[ $ok -gt 0 ]] || { say "No journey ran"; failed=$((failed + 1)); status=1; }
else
  failed=$((failed + 1)) status=1
fi

[[ $failed -eq 0 ]] || status=1
grep -h '^test result:' "$logs/rust.log" || true
printf '%s passed, %s failed\n' "$passed" "$failed"
exit $status
