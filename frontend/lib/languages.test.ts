import { describe, expect, it } from "vitest";
import { isLanguage, languageFind, languageTags } from "./languages";

describe("the language of a page", () => {
  it.each([
    [undefined, null, "en"],
    [undefined, "", "en"],
    [undefined, "fr-FR,fr;q=0.9", "en"],
    [undefined, "cy-GB,cy;q=0.9,en;q=0.8", "cy"],
    [undefined, "en-GB,en;q=0.9,cy;q=0.8", "en"],
    [undefined, "en;q=0.2, cy;q=0.7", "cy"],
    [undefined, "fr, CY;q=0.5", "cy"],
    [undefined, "cy;q=0, en;q=0.1", "en"],
    [undefined, "cy;q=nonsense", "en"],
    ["cy", "en-GB", "cy"],
    ["en", "cy", "en"],
    ["fr", "cy", "cy"],
    ["toString", null, "en"],
  ])("chosen %s, wished %s: %s", (chosen, accepted, language) => {
    expect(languageFind(chosen, accepted)).toBe(language);
  });

  it("is written as a tag, with British English behind it", () => {
    expect(languageTags("cy")).toEqual(["cy", "en-GB"]);
    expect(languageTags("en")[0]).toBe("en-GB");
    expect(isLanguage("de")).toBe(false);
  });
});
