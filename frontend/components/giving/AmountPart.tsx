import { useTranslations } from "next-intl";
import { useFormats } from "@/components/useFormats";
import type { Giving } from "@/lib/api/types";
import { collectionNext } from "@/lib/dates";
import { amountsOffered, formAmount } from "@/lib/giftForm";
import { currencySign } from "@/lib/money";
import { marked, type Part, Radio, Text, Wrong } from "./fields";
import { Ends, Often } from "./Rhythm";

type Props = Part & { giving: Giving; today: string };

/** Shown only where there is a choice. */
function Currency({ form, set, giving }: Props) {
  const words = useTranslations("give");
  if (giving.currencies.length < 2) return null;
  return (
    <div className="field">
      <label className="name" htmlFor="currency">
        {words("currency")}
      </label>
      <select
        id="currency"
        name="currency"
        value={form.currency}
        onChange={(event) => set("currency", event.target.value)}
      >
        {giving.currencies.map((code) => (
          <option key={code} value={code}>
            {currencySign(code) === code ? code : `${code} (${currencySign(code)})`}
          </option>
        ))}
      </select>
    </div>
  );
}

function Amounts(props: Props) {
  const { form, set, mistakes, giving } = props;
  const words = useTranslations("give");
  const { money } = useFormats(form.currency);
  const amounts = amountsOffered(form, giving);
  const choose = (value: string) => set("choice", value);
  const chosen = formAmount(form);
  const bad = mistakes.some((mistake) => mistake.field === "choice");
  return (
    <fieldset aria-describedby={bad ? "choice-error" : undefined}>
      <legend>{words("howMuch")}</legend>
      <Wrong field="choice" mistakes={mistakes} />
      <div className="choices large">
        {amounts.map((amount, place) => (
          <Radio
            key={amount}
            id={place === 0 ? "choice" : undefined}
            name="choice"
            value={String(amount)}
            chosen={form.choice}
            onChoose={choose}
          >
            {money(amount)}
          </Radio>
        ))}
        <Radio name="choice" value="other" chosen={form.choice} onChoose={choose}>
          {words("other")}
        </Radio>
      </div>
      {form.choice === "other" && (
        <Text
          {...props}
          name="own"
          label={words("own", { currency: form.currency })}
          mode="decimal"
          auto="off"
          sign={currencySign(form.currency)}
        />
      )}
      <p className="impact" aria-live="polite">
        {chosen !== null && form.currency === giving.currency && giving.impact[String(chosen)]}
      </p>
    </fieldset>
  );
}

function Fund({ form, set, mistakes, giving }: Props) {
  const words = useTranslations("give");
  const fund = giving.funds.find((one) => one.code === form.fund);
  return (
    <div className="field">
      <label className="name" htmlFor="fund">
        {words("fund")}
      </label>
      <Wrong field="fund" mistakes={mistakes} />
      <select
        id="fund"
        name="fund"
        value={form.fund}
        {...marked("fund", mistakes, true)}
        onChange={(event) => set("fund", event.target.value)}
      >
        {giving.funds.map((one) => (
          <option key={one.code} value={one.code}>
            {one.name}
          </option>
        ))}
      </select>
      <p className="hint" id="fund-hint">
        {fund?.purpose}
      </p>
    </div>
  );
}

function Day({ form, set, mistakes, giving, today }: Props) {
  const words = useTranslations("give");
  const { day: dayInWords } = useFormats(giving.currency);
  return (
    <div className="field">
      <label className="name" htmlFor="day">
        {words("day")}
      </label>
      <p className="hint" id="day-hint">
        {words("dayHelp", { date: dayInWords(collectionNext(form.day, today)) })}
      </p>
      <Wrong field="day" mistakes={mistakes} />
      <select
        id="day"
        name="day"
        value={form.day}
        {...marked("day", mistakes, true)}
        onChange={(event) => set("day", Number(event.target.value))}
      >
        {giving.collection_days.map((day) => (
          <option key={day} value={day}>
            {words("dayOption", { day, interval: "month" })}
          </option>
        ))}
      </select>
    </div>
  );
}

export function AmountPart(props: Props) {
  const { form, giving } = props;
  const regular = form.kind === "monthly";
  return (
    <>
      <Often {...props} />
      <Currency {...props} />
      <Amounts {...props} />
      {regular && form.interval === "month" && <Day {...props} />}
      {regular && <Ends {...props} />}
      {giving.funds.length > 1 && <Fund {...props} />}
    </>
  );
}
