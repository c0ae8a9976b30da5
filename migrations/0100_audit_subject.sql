-- What a row says of people beside its actor (addresses, names, numbers, reasons) stood in target, old and new, and so in
-- the chain, where nothing can be erased. It lies beside the chain now, as the actor's values do. Rows of before keep
-- what they say: they cannot be changed.
alter table audit add column subject_digest bytea;
comment on column audit.subject_digest is 'Keyed digest of the row in audit_subject. Such a value has the mark {"": null} in its place in old and new.';

create table audit_subject (
  site_id uuid not null,
  audit_id uuid not null,
  target text,
  old jsonb,
  new jsonb,
  primary key (site_id, audit_id)
);
comment on table audit_subject is 'The personal part of an audit row''s target and values; may be erased without breaking the chain, and without erasing who did it.';
comment on column audit_subject.target is 'What the target reads as; audit.target holds what stands in for it.';
call tenant_table('audit_subject', 'select, insert, delete');
