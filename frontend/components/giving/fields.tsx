import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { characterCount, type FieldName, type GiftForm, type Mistake } from "@/lib/giftForm";

export type Set = <Name extends keyof GiftForm>(name: Name, value: GiftForm[Name]) => void;
export type Part = { form: GiftForm; set: Set; mistakes: Mistake[] };

export function Wrong({ field, mistakes }: { field: FieldName; mistakes: Mistake[] }) {
  const found = mistakes.filter((mistake) => mistake.field === field);
  if (found.length === 0) return null;
  return (
    <p id={`${field}-error`} className="wrong">
      {found.map((mistake) => mistake.text).join(". ")}
    </p>
  );
}

/** What a field's `aria-` attributes say about its mistakes and its hint. */
export function marked(field: FieldName, mistakes: Mistake[], hint = false) {
  const bad = mistakes.some((mistake) => mistake.field === field);
  const described = [hint && `${field}-hint`, bad && `${field}-error`].filter(Boolean).join(" ");
  return { "aria-invalid": bad || undefined, "aria-describedby": described || undefined };
}

type TextName = Exclude<keyof GiftForm, "kind" | "anonymous" | "coversFee" | "day">;
type TextProps = Part & {
  name: TextName;
  label: string;
  type?: string;
  auto?: string;
  mode?: "decimal" | "email" | "tel";
  hint?: string;
  /** Written before what is typed, such as a currency's sign. */
  sign?: string;
};

export function Text(props: TextProps) {
  const { form, set, mistakes, name, label, type = "text", auto, mode, hint, sign } = props;
  return (
    <div className="field">
      <label className="name" htmlFor={name}>
        {label}
      </label>
      {hint && (
        <p id={`${name}-hint`} className="hint">
          {hint}
        </p>
      )}
      <Wrong field={name} mistakes={mistakes} />
      <div className={sign ? "signed" : undefined}>
        {sign && <span aria-hidden="true">{sign}</span>}
        <input
          id={name}
          name={name}
          type={type}
          inputMode={mode}
          autoComplete={auto}
          dir={type === "text" && !mode ? "auto" : undefined}
          value={form[name]}
          {...marked(name, mistakes, hint !== undefined)}
          onChange={(event) => set(name, event.target.value)}
        />
      </div>
    </div>
  );
}

type LongTextProps = Part & { name: "message"; label: string; limit: number };

/** Text on several lines. Too much may be pasted and then shortened: nothing is cut off unseen. */
export function LongText({ form, set, mistakes, name, label, limit }: LongTextProps) {
  const words = useTranslations("give");
  const left = limit - characterCount(form[name]);
  return (
    <div className="field">
      <label className="name" htmlFor={name}>
        {label}
      </label>
      <Wrong field={name} mistakes={mistakes} />
      <textarea
        id={name}
        name={name}
        rows={3}
        autoComplete="off"
        dir="auto"
        value={form[name]}
        {...marked(name, mistakes, true)}
        onChange={(event) => set(name, event.target.value)}
      />
      <p
        id={`${name}-hint`}
        className={left < 0 ? "wrong" : "hint"}
        aria-live={left <= 20 ? "polite" : "off"}
      >
        {left < 0 ? words("over", { count: -left }) : words("left", { count: left })}
      </p>
    </div>
  );
}

type RadioProps = {
  name: string;
  value: string;
  chosen: string;
  onChoose: (value: string) => void;
  id?: string;
  children: ReactNode;
};

export function Radio({ name, value, chosen, onChoose, id, children }: RadioProps) {
  return (
    <label>
      <input
        type="radio"
        id={id}
        name={name}
        value={value}
        checked={chosen === value}
        onChange={() => onChoose(value)}
      />
      {children}
    </label>
  );
}

type TickProps = {
  name: string;
  checked: boolean;
  onTick: (checked: boolean) => void;
  children: ReactNode;
};

export function Tick({ name, checked, onTick, children }: TickProps) {
  return (
    <label className="tick">
      <input
        type="checkbox"
        name={name}
        checked={checked}
        onChange={(event) => onTick(event.target.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
