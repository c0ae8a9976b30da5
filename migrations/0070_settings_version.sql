-- Forms carry the version they were opened with, so that of two people saving at once the second sees the other's change.
alter table site add column settings_version int not null default 1;
comment on column site.settings_version is 'Counts changes of the settings; a form that carries an older one is refused. Not the policy version.';
alter table service add column version int not null default 1;
comment on column service.version is 'Counts changes; a form that carries an older one is refused.';
