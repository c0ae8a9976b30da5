-- A list has a mode as every other control: off, shadow (compared and recorded, never acted on), enforce. The program before
-- this one knows only `enabled`, for a release more: it reads and writes it, and a list in shadow is off to it.
alter table list add column mode text check (mode in ('off', 'shadow', 'enforce'));
-- Rewritten as a type change: an update would see no row, for row security binds the owner too.
alter table list alter column mode type text using case when enabled then 'enforce' else 'off' end;
alter table list alter column mode set not null;
comment on column list.mode is 'off: nothing is compared with it; shadow: matches are recorded, never acted on; enforce.';
comment on column list.enabled is 'Whether the mode is enforce: for the previous release, kept in step by a trigger. To be dropped.';

create function list_mode_in_step() returns trigger
language plpgsql
as $$
begin
  if tg_op = 'INSERT' then
    new.mode := coalesce(new.mode, case when new.enabled then 'enforce' else 'off' end);
  elsif new.mode = old.mode and new.enabled <> old.enabled then
    new.mode := case when new.enabled then 'enforce' else 'off' end;
  end if;
  new.enabled := new.mode = 'enforce';
  return new;
end $$;
comment on function list_mode_in_step is 'The previous release writes enabled, this one mode: each finds what the other meant.';
create trigger list_mode_in_step before insert or update on list
for each row execute function list_mode_in_step();

drop function list_matches(uuid, uuid, bytea[], timestamptz);
create function list_matches(p_site uuid, p_service uuid, p_digests bytea[], p_at timestamptz)
returns table (list_id uuid, list_name text, kind text, mode text, also_risk_assessment boolean, also_challenge_list boolean,
               entry_id uuid, entry_name text, fields text[])
language sql stable
as $$
  with found as materialized (
    select distinct c.entry_id, c.field
    from list_condition c
    where c.site_id = p_site
      and c.anchor
      and c.digest = any(p_digests)
  )
  select l.id, l.name, l.kind, l.mode, l.also_risk_assessment, l.also_challenge_list, e.id, e.name, f.fields
  from found a
  join list_entry e on e.site_id = p_site and e.id = a.entry_id
  join list l on l.site_id = p_site and l.id = e.list_id
  cross join lateral (
    select case
      when e.field_count = 1 then array[a.field]
      else array(select distinct c.field
                 from list_condition c
                 where c.site_id = p_site
                   and c.entry_id = a.entry_id
                   and c.digest = any(p_digests))
    end as fields
  ) f
  where e.valid_from <= p_at
    and (e.valid_to is null or e.valid_to > p_at)
    and (e.expires_at is null or e.expires_at > p_at)
    and l.mode <> 'off'
    and (l.removed_at is null or l.removed_at > p_at)
    and (l.all_services
         or exists (select from list_service s
                    where s.site_id = p_site
                      and s.list_id = l.id
                      and s.service_id = p_service))
    and cardinality(f.fields) = e.field_count
  order by e.id
$$;
comment on function list_matches is 'Entries that an attempt matches at an instant, of lists that are not off: found by the digests of their most selective field, then the other fields of those few are compared.';

-- What a list in shadow says stands apart: the previous release would act on whatever it finds in lists.
drop function decision_facts(uuid, timestamptz, bigint[], bytea[], int[], boolean[], int[], text, uuid, bytea[]);
create function decision_facts(
  p_site uuid, p_now timestamptz, p_locks bigint[],
  p_keys bytea[], p_payments int[], p_amounts boolean[], p_declines int[], p_currency text,
  p_service uuid, p_digests bytea[],
  out at timestamptz, out payments int[], out payments_first timestamptz[], out amounts bigint[], out amounts_first timestamptz[],
  out declines int[], out declines_first timestamptz[], out lists jsonb, out lists_in_shadow jsonb)
language plpgsql volatile set plan_cache_mode = force_generic_plan
as $$
declare
  lock_id bigint;
begin
  perform set_config('gatehouse.site', p_site::text, true);
  foreach lock_id in array p_locks loop
    perform pg_advisory_xact_lock(lock_id);
  end loop;
  at := p_now;
  if cardinality(p_keys) > 0 then
    -- Always after the keys' newest use, whatever this process's clock says: under a key no two uses share an instant, so
    -- what stood at the instant of a decision can be told afterwards.
    select n.at, array_agg(u.payments), array_agg(u.payments_first), array_agg(u.amount), array_agg(u.amount_first),
           array_agg(u.declines), array_agg(u.declines_first)
    into at, payments, payments_first, amounts, amounts_first, declines, declines_first
    from (select greatest(p_now, max(l.newest) + interval '1 microsecond') as at
          from unnest(p_keys) as k (key)
          cross join lateral (select k1.at as newest
                              from key_use k1
                              where k1.site_id = p_site
                                and k1.key = k.key
                              order by k1.at desc
                              limit 1) l) n
    cross join lateral key_usage(p_site, p_keys, p_payments, p_amounts, p_declines, p_currency, n.at) u
    group by n.at;
  end if;
  if cardinality(p_digests) > 0 then
    select jsonb_agg(to_jsonb(m)) filter (where m.mode = 'enforce'), jsonb_agg(to_jsonb(m)) filter (where m.mode = 'shadow')
    into lists, lists_in_shadow
    from list_matches(p_site, p_service, p_digests, at) m;
  end if;
end $$;
comment on function decision_facts is 'All facts of a decision in one round trip. With locks (sorted, held until the transaction ends) or without.';
