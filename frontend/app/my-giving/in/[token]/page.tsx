import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { Frame } from "@/components/Frame";
import { OpenLink } from "@/components/mine/OpenLink";
import { givingRead } from "@/lib/api/giving";

export async function generateMetadata(): Promise<Metadata> {
  const words = await getTranslations("mine");
  return { title: words("title"), robots: "noindex", referrer: "no-referrer" };
}

export default async function Page({ params }: { params: Promise<{ token: string }> }) {
  const { charity } = await givingRead();
  return (
    <Frame charity={charity}>
      <OpenLink token={decodeURIComponent((await params).token)} />
    </Frame>
  );
}
