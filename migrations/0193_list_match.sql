-- How often lists and entries match: counted by index, so that a busy entry is no row that decisions queue for.
create table list_match (
  site_id uuid not null,
  entry_id uuid not null,
  decision_id uuid not null,
  list_id uuid not null,
  primary key (site_id, entry_id, decision_id)
);
comment on table list_match is 'Which entries an attempt matched: what decision.lists says, by entry. Written with the decision, deleted after 30 days, can be rebuilt from decision. No foreign keys: they would lock the entry''s row in every decision that it matches.';
create index list_match_list on list_match (site_id, list_id, decision_id);
call tenant_table('list_match', 'select, insert, delete');

-- A changed entry is a new row; its figures go on from the rows before it.
create index list_entry_replaced on list_entry (site_id, replaced_by) where replaced_by is not null;

-- The matches of the last 30 days. decision.lists has ids as the API writes them: Crockford's base 32 behind a prefix.
create function uuid_of(id text) returns uuid
language sql immutable
as $$
  select string_agg(to_hex(substr(bits, n, 4)::bit(4)::int), '' order by n)::uuid
  from (select substr(string_agg(((strpos('0123456789abcdefghjkmnpqrstvwxyz', digit) - 1)::bit(5))::text, '' order by place), 3) as bits
        from regexp_split_to_table(split_part(id, '_', 2), '') with ordinality as d (digit, place)) b,
       generate_series(1, 125, 4) n
$$;
do $$
declare
  one uuid;
begin
  for one in select id from site loop
    perform set_config('gatehouse.site', one::text, true);
    insert into list_match (site_id, entry_id, decision_id, list_id)
    select one, uuid_of(m->>'entry'), d.id, uuid_of(m->>'list')
    from decision d
    cross join lateral jsonb_array_elements(d.lists) m
    where d.site_id = one
      and d.id >= uuid_at(now() - interval '30 days')
      and d.lists is not null
    on conflict do nothing;
  end loop;
end $$;
drop function uuid_of(text);
