"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { type LinkedPlan as Linked, linkedPlanRead } from "@/lib/api/mine";
import type { Giving } from "@/lib/api/types";
import { Over } from "./Over";
import { type PanelName, PlanCard } from "./PlanCard";
import { Title } from "./parts";

const FIRST: Partial<Record<Linked["purpose"], PanelName>> = {
  card: "method",
  pause: "pause",
  stop: "cancel",
};

/** One plan, opened by a link in an e-mail for one purpose; no sign-in. */
export function LinkedPlan({ token, giving }: { token: string; giving: Giving }) {
  const words = useTranslations("mine");
  const page = useTranslations("page");
  const [seen, setSeen] = useState<Linked | "opening" | "over" | "broken">("opening");
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks for another try.
  useEffect(() => {
    linkedPlanRead(token).then(setSeen, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setSeen(error.status === 404 ? "over" : "broken");
    });
  }, [token, attempt]);

  if (seen === "opening") return <p role="status">{words("opening")}</p>;
  if (seen === "over") return <Over />;
  if (seen === "broken")
    return (
      <div key="broken">
        <Title>{page("broken")}</Title>
        <p>{words("brokenHelp")}</p>
        <button type="button" onClick={() => setAttempt(attempt + 1)}>
          {page("again")}
        </button>
      </div>
    );
  const wanted = FIRST[seen.purpose];
  const first = wanted && seen.plan.may.includes(wanted) ? wanted : undefined;
  return (
    <div className="mine" key="in">
      <Title>{words("linkedTitle")}</Title>
      <h2 className="quiet">{words("plans")}</h2>
      <PlanCard
        plan={seen.plan}
        giving={giving}
        link={token}
        first={first}
        onPlan={(plan) => setSeen({ ...seen, plan })}
      />
      <p>
        <a href="/my-giving">{words("seeAll")}</a>
      </p>
    </div>
  );
}
