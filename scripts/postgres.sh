#!/usr/bin/env bash
# A private Postgres on a unix socket: postgres.sh start|stop|url|status [run|test]
#
# run keeps the console's data, durably; test gives safety up for speed, its
# databases may be thrown away. Nothing listens on the network.
source "$(dirname "$0")/lib.sh"

verb=${1:-}
kind=${2:-run}
[[ $verb =~ ^(start|stop|url|status)$ && $kind =~ ^(run|test)$ ]] ||
  die "postgres.sh does not know '$*'" "say: scripts/postgres.sh start|stop|url|status [run|test]"

# A checkout has its own cluster; a socket's path may have 107 characters at most.
name=$(printf '%s' "$root" | sha256sum | cut -c1-8)-$kind
if [[ $EUID -eq 0 ]]; then sockets=/run/gatehouse-$name
elif [[ -d ${XDG_RUNTIME_DIR:-} && ${#XDG_RUNTIME_DIR} -lt 60 ]]; then sockets=$XDG_RUNTIME_DIR/gatehouse-$name
else sockets=/tmp/gatehouse-$(id -u)-$name
fi
url="postgres://postgres@localhost/gatehouse?host=$sockets"

# initdb refuses root, so the server then belongs to the user postgres, and its
# data lies where that user may go.
as_owner() { "$@"; }
owner=$(id -un)
data=$root/var/postgres-$kind
if [[ $EUID -eq 0 ]]; then
  as_owner() { (cd / && runuser -u postgres -- "$@"); }
  owner=postgres
  mkdir -p var
  as_owner test -x "$root/var" 2>/dev/null || data=/var/lib/gatehouse/$name
fi

running() { [[ -n ${bin:-} ]] && as_owner "$bin/pg_ctl" -D "$data" status >/dev/null 2>&1; }

start() {
  need_postgres "$kind"
  bin=$(postgres_bin)
  id "$owner" >/dev/null 2>&1 || die "the user $owner is missing" "install Debian's package postgresql, then repeat"
  mkdir -p "$(dirname "$data")"
  # Nobody else's folder: whoever owns it owns the database.
  install -d -m 700 -o "$owner" "$sockets"
  [[ $(stat -c %U "$sockets") == "$owner" ]] || die "$sockets belongs to somebody else" "remove $sockets, then repeat"

  if [[ ! -s $data/PG_VERSION || ! -f $data/gatehouse.ready ]]; then
    step "Making a private Postgres ($kind)"
    rm -rf "$data"
    install -d -m 700 -o "$owner" "$data"
    as_owner "$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
    as_owner touch "$data/gatehouse.ready"
  fi
  [[ $(cat "$data/PG_VERSION") == "$(basename "$(dirname "$bin")")" || $bin != /usr/lib/postgresql/* ]] ||
    die "$data was made by Postgres $(cat "$data/PG_VERSION")" "upgrade it with pg_upgrade, or remove it: its data is a demo's or a test's"

  if ! running; then
    step "Starting Postgres ($kind)" "read the end of $data/log"
    local safety="-c fsync=on -c synchronous_commit=on"
    [[ $kind == run ]] || safety="-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    as_owner "$bin/pg_ctl" -D "$data" -l "$data/log" -w -t 60 start >/dev/null \
      -o "-c listen_addresses='' -c unix_socket_directories='$sockets' -c unix_socket_permissions=0700 \
          -c max_connections=200 -c shared_buffers=256MB -c max_wal_size=2GB -c timezone=UTC $safety"
  fi
  as_owner "$bin/psql" -h "$sockets" -U postgres -tAc "select 1 from pg_database where datname = 'gatehouse'" | grep -q 1 ||
    as_owner "$bin/createdb" -h "$sockets" -U postgres gatehouse
}

# The database anew, with nothing in it.
stop() {
  bin=$(postgres_bin) || return 0
  if running; then
    say "Stopping Postgres ($kind)"
    as_owner "$bin/pg_ctl" -D "$data" -m fast -w stop >/dev/null
  fi
}

case $verb in
  start) start ;;
  stop) stop ;;
  url) echo "$url" ;;
  status) bin=$(postgres_bin) && running ;;
esac
