-- Which kind of factor a session was last proved with, so that a site which counts only some kinds is opened by those
-- alone. Sessions from before say nothing: where not every kind counts their people confirm once.
alter table session add column proved_with text check (proved_with in ('sms', 'totp', 'passkey', 'recovery'));
comment on column session.proved_with is 'By what means besides the password the person last proved who they are: the kind of factor, or a recovery code; null for the password alone. Goes along to the session''s next id.';
