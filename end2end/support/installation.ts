// A new installation as an operator makes one: an empty database, a login that may do what the program may, `serve`.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { expect } from "@playwright/test";
import { freePort, program, root } from "./server";

export type Installation = { at: string; link: string; stop: () => void };

function run(command: string, args: string[], env: NodeJS.ProcessEnv = process.env) {
  const done = spawnSync(command, args, { cwd: root, env, encoding: "utf8" });
  expect(done.status, `${command}: ${done.error ?? done.stderr}`).toBe(0);
  return done.stdout;
}

// `name`: letters; of its database and of the login. The link makes the first owner and site.
export async function install(name: string): Promise<Installation> {
  const demo = process.env.JOURNEYS_DATABASE_URL!;
  const [database, login] = [`gatehouse_journeys_${name}`, `gatehouse_login_${name}`];
  const as = (user: string) => demo.replace("gatehouse_journeys", database).replace(/\/\/[^@/]*@/, `//${user}@`);
  const sql = (url: string, ...statements: string[]) => run("psql", ["-qX", "-v", "ON_ERROR_STOP=1", url, ...statements.flatMap((s) => ["-c", s])]);
  sql(demo, `drop database if exists ${database} with (force)`, `drop role if exists ${login}`, `create database ${database}`);

  const port = await freePort();
  const at = `http://localhost:${port}`;
  const env = {
    ...process.env,
    GATEHOUSE_ADDR: `127.0.0.1:${port}`,
    GATEHOUSE_PUBLIC_URL: at,
    GATEHOUSE_SECRET_KEY: randomBytes(32).toString("base64"),
    // Nobody listens there: nothing that these journeys do may depend on mail.
    GATEHOUSE_SMTP_URL: "smtp://127.0.0.1:9",
    DATABASE_URL: demo.replace("gatehouse_journeys", database),
  };
  run(program(), ["migrate"], env);
  sql(env.DATABASE_URL, `create role ${login} login noinherit in role gatehouse_app`);
  const link = run(program(), ["setup-token"], env).match(/https?:\/\/\S+/)![0];
  const server = spawn(program(), ["serve"], { cwd: root, env: { ...env, DATABASE_URL: as(login) }, stdio: "ignore" });
  await expect.poll(() => fetch(`${at}/readyz`).then((r) => r.status, () => 0), { message: `${at} is ready`, timeout: 30_000 }).toBe(200);
  return { at, link, stop: () => void server.kill() };
}
