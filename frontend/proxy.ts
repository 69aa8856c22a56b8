/** One origin for everything: Django's addresses go to Django, pages get their CSP. */
import { type NextRequest, NextResponse } from "next/server";

const DJANGO = /^\/(api|admin|static|mailbox|giving|health)(\/|$)/;

function policy(): string {
  const script = process.env.STRIPE_SCRIPT_ORIGIN ?? "http://127.0.0.1:12111";
  // `next dev` evaluates code to show where an error came from; the built site does not.
  const dev = process.env.NODE_ENV === "development" ? " 'unsafe-eval'" : "";
  return [
    "default-src 'self'",
    `script-src 'self' 'unsafe-inline'${dev} ${script} https://js.stripe.com`,
    "style-src 'self' 'unsafe-inline'",
    `connect-src 'self' ${script} https://js.stripe.com https://api.stripe.com`,
    "frame-src https://js.stripe.com https://hooks.stripe.com",
    "img-src 'self' data: https://*.stripe.com",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const path = new URL(request.url).pathname;
  if (DJANGO.test(pathname)) {
    const base = process.env.WEB_URL ?? "http://127.0.0.1:8000";
    return NextResponse.rewrite(new URL(path + search, base));
  }
  const response = NextResponse.next();
  response.headers.set("Content-Security-Policy", policy());
  response.headers.set("Referrer-Policy", "strict-origin-when-cross-origin");
  response.headers.set("X-Content-Type-Options", "nosniff");
  return response;
}

export const config = { matcher: ["/((?!_next/static|_next/image).*)"] };
