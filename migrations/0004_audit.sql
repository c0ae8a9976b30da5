create table audit (
  site_id uuid not null,
  id uuid not null,
  seq bigint not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('collaborator', 'api_key', 'command_line', 'system', 'stranger')),
  actor_id uuid,
  action text not null,
  target text not null,
  old jsonb,
  new jsonb,
  personal_digest bytea,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (site_id, id)
) partition by range (id);
comment on table audit is 'Every change and every sign-in, hash-chained per site. Append-only. Partitioned by the time in its UUIDv7 id.';
comment on column audit.site_id is 'The nil UUID holds what belongs to the whole installation.';
comment on column audit.personal_digest is 'Keyed digest of the row in audit_person, so that erasing a value leaves the chain whole.';
comment on column audit.hash is 'SHA-256 over previous_hash and this row''s canonical form.';
create index audit_seq on audit (site_id, seq desc);
call tenant_table('audit', 'select, insert');

create table audit_person (
  site_id uuid not null,
  audit_id uuid not null,
  actor_name text,
  actor_email text,
  address inet,
  user_agent text,
  primary key (site_id, audit_id)
);
comment on table audit_person is 'The personal values of audit rows; may be erased without breaking the chain.';
call tenant_table('audit_person', 'select, insert, update, delete');

create table audit_head (
  site_id uuid primary key,
  seq bigint not null,
  hash bytea not null,
  signature bytea not null
);
comment on table audit_head is 'The newest link of each site''s chain, signed (HMAC with a key derived from GATEHOUSE_SECRET_KEY): a truncated chain no longer reaches it. Its row lock puts the links in order.';
call tenant_table('audit_head', 'select, insert, update');
