// A list from its first entry to its removal, as a person keeps it.
import { api, payment, stranger } from "../support/demo";
import { expect, signIn, test } from "../support/test";

test("a block list refuses whom it names, says who is listed, and lets go when the entry, and then the list, is removed", async ({ page, site }, info) => {
  await signIn(page);
  const name = `Journey ${info.project.name} ${Date.now()}`;
  const shopper = stranger();

  await page.goto(`${site}/lists/new?kind=block`);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Create list" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText(name);

  await test.step("a bad line is named with its number, and nothing is lost", async () => {
    await page.getByRole("link", { name: "Add the first entry" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Ring of two");
    await page.getByLabel("Field 1", { exact: true }).selectOption({ label: "IP address" });
    await page.getByLabel(/^Values of field 1/).fill(`${shopper.ip}\n203.0.113.0/33`);
    await page.getByRole("button", { name: "Add entry" }).click();
    await expect(page.getByText(/Line 2: an IPv4 range ends in/).first()).toBeVisible();
    await expect(page.getByLabel(/^Values of field 1/)).toHaveValue(`${shopper.ip}\n203.0.113.0/33`);
    await page.getByLabel(/^Values of field 1/).fill(shopper.ip);
    await page.getByRole("button", { name: "Add entry" }).click();
    await expect(page.getByRole("table").getByText("Ring of two").first()).toBeVisible();
  });

  expect((await api("POST", "/v1/decisions", payment(shopper))).body.outcome).toBe("reject");

  await page.goto(`${site}/lists/look-up`);
  await page.getByLabel("Value").fill(shopper.ip);
  await page.getByRole("button", { name: "Look up" }).click();
  await expect(page.getByRole("table").getByText(name)).toBeVisible();

  await page.getByRole("link", { name: "Ring of two" }).first().click();
  await page.getByRole("link", { name: "Remove" }).first().click();
  await page.getByRole("button", { name: "Remove the entry" }).click();
  expect((await api("POST", "/v1/decisions", payment(shopper))).body.outcome).toBe("approve");

  await test.step("a mode that changes what it does shows its effect first", async () => {
    const mode = page.getByRole("group", { name: "Mode" });
    await mode.getByRole("button", { name: "Shadow" }).click();
    await expect(page.getByRole("heading", { name: `Set ${name} to shadow?` })).toBeVisible();
    await expect(page.getByText("It would have changed nothing.")).toBeVisible();
    await page.getByRole("button", { name: "Set the mode" }).click();
    await expect(page.getByText("This list is in shadow.")).toBeVisible();
    await mode.getByRole("button", { name: "Off" }).click();
    await expect(page.getByText("This list is off.")).toBeVisible();
  });

  await test.step("it goes for who types its name", async () => {
    await page.getByRole("link", { name: "Remove this list" }).click();
    await page.getByLabel(`Type ${name} to go on`).fill(name);
    await page.getByRole("button", { name: "Remove the list" }).click();
    await expect(page.getByText("Removed.")).toBeVisible();
    await expect(page.getByRole("link", { name })).toHaveCount(0);
  });
});
