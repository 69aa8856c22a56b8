import { useTranslations } from "next-intl";
import { useFormats } from "@/components/useFormats";
import type { Plan } from "@/lib/api/mine";
import { GUARANTEE } from "@/lib/guarantee";
import { Tick } from "../giving/fields";

type Props = { plan: Plan; charity: string; agreed: boolean; onAgree: (agreed: boolean) => void };

/** What the payer of a Direct Debit reads and says yes to before it is set up, as the scheme asks. */
export function DebitPart({ plan, charity, agreed, onAgree }: Props) {
  const words = useTranslations("mine");
  const { money, day } = useFormats(plan.currency);
  const next = plan.coming.find((one) => one.is_taken);
  return (
    <section className="debit" aria-label={words("debitTitle")}>
      {plan.failed && <p>{words("debitNow", { amount: money(plan.failed.amount_minor) })}</p>}
      {next && (
        <p>{words("debitNext", { amount: money(next.amount_minor), date: day(next.on) })}</p>
      )}
      <p>{words("debitTold")}</p>
      <p className="hint">{words("debitName", { charity })}</p>
      <details>
        <summary>{words("debitGuarantee")}</summary>
        <ul lang="en">
          {GUARANTEE.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </details>
      <Tick name="debit" checked={agreed} onTick={onAgree}>
        {words("debitAgree", { charity })}
      </Tick>
    </section>
  );
}
