/** One origin for everything: Django's addresses go to Django, pages get their CSP. */
import { type NextRequest, NextResponse } from "next/server";
import { embeddersOf, policyMake } from "@/lib/policy";

const DJANGO = /^\/(api|admin|static|mailbox|giving|verify|health)(\/|$)/;

function policy(path: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return policyMake({
    nonce: Buffer.from(bytes).toString("base64"),
    simulator: process.env.STRIPE_SCRIPT_ORIGIN,
    isDevelopment: process.env.NODE_ENV === "development",
    embedders: embeddersOf(path, process.env.EMBED_ORIGINS),
  });
}

export function proxy(request: NextRequest): NextResponse {
  const { pathname, search } = request.nextUrl;
  const path = new URL(request.url).pathname;
  if (DJANGO.test(pathname)) {
    const base = process.env.WEB_URL ?? "http://127.0.0.1:8000";
    return NextResponse.rewrite(new URL(path + search, base));
  }
  // Next reads the nonce from the request's policy and puts it on its own scripts and styles.
  const headers = new Headers(request.headers);
  const pages = policy(path);
  headers.set("Content-Security-Policy", pages);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", pages);
  response.headers.set("Referrer-Policy", "strict-origin-when-cross-origin");
  response.headers.set("X-Content-Type-Options", "nosniff");
  return response;
}

export const config = { matcher: ["/((?!_next/static|_next/image).*)"] };
