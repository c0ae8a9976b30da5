// Draws the README's pictures anew from a demo that runs (`make run`): CHROMIUM=$(command -v chromium) node end2end/shots/take.mjs
import { readFileSync } from "node:fs";
import { chromium } from "@playwright/test";

const demo = JSON.parse(readFileSync(new URL(process.env.DEMO_FILE ?? "../../var/demo.json", import.meta.url), "utf8"));
const picture = (name) => new URL(`${name}.png`, import.meta.url).pathname;

const pay = async () => {
  const answer = await fetch(`${demo.url}/v1/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${demo.secret_key}`, "content-type": "application/json" },
    body: JSON.stringify({
      kind: "payment",
      service: demo.service_id,
      amount: 4200,
      currency: "GBP",
      ip: "203.0.113.9",
      customer: { email: "mina@example.com" },
      card: { fingerprint: "fp_mina", brand: "visa", bin: "424242", last4: "4242", exp_month: 12, exp_year: 2032 },
    }),
  });
  return answer.json();
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: "light" });
await page.goto(`${demo.url}/sign-in`);
await page.getByLabel("E-mail").fill(demo.owner.email);
await page.getByLabel("Password", { exact: true }).fill(demo.owner.password);
await page.getByRole("button", { name: "Sign in", exact: true }).click();
await page.waitForURL(/\/s\/[^/]+\//);
const site = new URL(page.url()).pathname.split("/")[2];
await page.goto(`${demo.url}/s/${site}/overview`);
await page.screenshot({ path: picture("overview") });
let refused;
for (let n = 0; n < 4; n += 1) refused = await pay();
await page.goto(`${demo.url}/s/${site}/decisions/${refused.id}`);
await page.screenshot({ path: picture("decision") });
await browser.close();
