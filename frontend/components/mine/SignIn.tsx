import { useTranslations } from "next-intl";
import { type FormEvent, useState } from "react";
import { linkAsk, passkeyAsk, passkeySignIn, passwordSignIn } from "@/lib/api/mine";
import { passkeysKnown, passkeyUse } from "@/lib/passkeys";
import { Field, Title, Wrong } from "./parts";
import { useDeed } from "./useDeed";

function Sent({ email, onAgain }: { email: string; onAgain: () => void }) {
  const words = useTranslations("mine");
  return (
    <div>
      <Title>{words("sentTitle")}</Title>
      <p>{words.rich("sentHelp", { email, who: (chunks) => <bdi>{chunks}</bdi> })}</p>
      <p className="hint">{words("sentNothing")}</p>
      <button type="button" onClick={onAgain}>
        {words("otherAddress")}
      </button>
    </div>
  );
}

/** The way in: a link by e-mail, or a password or passkey for those who chose one. */
export function SignIn({ onIn }: { onIn: () => void }) {
  const words = useTranslations("mine");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [byPassword, setByPassword] = useState(false);
  const [sent, setSent] = useState(false);
  const { busy, wrong, setWrong, run } = useDeed();

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (byPassword) {
      if (await run(() => passwordSignIn(email, password))) onIn();
    } else if (await run(() => linkAsk(email))) setSent(true);
  }

  async function byPasskey() {
    const signedIn = await run(async () => {
      const answer = await passkeyUse(await passkeyAsk());
      if (!answer) return words("passkeyNone");
      await passkeySignIn(answer);
    });
    if (signedIn) onIn();
  }

  if (sent) return <Sent email={email} onAgain={() => setSent(false)} />;
  return (
    <form noValidate onSubmit={submit}>
      <Title>{words("signInTitle")}</Title>
      <p>{words(byPassword ? "passwordHelp" : "signInHelp")}</p>
      <Field
        label={words("email")}
        value={email}
        onValue={setEmail}
        type="email"
        mode="email"
        auto={byPassword ? "username" : "email"}
      />
      {byPassword && (
        <Field
          label={words("password")}
          value={password}
          onValue={setPassword}
          type="password"
          auto="current-password"
        />
      )}
      <Wrong text={wrong} />
      <button type="submit" className="main" aria-disabled={busy}>
        {busy ? words("busy") : words(byPassword ? "signIn" : "sendLink")}
      </button>
      <div className="offers">
        <button
          type="button"
          className="plain"
          onClick={() => {
            setWrong("");
            setByPassword(!byPassword);
          }}
        >
          {words(byPassword ? "withLink" : "withPassword")}
        </button>
        {passkeysKnown() && (
          <button type="button" className="plain" aria-disabled={busy} onClick={byPasskey}>
            {words("withPasskey")}
          </button>
        )}
      </div>
    </form>
  );
}
