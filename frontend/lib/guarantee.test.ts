import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { GUARANTEE } from "./guarantee";

const MAILED = new URL("../../api/templates/mail/debit_guarantee.txt", import.meta.url);

it("the page and the e-mail say the Guarantee in the same words", () => {
  const mailed = readFileSync(fileURLToPath(MAILED), "utf8").trim().split("\n").slice(1);
  expect(mailed).toEqual(GUARANTEE.map((sentence) => `- ${sentence}`));
});
