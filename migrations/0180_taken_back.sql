-- Whoever took an account over and led its mail elsewhere goes, with all they set up, when the person takes the address
-- back.
alter table collaborator add column taken_back_at timestamptz;
comment on column collaborator.taken_back_at is 'When the person last took a change of their address back: a first second factor set up after that asks for a mailed code, as after a reset.';
comment on column mailed_token.created_at is 'When it was issued; of a revert, when the change was asked for that it takes back: what was set up since then ends with it.';
