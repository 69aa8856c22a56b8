"use client";

import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useFormats } from "@/components/useFormats";
import type { Giving } from "@/lib/api/types";
import { collectionDayDefault, giftNext } from "@/lib/dates";
import { draftKeep, draftRead } from "@/lib/draft";
import { formAmount, formEmpty, formMistakes, formWith, type Mistake } from "@/lib/giftForm";
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
import { TributePart } from "./TributePart";
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
  const read = formAmount(form);
  const amount = read !== null && read <= giving.maximum_minor ? read : null;
  const fee = amount === null ? 0 : feeCover(amount, giving.fee);
  const total = (amount ?? giving.minimum_minor) + (form.coversFee ? fee : 0);
  const set: Setter = (name, value) => setForm((before) => formWith(before, name, value, giving));
  return { form, set, mistakes, setMistakes, amount, fee, total };
}

export function GiveForm({ giving, today, title, prefill }: Props) {
  const words = useTranslations("give");
  const says = useTranslations("mistakes");
  const language = useLocale();
  const dates = useTranslations("dates");
  const { form, set, mistakes, setMistakes, amount, fee, total } = useGift(giving, today, prefill);
  const { money, day } = useFormats(form.currency);
  const { busy, once } = useBusy();
  const monthly = form.kind === "monthly";
  const mode = monthly ? "subscription" : "payment";
  const card = useCard(giving, mode, Math.max(total, giving.minimum_minor), form.currency);
  const { email, name, status_line } = giving.charity;

  useEffect(() => void keyOpen(keyStore()), []);

  async function send(): Promise<boolean> {
    const speech = { mistakes: says, labels: words, dates, language, today };
    const found = formMistakes(form, giving, speech);
    const ready: Card | null = card.card.current;
    if (!ready) found.push({ field: "card", text: says("card") });
    setMistakes(found);
    if (found.length > 0 || !ready) return false;
    const outcome = await give(form, ready, says, language);
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
    const { interval } = form;
    if (amount === null) return monthly ? words("buttonRegular", { interval }) : words("button");
    if (!monthly) return words("buttonAmount", { amount: money(total) });
    return words("buttonAmountRegular", { amount: money(total), interval });
  }

  /** When money is taken, and until when. */
  function taken(): string {
    if (!monthly) return words("takenOnce", { email });
    const { interval, ends, gifts, endsOn } = form;
    const date = day(giftNext(interval, form.day, today));
    const end = words("takenEnd", { end: ends, count: gifts, date: endsOn && day(endsOn) });
    const isSet = ends === "gifts" ? gifts.trim() : ends === "date" && endsOn;
    return words("takenRegular", { interval, date, email, end: isSet ? end : "" });
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
        <TributePart {...part} />
        <More {...part} />
      </section>
      <CardPart card={card} mistakes={mistakes} />
      {amount !== null && (
        <Tick name="coversFee" checked={form.coversFee} onTick={(on) => set("coversFee", on)}>
          {words("cover", { fee: money(fee) })}
        </Tick>
      )}
      <p className="hint">{taken()}</p>
      <p className="hint">{status_line}</p>
      <button type="submit" className="main" disabled={busy}>
        {button()}
      </button>
    </form>
  );
}
