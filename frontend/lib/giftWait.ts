/** Asking for a gift's state until it is final. */
import type { GiftStatus } from "./api/types";

export const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;

const WAITING: ReadonlySet<GiftStatus> = new Set(["created", "requires_action", "processing"]);

export function isWaiting(status: GiftStatus): boolean {
  return WAITING.has(status);
}

/** Each question waits half as long again as the one before, so that a slow bank is not hammered. */
export function waitNext(wait: number): number {
  return Math.min(wait * 1.5, LONGEST_WAIT_MS);
}

/** From here on a person would wonder: about 15 seconds after the page opened. */
export function isLong(wait: number): boolean {
  return wait > FIRST_WAIT_MS * 1.5 ** 5;
}
