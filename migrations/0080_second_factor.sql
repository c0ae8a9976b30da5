-- What a site asks of its collaborators, and what each of them proves with besides the password.

create table access_settings (
  site_id uuid primary key references site,
  version int not null default 1,
  mfa_required boolean not null default false,
  grace_days int not null default 7 check (grace_days between 0 and 90),
  factor_kinds text[] not null default '{sms,totp,passkey}'
    check (cardinality(factor_kinds) > 0 and factor_kinds <@ '{sms,totp,passkey}'),
  sms_countries text[] not null
    default '{AT,AU,BE,CA,CH,DE,DK,ES,FI,FR,GB,IE,IT,NL,NO,NZ,PL,PT,SE,US}',
  sms_daily_cap int not null default 500 check (sms_daily_cap between 0 and 100000),
  sms_sender text,
  sms_body text,
  password_preset text not null default 'relaxed' check (password_preset in ('relaxed', 'strong', 'pci', 'custom')),
  password_shortest int not null default 15 check (password_shortest between 8 and 64),
  password_classes boolean not null default false,
  lockout_failures int not null default 10 check (lockout_failures between 3 and 100),
  lockout_minutes int not null default 30 check (lockout_minutes between 1 and 1440),
  changed_at timestamptz,
  changed_by uuid references collaborator
);
comment on table access_settings is 'What a site asks of its collaborators: second factor, passwords, lockout, texts. Read across a person''s sites by sign-in (the strictest counts), so it carries no row security.';
comment on column access_settings.version is 'Goes up with each save: a form made from an older one is refused.';
comment on column access_settings.mfa_required is 'Whether everybody at the site needs a second factor. Only owners change it, which is why it is no part of the policy document that admins restore.';
comment on column access_settings.grace_days is 'Whole days from membership.required_since to the deadline (end of day in the site''s zone); 0: at once.';
comment on column access_settings.factor_kinds is 'Which kinds of second factor satisfy the site.';
comment on column access_settings.sms_countries is 'ISO 3166 alpha-2: where codes are texted to.';
comment on column access_settings.sms_daily_cap is 'Texts a day for the whole site, against pumping.';
comment on column access_settings.sms_sender is 'Alphanumeric sender, 11 characters at most; null: from the site''s name.';
comment on column access_settings.sms_body is 'Template of the text with {code} and {company}; null: ours.';
insert into access_settings (site_id) select id from site;
grant select, insert, update on access_settings to gatehouse_app;

alter table membership
  add column mfa_own boolean not null default false,
  add column required_since timestamptz,
  add column requirement_ended_at timestamptz,
  add column grace_restarted_at timestamptz,
  add column exempt_until timestamptz,
  add column exempt_reason text,
  add column exempt_by uuid references collaborator,
  add column suggested_phone text,
  add column disabled_at timestamptz;
comment on column membership.mfa_own is 'The person''s own switch: a second factor is required of them even where the site does not ask everybody.';
comment on column membership.required_since is 'When a second factor became required here; the deadline is counted from it. Nothing moves it later; it is forgotten 30 days after requirement_ended_at.';
comment on column membership.requirement_ended_at is 'When the requirement last ended; null while it holds or never did.';
comment on column membership.grace_restarted_at is 'A reset by an admin or the operator: the deadline is counted from here, with at most seven days.';
comment on column membership.exempt_until is 'At most 30 days ahead, with a reason and who granted it; never by the person.';
comment on column membership.suggested_phone is 'What an admin typed: only fills the field in at enrolment.';
comment on column membership.disabled_at is 'Shut out of this site only; collaborator.disabled_at is for the whole identity.';

create table invitation (
  site_id uuid not null references site,
  id uuid not null,
  email text not null,
  email_canonical text not null,
  role text not null check (role in ('owner', 'admin', 'support', 'developer', 'analyst')),
  mfa_own boolean not null default false,
  suggested_phone text,
  token_hash bytea not null,
  invited_by uuid not null references collaborator,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (site_id, id),
  constraint invitation_token_key unique (token_hash)
);
comment on table invitation is 'Who is asked to join a site, as which role. One use, bound to the address; found by its token before anybody knows the site, so it carries no row security.';
comment on column invitation.token_hash is 'SHA-256 of the newest link''s token; sending again replaces it.';
create unique index invitation_open on invitation (site_id, email_canonical) where accepted_at is null and revoked_at is null;
grant select, insert, update on invitation to gatehouse_app;

create table second_factor (
  id uuid primary key,
  collaborator_id uuid not null references collaborator,
  kind text not null check (kind in ('sms', 'totp', 'passkey')),
  name text not null,
  phone text,
  secret_sealed bytea,
  totp_step bigint,
  credential_id bytea,
  credential jsonb,
  created_at timestamptz not null,
  activated_at timestamptz,
  last_used_at timestamptz,
  ended_at timestamptz,
  end_reason text check (end_reason in ('removed', 'lost', 'reset', 'abandoned')),
  constraint second_factor_credential_key unique (credential_id),
  check ((kind = 'sms') = (phone is not null)),
  check ((kind = 'totp') = (secret_sealed is not null)),
  check ((kind = 'passkey') = (credential_id is not null and credential is not null))
);
comment on table second_factor is 'What a person proves with besides the password. Counts only between activated_at (its first valid code) and ended_at.';
comment on column second_factor.phone is 'E.164. Shown to the person masked.';
comment on column second_factor.secret_sealed is 'The authenticator''s secret under a key of its own, with the key''s place; never shown again after enrolment.';
comment on column second_factor.totp_step is 'The last 30-second step that was accepted: it and earlier ones are spent.';
comment on column second_factor.credential is 'The passkey''s public key, counter and flags as the verifier keeps them.';
create index second_factor_collaborator on second_factor (collaborator_id) where ended_at is null;
grant select, insert, update on second_factor to gatehouse_app;

create table recovery_code (
  collaborator_id uuid not null references collaborator,
  code_hash bytea not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (collaborator_id, code_hash)
);
comment on table recovery_code is 'Ten single-use codes of 112 random bits or more, kept as SHA-256. A new set deletes the old.';
grant select, insert, update, delete on recovery_code to gatehouse_app;

create table pending_sign_in (
  id_hash bytea primary key,
  collaborator_id uuid not null references collaborator,
  known_device uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  address inet,
  user_agent text not null,
  ended_at timestamptz
);
comment on table pending_sign_in is 'The password was right, the second step is still to come. Its cookie opens that step and nothing else: it is no session.';
grant select, insert, update, delete on pending_sign_in to gatehouse_app;

create table one_time_code (
  id uuid primary key,
  collaborator_id uuid not null references collaborator,
  flow bytea not null,
  purpose text not null check (purpose in ('sign_in', 'step_up', 'enrol_phone', 'enrol_mail')),
  factor_id uuid references second_factor,
  destination text not null,
  code_mac bytea not null,
  guesses int not null default 0 check (guesses between 0 and 5),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
comment on table one_time_code is 'Codes that were texted or mailed: five minutes, five guesses, one use, good only in the flow, for the purpose and with the destination they were made for. A new one ends the old.';
comment on column one_time_code.flow is 'SHA-256 of the pending sign-in''s or the session''s cookie.';
comment on column one_time_code.destination is 'E.164 or the canonical address.';
create index one_time_code_live on one_time_code (collaborator_id, purpose) where ended_at is null;
grant select, insert, update, delete on one_time_code to gatehouse_app;

create table code_guesses (
  collaborator_id uuid primary key references collaborator,
  slots timestamptz[] not null default '{}',
  mailed_at timestamptz
);
comment on table code_guesses is 'Wrong guesses of codes in the last day, across codes, devices, sessions and addresses: ten in an hour or thirty in a day close the second step until there is room. A slot is taken before the comparison and given back when it was right.';
grant select, insert, update, delete on code_guesses to gatehouse_app;

create table code_sends (
  collaborator_id uuid not null references collaborator,
  destination bytea not null,
  sends timestamptz[] not null default '{}',
  wait_until timestamptz,
  primary key (collaborator_id, destination)
);
comment on table code_sends is 'First send and three resends, then 15 minutes: counted for the account and the number, not for a cookie.';
comment on column code_sends.destination is 'Keyed digest of the number or address.';
grant select, insert, update, delete on code_sends to gatehouse_app;

create table text_message (
  id uuid primary key,
  site_id uuid,
  collaborator_id uuid not null references collaborator,
  number text not null,
  prefix text not null,
  purpose text not null,
  status text not null check (status in ('queued', 'sent', 'delivered', 'failed')),
  provider_id text,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
comment on table text_message is 'What was texted, for its delivery status and the caps per number, prefix, site and day. Never the text itself: it holds a code. Kept 30 days.';
comment on column text_message.site_id is 'The site whose template and cap were used.';
comment on column text_message.prefix is 'The number without its last four digits: pumping walks through neighbours.';
create index text_message_number on text_message (number, created_at);
create index text_message_prefix on text_message (prefix, created_at);
create index text_message_site on text_message (site_id, created_at);
create index text_message_provider on text_message (provider_id) where provider_id is not null;
grant select, insert, update, delete on text_message to gatehouse_app;

create table passkey_ceremony (
  id_hash bytea primary key,
  flow bytea,
  collaborator_id uuid references collaborator,
  purpose text not null check (purpose in ('enrol', 'sign_in', 'second_step', 'step_up')),
  state jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
comment on table passkey_ceremony is 'Challenges of passkeys: five minutes, one use, bound to the flow that asked.';
comment on column passkey_ceremony.collaborator_id is 'Null for a sign-in that begins with the passkey: nobody is known yet.';
grant select, insert, update, delete on passkey_ceremony to gatehouse_app;

create table help_asked (
  collaborator_id uuid not null references collaborator,
  at timestamptz not null,
  primary key (collaborator_id, at)
);
comment on table help_asked is '"Unable to access device": at most three an hour. Kept a day.';
grant select, insert, delete on help_asked to gatehouse_app;

alter table collaborator add column webauthn_id uuid;
update collaborator set webauthn_id = gen_random_uuid();
alter table collaborator
  alter column webauthn_id set default gen_random_uuid(),
  alter column webauthn_id set not null,
  add constraint collaborator_webauthn_key unique (webauthn_id);
comment on column collaborator.webauthn_id is 'The user handle that passkeys carry: says nothing of the person.';
