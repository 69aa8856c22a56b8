import type { Metadata } from "next";
import { getTranslations } from "next-intl/server";
import { Frame } from "@/components/Frame";
import { Thanks } from "@/components/thanks/Thanks";
import { givingRead } from "@/lib/api/giving";
import { ApiError } from "@/lib/api/http";
import type { Charity } from "@/lib/api/types";

/** The charity, or nobody while the API is away: who has paid must see this page all the same. */
async function charityRead(): Promise<Charity | null> {
  try {
    return (await givingRead()).charity;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

export async function generateMetadata(): Promise<Metadata> {
  const words = await getTranslations("page");
  const charity = await charityRead();
  return { title: [words("gift"), charity?.name].filter(Boolean).join(" – "), robots: "noindex" };
}

export default async function Page({ params }: { params: Promise<{ reference: string }> }) {
  const charity = await charityRead();
  return (
    <Frame charity={charity}>
      <Thanks reference={(await params).reference} charity={charity} />
    </Frame>
  );
}
