import { useTranslations } from "next-intl";
import { LIMITS } from "@/lib/giftForm";
import { Fold, LongText, type Part, Text, Tick } from "./fields";

const INSIDE = ["phone", "line1", "line2", "city", "postcode", "message"] as const;

/** What is welcome and not needed, folded away until it is asked for or something in it is wrong. */
export function More(props: Part) {
  const words = useTranslations("give");
  const label = (name: (typeof INSIDE)[number]) => words("optional", { label: words(name) });
  const wrong = props.mistakes.some(({ field }) => INSIDE.some((name) => name === field));
  const filled = INSIDE.some((name) => props.form[name] !== "");
  return (
    <Fold summary={words("more")} needed={wrong || filled}>
      <Text {...props} name="phone" label={label("phone")} type="tel" mode="tel" auto="tel" />
      <Text {...props} name="line1" label={label("line1")} auto="address-line1" />
      <Text {...props} name="line2" label={label("line2")} auto="address-line2" />
      <Text {...props} name="city" label={label("city")} auto="address-level2" />
      <Text {...props} name="postcode" label={label("postcode")} auto="postal-code" />
      <LongText {...props} name="message" label={label("message")} limit={LIMITS.message} />
      <Tick
        name="anonymous"
        checked={props.form.anonymous}
        onTick={(on) => props.set("anonymous", on)}
      >
        {words("anonymous")}
      </Tick>
    </Fold>
  );
}
