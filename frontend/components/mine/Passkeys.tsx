import { useTranslations } from "next-intl";
import { type FormEvent, useRef, useState } from "react";
import {
  type Passkey,
  passkeyAdd,
  passkeyBegin,
  passkeyRemove,
  passkeyRename,
} from "@/lib/api/mine";
import { dayInWords, todayInLondon } from "@/lib/dates";
import { passkeyMake, passkeysKnown } from "@/lib/passkeys";
import { Field, Wrong } from "./parts";
import { useDeed } from "./useDeed";

/** The donor's passkeys: which there are, one more, one less. */
export function Passkeys({ first }: { first: Passkey[] }) {
  const words = useTranslations("mine");
  const dates = useTranslations("dates");
  const [passkeys, setPasskeys] = useState(first);
  const [name, setName] = useState("");
  const [said, setSaid] = useState("");
  // The button that was pressed goes with its passkey: the focus goes here.
  const status = useRef<HTMLParagraphElement>(null);
  const { busy, wrong, run } = useDeed();
  const day = (at: string) => dayInWords(todayInLondon(new Date(at)), dates);

  async function make(event: FormEvent) {
    event.preventDefault();
    setSaid("");
    const made = await run(async () => {
      const answer = await passkeyMake(await passkeyBegin());
      if (!answer) return words("passkeyNot");
      setPasskeys(await passkeyAdd(answer, name));
    });
    if (!made) return;
    setName("");
    setSaid(words("passkeyDone"));
  }

  async function rename(passkey: string, to: string) {
    setSaid("");
    if (!(await run(async () => setPasskeys(await passkeyRename(passkey, to))))) return;
    setSaid(words("passkeyRenamed"));
    status.current?.focus();
  }

  async function remove(passkey: string) {
    setSaid("");
    if (!(await run(async () => setPasskeys(await passkeyRemove(passkey))))) return;
    setSaid(words("passkeyRemoved"));
    status.current?.focus();
  }

  return (
    <>
      <p>{words("passkeysHelp")}</p>
      {passkeys.length > 0 && (
        <ul className="passkeys">
          {passkeys.map((one) => (
            <li key={one.reference + one.name}>
              <span>
                <bdi>{one.name}</bdi>
                <span className="hint">
                  {words("passkeyMade", { date: day(one.made_at) })}
                  {one.used_at && `, ${words("passkeyUsed", { date: day(one.used_at) })}`}
                </span>
              </span>
              <button
                type="button"
                aria-label={words("passkeyRemoveOf", { name: one.name })}
                aria-disabled={busy}
                onClick={() => void remove(one.reference)}
              >
                {words("passkeyRemove")}
              </button>
              <Rename
                first={one.name}
                busy={busy}
                onName={(to) => void rename(one.reference, to)}
              />
            </li>
          ))}
        </ul>
      )}
      {passkeysKnown() ? (
        <form noValidate onSubmit={make}>
          <Field
            label={words("passkeyLabel")}
            hint={words("passkeyHint")}
            value={name}
            onValue={setName}
            auto="off"
          />
          <Wrong text={wrong} />
          <button type="submit" aria-disabled={busy}>
            {busy ? words("busy") : words("passkeyButton")}
          </button>
        </form>
      ) : (
        <>
          <Wrong text={wrong} />
          <p className="hint">{words("passkeysCannot")}</p>
        </>
      )}
      <p role="status" className="said" ref={status} tabIndex={-1}>
        {said}
      </p>
    </>
  );
}

type RenameProps = { first: string; busy: boolean; onName: (name: string) => void };

function Rename({ first, busy, onName }: RenameProps) {
  const words = useTranslations("mine");
  const [name, setName] = useState(first);
  function send(event: FormEvent) {
    event.preventDefault();
    onName(name);
  }
  return (
    <details>
      <summary aria-label={words("passkeyRenameOf", { name: first })}>
        {words("passkeyRename")}
      </summary>
      <form noValidate onSubmit={send}>
        <Field label={words("passkeyRenameLabel")} value={name} onValue={setName} auto="off" />
        <button type="submit" aria-disabled={busy}>
          {words("passkeyRename")}
        </button>
      </form>
    </details>
  );
}
