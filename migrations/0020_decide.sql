-- Deciding an attempt is two round trips: decision_facts reads, record_decision locks, looks again and writes. A single SQL
-- statement that locks and counts would count in the snapshot from before the lock; inside a volatile function every
-- statement has a snapshot of its own, so what is read after a lock contains what its former holder committed. Their plans
-- are made once for each connection (generic): they are the same for every key, and planning costs more than running.

create function list_matches(p_site uuid, p_service uuid, p_digests bytea[], p_at timestamptz)
returns table (list_id uuid, list_name text, kind text, also_risk_assessment boolean, also_challenge_list boolean,
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
  select l.id, l.name, l.kind, l.also_risk_assessment, l.also_challenge_list, e.id, e.name, f.fields
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
    and l.enabled
    and (l.removed_at is null or l.removed_at > p_at)
    and (l.all_services
         or exists (select from list_service s
                    where s.site_id = p_site
                      and s.list_id = l.id
                      and s.service_id = p_service))
    and cardinality(f.fields) = e.field_count
  order by e.id
$$;
comment on function list_matches is 'Entries that an attempt matches at an instant: found by the digests of their most selective field, then the other fields of those few are compared.';

create function key_usage(p_site uuid, p_keys bytea[], p_payments int[], p_amounts boolean[], p_declines int[], p_currency text, p_at timestamptz)
returns table (place bigint, payments int, payments_first timestamptz, amount bigint, amount_first timestamptz, declines int, declines_first timestamptz)
language sql stable
as $$
  select k.place, p.n, p.first_at, a.total, a.first_at, d.n, d.first_at
  from unnest(p_keys, p_payments, p_amounts, p_declines) with ordinality as k (key, payments, amounts, declines, place)
  cross join lateral (
    select count(*)::int as n, min(u.at) as first_at
    from (select k1.at
          from key_use k1
          where k1.site_id = p_site
            and k1.key = k.key
            and k1.at > p_at - interval '24 hours'
          order by k1.at desc
          limit k.payments + 1) u
  ) p
  cross join lateral (
    select least(coalesce(sum(k2.amount), 0), 9000000000000000000)::bigint as total, min(k2.at) as first_at
    from key_use k2
    where k.amounts
      and k2.site_id = p_site
      and k2.key = k.key
      and k2.at > p_at - interval '24 hours'
      and k2.currency = p_currency
      and (k2.state = 'approved' or k2.state = 'pending' and k2.expires_at > p_at)
  ) a
  cross join lateral (
    select count(*)::int as n, min(u.at) as first_at
    from (select k3.at
          from key_use k3
          where k3.site_id = p_site
            and k3.key = k.key
            and k3.at > p_at - interval '24 hours'
            and k3.state = 'declined'
          order by k3.at desc
          limit k.declines + 1) u
  ) d
  order by k.place
$$;
comment on function key_usage is 'What stands against the limits of some keys in the 24 hours before an instant, without an upper end. Counts stop one above their limit; a limit below zero is not counted.';

create function decision_facts(
  p_site uuid, p_now timestamptz, p_locks bigint[],
  p_keys bytea[], p_payments int[], p_amounts boolean[], p_declines int[], p_currency text,
  p_service uuid, p_digests bytea[],
  out at timestamptz, out payments int[], out payments_first timestamptz[], out amounts bigint[], out amounts_first timestamptz[],
  out declines int[], out declines_first timestamptz[], out lists jsonb)
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
    select jsonb_agg(to_jsonb(m)) into lists from list_matches(p_site, p_service, p_digests, at) m;
  end if;
end $$;
comment on function decision_facts is 'All facts of a decision in one round trip. With locks (sorted, held until the transaction ends) or without.';

create function record_decision(
  p_site uuid, p_id uuid, p_at timestamptz,
  -- what was counted: if it is no longer so under the locks, nothing is written and the answer is false
  p_locks bigint[], p_keys bytea[], p_payments int[], p_amounts boolean[], p_declines int[],
  p_seen_payments int[], p_seen_amounts bigint[], p_seen_declines int[],
  -- the attempt
  p_kind text, p_service uuid, p_amount bigint, p_currency text, p_email_key bytea, p_ip_key bytea, p_card_key bytea,
  p_customer_key bytea, p_card_by_fingerprint boolean, p_guest boolean, p_source text, p_label text,
  p_email text, p_ip inet, p_external_id text, p_user_agent text, p_headers jsonb, p_card jsonb, p_billing jsonb, p_shipping jsonb,
  -- the decision
  p_outcome text, p_shadow boolean, p_settled_by text, p_risk_score int, p_trust_score real, p_policy_version int, p_findings jsonb,
  p_lists jsonb, p_expires_at timestamptz, p_took_us int,
  -- the keys it counts under
  p_uses bytea[])
returns boolean
language plpgsql volatile set plan_cache_mode = force_generic_plan
as $$
declare
  lock_id bigint;
  same boolean;
begin
  perform set_config('gatehouse.site', p_site::text, true);
  if cardinality(p_locks) > 0 then
    foreach lock_id in array p_locks loop
      perform pg_advisory_xact_lock(lock_id);
    end loop;
    select array_agg(u.payments) = p_seen_payments
       and array_agg(u.amount) = p_seen_amounts
       and array_agg(u.declines) = p_seen_declines
    into same
    from key_usage(p_site, p_keys, p_payments, p_amounts, p_declines, p_currency, p_at) u;
    if not same then
      return false;
    end if;
  end if;
  insert into attempt (site_id, id, at, kind, service_id, amount, currency, email_key, ip_key, card_key, customer_key,
                       card_by_fingerprint, guest, source, label)
  values (p_site, p_id, p_at, p_kind, p_service, p_amount, p_currency, p_email_key, p_ip_key, p_card_key, p_customer_key,
          p_card_by_fingerprint, p_guest, p_source, p_label);
  insert into attempt_person (site_id, id, email, ip, external_id, user_agent, headers, card, billing, shipping)
  values (p_site, p_id, p_email, p_ip, p_external_id, p_user_agent, p_headers, p_card, p_billing, p_shipping);
  insert into decision (site_id, id, at, outcome, shadow, settled_by, risk_score, trust_score, policy_version, findings, lists, expires_at, took_us)
  values (p_site, p_id, p_at, p_outcome, p_shadow, p_settled_by, p_risk_score, p_trust_score, p_policy_version, p_findings, p_lists, p_expires_at, p_took_us);
  if cardinality(p_uses) > 0 then
    insert into key_use (site_id, key, at, attempt_id, state, amount, currency, expires_at)
    select p_site, u.key, p_at, p_id, 'pending', coalesce(p_amount, 0), p_currency, p_expires_at
    from unnest(p_uses) as u (key);
  end if;
  return true;
end $$;
comment on function record_decision is 'Writes an attempt with its decision and the keys it counts under, all or nothing, in one round trip and one commit. With locks it first makes sure that what was decided on still stands.';

create function site_snapshot(p_site uuid, out version int, out document jsonb, out created_at timestamptz, out created_by uuid, out note text, out services jsonb)
language plpgsql volatile
as $$
begin
  perform set_config('gatehouse.site', p_site::text, true);
  select s.policy_version, p.document, p.created_at, p.created_by, p.note
  into version, document, created_at, created_by, note
  from site s
  left join policy p on p.site_id = s.id and p.version = s.policy_version
  where s.id = p_site;
  select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'currency', v.currency, 'archived', v.archived_at is not null)), '[]')
  into services
  from service v
  where v.site_id = p_site;
end $$;
comment on function site_snapshot is 'What a process needs of a site to decide: the policy in force and the services. Read at most twice a second by each process.';

create function record_outcome(
  p_site uuid, p_id uuid, p_at timestamptz, p_outcome text, p_code text, p_message text, p_cvc_check text, p_avs_check text,
  p_email_check text, p_three_ds text,
  out ours text, out stands text, out stood_at timestamptz, out late boolean, out recorded boolean)
language plpgsql volatile set plan_cache_mode = force_generic_plan
as $$
declare
  asked attempt%rowtype;
  expires timestamptz;
begin
  perform set_config('gatehouse.site', p_site::text, true);
  recorded := false;
  select d.outcome, d.expires_at into ours, expires from decision d where d.site_id = p_site and d.id = p_id;
  if not found then
    return;
  end if;
  if ours = 'reject' and p_outcome <> 'abandoned' then
    return;
  end if;
  select * into strict asked from attempt a where a.site_id = p_site and a.id = p_id;
  stood_at := greatest(p_at, asked.at);
  late := stood_at > expires;
  insert into outcome (site_id, id, at, outcome, late, code, message, cvc_check, avs_check, email_check, three_ds, action, findings)
  values (p_site, p_id, stood_at, p_outcome, late, p_code, p_message, p_cvc_check, p_avs_check, p_email_check, p_three_ds, 'none', '[]')
  on conflict (site_id, id) do nothing;
  if not found then
    select o.outcome, o.at, o.late into strict stands, stood_at, late from outcome o where o.site_id = p_site and o.id = p_id;
    return;
  end if;
  stands := p_outcome;
  recorded := true;
  update key_use u
  set state = case p_outcome when 'abandoned' then 'released' else p_outcome end
  where u.site_id = p_site
    and u.key = any(array_remove(array[asked.email_key, asked.ip_key, asked.card_key], null))
    and u.at = asked.at
    and u.attempt_id = p_id;
end $$;
comment on function record_outcome is 'Writes the first outcome of a decision and settles its key uses, in one commit. Without effect where one stands, or where we had rejected what is said to have reached the gateway.';

-- Who else tried under the same key: the trace''s neighbours and the search by a value.
create index attempt_email on attempt (site_id, email_key, id) where email_key is not null;
create index attempt_ip on attempt (site_id, ip_key, id) where ip_key is not null;
create index attempt_card on attempt (site_id, card_key, id) where card_key is not null;
-- What was not simply approved is rare and much looked for.
create index decision_settled on decision (site_id, id) include (settled_by, outcome) where settled_by is not null;
create index decision_shadow on decision (site_id, id) where shadow;
-- Declines are counted without reading a key's other uses.
create index key_use_declined on key_use (site_id, key, at) where state = 'declined';
-- A use is settled by its keys, which stand in the attempt: no other way to find it is needed.
drop index key_use_attempt;
