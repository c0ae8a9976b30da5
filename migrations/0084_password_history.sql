-- PCI DSS 8.3.7: none of a person's last four passwords again.

create table password_history (
  collaborator_id uuid not null references collaborator,
  password_hash text not null,
  set_at timestamptz not null,
  primary key (collaborator_id, password_hash)
);
comment on table password_history is 'Hashes of a person''s last four passwords, the present one among them: compared where one of their sites asks for the PCI rule. Older ones are deleted.';
insert into password_history (collaborator_id, password_hash, set_at)
select id, password_hash, coalesce(password_set_at, created_at)
from collaborator
where password_hash is not null;
grant select, insert, delete on password_history to gatehouse_app;
