-- The ground: chances that are the same for the same seed, and tables of words and days to pick from.
CREATE SCHEMA demo;

-- A number from 0 to 1 for the n-th thing, another one for each question that is asked about it.
CREATE FUNCTION demo.chance(n bigint, what text) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(n, hashtextextended(what, %(seed)s)) & 4503599627370495)::double precision
           / 4503599627370496;

-- A place in a list of words: a common word has many places.
CREATE FUNCTION demo.place(n bigint, what text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (hashint8extended(n, hashtextextended(what, %(seed)s)) & 4095)::integer;

-- Thirty-two letters of its own for the n-th thing: its reference and its ids at Stripe are parts of them.
CREATE FUNCTION demo.letters(n bigint, what text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN md5(%(seed)s::text || what || n);

-- Our references have no vowels and no look-alikes.
CREATE FUNCTION demo.reference(letters text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate(left(letters, 20), '0123456789abcdef', '23456789BCDFGHJK');

CREATE UNLOGGED TABLE demo.word (list text, number integer, text text, plain text);
CREATE UNLOGGED TABLE demo.day (
    day date PRIMARY KEY, plans integer, gifts integer, appeal text, is_loud boolean
);
CREATE UNLOGGED TABLE demo.appeal (code text PRIMARY KEY, campaign_id bigint, fund_id bigint);

-- How gifts are paid: Stripe's type, our words, and what Stripe keeps (1.2 per cent and 20p for UK cards).
CREATE UNLOGGED TABLE demo.way (
    way integer PRIMARY KEY, kind text, label text, has_ending boolean,
    basis_points integer, fixed integer, most integer
);
INSERT INTO demo.way VALUES
    (0, 'card', 'Visa card', true, 120, 20, 1000000),
    (1, 'card', 'Mastercard card', true, 120, 20, 1000000),
    (2, 'card', 'Amex card', true, 190, 20, 1000000),
    (3, 'bacs_debit', 'Bacs Direct Debit', true, 100, 20, 200),
    (4, 'paypal', 'PayPal', false, 150, 20, 1000000),
    (5, 'link', 'Link', false, 120, 20, 1000000);

INSERT INTO api_fund (code, name, purpose, restriction, is_active, position) VALUES
    ('food-bank', 'Food bank', 'Parcels for families, packed each Thursday.', 'restricted', true, 3),
    ('holiday-hunger', 'Holiday lunches', 'A hot lunch on every school day that is none.', 'restricted', true, 4),
    ('emergency', 'Emergencies', 'Beds, food and hands within a day.', 'restricted', true, 5),
    ('minibus', 'The new minibus', 'Set aside by the trustees for the next one.', 'designated', true, 6)
    ON CONFLICT (code) DO NOTHING;
