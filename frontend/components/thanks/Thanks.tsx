"use client";

import { useEffect, useState } from "react";
import { giftRead } from "@/lib/api/giving";
import { ApiError } from "@/lib/api/http";
import type { GiftState } from "@/lib/api/types";
import { dayInWords } from "@/lib/dates";
import { draftClear } from "@/lib/draft";
import { keyClear, keyStore } from "@/lib/idempotency";
import { moneyFormat } from "@/lib/money";

type Seen = { state: GiftState | null; trouble: "none" | "missing" | "network" };
const WAITING = new Set(["created", "requires_action", "processing"]);
const LONGEST_MS = 15_000;

function useGift(reference: string): Seen {
  const [seen, setSeen] = useState<Seen>({ state: null, trouble: "none" });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    async function ask(wait: number) {
      try {
        const state = await giftRead(reference);
        if (gone) return;
        setSeen({ state, trouble: "none" });
        if (!WAITING.has(state.status)) {
          if (state.status === "succeeded") {
            keyClear(keyStore());
            draftClear(sessionStorage);
          }
          return;
        }
      } catch (error) {
        if (gone) return;
        const missing = error instanceof ApiError && error.status === 404;
        setSeen((before) => ({ ...before, trouble: missing ? "missing" : "network" }));
        if (missing) return;
      }
      timer = setTimeout(() => void ask(Math.min(wait * 1.5, LONGEST_MS)), wait);
    }
    void ask(1000);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [reference]);
  return seen;
}

function useGiver(reference: string): { name: string; email: string } | null {
  const [giver, setGiver] = useState<{ name: string; email: string } | null>(null);
  useEffect(() => {
    const text = sessionStorage.getItem(`domaap.giver.${reference}`);
    if (text) setGiver(JSON.parse(text) as { name: string; email: string });
  }, [reference]);
  return giver;
}

function Share() {
  const [words, setWords] = useState("Copy the link to share");
  const copy = () =>
    navigator.clipboard.writeText(`${window.location.origin}/donate`).then(
      () => setWords("Copied"),
      () => setWords(`${window.location.origin}/donate`),
    );
  return (
    <button type="button" onClick={() => void copy()}>
      {words}
    </button>
  );
}

function Paid({ gift, reference }: { gift: GiftState; reference: string }) {
  const giver = useGiver(reference);
  return (
    <>
      <h1>{giver ? `Thank you, ${giver.name}` : "Thank you"}</h1>
      <p className="lead">
        You gave {moneyFormat(gift.total_minor, gift.currency)} to {gift.fund_name}.
      </p>
      <p>Your receipt is on its way{giver ? ` to ${giver.email}` : " by e-mail"}.</p>
      {gift.next_collection_on && (
        <p>Your next gift will be collected on {dayInWords(gift.next_collection_on)}.</p>
      )}
      <p className="hint">Reference: {reference}</p>
      <Share />
    </>
  );
}

export function Thanks({ reference }: { reference: string }) {
  const { state, trouble } = useGift(reference);
  if (trouble === "missing")
    return (
      <>
        <h1>We did not find this gift</h1>
        <p>Please check the address, or look for the receipt in your e-mail.</p>
        <a href="/donate">Go to the giving page</a>
      </>
    );
  if (state && (state.status === "failed" || state.status === "cancelled"))
    return (
      <>
        <h1>The payment did not go through</h1>
        <p>{state.failure?.message ?? "You have not been charged."}</p>
        <a href="/donate">Try again</a>
      </>
    );
  if (state && !WAITING.has(state.status)) return <Paid gift={state} reference={reference} />;
  return (
    <div role="status">
      <h1>Your gift is being confirmed</h1>
      <p>
        {trouble === "network"
          ? "We cannot reach the server just now. We keep asking: there is no need to pay again."
          : "This usually takes a few seconds. There is no need to pay again."}
      </p>
    </div>
  );
}
