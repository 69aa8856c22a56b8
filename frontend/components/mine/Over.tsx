import { useTranslations } from "next-intl";

/** One page for every link that opens nothing, whatever the reason. */
export function Over() {
  const words = useTranslations("mine");
  return (
    <div role="status">
      <h1>{words("overTitle")}</h1>
      <p>{words("overHelp")}</p>
      <a className="button" href="/my-giving">
        {words("newLink")}
      </a>
    </div>
  );
}
