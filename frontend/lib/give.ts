/** One press of the button: start the gift, confirm the card, say what came of it. */
import { giftStart } from "./api/giving";
import { ApiError } from "./api/http";
import type { GiftStarted, Giving } from "./api/types";
import { formRequest, type GiftForm, type Mistake, mistakesFromApi } from "./giftForm";
import { detailsMark, keyForSubmit, keyRenew, keyStore } from "./idempotency";
import type { StripeClient, StripeElements, StripeError } from "./stripe";

export type Outcome = { reference: string } | { mistakes: Mistake[] };

const SAFE =
  "We could not reach the server. Check your connection and press the button again: it is safe, you will not be charged twice.";

async function started(form: GiftForm, giving: Giving): Promise<GiftStarted> {
  const request = formRequest(form, giving);
  const store = keyStore();
  const mark = detailsMark([form.kind, request]);
  const send = (idempotency_key: string) => giftStart(form.kind, { ...request, idempotency_key });
  try {
    return await send(keyForSubmit(store, mark));
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "idempotency_key_reused") throw error;
    keyRenew(store);
    return send(keyForSubmit(store, mark));
  }
}

function refusal(error: ApiError, form: GiftForm): Mistake[] {
  if (error.status === 0) return [{ field: null, text: SAFE }];
  const placed = mistakesFromApi(error.fields, form);
  return placed.length > 0 ? placed : [{ field: null, text: error.message }];
}

function cardWords(error: StripeError): string {
  if (error.type === "card_error" && error.code === "card_declined")
    return "Your bank declined the card. You have not been charged.";
  if (error.type === "validation_error") return error.message ?? "Check the card's details.";
  if (error.type === "api_connection_error") return SAFE;
  return `${error.message ?? "The payment did not go through."} You have not been charged.`;
}

const onCard = (error: StripeError): Outcome => ({
  mistakes: [{ field: "card", text: cardWords(error) }],
});

/** Never throws for a refusal by the API, the card or the network. */
export async function give(
  form: GiftForm,
  giving: Giving,
  card: { client: StripeClient; elements: StripeElements },
): Promise<Outcome> {
  const checked = await card.elements.submit();
  if (checked.error) return onCard(checked.error);
  let gift: GiftStarted;
  try {
    gift = await started(form, giving);
  } catch (error) {
    if (error instanceof ApiError) return { mistakes: refusal(error, form) };
    throw error;
  }
  const { reference } = gift;
  const giver = { name: form.name.trim(), email: form.email.trim() };
  sessionStorage.setItem(`domaap.giver.${reference}`, JSON.stringify(giver));
  if (gift.status === "succeeded" || gift.status === "processing") return { reference };
  const answer = await card.client.confirmPayment({
    elements: card.elements,
    clientSecret: gift.client_secret,
    redirect: "if_required",
    confirmParams: {
      return_url: `${window.location.origin}/thanks/${reference}`,
      payment_method_data: { billing_details: giver },
    },
  });
  return answer.error ? onCard(answer.error) : { reference };
}
