// The first minutes of a new installation: the operator's link, the first owner and site, no second time; and how it
// looks. A change of looks on purpose: `make test` shows the difference under end2end/test-results; write new pictures
// with `scripts/journeys.sh set-up --update-snapshots`, look at them and commit them.
import type { Page } from "@playwright/test";
import { install, type Installation } from "../support/installation";
import { expect, signIn, test } from "../support/test";

const owner = { name: "First Owner", email: "first@example.com", password: "harbour lantern first tide" };

let place: Installation | undefined;

test.afterEach(() => place?.stop());

async function setUp(page: Page, currency: string) {
  await page.getByLabel("Site", { exact: true }).fill("First site");
  await page.getByLabel("Currency").fill(currency);
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("Your e-mail").fill(owner.email);
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(owner.password);
  await page.getByLabel("The same again").fill(owner.password);
  await page.getByRole("button", { name: "Make the owner and the site" }).click();
}

test("a link from the command line makes the first owner and site, once", async ({ page }, info) => {
  place = await install(info.project.name.split(" ")[0]);
  await page.goto(place.link);
  expect(page.url(), "the token does not stay in the address").not.toContain("token");
  await setUp(page, "QQQ");
  await expect(page.locator("#f-currency-e")).toBeVisible();
  await expect(page.getByLabel("Site", { exact: true }), "what was typed is kept").toHaveValue("First site");
  await setUp(page, "GBP");
  await page.waitForURL((url) => url.pathname !== "/set-up");

  await signIn(page, owner, place.at);
  await expect(page).toHaveURL(/\/s\/first-site\//);
  await page.goto(place.link);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link does not work");
});

// Letters are drawn a little differently by each build of the browser; a lost style or a moved part is far more than that.
const tolerance = { maxDiffPixelRatio: 0.02, animations: "disabled", caret: "hide" } as const;

async function expectSeenAs(page: Page, url: string, name: string) {
  await page.goto(url);
  for (const [width, colorScheme] of [[1440, "light"], [1440, "dark"], [390, "light"], [390, "dark"]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(() => document.fonts.ready);
    // What differs from run to run: instants, and what was measured.
    const mask = [page.locator("time"), page.locator("[data-changing]")];
    await expect.soft(page, `${name}, ${width} px, ${colorScheme}`).toHaveScreenshot(`${name}-${width}-${colorScheme}.png`, { ...tolerance, mask });
  }
}

// Pictures are taken once, of the pages as people with scripts see them.
test("a new site looks as it is drawn, page by page @scripts", async ({ page }) => {
  test.setTimeout(5 * 60_000);
  place = await install("looks");
  await expectSeenAs(page, `${place.at}/sign-in`, "sign-in");
  await page.goto(place.link);
  await setUp(page, "GBP");
  await page.waitForURL((url) => url.pathname !== "/set-up");
  await signIn(page, owner, place.at);
  for (const name of ["overview", "decisions", "velocity", "lists", "collaborators", "mfa", "passwords"]) {
    await test.step(name, () => expectSeenAs(page, `${place!.at}/s/first-site/${name}`, name));
  }
});
