/** What this tab alone remembers: sessionStorage, or this page's memory where it is forbidden. */

export type TabStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const held = new Map<string, string>();
const memory: TabStore = {
  getItem: (name) => held.get(name) ?? null,
  setItem: (name, text) => void held.set(name, text),
  removeItem: (name) => void held.delete(name),
};

export function tabStore(): TabStore {
  try {
    window.sessionStorage.setItem("domaap.try", "1");
    window.sessionStorage.removeItem("domaap.try");
    return window.sessionStorage;
  } catch {
    // Forbidden by the visitor's settings, or full: giving works without it.
    return memory;
  }
}
