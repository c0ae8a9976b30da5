-- Partitions of the append-only tables are months of the time in a UUIDv7 id. The owner's function makes them, so that the
-- program needs no right to create tables.
create function uuid_at(at timestamptz) returns uuid
language sql immutable
as $$ select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid $$;
comment on function uuid_at is 'The smallest UUID of a millisecond: where a time range of UUIDv7 ids begins.';

create function ensure_partitions(from_month timestamptz, months int) returns int
language plpgsql security definer set search_path = public
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
      if to_regclass(child) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent,
          uuid_at(begins), uuid_at((begins at time zone 'UTC' + interval '1 month') at time zone 'UTC'));
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end $$;
comment on function ensure_partitions is 'Makes the missing monthly partitions; returns how many. Called at start and daily, with months ahead.';
revoke all on function ensure_partitions from public;
grant execute on function ensure_partitions to gatehouse_app;
