// Coming in, being refused, going out.
import { advance, demo } from "../support/demo";
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

test("after signing out the back button shows nothing of the console", async ({ page, site }) => {
  await signIn(page);
  await page.goto(`${site}/decisions`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Decisions");
  await page.locator("details.me > summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL((url) => url.pathname === "/sign-in");
  await page.goBack();
  await page.waitForURL((url) => url.pathname === "/sign-in" && url.searchParams.has("next"));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});

test("a session asks two minutes before its end, goes on at a press and else ends @scripts", async ({ page, site }) => {
  await page.clock.install();
  await signIn(page);
  await page.goto(`${site}/decisions`);
  await expect(page.locator("html[data-ready]")).toBeAttached();
  const asks = page.getByRole("dialog", { name: "Are you still there?" });
  await page.clock.fastForward("27:30");
  await expect(asks).toBeHidden();
  await page.clock.fastForward("00:40");
  await expect(asks).toContainText(/You will be signed out in 1 min \d+ s/);

  const stayed = page.waitForResponse((response) => response.url().endsWith("/me/stay"));
  await asks.getByRole("button", { name: "Stay signed in" }).click();
  expect(Number(await (await stayed).text()), "the whole half hour is there again").toBeGreaterThan(1_790);
  await expect(asks).toBeHidden();

  await advance("31m");
  await page.clock.fastForward("30:05");
  await page.waitForURL((url) => url.pathname === "/sign-in");
});

test("passwords can be pasted, where they are asked for and where they are chosen @scripts", async ({ page }) => {
  await page.goto(`${demo().url}/sign-in`);
  const email = page.getByLabel("E-mail");
  await email.fill(demo().owner.password);
  await email.press("ControlOrMeta+a");
  await email.press("ControlOrMeta+x");
  await page.getByLabel("Password", { exact: true }).press("ControlOrMeta+v");
  await email.fill(demo().owner.email);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");

  await page.goto(`${demo().url}/me/profile`);
  for (const field of [page.getByLabel("Present password"), page.getByRole("textbox", { name: "New password" }), page.getByLabel("The same again")]) {
    await field.press("ControlOrMeta+v");
    await expect(field).toHaveValue(demo().owner.password);
  }
});
