// What the console looks like: a new site's pages, wide and narrow, light and dark, compared with the pictures beside this
// file. A change of looks on purpose: `make test` shows the difference under end2end/test-results; write the new pictures
// with `npx playwright test visual --update-snapshots`, look at them and commit them.
import type { Page } from "@playwright/test";
import { demo } from "../support/demo";
import { newSite } from "../support/people";
import { expect, signIn, test } from "../support/test";

// Letters are drawn a little differently by each build of the browser; a lost style or a moved part is far more than that.
const tolerance = { maxDiffPixelRatio: 0.02, animations: "disabled", caret: "hide" } as const;

async function expectSeenAs(page: Page, url: string, name: string) {
  for (const [width, colorScheme] of [[1440, "light"], [1440, "dark"], [390, "light"], [390, "dark"]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto(url);
    await page.evaluate(() => document.fonts.ready);
    // Instants, and who has how many sites, differ from run to run.
    const mask = [page.locator("time"), page.locator("details.site-switch"), page.locator("output, [data-changing]")];
    await expect.soft(page, `${name}, ${width} px, ${colorScheme}`).toHaveScreenshot(`${name}-${width}-${colorScheme}.png`, { ...tolerance, mask });
  }
}

// Pictures are taken once, of the page as people with scripts see it.
test.describe("looks @scripts", () => {
  test.setTimeout(5 * 60_000);

  test("the doors", async ({ page }) => {
    await expectSeenAs(page, `${demo().url}/sign-in`, "sign-in");
    await expectSeenAs(page, `${demo().url}/forgot-password`, "forgot-password");
  });

  test("a new site, page by page", async ({ page }) => {
    await signIn(page);
    const site = await newSite(page, "Paper Lantern");
    for (const name of ["overview", "decisions", "velocity", "lists", "collaborators", "mfa", "passwords"]) {
      await test.step(name, () => expectSeenAs(page, `${site}/${name}`, name));
    }
  });
});
