import { useLocale, useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { consentChoose, detailsChange, type Person } from "@/lib/api/mine";
import { LANGUAGES } from "@/lib/languages";
import { Tick } from "../giving/fields";
import { Field, Select, Wrong } from "./parts";
import { useDeed } from "./useDeed";

/** Where a donor lives and how we write to them. */
function Address({ person }: { person: Person }) {
  const words = useTranslations("mine");
  const give = useTranslations("give");
  const [form, setForm] = useState({
    line1: person.line1,
    line2: person.line2,
    city: person.city,
    postcode: person.postcode,
    phone: person.phone,
    language: person.language,
  });
  const [said, setSaid] = useState("");
  const { busy, wrong, run } = useDeed();
  const set = (name: keyof typeof form) => (value: string) =>
    setForm((before) => ({ ...before, [name]: value }));

  async function submit(event: FormEvent) {
    event.preventDefault();
    setSaid("");
    if (await run(() => detailsChange(person.reference, form))) setSaid(words("saved"));
  }

  return (
    <form noValidate onSubmit={submit}>
      <Field label={give("line1")} value={form.line1} onValue={set("line1")} auto="address-line1" />
      <Field label={give("line2")} value={form.line2} onValue={set("line2")} auto="address-line2" />
      <Field label={give("city")} value={form.city} onValue={set("city")} auto="address-level2" />
      <Field
        label={give("postcode")}
        value={form.postcode}
        onValue={set("postcode")}
        auto="postal-code"
      />
      <Field
        label={give("phone")}
        value={form.phone}
        onValue={set("phone")}
        type="tel"
        mode="tel"
        auto="tel"
      />
      <Select label={words("language")} value={form.language} onValue={set("language")}>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </Select>
      <Wrong text={wrong} />
      <button type="submit" aria-disabled={busy}>
        {busy ? words("busy") : words("save")}
      </button>
      <p role="status" className="said">
        {said}
      </p>
    </form>
  );
}

/** Each way of hearing from us by itself; a tick is kept at once, with the words beside it. */
function Consents({ person }: { person: Person }) {
  const words = useTranslations("mine");
  const language = useLocale();
  const [choices, setChoices] = useState(person.consents);
  const [said, setSaid] = useState("");
  const { wrong, run } = useDeed();

  async function choose(channel: (typeof choices)[number]["channel"], isGiven: boolean) {
    setSaid("");
    const done = await run(async () =>
      setChoices(await consentChoose(person.reference, channel, isGiven, language)),
    );
    if (done) setSaid(words("saved"));
  }

  return (
    <fieldset>
      <legend>{words("hearing")}</legend>
      <p className="hint">{words("hearingHelp")}</p>
      {choices.map((one) => (
        <Tick
          key={one.channel}
          name={one.channel}
          checked={one.is_given}
          onTick={(on) => void choose(one.channel, on)}
        >
          {one.wording}
        </Tick>
      ))}
      <Wrong text={wrong} />
      <p role="status" className="said">
        {said}
      </p>
    </fieldset>
  );
}

export function Details({ people }: { people: Person[] }) {
  const words = useTranslations("mine");
  return (
    <section aria-labelledby="details-title">
      <h2 id="details-title">{words("details")}</h2>
      {people.map((person) => (
        <details key={person.reference}>
          <summary>
            <bdi>{person.name}</bdi>
          </summary>
          <Address person={person} />
          <Consents person={person} />
        </details>
      ))}
    </section>
  );
}
