import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { Frame } from "@/components/Frame";
import { LinkedPlan } from "@/components/mine/LinkedPlan";
import { givingRead } from "@/lib/api/giving";

export async function generateMetadata(): Promise<Metadata> {
  const words = await getTranslations("mine");
  return { title: words("title"), robots: "noindex", referrer: "no-referrer" };
}

export default async function Page({ params }: { params: Promise<{ token: string }> }) {
  const giving = await givingRead();
  const words = await getTranslations("mine");
  return (
    <Frame charity={giving.charity}>
      <noscript>
        <p className="summary">{words("noScript", { email: giving.charity.email })}</p>
      </noscript>
      <LinkedPlan token={decodeURIComponent((await params).token)} giving={giving} />
    </Frame>
  );
}
