// Packs target/site from the compiled islands, style/ and public/. Called by site.sh.
//
// Every file a page names carries a hash of its content in its own name and may
// be cached for ever; assets.json tells the server today's names.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const BUDGET = 150_000; // bytes of brotli, script and WASM together

const wasmBindgen = process.argv[2];
const compiled = "target/wasm32-unknown-unknown/wasm-release/gatehouse.wasm";
const wasmOpt = "end2end/node_modules/.bin/wasm-opt";
const terser = "end2end/node_modules/.bin/terser";
const site = "target/site";
const work = "target/site.work";

const files = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile()).sort()
    : [];
const hash = (...parts) => parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest("hex").slice(0, 12);

// Nothing to do when no input changed.
const inputs = [compiled, "Cargo.lock", "end2end/package-lock.json", "scripts/site.mjs", ...files("style"), ...files("public")];
const stamp = hash(...inputs.flatMap((path) => [path, readFileSync(path)]));
const stampFile = join(site, ".stamp");
if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
  console.log("    the site is up to date");
  process.exit(0);
}

rmSync(work, { recursive: true, force: true });
mkdirSync(join(work, "pkg"), { recursive: true });
const assets = {};

// Writes a file under its hashed name and returns that name.
function publish(name, content) {
  const hashed = name.replace(/(\.[^.]+)$/, `.${hash(content)}$1`);
  writeFileSync(join(work, "pkg", hashed), content);
  return hashed;
}

// The font and the tab's icon first: the styles name the font.
const published = new Map();
for (const [key, path] of [["font", "public/fonts/inter.woff2"], ["icon", "public/icons/favicon.svg"]]) {
  assets[key] = publish(basename(path), readFileSync(path));
  published.set(basename(path), assets[key]);
}

// The layers' order is declared in tokens.css, so it comes first; print has the last word.
const rank = (path) => ["tokens.css", "base.css"].indexOf(basename(path)) + 1 || (basename(path) === "print.css" ? 9 : 5);
const styles = files("style").filter((path) => path.endsWith(".css")).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
const css = styles
  .map((path) => readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\n/gm, ""))
  .join("")
  .replace(/url\((["']?)(?!data:|#)([^)"']+)\1\)/g, (_, quote, target) => {
    const name = published.get(basename(target));
    if (!name) throw new Error(`a style names ${target}, which is not among the published files`);
    return `url("${name}")`;
  });
assets.css = publish("gatehouse.css", css);

// A module without what only its readers need.
const minified = (path) => execFileSync(terser, [path, "--module", "--ecma", "2020", "--compress", "passes=3", "--mangle"], { encoding: "utf8" });

// The browser's half. Brotli makes more of -Os than of the smaller -Oz.
const glue = join(work, "glue");
execFileSync(wasmBindgen, ["--target", "web", "--no-typescript", "--out-dir", glue, "--out-name", "gatehouse", compiled], { stdio: "inherit" });
const features = ["bulk-memory", "bulk-memory-opt", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];
const shrink = ["-Os", "--converge", "--strip-producers", "--strip-target-features"];
execFileSync(wasmOpt, [...features.map((name) => `--enable-${name}`), ...shrink, join(glue, "gatehouse_bg.wasm"), "-o", join(glue, "small.wasm")], { stdio: "inherit" });
assets.wasm = publish("gatehouse_bg.wasm", readFileSync(join(glue, "small.wasm")));
const script = minified(join(glue, "gatehouse.js")).replaceAll("gatehouse_bg.wasm", assets.wasm);
assets.js = publish("gatehouse.js", script);
// Scripts that crates bring along lie in folders that carry their own hash.
if (existsSync(join(glue, "snippets"))) cpSync(join(glue, "snippets"), join(work, "pkg", "snippets"), { recursive: true });
rmSync(glue, { recursive: true });

// What pages load besides, or instead of, the islands: passkey.js, countdown.js, print.js, refresh.js.
for (const path of files("public/scripts")) assets[basename(path, ".js")] = publish(basename(path), minified(path));

// Compressed once, here, as small as it gets.
const brotliSize = new Map();
for (const path of files(work)) {
  if (![".js", ".wasm", ".css", ".svg", ".txt"].includes(extname(path))) continue;
  const content = readFileSync(path);
  const small = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  writeFileSync(`${path}.br`, small);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  brotliSize.set(path, small.length);
}

const total = [...brotliSize].filter(([path]) => /\.(js|wasm)$/.test(path)).reduce((sum, [, bytes]) => sum + bytes, 0);
const said = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;
console.log(`    script and WASM: ${said(total)} of brotli (limit ${said(BUDGET)}); styles: ${said(brotliSize.get(join(work, "pkg", assets.css)))}`);
if (total > BUDGET) {
  console.error("    the console is heavier than its limit allows");
  process.exit(1);
}

writeFileSync(join(work, "assets.json"), `${JSON.stringify(assets, null, 2)}\n`);
writeFileSync(join(work, ".stamp"), stamp);
rmSync(site, { recursive: true, force: true });
renameSync(work, site);
