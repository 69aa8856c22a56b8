/** The browser's passkeys: what the server asks is handed on, and the answer goes back. */
import type { components } from "./api/schema";

export type PasskeyAsked = components["schemas"]["PasskeyAsked"];
export type PasskeyAnswer = { ceremony: string; credential: PublicKeyCredentialJSON };

/** Whether this browser has them at all. */
export const passkeysKnown = () =>
  typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

/** A new passkey; null when the person said no, or no device could make one. */
export function passkeyMake({ ceremony, options }: PasskeyAsked): Promise<PasskeyAnswer | null> {
  const asked = options.publicKey as PublicKeyCredentialCreationOptionsJSON;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked);
  return answered(ceremony, navigator.credentials.create({ publicKey }));
}

/** What a passkey says to what it is asked; null when none did. */
export function passkeyUse({ ceremony, options }: PasskeyAsked): Promise<PasskeyAnswer | null> {
  const asked = options.publicKey as PublicKeyCredentialRequestOptionsJSON;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(asked);
  return answered(ceremony, navigator.credentials.get({ publicKey }));
}

async function answered(
  ceremony: string,
  asking: Promise<Credential | null>,
): Promise<PasskeyAnswer | null> {
  try {
    const found = (await asking) as PublicKeyCredential | null;
    return found && { ceremony, credential: found.toJSON() };
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}
