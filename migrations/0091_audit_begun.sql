-- A site's chain begins with site.created, so a site without a chain has lost it. The installation's own chain now has
-- such a beginning too, written at the first start.
alter table installation add column audit_begun_at timestamptz;
comment on column installation.audit_begun_at is 'When the installation''s own audit chain had its first row at the latest; a chain that is missing or begins later was begun anew.';
