/** Who gave, kept in this tab alone, so that the thank-you page can greet without asking the API. */
import type { Tribute } from "./api/types";
import type { TabStore } from "./tabStore";

export type Giver = { name: string; email: string; tribute?: Pick<Tribute, "kind" | "name"> };

const nameOf = (reference: string) => `domaap.giver.${reference}`;

export function giverKeep(store: TabStore, reference: string, giver: Giver): void {
  store.setItem(nameOf(reference), JSON.stringify(giver));
}

/** The giver, or nobody: another browser or tab, or an older version's text. */
export function giverRead(store: TabStore, reference: string): Giver | null {
  const text = store.getItem(nameOf(reference));
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Partial<Giver> | null;
    if (!kept?.name || !kept.email) return null;
    return { name: kept.name, email: kept.email, tribute: kept.tribute };
  } catch {
    // Not our text: the thanks are then without a name.
    return null;
  }
}
