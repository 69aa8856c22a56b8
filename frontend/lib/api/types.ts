/** The API's shapes, from the committed schema. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Giving = Schemas["Giving"];
export type Charity = Schemas["Charity"];
export type Fund = Schemas["Fund"];
export type Problem = Schemas["Problem"];
export type Interval = Schemas["PlanInterval"];
export type Tribute = Schemas["Tribute"];
export type GiftKind = Schemas["DonationKind"];
export type GiftRequest = Schemas["MonthlyGiftRequest"];
export type GiftStatus = Schemas["DonationStatus"];
export type GiftStarted = Schemas["GiftStarted"];
export type GiftState = Schemas["GiftState"];
