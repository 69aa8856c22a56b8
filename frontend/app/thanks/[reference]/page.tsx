import type { Metadata } from "next";
import { Thanks } from "@/components/thanks/Thanks";

export const metadata: Metadata = { title: "Your gift" };

export default async function Page({ params }: { params: Promise<{ reference: string }> }) {
  return <Thanks reference={(await params).reference} />;
}
