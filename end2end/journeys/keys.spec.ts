// An API key: shown once, works at once, and stops at once.
import { demo, payment, stranger } from "../support/demo";
import { expect, signIn, test } from "../support/test";

const ask = (key: string) =>
  fetch(`${demo().url}/v1/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(payment(stranger())),
  }).then((response) => response.status);

test("a key is shown once, works, is seen in the log and is refused once revoked", async ({ page, site }, info) => {
  await signIn(page);
  const name = `Journey ${info.project.name} ${Date.now()}`;
  await page.goto(`${site}/api-keys`);
  await page.getByRole("link", { name: "New key" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  for (const box of await page.getByRole("checkbox").all()) if (await box.isEnabled()) await box.check();
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = (await page.locator("#secret").innerText()).trim();
  expect(key).toMatch(/^gh_sk_test_/);
  expect(await ask(key)).toBe(200);

  await page.getByRole("link", { name: "I have copied it" }).click();
  const row = page.getByRole("row").filter({ hasText: name });
  await expect(row).toBeVisible();
  expect(await page.content()).not.toContain(key);

  await row.locator("details.rowmenu > summary").click();
  await row.getByRole("link", { name: "Revoke" }).click();
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await expect(page.getByRole("heading", { level: 1 }), "not without its name").toContainText("Revoke");
  await page.getByLabel(`Type ${name} to go on`).fill(name);
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await expect(page.getByRole("row").filter({ hasText: name })).toContainText("Revoked");
  expect(await ask(key)).toBe(401);

  await page.goto(`${site}/audit`);
  await expect(page.getByRole("table").getByText(name).first()).toBeVisible();
});
