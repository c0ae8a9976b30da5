create table site (
  id uuid primary key,
  handle text not null,
  name text not null,
  live boolean not null,
  company_name text,
  support_email text,
  currency text not null,
  time_zone text not null,
  idle_minutes int not null default 30 check (idle_minutes between 15 and 480),
  policy_version int not null default 0,
  created_at timestamptz not null,
  constraint site_handle_key unique (handle)
);
comment on table site is 'A tenant. Read by any signed-in request to find out where it is, so it carries no row security; what belongs to a site does.';
comment on column site.handle is 'Stands in console addresses (/s/{handle}/…). Lower-case letters, digits and hyphens; never changes.';
comment on column site.live is 'Live or test. Fixed at creation: test data never counts in live.';
comment on column site.policy_version is 'The version in force; 0 before the first. Processes watch it.';
comment on column site.idle_minutes is 'Collaborators'' idle limit in minutes. The strictest of a person''s sites applies.';
grant select, insert, update on site to gatehouse_app;

create table service (
  site_id uuid not null references site,
  id uuid not null,
  name text not null,
  currency text not null,
  created_at timestamptz not null,
  archived_at timestamptz,
  primary key (site_id, id),
  constraint service_name_key unique (site_id, name)
);
comment on table service is 'A payment service of a site: one currency, linked lists.';
call tenant_table('service', 'select, insert, update');

create table policy (
  site_id uuid not null references site,
  version int not null,
  document jsonb not null,
  created_at timestamptz not null,
  created_by uuid,
  note text not null,
  primary key (site_id, version)
);
comment on table policy is 'Every version of a site''s security settings as one document, list entries excepted. Append-only.';
comment on column policy.created_by is 'The collaborator who saved it; null for the defaults of a new site and for the command line.';
comment on column policy.note is 'What changed, in a sentence.';
call tenant_table('policy', 'select, insert');
