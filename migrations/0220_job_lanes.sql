-- Anybody may order a look whether somebody signs in with an address, as often as they like from many networks; mails and
-- texts stood in the same queue behind those looks. Each lane has workers of its own.
alter table job add column lane text not null default 'ordinary' check (lane in ('ordinary', 'asked'));
update job set lane = 'asked' where kind = 'reset_asked';
comment on column job.lane is 'What strangers order (asked) waits apart, so that nothing else ever waits behind it.';
drop index job_due;
create index job_due on job (lane, run_at) where dead_at is null;
