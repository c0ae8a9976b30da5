-- What the limit on networks turned away was counted like a failure, though nothing was compared: a crowd of right
-- passwords behind one address shut it. It is counted apart, and only makes a refusal that stands longer.
alter table network_tally add column turned_away timestamptz[] not null default '{}';
comment on column network_tally.slots is 'When each try was admitted, oldest first; at most 100 of the last ten minutes.';
comment on column network_tally.turned_away is 'When each try was refused by the limit itself, oldest first; at most 100 of the last ten minutes.';
