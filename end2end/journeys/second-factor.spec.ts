// The second factor from a site's switch to a lost device, each person in a browser of their own.
import type { Page } from "@playwright/test";
import { advance, demo } from "../support/demo";
import { askWithin, gatehouse, giveNumber, invite, invited, message, newSite, now, textedCode, texts, totp, typeMailedCode, wrong, type Somebody } from "../support/people";
import { expect, signIn, test } from "../support/test";

type Stage = { site: string; guest: Page; person: Somebody };

// The owner's new site asks for a second factor within seven days; somebody joins it.
async function stage(owner: Page, newGuest: () => Promise<Page>, role = "support"): Promise<Stage> {
  await signIn(owner);
  const site = await newSite(owner, `Second ${Date.now()}`);
  await askWithin(owner, site, "7");
  const guest = await newGuest();
  const person = await invited(owner, site, role, guest);
  return { site, guest, person };
}

async function enrolByText(page: Page) {
  const number = await giveNumber(page);
  const code = await textedCode(number);
  await page.getByLabel("Six-digit code").fill(wrong(code));
  await page.getByRole("button", { name: "Verify and switch on" }).click();
  await expect(page.getByText(/not right. 4 more tries/).first()).toBeVisible();
  await page.getByLabel("Six-digit code").fill(` ${code.slice(0, 3)} ${code.slice(3)} `);
  await page.getByRole("button", { name: "Verify and switch on" }).click();
  return number;
}

// The ten codes are shown once; then the dashboard, without the banner.
async function keepCodes(page: Page) {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Keep your recovery codes");
  const codes = (await page.locator("#recovery-codes").innerText()).trim().split("\n");
  expect(codes).toHaveLength(10);
  await page.getByRole("link", { name: "I have kept them, to the dashboard" }).click();
  await expect(page).toHaveURL(/\/s\/[^/]+/);
  await expect(page.getByText(/Set up multi-factor authentication/)).toHaveCount(0);
  return codes;
}

async function typeSecondStep(page: Page, code: string) {
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

async function signOut(page: Page) {
  await page.context().clearCookies();
}

test("a site asks for a second factor within seven days; a collaborator sees the banner, enrols by text and signs in with it", async ({ page, newGuest }) => {
  const { guest, person, site } = await stage(page, newGuest);
  await guest.goto(`${site}/overview`);
  await expect(guest.getByText(/Set up multi-factor authentication by .*, \d+ days? left\./)).toBeVisible();
  const number = await enrolByText(guest);
  await keepCodes(guest);
  await message(person.email, /second (step|factor)|device/i);

  await signOut(guest);
  await signIn(guest, person);
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Second step");
  await guest.goto(`${site}/overview`);
  await expect(guest, "the half-way cookie opens no page").toHaveURL(/\/sign-in/);
  await signIn(guest, person);
  const known = (await texts(number)).length;
  await advance("31s");
  await guest.getByRole("button", { name: "Send the code" }).click();
  await typeSecondStep(guest, await textedCode(number, known));
  await expect(guest).toHaveURL(/\/s\/[^/]+/);
});

test("numbers that cannot be texted are refused before anything is sent", async ({ page, newGuest }) => {
  const { guest } = await stage(page, newGuest);
  for (const [number, words] of [
    ["030 123456", /landline/],
    ["0151 FLOWERS", /digits only/],
    ["+55 11 91234 5678", /Brazil/],
  ] as const) {
    await guest.goto(`${demo().url}/me/second-factor/set-up?kind=sms`);
    await guest.getByLabel("Country").selectOption("DE");
    await guest.getByLabel("Mobile number").fill(number);
    await guest.getByRole("button", { name: "Send a code" }).click();
    await expect(guest.getByText(words).first()).toBeVisible();
    await expect(guest.getByLabel("Mobile number")).toHaveValue(number);
  }
});

test("the fourth resend waits for 15 minutes", async ({ page, newGuest }) => {
  const { guest, person } = await stage(page, newGuest);
  const number = await giveNumber(guest);
  const first = await textedCode(number);
  for (let sent = 1; sent <= 3; sent++) {
    await advance("31s");
    await guest.reload();
    await guest.getByRole("button", { name: "Send another code" }).click();
    await textedCode(number, sent);
  }
  await advance("31s");
  await guest.reload();
  await expect(guest.getByText(/can be sent at .*, in 1[345]:\d\d/)).toBeVisible();
  await expect(guest.getByRole("button", { name: "Send another code" })).toBeDisabled();
  expect(await texts(number)).toHaveLength(4);
  await guest.getByLabel("Six-digit code").fill(first);
  await guest.getByRole("button", { name: "Verify and switch on" }).click();
  await expect(guest.getByRole("heading", { level: 1 }), "a resend kills the code before it").toHaveText("Set up a second step");
  await advance("15m");
  // The proof of identity is older than ten minutes by now.
  await guest.goto(guest.url());
  await guest.getByLabel("Password", { exact: true }).fill(person.password);
  await guest.getByRole("button", { name: "Confirm", exact: true }).click();
  await guest.waitForURL(/second-factor/);
  await guest.getByRole("button", { name: "Send another code" }).click();
  await textedCode(number, 4);
});

test("an authenticator app is set up from its key, opens the second step, and each code once", async ({ page, newGuest }) => {
  const { guest, person } = await stage(page, newGuest);
  const at = await now(guest);
  const began = Date.now();
  const code = (key: string, later = 0) => totp(key, at + (Date.now() - began) + later);
  await guest.goto(`${demo().url}/me/second-factor/set-up`);
  await guest.getByRole("button", { name: /Authenticator app/ }).click();
  await expect(guest.locator("svg[role=img]").first()).toBeVisible();
  const key = await guest.locator("#key").innerText();
  const used = code(key);
  await guest.getByLabel("Six-digit code").fill(used);
  await guest.getByRole("button", { name: "Verify and switch on" }).click();
  const codes = await keepCodes(guest);

  await signOut(guest);
  await signIn(guest, person);
  await typeSecondStep(guest, used);
  await expect(guest.getByRole("heading", { level: 1 }), "the same step is spent").toHaveText("Second step");
  await advance("60s");
  await typeSecondStep(guest, code(key, 60_000));
  await expect(guest).toHaveURL(/\/s\/[^/]+/);

  await test.step("a recovery code gets in once", async () => {
    for (const opens of [true, false]) {
      await signOut(guest);
      await signIn(guest, person);
      await guest.getByRole("link", { name: "Use a recovery code" }).click();
      await guest.getByLabel("Recovery code").fill(codes[0]);
      await guest.getByRole("button", { name: "Sign in", exact: true }).click();
      await expect(guest).toHaveURL(opens ? /\/s\/[^/]+/ : /second-step/);
    }
  });
});

test("a passkey is enrolled and signs in without a password @scripts", async ({ page, newGuest }) => {
  const { guest } = await stage(page, newGuest);
  const cdp = await guest.context().newCDPSession(guest);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await guest.goto(`${demo().url}/me/second-factor/passkey`);
  await guest.getByLabel(/name|call it/i).first().fill("Laptop");
  await guest.getByRole("main").getByRole("button", { name: /passkey/i }).click();
  await expect(guest.locator("#recovery-codes")).toBeVisible();
  await guest.evaluate(() => (window.print = () => (document.title = "printed")));
  await guest.getByRole("button", { name: "Print" }).click();
  await expect(guest, "the codes are printed at a press").toHaveTitle("printed");
  await keepCodes(guest);
  await signOut(guest);
  await guest.goto(`${demo().url}/sign-in`);
  await guest.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(guest).toHaveURL(/\/s\/[^/]+/);
});

test("past the deadline only set-up is reachable, also for an open session, and the first device asks for a mailed code", async ({ page, newGuest }) => {
  const { guest, person, site } = await stage(page, newGuest);
  await guest.goto(`${site}/overview`);
  await expect(guest).toHaveURL(/overview/);
  await askWithin(page, site, "0");
  await guest.goto(`${site}/overview`);
  await expect(guest, "the open session is included").toHaveURL(/\/me\/second-factor/);

  await advance("9d");
  await signIn(guest, person);
  await guest.goto(`${site}/overview`);
  await expect(guest).toHaveURL(/\/me\/second-factor/);
  await guest.goto(`${demo().url}/me/second-factor/set-up?kind=sms`);
  await guest.getByRole("button", { name: "Mail me a code" }).click();
  await typeMailedCode(guest, person.email);
  await expect(guest.getByLabel("Mobile number"), "the number that was chosen is what comes next").toBeVisible();
  await enrolByText(guest);
  await keepCodes(guest);
  await guest.goto(`${site}/overview`);
  await expect(guest).toHaveURL(/overview/);
});

async function resetByAdmin(owner: Page, site: string, name: string) {
  await owner.goto(`${site}/collaborators`);
  await owner.getByRole("link", { name }).first().click();
  await owner.getByRole("link", { name: "Reset MFA" }).or(owner.getByRole("button", { name: "Reset MFA" })).first().click();
  await owner.getByLabel("Reason").fill("Lost phone, confirmed by call");
  await owner.getByRole("button", { name: "Reset MFA" }).click();
}

test("a lost device is reset by an owner and by the command line, with a fresh grace each time", async ({ page, newGuest }) => {
  test.slow();
  const { guest, person, site } = await stage(page, newGuest);
  await enrolByText(guest);
  await keepCodes(guest);
  await signIn(page);
  await resetByAdmin(page, site, person.name);
  await message(person.email, "reset");
  await startsAnew(guest, site, person);

  await guest.getByRole("button", { name: "Mail me a code" }).click();
  await typeMailedCode(guest, person.email);
  await enrolByText(guest);
  await keepCodes(guest);
  const said = gatehouse("collaborator", "reset-mfa", person.email, "--reason", "Lost phone, seen in person");
  expect(said).toMatch(new RegExp(`Dropped 1 second factor and the recovery codes of ${person.email}`));
  await message(person.email, "Lost phone, seen in person");
  await startsAnew(guest, site, person);
});

// After a reset: signed out, time to set a device up, and a mailed code in front of it.
async function startsAnew(guest: Page, site: string, person: Somebody) {
  await guest.goto(`${site}/overview`);
  await expect(guest, "every session ended").toHaveURL(/\/sign-in/);
  await signIn(guest, person);
  await guest.goto(`${site}/overview`);
  await expect(guest.getByText(/Set up multi-factor authentication by .*, [67] days left\./)).toBeVisible();
  await guest.goto(`${demo().url}/me/second-factor/set-up?kind=sms`);
  await expect(guest.getByRole("button", { name: "Mail me a code" })).toBeVisible();
}

test("the wait for the next code is counted down, and then it can be sent @scripts", async ({ page, newGuest }) => {
  const { guest } = await stage(page, newGuest);
  await guest.clock.install();
  const number = await giveNumber(guest);
  const [timer, button] = [guest.getByRole("timer"), guest.getByRole("button", { name: "Send another code" })];
  const first = await timer.innerText();
  expect(first).toMatch(/^0:[23]\d$/);
  await guest.clock.fastForward(2_000);
  await expect(timer).not.toHaveText(first);
  await expect(button).toBeDisabled();
  await textedCode(number);
  const code = guest.getByLabel("Six-digit code");
  await code.fill("12");
  await guest.clock.fastForward(30_000);
  await expect(guest.getByText("Another code can be sent now.")).toBeVisible();
  await expect(guest.getByText("The text was delivered.")).toBeVisible();
  await expect(code, "only the sentence was looked up anew").toHaveValue("12");
  await expect(guest.getByRole("link", { name: "Look again" }), "the wait keeps its link").toBeVisible();
  await advance("31s");
  await button.click();
  await textedCode(number, 1);
});

test("ending a device, making codes anew and removing a person are asked about first", async ({ page, newGuest }) => {
  const { guest, person, site } = await stage(page, newGuest);
  await enrolByText(guest);
  const [old] = await keepCodes(guest);
  await guest.goto(`${demo().url}/me/second-factor`);
  await guest.getByRole("link", { name: "Make ten new ones" }).click();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Make ten new recovery codes?");
  await guest.getByRole("button", { name: "Make ten new ones" }).click();
  await expect(guest.locator("#recovery-codes")).not.toContainText(old);
  await guest.goto(`${demo().url}/me/second-factor`);
  await guest.getByRole("table").getByRole("link", { name: /^Change / }).click();
  await guest.getByRole("link", { name: "Mark it as lost" }).click();
  await expect(guest.getByText("It is your last device")).toBeVisible();
  await guest.getByRole("button", { name: "Mark it as lost" }).click();
  await expect(guest.getByText(/requires a second step, and this is your last device/).first()).toBeVisible();

  await signIn(page);
  await page.goto(`${site}/collaborators`);
  await page.getByRole("link", { name: person.name }).first().click();
  await page.getByRole("link", { name: "Remove from this site" }).click();
  const typed = page.getByLabel(`Type ${person.email} to go on`);
  await typed.fill(person.name);
  await page.getByRole("button", { name: "Remove from this site" }).click();
  await expect(page.getByText(`Type ${person.email}, the address of ${person.name}.`).first()).toBeVisible();
  await typed.fill(person.email);
  await page.getByRole("button", { name: "Remove from this site" }).click();
  await expect(page.getByText("Removed.").first()).toBeVisible();
  await guest.goto(`${site}/overview`);
  await expect(guest.getByRole("heading", { level: 1 }), "and is out").toHaveText("Nothing here");
});

test("an owner of one site cannot reset somebody who belongs to another too", async ({ page, newGuest }) => {
  const { guest, person, site } = await stage(page, newGuest);
  await enrolByText(guest);
  await keepCodes(guest);
  // Somebody else's site invites the same person.
  const other = await newGuest();
  await signIn(other, demo().admin);
  const elsewhere = await newSite(other, `Elsewhere ${Date.now()}`);
  await guest.goto(await invite(other, elsewhere, "support", person.email));
  await guest.getByRole("link", { name: "Sign in and join" }).click();
  await guest.getByRole("button", { name: "Join", exact: true }).click();
  await guest.waitForURL(/\/s\/elsewhere/);

  await signIn(page);
  await page.goto(`${site}/collaborators`);
  await page.getByRole("link", { name: person.name }).first().click();
  await expect(page.getByRole("button", { name: "Reset MFA" })).toBeDisabled();
  await expect(page.getByText(/The operator can reset them/)).toBeVisible();
});
