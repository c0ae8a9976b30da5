#!/usr/bin/env bash
# Builds what the browser loads into target/site: WASM, glue, styles, fonts, each
# under a hashed name, with brotli and gzip beside it, and assets.json for the server.
source "$(dirname "$0")/lib.sh"

need_toolchain
need_node
need_wasm_bindgen

step "Compiling the islands for the browser" "mend what the compiler says, then repeat"
cargo build --quiet --lib --no-default-features --features hydrate \
  --profile wasm-release --target wasm32-unknown-unknown

step "Packing the site" "read the line above; sizes come from src/ui/islands and Cargo.toml's browser features"
node scripts/site.mjs "$wasm_bindgen"
