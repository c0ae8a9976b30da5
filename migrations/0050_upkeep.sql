-- Used and expired tokens are deleted by the hourly upkeep job.
grant delete on mailed_token to gatehouse_app;

-- The System page shows the newest migration; the program has no other right to that table.
create function schema_version() returns bigint
language plpgsql stable security definer set search_path = public
as $$
declare
  newest bigint;
begin
  if to_regclass('_sqlx_migrations') is null then
    return null;
  end if;
  execute 'select max(version) from _sqlx_migrations where success' into newest;
  return newest;
end $$;
comment on function schema_version is 'The newest migration; null where the schema was not made by `gatehouse migrate`.';
revoke all on function schema_version from public;
grant execute on function schema_version to gatehouse_app;
