-- A hundred open invitations of a site were allowed, and any number of mails: whoever took them back or sent them again
-- mailed strangers in our name without end. Each mail counts for a day, for who sent it and for the site.
create table invitation_mail (
  id uuid primary key,
  site_id uuid not null references site,
  sent_by uuid not null references collaborator,
  sent_at timestamptz not null
);
comment on table invitation_mail is 'Mails with invitations, first ones and repeated ones, for their limits of a day: of a person at all sites together, so it carries no row security, and of a site. Kept two days.';
create index invitation_mail_site on invitation_mail (site_id, sent_at);
create index invitation_mail_sender on invitation_mail (sent_by, sent_at);
create index invitation_mail_age on invitation_mail (sent_at);
grant select, insert, delete on invitation_mail to gatehouse_app;
