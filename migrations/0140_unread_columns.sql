-- Columns that were written and never read: nothing writes them any more, a later release drops them. Until then the
-- program before this one may still write them, while processes are replaced.

alter table pending_sign_in alter column user_agent drop not null;

comment on column pending_sign_in.address is 'Unused; a later release drops it. Where somebody came from stands in the audit log.';
comment on column pending_sign_in.user_agent is 'Unused; a later release drops it. Where somebody came from stands in the audit log.';
comment on column code_sends.wait_until is 'Unused; a later release drops it. The wait follows from sends.';
