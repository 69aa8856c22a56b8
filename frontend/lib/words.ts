/** The words of one part of messages/, in the page's language. */
import type { useTranslations } from "next-intl";

export type Words<Part extends "give" | "mistakes" | "dates" | "mine"> = ReturnType<
  typeof useTranslations<Part>
>;
