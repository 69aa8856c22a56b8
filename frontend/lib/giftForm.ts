/** What the giving form holds, what is wrong with it, and what is sent. */
import type { GiftKind, GiftRequest, Giving } from "./api/types";
import { moneyFormat, moneyParse } from "./money";

export type GiftForm = {
  kind: GiftKind;
  /** A suggested amount in minor units as text, "other", or nothing yet. */
  choice: string;
  own: string;
  fund: string;
  name: string;
  email: string;
  phone: string;
  line1: string;
  line2: string;
  city: string;
  postcode: string;
  message: string;
  anonymous: boolean;
  coversFee: boolean;
  day: number;
};

export type FieldName = keyof GiftForm | "card";
export type Mistake = { field: FieldName | null; text: string };

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;
const MESSAGE_LENGTH = 500;

export function formEmpty(giving: Giving, day: number): GiftForm {
  return {
    kind: "one_off",
    choice: "",
    own: "",
    fund: giving.funds[0]?.code ?? "general",
    name: "",
    email: "",
    phone: "",
    line1: "",
    line2: "",
    city: "",
    postcode: "",
    message: "",
    anonymous: false,
    coversFee: false,
    day,
  };
}

/** The amount in minor units; null while there is none that can be read. */
export function formAmount(form: GiftForm, currency: string): number | null {
  if (form.choice === "other") return moneyParse(form.own, currency);
  return form.choice === "" ? null : Number.parseInt(form.choice, 10);
}

function amountMistakes(form: GiftForm, giving: Giving): Mistake[] {
  if (form.choice === "") return [{ field: "choice", text: "Choose an amount to give" }];
  if (form.choice === "other" && form.own.trim() === "")
    return [{ field: "own", text: "Enter the amount that you want to give" }];
  const amount = formAmount(form, giving.currency);
  if (amount === null)
    return [{ field: "own", text: "Enter an amount in pounds, like 25 or 25.50" }];
  const least = moneyFormat(giving.minimum_minor, giving.currency);
  const most = moneyFormat(giving.maximum_minor, giving.currency);
  if (amount < giving.minimum_minor)
    return [{ field: "own", text: `The amount must be ${least} or more` }];
  if (amount > giving.maximum_minor)
    return [
      { field: "own", text: `The amount must be ${most} or less. For more, please write to us` },
    ];
  return [];
}

function donorMistakes(form: GiftForm): Mistake[] {
  const mistakes: Mistake[] = [];
  const email = form.email.trim();
  if (form.name.trim() === "") mistakes.push({ field: "name", text: "Enter your name" });
  if (email === "") mistakes.push({ field: "email", text: "Enter your e-mail address" });
  else if (!EMAIL.test(email))
    mistakes.push({
      field: "email",
      text: "Enter an e-mail address in the right form, like name@example.org",
    });
  if (form.message.length > MESSAGE_LENGTH)
    mistakes.push({
      field: "message",
      text: `The message must be ${MESSAGE_LENGTH} letters or fewer`,
    });
  return mistakes;
}

/** Everything that is wrong, in the order of the page. */
export function formMistakes(form: GiftForm, giving: Giving): Mistake[] {
  return [...amountMistakes(form, giving), ...donorMistakes(form)];
}

/** The request, without its key. Call it only when formMistakes found nothing. */
export function formRequest(form: GiftForm, giving: Giving): Omit<GiftRequest, "idempotency_key"> {
  const amount = formAmount(form, giving.currency);
  if (amount === null) throw new RangeError("a gift has an amount");
  const { line1, line2, city, postcode } = form;
  const address = { line1, line2, city, postcode, country: "GB" };
  return {
    amount_minor: amount,
    currency: "GBP",
    fund: form.fund,
    donor: {
      name: form.name.trim(),
      email: form.email.trim(),
      phone: form.phone.trim(),
      address: [line1, line2, city, postcode].some((part) => part.trim()) ? address : null,
    },
    is_anonymous: form.anonymous,
    message: form.message.trim(),
    covers_fee: form.coversFee,
    collection_day: form.kind === "monthly" ? form.day : null,
  };
}

const API_FIELDS: Record<string, FieldName> = {
  fund: "fund",
  message: "message",
  covers_fee: "coversFee",
  collection_day: "day",
  "donor.name": "name",
  "donor.email": "email",
  "donor.phone": "phone",
  "donor.address.line1": "line1",
  "donor.address.line2": "line2",
  "donor.address.city": "city",
  "donor.address.postcode": "postcode",
};

/** The API's complaints on this form's fields; one it does not know stays in the summary. */
export function mistakesFromApi(fields: Record<string, string[]>, form: GiftForm): Mistake[] {
  return Object.entries(fields).flatMap(([name, texts]) => {
    const amount: FieldName = form.choice === "other" ? "own" : "choice";
    const field = name === "amount_minor" ? amount : (API_FIELDS[name] ?? null);
    return texts.map((text) => ({ field, text }));
  });
}
