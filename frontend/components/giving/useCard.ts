import { type RefObject, useEffect, useRef, useState } from "react";
import type { Giving } from "@/lib/api/types";
import { type StripeClient, type StripeElements, stripeLoad } from "@/lib/stripe";

export type Card = { client: StripeClient; elements: StripeElements };

function colours(): Record<string, string> {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string) => style.getPropertyValue(name).trim();
  return {
    colorPrimary: token("--strong"),
    colorText: token("--ink"),
    colorBackground: token("--card"),
    colorDanger: token("--danger"),
    borderRadius: "9px",
  };
}

/** The card form: mounted once in `box`; its amount and mode follow the gift. `kind`: what is typed, in Stripe's word. */
export function useCard(
  giving: Giving,
  mode: "payment" | "subscription" | "setup",
  amount: number,
  code = giving.currency,
) {
  const box = useRef<HTMLDivElement>(null) as RefObject<HTMLDivElement | null>;
  const card = useRef<Card | null>(null);
  const [failed, setFailed] = useState(false);
  const [kind, setKind] = useState("card");
  const [attempt, setAttempt] = useState(0);
  const { script_url, publishable_key } = giving.stripe;
  const currency = code.toLowerCase();
  // A form that only keeps a card has no amount.
  const first = useRef(mode === "setup" ? { mode, currency } : { mode, amount, currency });

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks for another try.
  useEffect(() => {
    let gone = false;
    let remove = () => {};
    stripeLoad(script_url, publishable_key).then(
      (client) => {
        if (gone || !box.current) return;
        const elements = client.elements({
          ...first.current,
          // Stripe has no Welsh; left to itself it takes the browser's language, not the page's.
          locale: "en-GB",
          appearance: { variables: colours() },
        });
        const element = elements.create("payment", { layout: "accordion" });
        element.on("change", (told) => setKind(told.value.type));
        element.mount(box.current);
        remove = () => element.destroy();
        card.current = { client, elements };
      },
      () => !gone && setFailed(true),
    );
    return () => {
      gone = true;
      card.current = null;
      remove();
    };
  }, [script_url, publishable_key, attempt]);

  useEffect(() => {
    if (mode === "setup") return;
    first.current = { mode, amount, currency };
    card.current?.elements.update({ mode, amount, currency });
  }, [mode, amount, currency]);

  const retry = () => {
    setFailed(false);
    setAttempt((number) => number + 1);
  };
  return { box, card, failed, retry, kind };
}
