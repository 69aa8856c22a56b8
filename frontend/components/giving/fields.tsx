import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
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

type Chosen =
  | "kind"
  | "interval"
  | "ends"
  | "currency"
  | "tribute"
  | "anonymous"
  | "coversFee"
  | "day";
type TextName = Exclude<keyof GiftForm, Chosen>;
type TextProps = Part & {
  name: TextName;
  label: string;
  type?: string;
  auto?: string;
  mode?: "decimal" | "numeric" | "email" | "tel";
  hint?: string;
  min?: string;
  /** Written before what is typed, such as a currency's sign. */
  sign?: string;
};

/** Room for what stands before an amount: a sign, or a currency's three letters. */
export function signed(sign?: string): string | undefined {
  return sign && (sign.length > 1 ? "signed code" : "signed");
}

export function Text(props: TextProps) {
  const { form, set, mistakes, name, label, type = "text", auto, mode, hint, min, sign } = props;
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
      <div className={signed(sign)}>
        {sign && <span aria-hidden="true">{sign}</span>}
        <input
          id={name}
          name={name}
          type={type}
          inputMode={mode}
          autoComplete={auto}
          min={min}
          dir={type === "text" && !mode ? "auto" : undefined}
          value={form[name]}
          {...marked(name, mistakes, hint !== undefined)}
          onChange={(event) => set(name, event.target.value)}
        />
      </div>
    </div>
  );
}

type LongTextProps = Part & { name: "message" | "tributeMessage"; label: string; limit: number };

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

type FoldProps = { summary: string; needed: boolean; children: ReactNode };

/** What is not needed, folded away until it is asked for, or something in it counts. It stays as it was opened. */
export function Fold({ summary, needed, children }: FoldProps) {
  const [open, setOpen] = useState(false);
  return (
    <details open={needed || open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {children}
    </details>
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
