/** The Content-Security-Policy of the donor's pages. */

type Facts = { nonce: string; simulator?: string; isDevelopment?: boolean };

/**
 * Only scripts that carry the request's nonce run, and what those load: Next's parts and Stripe's
 * card form. Hosts are named too, for browsers that don't know 'strict-dynamic'.
 * Stripe's list: https://docs.stripe.com/security/guide#content-security-policy
 */
export function policyMake({ nonce, simulator = "", isDevelopment = false }: Facts): string {
  const stripe = "https://js.stripe.com https://*.js.stripe.com";
  // React's development tools evaluate text; the built site never does.
  const evaluate = isDevelopment ? "'unsafe-eval'" : "";
  const directives = {
    "default-src": "'self'",
    "script-src": `'self' 'nonce-${nonce}' 'strict-dynamic' ${evaluate} ${simulator} ${stripe}`,
    "style-src": `'self' 'nonce-${nonce}'`,
    // Stripe.js puts style attributes on its own frames. No attribute can load or run anything.
    "style-src-attr": "'unsafe-inline'",
    "connect-src": `'self' ${simulator} ${stripe} https://api.stripe.com`,
    "frame-src": `${stripe} https://hooks.stripe.com`,
    "img-src": "'self' data: https://*.stripe.com",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
  };
  const lines = Object.entries(directives).map(([name, sources]) => `${name} ${sources}`);
  return lines.join("; ").replace(/ {2,}/g, " ");
}
