"use client";

import { useTranslations } from "next-intl";
import { useState } from "react";
import { ApiError } from "@/lib/api/http";
import { emailAnswer } from "@/lib/api/mine";
import { Over } from "./Over";
import { Title, Wrong } from "./parts";
import { useDeed } from "./useDeed";

/** Yes or no to a change of address; nothing happens before a button is pressed. */
export function AddressAnswer({ token }: { token: string }) {
  const words = useTranslations("mine");
  const [state, setState] = useState<"asks" | "over" | "refused" | "waiting" | "done">("asks");
  const { busy, wrong, run } = useDeed();

  const say = (yes: boolean) =>
    run(async () => {
      try {
        setState((await emailAnswer(token, yes)).state);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        setState("over");
      }
    });

  if (state === "over") return <Over />;
  if (state === "asks")
    return (
      <div key="asks">
        <Title>{words("addressTitle")}</Title>
        <p>{words("addressHelp")}</p>
        <Wrong text={wrong} />
        <div className="row">
          <button type="button" className="go" aria-disabled={busy} onClick={() => say(true)}>
            {words("addressYes")}
          </button>
          <button type="button" aria-disabled={busy} onClick={() => say(false)}>
            {words("addressNo")}
          </button>
        </div>
      </div>
    );
  const said = {
    refused: "addressRefused",
    waiting: "addressWaiting",
    done: "addressDone",
  } as const;
  return (
    <div key="said">
      <Title>{words(said[state])}</Title>
      <a className="button" href="/my-giving">
        {words("open")}
      </a>
    </div>
  );
}
