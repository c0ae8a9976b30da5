// Every page of the console, usable by everybody: axe in both themes, wide and narrow, no sideways scroll.
import type { Locator, Page } from "@playwright/test";
import { advance, api, demo, payment, stranger } from "../support/demo";
import { CORNERS, expectAccessible } from "../support/accessible";
import { giveNumber, invite, joinAs, message, newSite, now, somebody, textedCode, totp, wrong } from "../support/people";
import { expect, signIn, test } from "../support/test";

async function openAccessible(page: Page, url: string) {
  await page.goto(url);
  await expectAccessible(page);
}

// axe is itself a script.
test.describe("accessible @scripts", () => {
  test.setTimeout(15 * 60_000);

  for (const path of ["/sign-in", "/forgot-password"]) {
    test(`the door: ${path}`, async ({ page }) => openAccessible(page, demo().url + path));
  }

  test("the door: where a password is chosen", async ({ page }) => {
    const { email } = demo().admin;
    await page.goto(`${demo().url}/forgot-password`);
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.goto((await message(email, "Choose a new password")).match(/https?:\/\/\S+\/reset-password\?token=\S+/)![0]);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a new password");
    await openAccessible(page, `${demo().url}/reset-password`);
  });

  test("every page that the navigation leads to", async ({ owner, site }) => {
    await owner.goto(`${site}/overview`);
    const links = await owner.locator("nav[aria-label=Main] a, details.me a, details.site-switch a").evaluateAll((found) => found.map((a) => (a as HTMLAnchorElement).href));
    expect(links.length).toBeGreaterThan(8);
    for (const link of new Set(links)) await test.step(new URL(link).pathname, () => openAccessible(owner, link));
  });

  test("an address that leads nowhere", async ({ owner, site }) => openAccessible(owner, `${site}/no-such-page`));

  test("the pages behind those of the navigation: one thing of each kind, its forms and its questions", async ({ page, site }) => {
    const leadsTo = (link: Locator) => link.first().evaluate((a) => (a as HTMLAnchorElement).href);
    const refused = await api("POST", "/v1/decisions", payment({ ...stranger(), ip: "192.0.2.77" }));
    expect(refused.body.outcome, "its network is on a list of the demo").toBe("reject");
    const { id } = refused.body;
    await signIn(page);
    await page.goto(`${site}/lists`);
    const list = await leadsTo(page.getByRole("table").getByRole("link", { name: "Networks" }));
    await page.goto(`${site}/services`);
    const service = await leadsTo(page.getByRole("table").getByRole("link", { name: "Checkout (EU)" }));
    await page.goto(`${site}/api-keys`);
    const key = page.getByRole("row").filter({ hasText: "Shop server" }).locator("details.rowmenu a");
    const [rate, revoke] = await Promise.all(["Rate", "Revoke"].map((name) => leadsTo(key.filter({ hasText: name }))));

    for (const [name, url] of [
      ["a decision's trace", `${site}/decisions/${id}`],
      ["an entry from a decision", `${site}/lists/entries/new?kind=block&from=${id}`],
      ["a list", list],
      ["a new entry", `${list}/entries/new`],
      ["the question before a list's mode changes", `${list}/switch?to=shadow`],
      ["the question before a list goes", `${list}/remove`],
      ["the look-up", `${site}/lists/look-up`],
      ["the panic switch", `${site}/panic`],
      ["a version of the policy", `${site}/policy/1`],
      ["a service", service],
      ["the question before a service is archived", `${service}/archive`],
      ["a new key", `${site}/api-keys/new`],
      ["a key's rate", rate],
      ["the question before a key is revoked", revoke],
    ]) {
      await test.step(name, async () => {
        expect((await page.goto(url))!.status(), name).toBe(200);
        await expectAccessible(page, name, CORNERS);
      });
    }
    await page.goto(`${site}/lists/look-up`);
    await page.getByLabel("Value").fill("192.0.2.77");
    await page.getByRole("button", { name: "Look up" }).click();
    await expect(page.getByRole("table").getByText("Networks")).toBeVisible();
    await test.step("what the look-up found", () => expectAccessible(page, "what the look-up found", CORNERS));
  });

  test("the pages of people and of their devices, refusals and questions included", async ({ page, newGuest }) => {
    const [guest, person] = [await newGuest(), somebody()];
    const check = (who: Page, name: string) => test.step(name, () => expectAccessible(who, name, CORNERS));
    await signIn(page);
    const site = await newSite(page, `Accessible ${Date.now()}`);
    await page.goto(`${site}/collaborators/invite`);
    await check(page, "invite");
    await guest.goto(await invite(page, site, "support", person.email));
    await check(guest, "the invitation's sheet");
    await joinAs(guest, person, "short");
    await check(guest, "a refused form at the door");
    await joinAs(guest, person);
    await guest.waitForURL((url) => url.pathname === "/sign-in");
    await signIn(guest, person);

    await page.goto(`${site}/collaborators`);
    await page.getByRole("link", { name: person.name }).first().click();
    const its = page.url();
    await check(page, "a person");
    await page.getByLabel("For", { exact: true }).fill("99");
    await page.getByLabel("Reason").fill("On a journey");
    await page.getByRole("button", { name: "Exempt" }).click();
    await check(page, "a refused form in the console");
    for (const question of ["remove", "hand-over", "disable", "reset-mfa"]) {
      await page.goto(`${its}/${question}`);
      await check(page, `the question ${question}`);
    }
    for (const path of [`${site}/leave`, `${demo().url}/me/activity/not-me`]) {
      await guest.goto(path);
      await check(guest, new URL(path).pathname.split("/").pop()!);
    }

    await guest.goto(`${demo().url}/me/second-factor/set-up`);
    await check(guest, "a kind is chosen");
    await guest.goto(`${demo().url}/me/second-factor/set-up?kind=sms`);
    await check(guest, "a number is asked for");
    const number = await giveNumber(guest);
    await check(guest, "the texted code");
    await guest.getByLabel("Six-digit code").fill(wrong(await textedCode(number)));
    await guest.getByRole("button", { name: "Verify and switch on" }).click();
    await check(guest, "a refused code");

    const at = await now(guest);
    const began = Date.now();
    await guest.goto(`${demo().url}/me/second-factor/set-up`);
    await guest.getByRole("button", { name: /Authenticator app/ }).click();
    await check(guest, "the QR code");
    const key = await guest.locator("#key").innerText();
    await guest.getByLabel("Six-digit code").fill(totp(key, at + (Date.now() - began)));
    await guest.getByRole("button", { name: "Verify and switch on" }).click();
    await expect(guest.locator("#recovery-codes")).toBeVisible();
    const codes = (await guest.locator("#recovery-codes").innerText()).trim().split("\n");
    await check(guest, "recovery codes");

    await guest.goto(`${demo().url}/me/second-factor`);
    await check(guest, "the devices");
    await guest.getByRole("table").getByRole("link", { name: /^Change / }).click();
    await check(guest, "a device");
    await guest.getByRole("link", { name: "Mark it as lost" }).click();
    await check(guest, "the question before a device ends");
    await guest.goto(`${demo().url}/me/second-factor/recovery-codes`);
    await check(guest, "the question before new codes");

    await guest.context().clearCookies();
    await signIn(guest, person);
    await check(guest, "the second step");
    await guest.getByRole("link", { name: "Use a recovery code" }).click();
    await check(guest, "the second step by a recovery code");
    await guest.getByLabel("Recovery code").fill(codes[0]);
    await guest.getByRole("button", { name: "Sign in", exact: true }).click();
    await guest.waitForURL(/\/s\/[^/]+/);
    await advance("11m");
    await guest.goto(`${demo().url}/me/second-factor/set-up`);
    await check(guest, "confirming that it is you");

    await signIn(page);
    await page.goto(`${its}/reset-mfa`);
    await page.getByLabel("Reason").fill("Lost phone, confirmed by call");
    await page.getByRole("button", { name: "Reset MFA" }).click();
    await page.waitForURL(/done=/);
    await signIn(guest, person);
    await guest.goto(`${demo().url}/me/second-factor/set-up`);
    await check(guest, "a mailed code is offered");
    await guest.getByRole("button", { name: "Mail me a code" }).click();
    await check(guest, "the mailed code");
  });
});
