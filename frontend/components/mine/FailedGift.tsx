import { useTranslations } from "next-intl";
import { useFormats } from "@/components/useFormats";
import { type Plan, planRead, planRetry } from "@/lib/api/mine";
import type { Giving } from "@/lib/api/types";
import { cardWords, declineWords } from "@/lib/declines";
import { stripeLoad } from "@/lib/stripe";
import { Icon } from "../icons";
import { Wrong } from "./parts";
import { useDeed } from "./useDeed";

type Props = {
  plan: Plan;
  giving: Giving;
  link?: string;
  onPlan: (plan: Plan) => void;
  onCard: () => void;
  onSaid: (words: string) => void;
};

/** A gift that did not come: what happened, and the one thing that puts it right. */
export function FailedGift({ plan, giving, link, onPlan, onCard, onSaid }: Props) {
  const words = useTranslations("mine");
  const says = useTranslations("mistakes");
  const { money, day } = useFormats(plan.currency);
  const { busy, wrong, run } = useDeed();
  const failed = plan.failed;
  const { script_url, publishable_key } = giving.stripe;
  if (!failed) return null;

  // Our books hear of it in a moment: until then the page shows what the donor knows already.
  const settled = (now: Plan) =>
    onPlan(now.failed?.reference === failed.reference ? { ...now, failed: null } : now);

  async function pay() {
    const paid = await run(async (reference) => {
      const tried = await planRetry(plan.reference, reference, link);
      if (tried.is_taken) return settled(tried.plan);
      if (!tried.client_secret) return declineWords(tried.code, says);
      const client = await stripeLoad(script_url, publishable_key);
      const answer = await client.handleNextAction({ clientSecret: tried.client_secret });
      if (answer.error) return cardWords(answer.error, says);
      settled(await planRead(plan.reference, link));
    });
    if (paid) onSaid(words(plan.is_debit ? "failedAsked" : "failedPaid"));
  }

  const asks = failed.needs === "confirm";
  return (
    <div className="failed">
      <h4>
        <Icon name="attention" />
        {words("failedTitle", { amount: money(failed.amount_minor), date: day(failed.failed_on) })}
      </h4>
      <p>{asks ? words("failedBank") : declineWords(failed.reason, says)}</p>
      <Wrong text={wrong} />
      <div className="row">
        {plan.may.includes("retry") && failed.needs !== "card" && (
          <button type="button" className="go" aria-disabled={busy} onClick={pay}>
            {busy ? words("busy") : words("failedPay", { amount: money(failed.amount_minor) })}
          </button>
        )}
        {plan.may.includes("method") && (
          <button
            type="button"
            className={failed.needs === "card" ? "go" : undefined}
            onClick={onCard}
          >
            {words("failedOther")}
          </button>
        )}
      </div>
    </div>
  );
}
