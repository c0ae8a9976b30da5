create table api_key (
  site_id uuid not null references site,
  id uuid not null,
  name text not null,
  kind text not null check (kind in ('secret', 'publishable')),
  prefix text not null,
  secret_hash bytea not null,
  scopes text[] not null,
  created_at timestamptz not null,
  created_by uuid,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  rate int not null default 500 check (rate between 1 and 100000),
  burst int not null default 2000 check (burst between 1 and 1000000),
  primary key (site_id, id),
  constraint api_key_secret_key unique (secret_hash)
);
comment on table api_key is 'Keys of the API. Looked up by the hash before the site is known, so it carries no row security; every other read names the site.';
comment on column api_key.prefix is 'The first characters, shown so that people can tell keys apart.';
comment on column api_key.secret_hash is 'SHA-256 of the whole key; the key is shown once and kept nowhere.';
comment on column api_key.created_by is 'Null for keys made on the command line; else the key''s scopes shrink with what this person may do.';
comment on column api_key.rate is 'Requests a second it may make for long; burst is how many at once after a pause. Counted by each process.';
comment on column api_key.last_used_at is 'Written at most once a minute.';
grant select, insert, update on api_key to gatehouse_app;

create table idempotency (
  site_id uuid not null,
  api_key_id uuid not null,
  method text not null,
  path text not null,
  key text not null,
  body_hash bytea not null,
  status int not null,
  response text not null,
  created_at timestamptz not null,
  primary key (site_id, api_key_id, method, path, key)
);
comment on table idempotency is 'Answers already given under an Idempotency-Key, written in the transaction of their effect; kept 24 hours.';
comment on column idempotency.response is 'Text, not jsonb: the answer is given again byte for byte.';
create index idempotency_age on idempotency (created_at);
call tenant_table('idempotency', 'select, insert, delete');
