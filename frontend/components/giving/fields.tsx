import type { ReactNode } from "react";
import type { FieldName, GiftForm, Mistake } from "@/lib/giftForm";

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

type TextName = Exclude<keyof GiftForm, "kind" | "anonymous" | "coversFee" | "day">;
type TextProps = Part & {
  name: TextName;
  label: string;
  type?: string;
  auto?: string;
  mode?: "decimal" | "email" | "tel";
  hint?: string;
};

export function Text({
  form,
  set,
  mistakes,
  name,
  label,
  type = "text",
  auto,
  mode,
  hint,
}: TextProps) {
  const bad = mistakes.some((mistake) => mistake.field === name);
  const described = [hint && `${name}-hint`, bad && `${name}-error`].filter(Boolean).join(" ");
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
      <input
        id={name}
        name={name}
        type={type}
        inputMode={mode}
        autoComplete={auto}
        value={form[name]}
        aria-invalid={bad || undefined}
        aria-describedby={described || undefined}
        onChange={(event) => set(name, event.target.value)}
      />
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
