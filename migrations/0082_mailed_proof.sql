-- A first second factor past the deadline, or after a reset, needs more than the password: a code mailed to the person.

alter table session add column mail_proved_at timestamptz;
comment on column session.mail_proved_at is 'When a code mailed to the person was right in this session: it opens the enrolment of a first second factor that comes late. Goes along to the session''s next id.';
