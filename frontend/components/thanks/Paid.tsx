import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { useFormats } from "@/components/useFormats";
import type { Charity, GiftState } from "@/lib/api/types";
import { type Giver, giverRead } from "@/lib/giver";
import { tabStore } from "@/lib/tabStore";
import { Dedication } from "../Dedication";
import { Icon } from "../icons";
import { Share } from "./Share";

export type PaidProps = { gift: GiftState; charity: Charity | null };

function useGiver(reference: string): Giver | null {
  const [giver, setGiver] = useState<Giver | null>(null);
  useEffect(() => setGiver(giverRead(tabStore(), reference)), [reference]);
  return giver;
}

const who = (chunks: React.ReactNode) => <bdi>{chunks}</bdi>;

function Receipt({ giver, charity }: { giver: Giver | null; charity: Charity | null }) {
  const words = useTranslations("thanks");
  return (
    <>
      <p>{giver ? words.rich("receiptTo", { email: giver.email, who }) : words("receipt")}</p>
      {charity && <p className="hint">{words("receiptFix", { email: charity.email })}</p>}
    </>
  );
}

function Monthly({ gift }: { gift: GiftState }) {
  const words = useTranslations("thanks");
  const { day } = useFormats(gift.currency);
  return (
    <>
      {gift.next_collection_on && (
        <p>
          {gift.interval && words("rhythm", { interval: gift.interval })}{" "}
          {words("monthly", { date: day(gift.next_collection_on) })}
        </p>
      )}
      <p className="hint">{words("monthlyStop")}</p>
    </>
  );
}

export function Paid({ gift, charity }: PaidProps) {
  const words = useTranslations("thanks");
  const { money } = useFormats(gift.currency);
  const giver = useGiver(gift.reference);
  const amount = money(gift.amount_minor);
  return (
    <>
      <Icon name="done" />
      <h1>{giver ? words.rich("titleNamed", { name: giver.name, who }) : words("title")}</h1>
      <p className="lead">
        {words("gave", { amount: money(gift.total_minor), fund: gift.fund_name })}
      </p>
      {giver?.tribute && (
        <p>
          <Dedication tribute={giver.tribute} />
        </p>
      )}
      {gift.fee_cover_minor > 0 && (
        <p className="hint">{words("cover", { fee: money(gift.fee_cover_minor), amount })}</p>
      )}
      <section aria-labelledby="next-title">
        <h2 id="next-title">{words("next")}</h2>
        <Receipt giver={giver} charity={charity} />
        {gift.kind === "monthly" && <Monthly gift={gift} />}
        <p className="hint">{words("reference", { reference: gift.reference })}</p>
      </section>
      <section aria-labelledby="tell-title">
        <h2 id="tell-title">{words("tell")}</h2>
        <p>{words("tellHelp")}</p>
        <Share charity={charity?.name ?? gift.fund_name} />
      </section>
    </>
  );
}
