-- Whoever knew a password could set up a passkey that went on opening the account alone after the person had chosen
-- another password, or had none. A passkey signs in alone only once it was used beside the present password.
alter table second_factor add column asks_password boolean not null default false;
comment on column second_factor.asks_password is 'A passkey from before the present password, not used beside it yet: it takes a second step and signs in alone no more. Set with each new or void password, cleared by a second step that it takes.';
update second_factor f
set asks_password = true
from collaborator c
where c.id = f.collaborator_id
  and f.kind = 'passkey'
  and f.ended_at is null
  and (c.password_hash is null or f.activated_at < c.password_set_at);
