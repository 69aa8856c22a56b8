import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { useFormats } from "@/components/useFormats";
import { type Gift, type Gifts as GiftsPage, giftsRead, receiptUrl } from "@/lib/api/mine";
import { Dedication } from "../Dedication";
import { Wrong } from "./parts";
import { useDeed } from "./useDeed";

function useStateWords(status: Gift["status"]): string {
  const words = useTranslations("mine");
  const known: Partial<Record<Gift["status"], string>> = {
    failed: words("giftFailed"),
    processing: words("giftProcessing"),
    refunded: words("giftRefunded"),
    part_refunded: words("giftPartRefunded"),
    disputed: words("giftDisputed"),
    charged_back: words("giftDisputed"),
  };
  return known[status] ?? "";
}

function Row({ gift, hasFocus }: { gift: Gift; hasFocus: boolean }) {
  const words = useTranslations("mine");
  const { money, day } = useFormats(gift.currency);
  const state = useStateWords(gift.status);
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (hasFocus) row.current?.focus();
  }, [hasFocus]);
  const facts = { amount: money(gift.total_minor), date: day(gift.on) };
  const query = new URLSearchParams({
    amount: String(gift.amount_minor),
    currency: gift.currency,
    fund: gift.fund,
  });
  return (
    <li ref={row} tabIndex={-1}>
      <span className="when">
        {facts.date}
        <span className="hint">{gift.fund_name}</span>
        {gift.tribute && <Dedication tribute={gift.tribute} />}
        {state && <span className="tag">{state}</span>}
      </span>
      <span className="sum">{facts.amount}</span>
      <span className="links">
        {gift.receipt_number && (
          <a href={receiptUrl(gift.reference)} aria-label={words("receiptOf", facts)}>
            {words("receipt")}
          </a>
        )}
        {gift.kind === "one_off" && (
          <a href={`/donate?${query}`} aria-label={words("againOf", facts)}>
            {words("again")}
          </a>
        )}
      </span>
    </li>
  );
}

/** What was given, newest first, page after page. */
export function Gifts({ first }: { first: GiftsPage }) {
  const words = useTranslations("mine");
  const [more, setMore] = useState<Gift[]>([]);
  const [next, setNext] = useState(first.next);
  // The focus goes to the first gift of a page that was asked for.
  const [begins, setBegins] = useState(0);
  const { busy, wrong, run } = useDeed();
  const gifts = [...first.gifts, ...more];

  const follow = () =>
    run(async () => {
      const page = await giftsRead(next);
      setBegins(gifts.length);
      setMore((known) => [...known, ...page.gifts]);
      setNext(page.next);
    });

  return (
    <section aria-labelledby="gifts-title">
      <h2 id="gifts-title">{words("gifts")}</h2>
      {gifts.length === 0 && (
        <p>
          {words("noGifts")} <a href="/donate">{words("giveNow")}</a>
        </p>
      )}
      <ul className="gifts" aria-labelledby="gifts-title">
        {gifts.map((gift, at) => (
          <Row key={gift.reference} gift={gift} hasFocus={at > 0 && at === begins} />
        ))}
      </ul>
      <Wrong text={wrong} />
      {next && (
        <button type="button" aria-disabled={busy} onClick={follow}>
          {busy ? words("busy") : words("earlier")}
        </button>
      )}
    </section>
  );
}
