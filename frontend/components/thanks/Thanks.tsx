"use client";

import { useTranslations } from "next-intl";
import { useFormats } from "@/components/useFormats";
import type { Charity, GiftState } from "@/lib/api/types";
import { declineWords } from "@/lib/declines";
import { isWaiting } from "@/lib/giftWait";
import { Icon } from "../icons";
import { Paid, type PaidProps } from "./Paid";
import { type Seen, useGift } from "./useGift";

function Unknown() {
  const words = useTranslations("thanks");
  const page = useTranslations("page");
  return (
    <>
      <Icon name="attention" />
      <h1>{words("unknown")}</h1>
      <p>{words("unknownHelp")}</p>
      <a href="/donate">{page("toGiving")}</a>
    </>
  );
}

function Waiting({ seen }: { seen: Seen }) {
  const words = useTranslations("thanks");
  const begun = seen.state !== null && seen.state.status !== "processing";
  const help = seen.isLong ? "waitingLong" : "waitingHelp";
  return (
    <>
      <div className="spinner" />
      <h1>{words("waiting")}</h1>
      <p>{words(seen.trouble === "network" ? "offline" : help)}</p>
      {begun && seen.isLong && (
        <p>{words.rich("unfinished", { link: (chunks) => <a href="/donate">{chunks}</a> })}</p>
      )}
    </>
  );
}

function Failed({ gift, charity }: PaidProps) {
  const words = useTranslations("thanks");
  const says = useTranslations("mistakes");
  return (
    <>
      <Icon name="attention" />
      <h1>{words("failed")}</h1>
      <p>{gift.failure ? declineWords(gift.failure.code, says) : words("cancelled")}</p>
      {charity && <p className="hint">{words("help", { email: charity.email })}</p>}
      <a className="button" href="/donate">
        {words("again")}
      </a>
    </>
  );
}

/** What became of a gift after it was paid. */
function Afterwards({ gift, kind }: { gift: GiftState; kind: "refunded" | "disputed" }) {
  const words = useTranslations("thanks");
  const { money } = useFormats(gift.currency);
  const facts = { amount: money(gift.total_minor), fund: gift.fund_name };
  return (
    <>
      <Icon name="attention" />
      <h1>{words(kind)}</h1>
      <p>{words(kind === "refunded" ? "refundedHelp" : "disputedHelp", facts)}</p>
      <p className="hint">{words("reference", { reference: gift.reference })}</p>
    </>
  );
}

function Outcome({ seen, charity }: { seen: Seen; charity: Charity | null }) {
  const gift = seen.state;
  if (seen.trouble === "missing") return <Unknown />;
  if (gift === null || isWaiting(gift.status)) return <Waiting seen={seen} />;
  if (gift.status === "failed" || gift.status === "cancelled")
    return <Failed gift={gift} charity={charity} />;
  if (gift.status === "refunded" || gift.status === "disputed")
    return <Afterwards gift={gift} kind={gift.status} />;
  return <Paid gift={gift} charity={charity} />;
}

/** One region for every state, so that a screen reader hears each change. */
export function Thanks({ reference, charity }: { reference: string; charity: Charity | null }) {
  const seen = useGift(reference);
  return (
    <div role="status" className="outcome">
      <Outcome seen={seen} charity={charity} />
    </div>
  );
}
