#!/usr/bin/env bash
# Writes .sqlx again: the database's answers that every offline build relies on.
source "$(dirname "$0")/lib.sh"
source scripts/test_database.sh

need_toolchain
need_postgres test
trap stop_test_postgres EXIT
lend_test_postgres

step "Migrating an empty database" "mend the migration that the line above names"
migrated_database gatehouse_sqlx

step "Asking the database about every query" "mend the query that the compiler names"
answers=$root/target/sqlx-new
rm -rf "$answers" && mkdir -p "$answers"
with_fresh_macros env DATABASE_URL="$(database_url gatehouse_sqlx)" SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$answers" \
  cargo check --quiet --all-targets
rm -rf .sqlx && cp -r "$answers" .sqlx
say "$(find .sqlx -name '*.json' | wc -l) queries are written down in .sqlx"
