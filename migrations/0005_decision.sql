create table attempt (
  site_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  kind text not null,
  service_id uuid,
  amount bigint,
  currency text,
  email_key bytea,
  ip_key bytea,
  card_key bytea,
  customer_key bytea,
  card_by_fingerprint boolean,
  guest boolean,
  source text not null,
  label text,
  primary key (site_id, id)
) partition by range (id);
comment on table attempt is 'One try at something, as it was asked. Append-only, partitioned by the time in its UUIDv7 id. Personal values lie in attempt_person.';
comment on column attempt.email_key is 'Keyed digest of the normalised value, 16 bytes; so are the other keys.';
comment on column attempt.source is 'Who asked: api, page, simulation.';
comment on column attempt.label is 'What simulated traffic really was (shopper, card_testing …); null for real traffic.';
call tenant_table('attempt', 'select, insert');

create table attempt_person (
  site_id uuid not null,
  id uuid not null,
  email text,
  ip inet,
  external_id text,
  user_agent text,
  headers jsonb,
  card jsonb,
  billing jsonb,
  shipping jsonb,
  primary key (site_id, id)
) partition by range (id);
comment on table attempt_person is 'The personal values of an attempt; may be erased. No card number, ever: brand, BIN, last 4, expiry, holder, country.';
call tenant_table('attempt_person', 'select, insert, update, delete');

create table decision (
  site_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  outcome text not null check (outcome in ('approve', 'challenge', 'reject')),
  shadow boolean not null,
  settled_by text,
  risk_score int,
  trust_score real,
  policy_version int not null,
  findings jsonb not null,
  lists jsonb,
  expires_at timestamptz not null,
  took_us int not null,
  primary key (site_id, id)
) partition by range (id);
comment on table decision is 'The recorded answer to the attempt with the same id. Append-only.';
comment on column decision.shadow is 'True if a check in shadow would have made the outcome stronger.';
comment on column decision.settled_by is 'The check that settled a challenge or reject; null when approved.';
comment on column decision.lists is 'The list entries that matched, as facts for a replay; null if none.';
comment on column decision.took_us is 'Microseconds from the request''s arrival to just before the commit.';
call tenant_table('decision', 'select, insert');

create table outcome (
  site_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  outcome text not null check (outcome in ('approved', 'declined', 'abandoned')),
  late boolean not null,
  code text,
  message text,
  cvc_check text,
  avs_check text,
  email_check text,
  three_ds text,
  action text not null check (action in ('none', 'void')),
  findings jsonb not null,
  primary key (site_id, id)
) partition by range (id);
comment on table outcome is 'What became of a decided attempt, told by the site. The primary key keeps the first; append-only.';
comment on column outcome.late is 'Told after the decision''s reservation had expired.';
call tenant_table('outcome', 'select, insert');

create table key_use (
  site_id uuid not null,
  key bytea not null,
  at timestamptz not null,
  attempt_id uuid not null,
  state text not null check (state in ('pending', 'approved', 'declined', 'released')),
  amount bigint not null,
  currency text,
  expires_at timestamptz not null,
  primary key (site_id, key, at, attempt_id)
);
comment on table key_use is 'An admitted attempt under each of its counted keys: what limits count. Mutable; can be rebuilt from attempt, decision and outcome.';
comment on column key_use.key is 'Keyed digest of the kind of key (email, ip, card) and its value, 16 bytes.';
comment on column key_use.state is 'pending until expires_at (then its amount is free), approved, declined (its amount is free), released (abandoned).';
create index key_use_attempt on key_use (site_id, attempt_id);
call tenant_table('key_use', 'select, insert, update, delete');

create table list (
  site_id uuid not null references site,
  id uuid not null,
  kind text not null check (kind in ('allow', 'block', 'challenge')),
  name text not null,
  note text not null default '',
  enabled boolean not null default true,
  all_services boolean not null default true,
  also_risk_assessment boolean not null default false,
  also_challenge_list boolean not null default false,
  created_at timestamptz not null,
  created_by uuid,
  removed_at timestamptz,
  version int not null default 1,
  primary key (site_id, id)
);
comment on table list is 'Allow, block and challenge lists.';
comment on column list.version is 'Rises with every change of the list itself (entries not counted), so that of two people saving at once the second is told.';
comment on column list.also_risk_assessment is 'Allow lists only: a match also switches off risk assessment (step 5).';
comment on column list.also_challenge_list is 'Allow lists only: a match also switches off challenge lists (step 9).';
create unique index list_name_key on list (site_id, kind, lower(name)) where removed_at is null;
call tenant_table('list', 'select, insert, update');

create table list_service (
  site_id uuid not null,
  list_id uuid not null,
  service_id uuid not null,
  primary key (site_id, list_id, service_id),
  foreign key (site_id, list_id) references list,
  foreign key (site_id, service_id) references service
);
comment on table list_service is 'The services a list acts on when it is not linked to all.';
call tenant_table('list_service', 'select, insert, delete');

create table list_entry (
  site_id uuid not null,
  id uuid not null,
  list_id uuid not null,
  name text not null,
  note text not null default '',
  field_count int not null check (field_count > 0),
  valid_from timestamptz not null,
  valid_to timestamptz,
  expires_at timestamptz,
  created_by uuid,
  created_by_key uuid,
  replaced_by uuid,
  primary key (site_id, id),
  foreign key (site_id, list_id) references list
);
comment on table list_entry is 'One rule of a list: all its fields must match, any value of a field. Rows are valid from-to, so that a replay can ask for the ones valid at a decision''s instant; a change closes the row and opens another.';
comment on column list_entry.field_count is 'How many different fields its conditions name.';
comment on column list_entry.valid_to is 'When it was changed or removed; null while it stands.';
comment on column list_entry.created_by_key is 'The API key that wrote it, when no collaborator did.';
comment on column list_entry.replaced_by is 'The row that a change opened in its place; null while it stands and when it was removed.';
create index list_entry_list on list_entry (site_id, list_id, id desc) where valid_to is null;
call tenant_table('list_entry', 'select, insert, update');

create table list_condition (
  site_id uuid not null,
  entry_id uuid not null,
  field text not null,
  value text not null,
  typed text not null,
  digest bytea not null,
  anchor boolean not null,
  primary key (site_id, entry_id, field, value),
  foreign key (site_id, entry_id) references list_entry
);
comment on table list_condition is 'A value that a field of an entry may have.';
comment on column list_condition.value is 'Normalised: trimmed, NFKC, case-folded; a range of addresses in CIDR form.';
comment on column list_condition.typed is 'As it was typed, for people.';
comment on column list_condition.digest is 'SHA-256 of field and value, 16 bytes: the one indexed probe of a decision. An address probes for every range that could hold it by the digest of that range: containment operators are not leakproof, so row security would keep them from using an index.';
comment on column list_condition.anchor is 'True for the values of the entry''s most selective field. A decision finds entries by their anchors, so that ten thousand entries that also name a common card brand cost it nothing.';
create index list_condition_anchor on list_condition (site_id, digest) where anchor;
create index list_condition_digest on list_condition (site_id, digest, entry_id);
call tenant_table('list_condition', 'select, insert');
