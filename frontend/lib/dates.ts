/** Dates in words. A calendar day is "YYYY-MM-DD" and has no time zone. */
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

/** The first `day` of a month that comes after `today`. */
export function collectionNext(day: number, today: string): string {
  const [year = 0, month = 1, date = 1] = today.split("-").map(Number);
  const next = new Date(Date.UTC(year, day > date ? month - 1 : month, day));
  return next.toISOString().slice(0, 10);
}
