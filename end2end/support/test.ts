// The journeys' `test`: a page whose console must stay silent, and one that is signed in.
import { test as base, expect, type BrowserContext, type Page } from "@playwright/test";
import { demo, type Account } from "./demo";

export { expect };

// A refused form is answered with 422 (or 401, 403, 404, 409, 410, 429) and the browser says so; that is no fault.
const expected = /^Failed to load resource: the server responded with a status of 4(01|03|04|09|10|22|29) /;

// The browser's own promise about a view transition that it skipped; nobody's script made it.
const skipped = /Transition was (aborted|skipped)/;

function listen(context: BrowserContext, scripts: boolean, faults: string[]) {
  context.on("console", (message) => {
    if (message.type() === "error" && !expected.test(message.text())) faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => {
    if (!skipped.test(String(error.error()))) faults.push(`script: ${error.error()}`);
  });
  context.on("requestfailed", (request) => {
    const why = request.failure()?.errorText ?? "";
    // Without scripts the browser itself turns down the page's one script.
    const turnedDown = !scripts && why === "csp" && request.resourceType() === "script";
    if (!turnedDown && !why.includes("ERR_ABORTED")) faults.push(`request: ${request.url()} ${why}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 500) faults.push(`server: ${response.status()} ${response.url()}`);
  });
}

export async function signIn(page: Page, account: Account = demo().owner, at = demo().url) {
  await page.goto(`${at}/sign-in`);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL((url) => url.pathname !== "/sign-in");
}

type State = Awaited<ReturnType<BrowserContext["storageState"]>>;

type Own = { faults: string[]; quiet: void; newGuest: () => Promise<Page>; owner: Page; site: string };

export const test = base.extend<Own, { ownerState: State; home: string }>({
  faults: async ({}, use) => use([]),

  // Every context of every test is listened to: console errors, refused content, failed requests and 5xx fail it.
  quiet: [
    async ({ context, javaScriptEnabled, faults }, use) => {
      listen(context, javaScriptEnabled ?? true, faults);
      await use();
      expect(faults, "the browsers had nothing to complain about").toEqual([]);
    },
    { auto: true },
  ],

  // Somebody else's browser: cookies of its own, scripts as everywhere in this test.
  newGuest: async ({ browser, javaScriptEnabled, faults }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await browser.newContext({ javaScriptEnabled });
      contexts.push(context);
      listen(context, javaScriptEnabled ?? true, faults);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  // The owner signs in once for all tests of a worker.
  ownerState: [
    async ({ browser }, use) => {
      const context = await browser.newContext();
      await signIn(await context.newPage());
      await use(await context.storageState());
      await context.close();
    },
    { scope: "worker" },
  ],

  // The demo site, whatever other sites the owner has made and looked at meanwhile.
  home: [
    async ({}, use) => use(`${demo().url}/s/harbour-books`),
    { scope: "worker" },
  ],

  // A page on which the owner is signed in, and the site's address.
  owner: async ({ context, page, ownerState }, use) => {
    await context.addCookies(ownerState.cookies);
    await use(page);
  },
  site: async ({ home }, use) => use(home),
});
