import { useTranslations } from "next-intl";
import { methodStart, planAsk } from "@/lib/api/mine";
import { cardWords } from "@/lib/declines";
import { useCard } from "../giving/useCard";
import type { PanelProps } from "./PlanPanel";
import { Panel } from "./parts";
import { useDeed } from "./useDeed";

/** Another card: typed into Stripe's form, confirmed by the bank where it asks, then the plan's. */
export function MethodPanel({ plan, giving, link, onPlan, onClose }: PanelProps) {
  const words = useTranslations("mine");
  const give = useTranslations("give");
  const page = useTranslations("page");
  const says = useTranslations("mistakes");
  const card = useCard(giving, "setup", 0, plan.currency);
  const { busy, wrong, run } = useDeed();

  async function send() {
    const done = await run(async (reference) => {
      const ready = card.card.current;
      if (!ready) return says("card");
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
      onPlan(await planAsk(plan.reference, "method", body, link));
    });
    if (done) onClose(words(plan.failed ? "doneMethodPays" : "doneMethod"));
  }

  return (
    <Panel
      title={words("methodTitle")}
      button={words("methodButton")}
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
    </Panel>
  );
}
