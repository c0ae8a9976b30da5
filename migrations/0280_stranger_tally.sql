-- A botnet tries one password on each account, each from another network, and so meets neither a network's limit nor an
-- account's lock. What strangers failed at anywhere is counted in one row of bounded size.
create table stranger_tally (
  only_one boolean primary key default true check (only_one),
  slots timestamptz[] not null default '{}',
  accounts bytea[] not null default '{}',
  audited_at timestamptz,
  mailed_at timestamptz,
  check (cardinality(slots) = cardinality(accounts))
);
comment on table stranger_tally is 'Passwords that strangers tried without success in the whole installation, for the limit on password stuffing by many networks at once. One row, made with the first try.';
comment on column stranger_tally.slots is 'When each try was admitted, oldest first; at most 300 of the last ten minutes.';
comment on column stranger_tally.accounts is 'Keyed digest of the account each slot tried.';
comment on column stranger_tally.audited_at is 'When it last stood in the audit log that strangers are refused: at most once an hour.';
comment on column stranger_tally.mailed_at is 'When owners last had a mail about it: at most once a day.';
grant select, insert, update on stranger_tally to gatehouse_app;
