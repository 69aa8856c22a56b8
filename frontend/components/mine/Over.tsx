import { useTranslations } from "next-intl";
import { Title } from "./parts";

/** One page for every link that opens nothing, whatever the reason. */
export function Over() {
  const words = useTranslations("mine");
  return (
    <div>
      <Title>{words("overTitle")}</Title>
      <p>{words("overHelp")}</p>
      <a className="button" href="/my-giving">
        {words("newLink")}
      </a>
    </div>
  );
}
