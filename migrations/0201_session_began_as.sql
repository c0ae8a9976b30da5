-- A session moves to a new id at each proof. Who ends one by an id that it has just left means the session, not the id.
alter table session add column began_as bytea;
comment on column session.began_as is 'The first id of a session that has moved to this one, the same for all that follow; null for a session that never moved.';
