-- History for the measurements, shaped as the program writes it.
create function bench_key(kind text, n bigint) returns bytea language sql immutable
as $$ select substring(sha256(convert_to(kind || n, 'UTF8')) for 16) $$;

create table bench_row as
select n,
       now() - interval '30 days' * (1 - n::float8 / $HISTORY) as at,
       (random() * random() * 200000)::bigint as person
from generate_series(1, $HISTORY) n;
alter table bench_row add id uuid;
update bench_row set id = (substr(uuid_at(at)::text, 1, 14) || '7' || substr(md5(n::text), 1, 3) || '-8' || substr(md5(n::text), 4, 3) || '-' || substr(md5(n::text), 7, 12))::uuid;

insert into attempt (site_id, id, at, kind, service_id, amount, currency, email_key, ip_key, card_key, card_by_fingerprint, source)
select '$SITE', id, at, 'payment', '$SERVICE', 1000 + n % 9000, 'GBP', bench_key('e', person), bench_key('i', person / 2), bench_key('c', person), true, 'simulation'
from bench_row;
insert into attempt_person (site_id, id, email, ip, card)
select '$SITE', id, 'p' || person || '@example.com', '198.18.0.1', '{"brand":"visa","last4":"4242"}'
from bench_row;
insert into decision (site_id, id, at, outcome, shadow, policy_version, findings, expires_at, took_us)
select '$SITE', id, at, 'approve', false, 1, '[]', at + interval '30 minutes', 1500
from bench_row;
insert into key_use (site_id, key, at, attempt_id, state, amount, currency, expires_at)
select '$SITE', bench_key(k, case k when 'i' then person / 2 else person end), at, id, 'approved', 1000 + n % 9000, 'GBP', at + interval '30 minutes'
from bench_row, unnest(array['e', 'i', 'c']) k;
drop table bench_row;

insert into list (site_id, id, kind, name, created_at)
select '$SITE', gen_random_uuid(), kind, kind || ' ' || n, now()
from unnest(array['allow', 'block', 'challenge']) kind, generate_series(1, 3) n;
insert into list_entry (site_id, id, list_id, name, field_count, valid_from)
select '$SITE', gen_random_uuid(), id, 'entry ' || n, 1, now()
from list, generate_series(1, 1000) n;
insert into list_condition (site_id, entry_id, field, value, typed, digest, anchor)
select '$SITE', id, 'email', mail, mail, substring(sha256(convert_to('email', 'UTF8') || '\x00' || convert_to(mail, 'UTF8')) for 16), true
from list_entry, lateral (select 'listed-' || id || '@example.com' as mail) typed;
