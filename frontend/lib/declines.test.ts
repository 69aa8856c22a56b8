import { createTranslator } from "next-intl";
import { describe, expect, it } from "vitest";
import english from "@/messages/en.json";
import { cardWords, declineWords } from "./declines";
import type { StripeError } from "./stripe";

const words = createTranslator({ locale: "en", messages: english, namespace: "mistakes" });
const NOT_CHARGED = "You have not been charged.";

describe("a card that did not pay", () => {
  it.each<[Partial<StripeError>, string]>([
    [{ code: "card_declined" }, `Your bank declined the card. ${NOT_CHARGED}`],
    [
      { code: "card_declined", decline_code: "insufficient_funds" },
      `Your bank says there is not enough money in the account. ${NOT_CHARGED}`,
    ],
    [
      { code: "card_declined", decline_code: "lost_card" },
      `Your bank declined the card. ${NOT_CHARGED}`,
    ],
    [{ code: "expired_card" }, `The card has expired. ${NOT_CHARGED}`],
    [{ code: "incorrect_cvc" }, `The security code is not right. ${NOT_CHARGED}`],
    [
      { code: "payment_intent_authentication_failure" },
      `Your bank could not confirm that it was you. ${NOT_CHARGED}`,
    ],
    [{ code: "new_code", message: "Not today." }, `Not today. ${NOT_CHARGED}`],
    [{ code: "new_code" }, `The payment did not go through. ${NOT_CHARGED}`],
  ])("%j: %s", (error, sentence) => {
    expect(cardWords({ type: "card_error", ...error }, words)).toBe(sentence);
  });

  it("shows the card form's own words on a field", () => {
    const message = "Your card number is incomplete.";
    expect(cardWords({ type: "validation_error", message }, words)).toBe(message);
    expect(cardWords({ type: "validation_error" }, words)).toBe("Check the card's details");
  });

  it("never says that nothing was charged when nobody knows", () => {
    const sentence = cardWords({ type: "api_connection_error", message: "x" }, words);
    expect(sentence).toContain("you will not be charged twice");
    expect(sentence).not.toContain(NOT_CHARGED);
  });

  it("gives a reason of the API that we don't know in plain words", () => {
    expect(declineWords("do_not_honor", words)).toBe(`Your bank declined the card. ${NOT_CHARGED}`);
    expect(declineWords("toString", words)).toBe(`Your bank declined the card. ${NOT_CHARGED}`);
  });
});
