/** The Content-Security-Policy of the donor's pages. */

type Facts = {
  nonce: string;
  simulator?: string;
  isDevelopment?: boolean;
  /** Origins of the charity's own sites that may show this page within theirs, space separated. */
  embedders?: string;
};

/** Where the charity's other sites may show our pages within theirs; no page of a donor's own. */
const EMBEDDED = /^\/(donate|thanks)(\/|$)/;

/** Who may embed the page of a path, of all who may embed at all (EMBED_ORIGINS, comma separated). */
export function embeddersOf(path: string, origins = ""): string {
  return EMBEDDED.test(path) ? origins.split(",").join(" ").trim() : "";
}

/**
 * Only scripts that carry the request's nonce run, and what those load: Next's parts and Stripe's
 * card form. Hosts are named too, for browsers that don't know 'strict-dynamic'.
 * Stripe's list: https://docs.stripe.com/security/guide#content-security-policy
 */
export function policyMake({
  nonce,
  simulator = "",
  isDevelopment = false,
  embedders = "",
}: Facts): string {
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
    "frame-ancestors": embedders ? `'self' ${embedders}` : "'none'",
  };
  const lines = Object.entries(directives).map(([name, sources]) => `${name} ${sources}`);
  return lines.join("; ").replace(/ {2,}/g, " ");
}
