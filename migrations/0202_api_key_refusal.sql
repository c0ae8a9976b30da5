create table api_key_refusal (
  site_id uuid not null,
  api_key_id uuid not null,
  why text not null,
  recorded_at timestamptz not null,
  primary key (site_id, api_key_id, why)
);
comment on table api_key_refusal is 'When a refusal of a key that exists was last recorded in the audit log, for each reason: one an hour is. A key that is nobody''s leaves nothing.';
call tenant_table('api_key_refusal', 'select, insert, update');
