/** Which of our languages a page speaks. The words themselves are in messages/. */

export const LANGUAGES = { en: "English", cy: "Cymraeg" } as const;
export type Language = keyof typeof LANGUAGES;

export const LANGUAGE_COOKIE = "language";
const DEFAULT: Language = "en";
const TAGS: Record<Language, string> = { en: "en-GB", cy: "cy" };

export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(LANGUAGES, text);
}

/** For `lang` and Intl. Browsers without Welsh data take the second, never the visitor's own. */
export function languageTags(language: Language): [string, string] {
  return [TAGS[language], "en-GB"];
}

/** What the visitor chose on the page, or the first language of theirs that we speak. */
export function languageFind(chosen: string | undefined, accepted: string | null): Language {
  if (isLanguage(chosen)) return chosen;
  const wishes = (accepted ?? "").split(",").map((wish) => {
    const [tag = "", weight = "q=1"] = wish.trim().split(/\s*;\s*/);
    return { language: tag.split("-")[0]?.toLowerCase(), weight: Number(weight.slice(2)) };
  });
  const known = wishes.filter((wish) => wish.weight > 0 && isLanguage(wish.language));
  known.sort((one, other) => other.weight - one.weight);
  const best = known[0]?.language;
  return isLanguage(best) ? best : DEFAULT;
}
