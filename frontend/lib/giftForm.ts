/** What the giving form holds, what is wrong with it, and what is sent. */
import type { GiftKind, GiftRequest, Giving, Interval, Tribute } from "./api/types";
import { dayInWords, giftNext } from "./dates";
import type { Language } from "./languages";
import { currencyDigits, moneyFormat, moneyParse } from "./money";
import type { Words } from "./words";

export type GiftForm = {
  kind: GiftKind;
  /** How often, of a gift that is not given once. */
  interval: Interval;
  ends: "never" | "gifts" | "date";
  /** How many gifts in all, as typed; the last day that may be charged. Only what `ends` names counts. */
  gifts: string;
  endsOn: string;
  currency: string;
  /** A suggested amount in minor units as text, "other", or nothing yet. */
  choice: string;
  own: string;
  fund: string;
  /** The code of the appeal that the donor came by; empty when none. */
  campaign: string;
  tribute: Tribute["kind"] | "none";
  tributeName: string;
  tributeMessage: string;
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
export type Speech = {
  mistakes: Words<"mistakes">;
  labels: Words<"give">;
  dates: Words<"dates">;
  language: Language;
  today: string;
};

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@.]+$/;

/** How many characters the API takes, in the order of the page. */
export const LIMITS = {
  name: 200,
  email: 254,
  tributeName: 200,
  tributeMessage: 500,
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
    interval: "month",
    ends: "never",
    gifts: "",
    endsOn: "",
    currency: giving.currency,
    choice: "",
    own: "",
    fund: giving.funds[0]?.code ?? "general",
    campaign: "",
    tribute: "none",
    tributeName: "",
    tributeMessage: "",
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

/** The suggested amounts: those of once for what is given seldom. */
export function amountsOffered(
  { kind, interval }: Pick<GiftForm, "kind" | "interval">,
  { suggestions }: Giving,
): number[] {
  const often = kind === "monthly" && (interval === "month" || interval === "week");
  return often ? suggestions.monthly : suggestions.once;
}

/** The form with another value; an amount that was offered for another rhythm goes. */
export function formWith<Name extends keyof GiftForm>(
  before: GiftForm,
  name: Name,
  value: GiftForm[Name],
  giving: Giving,
): GiftForm {
  const after = { ...before, [name]: value };
  const stays =
    after.choice === "other" ||
    (name !== "kind" && amountsOffered(after, giving).includes(Number(after.choice)));
  return stays ? after : { ...after, choice: "" };
}

/** What the gift says of somebody; null where nothing is chosen. */
export function tributeOf(form: GiftForm): Tribute | null {
  if (form.tribute === "none") return null;
  const { tribute: kind, tributeName, tributeMessage } = form;
  return { kind, name: tributeName.trim(), message: tributeMessage.trim() };
}

/** The amount in minor units; null while there is none that can be read. */
export function formAmount(form: GiftForm): number | null {
  if (form.choice === "other") return moneyParse(form.own, form.currency);
  return form.choice === "" ? null : Number.parseInt(form.choice, 10);
}

/** Characters as the API counts them: an accented letter or an emoji may be two units here. */
export function characterCount(text: string): number {
  return [...text.trim()].length;
}

/** How an amount is to be typed. */
export function amountForm(mistakes: Words<"mistakes">, currency: string): string {
  return mistakes("ownForm", { currency, digits: String(currencyDigits(currency)) });
}

function endMistakes(form: GiftForm, speech: Speech): Mistake[] {
  const { mistakes, dates, today } = speech;
  if (form.kind !== "monthly") return [];
  if (form.ends === "gifts") {
    const count = /^\d{1,3}$/.test(form.gifts.trim()) ? Number.parseInt(form.gifts, 10) : 0;
    return count >= 2 && count <= 400 ? [] : [{ field: "gifts", text: mistakes("gifts") }];
  }
  const next = giftNext(form.interval, form.day, today);
  if (form.ends === "never" || form.endsOn >= next) return [];
  return [{ field: "endsOn", text: mistakes("endsOn", { date: dayInWords(next, dates) }) }];
}

function amountMistakes(form: GiftForm, giving: Giving, speech: Speech): Mistake[] {
  const { mistakes, language } = speech;
  const { currency } = form;
  const money = (minor: number) => moneyFormat(minor, currency, language);
  if (form.choice === "") return [{ field: "choice", text: mistakes("choice") }];
  if (form.choice === "other" && form.own.trim() === "")
    return [{ field: "own", text: mistakes("own") }];
  const amount = formAmount(form);
  if (amount === null) return [{ field: "own", text: amountForm(mistakes, currency) }];
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
  if (field.startsWith("tribute") && form.tribute === "none") return [];
  if (field === "tributeName" && text === "") return [{ field, text: mistakes("tributeName") }];
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
    ...endMistakes(form, speech),
    ...fields.flatMap((field) => donorMistake(field, form, speech)),
  ];
}

/** The request, without its key. Call it only when formMistakes found nothing. */
export function formRequest(
  form: GiftForm,
  language: Language,
): Omit<GiftRequest, "idempotency_key"> {
  const amount = formAmount(form);
  if (amount === null) throw new RangeError("a gift has an amount");
  const { line1, line2, city, postcode } = form;
  const plan = form.kind === "monthly" ? form : null;
  const address = { line1, line2, city, postcode, country: "GB" };
  return {
    amount_minor: amount,
    currency: form.currency,
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
    tribute: tributeOf(form),
    covers_fee: form.coversFee,
    interval: plan?.interval ?? "month",
    collection_day: plan?.interval === "month" ? plan.day : null,
    gifts_limit: plan?.ends === "gifts" ? Number.parseInt(plan.gifts, 10) : null,
    ends_on: plan?.ends === "date" ? plan.endsOn : null,
  };
}

const API_FIELDS: Record<string, FieldName> = {
  fund: "fund",
  message: "message",
  covers_fee: "coversFee",
  collection_day: "day",
  gifts_limit: "gifts",
  ends_on: "endsOn",
  "tribute.name": "tributeName",
  "tribute.message": "tributeMessage",
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
