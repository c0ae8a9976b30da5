create table collaborator (
  id uuid primary key,
  email text not null,
  email_canonical text not null,
  name text not null,
  phone text,
  password_hash text,
  password_set_at timestamptz,
  lock_mailed_at timestamptz,
  disabled_at timestamptz,
  created_at timestamptz not null,
  constraint collaborator_email_key unique (email_canonical)
);
comment on table collaborator is 'A person who manages sites: one identity, a membership per site.';
comment on column collaborator.email is 'As typed; mail goes here. Sign-in compares email_canonical (NFKC, case-folded, IDNA).';
comment on column collaborator.password_hash is 'Argon2id PHC string; null until an invitation or reset sets one.';
comment on column collaborator.lock_mailed_at is 'When the person was last told of a lock: at most one mail a day.';
grant select, insert, update on collaborator to gatehouse_app;

create table membership (
  site_id uuid not null references site,
  collaborator_id uuid not null references collaborator,
  role text not null check (role in ('owner', 'admin', 'support', 'developer', 'analyst')),
  created_at timestamptz not null,
  last_seen_at timestamptz,
  primary key (site_id, collaborator_id)
);
comment on table membership is 'Which role a collaborator has at a site. Read across sites by sign-in and the site switcher, so it carries no row security.';
create index membership_collaborator on membership (collaborator_id);
grant select, insert, update, delete on membership to gatehouse_app;

create table session (
  id_hash bytea primary key,
  collaborator_id uuid not null references collaborator,
  assurance text not null check (assurance in ('password', 'second_factor')),
  created_at timestamptz not null,
  last_active_at timestamptz not null,
  proved_at timestamptz not null,
  expires_at timestamptz not null,
  address inet,
  user_agent text not null,
  revoked_at timestamptz
);
comment on table session is 'Signed-in browsers of collaborators. A revoked row is never written again, so a slow request cannot bring it back.';
comment on column session.id_hash is 'SHA-256 of the cookie; the cookie itself is nowhere.';
comment on column session.proved_at is 'When the person last proved who they are (sign-in or step-up).';
comment on column session.expires_at is 'The absolute limit; the idle limit is counted from last_active_at.';
create index session_collaborator on session (collaborator_id) where revoked_at is null;
grant select, insert, update, delete on session to gatehouse_app;

create table lockout (
  bucket bytea primary key,
  collaborator_id uuid references collaborator,
  device_id uuid,
  slots timestamptz[] not null default '{}',
  failures_total int not null default 0,
  locked_until timestamptz,
  closed boolean not null default false
);
comment on table lockout is 'Evaluated failures of a sign-in bucket: one for strangers and one for each known device of an account; unknown accounts share a bounded set of rows.';
comment on column lockout.bucket is 'Keyed digest of the account (or of one of 65,536 places for unknown ones) and the device.';
comment on column lockout.slots is 'When each evaluation was admitted that has not succeeded, oldest first; at most the limit (100). A slot is taken before the password is hashed, so that exactly the limit is evaluated at any concurrency.';
comment on column lockout.locked_until is 'Set together with the last slot; taken back if that attempt succeeds or was never hashed.';
comment on column lockout.failures_total is 'Failures without any success; at 100 the strangers'' bucket closes.';
create index lockout_collaborator on lockout (collaborator_id);
grant select, insert, update, delete on lockout to gatehouse_app;

create table known_device (
  id uuid primary key,
  collaborator_id uuid not null references collaborator,
  secret_hash bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
comment on table known_device is 'Browsers that completed a full sign-in: they keep a lockout bucket of their own, so that strangers cannot lock the person out.';
create index known_device_collaborator on known_device (collaborator_id) where ended_at is null;
grant select, insert, update, delete on known_device to gatehouse_app;

create table address_failure (
  network inet not null,
  at timestamptz not null,
  account bytea not null
);
comment on table address_failure is 'Failed sign-ins by network (/32 or /64), for the limit on password stuffing. Kept a day.';
comment on column address_failure.account is 'Keyed digest of the account that was tried.';
create index address_failure_network on address_failure (network, at desc);
grant select, insert, delete on address_failure to gatehouse_app;

create table address_block (
  network inet primary key,
  until timestamptz not null
);
comment on table address_block is 'Networks that sign-in refuses for now with 429.';
grant select, insert, update, delete on address_block to gatehouse_app;

create table mailed_token (
  token_hash bytea primary key,
  purpose text not null check (purpose in ('set_up', 'reset_password', 'change_email', 'revert_email')),
  collaborator_id uuid references collaborator,
  email text,
  new_email text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
comment on table mailed_token is 'Single-use tokens: first set-up, password reset, e-mail change and its revert. Only their SHA-256 is kept.';
comment on column mailed_token.new_email is 'What the address becomes when the token is used (change_email, revert_email).';
comment on column mailed_token.email is 'The address it was issued for; it is worthless once the person''s address differs.';
create index mailed_token_collaborator on mailed_token (collaborator_id, purpose) where used_at is null;
grant select, insert, update, delete on mailed_token to gatehouse_app;
