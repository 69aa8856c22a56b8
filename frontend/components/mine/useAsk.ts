import { planAsk } from "@/lib/api/mine";
import type { PanelProps } from "./PlanPanel";
import { useDeed } from "./useDeed";

/** A form that sends one deed and shows the plan as it is then. */
export function useAsk({ plan, link, onPlan, onClose }: PanelProps) {
  const deed = useDeed();
  const ask = async (name: string, body: object, said: string) => {
    const done = await deed.run(async (reference) =>
      onPlan(await planAsk(plan.reference, name, { ...body, reference }, link)),
    );
    if (done) onClose(said);
  };
  return { ...deed, ask, close: () => onClose() };
}
