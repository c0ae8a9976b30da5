// The switch for the worst hour, and the way back to settings that were in force before.
import { api, payment, stranger } from "../support/demo";
import { expect, signIn, test } from "../support/test";

test("block all requests refuses every payment until it is switched off, and every page says so", async ({ page, site }) => {
  await signIn(page);
  await page.goto(`${site}/panic`);
  // The site's name, and how many good payments of last week it would have refused.
  for (const asked of await page.locator("label", { hasText: /^Type .+ to go on/ }).all()) {
    const label = await asked.innerText();
    await page.getByLabel(label).fill(label.match(/^Type (.+) to go on/)![1]);
  }
  await page.getByLabel("Reason").fill("A wave of stolen cards");
  await page.getByRole("button", { name: "Block all requests" }).click();
  await page.goto(`${site}/lists`);
  await expect(page.getByText("All requests are blocked.")).toBeVisible();
  const refused = await api("POST", "/v1/decisions", payment(stranger()));
  expect(refused.body.outcome).toBe("reject");
  expect(refused.body.reasons[0]).toMatchObject({ check: "panic", mode: "enforce", outcome: "reject" });

  await page.getByRole("link", { name: "Switch it off" }).click();
  await page.getByRole("button", { name: "Let requests through again" }).click();
  await page.goto(`${site}/lists`);
  await expect(page.getByText("All requests are blocked.")).toHaveCount(0);
  expect((await api("POST", "/v1/decisions", payment(stranger()))).body.outcome).toBe("approve");
});

test("an earlier version of the policy is restored, and decides again", async ({ page, site }) => {
  await signIn(page);
  await page.goto(`${site}/velocity`);
  const field = page.getByRole("group", { name: "One card" }).getByRole("textbox", { name: "Payments" });
  const before = await field.inputValue();
  await field.fill("1");
  await page.getByRole("button", { name: /^Save as version/ }).click();
  await page.goto(`${site}/policy`);
  const [changed, previous] = await page.getByRole("link", { name: /^Version \d+$/ }).all();
  const saved = await changed.innerText();
  const shopper = stranger();
  await api("POST", "/v1/decisions", payment(shopper));
  expect((await api("POST", "/v1/decisions", payment(shopper))).body.outcome).toBe("reject");

  await previous.click();
  await page.getByRole("button", { name: "Restore this version" }).click();
  await page.goto(`${site}/policy`);
  await expect(page.getByRole("link", { name: /^Version \d+$/ }).first()).not.toHaveText(saved);
  await page.goto(`${site}/velocity`);
  await expect(field).toHaveValue(before);
  expect((await api("POST", "/v1/decisions", payment(stranger()))).body.outcome).toBe("approve");
});

test("the pictures beside the filters follow the limit that is typed @scripts", async ({ page, site }) => {
  await signIn(page);
  await page.goto(`${site}/velocity`);
  const picture = page.locator("#busiest-card");
  const payments = page.getByRole("group", { name: "One card" }).getByRole("textbox", { name: "Payments" });
  for (const limit of ["5", "2"]) {
    await payments.fill(limit);
    await expect(picture.locator("figcaption")).toHaveText(new RegExp(`went over ${limit}$`));
    await expect(picture.getByRole("img")).toHaveAccessibleName(new RegExp(`limit after ${limit}\\.`));
  }
  await payments.fill("");
  await expect(picture.locator("figcaption")).toHaveText("No limit");
});
