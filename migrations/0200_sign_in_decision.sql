-- A collaborator's sign-in is decided by the same engine, but it is nobody's traffic: it lies apart from the attempts of a
-- site's customers, so that no count, figure, replay, list or key of the API ever meets it.
create table sign_in_decision (
  site_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  collaborator_id uuid not null,
  outcome text not null check (outcome in ('approve', 'challenge', 'reject')),
  settled_by text,
  findings jsonb not null,
  known_device boolean not null,
  turned_away timestamptz,
  took_us int not null,
  primary key (site_id, id)
);
comment on table sign_in_decision is 'The recorded answer to a sign-in of one of the site''s people, one row at each of their sites. Append-only. Read by those who may read the audit log.';
comment on column sign_in_decision.turned_away is 'The hour of an answer for which nothing was compared (a lock, a limit) or which anybody can bring about; null for others. Of such a person, check and hour one row is kept, so that nobody outside appends without end.';
comment on column sign_in_decision.took_us is 'Microseconds from the request''s arrival to just before the commit.';
create unique index sign_in_decision_turned_away on sign_in_decision (site_id, collaborator_id, turned_away, settled_by, known_device)
  where turned_away is not null;
call tenant_table('sign_in_decision', 'select, insert');

create table sign_in_person (
  site_id uuid not null,
  id uuid not null,
  email text,
  address inet,
  user_agent text,
  primary key (site_id, id)
);
comment on table sign_in_person is 'What a sign-in decision says of a person, as an audit row does; may be erased.';
call tenant_table('sign_in_person', 'select, insert, delete');
