"use client";

import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useFormats } from "@/components/useFormats";
import type { Giving } from "@/lib/api/types";
import { collectionDayDefault, collectionNext } from "@/lib/dates";
import { draftKeep, draftRead } from "@/lib/draft";
import { formAmount, formEmpty, formMistakes, type Mistake } from "@/lib/giftForm";
import { give } from "@/lib/give";
import { keyOpen, keyStore } from "@/lib/idempotency";
import { feeCover } from "@/lib/money";
import type { Prefill } from "@/lib/prefill";
import { tabStore } from "@/lib/tabStore";
import { AmountPart } from "./AmountPart";
import { CardPart } from "./CardPart";
import { type Set as Setter, Text, Tick } from "./fields";
import { More } from "./More";
import { Summary } from "./Summary";
import { type Card, useCard } from "./useCard";

type Props = { giving: Giving; today: string; title: string; prefill: Prefill };

/** Runs one press of the button at a time; `busy` stays on while the browser leaves the page. */
function useBusy() {
  const [busy, setBusy] = useState(false);
  const working = useRef(false);
  useEffect(() => {
    const shown = () => {
      working.current = false;
      setBusy(false);
    };
    // The browser may show this page again as it was left, after "back".
    window.addEventListener("pageshow", shown);
    return () => window.removeEventListener("pageshow", shown);
  }, []);
  async function once(work: () => Promise<boolean>) {
    if (working.current) return;
    working.current = true;
    setBusy(true);
    let leaving = false;
    try {
      leaving = await work();
    } finally {
      working.current = leaving;
      setBusy(leaving);
    }
  }
  return { busy, once };
}

/** What was typed, its amount, and what is wrong with it. */
function useGift(giving: Giving, today: string, prefill: Prefill) {
  const [empty] = useState(() => formEmpty(giving, collectionDayDefault(today)));
  const [form, setForm] = useState(empty);
  const [mistakes, setMistakes] = useState<Mistake[]>([]);
  useEffect(() => setForm(draftRead(tabStore(), empty, giving, prefill)), [empty, giving, prefill]);
  useEffect(() => {
    if (form !== empty) draftKeep(tabStore(), form);
  }, [form, empty]);
  const read = formAmount(form, giving.currency);
  const amount = read !== null && read <= giving.maximum_minor ? read : null;
  const fee = amount === null ? 0 : feeCover(amount, giving.fee);
  const total = (amount ?? giving.minimum_minor) + (form.coversFee ? fee : 0);
  const set: Setter = (name, value) =>
    setForm((before) => ({
      ...before,
      ...(name === "kind" && before.choice !== "other" ? { choice: "" } : {}),
      [name]: value,
    }));
  return { form, set, mistakes, setMistakes, amount, fee, total };
}

export function GiveForm({ giving, today, title, prefill }: Props) {
  const words = useTranslations("give");
  const says = useTranslations("mistakes");
  const language = useLocale();
  const { money, day } = useFormats(giving.currency);
  const { form, set, mistakes, setMistakes, amount, fee, total } = useGift(giving, today, prefill);
  const { busy, once } = useBusy();
  const monthly = form.kind === "monthly";
  const mode = monthly ? "subscription" : "payment";
  const card = useCard(giving, mode, Math.max(total, giving.minimum_minor));
  const { email, name, status_line } = giving.charity;

  useEffect(() => void keyOpen(keyStore()), []);

  async function send(): Promise<boolean> {
    const found = formMistakes(form, giving, { mistakes: says, labels: words, language });
    const ready: Card | null = card.card.current;
    if (!ready) found.push({ field: "card", text: says("card") });
    setMistakes(found);
    if (found.length > 0 || !ready) return false;
    const outcome = await give(form, giving, ready, says, language);
    if ("reference" in outcome) window.location.assign(`/thanks/${outcome.reference}`);
    else setMistakes(outcome.mistakes);
    return "reference" in outcome;
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    void once(send);
  }

  function button(): string {
    if (busy) return words("busy");
    if (amount === null) return words(monthly ? "buttonMonthly" : "button");
    return words(monthly ? "buttonAmountMonthly" : "buttonAmount", { amount: money(total) });
  }

  const part = { form, set, mistakes };
  return (
    <form autoComplete="off" noValidate onSubmit={submit}>
      <Summary mistakes={mistakes} title={title} />
      <h1>{words("title", { charity: name })}</h1>
      <AmountPart {...part} giving={giving} today={today} />
      <section aria-labelledby="you-title">
        <h2 id="you-title">{words("you")}</h2>
        <Text {...part} name="name" label={words("name")} auto="name" />
        <Text
          {...part}
          name="email"
          label={words("email")}
          type="email"
          mode="email"
          auto="email"
          hint={words("emailHelp")}
        />
        <More {...part} />
      </section>
      <CardPart card={card} mistakes={mistakes} />
      {amount !== null && (
        <Tick name="coversFee" checked={form.coversFee} onTick={(on) => set("coversFee", on)}>
          {words("cover", { fee: money(fee) })}
        </Tick>
      )}
      <p className="hint">
        {monthly
          ? words("takenMonthly", { date: day(collectionNext(form.day, today)), email })
          : words("takenOnce", { email })}
      </p>
      <p className="hint">{status_line}</p>
      <button type="submit" className="main" disabled={busy}>
        {button()}
      </button>
    </form>
  );
}
