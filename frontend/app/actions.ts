"use server";

import { cookies } from "next/headers";
import { isLanguage, LANGUAGE_COOKIE } from "@/lib/languages";

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The visitor's own choice of language; what is typed on the page stays. */
export async function languageSet(language: string): Promise<void> {
  if (!isLanguage(language)) return;
  const kept = { maxAge: YEAR_SECONDS, sameSite: "lax", httpOnly: true, path: "/" } as const;
  (await cookies()).set(LANGUAGE_COOKIE, language, kept);
}
