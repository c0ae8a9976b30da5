-- Attempts that wait at the same time are decided together: one reading, one writing and one commit for all of them. As
-- before, every statement inside a volatile function has a snapshot of its own, so what is read after a lock contains what
-- its former holder committed, and plans are made once for each connection. decision_facts, record_decision and what they
-- call serve the previous release while it still runs; to be dropped.

create function usage_of_keys(
  p_site uuid, p_keys bytea[], p_ats timestamptz[], p_currencies text[], p_payments int[], p_amounts boolean[], p_declines int[])
returns table (payments int, payments_first timestamptz, amount bigint, amount_first timestamptz, declines int, declines_first timestamptz)
language sql stable
as $$
  select p.n, p.first_at, a.total, a.first_at, d.n, d.first_at
  from unnest(p_keys, p_ats, p_currencies, p_payments, p_amounts, p_declines)
       with ordinality as k (key, at, currency, payments, amounts, declines, place)
  cross join lateral (
    select count(*)::int as n, min(u.at) as first_at
    from (select k1.at
          from key_use k1
          where k1.site_id = p_site
            and k1.key = k.key
            and k1.at > k.at - interval '24 hours'
          order by k1.at desc
          limit k.payments + 1) u
  ) p
  cross join lateral (
    select least(coalesce(sum(k2.amount), 0), 9000000000000000000)::bigint as total, min(k2.at) as first_at
    from key_use k2
    where k.amounts
      and k2.site_id = p_site
      and k2.key = k.key
      and k2.at > k.at - interval '24 hours'
      and k2.currency = k.currency
      and (k2.state = 'approved' or k2.state = 'pending' and k2.expires_at > k.at)
  ) a
  cross join lateral (
    select count(*)::int as n, min(u.at) as first_at
    from (select k3.at
          from key_use k3
          where k3.site_id = p_site
            and k3.key = k.key
            and k3.at > k.at - interval '24 hours'
            and k3.state = 'declined'
          order by k3.at desc
          limit k.declines + 1) u
  ) d
  order by k.place
$$;
comment on function usage_of_keys is 'What stands against the limits of some keys in the 24 hours before an instant of each, without an upper end. Counts stop one above their limit; a limit below zero is not counted. A row a key, in their order.';

create function list_matches_of_attempts(p_site uuid, p_services uuid[], p_ats timestamptz[], p_attempts int[], p_digests bytea[], p_first int[], p_last int[])
returns table (attempt int, list_id uuid, list_name text, kind text, mode text, also_risk_assessment boolean, also_challenge_list boolean,
               entry_id uuid, entry_name text, fields text[])
language sql stable
as $$
  with anchored as materialized (
    select c.digest, c.entry_id, c.field
    from list_condition c
    where c.site_id = p_site
      and c.anchor
      and c.digest = any(p_digests)
  ),
  found as materialized (
    select distinct d.attempt, a.entry_id, a.field
    from anchored a
    join unnest(p_attempts, p_digests) as d (attempt, digest) on d.digest = a.digest
  )
  select a.attempt, l.id, l.name, l.kind, l.mode, l.also_risk_assessment, l.also_challenge_list, e.id, e.name, f.fields
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
                   and c.digest = any(p_digests[p_first[a.attempt]:p_last[a.attempt]]))
    end as fields
  ) f
  where e.valid_from <= p_ats[a.attempt]
    and (e.valid_to is null or e.valid_to > p_ats[a.attempt])
    and (e.expires_at is null or e.expires_at > p_ats[a.attempt])
    and l.mode <> 'off'
    and (l.removed_at is null or l.removed_at > p_ats[a.attempt])
    and (l.all_services
         or exists (select from list_service s
                    where s.site_id = p_site
                      and s.list_id = l.id
                      and s.service_id = p_services[a.attempt]))
    and cardinality(f.fields) = e.field_count
  order by a.attempt, e.id
$$;
comment on function list_matches_of_attempts is 'Entries that each of some attempts matches at its instant, of lists that are not off: found by the digests of their most selective field, then the other fields of those few are compared. The digests of an attempt stand together, from p_first to p_last.';

create function facts_of_attempts(
  p_site uuid, p_locks bigint[], p_others_wait boolean,
  -- of each attempt
  p_nows timestamptz[], p_services uuid[], p_first int[], p_last int[],
  -- of each key
  p_key_attempts int[], p_keys bytea[], p_currencies text[], p_payments int[], p_amounts boolean[], p_declines int[],
  -- of each digest
  p_digest_attempts int[], p_digests bytea[],
  out ats timestamptz[],
  out payments int[], out payments_first timestamptz[], out amounts bigint[], out amounts_first timestamptz[],
  out declines int[], out declines_first timestamptz[], out lists jsonb)
language plpgsql volatile set plan_cache_mode = force_generic_plan
as $$
declare
  lock_id bigint;
  newest timestamptz[];
  key_ats timestamptz[];
begin
  perform set_config('gatehouse.site', p_site::text, true);
  if p_others_wait then
    perform set_config('lock_timeout', '1s', true);
  end if;
  foreach lock_id in array p_locks loop
    perform pg_advisory_xact_lock(lock_id);
  end loop;
  ats := p_nows;
  if cardinality(p_keys) > 0 then
    -- Always after the keys' newest use, whatever this process's clock says: under a key no two uses share an instant, so
    -- what stood at the instant of a decision can be told afterwards. The instants come rising.
    newest := array(select (select k1.at from key_use k1 where k1.site_id = p_site and k1.key = k.key order by k1.at desc limit 1)
                    from unnest(p_keys) with ordinality as k (key, place)
                    order by k.place);
    if p_nows[1] <= any(newest) then
      for place in 1 .. cardinality(p_keys) loop
        -- Another process's clock is ahead: after the key's newest use, and after the attempts of this batch that share it.
        ats[p_key_attempts[place]] := greatest(
          ats[p_key_attempts[place]],
          newest[place] + interval '1 microsecond',
          (select max(ats[k.attempt]) + interval '1 microsecond'
           from unnest(p_keys, p_key_attempts) as k (key, attempt)
           where k.key = p_keys[place]
             and k.attempt < p_key_attempts[place]));
      end loop;
    end if;
    -- A variable: a function whose argument is a query is planned anew with each call.
    key_ats := array(select ats[k.attempt] from unnest(p_key_attempts) with ordinality as k (attempt, place) order by k.place);
    select array_agg(u.payments), array_agg(u.payments_first), array_agg(u.amount), array_agg(u.amount_first),
           array_agg(u.declines), array_agg(u.declines_first)
    into payments, payments_first, amounts, amounts_first, declines, declines_first
    from usage_of_keys(p_site, p_keys, key_ats, p_currencies, p_payments, p_amounts, p_declines) u;
  end if;
  if cardinality(p_digests) > 0 then
    select jsonb_agg(to_jsonb(m))
    into lists
    from list_matches_of_attempts(p_site, p_services, ats, p_digest_attempts, p_digests, p_first, p_last) m;
  end if;
end $$;
comment on function facts_of_attempts is 'All facts of attempts that are decided together, in one round trip. With locks (sorted, held until the transaction ends) or without. What an attempt adds to the usage of another one''s keys is not in them.';

create function record_decisions(
  p_site uuid,
  -- what was counted, of each key: if it is no longer so under the locks, nothing is written and the answer is false
  p_locks bigint[], p_others_wait boolean, p_keys bytea[], p_key_ats timestamptz[], p_key_currencies text[], p_payments int[], p_amounts boolean[], p_declines int[],
  p_seen_payments int[], p_seen_amounts bigint[], p_seen_declines int[],
  -- the attempts
  p_ids uuid[], p_ats timestamptz[], p_kinds text[], p_services uuid[], p_minors bigint[], p_currencies text[],
  p_email_keys bytea[], p_ip_keys bytea[], p_card_keys bytea[], p_customer_keys bytea[], p_by_fingerprint boolean[], p_guests boolean[],
  p_sources text[], p_labels text[],
  p_emails text[], p_ips inet[], p_external_ids text[], p_user_agents text[], p_headers jsonb[], p_cards jsonb[], p_billing jsonb[], p_shipping jsonb[],
  -- the decisions
  p_outcomes text[], p_shadows boolean[], p_settled_by text[], p_risk_scores int[], p_trust_scores real[], p_versions int[],
  p_findings jsonb[], p_lists jsonb[], p_expire timestamptz[], p_took_us int[],
  -- the keys that attempts count under
  p_use_attempts int[], p_use_keys bytea[],
  -- the entries that attempts matched
  p_match_attempts int[], p_match_entries uuid[], p_match_lists uuid[])
returns boolean
language plpgsql volatile set plan_cache_mode = force_generic_plan
as $$
declare
  lock_id bigint;
  same boolean;
begin
  perform set_config('gatehouse.site', p_site::text, true);
  if cardinality(p_locks) > 0 then
    if p_others_wait then
      perform set_config('lock_timeout', '1s', true);
    end if;
    foreach lock_id in array p_locks loop
      perform pg_advisory_xact_lock(lock_id);
    end loop;
    -- Counts that stop above their limit can be equal although somebody came: no use may stand at the instant or after it.
    select array_agg(u.payments) = p_seen_payments
       and array_agg(u.amount) = p_seen_amounts
       and array_agg(u.declines) = p_seen_declines
       and not exists (select from unnest(p_keys, p_key_ats) as k (key, at)
                       join key_use k1 on k1.site_id = p_site and k1.key = k.key and k1.at >= k.at)
    into same
    from usage_of_keys(p_site, p_keys, p_key_ats, p_key_currencies, p_payments, p_amounts, p_declines) u;
    if not same then
      return false;
    end if;
  end if;
  insert into attempt (site_id, id, at, kind, service_id, amount, currency, email_key, ip_key, card_key, customer_key,
                       card_by_fingerprint, guest, source, label)
  select p_site, a.id, a.at, a.kind, a.service_id, a.amount, a.currency, a.email_key, a.ip_key, a.card_key, a.customer_key,
         a.card_by_fingerprint, a.guest, a.source, a.label
  from unnest(p_ids, p_ats, p_kinds, p_services, p_minors, p_currencies, p_email_keys, p_ip_keys, p_card_keys, p_customer_keys,
              p_by_fingerprint, p_guests, p_sources, p_labels)
       as a (id, at, kind, service_id, amount, currency, email_key, ip_key, card_key, customer_key,
             card_by_fingerprint, guest, source, label);
  insert into attempt_person (site_id, id, email, ip, external_id, user_agent, headers, card, billing, shipping)
  select p_site, a.id, a.email, a.ip, a.external_id, a.user_agent, a.headers, a.card, a.billing, a.shipping
  from unnest(p_ids, p_emails, p_ips, p_external_ids, p_user_agents, p_headers, p_cards, p_billing, p_shipping)
       as a (id, email, ip, external_id, user_agent, headers, card, billing, shipping);
  insert into decision (site_id, id, at, outcome, shadow, settled_by, risk_score, trust_score, policy_version, findings, lists, expires_at, took_us)
  select p_site, d.id, d.at, d.outcome, d.shadow, d.settled_by, d.risk_score, d.trust_score, d.policy_version, d.findings, d.lists,
         d.expires_at, d.took_us
  from unnest(p_ids, p_ats, p_outcomes, p_shadows, p_settled_by, p_risk_scores, p_trust_scores, p_versions, p_findings, p_lists,
              p_expire, p_took_us)
       as d (id, at, outcome, shadow, settled_by, risk_score, trust_score, policy_version, findings, lists, expires_at, took_us);
  if cardinality(p_use_keys) > 0 then
    insert into key_use (site_id, key, at, attempt_id, state, amount, currency, expires_at)
    select p_site, u.key, p_ats[u.attempt], p_ids[u.attempt], 'pending', coalesce(p_minors[u.attempt], 0), p_currencies[u.attempt],
           p_expire[u.attempt]
    from unnest(p_use_attempts, p_use_keys) as u (attempt, key);
  end if;
  if cardinality(p_match_entries) > 0 then
    insert into list_match (site_id, entry_id, decision_id, list_id)
    select p_site, m.entry_id, p_ids[m.attempt], m.list_id
    from unnest(p_match_attempts, p_match_entries, p_match_lists) as m (attempt, entry_id, list_id);
  end if;
  return true;
end $$;
comment on function record_decisions is 'Writes attempts with their decisions and the keys they count under, all or nothing, in one round trip and one commit. With locks it first makes sure that what was decided on still stands.';
