// Journeys through the console in a real Chromium, each with scripts and without.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "journeys",
  globalSetup: "./support/server.ts",
  // One server, one site, one story at a time: the journeys change settings that the next one reads.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // One set of pictures, whatever the project and the system are called.
  snapshotPathTemplate: "{testDir}/pictures/{arg}{ext}",
  forbidOnly: !!process.env.CI,
  reporter: [["list"], ["json", { outputFile: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ?? "test-results/journeys.json" }]],
  use: {
    browserName: "chromium",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "with scripts" },
    // Everything a person can do works before, and without, WASM. Journeys tagged @scripts need a script by nature.
    { name: "without scripts", use: { javaScriptEnabled: false }, grepInvert: /@scripts/ },
  ],
});
