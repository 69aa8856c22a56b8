/** The language of one request: the visitor's choice, else their browser's wish. */
import { cookies, headers } from "next/headers";
import { getRequestConfig } from "next-intl/server";
import { LANGUAGE_COOKIE, languageFind } from "@/lib/languages";

export default getRequestConfig(async () => {
  const chosen = (await cookies()).get(LANGUAGE_COOKIE)?.value;
  const locale = languageFind(chosen, (await headers()).get("accept-language"));
  const { default: messages } = await import(`../messages/${locale}.json`);
  return { locale, messages, timeZone: "Europe/London" };
});
