import "@fontsource-variable/figtree";
import "./globals.css";
import type { Metadata, Viewport } from "next";
import { NextIntlClientProvider } from "next-intl";
import { getLocale, getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { languageTags } from "@/lib/languages";

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations("page"))("give") };
}

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  colorScheme: "light dark",
};

export default async function Layout({ children }: { children: ReactNode }) {
  const [tag] = languageTags(await getLocale());
  return (
    <html lang={tag}>
      <body>
        <NextIntlClientProvider>{children}</NextIntlClientProvider>
      </body>
    </html>
  );
}
