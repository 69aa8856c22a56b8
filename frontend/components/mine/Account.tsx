import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import {
  accountClose,
  dataUrl,
  emailChange,
  type Me,
  passwordSet,
  statementUrl,
  taxYears,
} from "@/lib/api/mine";
import { Passkeys } from "./Passkeys";
import { Field, Wrong } from "./parts";
import { useDeed } from "./useDeed";

function Form(props: {
  label: string;
  button: string;
  type: "email" | "password";
  auto: string;
  hint: string;
  done: string;
  send: (value: string) => Promise<unknown>;
  onDone?: () => void;
}) {
  const words = useTranslations("mine");
  const [value, setValue] = useState("");
  const [said, setSaid] = useState("");
  const { busy, wrong, run } = useDeed();
  async function submit(event: FormEvent) {
    event.preventDefault();
    setSaid("");
    if (!(await run(() => props.send(value)))) return;
    setValue("");
    setSaid(props.done);
    props.onDone?.();
  }
  return (
    <form noValidate onSubmit={submit}>
      <Field
        label={props.label}
        hint={props.hint}
        value={value}
        onValue={setValue}
        type={props.type}
        mode={props.type === "email" ? "email" : undefined}
        auto={props.auto}
      />
      <Wrong text={wrong} />
      <button type="submit" aria-disabled={busy}>
        {busy ? words("busy") : props.button}
      </button>
      <p role="status" className="said">
        {said}
      </p>
    </form>
  );
}

/** Address, password, passkeys, all that we keep, and the end of it. */
export function Account({ me, onClosed }: { me: Me; onClosed: () => void }) {
  const words = useTranslations("mine");
  return (
    <section aria-labelledby="account-title">
      <h2 id="account-title">{words("account")}</h2>
      <details>
        <summary>{words("toEmail")}</summary>
        {me.email_new && <p>{words("emailWaits", { email: me.email_new })}</p>}
        <Form
          label={words("emailLabel")}
          hint={words("emailHelp")}
          button={words("emailButton")}
          done={words("emailDone")}
          type="email"
          auto="email"
          send={emailChange}
        />
      </details>
      <details>
        <summary>{words(me.has_password ? "toPasswordOther" : "toPassword")}</summary>
        <Form
          label={words("passwordLabel")}
          hint={words("passwordRule")}
          button={words("passwordButton")}
          done={words("passwordDone")}
          type="password"
          auto="new-password"
          send={passwordSet}
        />
      </details>
      <details>
        <summary>{words("toPasskeys")}</summary>
        <Passkeys first={me.passkeys} />
      </details>
      <details>
        <summary>{words("toStatements")}</summary>
        <p>{words("statementsHelp")}</p>
        {me.people.map((person) => (
          <p key={person.reference} className="links">
            <bdi>{person.name}</bdi>
            {taxYears(new Date()).map((year) => (
              <a key={year} href={statementUrl(person.reference, year)}>
                {words("statementOf", { year })}
              </a>
            ))}
          </p>
        ))}
      </details>
      <details>
        <summary>{words("toData")}</summary>
        <p>{words("dataHelp")}</p>
        {me.people.map((person) => (
          <p key={person.reference} className="links">
            <bdi>{person.name}</bdi>
            <a href={dataUrl(person.reference, "pdf")}>{words("dataPdf")}</a>
            <a href={dataUrl(person.reference, "json")}>{words("dataJson")}</a>
          </p>
        ))}
      </details>
      <details>
        <summary>{words("toClose")}</summary>
        <p>{words("closeHelp")}</p>
        <Form
          label={words("closeLabel")}
          hint={words("closeHint", { email: me.email })}
          button={words("closeButton")}
          done={words("closed")}
          type="email"
          auto="off"
          send={accountClose}
          onDone={onClosed}
        />
      </details>
    </section>
  );
}
