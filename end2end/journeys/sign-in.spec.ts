// Coming in, being refused, going out.
import { demo } from "../support/demo";
import { expect, signIn, test } from "../support/test";

test("a stranger is asked to sign in, and comes to the page that was asked for", async ({ page, site }) => {
  const wanted = `${site}/decisions`;
  await page.goto(wanted);
  expect(new URL(page.url()).pathname).toBe("/sign-in");
  await page.getByLabel("E-mail").fill(demo().owner.email);
  await page.getByLabel("Password", { exact: true }).fill(demo().owner.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(wanted);
});

test("a wrong password is refused in words, and the address is kept", async ({ page }) => {
  await page.goto(`${demo().url}/sign-in`);
  await page.getByLabel("E-mail").fill(demo().support.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password of anybody");
  const answer = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  expect((await answer).status()).toBe(422);
  await expect(page.getByRole("alert")).toContainText("do not go together");
  await expect(page.getByLabel("E-mail")).toHaveValue(demo().support.email);
  await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
});

test("the owner signs out, and the way back asks for the password", async ({ page }) => {
  await signIn(page);
  const inside = page.url();
  await page.locator("details.me > summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/sign-in");
  await page.goto(inside);
  expect(new URL(page.url()).pathname).toBe("/sign-in");
});
