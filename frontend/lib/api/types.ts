/** The API's shapes, from the committed schema. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type GiftStatus =
  | "created"
  | "requires_action"
  | "processing"
  | "succeeded"
  | "failed"
  | "cancelled"
  | "part_refunded"
  | "refunded"
  | "disputed";

export type Giving = Schemas["Giving"];
export type Charity = Schemas["Charity"];
export type Fund = Schemas["Fund"];
export type Problem = Schemas["Problem"];
export type GiftKind = Schemas["DonationKind"];
export type GiftRequest = Schemas["MonthlyGiftRequest"];
export type GiftStarted = Omit<Schemas["GiftStarted"], "status"> & { status: GiftStatus };
// The schema gives the status's list and the whole answer one name, so the list is kept here.
export type GiftState = Omit<Schemas["DonationStatus"], "status"> & { status: GiftStatus };
