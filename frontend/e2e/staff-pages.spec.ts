import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "@playwright/test";
import { staffSignIn } from "./giving";
import { SIGNED_OUT, staffPages } from "./staff-pages";

/** The four looks of a page. Each page is seen in one of them; with TOUR=1 (minutes) in every one. */
const LOOKS = [
  { colorScheme: "light", width: 390 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "dark", width: 390 },
  { colorScheme: "light", width: 1280 },
] as const;
const PARTS = 4;
const { TOUR, TOUR_PICTURES } = process.env;

async function faults(page: Page, name: string, address: string, look: string): Promise<string[]> {
  const answer = await page.goto(address);
  if (TOUR_PICTURES) await page.screenshot({ path: `${TOUR_PICTURES}/${name}-${look}.png` });
  const wide = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  // In the page itself and with violations alone: else axe opens a second page to carry over what passed, which
  // for a table of a hundred rows takes longer than a test may.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ["violations"] })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const place = `${name}, ${look}`;
  return [
    ...((answer?.status() ?? 0) >= 500 ? [`${place}: ${answer?.status()}`] : []),
    ...(wide > 0 ? [`${place}: ${wide} px too wide`] : []),
    ...serious.map(({ id, nodes }) => `${place}: ${id} ${nodes.length} ${nodes[0]?.html}`),
  ];
}

async function walk(
  page: Page,
  pages: [string, string][],
  looks: readonly (typeof LOOKS)[number][],
): Promise<string[]> {
  const found: string[] = [];
  for (const { colorScheme, width } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 844 });
    for (const [name, address] of pages)
      found.push(...(await faults(page, name, address, `${width}-${colorScheme}`)));
  }
  return found;
}

for (let part = 0; part < PARTS; part += 1) {
  test(`every page of staff fits and passes axe: part ${part + 1} of ${PARTS}`, async ({
    page,
  }) => {
    test.setTimeout(TOUR ? 600_000 : 120_000);
    const looks = TOUR ? LOOKS : LOOKS.slice(part, part + 1);
    const found = part ? [] : await walk(page, Object.entries(SIGNED_OUT), looks);
    await staffSignIn(page);
    const pages = Object.entries(await staffPages(page));
    found.push(
      ...(await walk(
        page,
        pages.filter((_, place) => place % PARTS === part),
        looks,
      )),
    );
    expect(found).toEqual([]);
  });
}
