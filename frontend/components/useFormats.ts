import { useLocale, useTranslations } from "next-intl";
import { dayInWords } from "@/lib/dates";
import { moneyFormat } from "@/lib/money";

/** Money and days as the page's language writes them. */
export function useFormats(currency: string) {
  const language = useLocale();
  const dates = useTranslations("dates");
  return {
    money: (minor: number) => moneyFormat(minor, currency, language),
    day: (iso: string) => dayInWords(iso, dates),
  };
}
