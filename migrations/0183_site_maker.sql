-- How many sites one person makes in a day is limited: each is a sender of mail and texts.
alter table site add column created_by uuid references collaborator;
comment on column site.created_by is 'Who made it in the console; null for one made at the server, by the set-up link, or before this was kept.';
create index site_maker on site (created_by, created_at) where created_by is not null;
