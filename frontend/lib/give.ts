/** One press of the button: start the gift, confirm the card, say what came of it. */
import { giftRead, giftStart } from "./api/giving";
import { ApiError } from "./api/http";
import type { GiftStarted } from "./api/types";
import { cardWords } from "./declines";
import { formRequest, type GiftForm, type Mistake, mistakesFromApi, tributeOf } from "./giftForm";
import { giverKeep } from "./giver";
import { detailsMark, keyForSubmit, keyRenew, keyStore } from "./idempotency";
import type { Language } from "./languages";
import type { StripeClient, StripeElements, StripeError } from "./stripe";
import { tabStore } from "./tabStore";
import type { Words } from "./words";

export type Outcome = { reference: string } | { mistakes: Mistake[] };

async function started(form: GiftForm, language: Language): Promise<GiftStarted> {
  const request = formRequest(form, language);
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

function refusal(error: ApiError, form: GiftForm, words: Words<"mistakes">): Mistake[] {
  if (error.status === 0) return [{ field: null, text: words("network") }];
  const placed = mistakesFromApi(error.fields, form);
  return placed.length > 0 ? placed : [{ field: null, text: error.message }];
}

const onCard = (text: string): Outcome => ({ mistakes: [{ field: "card", text }] });

const GIVEN = new Set(["succeeded", "processing"]);

/** Another tab or a lost answer may have paid: only the gift's own state says. */
async function onRefusal(
  error: StripeError,
  reference: string,
  words: Words<"mistakes">,
): Promise<Outcome> {
  const said = onCard(cardWords(error, words));
  if (error.type === "validation_error" || error.type === "card_error") return said;
  try {
    const { status } = await giftRead(reference);
    if (GIVEN.has(status)) return { reference };
    return status === "failed" || status === "cancelled" ? said : onCard(words("network"));
  } catch (unread) {
    if (unread instanceof ApiError) return onCard(words("network"));
    throw unread;
  }
}

/** Never throws for a refusal by the API, the card or the network. */
export async function give(
  form: GiftForm,
  card: { client: StripeClient; elements: StripeElements },
  words: Words<"mistakes">,
  language: Language,
): Promise<Outcome> {
  const checked = await card.elements.submit();
  if (checked.error) return onCard(cardWords(checked.error, words));
  let gift: GiftStarted;
  try {
    gift = await started(form, language);
  } catch (error) {
    if (error instanceof ApiError) return { mistakes: refusal(error, form, words) };
    throw error;
  }
  const { reference } = gift;
  const giver = { name: form.name.trim(), email: form.email.trim() };
  const tribute = tributeOf(form) ?? undefined;
  giverKeep(tabStore(), reference, { ...giver, tribute });
  if (GIVEN.has(gift.status)) return { reference };
  const answer = await card.client.confirmPayment({
    elements: card.elements,
    clientSecret: gift.client_secret,
    redirect: "if_required",
    confirmParams: {
      return_url: `${window.location.origin}/thanks/${reference}`,
      payment_method_data: { billing_details: giver },
    },
  });
  return answer.error ? onRefusal(answer.error, reference, words) : { reference };
}
