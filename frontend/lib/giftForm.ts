/** What the giving form holds, what is wrong with it, and what is sent. */
import type { GiftKind, GiftRequest, Giving } from "./api/types";
import type { Language } from "./languages";
import { moneyFormat, moneyParse } from "./money";
import type { Words } from "./words";

export type GiftForm = {
  kind: GiftKind;
  /** A suggested amount in minor units as text, "other", or nothing yet. */
  choice: string;
  own: string;
  fund: string;
  /** The code of the appeal that the donor came by; empty when none. */
  campaign: string;
  /** What the link that opened the page had chosen: it fills the form once. */
  link: string;
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
export type Speech = { mistakes: Words<"mistakes">; labels: Words<"give">; language: Language };

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

/** How many characters the API takes, in the order of the page. */
export const LIMITS = {
  name: 200,
  email: 254,
  phone: 40,
  line1: 200,
  line2: 200,
  city: 100,
  postcode: 20,
  message: 500,
} as const;
type Limited = keyof typeof LIMITS;

export function formEmpty(giving: Giving, day: number): GiftForm {
  return {
    kind: "one_off",
    choice: "",
    own: "",
    fund: giving.funds[0]?.code ?? "general",
    campaign: "",
    link: "{}",
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

/** Characters as the API counts them: an accented letter or an emoji may be two units here. */
export function characterCount(text: string): number {
  return [...text.trim()].length;
}

function amountMistakes(form: GiftForm, giving: Giving, speech: Speech): Mistake[] {
  const { mistakes, language } = speech;
  const money = (minor: number) => moneyFormat(minor, giving.currency, language);
  if (form.choice === "") return [{ field: "choice", text: mistakes("choice") }];
  if (form.choice === "other" && form.own.trim() === "")
    return [{ field: "own", text: mistakes("own") }];
  const amount = formAmount(form, giving.currency);
  if (amount === null) return [{ field: "own", text: mistakes("ownForm") }];
  const field = form.choice === "other" ? "own" : "choice";
  if (amount < giving.minimum_minor)
    return [{ field, text: mistakes("ownLeast", { least: money(giving.minimum_minor) }) }];
  if (amount > giving.maximum_minor)
    return [{ field, text: mistakes("ownMost", { most: money(giving.maximum_minor) }) }];
  return [];
}

function donorMistake(field: Limited, form: GiftForm, speech: Speech): Mistake[] {
  const { mistakes, labels } = speech;
  const text = form[field].trim();
  if (field === "name" && text === "") return [{ field, text: mistakes("name") }];
  if (field === "email" && text === "") return [{ field, text: mistakes("email") }];
  if (field === "email" && !EMAIL.test(text)) return [{ field, text: mistakes("emailForm") }];
  const limit = LIMITS[field];
  if (characterCount(text) <= limit) return [];
  return [{ field, text: mistakes("long", { label: labels(field), limit }) }];
}

/** Everything that is wrong, in the order of the page. */
export function formMistakes(form: GiftForm, giving: Giving, speech: Speech): Mistake[] {
  const fields = Object.keys(LIMITS) as Limited[];
  return [
    ...amountMistakes(form, giving, speech),
    ...fields.flatMap((field) => donorMistake(field, form, speech)),
  ];
}

/** The request, without its key. Call it only when formMistakes found nothing. */
export function formRequest(
  form: GiftForm,
  giving: Giving,
  language: Language,
): Omit<GiftRequest, "idempotency_key"> {
  const amount = formAmount(form, giving.currency);
  if (amount === null) throw new RangeError("a gift has an amount");
  const { line1, line2, city, postcode } = form;
  const address = { line1, line2, city, postcode, country: "GB" };
  return {
    amount_minor: amount,
    currency: "GBP",
    fund: form.fund,
    campaign: form.campaign,
    donor: {
      name: form.name.trim(),
      email: form.email.trim(),
      phone: form.phone.trim(),
      language,
      address: [line1, line2, city, postcode].some((part) => part.trim()) ? address : null,
    },
    is_anonymous: form.anonymous,
    message: form.message.trim(),
    covers_fee: form.coversFee,
    interval: "month",
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
