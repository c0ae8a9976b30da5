\set n random(1, 1000000000)
begin;
insert into attempt (site_id, id, at, kind, amount, currency, email_key, ip_key, card_key, card_by_fingerprint, source)
values ('00000000-0000-7000-8000-000000000001', (substr(uuid_at(clock_timestamp())::text, 1, 14) || substr(gen_random_uuid()::text, 15))::uuid, now(), 'payment', 1000, 'GBP', substring(sha256(:n::text::bytea) for 16), substring(sha256((:n + 1)::text::bytea) for 16), substring(sha256((:n + 2)::text::bytea) for 16), true, 'api');
insert into attempt_person (site_id, id, email, ip, card)
values ('00000000-0000-7000-8000-000000000001', (substr(uuid_at(clock_timestamp())::text, 1, 14) || substr(gen_random_uuid()::text, 15))::uuid, 'p' || :n || '@example.com', '198.18.0.1', '{"bin":"424242","brand":"visa","last4":"4242","exp_month":4,"exp_year":2030,"country":"GB"}');
insert into decision (site_id, id, at, outcome, shadow, policy_version, findings, expires_at, took_us)
values ('00000000-0000-7000-8000-000000000001', (substr(uuid_at(clock_timestamp())::text, 1, 14) || substr(gen_random_uuid()::text, 15))::uuid, now(), 'approve', false, 1, '$FINDINGS', now() + interval '30 minutes', 1500);
insert into key_use (site_id, key, at, attempt_id, state, amount, currency, expires_at)
select '00000000-0000-7000-8000-000000000001', substring(sha256((:n + k)::text::bytea) for 16), clock_timestamp(), gen_random_uuid(), 'pending', 1000, 'GBP', now() + interval '30 minutes'
from generate_series(0, 2) k;
commit;
