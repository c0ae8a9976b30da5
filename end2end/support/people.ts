// People for journeys: a site of their own, an invitation by mail, codes from the outbox and from an authenticator.
import { createHmac } from "node:crypto";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { advance, demo, outbox, type Account } from "./demo";
import { program, root } from "./server";
import { signIn } from "./test";

let serial = Date.now() % 100_000_000;

// A German mobile number that nobody has been texted at.
export const freshNumber = () => `+49151${String(++serial).padStart(8, "0").slice(-8)}`;

// The newest message to somebody, of those that the words are in.
export async function message(to: string, words: string | RegExp): Promise<string> {
  let body = "";
  const has = (text: string) => (typeof words === "string" ? text.includes(words) : words.test(text));
  await expect
    .poll(async () => (body = (await outbox()).find((m) => m.to === to && has(`${m.subject}\n${m.body}`))?.body ?? ""), {
      message: `a message to ${to} about ${words}`,
      timeout: 15_000,
    })
    .not.toBe("");
  return body;
}

// Every text to a number, newest first.
export const texts = async (number: string) => (await outbox()).filter((m) => m.to === number).map((m) => m.body);

// The code of the text that came after `known` others.
export async function textedCode(number: string, known = 0): Promise<string> {
  await expect.poll(async () => (await texts(number)).length, { message: `a text to ${number}`, timeout: 15_000 }).toBeGreaterThan(known);
  return (await texts(number))[0].match(/\b\d{6}\b/)![0];
}

// Digits that are not the code.
export const wrong = (code: string) => code.replace(/.$/, (last) => String((Number(last) + 1) % 10));

// RFC 6238 as an authenticator app computes it, for the program's instant.
export function totp(key: string, at: number) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(/\s/g, "")].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = digest[19] & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// What the demo's clock says: it was moved, and a person's phone goes with it.
export async function now(page: Page) {
  await page.goto(`${demo().url}/me/sessions`);
  const stamps = await page.locator("time").evaluateAll((found) => found.map((t) => Date.parse((t as HTMLTimeElement).dateTime)));
  return Math.max(...stamps);
}

// A new site of the owner, who is signed in: its address.
export async function newSite(page: Page, name: string): Promise<string> {
  await page.goto(`${demo().url}/sites/new`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Support address").fill("help@example.com");
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Make the site" }).click();
  if ((await answer).status() === 429) {
    // Ten a day, and the journeys make more: go on tomorrow.
    await advance("25h");
    await signIn(page);
    return newSite(page, name);
  }
  await page.waitForURL(/\/s\/[^/]+/);
  return `${demo().url}/s/${new URL(page.url()).pathname.split("/")[2]}`;
}

export type Somebody = Account & { name: string };

// Somebody nobody has met.
export function somebody(): Somebody {
  const n = ++serial;
  return { name: `Person ${n}`, email: `person${n}@example.com`, password: `harbour lantern ${n} tide` };
}

// Invites somebody; the mailed link.
export async function invite(page: Page, site: string, role: string, email: string) {
  const invitations = async () => (await outbox()).filter((m) => m.to === email && m.subject.includes("invites you"));
  const known = (await invitations()).length;
  await page.goto(`${site}/collaborators/invite`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Role").selectOption(role);
  await page.getByRole("button", { name: "Send the invitation" }).click();
  await expect.poll(async () => (await invitations()).length, { message: `an invitation to ${email}`, timeout: 15_000 }).toBeGreaterThan(known);
  return (await invitations())[0].body.match(/https?:\/\/\S+\/invitation\S*/)![0];
}

// Fills the invitation's sheet in.
export async function joinAs(guest: Page, person: Somebody, password = person.password) {
  await guest.getByLabel("Your name").fill(person.name);
  await guest.getByLabel("Password", { exact: true }).fill(password);
  await guest.getByLabel("The same again").fill(password);
  await guest.getByRole("button", { name: "Join" }).click();
}

// Invites somebody new, who joins in a browser of their own.
export async function invited(page: Page, site: string, role: string, guest: Page): Promise<Somebody> {
  const person = somebody();
  await guest.goto(await invite(page, site, role, person.email));
  await joinAs(guest, person);
  await guest.waitForURL((url) => url.pathname === "/sign-in");
  await signIn(guest, person);
  return person;
}

// The site asks everybody for a second factor within so many days.
export async function askWithin(owner: Page, site: string, days: string) {
  await owner.goto(`${site}/mfa`);
  await owner.getByLabel("Require a second factor of everybody").check();
  await owner.getByLabel("Grace period").fill(days);
  await owner.getByRole("button", { name: "Preview who is affected" }).click();
  await owner.getByRole("button", { name: "Save", exact: true }).click();
  // With a grace of 0 the owner, who has no factor yet either, is shut out by their own save.
  await owner.waitForURL(/done=saved|second-factor/);
}

// Sets a phone up until its first code is asked for; returns the number.
export async function giveNumber(page: Page) {
  const number = freshNumber();
  await page.goto(`${demo().url}/me/second-factor/set-up?kind=sms`);
  await page.getByLabel("Country").selectOption("DE");
  await page.getByLabel("Mobile number").fill(number);
  await page.getByRole("button", { name: "Send a code" }).click();
  return number;
}

// The code that was mailed before a late first device, typed.
export async function typeMailedCode(page: Page, email: string) {
  const mailed = (await message(email, /\b\d{6}\b/)).match(/\b\d{6}\b/)![0];
  await page.getByLabel("Six-digit code").fill(mailed);
  await page.getByRole("button", { name: "Go on" }).click();
}

// The operator at the server.
export function gatehouse(...args: string[]) {
  const env = { ...process.env, DATABASE_URL: process.env.JOURNEYS_DATABASE_URL, GATEHOUSE_SECRET_KEY: readFileSync(join(dirname(process.env.GATEHOUSE_DEMO_FILE!), "demo.key"), "utf8").trim() };
  const done = spawnSync(program(), args, { cwd: root, env, encoding: "utf8" });
  expect(done.status, done.stderr).toBe(0);
  return done.stdout;
}
