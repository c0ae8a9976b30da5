// A person's own account: a forgotten password, and the browsers that are signed in.
import { demo, outbox } from "../support/demo";
import { invited } from "../support/people";
import { expect, signIn, test } from "../support/test";

test("a forgotten password is replaced through a mailed link, which works once", async ({ page }) => {
  const { email } = demo().support;
  const mails = async () => (await outbox()).filter((mail) => mail.to === email && mail.subject === "Choose a new password");
  const before = (await mails()).length;
  await page.goto(`${demo().url}/forgot-password`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Look into your mail");

  // A job sends it, after the answer.
  await expect.poll(async () => (await mails()).length, { timeout: 20_000 }).toBeGreaterThan(before);
  const link = (await mails())[0].body.match(/https?:\/\/\S+\/reset-password\?token=\S+/)![0];

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

// What is typed, the line of the list that it breaks or leaves open, and what the server says of it.
const weak = (name: string): [string, RegExp, "open" | "broken", string][] => [
  ["tired otters", /^At least/, "open", "Use at least 15 characters"],
  [`${name} 2026!`, /^More than your name/, "broken", "others would guess"],
  // Wide letters are the same letters, and every script has its cases.
  [[..."PERSON EXAMPLE"].map((c) => (c === " " ? c : String.fromCodePoint(c.codePointAt(0)! + 0xfee0))).join("") + " 2", /^More than your name/, "broken", "others would guess"],
  ["ЖжЖЖжжЖжЖЖжжЖжЖжЖ", /^No repetition/, "broken", "repeats itself"],
  ["qwertyuiopasdfgh", /^No repetition/, "broken", "repeats itself"],
];

test("the list beside a new password says what the server will say, while it is typed @scripts", async ({ page: owner, site, browser }) => {
  await signIn(owner); // a proof of this minute: inviting asks for one
  const context = await browser.newContext();
  const page = await context.newPage();
  const person = await invited(owner, site, "analyst", page);
  await page.goto(`${demo().url}/me/profile`);
  await expect(page.locator("html[data-ready]")).toBeAttached();
  const field = page.getByRole("textbox", { name: "New password" });
  const again = page.getByLabel("The same again");
  const line = (words: RegExp) => page.locator("#new-password-list").getByRole("listitem").filter({ hasText: words });

  // Typing may scroll the page; the two fields stay as far apart.
  const apart = async () => (await again.boundingBox())!.y - (await field.boundingBox())!.y;
  const before = await apart();
  await field.pressSequentially("seven kites over water");
  await expect(page.getByRole("status").filter({ hasText: "Looks good so far." })).toBeVisible();
  await expect(line(/^At least/)).toHaveAttribute("data-mark", "met");
  await expect(line(/^No common/)).toHaveAttribute("data-mark", "open");
  expect(await apart(), "nothing moves").toBe(before);
  await field.fill("");
  await expect(page.getByText("Looks good so far.")).toBeHidden();

  for (const [typed, words, mark, said] of weak(person.name)) {
    await test.step(typed, async () => {
      await page.getByLabel("Present password").fill(person.password);
      await field.fill(typed);
      await expect(line(words)).toHaveAttribute("data-mark", mark);
      await again.fill(typed);
      await page.getByRole("button", { name: "Change the password" }).click();
      await expect(page.locator("#f-new_password-e")).toContainText(said);
      await expect(page.locator("html[data-ready]")).toBeAttached();
    });
  }
  await context.close();
});

test("whoever chooses a new password reads what is asked of it", async ({ page: owner, site, browser }) => {
  await signIn(owner);
  const context = await browser.newContext();
  const page = await context.newPage();
  await invited(owner, site, "analyst", page);
  await page.goto(`${demo().url}/me/profile`);
  const list = page.locator("#new-password-list");
  await expect(list.getByRole("listitem").first()).toHaveText(/^At least \d+ characters/);
  await expect(page.getByRole("textbox", { name: "New password" })).toHaveAccessibleDescription(/spaces count.*At least \d+ characters/);
  await context.close();
});
