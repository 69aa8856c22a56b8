import { useTranslations } from "next-intl";

export default function Loading() {
  const words = useTranslations("page");
  return (
    <main>
      <p role="status">{words("loading")}</p>
    </main>
  );
}
