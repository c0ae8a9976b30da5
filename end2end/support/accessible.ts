// Whether a page can be used by everybody: no axe violation in light and dark, wide and narrow, and no sideways scroll.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

type View = { width: number; colorScheme: "light" | "dark" };

const EVERY: View[] = [1440, 390].flatMap((width) => [{ width, colorScheme: "light" as const }, { width, colorScheme: "dark" as const }]);

// Each width and each theme once: for pages made of parts that others show in every view.
export const CORNERS: View[] = [EVERY[0], EVERY[3]];

// Of the page as it stands: also of one that a form has answered with.
export async function expectAccessible(page: Page, name = new URL(page.url()).pathname, views = EVERY) {
  const usual = page.viewportSize();
  for (const { width, colorScheme } of views) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const said = violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.help}): ${n.target.join(" ")}`));
    expect.soft(said, `axe on ${name}, ${width} px, ${colorScheme}`).toEqual([]);
  }
  await page.setViewportSize({ width: 320, height: 900 });
  const over = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    // The outermost parts that stick out, so that the failure names its cause.
    return [...document.querySelectorAll("body *")]
      .filter((e) => e.getBoundingClientRect().right > room + 0.5)
      .slice(0, 5)
      .map((e) => `${e.tagName.toLowerCase()}.${e.getAttribute("class") ?? ""} ends at ${Math.round(e.getBoundingClientRect().right)}`);
  });
  expect.soft(over, `${name} scrolls sideways at 320 px`).toEqual([]);
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  if (usual) await page.setViewportSize(usual);
}
