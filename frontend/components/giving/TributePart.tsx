import { useTranslations } from "next-intl";
import { LIMITS } from "@/lib/giftForm";
import { Fold, LongText, type Part, Radio, Text } from "./fields";

const CHOICES = [
  ["none", "tributeNone"],
  ["memory", "tributeMemory"],
  ["honour", "tributeHonour"],
] as const;

/** In whose memory or honour the gift is: folded away until it is asked for. */
export function TributePart(props: Part) {
  const { form, set, mistakes } = props;
  const words = useTranslations("give");
  const wrong = mistakes.some(({ field }) => field?.startsWith("tribute"));
  const chosen = form.tribute !== "none";
  return (
    <Fold summary={words("tributeMore")} needed={wrong || chosen}>
      <fieldset>
        <legend className="name">{words("tribute")}</legend>
        <div className="choices two">
          {CHOICES.map(([kind, label]) => (
            <Radio
              key={kind}
              name="tribute"
              value={kind}
              chosen={form.tribute}
              onChoose={() => set("tribute", kind)}
            >
              {words(label)}
            </Radio>
          ))}
        </div>
        {chosen && (
          <Text
            {...props}
            name="tributeName"
            label={words("tributeName")}
            hint={words("tributeHelp")}
            auto="off"
          />
        )}
        {chosen && (
          <LongText
            {...props}
            name="tributeMessage"
            label={words("optional", { label: words("tributeMessage") })}
            limit={LIMITS.tributeMessage}
          />
        )}
      </fieldset>
    </Fold>
  );
}
