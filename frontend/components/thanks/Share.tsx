"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";

/** The phone's own sharing where there is one, else the address to paste. */
export function Share({ charity }: { charity: string }) {
  const words = useTranslations("thanks");
  const [result, setResult] = useState("");
  const [canShare, setCanShare] = useState(false);
  useEffect(() => setCanShare("share" in navigator), []);

  async function share() {
    const url = `${window.location.origin}/donate`;
    try {
      if (canShare) await navigator.share({ url, text: words("shareText", { charity }) });
      else {
        await navigator.clipboard.writeText(url);
        setResult(words("copied"));
      }
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      // Closing the phone's sheet is no failure; a clipboard that is forbidden shows the address.
      if (error.name !== "AbortError") setResult(url);
    }
  }
  return (
    <button type="button" onClick={() => void share()}>
      {result || words(canShare ? "share" : "copy")}
    </button>
  );
}
