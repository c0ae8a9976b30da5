-- The role the program runs as. It owns nothing and cannot bypass row security.
do $$
begin
  if not exists (select from pg_roles where rolname = 'gatehouse_app') then
    create role gatehouse_app nologin nosuperuser nobypassrls;
  end if;
exception when duplicate_object or unique_violation then null; -- two databases of one cluster migrated at once
end $$;

create extension if not exists btree_gist;

grant usage on schema public to gatehouse_app;

-- The site of the running transaction, or null: row security then shows nothing.
create function current_site() returns uuid
language sql stable
as $$ select nullif(current_setting('gatehouse.site', true), '')::uuid $$;

-- Turns row security on for a tenant table and grants what the program needs.
create procedure tenant_table(name regclass, privileges text)
language plpgsql
as $$
begin
  execute format('alter table %s enable row level security', name);
  execute format('alter table %s force row level security', name);
  execute format('create policy tenant on %s using (site_id = current_site()) with check (site_id = current_site())', name);
  execute format('grant %s on %s to gatehouse_app', privileges, name);
end $$;
