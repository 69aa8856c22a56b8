import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Giving, Interval } from "@/lib/api/types";
import { giftNext } from "@/lib/dates";
import { Fold, type Part, Radio, Text } from "./fields";

type Props = Part & { giving: Giving; today: string };

/** Once or monthly; what else the charity offers comes at a press, and stays where it was chosen. */
export function Often({ form, set, giving }: Props) {
  const words = useTranslations("give");
  const [asked, setAsked] = useState(false);
  const others = giving.intervals.filter((one) => one !== "month");
  const chosen = form.kind === "one_off" ? "one_off" : form.interval;
  const shown = asked || others.some((one) => one === chosen);
  const choose = (interval: Interval) => {
    if (form.kind !== "monthly") set("kind", "monthly");
    set("interval", interval);
  };
  return (
    <fieldset className="often">
      <legend>{words("often")}</legend>
      {others.length > 0 && (
        <button
          type="button"
          className="plain"
          aria-expanded={shown}
          onClick={() => setAsked(!shown)}
        >
          {words("otherRhythm")}
        </button>
      )}
      <div className="choices">
        <Radio name="kind" value="one_off" chosen={chosen} onChoose={() => set("kind", "one_off")}>
          {words("once")}
        </Radio>
        {(["month", ...(shown ? others : [])] as const).map((interval) => (
          <Radio
            key={interval}
            name="kind"
            value={interval}
            chosen={chosen}
            onChoose={() => choose(interval)}
          >
            {words("rhythm", { interval })}
          </Radio>
        ))}
      </div>
    </fieldset>
  );
}

/** Until the donor stops it, unless they set an end. */
export function Ends(props: Props) {
  const { form, set, mistakes, today } = props;
  const words = useTranslations("give");
  const wrong = mistakes.some(({ field }) => field === "gifts" || field === "endsOn");
  return (
    <Fold summary={words("setEnd")} needed={wrong || form.ends !== "never"}>
      <fieldset>
        <legend className="name">{words("ends")}</legend>
        <div className="choices two">
          {(["never", "gifts", "date"] as const).map((end) => (
            <Radio
              key={end}
              name="ends"
              value={end}
              chosen={form.ends}
              onChoose={() => set("ends", end)}
            >
              {words("endChoice", { end })}
            </Radio>
          ))}
        </div>
        {form.ends === "gifts" && (
          <Text {...props} name="gifts" label={words("gifts")} mode="numeric" auto="off" />
        )}
        {form.ends === "date" && (
          <Text
            {...props}
            name="endsOn"
            label={words("endsOn")}
            type="date"
            min={giftNext(form.interval, form.day, today)}
          />
        )}
      </fieldset>
    </Fold>
  );
}
