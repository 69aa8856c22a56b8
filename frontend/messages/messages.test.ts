import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTranslator } from "next-intl";
import { describe, expect, it } from "vitest";
import { LANGUAGES, type Language } from "@/lib/languages";

type Messages = Record<string, Record<string, string>>;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const languages = Object.keys(LANGUAGES) as Language[];
const spoken = new Map(
  languages.map((language) => [
    language,
    JSON.parse(read(`messages/${language}.json`)) as Messages,
  ]),
);
const english = spoken.get("en") ?? {};

function keysOf(messages: Messages): string[] {
  const parts = Object.entries(messages);
  return parts.flatMap(([part, words]) => Object.keys(words).map((key) => `${part}.${key}`)).sort();
}

function sources(folder: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return entries
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.ts$|schema\.d\.ts$/.test(name))
    .map((name) => read(join(folder, name)));
}

/** The names and tags that a message takes: `{amount}`, `<who>`. */
function slots(message: string): string[] {
  const names = [...message.matchAll(/\{(\w+)(?=[},])/g)].map((match) => match[1] ?? "");
  const tags = [...message.matchAll(/<(\w+)>/g)].map((match) => `<${match[1]}>`);
  return [...new Set([...names, ...tags])].sort();
}

/** Months are choices inside a message, not slots. */
const chosen = (message: string) => message.replace(/\d+ \{\p{L}+\}|other \{\p{L}+\}/gu, "");

describe.each(languages)("the words in %s", (language) => {
  const messages = spoken.get(language) ?? {};

  it("are all there, and no others", () => {
    expect(keysOf(messages)).toEqual(keysOf(english));
  });

  it("take the same names and tags as the English ones", () => {
    for (const key of keysOf(english)) {
      const [part = "", name = ""] = key.split(".");
      const theirs = slots(chosen(messages[part]?.[name] ?? ""));
      expect([key, theirs]).toEqual([key, slots(chosen(english[part]?.[name] ?? ""))]);
    }
  });

  it("are well-formed messages", () => {
    const broken: string[] = [];
    const onError = (error: Error) => void broken.push(error.message);
    const translate = createTranslator({ locale: language, messages, onError });
    const facts = { count: 2, day: 2, month: "2", year: "2026" };
    for (const key of keysOf(messages)) {
      const [part = "", name = ""] = key.split(".");
      const names = slots(messages[part]?.[name] ?? "").map((slot) => slot.replace(/[<>]/g, ""));
      const tag = (chunks: unknown) => String(chunks);
      const tags = { who: tag, link: tag };
      const values = Object.fromEntries(names.map((slot) => [slot, "x"]));
      translate.rich(key as never, { ...values, ...facts, ...tags } as never);
    }
    expect(broken).toEqual([]);
  });
});

describe("every word", () => {
  const code = ["app", "components", "lib"].flatMap(sources);

  it.each(keysOf(english))("%s is used by a page", (key) => {
    const [part = "", name = ""] = key.split(".");
    const users = code.filter((text) => text.includes(`"${part}"`) && usesName(text, name));
    expect(users.length).toBeGreaterThan(0);
  });

  it("is looked for by these tests in places that exist", () => {
    expect(code.length).toBeGreaterThan(20);
  });
});

function usesName(text: string, name: string): boolean {
  return new RegExp(`["']${name}["']`).test(text);
}
