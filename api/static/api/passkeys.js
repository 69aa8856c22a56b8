// Passkeys: hands what the server asks to the browser's authenticator, and its answer back in the form.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  const button = form?.querySelector("[data-passkey-button]");
  const trouble = form?.querySelector("[data-passkey-trouble]");
  if (!button || !window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;

  const ask = () => {
    const { publicKey } = JSON.parse(form.dataset.passkey);
    return form.dataset.use === "create"
      ? navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
        })
      : navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
        });
  };

  button.hidden = false;
  button.addEventListener("click", async () => {
    trouble.hidden = true;
    try {
      const credential = await ask();
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch {
      trouble.textContent = "No passkey answered. Please try once more, or use a code.";
      trouble.hidden = false;
    }
  });
})();
