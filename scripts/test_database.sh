# Sourced by lint, test and sqlx: a Postgres that may be thrown away.

started_test=
stop_test_postgres() { [[ -z $started_test ]] || scripts/postgres.sh stop test || true; }

lend_test_postgres() {
  [[ -z ${TEST_DATABASE_URL:-} ]] || return 0
  scripts/postgres.sh status test || started_test=1
  scripts/postgres.sh start test
  TEST_DATABASE_URL=$(scripts/postgres.sh url test)
  export TEST_DATABASE_URL
}

# What the tests and the journeys both begin with.
need_for_tests() {
  need_toolchain
  need_node
  need_postgres test
  need_chromium
  trap stop_test_postgres EXIT
  trap 'exit 130' INT TERM
  lend_test_postgres
  logs=$root/target/test-log
}

# The same server, another database.
database_url() { sed -E "s#^(postgres(ql)?://[^/]*)/[^?]*#\1/$1#" <<<"$TEST_DATABASE_URL"; }

psql_quiet() { "$(postgres_bin)/psql" -q -X -v ON_ERROR_STOP=1 -o /dev/null "$@"; }

# An empty database with every migration in it: what the SQL is checked against.
migrated_database() {
  local file
  psql_quiet "$TEST_DATABASE_URL" -c "set client_min_messages = error" -c "drop database if exists $1 with (force)"
  psql_quiet "$TEST_DATABASE_URL" -c "create database $1"
  for file in migrations/*.sql; do
    PGOPTIONS='-c client_min_messages=warning' psql_quiet "$(database_url "$1")" -1 -f "$file"
  done
}

# Runs a cargo command so that sqlx's macros are expanded again, without making
# every other build of the crate stale: the files get their old times back.
with_fresh_macros() {
  local file status=0 roots=(src/lib.rs src/main.rs tests/main.rs)
  for file in "${roots[@]}"; do touch -r "$file" "target/$(basename "$(dirname "$file")")-$(basename "$file").time"; done
  touch "${roots[@]}"
  "$@" || status=$?
  for file in "${roots[@]}"; do touch -r "target/$(basename "$(dirname "$file")")-$(basename "$file").time" "$file"; done
  return $status
}
