import { useEffect, useState } from "react";
import { giftRead } from "@/lib/api/giving";
import { ApiError } from "@/lib/api/http";
import type { GiftState } from "@/lib/api/types";
import { draftClear } from "@/lib/draft";
import { FIRST_WAIT_MS, isLong, isWaiting, waitNext } from "@/lib/giftWait";
import { keyClear, keyStore } from "@/lib/idempotency";
import { tabStore } from "@/lib/tabStore";

export type Seen = {
  state: GiftState | null;
  trouble: "none" | "missing" | "network";
  isLong: boolean;
};

/** The gift as it is now, asked again until it is final. */
export function useGift(reference: string): Seen {
  const [seen, setSeen] = useState<Seen>({ state: null, trouble: "none", isLong: false });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    async function ask(wait: number) {
      try {
        const state = await giftRead(reference);
        if (gone) return;
        setSeen({ state, trouble: "none", isLong: isLong(wait) });
        if (!isWaiting(state.status)) {
          if (state.status === "succeeded") {
            keyClear(keyStore());
            draftClear(tabStore());
          }
          return;
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (gone) return;
        const missing = error.status === 404;
        setSeen((before) => ({ ...before, trouble: missing ? "missing" : "network" }));
        if (missing) return;
      }
      timer = setTimeout(() => void ask(waitNext(wait)), wait);
    }
    void ask(FIRST_WAIT_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [reference]);
  return seen;
}
