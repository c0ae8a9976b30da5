-- A role that changes and a place that is shut touch one site: its own people could otherwise sign somebody out of every
-- other one, again and again. What a session loses is this site, until its person has proved who they are once more.
alter table membership add column changed_at timestamptz;
comment on column membership.changed_at is 'When the role last changed or the place was shut: a session opens this site again only once its last proof is later, under a new id.';
