import { useTranslations } from "next-intl";
import { useState } from "react";
import { methodStart, planAsk } from "@/lib/api/mine";
import { cardWords } from "@/lib/declines";
import { useCard } from "../giving/useCard";
import { DebitPart } from "./DebitPart";
import type { PanelProps } from "./PlanPanel";
import { Panel } from "./parts";
import { useDeed } from "./useDeed";

/** Another card or account: typed into Stripe's form, confirmed by the bank where it asks, then the plan's. */
export function MethodPanel({ plan, giving, link, onPlan, onClose }: PanelProps) {
  const words = useTranslations("mine");
  const give = useTranslations("give");
  const page = useTranslations("page");
  const says = useTranslations("mistakes");
  const card = useCard(giving, "setup", 0, plan.currency);
  const { busy, wrong, run } = useDeed();
  const [agreed, setAgreed] = useState(false);
  const isDebit = card.kind === "bacs_debit";
  const pays = plan.failed !== null;

  async function send() {
    const done = await run(async (reference) => {
      const ready = card.card.current;
      if (!ready) return says("card");
      if (isDebit && !agreed) return words("debitMust");
      const checked = await ready.elements.submit();
      if (checked.error) return cardWords(checked.error, says);
      const { client_secret } = await methodStart(plan.reference, reference, link);
      const answer = await ready.client.confirmSetup({
        elements: ready.elements,
        clientSecret: client_secret,
        redirect: "if_required",
        confirmParams: { return_url: `${window.location.origin}/my-giving` },
      });
      if (answer.error || !answer.setupIntent) return words("methodRefused");
      const body = { setup_id: answer.setupIntent.id, reference };
      const now = await planAsk(plan.reference, "method", body, link);
      onPlan({ ...now, failed: null }); // What failed is being taken: the words below say so.
    });
    if (!done) return;
    if (isDebit) onClose(words(pays ? "doneDebitPays" : "doneDebit"));
    else onClose(words(pays ? "doneMethodPays" : "doneMethod"));
  }

  return (
    <Panel
      title={words("methodTitle")}
      button={words(isDebit ? "methodAccount" : "methodButton")}
      busy={busy}
      wrong={wrong}
      onSend={send}
      onClose={() => onClose()}
    >
      {card.failed && (
        <p className="wrong">
          {give("cardFailed")}{" "}
          <button type="button" onClick={card.retry}>
            {page("again")}
          </button>
        </p>
      )}
      <div className="cardbox" hidden={card.failed}>
        <div id="card" ref={card.box} tabIndex={-1} />
        <p className="cardwait hint">{give("cardLoading")}</p>
      </div>
      {isDebit && (
        <DebitPart plan={plan} charity={giving.charity.name} agreed={agreed} onAgree={setAgreed} />
      )}
    </Panel>
  );
}
