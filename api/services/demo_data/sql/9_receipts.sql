-- Receipts, gapless in the order of the money's days; e-mails and audit lines of the latest weeks only.
CREATE UNLOGGED TABLE demo.numbered AS
SELECT n, settled_at, extract(year FROM settled_at AT TIME ZONE %(zone)s)::integer AS year
  FROM demo.gift WHERE settled_at IS NOT NULL;
INSERT INTO api_receiptcounter (year, last) SELECT year, count(*) FROM demo.numbered GROUP BY year
    ON CONFLICT (year) DO UPDATE SET last = api_receiptcounter.last + excluded.last;
INSERT INTO api_receipt (donation_id, year, sequence, issued_at)
SELECT %(gift_base)s + n, year,
       counter.last - count(*) OVER (PARTITION BY year) + row_number() OVER (PARTITION BY year ORDER BY settled_at, n),
       settled_at
  FROM demo.numbered JOIN api_receiptcounter AS counter USING (year)
 ORDER BY settled_at, n;

INSERT INTO api_message (key, donor_id, donation_id, kind, language, state, "to", subject, text, html, message_id, attempts, error,
                         created_at, sent_at)
SELECT 'receipt:' || demo.reference(letters), donor.id, %(gift_base)s + n, 'receipt', 'en', 'kept', donor.email, subject, text, '<p>' || replace(text, E'\n\n', '</p><p>') || '</p>',
       '<receipt-' || demo.reference(letters) || '@example.org>', 1, '', settled_at + interval '5 seconds',
       settled_at + interval '6 seconds'
  FROM demo.gift JOIN api_donor AS donor ON donor.id = donor_id,
       LATERAL (SELECT 'Your receipt for £' || to_char((amount + cover) / 100.0, 'FM999,999,990.00') AS subject) AS written,
       LATERAL (SELECT 'Dear ' || donor.name || E',\n\nThank you for your gift of £'
                       || to_char((amount + cover) / 100.0, 'FM999,999,990.00')
                       || E'. Your receipt is attached.\n\nReference ' || demo.reference(letters) AS text) AS said
 WHERE settled_at > %(until)s - interval '14 days' ORDER BY settled_at;

INSERT INTO api_auditline (action, subject, detail, at)
SELECT 'donation.settled', 'donation:' || demo.reference(letters),
       jsonb_build_object('amount_minor', amount + cover), settled_at
  FROM demo.gift WHERE settled_at > %(until)s - interval '14 days' ORDER BY settled_at;
DROP SCHEMA demo CASCADE;
