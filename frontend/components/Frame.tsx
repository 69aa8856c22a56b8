import { getLocale, getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { languageSet } from "@/app/actions";
import type { Charity } from "@/lib/api/types";
import { LANGUAGES } from "@/lib/languages";
import { Mark } from "./icons";

async function Languages() {
  const words = await getTranslations("page");
  const current = await getLocale();
  const others = Object.entries(LANGUAGES).filter(([language]) => language !== current);
  return (
    <nav aria-label={words("language")}>
      {others.map(([language, name]) => (
        <form key={language} action={languageSet.bind(null, language)}>
          <button type="submit" className="plain" lang={language}>
            {name}
          </button>
        </form>
      ))}
    </nav>
  );
}

/** What stands around every donor's page: who asks, above and below. */
export async function Frame({
  charity,
  children,
}: {
  charity: Charity | null;
  children: ReactNode;
}) {
  const words = await getTranslations("page");
  return (
    <>
      <a className="skip" href="#main">
        {words("skip")}
      </a>
      <header>
        <p className="who">
          <Mark />
          {charity?.name}
        </p>
        <Languages />
      </header>
      <main id="main">{children}</main>
      {charity && (
        <footer>
          <p>
            <a href="/my-giving">{words("mine")}</a>
          </p>
          <p>{charity.address}</p>
          <p>
            <a href={`mailto:${charity.email}`}>{charity.email}</a>
          </p>
        </footer>
      )}
    </>
  );
}
