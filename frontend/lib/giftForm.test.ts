import { createTranslator } from "next-intl";
import { describe, expect, it } from "vitest";
import welsh from "@/messages/cy.json";
import english from "@/messages/en.json";
import type { Giving } from "./api/types";
import {
  amountsOffered,
  characterCount,
  formAmount,
  formEmpty,
  formMistakes,
  formRequest,
  formWith,
  type GiftForm,
  mistakesFromApi,
  type Speech,
} from "./giftForm";

const GIVING: Giving = {
  charity: {
    name: "Riverbank Community Trust",
    number: "1234567",
    status_line: "Registered charity no. 1234567 in England and Wales",
    email: "giving@example.org",
    address: "12 Mill Lane, Birmingham B10 0AB",
  },
  currency: "GBP",
  currencies: ["GBP", "JPY", "KWD"],
  intervals: ["week", "month", "quarter", "year"],
  minimum_minor: 100,
  maximum_minor: 1_000_000,
  suggestions: { once: [1000, 2500], monthly: [500, 1000] },
  impact: { "1000": "A warm meal for four people" },
  funds: [
    { code: "winter-warmth", name: "Winter Warmth appeal", purpose: "Coats and hot meals." },
    { code: "general", name: "Where it is needed most", purpose: "Food, warmth and advice." },
  ],
  fee: { percent_basis_points: 150, fixed_minor: 20 },
  collection_days: [1, 15, 28],
  stripe: { publishable_key: "pk_test_simulator", script_url: "http://127.0.0.1:12111/v3/" },
};

const SPEECH: Speech = {
  language: "en",
  today: "2026-11-24",
  dates: createTranslator({ locale: "en", messages: english, namespace: "dates" }),
  mistakes: createTranslator({ locale: "en", messages: english, namespace: "mistakes" }),
  labels: createTranslator({ locale: "en", messages: english, namespace: "give" }),
};

function filled(changes: Partial<GiftForm> = {}): GiftForm {
  const amina = { choice: "2500", name: "Amina Yusuf", email: "amina@example.org" };
  return { ...formEmpty(GIVING, 15), ...amina, ...changes };
}
const mistakes = (changes: Partial<GiftForm>) => formMistakes(filled(changes), GIVING, SPEECH);

describe("a form that is right", () => {
  it.each<[string, Partial<GiftForm>]>([
    ["a suggested amount", {}],
    ["an own amount with its sign", { choice: "other", own: "£1,000.50" }],
    ["the least amount", { choice: "other", own: "1" }],
    ["the greatest amount", { choice: "other", own: "10,000" }],
    ["a name of one letter", { name: "Ö" }],
    ["a name in another script", { name: "عبد الرحمن" }],
    ["spaces around the e-mail", { email: " amina@example.org " }],
    ["an e-mail with a plus", { email: "amina+gifts@mail.example.org" }],
    ["an end that a gift given once has not", { ends: "gifts", gifts: "" }],
    ["an end with the second gift", { kind: "monthly", ends: "date", endsOn: "2026-12-15" }],
    ["a tribute in another script", { tribute: "memory", tributeName: "حسن" }],
    ["words of a tribute that was taken back", { tributeName: "n".repeat(201) }],
    ["a message of exactly 500 emoji", { message: "🌊".repeat(500) }],
    ["a message of 500 letters and spaces at its end", { message: `${"a".repeat(500)}  \n` }],
  ])("has no mistake: %s", (_, changes) => {
    expect(mistakes(changes)).toEqual([]);
  });
});

describe("a form that is wrong", () => {
  it.each<[Partial<GiftForm>, string, string]>([
    [{ choice: "" }, "choice", "Choose an amount to give"],
    [{ choice: "other", own: " " }, "own", "Enter the amount that you want to give"],
    [{ choice: "other", own: "ten" }, "own", "Enter an amount in pounds, like 25 or 25.50"],
    [{ choice: "other", own: "0.99" }, "own", "The amount must be £1 or more"],
    [{ choice: "other", own: "0" }, "own", "The amount must be £1 or more"],
    [
      { choice: "other", own: "10000.01" },
      "own",
      "The amount must be £10,000 or less. For more, please write to us",
    ],
    [{ choice: "50" }, "choice", "The amount must be £1 or more"],
    [{ name: "  " }, "name", "Enter your name"],
    [{ name: "n".repeat(201) }, "name", "Name: use 200 characters or fewer"],
    [{ email: "" }, "email", "Enter your e-mail address"],
    ...["amina", "amina@", "@example.org", "amina@example", "a b@example.org", "a@b@c.org"].map(
      (email): [Partial<GiftForm>, string, string] => [
        { email },
        "email",
        "Enter an e-mail address in the right form, like name@example.org",
      ],
    ),
    [{ email: `${"a".repeat(250)}@b.org` }, "email", "E-mail: use 254 characters or fewer"],
    [{ phone: "0".repeat(41) }, "phone", "Phone: use 40 characters or fewer"],
    [{ line1: "a".repeat(201) }, "line1", "Address line 1: use 200 characters or fewer"],
    [{ line2: "a".repeat(201) }, "line2", "Address line 2: use 200 characters or fewer"],
    [{ city: "a".repeat(101) }, "city", "Town or city: use 100 characters or fewer"],
    [{ postcode: "a".repeat(21) }, "postcode", "Postcode: use 20 characters or fewer"],
    [{ message: "a".repeat(501) }, "message", "Message: use 500 characters or fewer"],
    [
      { currency: "JPY", choice: "other", own: "2500.50" },
      "own",
      "Enter an amount in Japanese yen, like 2500",
    ],
    [{ currency: "JPY", choice: "other", own: "99" }, "own", "The amount must be JP¥100 or more"],
    [{ tribute: "memory" }, "tributeName", "Enter the name of the person"],
    [
      { tribute: "honour", tributeName: "n".repeat(201) },
      "tributeName",
      "Their name: use 200 characters or fewer",
    ],
    [
      { tribute: "honour", tributeName: "Ruth", tributeMessage: "n".repeat(501) },
      "tributeMessage",
      "Words about them: use 500 characters or fewer",
    ],
    ...["", "1", "401", "2.5", "two"].map((gifts): [Partial<GiftForm>, string, string] => [
      { kind: "monthly", ends: "gifts", gifts },
      "gifts",
      "Enter how many gifts in all, from 2 to 400",
    ]),
    ...["", "2027-02-23"].map((endsOn): [Partial<GiftForm>, string, string] => [
      { kind: "monthly", interval: "quarter", ends: "date", endsOn },
      "endsOn",
      "Choose a day on or after the second gift, 24 February 2027",
    ]),
  ])("%j is marked at %s: %s", (changes, field, text) => {
    expect(mistakes(changes)).toEqual([{ field, text }]);
  });

  it("names every mistake in the order of the page", () => {
    const all = mistakes({ choice: "", name: "", email: "", message: "a".repeat(501) });
    expect(all.map((mistake) => mistake.field)).toEqual(["choice", "name", "email", "message"]);
  });

  it("is told so in the page's language", () => {
    const speech: Speech = {
      language: "cy",
      today: "2026-11-24",
      dates: createTranslator({ locale: "cy", messages: welsh, namespace: "dates" }),
      mistakes: createTranslator({ locale: "cy", messages: welsh, namespace: "mistakes" }),
      labels: createTranslator({ locale: "cy", messages: welsh, namespace: "give" }),
    };
    const changes = { choice: "other", own: "0.50", postcode: "a".repeat(21) };
    expect(formMistakes(filled(changes), GIVING, speech).map(({ text }) => text)).toEqual([
      "Rhaid i'r swm fod yn £1 neu fwy",
      "Cod post: defnyddiwch hyd at 20 o nodau",
    ]);
  });
});

describe("an empty form", () => {
  it("has chosen nothing for the donor but once, the first fund and today's day", () => {
    const form = formEmpty(GIVING, 15);
    expect(form).toMatchObject({ kind: "one_off", choice: "", fund: "winter-warmth", day: 15 });
    expect([form.anonymous, form.coversFee]).toEqual([false, false]);
    expect([form.interval, form.ends, form.tribute, form.currency]).toEqual([
      "month",
      "never",
      "none",
      "GBP",
    ]);
    expect(formAmount(form)).toBeNull();
  });
});

describe("the request", () => {
  it("holds trimmed texts, no address and no collection day for a gift once", () => {
    const form = filled({ name: " Amina Yusuf ", message: " For Ben \n" });
    expect(formRequest(form, "cy")).toEqual({
      amount_minor: 2500,
      currency: "GBP",
      campaign: "",
      fund: "winter-warmth",
      donor: {
        name: "Amina Yusuf",
        email: "amina@example.org",
        phone: "",
        language: "cy",
        address: null,
      },
      is_anonymous: false,
      message: "For Ben",
      tribute: null,
      covers_fee: false,
      interval: "month",
      collection_day: null,
      gifts_limit: null,
      ends_on: null,
    });
  });

  it("holds the day and the address of a monthly gift", () => {
    const form = filled({ kind: "monthly", postcode: "B10 0AB", coversFee: true });
    const request = formRequest(form, "cy");
    expect(request.collection_day).toBe(15);
    expect(request.covers_fee).toBe(true);
    expect(request.donor.address).toEqual({
      line1: "",
      line2: "",
      city: "",
      postcode: "B10 0AB",
      country: "GB",
    });
  });

  it("holds rhythm, end and tribute, and only the end that is chosen", () => {
    const form = filled({
      kind: "monthly",
      interval: "quarter",
      ends: "gifts",
      gifts: " 4 ",
      endsOn: "2027-01-01",
      tribute: "memory",
      tributeName: " Ruth ",
    });
    expect(formRequest(form, "en")).toMatchObject({
      interval: "quarter",
      collection_day: null,
      gifts_limit: 4,
      ends_on: null,
      tribute: { kind: "memory", name: "Ruth", message: "" },
    });
    const once = formRequest({ ...form, kind: "one_off", tribute: "none" }, "en");
    expect([once.interval, once.gifts_limit, once.tribute]).toEqual(["month", null, null]);
  });

  it("is in the currency that was chosen, to the minor unit", () => {
    const yen = filled({ currency: "JPY", choice: "other", own: "2,500" });
    expect(formRequest(yen, "en")).toMatchObject({ currency: "JPY", amount_minor: 2500 });
    const dinar = filled({ currency: "KWD", choice: "other", own: "1.5" });
    expect(formRequest(dinar, "en")).toMatchObject({ currency: "KWD", amount_minor: 1500 });
  });

  it("is not made without an amount", () => {
    expect(() => formRequest(filled({ choice: "" }), "cy")).toThrow(RangeError);
  });
});

describe("a choice of another rhythm", () => {
  const chosen = filled({ kind: "monthly", choice: "500" });

  it("offers the amounts of once to those who give seldom, and drops one that is not among them", () => {
    expect(amountsOffered({ kind: "monthly", interval: "week" }, GIVING)).toEqual([500, 1000]);
    expect(amountsOffered({ kind: "monthly", interval: "year" }, GIVING)).toEqual([1000, 2500]);
    expect(formWith(chosen, "interval", "year", GIVING).choice).toBe("");
    expect(formWith(chosen, "interval", "week", GIVING).choice).toBe("500");
    const own = { ...chosen, choice: "other", own: "7" };
    expect(formWith(own, "interval", "year", GIVING)).toMatchObject({ choice: "other", own: "7" });
  });

  it("drops the amount when it is changed to once", () => {
    expect(formWith({ ...chosen, choice: "1000" }, "kind", "one_off", GIVING).choice).toBe("");
  });
});

describe("the API's complaints", () => {
  it("stand at their fields; what the form does not know stands above", () => {
    const fields = {
      "donor.email": ["Enter an e-mail address like name@example.org"],
      amount_minor: ["Enter an amount from £1 to £10,000"],
      currency: ["Not a choice"],
    };
    expect(mistakesFromApi(fields, filled({ choice: "other" }))).toEqual([
      { field: "email", text: "Enter an e-mail address like name@example.org" },
      { field: "own", text: "Enter an amount from £1 to £10,000" },
      { field: null, text: "Not a choice" },
    ]);
    const chosen = mistakesFromApi({ amount_minor: ["Too little"] }, filled());
    expect(chosen).toEqual([{ field: "choice", text: "Too little" }]);
  });
});

describe("counting characters", () => {
  it("counts as the API does: letters, not units, and no space around them", () => {
    expect(characterCount("  Ö🌊\n")).toBe(2);
  });
});
