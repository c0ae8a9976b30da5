-- Anybody may ask for a challenge to sign in with a passkey, and each is a row: they are counted for the network, too.
alter table network_tally add column challenges timestamptz[] not null default '{}';
comment on column network_tally.challenges is 'When strangers of the network were set challenges of passkeys, oldest first; those of the last ten minutes, at most 200.';
comment on table network_tally is 'What strangers of a network did: sign-in tries that have not succeeded, for the limit on password stuffing, and challenges of passkeys they were set. IPv4 /32, IPv6 /64 with its /56 and /48. Kept a day after it was last touched.';
