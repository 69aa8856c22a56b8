"use client";

import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Giving } from "@/lib/api/types";
import { collectionDayDefault, collectionNext, dayInWords } from "@/lib/dates";
import { draftKeep, draftRead } from "@/lib/draft";
import { formAmount, formEmpty, formMistakes, type Mistake } from "@/lib/giftForm";
import { give } from "@/lib/give";
import { keyOpen, keyStore } from "@/lib/idempotency";
import { feeCover, moneyFormat } from "@/lib/money";
import { AmountPart } from "./AmountPart";
import { type Part, type Set as Setter, Text, Tick, Wrong } from "./fields";
import { useCard } from "./useCard";

function Summary({ mistakes }: { mistakes: Mistake[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    document.title = mistakes.length > 0 ? "Error: Give" : "Give";
    if (mistakes.length > 0) box.current?.focus();
  }, [mistakes]);
  if (mistakes.length === 0) return null;
  return (
    <div ref={box} className="summary" role="alert" tabIndex={-1}>
      <h2>There is a problem</h2>
      <ul>
        {mistakes.map(({ field, text }) => (
          <li key={`${field}${text}`}>{field ? <a href={`#${field}`}>{text}</a> : text}</li>
        ))}
      </ul>
    </div>
  );
}

function More(props: Part) {
  const inside = new Set<string | null>(["phone", "line1", "line2", "city", "postcode", "message"]);
  const wrong = props.mistakes.some((mistake) => inside.has(mistake.field));
  return (
    <details open={wrong || undefined}>
      <summary>Add a message or an address</summary>
      <Text {...props} name="phone" label="Phone (optional)" type="tel" mode="tel" auto="tel" />
      <Text {...props} name="line1" label="Address line 1 (optional)" auto="address-line1" />
      <Text {...props} name="line2" label="Address line 2 (optional)" auto="address-line2" />
      <Text {...props} name="city" label="Town or city (optional)" auto="address-level2" />
      <Text {...props} name="postcode" label="Postcode (optional)" auto="postal-code" />
      <Text {...props} name="message" label="Message (optional)" auto="off" />
      <Tick
        name="anonymous"
        checked={props.form.anonymous}
        onTick={(on) => props.set("anonymous", on)}
      >
        Keep my name from the public
      </Tick>
    </details>
  );
}

export function GiveForm({ giving, today }: { giving: Giving; today: string }) {
  const [empty] = useState(() => formEmpty(giving, collectionDayDefault(today)));
  const [form, setForm] = useState(empty);
  const [mistakes, setMistakes] = useState<Mistake[]>([]);
  const [busy, setBusy] = useState(false);
  const working = useRef(false);
  const monthly = form.kind === "monthly";
  const read = formAmount(form, giving.currency);
  const amount = read !== null && read <= giving.maximum_minor ? read : null;
  const fee = amount === null ? 0 : feeCover(amount, giving.fee);
  const total = (amount ?? giving.minimum_minor) + (form.coversFee ? fee : 0);
  const card = useCard(
    giving,
    monthly ? "subscription" : "payment",
    Math.max(total, giving.minimum_minor),
  );
  const sum = amount === null ? "" : ` ${moneyFormat(total, giving.currency)}`;

  useEffect(() => setForm(draftRead(sessionStorage, empty, giving)), [empty, giving]);
  useEffect(() => {
    if (form !== empty) draftKeep(sessionStorage, form);
  }, [form, empty]);
  useEffect(() => {
    keyOpen(keyStore());
    const shown = () => {
      working.current = false;
      setBusy(false);
    };
    window.addEventListener("pageshow", shown);
    return () => window.removeEventListener("pageshow", shown);
  }, []);

  const set: Setter = (name, value) =>
    setForm((before) => ({
      ...before,
      ...(name === "kind" && before.choice !== "other" ? { choice: "" } : {}),
      [name]: value,
    }));

  async function send() {
    const found = formMistakes(form, giving);
    if (!card.card.current) found.push({ field: "card", text: "The card form has not loaded yet" });
    setMistakes(found);
    if (found.length > 0 || !card.card.current) return;
    const outcome = await give(form, giving, card.card.current);
    if ("reference" in outcome) window.location.assign(`/thanks/${outcome.reference}`);
    else setMistakes(outcome.mistakes);
    return "reference" in outcome;
  }

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (working.current) return;
    working.current = true;
    setBusy(true);
    let leaving: boolean | undefined;
    try {
      leaving = await send();
    } finally {
      working.current = leaving === true;
      setBusy(leaving === true);
    }
  }

  const part = { form, set, mistakes };
  return (
    <form autoComplete="off" noValidate onSubmit={(event) => void submit(event)}>
      <Summary mistakes={mistakes} />
      <h1>Give to {giving.charity.name}</h1>
      <AmountPart {...part} giving={giving} today={today} />
      <Text {...part} name="name" label="Name" auto="name" />
      <Text
        {...part}
        name="email"
        label="E-mail"
        type="email"
        mode="email"
        auto="email"
        hint="For your receipt."
      />
      <More {...part} />
      {amount !== null && (
        <Tick name="coversFee" checked={form.coversFee} onTick={(on) => set("coversFee", on)}>
          Add {moneyFormat(fee, giving.currency)} to cover the card fee (an estimate)
        </Tick>
      )}
      <h2>Your card</h2>
      <Wrong field="card" mistakes={mistakes} />
      {card.failed && (
        <p className="wrong">
          The card form did not load.{" "}
          <button type="button" onClick={card.retry}>
            Try again
          </button>
        </p>
      )}
      <div id="card" ref={card.box} className="cardbox" tabIndex={-1} />
      <p>{giving.charity.status_line}</p>
      <p>
        {monthly
          ? `Taken today, then each month: next on ${dayInWords(collectionNext(form.day, today))}. Stop at any time by the link in every e-mail, or write to ${giving.charity.email}.`
          : `Taken once, today. Questions: ${giving.charity.email}.`}
      </p>
      <button type="submit" className="main" disabled={busy}>
        {busy ? "Working: please wait" : `Give${sum}${monthly ? " every month" : ""}`}
      </button>
    </form>
  );
}
