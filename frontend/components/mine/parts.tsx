import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useEffect, useId, useRef } from "react";
import { signed } from "../giving/fields";
import { Icon } from "../icons";

type FieldProps = {
  label: string;
  value: string;
  onValue: (value: string) => void;
  type?: string;
  auto?: string;
  mode?: "decimal" | "email" | "tel";
  hint?: string;
  sign?: string;
  min?: string;
  max?: string;
};

export function Field({ label, value, onValue, type = "text", auto, ...more }: FieldProps) {
  const id = useId();
  const { mode, hint, sign, min, max } = more;
  return (
    <div className="field">
      <label className="name" htmlFor={id}>
        {label}
      </label>
      {hint && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <div className={signed(sign)}>
        {sign && <span aria-hidden="true">{sign}</span>}
        <input
          id={id}
          type={type}
          inputMode={mode}
          autoComplete={auto}
          min={min}
          max={max}
          value={value}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={(event) => onValue(event.target.value)}
        />
      </div>
    </div>
  );
}

type SelectProps = {
  label: string;
  value: string;
  onValue: (value: string) => void;
  children: ReactNode;
};

export function Select({ label, value, onValue, children }: SelectProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="name" htmlFor={id}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onValue(event.target.value)}>
        {children}
      </select>
    </div>
  );
}

/** The first words of what has come: they take the focus, so that it is never lost with what went. */
export function Title({ children }: { children: ReactNode }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <h1 ref={title} tabIndex={-1}>
      {children}
    </h1>
  );
}

type LongFieldProps = Omit<SelectProps, "children"> & { limit: number };

export function LongField({ label, value, onValue, limit }: LongFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="name" htmlFor={id}>
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        maxLength={limit}
        dir="auto"
        value={value}
        onChange={(event) => onValue(event.target.value)}
      />
    </div>
  );
}

export function Wrong({ text }: { text: string }) {
  return (
    <div role="alert">
      {text && (
        <p className="wrong mine-wrong">
          <Icon name="attention" />
          {text}
        </p>
      )}
    </div>
  );
}

type PanelProps = {
  title: string;
  button?: string;
  busy: boolean;
  wrong: string;
  onSend?: () => void;
  onClose: () => void;
  closeWords?: string;
  children?: ReactNode;
};

/** A small form below what it changes. It takes the focus; Escape or the second button gives it back. */
export function Panel(props: PanelProps) {
  const words = useTranslations("mine");
  const title = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => title.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    props.onSend?.();
  };
  return (
    <form
      className="panel"
      noValidate
      aria-labelledby={id}
      onSubmit={submit}
      onKeyDown={(event) => event.key === "Escape" && props.onClose()}
    >
      <h4 id={id} ref={title} tabIndex={-1}>
        {props.title}
      </h4>
      {props.children}
      <Wrong text={props.wrong} />
      <div className="row">
        {props.button && (
          <button type="submit" className="go" aria-disabled={props.busy}>
            {props.busy ? words("busy") : props.button}
          </button>
        )}
        <button type="button" onClick={props.onClose}>
          {props.closeWords ?? words("leave")}
        </button>
      </div>
    </form>
  );
}
