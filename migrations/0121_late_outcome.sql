-- An amount is free from the instant at which it expires on; an outcome told at that instant came too late to hold it.
create or replace function record_outcome(
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
  late := stood_at >= expires;
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
