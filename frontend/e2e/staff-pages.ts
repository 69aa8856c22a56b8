import type { Page } from "@playwright/test";

/** Every page of staff that needs nothing more than its address, by a short name. */
const FIXED: Record<string, string> = {
  dashboard: "/admin/",
  donors: "/admin/donors/",
  donations: "/admin/donations/",
  payments: "/admin/payments/",
  plans: "/admin/plans/",
  refunds: "/admin/refunds/",
  disputes: "/admin/disputes/",
  payouts: "/admin/payouts/",
  receipts: "/admin/receipts/",
  events: "/admin/events/",
  "donations-filtered": "/admin/donations/?status=failed&created=this_year",
  "donations-none": "/admin/donations/?q=zzzzzzzz",
  "donations-refused": "/admin/donations/?status=nonsense",
  tracker: "/admin/tracker/",
  reconciliation: "/admin/reconciliation/",
  books: "/admin/api/ledgerentry/books/",
  "my-files": "/admin/reports/files/",
  schedules: "/admin/reports/schedules/",
  "schedule-new": "/admin/reports/schedules/new/?report=giving",
  reports: "/admin/reports/",
  ...Object.fromEntries(
    [
      "giving",
      "monthly",
      "recovery",
      "donors",
      "lapsed",
      "cohorts",
      "top-donors",
      "funds",
      "fees",
      "payouts",
      "receipts",
    ].map((name) => [`report-${name}`, `/admin/reports/${name}/`]),
  ),
  staff: "/admin/staff/",
  "staff-new": "/admin/staff/add/",
  "api-clients": "/admin/api-clients/",
  "api-client-new": "/admin/api-clients/add/",
  account: "/admin/account/",
  prove: "/admin/account/prove/",
  "password-change": "/admin/password_change/",
  messages: "/admin/messages/",
  wordings: "/admin/messages/words/",
  privacy: "/admin/privacy/",
  doctor: "/admin/doctor/",
  recovery: "/admin/recovery/",
  rehearse: "/admin/rehearse/",
  campaigns: "/admin/api/campaign/",
  "campaign-new": "/admin/api/campaign/add/",
  funds: "/admin/api/fund/",
  statement: "/admin/api/balancetransaction/",
  postings: "/admin/api/ledgerposting/",
  audit: "/admin/api/auditline/",
};

/** Where a page of one row is found: on which page, and by which link. */
const FOUND: Record<string, [from: string, link: string]> = {
  donor: ["/admin/donors/", 'tbody a[href^="/admin/donors/"]'],
  why: ["/admin/donations/?status=succeeded", 'tbody a[href$="/why/"]'],
  donation: ["/admin/donations/", 'tbody a[href^="/admin/api/donation/"]:not([href$="/why/"])'],
  attempt: [
    "/admin/tracker/",
    'a[href^="/admin/tracker/"][href$="/"]:not([href="/admin/tracker/"])',
  ],
  receipt: ["/admin/receipts/", 'tbody a[href^="/admin/api/receipt/"]'],
  payment: ["/admin/payments/", 'tbody a[href^="/admin/api/payment/"]'],
  plan: ["/admin/plans/", 'tbody a[href^="/admin/api/subscription/"]'],
  refund: ["/admin/refunds/", 'tbody a[href^="/admin/api/refund/"]'],
  payout: ["/admin/payouts/", 'tbody a[href^="/admin/api/payout/"]'],
  "staff-one": ["/admin/staff/", 'tbody a[href^="/admin/staff/"]'],
  message: ["/admin/messages/", 'tbody a[href^="/admin/messages/"]'],
};

/** The addresses of all, those of rows looked up in the tables; what has no row yet is left out. */
export async function staffPages(page: Page): Promise<Record<string, string>> {
  const pages = { ...FIXED };
  for (const [name, [from, link]] of Object.entries(FOUND)) {
    const answer = await page.request.get(from);
    const html = await answer.text();
    const href = await page.evaluate(
      ([text, selector]) =>
        new DOMParser()
          .parseFromString(text ?? "", "text/html")
          .querySelector(selector ?? "")
          ?.getAttribute("href"),
      [html, link],
    );
    if (href) pages[name] = href;
  }
  if (pages.donor) pages["donor-change"] = `${pages.donor}change/`;
  if (pages.why) pages["refund-new"] = pages.why.replace("/why/", "/refund/");
  return pages;
}

/** What somebody sees who is not signed in. */
export const SIGNED_OUT: Record<string, string> = {
  "sign-in": "/admin/login/",
  "password-forgotten": "/admin/password-forgotten/",
  "link-over": "/admin/welcome/x/y/",
};
