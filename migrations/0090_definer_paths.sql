-- A function that runs as its owner must not look a name up where its caller can put one. Without pg_temp in the path
-- Postgres looks there first, so a temporary view named like a table was read, and run, with the owner's rights. pg_temp
-- stands last now, and every name says its schema.
create or replace function ensure_partitions(from_month timestamptz, months int) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  parent text;
  begins timestamptz;
  child text;
  made int := 0;
begin
  foreach parent in array array['attempt', 'attempt_person', 'decision', 'outcome', 'audit'] loop
    for i in 0 .. months - 1 loop
      begins := date_trunc('month', from_month at time zone 'UTC') at time zone 'UTC' + make_interval(months => i);
      child := parent || '_' || to_char(begins at time zone 'UTC', 'YYYYMM');
      if to_regclass(format('public.%I', child)) is null then
        execute format('create table public.%I partition of public.%I for values from (%L) to (%L)', child, parent,
          public.uuid_at(begins), public.uuid_at((begins at time zone 'UTC' + interval '1 month') at time zone 'UTC'));
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end $$;

create or replace function schema_version() returns bigint
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp
as $$
declare
  newest bigint;
begin
  if to_regclass('public._sqlx_migrations') is null then
    return null;
  end if;
  execute 'select max(version) from public._sqlx_migrations where success' into newest;
  return newest;
end $$;

-- The program makes no temporary tables; whoever borrows its login shall not either.
do $$
begin
  execute format('revoke temporary on database %I from public', current_database());
end $$;
