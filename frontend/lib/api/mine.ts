/** The calls of the donor's own page. A link to one plan stands in for a sign-in. */
import type { PasskeyAnswer, PasskeyAsked } from "../passkeys";
import { type ApiError, apiCall } from "./http";
import type { components } from "./schema";
import type { GiftStarted } from "./types";

type Schemas = components["schemas"];
export type Me = Schemas["DonorMe"];
export type Person = Schemas["DonorPerson"];
export type ConsentChoice = Schemas["ConsentChoice"];
export type Plan = Schemas["DonorPlan"];
export type Charge = Schemas["PlanCharge"];
export type LinkedPlan = Schemas["LinkedPlan"];
export type Gifts = Schemas["DonorGifts"];
export type Gift = Schemas["DonorGift"];
export type Retried = Schemas["PlanRetry"];
export type Setup = Schemas["PlanSetup"];
export type Passkey = Schemas["DonorPasskey"];
export type EmailAnswered = Schemas["EmailAnswered"];
export type Details = Schemas["PatchedDonorDetails"];

const BASE = "/api/donor";

/** The form token that Django gave: another site can't read it. */
function formToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

function send<Answer>(
  path: string,
  body: unknown,
  link?: string,
  method = "POST",
): Promise<Answer> {
  return apiCall<Answer>(`${BASE}/${path}`, {
    method,
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": formToken(),
      ...(link ? { "Giving-Link": link } : {}),
    },
    body: JSON.stringify(body),
  });
}

export const linkAsk = (email: string) => send<void>("link/", { email });
export const linkUse = (token: string, is_confirmed: boolean) =>
  send<void>("sign-in/", { token, is_confirmed });
export const passwordSignIn = (email: string, password: string) =>
  send<void>("sign-in/password/", { email, password });
export const signOut = () => send<void>("sign-out/", {});
export const passwordSet = (password: string) => send<void>("password/", { password });
export const passkeyAsk = () => send<PasskeyAsked>("sign-in/passkey/begin/", {});
export const passkeySignIn = (answer: PasskeyAnswer) => send<void>("sign-in/passkey/", answer);
export const passkeyBegin = () => send<PasskeyAsked>("passkeys/begin/", {});
export const passkeyAdd = (answer: PasskeyAnswer, name: string) =>
  send<Passkey[]>("passkeys/", { ...answer, name });
export const passkeyRename = (passkey: string, name: string) =>
  send<Passkey[]>(`passkeys/${passkey}/`, { name }, undefined, "PATCH");
export const passkeyRemove = (passkey: string) =>
  send<Passkey[]>(`passkeys/${passkey}/`, {}, undefined, "DELETE");
export const emailChange = (email: string) => send<void>("email/", { email });
export const emailAnswer = (token: string, says_yes: boolean) =>
  send<EmailAnswered>("email/answer/", { token, says_yes });
export const accountClose = (email: string) => send<void>("close/", { email });

export const meRead = (language: string) => apiCall<Me>(`${BASE}/me/?language=${language}`);
export const plansRead = async () => (await apiCall<Schemas["DonorPlans"]>(`${BASE}/plans/`)).plans;
export const giftsRead = (after: string) =>
  apiCall<Gifts>(`${BASE}/gifts/${after ? `?after=${encodeURIComponent(after)}` : ""}`);
export const linkedPlanRead = (link: string) =>
  apiCall<LinkedPlan>(`${BASE}/linked-plan/`, { headers: { "Giving-Link": link } });
export const planRead = (reference: string, link?: string) =>
  apiCall<Plan>(
    `${BASE}/plans/${reference}/`,
    link ? { headers: { "Giving-Link": link } } : undefined,
  );

export const detailsChange = (person: string, details: Details) =>
  send<void>(`people/${person}/`, details, undefined, "PATCH");
export const consentChoose = (
  person: string,
  channel: ConsentChoice["channel"],
  is_given: boolean,
  language: string,
) =>
  send<ConsentChoice[]>(`people/${person}/consents/`, {
    channel,
    is_given,
    language,
  });

/** What may be asked of a plan; `body` holds the form's reference. */
export const planAsk = (plan: string, deed: string, body: object, link?: string) =>
  send<Plan>(`plans/${plan}/${deed}/`, body, link);
export const methodStart = (plan: string, reference: string, link?: string) =>
  send<Setup>(`plans/${plan}/method/start/`, { reference }, link);
export const planRetry = (plan: string, reference: string, link?: string) =>
  send<Retried>(`plans/${plan}/retry/`, { reference }, link);
export const giveAgain = (plan: string, body: object) =>
  send<GiftStarted>(`plans/${plan}/again/`, body);

export const receiptUrl = (gift: string) => `${BASE}/gifts/${gift}/receipt.pdf`;
/** UK tax years run from 6 April to 5 April: this one and the two before, as the API names them. */
export function taxYears(today: Date): string[] {
  const begun = today.getUTCMonth() > 3 || (today.getUTCMonth() === 3 && today.getUTCDate() >= 6);
  const first = today.getUTCFullYear() - (begun ? 0 : 1);
  return [first, first - 1, first - 2].map(
    (year) => `${year}-${String((year + 1) % 100).padStart(2, "0")}`,
  );
}

export const statementUrl = (person: string, year: string) =>
  `/api/donor/people/${encodeURIComponent(person)}/statement.pdf?year=${year}`;

export const dataUrl = (person: string, form: "json" | "pdf") =>
  `${BASE}/people/${person}/data.${form}`;

/** What a refusal says: the words beside a field, else those of the whole. */
export function refusalWords(error: ApiError): string {
  return Object.values(error.fields).flat()[0] ?? error.message;
}

const LETTERS = "23456789BCDFGHJKMNPQRSTVWXYZ";

/** A form's reference: sent again it is the same deed. */
export function referenceMake(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20));
  return Array.from(bytes, (byte) => LETTERS[byte % LETTERS.length]).join("");
}
