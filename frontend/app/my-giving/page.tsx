import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { Frame } from "@/components/Frame";
import { MyGiving } from "@/components/mine/MyGiving";
import { givingRead } from "@/lib/api/giving";

export async function generateMetadata(): Promise<Metadata> {
  const words = await getTranslations("mine");
  const { charity } = await givingRead();
  return { title: `${words("title")} – ${charity.name}`, robots: "noindex" };
}

export default async function Page() {
  const giving = await givingRead();
  const words = await getTranslations("mine");
  return (
    <Frame charity={giving.charity}>
      <noscript>
        <p className="summary">{words("noScript", { email: giving.charity.email })}</p>
      </noscript>
      <MyGiving giving={giving} />
    </Frame>
  );
}
