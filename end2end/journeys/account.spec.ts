// A person's own account: a forgotten password, and the browsers that are signed in.
import { demo, outbox } from "../support/demo";
import { expect, signIn, test } from "../support/test";

test("a forgotten password is replaced through a mailed link, which works once", async ({ page }) => {
  const { email } = demo().support;
  await page.goto(`${demo().url}/forgot-password`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Look into your mail");

  const mailed = async () => (await outbox()).find((mail) => mail.to === email && mail.subject === "Choose a new password")?.body;
  await expect.poll(mailed, { timeout: 20_000 }).toBeTruthy();
  const link = (await mailed())!.match(/https?:\/\/\S+\/reset-password\?token=\S+/)![0];

  const password = `ferries cross the loch ${Date.now()}`;
  await page.goto(link);
  expect(page.url(), "the token does not stay in the address").not.toContain("token");
  await page.getByRole("textbox", { name: "New password" }).fill(password);
  await page.getByLabel("The same again").fill(password);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.waitForURL((url) => url.pathname === "/sign-in");
  await signIn(page, { email, password });

  await page.goto(link);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link does not work");
});

test("a browser that is signed in elsewhere is ended from the list of sessions", async ({ newGuest, page, site }) => {
  await signIn(page);
  const other = await newGuest();
  await signIn(other);

  await page.goto(`${demo().url}/me/sessions`);
  await expect(page.getByText("This browser")).toBeVisible();
  const newest = page.getByRole("row").filter({ has: page.getByRole("button", { name: "End it" }) }).first();
  await newest.getByRole("button", { name: "End it" }).click();
  await expect(page.getByText("Revoked.").first()).toBeVisible();

  await other.goto(`${site}/overview`);
  expect(new URL(other.url()).pathname).toBe("/sign-in");
});
