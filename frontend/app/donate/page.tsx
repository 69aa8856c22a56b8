import type { Metadata } from "next";
import { GiveForm } from "@/components/giving/GiveForm";
import { givingRead } from "@/lib/api/giving";
import { todayInLondon } from "@/lib/dates";

export const dynamic = "force-dynamic";
export const metadata: Metadata = { title: "Give" };

export default async function Page() {
  return <GiveForm giving={await givingRead()} today={todayInLondon()} />;
}
