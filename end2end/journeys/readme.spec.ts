// The README's commands, read out of it and run as they stand.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, copyFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../support/server";
import { expect, test } from "../support/test";

test("the README's first payments are answered as it says", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const block = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1]).find((text) => text.includes("/v1/decisions"));
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-readme-"));
  mkdirSync(join(folder, "var"));
  copyFileSync(process.env.GATEHOUSE_DEMO_FILE!, join(folder, "var/demo.json"));
  // A shopper that no other journey has paid with, whatever its number of tries.
  const mine = String(Date.now());
  const script = block!.replaceAll("fp_9f2c", `fp_${mine}`).replaceAll("mina@", `mina${mine}@`).replaceAll("203.0.113.9", `203.0.113.${Date.now() % 250}`);
  const done = spawnSync("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, encoding: "utf8" });
  expect(done.status, done.stderr).toBe(0);
  const answers = done.stdout.trim().split("\n").map((line) => JSON.parse(line));
  expect(answers.map((answer) => answer.outcome)).toEqual(["approve", "approve", "approve", "reject"]);
  expect(answers[3].reasons.some((reason: { check: string; outcome: string }) => reason.check.startsWith("velocity") && reason.outcome === "reject")).toBe(true);
});
