// The browser's stand-in for Stripe(): a form that looks and behaves like the Payment Element. It takes
// cards, and UK bank accounts where something in pounds is set up for later.
// It talks to the simulator alone. No inline handlers, no eval: it runs under a strict CSP.
(() => {
  const origin = new URL(document.currentScript.src).origin;
  window.__stripeSimulator = true;
  let count = 0;

  const STYLE = `
    .sim { display: grid; gap: 12px; grid-template-columns: 1fr 1fr; font: inherit; color: var(--sim-text); }
    .sim p { margin: 0; grid-column: 1 / -1; font-size: 14px; opacity: .8; }
    .sim label { display: grid; gap: 4px; font-size: 15px; min-width: 0; }
    .sim label.wide, .sim fieldset { grid-column: 1 / -1; }
    .sim fieldset { display: flex; flex-wrap: wrap; gap: 0 24px; border: 0; margin: 0; padding: 0; }
    .sim legend { font: inherit; font-size: 15px; margin: 0; padding: 0; }
    .sim fieldset label { display: flex; gap: 8px; align-items: center; min-height: 44px; }
    .sim [hidden] { display: none; }
    .sim input:not([type="radio"]) { font: inherit; font-size: 16px; min-height: 48px; padding: 8px 12px; width: 100%;
      box-sizing: border-box; color: inherit; background: var(--sim-background); letter-spacing: .02em;
      border: 1px solid color-mix(in srgb, var(--sim-text) 55%, transparent); border-radius: var(--sim-radius); }
    .sim input:focus-visible { outline: 3px solid var(--sim-primary); outline-offset: 1px; }
    .sim input[aria-invalid="true"] { border: 2px solid var(--sim-danger); }
    .sim span[role="alert"] { color: var(--sim-danger); font-size: 14px; }
    .sim span[role="alert"]:empty { display: none; }
    .sim-dialog { border: 0; border-radius: 12px; padding: 24px; max-width: min(420px, calc(100vw - 32px));
      color: #1b1f24; background: #fff; font: inherit; }
    .sim-dialog::backdrop { background: rgb(0 0 0 / .55); }
    .sim-dialog h2 { margin: 0 0 8px; font-size: 20px; }
    .sim-dialog button { font: inherit; min-height: 44px; padding: 8px 16px; margin: 12px 8px 0 0; border-radius: 8px;
      border: 1px solid #1b1f24; background: #fff; color: #1b1f24; cursor: pointer; }
    .sim-dialog button.main { background: #1b1f24; color: #fff; }
    .sim-dialog button:focus-visible { outline: 3px solid #0b64c0; outline-offset: 2px; }`;

  function addStyle() {
    if (window.__simStyle) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    window.__simStyle = true;
  }

  const CARD = [
    { name: "number", label: "Card number", auto: "cc-number", wide: true, hint: "1234 1234 1234 1234",
      empty: "Your card number is incomplete.", ok: (v) => digits(v).length >= 15 },
    { name: "expiry", label: "Expiry date", auto: "cc-exp", hint: "MM / YY",
      empty: "Your card's expiry date is incomplete.", ok: (v) => digits(v).length === 4 },
    { name: "cvc", label: "Security code", auto: "cc-csc", hint: "CVC",
      empty: "Your card's security code is incomplete.", ok: (v) => digits(v).length >= 3 },
  ];
  // A real form asks for the e-mail address and the home address, too.
  const ACCOUNT = [
    { name: "holder", label: "Name on the account", auto: "name", wide: true, hint: "", mode: "text",
      empty: "The name on the account is incomplete.", ok: (v) => v.trim().length > 1 },
    { name: "sort", label: "Sort code", auto: "off", hint: "10-88-00",
      empty: "The sort code is incomplete.", ok: (v) => digits(v).length === 6 },
    { name: "account", label: "Account number", auto: "off", hint: "00012345",
      empty: "The account number is incomplete.", ok: (v) => digits(v).length === 8 },
  ];
  const KINDS = {
    card: { label: "Card", fields: CARD, note: "Practice mode: no real card is charged. Try 4242 4242 4242 4242." },
    bacs_debit: { label: "Bacs Direct Debit", fields: ACCOUNT,
      note: "Practice mode: no real account is debited. Try 10-88-00 and 00012345." },
  };
  const FIELDS = [...CARD, ...ACCOUNT];
  const digits = (text) => text.replace(/\D/g, "");

  function shaped(name, value) {
    if (name === "holder") return value;
    const plain = digits(value);
    if (name === "account") return plain.slice(0, 8);
    if (name === "sort") return plain.slice(0, 6).replace(/(.{2})(?=.)/g, "$1-");
    if (name === "number") return plain.slice(0, 19).replace(/(.{4})(?=.)/g, "$1 ");
    if (name === "cvc") return plain.slice(0, 4);
    // Autofill may give 12/2034.
    const four = plain.length === 6 ? plain.slice(0, 2) + plain.slice(4) : plain.slice(0, 4);
    return four.length > 2 ? `${four.slice(0, 2)} / ${four.slice(2)}` : four;
  }

  function expiryError(value) {
    const [month, year] = [Number(digits(value).slice(0, 2)), 2000 + Number(digits(value).slice(2))];
    if (month < 1 || month > 12) return "Your card's expiry month is invalid.";
    return new Date(year, month, 1) <= new Date() ? "Your card's expiry date is in the past." : "";
  }

  class PaymentElement {
    constructor({ appearance, mode, currency }) {
      this.appearance = appearance;
      this.kinds = mode === "setup" && currency === "gbp" ? ["card", "bacs_debit"] : ["card"];
      this.kind = "card";
      this.inputs = {};
      this.listeners = {};
    }
    on(name, listener) {
      (this.listeners[name] ||= []).push(listener);
      return this;
    }
    off() { return this; }
    emit(name, detail) {
      for (const listener of this.listeners[name] || []) listener(detail);
    }
    mount(target) {
      addStyle();
      this.node = typeof target === "string" ? document.querySelector(target) : target;
      this.box = document.createElement("div");
      this.box.className = "sim";
      this.colour(this.appearance);
      this.note = document.createElement("p");
      if (this.kinds.length > 1) this.box.append(this.choice());
      this.box.append(this.note, ...this.kinds.flatMap((kind) => KINDS[kind].fields.map((one) => this.field(one))));
      this.node.replaceChildren(this.box);
      this.choose("card");
      queueMicrotask(() => this.emit("ready", { elementType: "payment" }));
    }
    colour(appearance) {
      const given = appearance?.variables || {};
      const set = (name, value) => value && this.box.style.setProperty(`--sim-${name}`, value);
      set("primary", given.colorPrimary || "#0b64c0");
      set("text", given.colorText || "CanvasText");
      set("background", given.colorBackground || "Canvas");
      set("danger", given.colorDanger || "#b3261e");
      set("radius", given.borderRadius || "8px");
    }
    choice() {
      const [set, legend] = ["fieldset", "legend"].map((tag) => document.createElement(tag));
      legend.textContent = "Pay with";
      const group = `sim-kind-${++count}`;
      set.append(legend, ...this.kinds.map((kind) => {
        const [label, radio] = ["label", "input"].map((tag) => document.createElement(tag));
        Object.assign(radio, { type: "radio", name: group, checked: kind === "card" });
        radio.addEventListener("change", () => this.choose(kind));
        label.append(radio, KINDS[kind].label);
        return label;
      }));
      return set;
    }
    choose(kind) {
      this.kind = kind;
      this.note.textContent = KINDS[kind].note;
      const shown = this.fields();
      for (const [name, { wrap }] of Object.entries(this.inputs)) {
        wrap.hidden = !shown.some((field) => field.name === name);
      }
      this.changed();
    }
    fields() { return KINDS[this.kind].fields; }
    changed() {
      this.emit("change", { complete: this.isComplete(), empty: this.isEmpty(), elementType: "payment",
        value: { type: this.kind } });
    }
    field({ name, label, auto, wide, hint, mode }) {
      const id = `sim-${name}-${++count}`;
      const [wrap, input, error] = ["label", "input", "span"].map((tag) => document.createElement(tag));
      wrap.className = wide ? "wide" : "";
      wrap.htmlFor = id;
      Object.assign(input, { id, name: `sim-${name}`, inputMode: mode || "numeric", placeholder: hint, autocomplete: auto });
      error.id = `${id}-error`;
      error.setAttribute("role", "alert");
      input.setAttribute("aria-describedby", error.id);
      input.setAttribute("aria-label", label);
      input.addEventListener("input", () => {
        const atEnd = input.selectionStart === input.value.length;
        if (atEnd) input.value = shaped(name, input.value);
        this.mark(name, "");
        this.changed();
      });
      input.addEventListener("blur", () => {
        input.value = shaped(name, input.value);
        if (input.value) this.check(name);
      });
      wrap.append(label, input, error);
      this.inputs[name] = { wrap, input, error };
      return wrap;
    }
    mark(name, message) {
      const { input, error } = this.inputs[name];
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
      error.textContent = message;
    }
    check(name) {
      const field = FIELDS.find((one) => one.name === name);
      const value = this.inputs[name].input.value;
      const message = field.ok(value) ? (name === "expiry" ? expiryError(value) : "") : field.empty;
      this.mark(name, message);
      return message;
    }
    isEmpty() { return this.fields().every(({ name }) => !this.inputs[name].input.value); }
    isComplete() { return this.fields().every(({ name, ok }) => ok(this.inputs[name].input.value)); }
    validate() {
      const wrong = this.fields().map(({ name }) => [name, this.check(name)]).filter(([, message]) => message);
      if (wrong.length === 0) return null;
      this.inputs[wrong[0][0]].input.focus();
      return { type: "validation_error", code: `incomplete_${wrong[0][0]}`, message: wrong[0][1] };
    }
    card() {
      const expiry = digits(this.inputs.expiry.input.value);
      return { number: digits(this.inputs.number.input.value), exp_month: Number(expiry.slice(0, 2)),
        exp_year: 2000 + Number(expiry.slice(2)), cvc: digits(this.inputs.cvc.input.value) };
    }
    /** What is sent of it: a card, or a bank account with its holder. */
    data(billing = {}) {
      if (this.kind === "card") return { type: "card", card: this.card(), billing_details: billing };
      const value = (name) => this.inputs[name].input.value;
      const account = { sort_code: digits(value("sort")), account_number: digits(value("account")) };
      return { type: "bacs_debit", bacs_debit: account, billing_details: { name: value("holder"), ...billing } };
    }
    focus() { this.inputs[this.fields()[0].name].input.focus(); }
    update() {}
    unmount() { this.node?.replaceChildren(); }
    destroy() { this.unmount(); }
  }

  class Elements {
    constructor(options) { this.options = options || {}; }
    create(kind) {
      if (kind !== "payment") throw new Error(`The stand-in has no element '${kind}'.`);
      this.element = new PaymentElement(this.options);
      return this.element;
    }
    getElement() { return this.element || null; }
    update(options) {
      Object.assign(this.options, options);
      if (options.appearance && this.element?.box) this.element.colour(options.appearance);
    }
    async submit() {
      const error = this.element.validate();
      return error ? { error } : { selectedPaymentMethod: this.element.kind };
    }
  }

  function encode(value, name, into) {
    if (value === undefined || value === null) return;
    if (typeof value === "object") {
      for (const [key, inner] of Object.entries(value)) encode(inner, name ? `${name}[${key}]` : key, into);
    } else into.append(name, String(value));
  }

  async function ask(key, method, path, params) {
    const body = new URLSearchParams();
    encode(params, "", body);
    const query = method === "GET" ? `?${body}` : "";
    try {
      const answer = await fetch(`${origin}/v1/${path}${query}`, {
        method, headers: { Authorization: `Bearer ${key}` }, body: method === "GET" ? undefined : body });
      return await answer.json();
    } catch {
      return { error: { type: "api_connection_error", message: "The card service did not answer. Please try again." } };
    }
  }

  function askBank() {
    addStyle();
    const dialog = document.createElement("dialog");
    dialog.className = "sim-dialog";
    dialog.setAttribute("aria-labelledby", "sim-bank");
    const title = document.createElement("h2");
    title.id = "sim-bank";
    title.textContent = "Your bank asks: is it you?";
    const words = document.createElement("p");
    words.textContent = "This is the practice 3-D Secure page. A real one belongs to your bank.";
    dialog.append(title, words);
    return new Promise((resolve) => {
      const end = (isYes) => { dialog.close(); dialog.remove(); resolve(isYes); };
      for (const [label, isYes] of [["Complete authentication", true], ["Fail authentication", false]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = label;
        button.className = isYes ? "main" : "";
        button.addEventListener("click", () => end(isYes));
        dialog.append(button);
      }
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); end(false); });
      document.body.append(dialog);
      dialog.showModal();
    });
  }

  class StandIn {
    constructor(key) { this.key = key; }
    elements(options) { return new Elements(options); }
    retrievePaymentIntent(secret) { return this.retrieve("payment_intents", "paymentIntent", secret); }
    retrieveSetupIntent(secret) { return this.retrieve("setup_intents", "setupIntent", secret); }
    async retrieve(kind, name, clientSecret) {
      const id = clientSecret.split("_secret_")[0];
      const answer = await ask(this.key, "GET", `${kind}/${id}`, { client_secret: clientSecret });
      return answer.error ? answer : { [name]: answer };
    }
    async authenticate(kind, id, clientSecret) {
      const success = await askBank();
      return ask(this.key, "POST", `${kind}/${id}/simulate_authentication`, { client_secret: clientSecret, success });
    }
    async handleNextAction({ clientSecret }) {
      const [kind, name] = clientSecret.startsWith("seti_")
        ? ["setup_intents", "setupIntent"] : ["payment_intents", "paymentIntent"];
      const found = await this.retrieve(kind, name, clientSecret);
      if (!found[name]?.next_action) return found;
      const answer = await this.authenticate(kind, found[name].id, clientSecret);
      const wrong = answer.error || answer.last_payment_error || answer.last_setup_error;
      return wrong ? { error: wrong } : { [name]: answer };
    }
    confirmPayment(options) { return this.confirm("payment_intents", "paymentIntent", options); }
    confirmSetup(options) { return this.confirm("setup_intents", "setupIntent", options); }
    async confirm(kind, name, { elements, clientSecret, confirmParams = {}, redirect }) {
      const wrong = elements.element.validate();
      if (wrong) return { error: wrong };
      const id = clientSecret.split("_secret_")[0];
      const billing = confirmParams.payment_method_data?.billing_details;
      let answer = await ask(this.key, "POST", `${kind}/${id}/confirm`, {
        client_secret: clientSecret, return_url: confirmParams.return_url,
        payment_method_data: elements.element.data(billing) });
      if (answer.next_action) {
        answer = await this.authenticate(kind, id, clientSecret);
        const wrong = answer.last_payment_error || answer.last_setup_error;
        if (wrong) return { error: { ...wrong, [snake(name)]: answer } };
      }
      if (answer.error) return { error: answer.error };
      if (redirect !== "if_required" && confirmParams.return_url) {
        const target = new URL(confirmParams.return_url);
        target.searchParams.set(snake(name), id);
        target.searchParams.set("redirect_status", "succeeded");
        window.location.assign(target);
        return new Promise(() => {});
      }
      return { [name]: answer };
    }
  }
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

  window.Stripe = (key) => new StandIn(key);
  window.Stripe.version = "simulator";
})();
