/** The calls that the giving pages make. */
import { cache } from "react";
import { apiCall } from "./http";
import type { GiftKind, GiftRequest, GiftStarted, GiftState, Giving } from "./types";

/** The giving page's facts, asked by the server itself: once per page, whoever needs them. */
export const givingRead = cache((): Promise<Giving> => {
  const base = process.env.WEB_URL ?? "http://127.0.0.1:8000";
  return apiCall<Giving>(`${base}/api/giving/`);
});

const STARTS: Record<GiftKind, string> = {
  one_off: "/api/stripe/payment-intent/",
  monthly: "/api/stripe/subscription-intent/",
};

/** Starts a gift. The same key and details never start a second one. */
export function giftStart(kind: GiftKind, gift: GiftRequest): Promise<GiftStarted> {
  const { collection_day, ...rest } = gift;
  const body = kind === "monthly" ? { ...rest, collection_day } : rest;
  return apiCall<GiftStarted>(STARTS[kind], {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function giftRead(reference: string): Promise<GiftState> {
  return apiCall<GiftState>(`/api/donations/${encodeURIComponent(reference)}/`);
}
