#!/usr/bin/env bash
# The journeys in a real browser. Arguments go to Playwright: `scripts/journeys.sh set-up`
# walks one file, `--update-snapshots` draws its pictures anew.
source "$(dirname "$0")/lib.sh"
source scripts/test_database.sh

need_for_tests
scripts/site.sh

step "Running the journeys in $CHROMIUM"
cargo build --quiet --bin gatehouse
mkdir -p "$logs"
psql_quiet "$TEST_DATABASE_URL" -c "set client_min_messages = error" -c "drop database if exists gatehouse_journeys with (force)"
psql_quiet "$TEST_DATABASE_URL" -c "create database gatehouse_journeys"
export JOURNEYS_DATABASE_URL JOURNEYS_LOG=$logs/server.log PLAYWRIGHT_JSON_OUTPUT_FILE=$logs/journeys.json
JOURNEYS_DATABASE_URL=$(database_url gatehouse_journeys)
# Journeys that set an installation up make databases of their own.
PATH=$(postgres_bin):$PATH
(cd end2end && npx --no-install playwright test "$@")
