"use client";

import { useLocale, useTranslations } from "next-intl";
import { useCallback, useEffect, useState } from "react";
import { ApiError } from "@/lib/api/http";
import {
  type Gifts as GiftsPage,
  giftsRead,
  type Me,
  meRead,
  type Plan,
  plansRead,
  signOut,
} from "@/lib/api/mine";
import type { Giving } from "@/lib/api/types";
import { Account } from "./Account";
import { Details } from "./Details";
import { Gifts } from "./Gifts";
import { PlanCard } from "./PlanCard";
import { Title, Wrong } from "./parts";
import { SignIn } from "./SignIn";
import { useDeed } from "./useDeed";

type All = { me: Me; plans: Plan[]; gifts: GiftsPage };
type Seen = "opening" | "out" | "closed" | "broken" | All;

function Plans({
  all,
  giving,
  onPlan,
  onGiven,
}: {
  all: All;
  giving: Giving;
  onPlan: (plan: Plan) => void;
  onGiven: () => void;
}) {
  const words = useTranslations("mine");
  return (
    <section aria-labelledby="plans-title">
      <h2 id="plans-title">{words("plans")}</h2>
      {all.plans.length === 0 && (
        <p>
          {words("noPlans")} <a href="/donate">{words("startPlan")}</a>
        </p>
      )}
      {all.plans.map((plan) => (
        <PlanCard
          key={plan.reference}
          plan={plan}
          giving={giving}
          onPlan={onPlan}
          onGiven={onGiven}
        />
      ))}
    </section>
  );
}

/** The donor's own page: what failed first, then what comes, then what was. */
export function MyGiving({ giving }: { giving: Giving }) {
  const words = useTranslations("mine");
  const page = useTranslations("page");
  const language = useLocale();
  const [seen, setSeen] = useState<Seen>("opening");
  const { busy, wrong, run } = useDeed();

  const load = useCallback(async () => {
    try {
      const me = await meRead(language);
      const [plans, gifts] = await Promise.all([plansRead(), giftsRead("")]);
      setSeen({ me, plans, gifts });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setSeen(error.status === 401 || error.status === 404 ? "out" : "broken");
    }
  }, [language]);
  useEffect(() => void load(), [load]);

  if (seen === "opening") return <p role="status">{words("opening")}</p>;
  if (seen === "out") return <SignIn onIn={() => void load()} />;
  if (seen === "closed")
    return (
      <div key="closed">
        <Title>{words("closedTitle")}</Title>
        <p>{words("closedHelp")}</p>
      </div>
    );
  if (seen === "broken")
    return (
      <div key="broken">
        <Title>{page("broken")}</Title>
        <p>{words("brokenHelp")}</p>
        <button type="button" onClick={() => void load()}>
          {page("again")}
        </button>
      </div>
    );

  const put = (plan: Plan) =>
    setSeen({
      ...seen,
      plans: seen.plans.map((one) => (one.reference === plan.reference ? plan : one)),
    });
  const out = () => run(signOut).then((done) => done && setSeen("out"));
  return (
    <div className="mine" key="in">
      <Title>{words("title")}</Title>
      <p className="whoami">
        <span>
          {words.rich("hello", { email: seen.me.email, who: (chunks) => <bdi>{chunks}</bdi> })}
        </span>
        <button type="button" className="plain" aria-disabled={busy} onClick={out}>
          {words("signOut")}
        </button>
      </p>
      <Wrong text={wrong} />
      <Plans all={seen} giving={giving} onPlan={put} onGiven={() => void load()} />
      <Gifts key={seen.gifts.gifts[0]?.reference ?? ""} first={seen.gifts} />
      <Details people={seen.me.people} />
      <Account me={seen.me} onClosed={() => setSeen("closed")} />
    </div>
  );
}
