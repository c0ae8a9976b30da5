-- A demo whose filling was interrupted may be emptied and filled again; one that was filled never is. Demos from before
-- were served only when they were filled.
alter table installation add column demo_filled_at timestamptz;
comment on column installation.demo_filled_at is 'Demo only: when its history was complete. Null while it is being filled.';
update installation set demo_filled_at = created_at where demo;
