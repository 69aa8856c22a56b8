"use client";

import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { linkUse } from "@/lib/api/mine";
import { Over } from "./Over";
import { Title, Wrong } from "./parts";
import { useDeed } from "./useDeed";

const toPage = () => window.location.replace("/my-giving");

/** A link from an e-mail. Only the browser that asked is let in at once: programs open links, too. */
export function OpenLink({ token }: { token: string }) {
  const words = useTranslations("mine");
  const [state, setState] = useState<"opening" | "asks" | "over">("opening");
  const { busy, wrong, setWrong, run } = useDeed();
  const tried = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a link is tried once.
  useEffect(() => {
    if (tried.current) return;
    tried.current = true;
    linkUse(token, false).then(toPage, (error: unknown) => {
      if (!(error instanceof ApiError)) throw error;
      setState(error.status === 404 ? "over" : "asks");
      if (error.status === 0) setWrong(words("network"));
    });
  }, [token]);

  async function press() {
    const sent = await run(async () => {
      try {
        await linkUse(token, true);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) setState("over");
        throw error;
      }
    });
    if (sent) toPage();
  }

  if (state === "over") return <Over />;
  if (state === "opening") return <p role="status">{words("opening")}</p>;
  return (
    <div>
      <Title>{words("pressTitle")}</Title>
      <p>{words("pressHelp")}</p>
      <Wrong text={wrong} />
      <button type="button" className="main" aria-disabled={busy} onClick={press}>
        {busy ? words("busy") : words("open")}
      </button>
    </div>
  );
}
