import { createTranslator } from "next-intl";
import { describe, expect, it } from "vitest";
import welsh from "@/messages/cy.json";
import english from "@/messages/en.json";
import { collectionDayDefault, collectionNext, dayInWords, giftNext, todayInLondon } from "./dates";

const inEnglish = createTranslator({ locale: "en", messages: english, namespace: "dates" });
const inWelsh = createTranslator({ locale: "cy", messages: welsh, namespace: "dates" });

describe("a day in words", () => {
  it("has each month's English name, as Intl has it", () => {
    const names = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
    for (let month = 1; month <= 12; month += 1) {
      const iso = `2026-${String(month).padStart(2, "0")}-05`;
      expect(dayInWords(iso, inEnglish)).toBe(names.format(new Date(iso)));
    }
  });

  it("has each month's Welsh name, as Intl has it", () => {
    const names = new Intl.DateTimeFormat("cy", { dateStyle: "long", timeZone: "UTC" });
    for (let month = 1; month <= 12; month += 1) {
      const iso = `2026-${String(month).padStart(2, "0")}-22`;
      expect(dayInWords(iso, inWelsh)).toBe(names.format(new Date(iso)));
    }
  });
});

describe("today", () => {
  it.each([
    ["2026-06-30T23:30:00Z", "2026-07-01"],
    ["2026-12-31T23:30:00Z", "2026-12-31"],
  ])("at %s is %s in London", (instant, day) => {
    expect(todayInLondon(new Date(instant))).toBe(day);
  });
});

describe("the second gift", () => {
  it.each([
    ["week", "2026-12-28", "2027-01-04"],
    ["month", "2026-11-24", "2026-12-15"],
    ["quarter", "2026-11-24", "2027-02-24"],
    ["quarter", "2026-11-30", "2027-02-28"],
    ["year", "2028-02-29", "2029-02-28"],
    ["year", "2026-12-31", "2027-12-31"],
  ] as const)("of one each %s that begins on %s is on %s", (interval, today, next) => {
    expect(giftNext(interval, 15, today)).toBe(next);
  });
});

describe("the collection day", () => {
  it.each([
    ["2026-11-24", 24],
    ["2026-11-28", 28],
    ["2026-12-31", 28],
  ])("on %s is meant to be the %i", (today, day) => {
    expect(collectionDayDefault(today)).toBe(day);
  });

  it.each([
    [25, "2026-11-24", "2026-11-25"],
    [24, "2026-11-24", "2026-12-24"],
    [1, "2026-12-31", "2027-01-01"],
    [28, "2027-01-31", "2027-02-28"],
  ])("%i after %s comes on %s", (day, today, next) => {
    expect(collectionNext(day, today)).toBe(next);
  });
});
