"use client";

import { useTranslations } from "next-intl";

export default function ErrorPage({ reset }: { reset: () => void }) {
  const words = useTranslations("page");
  return (
    <main>
      <h1>{words("broken")}</h1>
      <p>{words("brokenHelp")}</p>
      <button type="button" className="main" onClick={reset}>
        {words("again")}
      </button>
    </main>
  );
}
