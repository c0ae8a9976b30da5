-- Asking for a new password took a slot of the limit on failed sign-ins, which fewer than five accounts never filled: a
-- network could ask without end, and then be refused for a day at once. Asks are counted apart and lead to no refusal:
-- beyond their share they are answered as ever, and nothing is done.
alter table network_tally
  add column asks timestamptz[] not null default '{}',
  add column asked bytea[] not null default '{}',
  add check (cardinality(asks) = cardinality(asked));
comment on column network_tally.asks is 'When strangers of the network asked for new passwords and were heard, oldest first; those of the last ten minutes, at most 60.';
comment on column network_tally.asked is 'Keyed digest of the address each of them named.';
comment on table network_tally is 'What strangers of a network did: sign-in tries that have not succeeded, for the limit on password stuffing, challenges of passkeys they were set, and new passwords they asked for. IPv4 /32, IPv6 /64 with its /56 and /48. Kept a day after it was last touched.';
