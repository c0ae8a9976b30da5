-- Attempts under an Idempotency-Key are decided together with all others: their keys are taken and their answers kept by the
-- statement that writes the decisions. Every statement inside a volatile function has a snapshot of its own, so what is read
-- after a lock contains what its former holder committed.

create function answers_given(
  p_site uuid, p_api_keys uuid[], p_methods text[], p_paths text[], p_keys text[], p_since timestamptz[])
returns table (place int, body_hash bytea, status int, response text)
language plpgsql volatile
as $$
begin
  perform set_config('gatehouse.site', p_site::text, true);
  return query
    select k.place::int, i.body_hash, i.status, i.response
    from unnest(p_api_keys, p_methods, p_paths, p_keys, p_since) with ordinality as k (api_key, method, path, key, since, place)
    join idempotency i
      on i.site_id = p_site
     and i.api_key_id = k.api_key
     and i.method = k.method
     and i.path = k.path
     and i.key = k.key
     and i.created_at > k.since;
end $$;
comment on function answers_given is 'The answers that were given before under Idempotency-Keys, by the place of the key, from one. Takes no lock: that none is there may be out of date at once.';

create function take_idempotency_keys(
  p_site uuid, p_locks bigint[], p_api_keys uuid[], p_methods text[], p_paths text[], p_keys text[], p_since timestamptz[])
returns boolean
language plpgsql volatile
as $$
declare
  lock_id bigint;
begin
  foreach lock_id in array p_locks loop
    if not pg_try_advisory_xact_lock(lock_id) then
      return false;
    end if;
  end loop;
  return cardinality(p_keys) = 0
      or not exists (select from answers_given(p_site, p_api_keys, p_methods, p_paths, p_keys, p_since));
end $$;
comment on function take_idempotency_keys is 'Takes Idempotency-Keys until the transaction ends; false if somebody else holds one of them or one has its answer. Never waits.';

create function keep_answers(
  p_site uuid, p_api_keys uuid[], p_methods text[], p_paths text[], p_keys text[], p_since timestamptz[],
  p_body_hashes bytea[], p_statuses int[], p_responses text[], p_nows timestamptz[])
returns boolean
language plpgsql volatile
as $$
begin
  if cardinality(p_keys) > 0 then
    perform set_config('gatehouse.site', p_site::text, true);
    delete from idempotency i
    using unnest(p_api_keys, p_methods, p_paths, p_keys, p_since) as k (api_key, method, path, key, since)
    where i.site_id = p_site
      and i.api_key_id = k.api_key
      and i.method = k.method
      and i.path = k.path
      and i.key = k.key
      and i.created_at <= k.since;
    insert into idempotency (site_id, api_key_id, method, path, key, body_hash, status, response, created_at)
    select p_site, k.api_key, k.method, k.path, k.key, k.body_hash, k.status, k.response, k.now
    from unnest(p_api_keys, p_methods, p_paths, p_keys, p_body_hashes, p_statuses, p_responses, p_nows)
         as k (api_key, method, path, key, body_hash, status, response, now);
  end if;
  return true;
end $$;
comment on function keep_answers is 'Keeps answers under Idempotency-Keys that the transaction has taken; expired ones under the same keys give way.';
