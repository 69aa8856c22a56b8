import { useTranslations } from "next-intl";
import { useId } from "react";
import { useFormats } from "@/components/useFormats";
import type { Charge, Plan } from "@/lib/api/mine";

function Why({ charge }: { charge: Charge }) {
  const words = useTranslations("mine");
  if (charge.why === "skipped") return <span className="tag">{words("whySkipped")}</span>;
  if (charge.why === "paused") return <span className="tag">{words("whyPaused")}</span>;
  if (charge.why === "changed_amount")
    return <span className="tag new">{words("whyChanged")}</span>;
  return null;
}

/** The next charges, with the dates between them that are left out. */
export function Coming({ plan }: { plan: Plan }) {
  const words = useTranslations("mine");
  const { day, money } = useFormats(plan.currency);
  const id = useId();
  const count = plan.coming.filter((one) => one.is_taken).length;
  return (
    <>
      <h4 id={id}>{words("comingTitle", { count })}</h4>
      <ol className="coming" aria-labelledby={id}>
        {plan.coming.map((one) => (
          <li key={one.on} className={one.is_taken ? undefined : "left"}>
            <span>
              {day(one.on)} <Why charge={one} />
            </span>
            <span className="sum">{one.is_taken ? money(one.amount_minor) : "–"}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
