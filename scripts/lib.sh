# What the scripts share: words, privileges, and the tools each step needs.
# Sourced, never run. Every need_* function is quick when there is nothing to do.

set -Eeuo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/gatehouse
export CARGO_TERM_PROGRESS_WHEN=${CARGO_TERM_PROGRESS_WHEN:-never}
# Nothing is built twice there, so nothing needs to be remembered for the second time.
[[ -z ${CI:-} ]] || export CARGO_INCREMENTAL=0

# Words -----------------------------------------------------------------------

doing="starting"
advice="read the lines above, then run the same command again; finished steps are skipped"

say() { printf '==> %s\n' "$*"; }

# step WHAT [WHAT TO DO WHEN IT FAILS]
step() {
  doing=$1
  advice=${2:-"read the lines above, then run the same command again; finished steps are skipped"}
  say "$doing"
}

die() {
  printf '\n%s\n' "Failed: $1" >&2
  printf '%s\n' "Next: ${2:-$advice}." >&2
  trap - ERR
  exit 1
}

trap 'status=$?; [[ $BASH_SUBSHELL -gt 0 || $status -ge 128 ]] || die "${doing,} (exit $status)"; exit $status' ERR

# Privileges ------------------------------------------------------------------

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "$1 needs root and sudo is not here" "install what is named above as root, then run the same command again"
  fi
}

apt_install() {
  step "Installing $* with apt" "check that apt-get works (as_root apt-get update), or install $* by hand, then repeat"
  if [[ -z ${apt_updated:-} ]]; then
    as_root apt-get -qq -o DPkg::Lock::Timeout=300 update
    apt_updated=1
  fi
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@" >/dev/null
}

# The compiler ----------------------------------------------------------------

# One toolchain serves the server, the browser, clippy and fmt. It must know the
# browser's target and be new enough for Cargo.toml's rust-version.
toolchain_fits() {
  local sysroot version wanted
  sysroot=$(RUSTUP_TOOLCHAIN=$1 rustc --print sysroot 2>/dev/null) || return 1
  compgen -G "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib/libstd-*.rlib" >/dev/null || return 1
  version=$(RUSTUP_TOOLCHAIN=$1 rustc --version | cut -d' ' -f2)
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  [[ $(printf '%s\n' "$wanted" "${version%%-*}" | sort -V | head -n 1) == "$wanted" ]] || return 1
  RUSTUP_TOOLCHAIN=$1 cargo clippy --version >/dev/null 2>&1 &&
    RUSTUP_TOOLCHAIN=$1 cargo fmt --version >/dev/null 2>&1
}

# Debian's rustc-web carries the standard library's sources: std is built once
# for the browser and laid beside the compiler.
install_debian_toolchain() {
  apt_install rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy rustfmt-web
  # rust-lld there is a link into a package of LLVM's own that nothing pulls in.
  command -v "$(readlink -f /usr/bin/rust-lld)" >/dev/null || apt_install "$(basename "$(readlink /usr/bin/rust-lld)")"

  local lib build
  lib=$(/usr/bin/rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown/lib
  if ! compgen -G "$lib/libstd-*.rlib" >/dev/null; then
    step "Building Rust's standard library for the browser (about a minute, once)"
    build=$(mktemp -d)
    mkdir "$build/src"
    printf '[package]\nname = "nothing"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n' >"$build/Cargo.toml"
    : >"$build/src/lib.rs"
    (
      cd "$build"
      env -u RUSTUP_TOOLCHAIN CARGO_TARGET_DIR="$build/target" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
        /usr/bin/cargo build --quiet --release -Zbuild-std=std,panic_abort --target wasm32-unknown-unknown
    )
    rm -f "$build"/target/wasm32-unknown-unknown/release/deps/libnothing*
    as_root mkdir -p "$lib"
    # libstd last: its presence is what says that all of it is there.
    for file in "$build"/target/wasm32-unknown-unknown/release/deps/lib*.rlib; do
      [[ $file == */libstd-* ]] || as_root cp "$file" "$lib/"
    done
    as_root cp "$build"/target/wasm32-unknown-unknown/release/deps/libstd-*.rlib "$lib/"
    rm -rf "$build"
  fi
  rustup toolchain link web /usr
}

need_toolchain() {
  command -v rustup >/dev/null || PATH=$HOME/.cargo/bin:$PATH
  command -v rustup >/dev/null ||
    die "rustup is not here" "install rustup with its stable toolchain, then run the same command again"
  local candidate
  for candidate in ${RUSTUP_TOOLCHAIN:-} stable web; do
    if toolchain_fits "$candidate"; then
      export RUSTUP_TOOLCHAIN=$candidate
      return
    fi
  done

  step "Adding the browser's target to Rust (rustup)"
  if timeout 60 rustup target add --toolchain stable wasm32-unknown-unknown >/dev/null 2>&1; then
    timeout 120 rustup component add --toolchain stable clippy rustfmt >/dev/null 2>&1 || true
  fi
  if toolchain_fits stable; then
    export RUSTUP_TOOLCHAIN=stable
    say "Rust: stable, with the browser's target from rustup"
    return
  fi

  say "rustup cannot fetch it here: taking Debian's compiler, which can build the target itself"
  install_debian_toolchain
  toolchain_fits web || die "Debian's compiler does not do for the browser's target" \
    "run 'rustup target add wasm32-unknown-unknown' where rustup reaches its server, then repeat"
  export RUSTUP_TOOLCHAIN=web
  say "Rust: Debian's rustc-web, linked as the toolchain 'web'"
}

# wasm-bindgen's command and crate must be the same version to the last digit.
need_wasm_bindgen() {
  local version kept
  version=$(grep -A1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p')
  kept=$cache/wasm-bindgen-$version
  for wasm_bindgen in "$kept/bin/wasm-bindgen" "$(command -v wasm-bindgen || true)"; do
    [[ -x $wasm_bindgen && $("$wasm_bindgen" --version) == "wasm-bindgen $version" ]] && return
  done
  step "Installing wasm-bindgen $version (about four minutes, once)"
  # Without --locked: its lock file names a version that is no longer served.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_TARGET_DIR="$cache/build" \
    cargo install --quiet wasm-bindgen-cli --version "$version" --root "$kept"
  rm -rf "$cache/build"
  wasm_bindgen=$kept/bin/wasm-bindgen
}

# Other tools -----------------------------------------------------------------

need_node() {
  command -v npm >/dev/null && [[ $(node -p 'process.versions.node.split(".")[0]') -ge 20 ]] ||
    die "Node 20 or newer is not here" "install Node 20, then run the same command again"
  [[ end2end/node_modules/.package-lock.json -nt end2end/package-lock.json ]] && return
  step "Installing the npm packages of end2end" "check that 'npm ping' answers, then repeat"
  PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm --prefix end2end ci --no-audit --no-fund --loglevel=error >/dev/null
  touch end2end/node_modules/.package-lock.json
}

need_chromium() {
  chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  if [[ -z $chromium ]]; then
    apt_install chromium
    chromium=$(command -v chromium)
  fi
  export CHROMIUM=$chromium
}

# The newest server binaries installed; prints their folder.
postgres_bin() {
  local found
  found=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) || true
  [[ -n $found ]] || found=$(command -v initdb || true)
  [[ -n $found ]] && dirname "$found"
}

need_postgres() {
  [[ -n ${DATABASE_URL:-} && ${1:-} != test ]] && return
  [[ -n ${TEST_DATABASE_URL:-} && ${1:-} == test ]] && return
  postgres_bin >/dev/null || apt_install postgresql
}

# A free port on the loopback, now.
free_port() { node -e 's=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }

# Running ---------------------------------------------------------------------

server=
started_postgres=

# Gives the program a database: the one the environment names, or our own.
lend_postgres() {
  if [[ -n ${DATABASE_URL:-} ]]; then
    say "Using the database that DATABASE_URL names"
    return
  fi
  scripts/postgres.sh status run || started_postgres=1
  scripts/postgres.sh start run
  DATABASE_URL=$(scripts/postgres.sh url run)
  export DATABASE_URL
}

# A server runs apart from the terminal (setsid): Ctrl C tells this script alone, which then tells the server once, so
# that it finishes what it has accepted. Told twice it leaves at once.
stop_server() {
  [[ -n $server ]] || return 0
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}

stop_all() {
  trap '' INT TERM
  trap - ERR
  stop_server
  [[ -z $started_postgres ]] || scripts/postgres.sh stop run || true
}

# serve_with COMMAND...: until it ends or somebody presses Ctrl C, then nothing is left running.
serve_with() {
  trap stop_all EXIT
  trap 'exit 130' INT TERM
  lend_postgres
  step "Starting $(basename "$1") $2" "read the line above; another program may hold the address, then set GATEHOUSE_ADDR=127.0.0.1:3001"
  setsid "$@" &
  server=$!
  wait "$server"
}
