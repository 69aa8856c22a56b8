import { useTranslations } from "next-intl";
import { useState } from "react";
import { useFormats } from "@/components/useFormats";
import type { Plan } from "@/lib/api/mine";
import type { Giving } from "@/lib/api/types";
import { amountForm } from "@/lib/giftForm";
import { currencySign, moneyParse } from "@/lib/money";
import { AgainPanel } from "./AgainPanel";
import { MethodPanel } from "./MethodPanel";
import type { PanelName } from "./PlanCard";
import { Field, Panel, Select } from "./parts";
import { TributePanel } from "./TributePanel";
import { useAsk } from "./useAsk";

export type PanelProps = {
  plan: Plan;
  giving: Giving;
  link?: string;
  may: PanelName[];
  onPlan: (plan: Plan) => void;
  onShow: (name: PanelName) => void;
  onClose: (said?: string) => void;
  onGiven?: () => void;
};

function AmountPanel(props: PanelProps) {
  const words = useTranslations("mine");
  const says = useTranslations("mistakes");
  const { plan } = props;
  const [text, setText] = useState("");
  const { busy, wrong, setWrong, ask, close } = useAsk(props);
  const { money } = useFormats(plan.currency);
  const send = () => {
    const amount = moneyParse(text, plan.currency);
    if (amount === null) return setWrong(amountForm(says, plan.currency));
    return ask("amount", { amount_minor: amount }, words("doneAmount"));
  };
  return (
    <Panel
      title={words("amountTitle")}
      button={words("amountButton")}
      busy={busy}
      wrong={wrong}
      onSend={send}
      onClose={close}
    >
      <Field
        label={words("amountLabel")}
        hint={words(plan.may.includes("amount") ? "amountHelp" : "amountLess", {
          amount: money(plan.amount_minor),
        })}
        value={text}
        onValue={setText}
        mode="decimal"
        auto="off"
        sign={currencySign(plan.currency)}
      />
    </Panel>
  );
}

function DayPanel(props: PanelProps) {
  const words = useTranslations("mine");
  const give = useTranslations("give");
  const { plan } = props;
  const weekly = plan.interval === "week";
  const [day, setDay] = useState(String(plan.day));
  const { busy, wrong, ask, close } = useAsk(props);
  const most = weekly ? 7 : plan.interval === "month" ? 31 : 28;
  const days = Array.from({ length: most }, (_, at) => at + 1);
  return (
    <Panel
      title={words("dayTitle")}
      button={words("dayButton")}
      busy={busy}
      wrong={wrong}
      onSend={() => ask("day", { day: Number(day) }, words("doneDay"))}
      onClose={close}
    >
      <Select label={words("dayLabel")} value={day} onValue={setDay}>
        {days.map((one) => (
          <option key={one} value={one}>
            {weekly
              ? words("weekday", { day: String(one) })
              : give("dayOption", { day: one, interval: plan.interval })}
          </option>
        ))}
      </Select>
    </Panel>
  );
}

function FundPanel(props: PanelProps) {
  const words = useTranslations("mine");
  const [fund, setFund] = useState(props.plan.fund);
  const { busy, wrong, ask, close } = useAsk(props);
  return (
    <Panel
      title={words("fundTitle")}
      button={words("fundButton")}
      busy={busy}
      wrong={wrong}
      onSend={() => ask("fund", { fund }, words("doneFund"))}
      onClose={close}
    >
      <Select label={words("fundLabel")} value={fund} onValue={setFund}>
        {props.giving.funds.map((one) => (
          <option key={one.code} value={one.code}>
            {one.name}
          </option>
        ))}
      </Select>
    </Panel>
  );
}

function SkipPanel(props: PanelProps) {
  const words = useTranslations("mine");
  const { day } = useFormats(props.plan.currency);
  const { busy, wrong, ask, close } = useAsk(props);
  const [next, after] = props.plan.coming.filter((one) => one.is_taken);
  return (
    <Panel
      title={words("skipTitle")}
      button={words("skipButton")}
      busy={busy}
      wrong={wrong}
      onSend={() => ask("skip", {}, words("doneSkip"))}
      onClose={close}
    >
      {next && <p>{words("skipHelp", { date: day(next.on) })}</p>}
      {after && <p className="hint">{words("skipAfter", { date: day(after.on) })}</p>}
    </Panel>
  );
}

function PausePanel(props: PanelProps) {
  const words = useTranslations("mine");
  const [until, setUntil] = useState("");
  const { busy, wrong, setWrong, ask, close } = useAsk(props);
  const send = () =>
    until ? ask("pause", { until }, words("donePause")) : setWrong(words("pauseNone"));
  return (
    <Panel
      title={words("pauseTitle")}
      button={words("pauseButton")}
      busy={busy}
      wrong={wrong}
      onSend={send}
      onClose={close}
    >
      <Field
        label={words("pauseLabel")}
        hint={words("pauseHelp")}
        type="date"
        min={props.plan.coming[0]?.on}
        value={until}
        onValue={setUntil}
      />
      {props.link && props.may.includes("amount") && (
        <div className="offers">
          <button type="button" className="plain" onClick={() => props.onShow("amount")}>
            {words("offerLess")}
          </button>
        </div>
      )}
    </Panel>
  );
}

function ResumePanel(props: PanelProps) {
  const words = useTranslations("mine");
  const { busy, wrong, ask, close } = useAsk(props);
  return (
    <Panel
      title={words(props.plan.is_skipping ? "unskipTitle" : "resumeTitle")}
      button={words("resumeButton")}
      busy={busy}
      wrong={wrong}
      onSend={() => ask("resume", {}, words("doneResume"))}
      onClose={close}
    />
  );
}

/** Two clicks stop it; the other ways are offered beside the button, never before it. */
function CancelPanel(props: PanelProps) {
  const words = useTranslations("mine");
  const { may, onShow } = props;
  const { busy, wrong, ask, close } = useAsk(props);
  return (
    <Panel
      title={words("cancelTitle")}
      button={words("cancelButton")}
      busy={busy}
      wrong={wrong}
      onSend={() => ask("cancel", {}, words("doneCancel"))}
      onClose={close}
      closeWords={words("cancelKeep")}
    >
      <p>{words("cancelHelp")}</p>
      <div className="offers">
        {may.includes("amount") && (
          <button type="button" className="plain" onClick={() => onShow("amount")}>
            {words("offerLess")}
          </button>
        )}
        {may.includes("pause") && (
          <button type="button" className="plain" onClick={() => onShow("pause")}>
            {words("offerPause")}
          </button>
        )}
      </div>
    </Panel>
  );
}

const PANELS = {
  amount: AmountPanel,
  day: DayPanel,
  fund: FundPanel,
  tribute: TributePanel,
  skip: SkipPanel,
  pause: PausePanel,
  resume: ResumePanel,
  cancel: CancelPanel,
  method: MethodPanel,
  again: AgainPanel,
};

export function PlanPanel({ name, ...props }: PanelProps & { name: PanelName }) {
  const Form = PANELS[name];
  return <Form {...props} />;
}
