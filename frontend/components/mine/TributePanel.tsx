import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Tribute } from "@/lib/api/types";
import { LIMITS } from "@/lib/giftForm";
import type { PanelProps } from "./PlanPanel";
import { Field, LongField, Panel, Select } from "./parts";
import { useAsk } from "./useAsk";

/** What the coming gifts say of somebody. Receipts that were given stay as they are. */
export function TributePanel(props: PanelProps) {
  const words = useTranslations("mine");
  const give = useTranslations("give");
  const says = useTranslations("mistakes");
  const { tribute } = props.plan;
  const [kind, setKind] = useState<string>(tribute?.kind ?? "none");
  const [name, setName] = useState(tribute?.name ?? "");
  const [message, setMessage] = useState(tribute?.message ?? "");
  const { busy, wrong, setWrong, ask, close } = useAsk(props);
  const chosen = kind !== "none";
  const send = () => {
    if (chosen && !name.trim()) return setWrong(says("tributeName"));
    const told = { kind: kind as Tribute["kind"], name: name.trim(), message: message.trim() };
    return ask("tribute", { tribute: chosen ? told : null }, words("doneTribute"));
  };
  return (
    <Panel
      title={words("tributeTitle")}
      button={words("save")}
      busy={busy}
      wrong={wrong}
      onSend={send}
      onClose={close}
    >
      <p className="hint">{words("tributeHelp")}</p>
      <Select label={give("tribute")} value={kind} onValue={setKind}>
        <option value="none">{give("tributeNone")}</option>
        <option value="memory">{give("tributeMemory")}</option>
        <option value="honour">{give("tributeHonour")}</option>
      </Select>
      {chosen && <Field label={give("tributeName")} value={name} onValue={setName} auto="off" />}
      {chosen && (
        <LongField
          label={give("optional", { label: give("tributeMessage") })}
          value={message}
          onValue={setMessage}
          limit={LIMITS.tributeMessage}
        />
      )}
    </Panel>
  );
}
