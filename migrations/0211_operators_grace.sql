-- Breaking the glass helps nobody at a site without grace: the owner whose devices the operator has reset would be past
-- the deadline at once, and could not mend the setting that shut them out.
alter table membership add column grace_restarted_by_operator boolean not null default false;
comment on column membership.grace_restarted_by_operator is 'Whether the last reset was the operator''s: the fresh grace is a day at least then, whatever the site''s.';
