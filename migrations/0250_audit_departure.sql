-- Rows of the log name people by their id. Those who belong to the site are looked up where they are now; those who have
-- left are called what they were called when they did, which stands in the row of that day. This finds it.
create index audit_departure on audit (site_id, target, id)
  where action in ('collaborator.removed', 'collaborator.left');
