import { useTranslations } from "next-intl";
import { useRef, useState } from "react";
import { ApiError } from "@/lib/api/http";
import { referenceMake, refusalWords } from "@/lib/api/mine";

/** One deed at a time: while it runs, what went wrong, and the reference that makes a repeat harmless. */
export function useDeed() {
  const words = useTranslations("mine");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const working = useRef(false);
  const reference = useRef("");

  /** True when it was done. `work` may return words: what the donor is to do instead. */
  async function run(work: (reference: string) => Promise<unknown>): Promise<boolean> {
    if (working.current) return false;
    working.current = true;
    reference.current ||= referenceMake();
    setBusy(true);
    setWrong("");
    try {
      const said = await work(reference.current);
      reference.current = "";
      if (typeof said === "string") setWrong(said);
      return typeof said !== "string";
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Without an answer the same reference goes again; a refusal is over.
      if (error.status !== 0 && error.status < 500) reference.current = "";
      if (error.status === 0) setWrong(words("network"));
      else if (error.code === "not_authenticated") setWrong(words("signedOut"));
      else setWrong(refusalWords(error));
      return false;
    } finally {
      working.current = false;
      setBusy(false);
    }
  }
  return { busy, wrong, setWrong, run };
}
