// Every page of the console, usable by everybody: axe in both themes, wide and narrow, no sideways scroll.
import { demo } from "../support/demo";
import { expectAccessible } from "../support/accessible";
import { message } from "../support/people";
import { expect, test } from "../support/test";

// axe is itself a script.
test.describe("accessible @scripts", () => {
  test.setTimeout(15 * 60_000);

  for (const path of ["/sign-in", "/forgot-password"]) {
    test(`the door: ${path}`, async ({ page }) => expectAccessible(page, demo().url + path));
  }

  test("the door: where a password is chosen", async ({ page }) => {
    const { email } = demo().admin;
    await page.goto(`${demo().url}/forgot-password`);
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Send the link" }).click();
    await page.goto((await message(email, "Choose a new password")).match(/https?:\/\/\S+\/reset-password\?token=\S+/)![0]);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose a new password");
    await expectAccessible(page, `${demo().url}/reset-password`);
  });

  test("every page that the navigation leads to", async ({ owner, site }) => {
    await owner.goto(`${site}/overview`);
    const links = await owner.locator("nav[aria-label=Main] a, details.me a, details.site-switch a").evaluateAll((found) => found.map((a) => (a as HTMLAnchorElement).href));
    expect(links.length).toBeGreaterThan(8);
    for (const link of new Set(links)) await test.step(new URL(link).pathname, () => expectAccessible(owner, link));
  });

  test("an address that leads nowhere", async ({ owner, site }) => expectAccessible(owner, `${site}/no-such-page`));
});
