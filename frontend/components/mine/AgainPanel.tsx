import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { useFormats } from "@/components/useFormats";
import { giveAgain } from "@/lib/api/mine";
import { cardWords } from "@/lib/declines";
import { amountForm } from "@/lib/giftForm";
import { currencySign, minorToDecimal, moneyParse } from "@/lib/money";
import { stripeLoad } from "@/lib/stripe";
import type { PanelProps } from "./PlanPanel";
import { Field, Panel } from "./parts";
import { useDeed } from "./useDeed";

/** One more gift with the card that we know: the amount stands there already. */
export function AgainPanel({ plan, giving, onClose, onGiven }: PanelProps) {
  const words = useTranslations("mine");
  const says = useTranslations("mistakes");
  const { money } = useFormats(plan.currency);
  const [text, setText] = useState(() =>
    minorToDecimal(plan.amount_minor, plan.currency).replace(/\.0+$/, ""),
  );
  const { busy, wrong, setWrong, run } = useDeed();
  const amount = moneyParse(text, plan.currency);
  const { script_url, publishable_key } = giving.stripe;

  // The bank may ask: its question comes from Stripe's script.
  useEffect(
    () => void stripeLoad(script_url, publishable_key).catch(() => {}),
    [script_url, publishable_key],
  );

  async function send() {
    if (amount === null) return setWrong(amountForm(says, plan.currency));
    const done = await run(async (reference) => {
      const gift = await giveAgain(plan.reference, {
        amount_minor: amount,
        fund: plan.fund,
        reference,
      });
      if (gift.client_secret) {
        const client = await stripeLoad(script_url, publishable_key);
        const answer = await client.handleNextAction({ clientSecret: gift.client_secret });
        if (answer.error) return cardWords(answer.error, says);
      }
      return gift.status === "failed" ? says("declined") : undefined;
    });
    if (!done) return;
    onGiven?.();
    onClose(words("doneAgain", { amount: money(amount) }));
  }

  return (
    <Panel
      title={words("againTitle", { fund: plan.fund_name })}
      button={words("againButton", { amount: money(amount ?? plan.amount_minor) })}
      busy={busy}
      wrong={wrong}
      onSend={send}
      onClose={() => onClose()}
    >
      <Field
        label={words("againLabel")}
        hint={words("againHelp", { method: plan.method })}
        value={text}
        onValue={setText}
        mode="decimal"
        auto="off"
        sign={currencySign(plan.currency)}
      />
    </Panel>
  );
}
