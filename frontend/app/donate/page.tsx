import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { preconnect } from "react-dom";
import { Frame } from "@/components/Frame";
import { GiveForm } from "@/components/giving/GiveForm";
import { givingRead } from "@/lib/api/giving";
import { todayInLondon } from "@/lib/dates";
import { prefillRead, type Query } from "@/lib/prefill";

async function title(): Promise<string> {
  const words = await getTranslations("page");
  return `${words("give")} – ${(await givingRead()).charity.name}`;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: await title() };
}

export default async function Page({ searchParams }: { searchParams: Promise<Query> }) {
  const giving = await givingRead();
  const words = await getTranslations("page");
  preconnect(new URL(giving.stripe.script_url).origin);
  return (
    <Frame charity={giving.charity}>
      <noscript>
        <p className="summary">{words("noScript", { email: giving.charity.email })}</p>
      </noscript>
      <GiveForm
        giving={giving}
        today={todayInLondon()}
        title={await title()}
        prefill={prefillRead(await searchParams, giving)}
      />
    </Frame>
  );
}
