/** Dates in words. A calendar day is "YYYY-MM-DD" and has no time zone. */
import type { Interval } from "./api/types";
import type { Words } from "./words";

export const LAST_COLLECTION_DAY = 28;

/**
 * "2026-12-15" is "15 December 2026". The months are ours: a browser without Welsh would name
 * them in another language than the server did.
 */
export function dayInWords(iso: string, words: Words<"dates">): string {
  const [year = 0, month = 0, day = 0] = iso.split("-").map(Number);
  return words("full", { day: String(day), month: String(month), year: String(year) });
}

/** Today in London, where the charity collects. */
export function todayInLondon(now = new Date()): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/London" });
  return parts.format(now);
}

/** The collection day that is meant when none is chosen: today's, at most the 28th. */
export function collectionDayDefault(today: string): number {
  return Math.min(Number(today.slice(8, 10)), LAST_COLLECTION_DAY);
}

const MONTHS = { month: 1, quarter: 3, year: 12 };

/** When the second gift is taken: the chosen day of a monthly plan, else a period from today. */
export function giftNext(interval: Interval, day: number, today: string): string {
  if (interval === "month") return collectionNext(day, today);
  const [year = 0, month = 1, date = 1] = today.split("-").map(Number);
  if (interval === "week") return isoDay(year, month - 1, date + 7);
  const ahead = month - 1 + MONTHS[interval];
  // Day 0 of the month after is its last day: a shorter month has no 31st.
  const last = new Date(Date.UTC(year, ahead + 1, 0)).getUTCDate();
  return isoDay(year, ahead, Math.min(date, last));
}

function isoDay(year: number, month: number, date: number): string {
  return new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10);
}

/** The first `day` of a month that comes after `today`. */
export function collectionNext(day: number, today: string): string {
  const [year = 0, month = 1, date = 1] = today.split("-").map(Number);
  return isoDay(year, day > date ? month - 1 : month, day);
}
