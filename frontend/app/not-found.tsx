import { useTranslations } from "next-intl";

export default function NotFound() {
  const words = useTranslations("page");
  return (
    <main>
      <h1>{words("missing")}</h1>
      <p>{words("missingHelp")}</p>
      <p>
        <a href="/donate">{words("toGiving")}</a>
      </p>
    </main>
  );
}
