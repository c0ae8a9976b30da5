// A site's own pages: its services, its log, the switch between sites, the installation behind it.
import { demo } from "../support/demo";
import { invited, message, newSite } from "../support/people";
import { expect, signIn, test } from "../support/test";
import type { Page } from "@playwright/test";

let made: { name: string; at: string } | undefined;

// The owner's second site, one for all of these: nobody makes more than ten in a day.
async function ownSite(page: Page) {
  await signIn(page);
  const name = `Tickets ${Date.now()}`;
  return (made ??= { name, at: await newSite(page, name) });
}

test("a service that somebody saved meanwhile is shown beside what was typed, and neither is lost", async ({ page, newGuest }) => {
  const { at: site } = await ownSite(page);
  await page.goto(`${site}/services/new`);
  await page.getByLabel("Name", { exact: true }).fill("Card payments");
  await page.getByLabel("Currency").selectOption("EUR");
  await page.getByRole("button", { name: "Make the service" }).click();
  await page.goto(`${site}/services`);
  await page.getByRole("table").getByRole("link", { name: "Card payments" }).click();
  const name = page.getByLabel("Name", { exact: true });
  await expect(name).toHaveValue("Card payments");

  const other = await newGuest();
  await signIn(other);
  await other.goto(page.url());
  await other.getByLabel("Name", { exact: true }).fill("Ticket desk");
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.waitForURL(/done=/);

  await name.fill("Box office");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("Name: now Ticket desk, you typed Box office");
  await expect(name).toHaveValue("Box office");
  await other.reload();
  await expect(other.getByLabel("Name", { exact: true })).toHaveValue("Ticket desk");

  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL(/done=/);
  await other.reload();
  await expect(other.getByLabel("Name", { exact: true })).toHaveValue("Box office");
});

test("the audit log finds a change by who, what and its words, and says when nothing fits", async ({ page }) => {
  const { at: site } = await ownSite(page);
  await page.goto(`${site}/settings`);
  await page.getByLabel("Company name").fill("Otter and Daughters");
  await page.getByRole("button", { name: "Save settings" }).click();
  await page.waitForURL(/done=/);

  const rows = page.getByRole("table").getByRole("row");
  await page.goto(`${site}/audit`);
  const all = await rows.count();
  await page.getByLabel("Text").fill("Otter and");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(/q=Otter/);
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(1)).toContainText("Otter and Daughters");
  await expect(rows.nth(1)).toContainText(demo().owner.email);

  await page.getByLabel("Person or address").fill("nobody.of.ours@example.com");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByText("No row fits")).toBeVisible();
  await page.getByRole("link", { name: "Show everything" }).click();
  await expect(rows).toHaveCount(all);

  await page.getByLabel("From day").fill("2020-01-02");
  await page.getByLabel("Until day").fill("2020-01-01");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
});

test("the switch leads to another site of one's own, and a stranger's site is nowhere", async ({ page, newGuest, site }) => {
  const { name, at } = await ownSite(page);
  await page.goto(`${site}/overview`);
  await page.locator("details.site-switch > summary").click();
  await page.locator("details.site-switch").getByRole("link", { name }).click();
  await expect(page).toHaveURL(new RegExp(`^${at}/`));
  await expect(page.locator("details.site-switch > summary")).toContainText(name);

  const other = await newGuest();
  await signIn(other, demo().admin);
  const answer = await other.goto(`${at}/overview`);
  expect(answer?.status()).toBe(404);
  await other.goto(`${site}/overview`);
  await other.locator("details.site-switch > summary").click();
  await expect(other.locator("details.site-switch").getByRole("link", { name })).toHaveCount(0);
});

test("System says what runs, how old the data is, and what became of mail", async ({ page }) => {
  const { at: site } = await ownSite(page);
  await page.goto(`${site}/system`);
  await expect(page.getByText(/^migration \d{4}$/)).toBeVisible();
  await expect(page.getByText("Dead letters", { exact: true }).first()).toBeVisible();
  await page.getByRole("link", { name: "Outbox of the demo" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});

test("as many wrong passwords as the site allows close an account, the right one included, until it is unlocked", async ({ page, newGuest }) => {
  const { at: site } = await ownSite(page);
  const guest = await newGuest();
  const person = await invited(page, site, "analyst", guest);
  await page.goto(`${site}/passwords`);
  await page.getByLabel("Wrong passwords that lock").fill("3");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL(/done=/);

  // Another browser than the one that is known.
  const tries = await newGuest();
  const attempt = async (password: string) => {
    await tries.goto(`${demo().url}/sign-in`);
    await tries.getByLabel("E-mail").fill(person.email);
    await tries.getByLabel("Password", { exact: true }).fill(password);
    const answer = tries.waitForResponse((response) => response.request().method() === "POST");
    await tries.getByRole("button", { name: "Sign in", exact: true }).click();
    return (await answer).status();
  };
  for (let n = 0; n < 3; n++) expect(await attempt(`${person.password} ${n}`)).toBe(422);
  const said = await tries.getByRole("alert").innerText();
  expect(await attempt(person.password)).toBe(422);
  await expect(tries.getByRole("alert"), "nobody is told that it is locked").toHaveText(said);
  await message(person.email, "Sign-in to your account is paused");

  await page.goto(`${site}/passwords`);
  await page.getByRole("button", { name: `Unlock ${person.name}` }).click();
  await expect(page.getByText("Nobody is locked out.")).toBeVisible();
  expect(await attempt(person.password)).toBe(303);
});
