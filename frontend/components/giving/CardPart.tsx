import { useTranslations } from "next-intl";
import type { Mistake } from "@/lib/giftForm";
import { Icon } from "../icons";
import { Wrong } from "./fields";
import type { useCard } from "./useCard";

type Props = { card: ReturnType<typeof useCard>; mistakes: Mistake[] };

/** The card form's place keeps its height while Stripe's script comes, so that nothing jumps. */
export function CardPart({ card, mistakes }: Props) {
  const words = useTranslations("give");
  const page = useTranslations("page");
  return (
    <section aria-labelledby="card-title">
      <h2 id="card-title">{words("card")}</h2>
      <Wrong field="card" mistakes={mistakes} />
      {card.failed && (
        <p className="wrong">
          {words("cardFailed")}{" "}
          <button type="button" onClick={card.retry}>
            {page("again")}
          </button>
        </p>
      )}
      <div className="cardbox" hidden={card.failed}>
        <div id="card" ref={card.box} tabIndex={-1} />
        <p className="cardwait hint">{words("cardLoading")}</p>
      </div>
      <p className="secure">
        <Icon name="lock" />
        {words("secure")}
      </p>
    </section>
  );
}
