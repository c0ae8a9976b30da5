-- What people may see of their own account, and what a removal must not let them forget.

create table account_event (
  collaborator_id uuid not null references collaborator,
  id uuid not null,
  action text not null,
  at timestamptz not null,
  address inet,
  user_agent text not null,
  primary key (collaborator_id, id)
);
comment on table account_event is 'What happened to a person''s account, as they themselves may see it: sign-ins, devices, passwords. The audit log keeps it per site; this is one list for a person, whatever their sites. Kept 90 days.';
comment on column account_event.action is 'As in the audit log.';
create index account_event_at on account_event (at);
grant select, insert, delete on account_event to gatehouse_app;

create table past_requirement (
  site_id uuid not null references site,
  collaborator_id uuid not null references collaborator,
  required_since timestamptz not null,
  requirement_ended_at timestamptz not null,
  primary key (site_id, collaborator_id)
);
comment on table past_requirement is 'When a second factor had become required of somebody who was removed: joining again does not move it later. Forgotten 30 days after the requirement ended.';
call tenant_table('past_requirement', 'select, insert, update, delete');
