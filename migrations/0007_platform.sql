create table job (
  id uuid primary key,
  site_id uuid,
  kind text not null,
  payload jsonb not null,
  run_at timestamptz not null,
  attempts int not null default 0,
  last_error text,
  created_at timestamptz not null,
  dead_at timestamptz
);
comment on table job is 'Work to be done after the commit that ordered it: mail, messages, upkeep. Taken with skip locked; a finished job is deleted, a hopeless one stays with dead_at.';
comment on column job.payload is 'May hold addresses and texts of mail, so it is deleted with the job; never shown on a page.';
create index job_due on job (run_at) where dead_at is null;
create index job_dead on job (dead_at) where dead_at is not null;
grant select, insert, update, delete on job to gatehouse_app;

create table outbox (
  id uuid primary key,
  at timestamptz not null,
  kind text not null check (kind in ('mail', 'sms')),
  recipient text not null,
  subject text not null,
  body text not null,
  html text
);
comment on table outbox is 'Demo mode only: what would have been mailed or texted.';
grant select, insert, delete on outbox to gatehouse_app;

create table installation (
  one boolean primary key default true check (one),
  demo boolean not null,
  clock_offset_ms bigint not null default 0 check (clock_offset_ms >= 0),
  created_at timestamptz not null
);
comment on table installation is 'One row. The demo mark is set by `gatehouse demo` on an empty database and nowhere else.';
comment on column installation.clock_offset_ms is 'Demo only: how far the clock was moved forward, followed by every process.';
grant select, insert, update on installation to gatehouse_app;
