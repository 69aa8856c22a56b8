import type { Giving } from "@/lib/api/types";
import { collectionNext, dayInWords, dayOrdinal } from "@/lib/dates";
import { moneyFormat } from "@/lib/money";
import { type Part, Radio, Text, Wrong } from "./fields";

type Props = Part & { giving: Giving; today: string };

function Day({ form, set, giving, today }: Props) {
  return (
    <div className="field">
      <label className="name" htmlFor="day">
        Collection day
      </label>
      <p className="hint" id="day-hint">
        The first gift is taken today, the next on {dayInWords(collectionNext(form.day, today))}.
      </p>
      <select
        id="day"
        value={form.day}
        aria-describedby="day-hint"
        onChange={(event) => set("day", Number(event.target.value))}
      >
        {giving.collection_days.map((day) => (
          <option key={day} value={day}>
            The {dayOrdinal(day)} of each month
          </option>
        ))}
      </select>
    </div>
  );
}

export function AmountPart(props: Props) {
  const { form, set, mistakes, giving } = props;
  const amounts = form.kind === "monthly" ? giving.suggestions.monthly : giving.suggestions.once;
  const choose = (value: string) => set("choice", value);
  const fund = giving.funds.find((one) => one.code === form.fund);
  const bad = mistakes.some((mistake) => mistake.field === "choice");
  return (
    <>
      <fieldset>
        <legend>How often?</legend>
        <div className="choices">
          <Radio
            name="kind"
            value="one_off"
            chosen={form.kind}
            onChoose={() => set("kind", "one_off")}
          >
            Give once
          </Radio>
          <Radio
            name="kind"
            value="monthly"
            chosen={form.kind}
            onChoose={() => set("kind", "monthly")}
          >
            Give monthly
          </Radio>
        </div>
      </fieldset>
      <fieldset aria-describedby={bad ? "choice-error" : undefined}>
        <legend>How much would you like to give?</legend>
        <Wrong field="choice" mistakes={mistakes} />
        <div className="choices">
          {amounts.map((amount, place) => (
            <Radio
              key={amount}
              id={place === 0 ? "choice" : undefined}
              name="choice"
              value={String(amount)}
              chosen={form.choice}
              onChoose={choose}
            >
              {moneyFormat(amount, giving.currency)}
            </Radio>
          ))}
          <Radio name="choice" value="other" chosen={form.choice} onChoose={choose}>
            Other
          </Radio>
        </div>
        <p className="hint" aria-live="polite">
          {giving.impact[form.choice] ?? fund?.purpose}
        </p>
      </fieldset>
      {form.choice === "other" && (
        <Text {...props} name="own" label="Your amount, in pounds" mode="decimal" auto="off" />
      )}
      {form.kind === "monthly" && <Day {...props} />}
      {giving.funds.length > 1 && (
        <div className="field">
          <label className="name" htmlFor="fund">
            What is it for?
          </label>
          <Wrong field="fund" mistakes={mistakes} />
          <select
            id="fund"
            name="fund"
            value={form.fund}
            onChange={(event) => set("fund", event.target.value)}
          >
            {giving.funds.map((one) => (
              <option key={one.code} value={one.code}>
                {one.name}
              </option>
            ))}
          </select>
        </div>
      )}
    </>
  );
}
