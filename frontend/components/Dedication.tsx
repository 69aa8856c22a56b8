import { useTranslations } from "next-intl";
import type { Tribute } from "@/lib/api/types";

/** In whose memory or honour: the name may be in another direction than the words. */
export function Dedication({ tribute }: { tribute: Pick<Tribute, "kind" | "name"> }) {
  const words = useTranslations("tribute");
  return (
    <span className="hint">
      {words.rich(tribute.kind === "memory" ? "memory" : "honour", {
        name: tribute.name,
        who: (chunks) => <bdi>{chunks}</bdi>,
      })}
    </span>
  );
}
