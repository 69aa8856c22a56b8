import { useTranslations } from "next-intl";
import { useEffect, useId, useRef, useState } from "react";
import { useFormats } from "@/components/useFormats";
import type { Plan } from "@/lib/api/mine";
import type { Giving } from "@/lib/api/types";
import { Dedication } from "../Dedication";
import { Coming } from "./Coming";
import { FailedGift } from "./FailedGift";
import { PlanPanel } from "./PlanPanel";

export type PanelName =
  | "amount"
  | "day"
  | "fund"
  | "tribute"
  | "skip"
  | "pause"
  | "resume"
  | "cancel"
  | "method"
  | "again";
const BUTTONS: PanelName[] = [
  "again",
  "amount",
  "day",
  "fund",
  "tribute",
  "skip",
  "resume",
  "pause",
  "method",
  "cancel",
];

type Props = {
  plan: Plan;
  giving: Giving;
  link?: string;
  first?: PanelName;
  onPlan: (plan: Plan) => void;
  onGiven?: () => void;
};

function useButtonWords(plan: Plan): Record<PanelName, string> {
  const words = useTranslations("mine");
  return {
    amount: words("toAmount"),
    day: words("toDay"),
    fund: words("toFund"),
    tribute: words("toTribute"),
    skip: words("toSkip"),
    pause: words("toPause"),
    resume: words(plan.is_skipping ? "toUnskip" : "toResume"),
    cancel: words("toCancel"),
    method: words("toMethod"),
    again: words("toAgain"),
  };
}

function State({ plan }: { plan: Plan }) {
  const words = useTranslations("mine");
  const { day, money } = useFormats(plan.currency);
  const next = plan.coming.find((one) => one.is_taken);
  if (plan.is_over) return <p className="state over">{words("stateOver")}</p>;
  return (
    <>
      {plan.is_paused && !plan.is_skipping && plan.resumes_on && (
        <p className="state rest">{words("statePaused", { date: day(plan.resumes_on) })}</p>
      )}
      {next && (
        <p className="next">
          {words("nextGift", { amount: money(next.amount_minor), date: day(next.on) })}
        </p>
      )}
      {plan.ends_on && <p className="hint">{words("endsOn", { date: day(plan.ends_on) })}</p>}
      {plan.gifts_limit && (
        <p className="hint">{words("endsAfter", { count: plan.gifts_limit })}</p>
      )}
    </>
  );
}

/** A regular gift: what it is, what comes, and each change as a small form in its place. */
export function PlanCard({ plan, giving, link, first, onPlan, onGiven }: Props) {
  const words = useTranslations("mine");
  const { money } = useFormats(plan.currency);
  const [open, setOpen] = useState<PanelName | null>(first ?? null);
  const [said, setSaid] = useState("");
  const buttons = useRef<HTMLDivElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const opener = useRef<PanelName | null>(null);
  const id = useId();
  const labels = useButtonWords(plan);

  // The focus goes back to the button that opened the form; the button may be gone by then.
  useEffect(() => {
    if (open !== null || opener.current === null) return;
    const button = buttons.current?.querySelector<HTMLElement>(`[data-deed="${opener.current}"]`);
    opener.current = null;
    (button ?? title.current)?.focus();
  }, [open]);

  const show = (name: PanelName) => {
    setSaid("");
    opener.current = name;
    setOpen(name);
  };
  const close = (done = "") => {
    opener.current ??= open;
    setSaid(done);
    setOpen(null);
  };
  const may = BUTTONS.filter((name) =>
    name === "amount"
      ? plan.may.includes("amount") || plan.may.includes("less")
      : plan.may.includes(name),
  );

  return (
    <article className="plan" aria-labelledby={id}>
      <h3 id={id} ref={title} tabIndex={-1}>
        {words("every", { amount: money(plan.total_minor), interval: plan.interval })}
        <span>{words("forFund", { fund: plan.fund_name })}</span>
      </h3>
      {plan.tribute && <Dedication tribute={plan.tribute} />}
      {plan.method && !plan.is_over && (
        <p className="hint">{words("paidWith", { method: plan.method })}</p>
      )}
      <State plan={plan} />
      <p role="status" className="said">
        {said}
      </p>
      {plan.failed && (
        <FailedGift
          plan={plan}
          giving={giving}
          link={link}
          onPlan={onPlan}
          onCard={() => show("method")}
          onSaid={(done) => {
            setSaid(done);
            title.current?.focus();
          }}
        />
      )}
      {open && (
        <PlanPanel
          key={open}
          name={open}
          plan={plan}
          giving={giving}
          link={link}
          may={may}
          onPlan={onPlan}
          onShow={show}
          onClose={close}
          onGiven={onGiven}
        />
      )}
      {!open && may.length > 0 && (
        <div className="row" ref={buttons}>
          {may.map((name) => (
            <button type="button" key={name} data-deed={name} onClick={() => show(name)}>
              {labels[name]}
            </button>
          ))}
        </div>
      )}
      {plan.coming.length > 0 && <Coming plan={plan} />}
    </article>
  );
}
