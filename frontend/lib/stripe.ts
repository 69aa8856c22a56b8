/** The few parts of Stripe.js that the card form uses, and how its script is loaded. */

export type StripeError = {
  type: string;
  code?: string;
  decline_code?: string;
  message?: string;
};
export type StripeIntent = { id: string; status: string };
export type CardElement = {
  mount(node: HTMLElement): void;
  destroy(): void;
  on(event: "change", listener: (told: { value: { type: string } }) => void): unknown;
};
export type StripeElements = {
  create(kind: "payment", options: Record<string, unknown>): CardElement;
  update(options: Record<string, unknown>): void;
  submit(): Promise<{ error?: StripeError }>;
};
export type StripeClient = {
  elements(options: Record<string, unknown>): StripeElements;
  confirmPayment(options: Record<string, unknown>): Promise<{
    error?: StripeError;
    paymentIntent?: StripeIntent;
  }>;
  confirmSetup(options: Record<string, unknown>): Promise<{
    error?: StripeError;
    setupIntent?: StripeIntent;
  }>;
  /** Shows the bank's question of an intent that waits for it. */
  handleNextAction(options: { clientSecret: string }): Promise<{
    error?: StripeError;
    paymentIntent?: StripeIntent;
  }>;
};

declare global {
  interface Window {
    Stripe?: (key: string) => StripeClient;
  }
}

let loading: Promise<StripeClient> | null = null;

function scriptLoad(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error("the card form's script did not load"));
    };
    document.head.append(script);
  });
}

async function clientLoad(url: string, key: string): Promise<StripeClient> {
  if (!window.Stripe) await scriptLoad(url);
  if (!window.Stripe) throw new Error("the card form's script is not Stripe's");
  return window.Stripe(key);
}

/** Stripe's client, loaded once; a failure may be tried again. */
export function stripeLoad(url: string, key: string): Promise<StripeClient> {
  loading ??= clientLoad(url, key).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}
