-- One bounded row a network instead of a row a failure: counting costs the same however long somebody goes on, and of
-- parallel tries exactly as many are evaluated as the limit says. What was counted before is forgotten with its tables;
-- it was kept ten minutes.
drop table address_failure;
drop table address_block;

create table network_tally (
  network inet primary key,
  slots timestamptz[] not null default '{}',
  accounts bytea[] not null default '{}',
  refused_until timestamptz,
  touched_at timestamptz not null,
  check (cardinality(slots) = cardinality(accounts))
);
comment on table network_tally is 'Sign-in tries of a network that have not succeeded, for the limit on password stuffing: IPv4 /32, IPv6 /64 with its /56 and /48. Kept a day after it was last touched.';
comment on column network_tally.slots is 'When each try was admitted or refused, oldest first; at most 100 of the last ten minutes.';
comment on column network_tally.accounts is 'Keyed digest of the account each slot tried.';
comment on column network_tally.refused_until is 'Sign-in answers 429 to the network until then.';
create index network_tally_touched on network_tally (touched_at);
grant select, insert, update, delete on network_tally to gatehouse_app;
