import { useTranslations } from "next-intl";
import { useEffect, useRef } from "react";
import type { Mistake } from "@/lib/giftForm";

/** All mistakes at the top: takes the focus, leads to each field, and says so in the title. */
export function Summary({ mistakes, title }: { mistakes: Mistake[]; title: string }) {
  const box = useRef<HTMLDivElement>(null);
  const page = useTranslations("page");
  const words = useTranslations("mistakes");
  const wrong = page("error", { title });
  useEffect(() => {
    document.title = mistakes.length > 0 ? wrong : title;
    if (mistakes.length > 0) box.current?.focus();
  }, [mistakes, title, wrong]);
  if (mistakes.length === 0) return null;
  return (
    <div ref={box} className="summary" role="alert" tabIndex={-1}>
      <h2>{words("title")}</h2>
      <ul>
        {mistakes.map(({ field, text }) => (
          <li key={`${field}${text}`}>{field ? <a href={`#${field}`}>{text}</a> : text}</li>
        ))}
      </ul>
    </div>
  );
}
