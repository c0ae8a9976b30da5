-- Key uses older than every window are deleted. A block range index finds them and costs an insert next to nothing, since
-- uses come in order of time.
create index key_use_age on key_use using brin (at) with (autosummarize = on);
comment on table key_use is 'An admitted attempt under each of its counted keys: what limits count. Mutable, kept two days; can be rebuilt from attempt, decision and outcome.';
