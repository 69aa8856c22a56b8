/** The key that makes a gift happen once, however often it is sent. */

export type KeyStore = Pick<Storage, "getItem" | "setItem" | "removeItem">;
type Kept = { key: string; made: number; details: string | null };

const NAME = "domaap.gift-key";
const LIFE_MS = 60 * 60 * 1000;

function keptRead(store: KeyStore, now: number): Kept | null {
  const text = store.getItem(NAME);
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Partial<Kept>;
    if (typeof kept.key !== "string" || typeof kept.made !== "number") return null;
    if (now - kept.made >= LIFE_MS || kept.made > now) return null;
    return { key: kept.key, made: kept.made, details: kept.details ?? null };
  } catch {
    // Another program's or an older version's text: a new key replaces it.
    return null;
  }
}

function keyMake(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A short mark of the details, so that no name or e-mail is kept in the browser. */
export function detailsMark(details: unknown): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(JSON.stringify(details))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16);
}

/** Makes the key when the form opens, or finds the one that is younger than an hour. */
export function keyOpen(store: KeyStore, now = Date.now()): string {
  const kept = keptRead(store, now);
  if (kept) return kept.key;
  return keyRenew(store, now);
}

/** The key for these details: another one if it was already sent with different details. */
export function keyForSubmit(store: KeyStore, mark: string, now = Date.now()): string {
  let kept = keptRead(store, now);
  if (kept === null || (kept.details !== null && kept.details !== mark)) {
    kept = { key: keyMake(), made: now, details: null };
  }
  store.setItem(NAME, JSON.stringify({ ...kept, details: mark }));
  return kept.key;
}

export function keyRenew(store: KeyStore, now = Date.now()): string {
  const key = keyMake();
  store.setItem(NAME, JSON.stringify({ key, made: now, details: null }));
  return key;
}

/** After a gift's success: the next gift is a new one. */
export function keyClear(store: KeyStore): void {
  store.removeItem(NAME);
}

/** localStorage, or memory where the browser forbids it (then a reload makes a new key). */
export function keyStore(): KeyStore {
  try {
    window.localStorage.setItem(`${NAME}.try`, "1");
    window.localStorage.removeItem(`${NAME}.try`);
    return window.localStorage;
  } catch {
    return memory;
  }
}

const held = new Map<string, string>();
const memory: KeyStore = {
  getItem: (name) => held.get(name) ?? null,
  setItem: (name, text) => void held.set(name, text),
  removeItem: (name) => void held.delete(name),
};
