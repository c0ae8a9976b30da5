-- What concerns a person is recorded at each of their sites, also what an admin of one of them does. The others learn that
-- it was done, and nothing of who that admin is.
alter table audit
  drop constraint audit_actor_kind_check,
  add constraint audit_actor_kind_check
    check (actor_kind in ('collaborator', 'api_key', 'command_line', 'system', 'stranger', 'elsewhere'));
