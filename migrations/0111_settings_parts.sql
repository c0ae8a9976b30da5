-- Each part of a site's access settings counts its own saves: a save on one page makes no other page's form stale.
alter table access_settings
  add column passwords_version int not null default 1,
  add column passwords_changed_at timestamptz,
  add column passwords_changed_by uuid references collaborator,
  add column texts_version int not null default 1;
update access_settings
set passwords_version = version,
    passwords_changed_at = changed_at,
    passwords_changed_by = changed_by,
    texts_version = version;
comment on table access_settings is 'What a site asks of its collaborators: second factor, passwords, lockout, texts. Each part has its own page and its own version. Read across a person''s sites by sign-in (the strictest counts), so it carries no row security.';
comment on column access_settings.version is 'Goes up with each save of the second factor''s part: a form made from an older one is refused. So are changed_at and changed_by that part''s.';
comment on column access_settings.passwords_version is 'The same for passwords and lockout.';
comment on column access_settings.texts_version is 'The same for sender and words of texts.';
