// What the demo file knows, the API as a shop's server calls it, and the hand on the demo's clock.
import { readFileSync } from "node:fs";

export type Account = { email: string; password: string };
export type Demo = { url: string; site_id: string; secret_key: string; service_id: string; owner: Account; admin: Account; support: Account };

let read: Demo | undefined;
export const demo = (): Demo => (read ??= JSON.parse(readFileSync(process.env.GATEHOUSE_DEMO_FILE!, "utf8")));

// Sends JSON with the demo's secret key and returns status and body, whatever they are.
export async function api(method: string, path: string, body?: unknown) {
  const response = await fetch(demo().url + path, {
    method,
    headers: { authorization: `Bearer ${demo().secret_key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

let serial = Date.now() % 1_000_000;
const next = () => ++serial;

// A shopper nobody has met: own card, e-mail and address.
export function stranger() {
  const n = next();
  return {
    card: { fingerprint: `fp_journey_${n}`, bin: "424242", last4: String(n % 10_000).padStart(4, "0"), brand: "visa", exp_month: 12, exp_year: 2032 },
    email: `shopper${n}@example.com`,
    ip: `198.51.${(n >> 8) & 255}.${n & 255}`,
  };
}

// A payment as the README's curl sends it.
export const payment = (shopper: ReturnType<typeof stranger>, amount = 4_200) => ({
  kind: "payment",
  service: demo().service_id,
  amount,
  currency: "GBP",
  customer: { email: shopper.email },
  ip: shopper.ip,
  card: shopper.card,
});

// Moves the demo's clock forward: "8d", "90s".
export async function advance(by: string) {
  const { status } = await api("POST", "/demo/clock", { advance: by });
  if (status >= 300) throw new Error(`the clock did not move: ${status}`);
}

// The mails of the outbox, newest first.
export async function outbox(): Promise<{ to: string; subject: string; body: string }[]> {
  const response = await fetch(`${demo().url}/demo/outbox`, {
    headers: { accept: "application/json", authorization: `Bearer ${demo().secret_key}` },
  });
  const body = await response.json();
  return Array.isArray(body) ? body : body.data;
}
