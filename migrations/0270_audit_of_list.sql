-- A list's page says who changed it last. Rows of lists and of their entries name the list in what was or in what is; this
-- finds the newest.
create index audit_of_list on audit (site_id, (coalesce(new ->> 'list', old ->> 'list')), id)
  where action like 'list%';
