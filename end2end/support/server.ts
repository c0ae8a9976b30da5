// Starts `gatehouse demo` on a fresh database and a free port for the journeys, and ends it after them.
// With GATEHOUSE_DEMO_FILE set, the server that wrote that file is used as it is.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

// The first start fills thirty days of demo traffic, in the dev profile: enough for every page to have something to show.
const ATTEMPTS = "2000";
const PATIENCE_MS = 8 * 60_000;

export const freePort = () =>
  new Promise<number>((done) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });

// The program under test.
export const program = () => process.env.GATEHOUSE_BIN ?? join(root, "target/debug/gatehouse");

export default async function start() {
  if (process.env.GATEHOUSE_DEMO_FILE) return;
  const database = process.env.JOURNEYS_DATABASE_URL;
  if (!database) throw new Error("JOURNEYS_DATABASE_URL is not set: run the journeys with `make test`");

  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-journeys-"));
  const logFile = process.env.JOURNEYS_LOG ?? join(folder, "server.log");
  const log = openSync(logFile, "w");
  const server = spawn(program(), ["demo"], {
    cwd: root,
    stdio: ["ignore", log, log],
    env: {
      ...process.env,
      DATABASE_URL: database,
      GATEHOUSE_ADDR: `127.0.0.1:${port}`,
      GATEHOUSE_PUBLIC_URL: `http://localhost:${port}`,
      GATEHOUSE_VAR: folder,
      GATEHOUSE_DEMO_ATTEMPTS: ATTEMPTS,
    },
  });
  let ended: string | undefined;
  server.on("error", (error) => (ended = String(error)));
  server.on("exit", (code, signal) => (ended ??= `it ended with ${code ?? signal}`));

  const stop = async () => {
    if (ended === undefined) {
      server.kill("SIGTERM");
      for (let i = 0; i < 100 && ended === undefined; i++) await new Promise((done) => setTimeout(done, 100));
      if (ended === undefined) server.kill("SIGKILL");
    }
    rmSync(folder, { recursive: true, force: true });
  };

  const demoFile = join(folder, "demo.json");
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    if (ended !== undefined || Date.now() > deadline) {
      const tail = readFileSync(logFile, "utf8").split("\n").slice(-30).join("\n");
      await stop();
      throw new Error(`the server did not come up (${ended ?? "out of patience"}):\n${tail}`);
    }
    const ready = existsSync(demoFile) && (await fetch(`http://127.0.0.1:${port}/readyz`).then((r) => r.ok, () => false));
    if (ready) break;
    await new Promise((done) => setTimeout(done, 200));
  }
  process.env.GATEHOUSE_DEMO_FILE = demoFile;
  // Commands at the server want the key that the demo made for itself.
  process.env.JOURNEYS_SECRET_KEY ??= process.env.GATEHOUSE_SECRET_KEY ?? readFileSync(join(folder, "demo.key"), "utf8").trim();
  return stop;
}
